// The elements of a stage, and where they stand. `acts` is what they do.

import { SPEEDS } from "./clock.js"
import { button, element, icon } from "./elements.js"

const KEYS = [
  ["Space", "play, pause"], [", .", "one step back, forward"], ["Home End", "first, last step"],
  ["← → ↑ ↓", "move the start; with Shift ten times as far"], ["+ −", "zoom"], ["0", "fit the whole map"],
  ["1 … 9", "choose a run"], ["F", "full screen"], ["?", "show and hide these keys"],
]

export function build(acts) {
  const ui = {}
  ui.title = element("span", { className: "title" })
  ui.note = element("span", { className: "note" })
  ui.ground = element("canvas", { className: "ground", "aria-hidden": "true" })
  ui.courses = element("canvas", { className: "courses", "aria-hidden": "true" })
  ui.canvas = element("canvas", { className: "runs", tabindex: "0", role: "application", "aria-roledescription": "race stage" })
  ui.readout = element("div", { className: "readout", hidden: true })
  ui.picture = element("div", { className: "picture" }, ui.ground, ui.courses, ui.canvas, ui.readout)

  ui.play = button("Play", "Play or pause (space)", acts.toggle, icon("play"))
  ui.play.className = "play"
  ui.scrub = element("input", { type: "range", className: "scrub", min: "0", max: "1", step: "1", value: "0", "aria-label": "Step" })
  ui.scrub.oninput = () => acts.scrub(Number(ui.scrub.value))
  ui.scrub.onchange = acts.report
  ui.step = element("span", { className: "step" })
  ui.speed = element(
    "select", { "aria-label": "Speed", title: "Speed" },
    ...SPEEDS.map((v) => element("option", { value: String(v), textContent: `${v}×`, selected: v === 1 })),
  )
  ui.speed.onchange = () => acts.clock({ speed: Number(ui.speed.value) })
  ui.loop = element("input", { type: "checkbox", checked: true })
  ui.loop.onchange = () => acts.clock({ loop: ui.loop.checked })
  ui.controls = element(
    "div", { className: "controls", role: "group", "aria-label": "Playback" },
    ui.play,
    button("One step back", "One step back (,)", () => acts.step(-1), icon("back")),
    button("One step forward", "One step forward (.)", () => acts.step(1), icon("forward")),
    ui.scrub, ui.step, ui.speed, element("label", {}, ui.loop, "Loop"),
  )
  ui.layers = element("div", { className: "layers", role: "group", "aria-label": "Show", hidden: true })
  ui.words = element("div", { className: "hidden", role: "status", "aria-live": "polite" })
  ui.full = button("Full screen", "Full screen (F)", acts.full, icon("full"))
  ui.full.hidden = true
  ui.keys = keys()
  ui.actions = element(
    "div", { className: "actions", role: "group", "aria-label": "View and export" },
    button("Fit the whole map", "Fit (0, or double click)", acts.fit, "Fit"),
    ui.full, button("Keys", "Keys (?)", acts.keys, "?"),
  )
  ui.head = element("div", { className: "head" }, ui.title, ui.actions, ui.note)
  ui.below = element("div", { className: "below" }, ui.controls, ui.layers)
  ui.list = element("ul", { className: "runners", "aria-label": "Optimizers" })
  ui.body = element("div", { className: "body" }, element("div", {}, ui.picture, ui.below), ui.list)
  ui.frame = element("div", { className: "ravine" }, ui.head, ui.body, ui.words, ui.keys)
  return ui
}

function keys() {
  const rows = KEYS.flatMap(([key, does]) => [element("dt", { textContent: key }), element("dd", { textContent: does })])
  const dialog = element("dialog", { className: "keys", "aria-label": "Keys" }, element("dl", {}, ...rows))
  const close = button("Close", "Close", () => dialog.close(), "Close")
  dialog.append(close)
  dialog.onkeydown = (e) => {
    e.stopPropagation()
    if (e.key === "?") dialog.close()
  }
  return dialog
}

// The switches of what can be shown, each with room for the factor by which it is stretched.
export function switches(names, isOn, flip) {
  return names.map((name) => {
    const factor = element("span", { className: "factor" })
    const item = element("button", { type: "button", "aria-pressed": String(isOn(name)) }, name, factor)
    item.onclick = () => {
      const on = item.getAttribute("aria-pressed") !== "true"
      item.setAttribute("aria-pressed", String(on))
      flip(name, on)
    }
    return { name, factor, item }
  })
}

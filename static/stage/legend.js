// The legend: who runs, in which colour, with which learning rate. Of many runs only the open one shows its slider.

import { element } from "./elements.js"
import { DASHES, marker } from "./marks.js"
import { short } from "./numbers.js"
import { CanvasPen } from "./pens.js"
import { rateToSlider, sliderToRate, zones } from "./rates.js"

// Of more runs than this a row is one line until it is opened; before a class there is room for fewer.
export const isMany = ({ runners, presenter }) => runners.length > (presenter ? 3 : 8)

export class Legend {
  constructor(list, stage) {
    Object.assign(this, { list, stage, rows: [], open: null })
  }

  show() {
    const { scene, mode, chosen } = this.stage
    const { runners } = scene
    const many = isMany(scene)
    const signature = JSON.stringify([
      mode, scene.live, many, chosen === null, runners.map((r) => [r.key, r.label, r.disabled, r.limitNote, r.style, r.lr === null]),
    ])
    if (signature !== this.signature) {
      this.signature = signature
      this.rows = runners.map((runner, index) => this.row(runner, index, many))
      this.list.replaceChildren(...this.rows.map((row) => row.item))
    }
    const colours = scene.grounds[mode].zones
    runners.forEach((runner, index) => {
      const row = this.rows[index]
      if (row.value && !row.slider) row.value.textContent = `lr ${short(runner.lr)}`
      if (!row.slider) return
      if (!this.stage.outbox.owns(`lr:${index}`) && row.held !== true) row.rate = runner.lr
      this.showRate(row, runner, colours)
    })
    this.point()
  }

  // Which row is chosen, and which is open.
  point() {
    const { chosen, scene } = this.stage
    const many = isMany(scene)
    this.rows.forEach((row, index) => {
      row.item.classList.toggle("chosen", index === chosen)
      if (row.chip) row.chip.setAttribute(chosen === null ? "aria-expanded" : "aria-pressed", String(index === (chosen ?? this.open)))
      if (row.more) row.more.hidden = many && index !== (chosen ?? this.open)
    })
  }

  say(index, words, title) {
    this.rows[index].loss.textContent = words
    this.rows[index].loss.title = title
  }

  mark(runner) {
    const { scene, mode } = this.stage
    const canvas = element("canvas", { className: "mark", width: 160, height: 72, "aria-hidden": "true" })
    const context = canvas.getContext("2d")
    context.scale(4, 4)
    const pen = new CanvasPen(context), colour = runner.style[mode]
    pen.line([2, 38], [9, 9], { colour, width: 2.6, dash: DASHES[runner.style.dash] })
    marker(pen, runner.style.marker, 20, 9, 5.4, { fill: colour, colour: scene.grounds[mode].paper, width: 2 })
    return canvas
  }

  row(runner, index, many) {
    const { stage } = this
    const loss = element("span", { className: "loss" })
    const name = element("span", { className: "name", textContent: runner.label })
    const live = stage.scene.live && runner.lr !== null
    const chooses = stage.chosen !== null
    const chip = !runner.disabled && (chooses || (many && live)) ? element("button", { type: "button", className: "chip" }, this.mark(runner), name) : null
    if (chip) {
      chip.onclick = () => {
        if (chooses) stage.choose(index)
        else { this.open = this.open === index ? null : index; this.point() }
      }
    }
    const line = element("div", { className: "line" }, ...(chip ? [chip] : [this.mark(runner), name]), loss)
    const item = element("li", {}, line)
    const row = { item, loss, chip }
    item.onpointerenter = () => stage.point(runner.disabled ? null : index)
    item.onpointerleave = () => stage.point(null)
    if (runner.disabled) {
      item.className = "disabled"
      item.append(element("p", { className: "why", textContent: runner.disabled }))
    } else if (live) {
      row.more = element("div", {}, ...this.rate(row, runner, index))
      item.append(row.more)
    } else if (runner.lr !== null) {
      row.value = element("p", { className: "why" })
      item.append(row.value)
    }
    return row
  }

  rate(row, runner, index) {
    const { stage } = this
    const slider = element("input", { type: "range", min: "0", max: "1000", step: "1", "aria-label": `${runner.label} learning rate` })
    const value = element("output")
    const dot = element("span", { className: "dot", "aria-hidden": "true" })
    const limit = element("span")
    const why = element("p", { className: "why", textContent: runner.limitNote, hidden: true })
    const info = element("button", {
      type: "button", textContent: "?", "aria-label": `About the limit of ${runner.label}`, "aria-expanded": "false", title: runner.limitNote,
      hidden: !runner.limitNote,
    })
    info.onclick = () => {
      why.hidden = !why.hidden
      info.setAttribute("aria-expanded", String(!why.hidden))
    }
    Object.assign(row, { slider, value, dot, limit, rate: runner.lr, held: false })
    slider.oninput = () => {
      const now = stage.scene.runners[index]
      row.held = true
      row.rate = sliderToRate(Number(slider.value) / 1000, now.range)
      this.showRate(row, now, stage.scene.grounds[stage.mode].zones)
      stage.setRate(index, row.rate, "drag")
    }
    slider.onchange = () => {
      row.held = false
      stage.setRate(index, row.rate, "drop")
    }
    return [
      element("div", { className: "rate" }, element("span", { textContent: "lr", "aria-hidden": "true" }), slider, value),
      element("div", { className: "limit" }, dot, limit, info), why,
    ]
  }

  showRate(row, runner, colours) {
    const { zone, cuts } = zones(row.rate, runner.limit, runner.range)
    const words = { stable: "stable", edge: "near the limit", beyond: "beyond the limit", unknown: "no limit known" }[zone]
    const limit = runner.limit === null ? "" : runner.limit === Infinity ? "no limit: nothing curves up at the start" : `limit ${short(runner.limit)}: `
    const text = runner.limit === Infinity ? limit : limit + words
    const track = cuts
      ? `linear-gradient(90deg, ${colours[0]} ${cuts[0] * 100}%, ${colours[1]} ${cuts[0] * 100}% ${cuts[1] * 100}%, ${colours[2]} ${cuts[1] * 100}%)`
      : ""
    if (row.track !== track) row.slider.style.setProperty("--track", (row.track = track))
    if (!row.held) row.slider.value = String(Math.round(rateToSlider(row.rate, runner.range) * 1000))
    row.value.textContent = short(row.rate)
    row.slider.setAttribute("aria-valuetext", `${short(row.rate)}, ${text}`)
    row.limit.textContent = text
    row.dot.style.background = { stable: colours[0], edge: colours[1], beyond: colours[2], unknown: "transparent" }[zone]
  }
}

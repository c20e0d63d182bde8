// A map in the page: thousands of runs, a cell each. It draws what it is told, says what is under the pointer, and sends which
// cell was chosen, by a click, a drag or the arrow keys, one event at a time. A film plays as the stage does.

import * as t from "../stage/clock.js"
import { isDark } from "../stage/colours.js"
import stageCss from "../stage/stage.css" with { type: "text" }
import css from "./map.css" with { type: "text" }
import { completed, decode } from "./decode.js"
import { button, element, icon } from "../stage/elements.js"
import { Hands } from "./fingers.js"
import * as paint from "./paint.js"
import { CanvasPen } from "../stage/pens.js"
import { cellAt } from "./places.js"
import { plan } from "./plan.js"
import { mounted } from "../stage/mount.js"
import { menu } from "./save.js"
import { Outbox } from "../stage/wire.js"
import { sentence, told } from "./words.js"

export const show = mounted(decode, () => new CellMap())

const still = matchMedia("(prefers-reduced-motion: reduce)")

class CellMap {
  constructor() {
    this.root = this.picture = this.outbox = null
    this.chosen = this.pointed = null // { panel, row, column }
    this.clock = t.clock()
    this.dirty = { cells: true, hand: true }
    this.size = { width: 0, height: 0, density: 1 }
    this.taken = this.drawn = 0
    this.build()
    this.hands = new Hands(this)
    this.sizes = new ResizeObserver(() => this.resize())
    this.sizes.observe(this.ui.picture)
    this.onResize = () => this.resize()
    addEventListener("resize", this.onResize)
  }

  build() {
    const ui = (this.ui = {})
    ui.title = element("span", { className: "title" })
    ui.note = element("span", { className: "note" })
    ui.ground = element("canvas", { className: "ground", "aria-hidden": "true" })
    ui.canvas = element("canvas", { className: "cells", tabindex: "0" })
    ui.canvas.state = () => this.state() // for tests and the console
    ui.readout = element("div", { className: "readout", hidden: true, "aria-hidden": "true" })
    ui.picture = element("div", { className: "picture" }, ui.ground, ui.canvas, ui.readout)
    ui.play = button("Play", "Play or pause (space)", () => this.setClock(t.toggled(this.clock)), icon("play"))
    ui.play.className = "play"
    ui.scrub = element("input", { type: "range", className: "scrub", min: "0", max: "1", step: "1", value: "0", "aria-label": "Step" })
    ui.scrub.oninput = () => this.setClock(t.moved({ ...this.clock, playing: false }, Number(ui.scrub.value)))
    ui.step = element("span", { className: "step" })
    ui.controls = element("div", { className: "controls", role: "group", "aria-label": "Playback", hidden: true }, ui.play, ui.scrub, ui.step)
    ui.words = element("div", { className: "hidden", role: "status", "aria-live": "polite" })
    ui.head = element("div", { className: "head" }, ui.title, element("div", { className: "actions" }, menu(() => this.poster())), ui.note)
    ui.frame = element("div", { className: "ravine map" }, ui.head, ui.picture, ui.controls, ui.words)
  }

  // Into the element that Streamlit gave, also after it took the last one away.
  enter(root) {
    clearTimeout(this.leaving)
    const focused = this.root && this.focused
    this.root = root
    const place = root.querySelector(".map")
    place.style.minHeight = ""
    place.replaceChildren(element("style", { textContent: `${stageCss}\n${css}` }), this.ui.frame)
    if (focused) this.ui.canvas.focus({ preventScroll: true })
  }

  leave(forGood) {
    this.focused = this.root.activeElement === this.ui.canvas
    this.hands.drop()
    this.leaving = setTimeout(forGood, 10000)
  }

  close() {
    this.sizes.disconnect()
    removeEventListener("resize", this.onResize)
    cancelAnimationFrame(this.frameRequest)
    clearTimeout(this.wordsTimer)
  }

  // ---- what Python says -----------------------------------------------------------------------------------------------

  take(sent) {
    this.taken++
    this.outbox ??= new Outbox((event) => this.send(event), { seq: sent.seq })
    this.outbox.answered(sent.seq)
    const picture = completed(sent, this.picture)
    if (!picture) { // Python believes that we have cells which we do not have
      this.outbox.put({}, "drop")
      return
    }
    const other = this.picture?.of !== picture.of
    if (this.picture?.key !== picture.key || this.mode !== this.theme()) this.dirty.cells = true
    picture.legend = paint.legendOf(picture)
    const over = JSON.stringify([picture.legend, picture.panels.map((p) => [p.label, p.note, p.marks, p.lines.map((l) => [...l.xs, ...l.ys])])])
    if (over !== this.over) this.dirty.cells = true
    this.over = over
    this.picture = picture
    this.mode = this.theme()
    if (other || !this.outbox.owns("cell")) {
      const [panel, row, column] = picture.chosen ?? []
      this.chosen = picture.chosen ? { panel, row, column } : null
    }
    if (other) this.pointed = null
    this.dirty.hand = true
    const length = picture.film ? picture.film.steps.at(-1) : 0
    const fresh = other && picture.film
    this.clock = t.resized(this.clock, length)
    this.ui.controls.hidden = !picture.film
    this.ui.scrub.max = String(length)
    if (fresh) this.setClock({ ...t.clock(length), time: still.matches ? length : 0, playing: !still.matches })
    this.name()
    this.resize()
    this.wake()
  }

  name() {
    const { ui, picture } = this
    ui.title.textContent = picture.title
    ui.note.textContent = picture.note
    ui.note.hidden = !picture.note
    ui.canvas.classList.toggle("still", !picture.choosable)
    ui.canvas.setAttribute("role", picture.choosable || picture.film ? "application" : "img")
    if (picture.choosable) ui.canvas.setAttribute("aria-roledescription", "map of runs")
    const axes = picture.y ? `${picture.x.label} across, ${picture.y.label} up` : `${picture.x.label} across`
    const many = picture.panels.map((panel) => panel.label + (panel.note ? ` (${panel.note})` : "")).join(", ")
    const how = picture.choosable ? " Arrow keys choose a cell, with Shift ten cells away, Page Up and Down the map; B the best." : ""
    ui.canvas.setAttribute("aria-label", `${picture.title}: ${axes}. ${many}.${how}${picture.film ? " Space plays." : ""}`)
  }

  send({ seq, phase, values }) {
    if (!this.picture?.connected) { this.outbox.answered(seq); return }
    const { cell = null } = values
    this.post({ seq, phase, cell: cell && [cell.panel, cell.row, cell.column], of: this.picture.of, have: this.picture.key })
  }

  theme() {
    const ground = getComputedStyle(this.root.host ?? this.ui.frame).getPropertyValue("--st-background-color")
    return isDark(ground || "#fff") ? "dark" : "light"
  }

  // What is shown and where, in numbers and in pixels of the canvas.
  state() {
    const { picture, plan } = this
    const seen = picture && plan && this.chosen && paint.blockOf(picture, plan, this.chosen)
    return {
      taken: this.taken, drawn: this.drawn, of: picture?.of, key: picture?.key, stride: picture?.stride, title: picture?.title, mode: this.mode,
      panels: plan?.panels, rows: plan?.rows, columns: plan?.columns, chosen: this.chosen, font: plan?.font,
      place: seen && [seen.left + seen.width / 2, seen.top + seen.height / 2], time: this.clock.time, playing: this.clock.playing,
      marks: picture?.panels.map((panel) => panel.marks), busy: this.outbox?.busy,
    }
  }

  // ---- what the visitor does ------------------------------------------------------------------------------------------

  cellUnder(at, within = null) {
    const { picture, plan } = this
    return plan ? cellAt(plan.panels, plan.rows, plan.columns, at, picture.stride, within) : null
  }

  choose(cell, phase) {
    if (!this.picture.choosable || !cell) return
    const same = this.chosen && ["panel", "row", "column"].every((name) => this.chosen[name] === cell[name])
    if (same && phase === "drag") return
    this.chosen = cell
    this.outbox.put({ cell }, phase)
    this.dirty.hand = true
    this.wake()
    clearTimeout(this.wordsTimer)
    this.wordsTimer = setTimeout(() => { this.ui.words.textContent = sentence(this.picture, cell, this.frame) }, 350)
  }

  // The cell so many columns and rows away; while the map is coarse, so many of its blocks.
  walk(columns, rows, panels) {
    const { picture, plan } = this
    const now = this.chosen ?? { panel: 0, row: 0, column: 0 }
    const at = (value, by, end) => {
      const moved = (Math.floor(value / picture.stride) + by) * picture.stride
      return Math.min(Math.max(moved, 0), end - 1 - ((end - 1) % picture.stride))
    }
    const last = picture.panels.length - 1
    this.choose({
      panel: Math.min(Math.max(now.panel + panels, 0), last), row: at(now.row, rows, plan.rows), column: at(now.column, columns, plan.columns),
    }, "drag")
  }

  best() {
    const panel = this.chosen?.panel ?? 0
    const mark = this.picture.panels[panel].marks.find((one) => one.kind === "best")
    if (mark) this.choose({ panel, row: mark.y, column: mark.x }, "drag")
  }

  settle() { if (this.chosen) this.outbox.put({ cell: this.chosen }, "drop") }

  point(at) {
    const cell = at && this.cellUnder(at)
    this.pointed = cell
    this.dirty.hand = true
    this.read(at, cell)
    this.wake()
  }

  read(at, cell) {
    const { readout } = this.ui
    readout.hidden = !cell
    if (!cell) return
    const name = (text) => element("span", { textContent: text })
    const lines = told(this.picture, cell, this.frame)
    readout.replaceChildren(element("b", { textContent: this.picture.panels[cell.panel].label }), ...lines.flatMap(([label, text]) => [name(label), name(text)]))
    const wide = readout.offsetWidth, tall = readout.offsetHeight
    const x = at[0] + 18 + wide > this.size.width ? at[0] - wide - 14 : at[0] + 18
    readout.style.left = `${Math.max(0, x)}px`
    readout.style.top = `${Math.max(0, at[1] + 20 + tall > this.size.height ? at[1] - tall - 12 : at[1] + 20)}px`
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  // Which picture of the film stands: the last one whose step has come.
  get frame() {
    const { film } = this.picture
    if (!film) return 0
    let frame = 0
    while (frame + 1 < film.steps.length && film.steps[frame + 1] <= this.clock.time + 1e-9) frame++
    return frame
  }

  setClock(next) {
    const turned = this.clock.playing !== next.playing || !this.ui.play.dataset.shown
    this.clock = next
    if (turned) {
      this.ui.play.dataset.shown = "1"
      this.ui.play.replaceChildren(icon(next.playing ? "pause" : "play"))
      this.ui.play.setAttribute("aria-label", next.playing ? "Pause" : "Play")
    }
    this.wake()
  }

  wake() {
    if (this.frameRequest || !this.picture) return
    this.tickAt = null
    this.frameRequest = requestAnimationFrame((now) => this.tick(now))
  }

  tick(now) {
    this.frameRequest = null
    if (!this.root?.isConnected && !this.root?.host?.isConnected) return
    if (this.clock.playing) {
      const next = t.advance(this.clock, this.tickAt === null ? 0 : Math.min((now - this.tickAt) / 1000, 0.25), this.picture.film.speed)
      if (next !== this.clock) this.setClock(next)
      cancelAnimationFrame(this.frameRequest)
      this.frameRequest = null
    }
    this.tickAt = now
    this.render()
    if (this.clock.playing) this.frameRequest = requestAnimationFrame((then) => this.tick(then))
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------

  planned(width, tallest) {
    const ruler = new CanvasPen(this.ui.ground.getContext("2d"))
    return plan(width, tallest, this.picture, (text, size) => ruler.measure(text, { size, font: this.picture.font }))
  }

  resize() {
    const { ui } = this
    const width = Math.floor(ui.picture.clientWidth)
    if (!this.picture || !width) return
    const density = Math.min(devicePixelRatio || 1, 3)
    const plan = this.planned(width, Math.min(Math.max(innerHeight * 0.72, 300), 1200))
    const key = JSON.stringify([plan, density])
    if (key === this.planKey) return
    this.planKey = key
    this.plan = plan
    ui.picture.style.height = `${plan.height}px`
    for (const canvas of [ui.ground, ui.canvas]) {
      canvas.width = Math.round(width * density)
      canvas.height = Math.round(plan.height * density)
    }
    this.size = { width, height: plan.height, density }
    this.dirty = { cells: true, hand: true }
    this.wake()
  }

  pen(canvas) {
    const context = canvas.getContext("2d")
    context.setTransform(this.size.density, 0, 0, this.size.density, 0, 0)
    context.clearRect(0, 0, this.size.width, this.size.height)
    return new CanvasPen(context)
  }

  render() {
    const { picture, plan, ui } = this
    if (!plan) return
    const { frame } = this
    if (this.dirty.cells || frame !== this.shown) {
      paint.panels(this.pen(ui.ground), picture, plan, this.mode, { density: this.size.density, frame })
      this.shown = frame
      this.drawn++
      if (picture.film) {
        ui.scrub.value = String(Math.floor(this.clock.time))
        ui.step.textContent = `step ${picture.film.steps[frame]} / ${this.clock.length}`
      }
    }
    if (this.dirty.hand) {
      const pen = this.pen(ui.canvas)
      if (this.chosen) paint.chosen(pen, picture, plan, this.chosen, this.root.activeElement === ui.canvas)
      if (this.pointed) paint.pointed(pen, picture, plan, this.pointed)
    }
    this.dirty = { cells: false, hand: false }
  }

  // The picture as it is on the screen, but never narrower than can be read.
  poster() {
    const { picture, mode, frame } = this
    const plan = this.plan.width >= 480 ? this.plan : this.planned(480, 640)
    const name = picture.title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60)
    return {
      name: `ravine-${name || "map"}`, title: picture.title, words: this.ui.canvas.getAttribute("aria-label"),
      width: plan.width, height: plan.height, ground: picture.grounds[mode].paper,
      draw: (pen, density) => {
        paint.panels(pen, picture, plan, mode, { density, frame })
        if (this.chosen) paint.chosen(pen, picture, plan, this.chosen, false)
      },
    }
  }
}

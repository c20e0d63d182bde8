// The stage in the page: keeps what it is told and what the visitor did, and draws when one of them changed.

import * as t from "./clock.js"
import { isDark } from "./colours.js"
import css from "./stage.css" with { type: "text" }
import * as curve from "./curve.js"
import { element, icon } from "./elements.js"
import * as frame from "./frame.js"
import * as g from "./geometry.js"
import { standing, survey } from "./ground.js"
import { Hands } from "./hands.js"
import { heightAt } from "./heights.js"
import { layout } from "./layout.js"
import { Legend, isMany } from "./legend.js"
import { mounted } from "./mount.js"
import { byStep, short } from "./numbers.js"
import * as overlays from "./overlays.js"
import { CanvasPen } from "./pens.js"
import * as picture from "./picture.js"
import { fate } from "./runs.js"
import { Save } from "./save.js"
import * as wire from "./wire.js"

export const show = mounted(wire.decode, () => new Stage())

const still = matchMedia("(prefers-reduced-motion: reduce)")

class Stage {
  constructor() {
    this.root = null
    this.scene = null
    this.window = null // what is visible: ((x0, x1), (y0, y1)); with one parameter the losses follow from the first side
    this.maps = [] // height maps or curves in use, the newest last
    this.start = null
    this.chosen = null // the index of the run that is explained, or null where none can be chosen
    this.clock = t.clock()
    this.live = false // while start or a rate moves, whole paths are shown
    this.unsettled = false // the start has been moved since the last drop
    this.marked = null // the index of the run that the legend points out
    this.wanted = new Map() // what the visitor switched on or off: name -> whether
    this.dirty = { backdrop: true, runs: true }
    this.size = { width: 0, height: 0, density: 1 }
    this.shown = { step: -1 }
    this.outbox = null
    this.ui = frame.build({
      toggle: () => this.toggle(), step: (by) => this.step(by), fit: () => this.fit(), full: () => this.full(), keys: () => this.keys(),
      report: () => this.report(), clock: (changes) => { this.clock = { ...this.clock, ...changes } },
      scrub: (time) => { this.live = false; this.setClock(t.moved({ ...this.clock, playing: false }, time), "scrub") },
    })
    this.hands = new Hands(this)
    this.legend = new Legend(this.ui.list, this)
    this.save = new Save(this)
    this.ui.actions.append(this.save.menu)
    this.ui.head.append(this.save.bar)
    this.ui.canvas.state = () => this.state() // for tests and the console
    this.watch()
  }

  watch() {
    const { ui } = this
    ui.frame.addEventListener("focusin", (e) => { this.focused = e.target })
    ui.frame.addEventListener("focusout", () => setTimeout(() => { if (ui.frame.isConnected) this.focused = this.root.activeElement }))
    this.sizes = new ResizeObserver(() => this.resize())
    for (const part of [ui.picture, ui.below, ui.head]) this.sizes.observe(part)
    this.sight = new IntersectionObserver((entries) => { this.visible = entries.at(-1).isIntersecting; this.wake() })
    this.visible = true
    this.sight.observe(ui.picture)
    this.motion = () => { if (still.matches) this.setClock({ ...this.clock, playing: false, time: this.clock.length }) }
    still.addEventListener("change", this.motion)
    this.filled = () => this.resize()
    document.addEventListener("fullscreenchange", this.filled)
    addEventListener("resize", this.filled)
  }

  // Into the element that Streamlit gave, also after it took the last one away: with window, time and focus as they were.
  enter(root) {
    clearTimeout(this.leaving)
    this.root = root
    const place = root.querySelector(".stage")
    place.style.minHeight = ""
    place.replaceChildren(element("style", { textContent: css }), this.ui.frame)
    this.focused?.focus({ preventScroll: true })
    this.hands.resume()
  }

  leave(forGood) {
    this.hands.drop()
    this.leaving = setTimeout(forGood, 10000)
  }

  close() {
    this.hands.close()
    this.save.close()
    still.removeEventListener("change", this.motion)
    document.removeEventListener("fullscreenchange", this.filled)
    removeEventListener("resize", this.filled)
    this.sizes.disconnect()
    this.sight.disconnect()
    cancelAnimationFrame(this.frameRequest)
    clearTimeout(this.viewTimer)
    clearTimeout(this.wordsTimer)
  }

  // ---- what Python says -----------------------------------------------------------------------------------------------

  take(scene) {
    this.scenes = (this.scenes ?? 0) + 1
    const before = this.scene
    const first = before === null
    const elsewhere = first || before.dim !== scene.dim || !g.sameWindow(before.home, scene.home) || before.title !== scene.title
    if (first) this.outbox = new wire.Outbox((event) => this.send(event), { seq: scene.seq })
    this.outbox.answered(scene.seq)
    this.scene = scene
    if (!this.outbox.owns("chosen") || this.chosen >= scene.runners.length) this.chosen = scene.chosen
    if (this.marked >= scene.runners.length) this.marked = null
    if (elsewhere) this.maps = []
    this.chart(scene.map)
    if (elsewhere) this.window = scene.home
    if (scene.dim === 1) this.window = [this.window[0], curve.follow(this.maps, this.window[0])]
    if ((!this.outbox.owns("start") && !this.hands.holding) || this.start.length !== scene.dim) this.start = scene.start
    const length = Math.max(0, ...scene.runners.map((runner) => runner.loss.length - 1))
    const moved = first || !sameRuns(before.runners, scene.runners)
    const dropped = (this.ending && !this.outbox.busy) || (before?.whole && !scene.whole)
    if (dropped) this.ending = this.live = false
    if (scene.whole) this.live = true
    this.clock = t.resized(this.clock, length)
    if (first || dropped || (moved && !this.live)) this.restart(first || elsewhere)
    if (moved || elsewhere || scene.dim === 1) this.lines = null
    this.paint()
    this.legend.show()
    this.switches()
    this.name(length)
    this.dirty.runs = true
    this.shown.step = -1
    const { lines } = scene
    const backdrop = JSON.stringify([
      scene.map.key, this.maps.length, this.mode, scene.minima, scene.saddles, scene.coordinates, elsewhere,
      lines && [[...lines.normals], [...lines.offsets], lines.labels],
    ])
    if (backdrop !== this.backdropKey) this.dirty.backdrop = true // heights cost most: they are painted when they change
    this.backdropKey = backdrop
    this.resize()
    this.tell()
    this.wake()
  }

  // A height map or a curve from Python, or the name of one that we should have.
  chart(map) {
    const known = this.maps.find(({ key }) => key === map.key)
    if (map.values) {
      // The newest map lies on top; the one of the whole home stays below, for what the newest does not reach.
      const { home } = this.scene
      this.maps = this.maps.filter(({ domain }) => g.sameWindow(domain, home) && !g.sameWindow(domain, map.domain))
      this.maps = [...this.maps.slice(-1), map]
    } else if (known) {
      this.maps = [...this.maps.filter((other) => other !== known), known]
    } else {
      this.maps = []
      this.askView() // Python believes that we have a map which we do not have
    }
    const newest = this.maps.at(-1)
    if (newest && this.survey?.key !== newest.key) this.survey = { ...survey(newest), key: newest.key }
  }

  name(length) {
    const { scene, ui } = this
    ui.title.textContent = scene.title
    ui.note.textContent = scene.note
    ui.body.classList.toggle("each", scene.view === "each")
    ui.body.classList.toggle("many", isMany(scene))
    if (isMany(scene)) ui.list.tabIndex = 0 // it scrolls
    else ui.list.removeAttribute("tabindex")
    ui.frame.classList.toggle("presenter", scene.presenter)
    ui.full.hidden = !scene.presenter || !document.fullscreenEnabled
    ui.scrub.max = String(length)
    ui.controls.hidden = !scene.runners.length // nothing to play
    const able = scene.runners.filter((r) => !r.disabled).map((r) => r.label)
    const who = able.length > 12 ? `: ${able.length} runs` : able.length ? `: ${able.join(", ")}` : ""
    const move = scene.live ? `Arrow keys move the ${able.length ? "start" : "point"}, with Shift ten times as far; ` : ""
    const play = scene.runners.length ? "space plays, comma and full stop step, " : ""
    const keys = `${move}${play}plus and minus zoom, 0 fits.`
    ui.canvas.setAttribute("aria-label", `${scene.title}${who}. ${keys[0].toUpperCase()}${keys.slice(1)}`)
  }

  // From the first step again, if the visitor has not stopped the play; complete and at rest where motion is unwanted.
  restart(fresh) {
    const wanted = this.scene.autoplay && !still.matches
    if (fresh) this.clock = { ...this.clock, time: wanted ? 0 : this.clock.length, playing: wanted, waited: 0 }
    else if (this.clock.playing) this.clock = { ...this.clock, time: 0, waited: 0 }
    else if (!wanted) this.clock = { ...this.clock, time: this.clock.length }
    this.setClock(this.clock)
  }

  send({ seq, phase, values }) {
    if (!this.scene.connected) { this.outbox.answered(seq); return }
    const { start = null, chosen = null, time = null, ...rates } = values
    const lr = {}
    for (const [name, value] of Object.entries(rates)) if (name.startsWith("lr:")) lr[name.slice(3)] = value
    const { home, dim } = this.scene
    this.post({
      seq, phase, start, lr, home, chosen, time,
      view: g.sameWindow(home, this.window) ? null : this.window.slice(0, dim),
      have: this.maps.at(-1)?.key ?? "",
    })
  }

  // The colours of the theme, read where Streamlit sets them.
  paint() {
    const ground = getComputedStyle(this.root.host ?? this.ui.frame).getPropertyValue("--st-background-color")
    this.mode = isDark(ground || "#fff") ? "dark" : "light"
  }

  // What the drawing functions need to know.
  get drawing() {
    const { scene } = this
    return {
      ...scene, mode: this.mode, ground: scene.grounds[this.mode], window: this.window, maps: this.maps, survey: this.survey,
      start: this.start, length: this.clock.length, chosen: this.chosen, layers: this.layers,
      overlay: this.chosen === scene.chosen ? scene.overlay : null, // never another run's
    }
  }

  // Where everything is, in numbers and in pixels of the canvas; `scenes` counts what Python has sent.
  state() {
    const { scene } = this
    const panel = this.plan.panels[0]
    const pixel = (place) => this.pixel(place, panel)
    return {
      scenes: this.scenes, title: scene.title, time: this.time, length: this.clock.length, playing: this.clock.playing,
      start: [...this.start], handle: pixel(this.placed(this.start)), window: this.window, map: this.maps.at(-1)?.key ?? null,
      mode: this.mode, panels: this.plan.panels, font: this.plan.font, chosen: this.chosen, layers: [...this.layers],
      vectors: overlays.vectorsAt(this.drawing, panel, this.time).map((v) => ({ ...v, pixels: [pixel(v.from), pixel(v.to)] })),
      runners: scene.runners.map((runner) => {
        const head = g.headAt(runner.path, this.time)
        return {
          key: runner.key, lr: runner.lr, limit: runner.limit, disabled: runner.disabled, rows: runner.loss.length,
          first: [...runner.theta.slice(0, scene.dim)], last: [...runner.theta.slice(-scene.dim)],
          head: head && [head.x, head.y], pixel: head && pixel([head.x, head.y]), fate: fate(runner, this.time, scene.bounds),
        }
      }),
    }
  }

  // ---- runs -----------------------------------------------------------------------------------------------------------

  setRate(index, rate, phase) {
    this.live = true
    if (phase === "drop") this.ending = true
    this.outbox.put({ [`lr:${index}`]: rate }, phase)
  }

  point(index) {
    this.marked = index
    this.redraw()
  }

  // The run to explain. Python is asked for what belongs to it.
  choose(index) {
    if (this.chosen === null || !this.scene.runners[index] || this.scene.runners[index].disabled || index === this.chosen) return
    this.chosen = index
    if (this.scene.connected) this.outbox.put({ chosen: index }, "drop")
    this.legend.point()
    this.shown.step = -1
    this.redraw()
  }

  // By its number on the keyboard: choose a run, or point it out where none can be chosen.
  pick(index) {
    if (!this.scene.runners[index]) return
    if (this.chosen !== null && this.scene.connected) this.choose(index)
    else this.point(this.marked === index ? null : index)
  }

  switches() {
    const names = overlays.layersOf(this.scene)
    const isOn = (name) => this.wanted.get(name) ?? this.scene.show.includes(name)
    const key = JSON.stringify([names, names.map(isOn)])
    if (key === this.layersKey) return
    this.layersKey = key
    this.layers = new Set(names.filter(isOn))
    this.flips = frame.switches(names, isOn, (name, on) => {
      this.wanted.set(name, on)
      this.layers = new Set(names.filter((other) => this.wanted.get(other) ?? this.layers.has(other)))
      this.dirty.backdrop ||= name === "lines"
      this.shown.step = -1
      this.redraw()
    })
    this.ui.layers.hidden = !names.length
    this.ui.layers.replaceChildren(element("span", { textContent: "Show", "aria-hidden": "true" }), ...this.flips.map(({ item }) => item))
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  get time() {
    return this.live ? this.clock.length : this.clock.time
  }

  setClock(next, cause = "") {
    const was = this.clock
    this.clock = next
    if (was.playing !== next.playing || !this.playShown) {
      this.playShown = true
      this.ui.play.replaceChildren(icon(next.playing ? "pause" : "play"))
      this.ui.play.setAttribute("aria-label", next.playing ? "Pause" : "Play")
      if (!next.playing) this.tell()
    }
    if (cause) this.tell()
    this.redraw()
  }

  toggle() {
    this.live = false
    this.setClock(t.toggled(this.clock))
    if (!this.clock.playing) this.report()
  }

  pause() { if (this.clock.playing) this.toggle() }

  step(by) {
    this.live = false
    this.setClock(t.stepped(this.clock, by), "step")
    this.report()
  }

  goTo(time) {
    this.live = false
    this.setClock(t.moved({ ...this.clock, playing: false }, time), "step")
    this.report()
  }

  // Tells Python at which step the visitor stopped, where it explains a run: at rest only, never while it plays.
  report() {
    if (this.chosen !== null && this.scene.connected) this.outbox.put({ time: this.clock.time }, "drop")
  }

  // Says in words where everyone is: after a pause, a step, a drop; never while it plays.
  tell() {
    clearTimeout(this.wordsTimer)
    this.wordsTimer = setTimeout(() => {
      if (this.clock.playing || this.live) return
      const { runners, minima, bounds, dim } = this.scene
      const time = this.time
      const able = runners.filter((runner) => !runner.disabled)
      const said = able.slice(0, 12).map((runner) => {
        const head = g.headAt(runner.path, time)
        const gone = fate(runner, time, bounds)
        if (!head || gone) return `${runner.label}: ${gone || "no finite point"}`
        const gap = minima.length ? Math.min(...minima.map((m) => Math.hypot(m[0] - head.x, dim === 1 ? 0 : m[1] - head.y))) : null
        return `${runner.label}: loss ${short(runner.loss[head.step])}` + (gap === null ? "" : `, ${short(gap, 2)} from the minimum`)
      })
      if (able.length > said.length) said.push(`And ${able.length - said.length} more`)
      this.ui.words.textContent = `Step ${this.count(" of ")}. ${said.join(". ")}.`
    }, 500)
  }

  redraw() {
    this.dirty.runs = true
    this.wake()
  }

  wake() {
    if (this.frameRequest || !this.scene) return
    this.tickAt = null
    this.frameRequest = requestAnimationFrame((now) => this.tick(now))
  }

  tick(now) {
    this.frameRequest = null
    if (!this.visible || !this.size.width) return
    if (this.clock.playing && !this.live) {
      const seconds = this.tickAt === null ? 0 : Math.min((now - this.tickAt) / 1000, 0.25)
      const next = t.advance(this.clock, seconds, this.scene.speed)
      if (next !== this.clock) this.setClock(next)
      if (!this.clock.playing) this.report() // it has come to its end
    }
    this.tickAt = now
    this.render()
    if (this.clock.playing && !this.live) this.frameRequest ??= requestAnimationFrame((then) => this.tick(then))
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------

  resize() {
    if (!this.scene) return
    const { ui, scene } = this
    const width = Math.floor(ui.picture.clientWidth)
    if (!width) return
    const filling = this.root.fullscreenElement === ui.frame
    const presenter = scene.presenter || filling
    ui.frame.classList.toggle("filling", filling)
    const density = Math.min(devicePixelRatio || 1, 3)
    const panels = scene.view === "each" ? Math.max(scene.runners.length, 1) : 1
    const around = ui.head.offsetHeight + ui.below.offsetHeight + (filling ? 48 : 72)
    const tallest = presenter ? Math.max(innerHeight - around, 240) : Math.min(Math.max(innerHeight * 0.68, 280), 1400)
    const plan = layout(width, scene.home, panels, tallest, { curve: scene.dim === 1, presenter })
    const key = JSON.stringify([plan, density])
    if (key === this.planKey) return
    this.planKey = key
    this.plan = plan
    ui.picture.style.height = `${plan.height}px`
    ui.body.style.setProperty("--tall", `${plan.height + ui.below.offsetHeight}px`)
    for (const canvas of [ui.ground, ui.courses, ui.canvas]) {
      canvas.width = Math.round(width * density)
      canvas.height = Math.round(plan.height * density)
    }
    this.size = { width, height: plan.height, density }
    this.lines = null
    this.dirty = { backdrop: true, runs: true }
    this.wake()
  }

  pen(canvas) {
    const context = canvas.getContext("2d")
    context.setTransform(this.size.density, 0, 0, this.size.density, 0, 0)
    context.clearRect(0, 0, this.size.width, this.size.height)
    return new CanvasPen(context)
  }

  render() {
    if (!this.survey) return
    const { drawing, ui } = this
    if (this.dirty.backdrop) picture.drawBackdrop(this.pen(ui.ground), drawing, this.plan, this.coarse ? 0.5 : 1)
    if (this.dirty.runs || this.dirty.backdrop) {
      if (!this.lines) this.courses = null
      this.lines ??= picture.project(drawing, this.plan)
      const courses = this.time < this.clock.length ? `${this.mode} ${this.marked}` : "" // at the end the paths lie over them
      if (this.courses !== courses) {
        const pen = this.pen(ui.courses)
        if (courses) picture.drawCourses(pen, drawing, this.plan, this.lines, this.marked)
        this.courses = courses
      }
      const focused = this.root.activeElement === ui.canvas && ui.canvas.matches(":focus-visible:not(.quiet)")
      const held = !!this.hands.holding || this.hands.keys
      picture.drawRuns(this.pen(ui.canvas), drawing, this.plan, this.lines, this.time, { held, focused, marked: this.marked })
      this.numbers(drawing)
    }
    this.dirty = { backdrop: false, runs: false }
  }

  // The step on show and the last one, as the runs count them.
  count(between) {
    return [Math.floor(this.time), this.clock.length].map((k) => g.stepAt(this.scene, k)).join(between)
  }

  // The numbers beside the picture, only when the step changed.
  numbers(drawing) {
    const step = Math.floor(this.time)
    if (step === this.shown.step && this.window === this.shown.window) return
    this.shown = { step, window: this.window }
    const { ui, scene } = this
    ui.scrub.value = String(step)
    ui.scrub.setAttribute("aria-valuetext", `step ${this.count(" of ")}`)
    ui.step.textContent = `step ${this.count(" / ")}`
    scene.runners.forEach((runner, i) => {
      if (runner.disabled) { this.legend.say(i, "cannot run here", ""); return }
      const head = g.headAt(runner.path, step)
      const brief = fate(runner, step, scene.bounds, true)
      this.legend.say(i, brief || (head ? `loss ${short(runner.loss[head.step])}` : ""), fate(runner, step, scene.bounds))
    })
    const factors = overlays.factorsAt(drawing, this.plan.panels[0], this.time)
    for (const { name, factor } of this.flips) factor.textContent = factors.has(name) ? ` ${factors.get(name)}` : ""
  }

  // ---- places and the window ------------------------------------------------------------------------------------------

  placed(start) { return standing(this.drawing, start) }
  pixel([x, y], panel) { return [g.toX(panel, this.window, x), g.toY(panel, this.window, y)] }
  place([px, py], panel) { return [g.fromX(panel, this.window, px), g.fromY(panel, this.window, py)] }

  panelAt([px, py]) {
    return this.plan?.panels.find((p) => px >= p.left && px <= p.left + p.width && py >= p.top && py <= p.top + p.height)
  }

  look(window) {
    if (window === this.window) return
    const { scene } = this
    this.window = scene.dim === 1 ? [window[0], curve.follow(this.maps, window[0])] : window
    this.ui.readout.hidden = true
    this.ui.picture.style.touchAction = g.sameWindow(scene.home, window) ? "pan-y" : "none"
    this.lines = null
    this.dirty = { backdrop: true, runs: true }
    this.wake()
    this.coarse = true // heights at half the resolution until the window rests
    clearTimeout(this.viewTimer)
    this.viewTimer = setTimeout(() => {
      this.coarse = false
      this.dirty.backdrop = true
      this.wake()
      this.askView()
    }, 180)
  }

  askView() {
    if (this.scene.connected && (!this.maps.length || !g.sameWindow(this.maps.at(-1).domain, this.window))) this.outbox.put({}, "drop")
  }

  fit() { this.look(this.scene.dim === 1 ? [this.scene.home[0]] : this.scene.home) }

  zoom(factor, at) {
    const panel = this.panelAt(at) ?? this.plan.panels[0]
    this.look(g.zoomed(this.window, factor, ...this.place(at, panel).slice(0, this.scene.dim)))
  }

  full() {
    if (this.root.fullscreenElement) document.exitFullscreen()
    else if (document.fullscreenEnabled) this.ui.frame.requestFullscreen().catch(() => {}) // refused: nothing to do
  }

  keys() {
    if (this.ui.keys.open) this.ui.keys.close()
    else this.ui.keys.showModal()
  }

  // ---- the start ------------------------------------------------------------------------------------------------------

  hold() {
    this.live = true
    this.ui.note.style.height = `${this.ui.note.offsetHeight}px` // the picture must not move under the hand
    this.redraw()
  }

  // The start under the finger at once; the paths follow as fast as Python answers.
  move(start) {
    this.start = start
    this.live = this.unsettled = true
    this.outbox.put({ start }, "drag")
    this.redraw()
  }

  release() {
    const moved = this.unsettled // also when the last place of the drag has been answered: it is not kept before the drop
    this.unsettled = false
    this.ui.note.style.height = ""
    if (moved) { this.ending = true; this.outbox.put({ start: this.start }, "drop") }
    else this.live = false
    this.redraw()
  }

  // A tap on a run explains it, at the step that was tapped.
  tap(at, reach) {
    this.read(at, reach)
    if (this.chosen === null) return
    const { near, own } = this.under(at, reach) ?? {}
    if (near) {
      this.choose(near.run)
      this.goTo(near.step)
    } else if (own !== null && own !== undefined) this.choose(own)
  }

  // The vertex of a run near a pixel, { run, step }, and whose panel it is where each has its own; null outside all panels.
  under(at, reach) {
    const panel = this.panelAt(at)
    if (!panel) return null
    const { runners } = this.scene
    const own = this.plan.panels.length > 1 ? this.plan.panels.indexOf(panel) : null
    const near = g.vertexNear(own === null ? runners : [runners[own]], this.window, panel, ...at, reach)
    return { panel, own, near: near && { ...near, run: own ?? near.run } }
  }

  // What is under the pointer: a run's own vertex in exact numbers, else the map, which is known between its nodes only about.
  read(at, reach) {
    const { coordinates, runners, dim } = this.scene
    const { readout } = this.ui
    const found = this.under(at, reach)
    if (!found) { readout.hidden = true; return }
    const { near, panel } = found
    const [x, y] = this.place(at, panel)
    if (near) {
      const { label, theta, loss } = runners[near.run]
      const told = coordinates.map((name, i) => `${name} ${short(theta[dim * near.step + i], 5)}`)
      readout.textContent = `${label}, step ${g.stepAt(runners[near.run], near.step)}: ${told.join(", ")}, loss ${short(loss[near.step], 5)}`
    } else {
      const map = this.maps.at(-1)
      const height = dim === 1 ? curve.lossAt(this.maps, x) : map ? heightAt(map, x, y) : NaN
      const step = (side, pixels) => 10 ** Math.floor(Math.log10((side[1] - side[0]) / pixels))
      const told = coordinates.map((name, i) => `${name} ${byStep([x, y][i], step(this.window[i], i ? panel.height : panel.width))}`)
      readout.textContent = told.join(", ") + (Number.isNaN(height) ? "" : `, ${map?.name ?? "loss"} ≈ ${short(height)} (between grid points)`)
    }
    readout.hidden = false
    const wide = readout.offsetWidth, tall = readout.offsetHeight
    readout.style.left = `${Math.max(0, Math.min(at[0] + 14, this.size.width - wide - 2))}px`
    readout.style.top = `${at[1] + 18 + tall > this.size.height ? at[1] - tall - 10 : at[1] + 18}px`
  }
}

function sameRuns(a, b) {
  const same = (u, v) => u.length === v.length && u.every((value, i) => Object.is(value, v[i]))
  return a.length === b.length && a.every((runner, i) => runner.key === b[i].key && same(runner.theta, b[i].theta))
}

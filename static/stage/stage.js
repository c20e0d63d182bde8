// The stage in the page: keeps what it is told and what the visitor did, and draws when one of them changed.

const here = new URL(import.meta.url).search // the version: an upgrade must not meet old modules in a browser's cache
const fetched = fetch(new URL(`./stage.css${here}`, import.meta.url)).then((answer) => answer.text()) // beside the modules
const [g, t, wire, draw, pens] = await Promise.all(
  ["geometry", "clock", "wire", "draw", "pens"].map((name) => import(`./${name}.js${here}`)),
)
const css = await fetched

const stages = new WeakMap() // the element Streamlit gave -> the stage in it, which lives through reruns
const known = new Map() // id -> stage: Streamlit may replace the element, before or after it takes the old one away

export function show({ parentElement, data, setStateValue }) {
  const scene = wire.decode(data)
  let stage = stages.get(parentElement)
  if (!stage) {
    stage = known.get(scene.id) ?? new Stage()
    known.set(scene.id, stage)
    stages.set(parentElement, stage)
    stage.enter(parentElement)
  }
  stage.post = (event) => setStateValue("event", event)
  stage.take(scene)
  return () => {
    stages.delete(parentElement)
    if (stage.root !== parentElement) return // it has moved on
    stage.leave(() => {
      known.delete(scene.id)
      stage.close()
    })
  }
}

const still = matchMedia("(prefers-reduced-motion: reduce)")

const ICONS = {
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z",
  back: "M6 5h2.6v14H6zM19 5v14l-9-7z",
  forward: "M15.4 5H18v14h-2.6zM5 5v14l9-7z",
}

function element(name, properties = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role" || key === "style" || key === "for" || key === "tabindex") made.setAttribute(key, value)
    else made[key] = value
  }
  made.append(...children)
  return made
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  path.setAttribute("d", ICONS[name])
  svg.append(path)
  return svg
}

class Stage {
  constructor() {
    this.root = null
    this.scene = null
    this.window = null // what is visible: ((x0, x1), (y0, y1))
    this.maps = [] // height maps in use, the newest last
    this.start = null
    this.clock = t.clock()
    this.live = false // while start or a rate moves, whole paths are shown
    this.unsettled = false // the start has been moved since the last drop
    this.marked = null // the runner that the legend points out
    this.pointers = new Map()
    this.dirty = { backdrop: true, runs: true }
    this.size = { width: 0, height: 0, density: 1 }
    this.shown = { step: -1 }
    this.outbox = null
    this.build()
  }

  // ---- the elements ---------------------------------------------------------------------------------------------------

  build() {
    const button = (label, title, action, ...children) =>
      element("button", { type: "button", ariaLabel: label, title, onclick: action }, ...children)
    this.title = element("span", { className: "title" })
    this.note = element("span", { className: "note" })
    this.fitButton = button("Fit the whole map", "Fit (0, or double click)", () => this.fit(), "Fit")
    this.ground = element("canvas", { className: "ground", "aria-hidden": "true" })
    this.canvas = element("canvas", { className: "runs", tabindex: "0", role: "application", "aria-roledescription": "race stage" })
    this.readout = element("div", { className: "readout", hidden: true })
    this.pictureBox = element("div", { className: "picture" }, this.ground, this.canvas, this.readout)
    this.playButton = button("Play", "Play or pause (space)", () => this.toggle(), icon("play"))
    this.playButton.className = "play"
    this.scrub = element("input", { type: "range", className: "scrub", min: "0", max: "1", step: "1", value: "0", "aria-label": "Step" })
    this.scrub.oninput = () => this.setClock(t.moved({ ...this.clock, playing: false }, Number(this.scrub.value)), "scrub")
    this.stepText = element("span", { className: "step" })
    this.speed = element(
      "select", { "aria-label": "Speed", title: "Speed" },
      ...t.SPEEDS.map((v) => element("option", { value: String(v), textContent: `${v}×`, selected: v === 1 })),
    )
    this.speed.onchange = () => { this.clock = { ...this.clock, speed: Number(this.speed.value) } }
    this.loop = element("input", { type: "checkbox", checked: true })
    this.loop.onchange = () => { this.clock = { ...this.clock, loop: this.loop.checked } }
    const controls = element(
      "div", { className: "controls", role: "group", "aria-label": "Playback" },
      this.playButton,
      button("One step back", "One step back (,)", () => this.step(-1), icon("back")),
      button("One step forward", "One step forward (.)", () => this.step(1), icon("forward")),
      this.scrub, this.stepText, this.speed,
      element("label", {}, this.loop, "Loop"),
    )
    this.list = element("ul", { className: "runners", "aria-label": "Optimizers" })
    this.words = element("div", { className: "hidden", role: "status", "aria-live": "polite" })
    this.body = element("div", { className: "body" }, element("div", {}, this.pictureBox, controls), this.list)
    const frame = element(
      "div", { className: "ravine" },
      element(
        "div", { className: "head" }, this.title,
        element(
          "div", { className: "actions", role: "group", "aria-label": "View and export" }, this.fitButton,
          button("Save as PNG, twice the size", "PNG, 2 times the pixels", () => this.savePng(2), "PNG 2×"),
          button("Save as PNG, three times the size", "PNG, 3 times the pixels", () => this.savePng(3), "PNG 3×"),
          button("Save as SVG", "SVG, vector lines and text", () => this.saveSvg(), "SVG"),
        ),
        this.note,
      ),
      this.body, this.words,
    )
    this.frame = frame
    this.frame.addEventListener("focusin", (e) => { this.focused = e.target })
    this.frame.addEventListener("focusout", () => setTimeout(() => { if (this.frame.isConnected) this.focused = this.root.activeElement }))

    this.canvas.state = () => this.state() // for tests and the console

    this.canvas.onpointerdown = (e) => this.pointerDown(e)
    this.canvas.onpointermove = (e) => this.pointerMove(e)
    this.canvas.onpointerup = this.canvas.onpointercancel = (e) => this.pointerUp(e)
    this.canvas.onpointerleave = () => { if (!this.pointers.size) { this.readout.hidden = true; this.pictureBox.classList.remove("over") } }
    this.canvas.ondblclick = () => this.fit()
    this.canvas.onkeydown = (e) => this.keyDown(e)
    this.canvas.onkeyup = (e) => { if (this.keys && e.key.startsWith("Arrow")) this.release() }
    this.canvas.onfocus = this.canvas.onblur = (e) => {
      if (e.type === "blur") this.canvas.classList.remove("quiet")
      if (this.keys && this.root.activeElement !== this.canvas) this.release()
      this.dirty.runs = true
      this.wake()
    }
    // Not passive: a wheel over the stage zooms, unless it is the rest of a scroll that began elsewhere.
    this.canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false })
    // A finger on the handle drags it; elsewhere a vertical swipe still scrolls the page.
    this.canvas.addEventListener("touchstart", (e) => { if (e.touches.length > 1 || this.overHandle(this.at(e.touches[0]), 30)) e.preventDefault() }, { passive: false })
    this.pageWheel = (e) => { if (!e.composedPath().includes(this.canvas)) this.scrolledAt = performance.now() }
    addEventListener("wheel", this.pageWheel, { passive: true, capture: true })
    this.sizes = new ResizeObserver(() => this.resize())
    this.sizes.observe(this.pictureBox)
    this.sight = new IntersectionObserver((entries) => { this.visible = entries.at(-1).isIntersecting; this.wake() })
    this.visible = true
    this.sight.observe(this.pictureBox)
    this.motion = () => { if (still.matches) this.setClock({ ...this.clock, playing: false, time: this.clock.length }) }
    still.addEventListener("change", this.motion)
  }

  // Into the element that Streamlit gave, also after it took the last one away: with window, time and focus as they were.
  enter(root) {
    clearTimeout(this.leaving)
    this.root = root
    const place = root.querySelector(".stage")
    place.style.minHeight = ""
    place.replaceChildren(element("style", { textContent: css }), this.frame)
    this.focused?.focus({ preventScroll: true })
    if (this.holding && this.canvas.isConnected) {
      try { this.canvas.setPointerCapture(this.holding.id) } catch { this.release() } // the pointer went up meanwhile
    }
  }

  leave(forGood) {
    this.pointers.clear()
    this.holding = this.panning = null
    this.leaving = setTimeout(forGood, 10000)
  }

  close() {
    removeEventListener("wheel", this.pageWheel, { capture: true })
    still.removeEventListener("change", this.motion)
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
    const elsewhere = first || !g.sameWindow(before.home, scene.home) || before.title !== scene.title
    if (first) this.outbox = new wire.Outbox((event) => this.send(event), { seq: scene.seq })
    this.outbox.answered(scene.seq)
    this.scene = scene
    if (elsewhere) { this.window = scene.home; this.maps = [] }
    const known = this.maps.find((map) => map.key === scene.map.key)
    if (scene.map.values) {
      // The newest map lies on top; the one of the whole home stays below, for what the newest does not reach.
      this.maps = this.maps.filter((map) => map.key !== scene.map.key && g.sameWindow(map.domain, scene.home))
      this.maps = [...this.maps.slice(-1), scene.map]
    } else if (known) {
      this.maps = [...this.maps.filter((map) => map !== known), known]
    } else {
      this.maps = []
      this.askView() // Python believes that we have a map which we do not have
    }
    const newest = this.maps.at(-1)
    if (newest && this.survey?.key !== newest.key) this.survey = { ...draw.survey(newest), key: newest.key }
    if (!this.outbox.owns("start") && !this.holding) this.start = scene.start
    const length = Math.max(0, ...scene.runners.map((runner) => runner.path.length / 2 - 1))
    const moved = first || !sameRuns(before.runners, scene.runners)
    const dropped = this.ending && !this.outbox.busy
    if (dropped) this.ending = this.live = false
    this.clock = t.resized(this.clock, length)
    if (first || dropped || (moved && !this.live)) this.restart(first || elsewhere)
    if (moved || elsewhere) this.lines = null
    this.paint()
    this.legend()
    this.title.textContent = scene.title
    this.note.textContent = scene.note
    this.body.classList.toggle("each", scene.view === "each")
    this.scrub.max = String(length)
    this.canvas.setAttribute(
      "aria-label",
      `${scene.title}: ${scene.runners.filter((r) => !r.disabled).map((r) => r.label).join(", ")}. ` +
        (scene.live ? "Arrow keys move the start, with Shift ten times as far; space" : "Space") + " plays, comma and full stop step, plus and minus zoom, 0 fits.",
    )
    this.dirty.runs = true
    const backdrop = JSON.stringify([scene.map.key, this.maps.length, this.mode, scene.minima, scene.saddles, scene.coordinates, elsewhere])
    if (backdrop !== this.backdropKey) this.dirty.backdrop = true // heights cost most: they are painted when they change
    this.backdropKey = backdrop
    this.resize()
    this.tell()
    this.wake()
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
    const { start = null, ...rates } = values
    const lr = {}
    for (const [name, value] of Object.entries(rates)) if (name.startsWith("lr:")) lr[name.slice(3)] = value
    const home = this.scene.home
    this.post({
      seq, phase, start, lr, home,
      view: g.sameWindow(this.window, home) ? null : this.window,
      have: this.maps.at(-1)?.key ?? "",
    })
  }

  // The colours of the theme, read where Streamlit sets them.
  paint() {
    const ground = getComputedStyle(this.root.host ?? this.frame).getPropertyValue("--st-background-color")
    const mode = g.isDark(ground || "#fff") ? "dark" : "light"
    if (mode !== this.mode) this.marksStale = true
    this.mode = mode
  }

  // What the drawing functions need to know.
  get stage() {
    const { scene } = this
    return {
      ...scene, mode: this.mode, ground: scene.grounds[this.mode], window: this.window, maps: this.maps, survey: this.survey,
      start: this.start, length: this.clock.length,
    }
  }

  // Where everything is, in numbers and in pixels of the canvas; `scenes` counts what Python has sent.
  state() {
    const panel = this.plan.panels[0]
    const pixel = ([x, y]) => [g.toX(panel, this.window, x), g.toY(panel, this.window, y)]
    return {
      scenes: this.scenes, title: this.scene.title, time: this.time, length: this.clock.length, playing: this.clock.playing,
      start: [...this.start], handle: pixel(this.start), window: this.window, map: this.maps.at(-1)?.key ?? null, mode: this.mode,
      panels: this.plan.panels,
      runners: this.scene.runners.map((runner) => {
        const head = g.headAt(runner.path, this.time)
        return {
          key: runner.key, lr: runner.lr, limit: runner.limit, disabled: runner.disabled, rows: runner.path.length / 2,
          first: [...runner.path.slice(0, 2)], last: [...runner.path.slice(-2)],
          head: head && [head.x, head.y], pixel: head && pixel([head.x, head.y]), fate: draw.fate(runner, this.time, this.scene.home),
        }
      }),
    }
  }

  // ---- the legend -----------------------------------------------------------------------------------------------------

  legend() {
    const { runners } = this.scene
    const signature = JSON.stringify([this.mode, this.scene.live, runners.map((r) => [r.key, r.label, r.disabled, r.limitNote, r.style])])
    if (signature !== this.signature) {
      this.signature = signature
      this.rows = runners.map((runner, index) => this.row(runner, index))
      this.list.replaceChildren(...this.rows.map((row) => row.item))
    }
    const zoneColours = this.scene.grounds[this.mode].zones
    runners.forEach((runner, index) => {
      const row = this.rows[index]
      if (runner.disabled) return
      if (!this.scene.live) { row.value.textContent = `lr ${g.short(runner.lr)}`; return }
      if (!this.outbox.owns(`lr:${index}`) && row.held !== true) row.rate = runner.lr
      this.showRate(row, runner, zoneColours)
    })
    this.shown.step = -1
  }

  row(runner, index) {
    const ground = this.scene.grounds[this.mode]
    const mark = element("canvas", { className: "mark", width: 120, height: 54, "aria-hidden": "true" })
    const context = mark.getContext("2d")
    context.scale(3, 3)
    const pen = new pens.CanvasPen(context)
    const colour = runner.style[this.mode]
    pen.line([2, 38], [9, 9], { colour, width: 2.6, dash: draw.DASHES[runner.style.dash] })
    draw.marker(pen, runner.style.marker, 20, 9, 5.4, { fill: colour, colour: ground.paper, width: 2 })
    const loss = element("span", { className: "loss" })
    const line = element("div", { className: "line" }, mark, element("span", { className: "name", textContent: runner.label }), loss)
    if (runner.disabled) {
      const item = element("li", { className: "disabled" }, line, element("p", { className: "why", textContent: runner.disabled }))
      return { item, loss }
    }
    if (!this.scene.live) {
      const value = element("p", { className: "why" })
      return { item: element("li", {}, line, value), loss, value }
    }
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
    const row = { loss, slider, value, dot, limit, rate: runner.lr, held: false }
    slider.oninput = () => {
      row.held = this.live = true
      row.rate = g.sliderToRate(Number(slider.value) / 1000, this.scene.runners[index].range)
      this.showRate(row, this.scene.runners[index], this.scene.grounds[this.mode].zones)
      this.outbox.put({ [`lr:${index}`]: row.rate }, "drag")
    }
    slider.onchange = () => {
      row.held = false
      this.ending = true
      this.outbox.put({ [`lr:${index}`]: row.rate }, "drop")
    }
    row.item = element(
      "li", {}, line,
      element("div", { className: "rate" }, element("span", { textContent: "lr", "aria-hidden": "true" }), slider, value),
      element("div", { className: "limit" }, dot, limit, info), why,
    )
    const mark_ = (key) => () => { this.marked = key; this.dirty.runs = true; this.wake() }
    row.item.onpointerenter = mark_(runner.label)
    row.item.onpointerleave = mark_(null)
    return row
  }

  showRate(row, runner, colours) {
    const { zone, cuts } = g.zones(row.rate, runner.limit, runner.range)
    const words = { stable: "stable", edge: "near the limit", beyond: "beyond the limit", unknown: "no limit known" }[zone]
    const limit = runner.limit === null ? "" : runner.limit === Infinity ? "no limit: nothing curves up at the start" : `limit ${g.short(runner.limit)}: `
    const text = runner.limit === Infinity ? limit : limit + words
    const track = cuts
      ? `linear-gradient(90deg, ${colours[0]} ${cuts[0] * 100}%, ${colours[1]} ${cuts[0] * 100}% ${cuts[1] * 100}%, ${colours[2]} ${cuts[1] * 100}%)`
      : ""
    if (row.track !== track) row.slider.style.setProperty("--track", (row.track = track))
    if (!row.held) row.slider.value = String(Math.round(g.rateToSlider(row.rate, runner.range) * 1000))
    row.value.textContent = g.short(row.rate)
    row.slider.setAttribute("aria-valuetext", `${g.short(row.rate)}, ${text}`)
    row.limit.textContent = text
    row.dot.style.background = { stable: colours[0], edge: colours[1], beyond: colours[2], unknown: "transparent" }[zone]
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
      this.playButton.replaceChildren(icon(next.playing ? "pause" : "play"))
      this.playButton.setAttribute("aria-label", next.playing ? "Pause" : "Play")
      if (!next.playing) this.tell()
    }
    if (cause) this.tell()
    this.dirty.runs = true
    this.wake()
  }

  toggle() { this.live = false; this.setClock(t.toggled(this.clock)) }
  step(by) { this.live = false; this.setClock(t.stepped(this.clock, by), "step") }

  // Says in words where everyone is: after a pause, a step, a drop; never while it plays.
  tell() {
    clearTimeout(this.wordsTimer)
    this.wordsTimer = setTimeout(() => {
      if (this.clock.playing || this.live) return
      const { runners, minima, home } = this.scene
      const time = this.time
      const said = runners.filter((runner) => !runner.disabled).map((runner) => {
        const head = g.headAt(runner.path, time)
        const fate = draw.fate(runner, time, home)
        if (!head || fate) return `${runner.label}: ${fate || "no finite point"}`
        const gap = minima.length ? Math.min(...minima.map(([x, y]) => Math.hypot(x - head.x, y - head.y))) : null
        return `${runner.label}: loss ${g.short(runner.loss[head.step])}` + (gap === null ? "" : `, ${g.short(gap, 2)} from the minimum`)
      })
      this.words.textContent = `Step ${Math.floor(time)} of ${this.clock.length}. ${said.join(". ")}.`
    }, 500)
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
    }
    this.tickAt = now
    this.render()
    if (this.clock.playing && !this.live) this.frameRequest ??= requestAnimationFrame((then) => this.tick(then))
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------

  resize() {
    if (!this.scene) return
    const width = Math.floor(this.pictureBox.clientWidth)
    if (!width) return
    const density = Math.min(devicePixelRatio || 1, 3)
    const panels = this.scene.view === "each" ? Math.max(this.scene.runners.length, 1) : 1
    const tallest = Math.min(Math.max(innerHeight * 0.68, 280), 1400)
    const plan = g.layout(width, this.scene.home, panels, tallest)
    const key = JSON.stringify([plan, density])
    if (key === this.planKey) return
    this.planKey = key
    this.plan = plan
    this.pictureBox.style.height = `${plan.height}px`
    for (const canvas of [this.ground, this.canvas]) {
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
    return new pens.CanvasPen(context)
  }

  project(plan) {
    const { runners } = this.scene
    return runners.map((runner, i) => g.projected(runner.path, this.window, plan.panels[plan.panels.length > 1 ? i : 0]))
  }

  render() {
    if (!this.survey) return
    const stage = this.stage
    if (this.dirty.backdrop) draw.drawBackdrop(this.pen(this.ground), stage, this.plan, this.coarse ? 0.5 : 1)
    if (this.dirty.runs || this.dirty.backdrop) {
      this.lines ??= this.project(this.plan)
      const focused = this.root.activeElement === this.canvas && this.canvas.matches(":focus-visible:not(.quiet)")
      draw.drawRuns(this.pen(this.canvas), stage, this.plan, this.lines, this.time, { held: !!this.holding || this.keys, focused, marked: this.marked })
      this.numbers()
    }
    this.dirty = { backdrop: false, runs: false }
  }

  // The numbers beside the picture, only when the step changed.
  numbers() {
    const step = Math.floor(this.time)
    if (step === this.shown.step) return
    this.shown.step = step
    this.scrub.value = String(step)
    this.scrub.setAttribute("aria-valuetext", `step ${step} of ${this.clock.length}`)
    this.stepText.textContent = `step ${step} / ${this.clock.length}`
    this.scene.runners.forEach((runner, i) => {
      if (runner.disabled) { this.rows[i].loss.textContent = "cannot run here"; return }
      const head = g.headAt(runner.path, step)
      const { loss } = this.rows[i]
      loss.textContent = draw.fate(runner, step, this.scene.home, true) || (head ? `loss ${g.short(runner.loss[head.step])}` : "")
      loss.title = draw.fate(runner, step, this.scene.home)
    })
  }

  // ---- the window -----------------------------------------------------------------------------------------------------

  look(window) {
    if (window === this.window) return
    this.window = window
    this.readout.hidden = true
    this.pictureBox.style.touchAction = g.sameWindow(window, this.scene.home) ? "pan-y" : "none"
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
    if (!this.maps.length || !g.sameWindow(this.maps.at(-1).domain, this.window)) this.outbox.put({}, "drop")
  }

  fit() { this.look(this.scene.home) }

  zoom(factor, [px, py]) {
    const panel = this.panelAt([px, py]) ?? this.plan.panels[0]
    this.look(g.zoomed(this.window, factor, g.fromX(panel, this.window, px), g.fromY(panel, this.window, py)))
  }

  wheel(e) {
    const now = performance.now()
    if (now - (this.scrolledAt ?? -Infinity) < 300 && !e.ctrlKey) { this.scrolledAt = now; return }
    e.preventDefault()
    const pixels = e.deltaMode === 1 ? e.deltaY * 16 : e.deltaY
    this.zoom(Math.exp(Math.max(-0.6, Math.min(0.6, pixels * (e.ctrlKey ? 0.01 : 0.0018)))), this.at(e))
  }

  // ---- pointers -------------------------------------------------------------------------------------------------------

  at(e) {
    const box = this.canvas.getBoundingClientRect()
    return [e.clientX - box.left, e.clientY - box.top]
  }

  panelAt([px, py]) {
    return this.plan?.panels.find((p) => px >= p.left && px <= p.left + p.width && py >= p.top && py <= p.top + p.height)
  }

  overHandle(at, reach) {
    const panel = this.scene.live && this.panelAt(at)
    return panel && Math.hypot(g.toX(panel, this.window, this.start[0]) - at[0], g.toY(panel, this.window, this.start[1]) - at[1]) <= reach
      ? panel : null
  }

  pointerDown(e) {
    if (e.button) return
    const at = this.at(e)
    this.pointers.set(e.pointerId, at)
    this.canvas.setPointerCapture(e.pointerId)
    this.canvas.classList.add("quiet") // a pointer needs no focus ring
    this.canvas.focus({ preventScroll: true })
    this.readout.hidden = true
    if (this.pointers.size === 2) { // a second finger: pinch, whatever the first one did
      if (this.holding) this.release()
      this.panning = null
      return
    }
    const panel = this.overHandle(at, e.pointerType === "mouse" ? 20 : 30)
    if (panel) {
      const grip = [g.toX(panel, this.window, this.start[0]) - at[0], g.toY(panel, this.window, this.start[1]) - at[1]]
      this.holding = { panel, grip, id: e.pointerId }
      this.live = true
      this.note.style.height = `${this.note.offsetHeight}px` // the picture must not move under the hand
      this.pictureBox.classList.add("holding")
      this.dirty.runs = true
      this.wake()
    } else if (this.panelAt(at)) {
      this.panning = { panel: this.panelAt(at), window: this.window, from: at, moved: false }
    }
  }

  pointerMove(e) {
    const at = this.at(e)
    if (!this.pointers.has(e.pointerId)) {
      this.pictureBox.classList.toggle("over", !!this.overHandle(at, 20))
      this.read(at, 9)
      return
    }
    const before = [...this.pointers.values()]
    this.pointers.set(e.pointerId, at)
    if (this.pointers.size === 2) this.pinch(before, [...this.pointers.values()])
    else if (this.holding?.id === e.pointerId) {
      const { panel, grip } = this.holding
      this.move([g.fromX(panel, this.window, at[0] + grip[0]), g.fromY(panel, this.window, at[1] + grip[1])])
    } else if (this.panning) {
      const { panel, window, from } = this.panning
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) > 4) this.panning.moved = true
      if (!this.panning.moved) return
      this.pictureBox.classList.add("panning")
      this.look(g.panned(
        window,
        (-(at[0] - from[0]) / panel.width) * (window[0][1] - window[0][0]),
        ((at[1] - from[1]) / panel.height) * (window[1][1] - window[1][0]),
      ))
    }
  }

  pointerUp(e) {
    const tap = this.panning && !this.panning.moved && e.type === "pointerup"
    this.pointers.delete(e.pointerId)
    this.panning = null
    this.pictureBox.classList.remove("panning", "holding")
    if (this.holding?.id === e.pointerId) this.release()
    else if (tap) this.read(this.at(e), e.pointerType === "mouse" ? 9 : 22)
  }

  pinch([a, b], [c, d]) {
    const span = ([x0, y0], [x1, y1]) => Math.max(Math.hypot(x1 - x0, y1 - y0), 10)
    const middle = ([x0, y0], [x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2]
    const from = middle(a, b), to = middle(c, d)
    const panel = this.panelAt(to) ?? this.plan.panels[0]
    const x = g.fromX(panel, this.window, from[0]), y = g.fromY(panel, this.window, from[1])
    const wide = g.zoomed(this.window, span(a, b) / span(c, d), x, y)
    this.look(g.panned(wide, x - g.fromX(panel, wide, to[0]), y - g.fromY(panel, wide, to[1])))
  }

  // The start under the finger at once; the paths follow as fast as Python answers.
  move(start) {
    this.start = start
    this.live = this.unsettled = true
    this.dirty.runs = true
    this.outbox.put({ start }, "drag")
    this.wake()
  }

  release() {
    const moved = this.unsettled // also when the last place of the drag has been answered: it is not kept before the drop
    this.unsettled = false
    this.holding = null
    this.keys = false
    this.note.style.height = ""
    this.pictureBox.classList.remove("holding")
    if (moved) { this.ending = true; this.outbox.put({ start: this.start }, "drop") }
    else this.live = false
    this.dirty.runs = true
    this.wake()
  }

  keyDown(e) {
    this.canvas.classList.remove("quiet")
    if (e.ctrlKey || e.metaKey || e.altKey) return
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
    const middle = () => { const p = this.plan.panels[0]; return [p.left + p.width / 2, p.top + p.height / 2] }
    const acts = {
      " ": () => this.toggle(), ",": () => this.step(-1), ".": () => this.step(1),
      Home: () => this.setClock(t.moved({ ...this.clock, playing: false }, 0), "step"),
      End: () => this.setClock(t.moved({ ...this.clock, playing: false }, this.clock.length), "step"),
      "+": () => this.zoom(0.8, middle()), "=": () => this.zoom(0.8, middle()), "-": () => this.zoom(1.25, middle()), 0: () => this.fit(),
    }
    if (arrows[e.key] && this.scene.live) {
      const size = e.shiftKey ? 0.1 : 0.01
      this.keys = true
      this.move(this.start.map((v, i) => v + arrows[e.key][i] * size * (this.window[i][1] - this.window[i][0])))
    } else if (acts[e.key]) acts[e.key]()
    else return
    e.preventDefault()
    e.stopPropagation() // Streamlit has shortcuts of its own
  }

  // What is under the pointer: a run's own vertex in exact numbers, else the map, which is known between its nodes only about.
  read(at, reach) {
    const panel = this.panelAt(at)
    const { coordinates, runners } = this.scene
    if (!panel) { this.readout.hidden = true; return }
    const many = this.plan.panels.length > 1
    const cast = many ? [runners[this.plan.panels.indexOf(panel)]] : runners
    const near = g.vertexNear(cast, this.window, panel, ...at, reach)
    const x = g.fromX(panel, this.window, at[0]), y = g.fromY(panel, this.window, at[1])
    if (near) {
      const { label, path, loss } = cast[near.run]
      const [px, py] = [path[2 * near.step], path[2 * near.step + 1]]
      this.readout.textContent =
        `${label}, step ${near.step}: ${coordinates[0]} ${g.short(px, 5)}, ${coordinates[1]} ${g.short(py, 5)}, loss ${g.short(loss[near.step], 5)}`
    } else {
      const map = this.maps.at(-1)
      const height = map ? g.heightAt(map, x, y) : NaN
      const step = (side, pixels) => 10 ** Math.floor(Math.log10((side[1] - side[0]) / pixels))
      this.readout.textContent =
        `${coordinates[0]} ${g.byStep(x, step(this.window[0], panel.width))}, ${coordinates[1]} ${g.byStep(y, step(this.window[1], panel.height))}` +
        (Number.isNaN(height) ? "" : `, loss ≈ ${g.short(height)} (between grid points)`)
    }
    this.readout.hidden = false
    const wide = this.readout.offsetWidth, tall = this.readout.offsetHeight
    this.readout.style.left = `${Math.max(0, Math.min(at[0] + 14, this.size.width - wide - 2))}px`
    this.readout.style.top = `${at[1] + 18 + tall > this.size.height ? at[1] - tall - 10 : at[1] + 18}px`
  }

  // ---- export ---------------------------------------------------------------------------------------------------------

  get fileName() {
    const name = this.scene.title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60)
    return `ravine-${name || "stage"}-step-${Math.floor(this.time)}`
  }

  poster() {
    const plan = this.plan.width >= 640 ? this.plan : g.layout(640, this.scene.home, this.plan.panels.length, 640)
    const lines = plan === this.plan ? (this.lines ?? this.project(plan)) : this.project(plan)
    return { ...draw.poster(this.stage, plan), lines }
  }

  savePng(scale) {
    const { width, height, draw: paint, lines } = this.poster()
    const canvas = element("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) })
    const context = canvas.getContext("2d")
    context.scale(scale, scale)
    paint(new pens.CanvasPen(context), lines, this.time, scale)
    canvas.toBlob((blob) => save(blob, `${this.fileName}.png`), "image/png")
  }

  saveSvg() {
    const { width, height, draw: paint, lines } = this.poster()
    const ruler = new pens.CanvasPen(document.createElement("canvas").getContext("2d"))
    const pen = new pens.SvgPen(width, height, ruler)
    paint(pen, lines, this.time, 2)
    save(new Blob([pen.finished(this.scene.title, this.canvas.getAttribute("aria-label"))], { type: "image/svg+xml" }), `${this.fileName}.svg`)
  }
}

function sameRuns(a, b) {
  const same = (u, v) => u.length === v.length && u.every((value, i) => Object.is(value, v[i]))
  return a.length === b.length && a.every((runner, i) => runner.key === b[i].key && same(runner.path, b[i].path))
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

// The visitor's hands on the picture: mouse, fingers, wheel and keys.

import * as g from "./geometry.js"

const REACH = { mouse: 20, touch: 30 } // pixels around the start within which it is grasped

export class Hands {
  constructor(stage) {
    this.stage = stage
    this.pointers = new Map()
    this.holding = this.panning = null // { panel, grip, id } of the start; { panel, window, from, moved } of the map
    this.keys = false // the arrows are moving the start
    const { canvas, picture } = stage.ui
    this.canvas = canvas
    this.box = picture
    canvas.onpointerdown = (e) => this.down(e)
    canvas.onpointermove = (e) => this.move(e)
    canvas.onpointerup = canvas.onpointercancel = (e) => this.up(e)
    canvas.onpointerleave = () => { if (!this.pointers.size) { stage.ui.readout.hidden = true; this.box.classList.remove("over") } }
    canvas.ondblclick = () => stage.fit()
    canvas.onkeydown = (e) => this.key(e)
    canvas.onkeyup = (e) => { if (this.keys && e.key.startsWith("Arrow")) this.release() }
    canvas.onfocus = canvas.onblur = (e) => {
      if (e.type === "blur") canvas.classList.remove("quiet")
      if (this.keys && stage.root.activeElement !== canvas) this.release()
      stage.redraw()
    }
    // Not passive: a wheel over the stage zooms, unless it is the rest of a scroll that began elsewhere.
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false })
    // A finger on the handle drags it; elsewhere a vertical swipe still scrolls the page.
    canvas.addEventListener("touchstart", (e) => {
      if (e.touches.length > 1 || this.over(this.at(e.touches[0]), REACH.touch)) e.preventDefault()
    }, { passive: false })
    this.pageWheel = (e) => { if (!e.composedPath().includes(canvas)) this.scrolledAt = performance.now() }
    // Before a class the keys work without a click on the stage first, unless something that takes keys has the focus.
    this.pageKey = (e) => {
      const [target] = e.composedPath()
      if (stage.scene?.presenter && !/^(input|textarea|select|button|summary|canvas)$/i.test(target.tagName) && !target.isContentEditable) this.key(e)
    }
    addEventListener("wheel", this.pageWheel, { passive: true, capture: true })
    addEventListener("keydown", this.pageKey)
  }

  close() {
    removeEventListener("wheel", this.pageWheel, { capture: true })
    removeEventListener("keydown", this.pageKey)
  }

  // The element has gone away; the hand may still be down.
  drop() {
    this.pointers.clear()
    this.holding = this.panning = null
  }

  // Into a new element: the hand holds on, unless it went up meanwhile.
  resume() {
    if (!this.holding || !this.canvas.isConnected) return
    try { this.canvas.setPointerCapture(this.holding.id) } catch { this.release() }
  }

  at(e) {
    const box = this.canvas.getBoundingClientRect()
    return [e.clientX - box.left, e.clientY - box.top]
  }

  // The panel in which a pixel is near enough to the start to grasp it, or null.
  over(at, reach) {
    const { stage } = this
    const panel = stage.scene.live && stage.panelAt(at)
    if (!panel) return null
    const [px, py] = stage.pixel(stage.placed(stage.start), panel)
    return Math.hypot(px - at[0], py - at[1]) <= reach ? panel : null
  }

  down(e) {
    if (e.button) return
    const { stage } = this
    const at = this.at(e)
    this.pointers.set(e.pointerId, at)
    this.canvas.setPointerCapture(e.pointerId)
    this.canvas.classList.add("quiet") // a pointer needs no focus ring
    this.canvas.focus({ preventScroll: true })
    stage.ui.readout.hidden = true
    if (this.pointers.size === 2) { // a second finger: pinch, whatever the first one did
      if (this.holding) this.release()
      this.panning = null
      return
    }
    const panel = this.over(at, REACH[e.pointerType] ?? REACH.touch)
    if (panel) {
      const [px, py] = stage.pixel(stage.placed(stage.start), panel)
      this.holding = { panel, grip: [px - at[0], py - at[1]], id: e.pointerId }
      stage.hold()
      this.box.classList.add("holding")
    } else if (stage.panelAt(at)) {
      this.panning = { panel: stage.panelAt(at), window: stage.window, from: at, moved: false }
    }
  }

  move(e) {
    const { stage } = this
    const at = this.at(e)
    if (!this.pointers.has(e.pointerId)) {
      this.box.classList.toggle("over", !!this.over(at, REACH.mouse))
      stage.read(at, 9)
      return
    }
    const before = [...this.pointers.values()]
    this.pointers.set(e.pointerId, at)
    if (this.pointers.size === 2) this.pinch(before, [...this.pointers.values()])
    else if (this.holding?.id === e.pointerId) {
      const { panel, grip } = this.holding
      stage.move(stage.place([at[0] + grip[0], at[1] + grip[1]], panel).slice(0, stage.scene.dim))
    } else if (this.panning) {
      const { panel, window, from } = this.panning
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) > 4) this.panning.moved = true
      if (!this.panning.moved) return
      this.box.classList.add("panning")
      stage.look(g.panned(
        window,
        (-(at[0] - from[0]) / panel.width) * (window[0][1] - window[0][0]),
        ((at[1] - from[1]) / panel.height) * (window[1][1] - window[1][0]),
      ))
    }
  }

  up(e) {
    const tap = this.panning && !this.panning.moved && e.type === "pointerup"
    this.pointers.delete(e.pointerId)
    this.panning = null
    this.box.classList.remove("panning", "holding")
    if (this.holding?.id === e.pointerId) this.release()
    else if (tap) this.stage.tap(this.at(e), e.pointerType === "mouse" ? 9 : 22)
  }

  release() {
    this.holding = null
    this.keys = false
    this.box.classList.remove("holding")
    this.stage.release()
  }

  pinch([a, b], [c, d]) {
    const { stage } = this
    const span = ([x0, y0], [x1, y1]) => Math.max(Math.hypot(x1 - x0, y1 - y0), 10)
    const middle = ([x0, y0], [x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2]
    const from = middle(a, b), to = middle(c, d)
    const panel = stage.panelAt(to) ?? stage.plan.panels[0]
    const place = stage.place(from, panel)
    const wide = g.zoomed(stage.window, span(a, b) / span(c, d), ...place.slice(0, stage.scene.dim))
    const [x, y] = [g.fromX(panel, wide, to[0]), g.fromY(panel, wide, to[1])]
    stage.look(g.panned(wide, place[0] - x, place[1] - y))
  }

  wheel(e) {
    const now = performance.now()
    if (now - (this.scrolledAt ?? -Infinity) < 300 && !e.ctrlKey) { this.scrolledAt = now; return }
    e.preventDefault()
    const pixels = e.deltaMode === 1 ? e.deltaY * 16 : e.deltaY
    this.stage.zoom(Math.exp(Math.max(-0.6, Math.min(0.6, pixels * (e.ctrlKey ? 0.01 : 0.0018)))), this.at(e))
  }

  key(e) {
    const { stage } = this
    this.canvas.classList.remove("quiet")
    if (e.ctrlKey || e.metaKey || e.altKey || !stage.plan) return
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
    const middle = () => { const p = stage.plan.panels[0]; return [p.left + p.width / 2, p.top + p.height / 2] }
    const acts = {
      " ": () => stage.toggle(), ",": () => stage.step(-1), ".": () => stage.step(1),
      Home: () => stage.goTo(0), End: () => stage.goTo(Infinity),
      "+": () => stage.zoom(0.8, middle()), "=": () => stage.zoom(0.8, middle()), "-": () => stage.zoom(1.25, middle()), 0: () => stage.fit(),
      f: () => stage.full(), F: () => stage.full(), "?": () => stage.keys(),
    }
    if (arrows[e.key] && stage.scene.live) {
      const size = e.shiftKey ? 0.1 : 0.01
      this.keys = true
      stage.hold()
      stage.move(stage.start.map((v, i) => v + arrows[e.key][i] * size * (stage.window[i][1] - stage.window[i][0])))
    } else if (/^[1-9]$/.test(e.key)) stage.pick(Number(e.key) - 1)
    else if (acts[e.key]) acts[e.key]()
    else return
    e.preventDefault()
    e.stopPropagation() // Streamlit has shortcuts of its own
  }
}

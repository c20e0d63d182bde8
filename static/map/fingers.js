// The visitor's hands on the map: mouse, fingers and keys.

import { blockOf } from "./paint.js"

const REACH = 26 // pixels around the chosen cell within which a finger takes hold of it instead of scrolling the page
const STEPS = { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0], PageUp: [0, 0, -1], PageDown: [0, 0, 1] }

export class Hands {
  constructor(map) {
    this.map = map
    this.hold = null // { id, panel } while the chosen cell follows a pointer; `waiting` a finger that may still scroll the page
    this.keys = false
    const { canvas } = map.ui
    this.canvas = canvas
    canvas.onpointerdown = (e) => this.down(e)
    canvas.onpointermove = (e) => this.move(e)
    canvas.onpointerup = canvas.onpointercancel = (e) => this.up(e)
    canvas.onpointerleave = () => { if (!this.hold) map.point(null) }
    canvas.onkeydown = (e) => this.key(e)
    canvas.onkeyup = () => this.release()
    canvas.onfocus = canvas.onblur = (e) => {
      if (e.type === "blur") { canvas.classList.remove("quiet"); this.release() }
      map.dirty.hand = true
      map.wake()
    }
    canvas.style.touchAction = "pan-y"
    canvas.addEventListener("touchstart", (e) => { if (e.touches.length === 1 && this.near(this.at(e.touches[0]))) e.preventDefault() }, { passive: false })
  }

  drop() { this.hold = this.waiting = null }

  at(e) {
    const box = this.canvas.getBoundingClientRect()
    return [e.clientX - box.left, e.clientY - box.top]
  }

  near([x, y]) {
    const { picture, plan, chosen } = this.map
    if (!chosen || !plan || !picture.choosable) return false
    const { left, top, width, height } = blockOf(picture, plan, chosen)
    return Math.hypot(left + width / 2 - x, top + height / 2 - y) <= REACH
  }

  down(e) {
    if (e.button || !this.map.picture?.choosable) return
    const at = this.at(e), cell = this.map.cellUnder(at)
    if (!cell) return
    this.canvas.classList.add("quiet") // a pointer needs no focus ring
    this.canvas.focus({ preventScroll: true })
    if (e.pointerType === "touch" && !this.near(at)) { this.waiting = { id: e.pointerId, from: at }; return }
    this.take(e, cell)
  }

  take(e, cell) {
    this.waiting = null
    this.hold = { id: e.pointerId, panel: cell.panel }
    try { this.canvas.setPointerCapture(e.pointerId) } catch { /* it has gone up meanwhile */ }
    this.map.point(null)
    this.map.choose(cell, "drag")
  }

  move(e) {
    const at = this.at(e)
    if (this.hold?.id === e.pointerId) this.map.choose(this.map.cellUnder(at, this.hold.panel), "drag")
    else if (this.waiting?.id === e.pointerId) {
      if (Math.abs(at[0] - this.waiting.from[0]) > 8) this.take(e, this.map.cellUnder(this.waiting.from))
    } else if (e.pointerType !== "touch") this.map.point(at)
  }

  up(e) {
    if (this.waiting?.id === e.pointerId) { // a tap, unless the browser took the finger to scroll
      const cell = this.map.cellUnder(this.waiting.from)
      this.waiting = null
      if (e.type === "pointerup") this.map.choose(cell, "drop")
    } else if (this.hold?.id === e.pointerId) {
      this.hold = null
      this.map.settle()
    }
  }

  key(e) {
    const { map } = this
    if (e.ctrlKey || e.metaKey || e.altKey || !map.picture) return
    this.canvas.classList.remove("quiet")
    const step = STEPS[e.key]
    if (step && map.picture.choosable) {
      this.keys = true
      map.walk(...step.map((v, i) => v * (e.shiftKey && i < 2 ? 10 : 1)))
    } else if ((e.key === "b" || e.key === "B") && map.picture.choosable) {
      this.keys = true
      map.best()
    } else if (e.key === " " && map.picture.film) map.ui.play.click()
    else return
    e.preventDefault()
    e.stopPropagation() // Streamlit has shortcuts of its own
  }

  release() {
    if (!this.keys) return
    this.keys = false
    this.map.settle()
  }
}

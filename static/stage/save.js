// What can be taken away: the picture as PNG and SVG, and the whole playback as a film.

import { button, element } from "./elements.js"
import { stepAt } from "./geometry.js"
import { layout } from "./layout.js"
import * as pens from "./pens.js"
import * as picture from "./picture.js"

const FILM = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"]
const WIDEST = 1920 // pixels of a film
const LAST = 1.2 // seconds that its last picture stands

export class Save {
  constructor(stage) {
    this.stage = stage
    this.type = globalThis.MediaRecorder && HTMLCanvasElement.prototype.captureStream ? FILM.find((type) => MediaRecorder.isTypeSupported(type)) : undefined
    this.toggle = button("Save", "Save a picture or a film", () => this.open(this.list.hidden), "Save")
    this.toggle.setAttribute("aria-expanded", "false")
    const entry = (label, says, act) => button(label, label, () => { this.open(false); act() }, says)
    this.list = element(
      "div", { className: "list", hidden: true, role: "group", "aria-label": "Save as" },
      ...[["the size of the screen", 1], ["twice the size", 2], ["three times the size", 3]].map(([says, scale]) =>
        entry(`Save as PNG, ${says}`, `PNG ${scale}×`, () => this.png(scale))),
      entry("Save as SVG", "SVG, vector lines and text", () => this.svg()),
      this.type
        ? entry("Save the playback as WebM", "WebM film of the playback", () => this.film())
        : element("p", { textContent: "This browser cannot record a film: it lacks MediaRecorder for WebM." }),
    )
    this.menu = element("div", { className: "menu" }, this.toggle, this.list)
    this.menu.onkeydown = (e) => { if (e.key === "Escape" && !this.list.hidden) { this.open(false); this.toggle.focus(); e.stopPropagation() } }
    this.menu.addEventListener("focusout", (e) => { if (e.relatedTarget && !this.menu.contains(e.relatedTarget)) this.open(false) })
    this.elsewhere = (e) => { if (!e.composedPath().includes(this.menu)) this.open(false) }
    addEventListener("pointerdown", this.elsewhere)
    this.progress = element("progress", { max: 1, value: 0, "aria-label": "Recorded" })
    this.said = element("span")
    this.bar = element("div", { className: "recording", hidden: true }, this.said, this.progress, button("Stop recording", "Stop, and keep what is recorded", () => this.stop?.(), "Stop"))
  }

  close() {
    this.stop?.()
    removeEventListener("pointerdown", this.elsewhere)
  }

  open(yes) {
    this.list.hidden = !yes
    this.toggle.setAttribute("aria-expanded", String(yes))
  }

  get name() {
    const name = this.stage.scene.title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60).replace(/^-|-$/g, "")
    return `ravine-${name || "stage"}`
  }

  get stepName() { return `${this.name}-step-${stepAt(this.stage.scene, Math.floor(this.stage.time))}` }

  // The figure as it is on the screen, but never narrower than can be read.
  poster() {
    const { stage } = this
    const { plan, drawing } = stage
    const wide = plan.width >= 640 ? plan : layout(640, stage.scene.home, plan.panels.length, 640, { curve: stage.scene.dim === 1 })
    const ruler = new pens.CanvasPen(document.createElement("canvas").getContext("2d"))
    return { ...picture.poster(drawing, wide, ruler), ruler, lines: picture.project(drawing, wide) }
  }

  png(scale) {
    const { width, height, standing, moving, lines } = this.poster()
    const canvas = element("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) })
    const context = canvas.getContext("2d")
    context.scale(scale, scale)
    const pen = new pens.CanvasPen(context)
    standing(pen, scale)
    moving(pen, lines, this.stage.time)
    canvas.toBlob((blob) => keep(blob, `${this.stepName}.png`), "image/png")
  }

  svg() {
    const { width, height, standing, moving, lines, ruler } = this.poster()
    const pen = new pens.SvgPen(width, height, ruler)
    standing(pen, 2)
    moving(pen, lines, this.stage.time)
    const text = pen.finished(this.stage.scene.title, this.stage.ui.canvas.getAttribute("aria-label"))
    keep(new Blob([text], { type: "image/svg+xml" }), `${this.stepName}.svg`)
  }

  // Records from step 0 to the end as it would play, in real time: what the encoder gets is what is painted meanwhile.
  film() {
    if (this.stop) return
    const { stage } = this
    const { width, height, standing, moving, lines } = this.poster()
    const length = stage.clock.length, rate = stage.scene.speed * stage.clock.speed
    const scale = Math.min(Math.max(devicePixelRatio || 1, 1280 / width), WIDEST / width)
    const even = (v) => 2 * Math.round((v * scale) / 2) // encoders want even sides
    const sized = () => element("canvas", { width: even(width), height: even(height) })
    const ground = sized(), canvas = sized()
    const pen = (on) => { const context = on.getContext("2d"); context.scale(scale, scale); return new pens.CanvasPen(context) }
    standing(pen(ground), scale)
    const context = canvas.getContext("2d"), brush = pen(canvas)
    const paint = (time) => {
      context.save()
      context.resetTransform()
      context.drawImage(ground, 0, 0)
      context.restore()
      moving(brush, lines, time)
    }
    const name = `${this.name}.webm`
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: this.type, videoBitsPerSecond: 8e6 })
    const parts = []
    let frame = 0
    const end = () => {
      cancelAnimationFrame(frame)
      this.stop = null
      this.bar.hidden = true
      if (recorder.state !== "inactive") recorder.stop()
    }
    recorder.ondataavailable = (e) => { if (e.data.size) parts.push(e.data) }
    recorder.onerror = end
    recorder.onstop = () => { if (parts.length) keep(new Blob(parts, { type: "video/webm" }), name) }
    stage.pause()
    this.bar.hidden = false
    this.stop = end
    const seconds = length / rate + LAST
    paint(0)
    recorder.start(500)
    let begin = null
    const tick = (now) => {
      begin ??= now
      const gone = (now - begin) / 1000
      if (gone >= seconds) { end(); return }
      paint(Math.min(gone * rate, length))
      this.progress.value = gone / seconds
      const words = `Recording, ${Math.ceil(seconds - gone)} s left`
      if (this.said.textContent !== words) this.said.textContent = words
      frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
  }
}

function keep(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

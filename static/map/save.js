// The map as a picture to take away: PNG at the screen's size or larger, or SVG with the lines and letters as vectors.

import { button, element } from "../stage/elements.js"
import { CanvasPen, SvgPen } from "../stage/pens.js"

// `poster()` gives { name, title, words, width, height, ground, draw(pen, density) }.
export function menu(poster) {
  const toggle = button("Save the map", "Save the map as a picture", () => open(list.hidden), "Save")
  const entry = (label, says, act) => button(label, label, () => { open(false); act() }, says)
  const list = element(
    "div", { className: "list", hidden: true, role: "group", "aria-label": "Save the map as" },
    ...[1, 2, 3].map((scale) => entry(`Save the map as PNG, ${scale} times the size of the screen`, `PNG ${scale}×`, () => png(poster(), scale))),
    entry("Save the map as SVG", "SVG", () => svg(poster())),
  )
  const open = (yes) => {
    list.hidden = !yes
    toggle.setAttribute("aria-expanded", String(yes))
  }
  open(false)
  const frame = element("div", { className: "menu" }, toggle, list)
  frame.onkeydown = (e) => { if (e.key === "Escape" && !list.hidden) { open(false); toggle.focus(); e.stopPropagation() } }
  frame.addEventListener("focusout", (e) => { if (!frame.contains(e.relatedTarget)) open(false) })
  return frame
}

function png({ name, width, height, ground, draw }, scale) {
  const canvas = element("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) })
  const context = canvas.getContext("2d")
  context.scale(scale, scale)
  const pen = new CanvasPen(context)
  pen.box(0, 0, width, height, { fill: ground })
  draw(pen, scale)
  canvas.toBlob((blob) => keep(blob, `${name}.png`), "image/png")
}

function svg({ name, title, words, width, height, ground, draw }) {
  const pen = new SvgPen(width, height, new CanvasPen(document.createElement("canvas").getContext("2d")))
  pen.box(0, 0, width, height, { fill: ground })
  draw(pen, 2)
  keep(new Blob([pen.finished(title, words)], { type: "image/svg+xml" }), `${name}.svg`)
}

function keep(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

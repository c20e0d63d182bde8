// Two pens with the same strokes: one draws on a canvas, one writes SVG. What is drawn is thus exactly what is exported.
//
// A style is { colour, width, alpha, dash, fill, halo }. Lines are parallel arrays, NaN in either where the pen is lifted;
// `from` and `to` cut a part out, `tip` is one more place at its end.

export class CanvasPen {
  constructor(context) { this.context = context }

  line(xs, ys, { colour, width = 1, alpha = 1, dash = [], from = 0, to = xs.length, tip = null }) {
    const c = this.context
    c.globalAlpha = alpha
    c.strokeStyle = colour
    c.lineWidth = width
    c.lineJoin = "round"
    c.lineCap = dash.length ? "butt" : "round"
    c.setLineDash(dash)
    c.beginPath()
    let down = false
    for (let i = from; i < to; i++) {
      if (xs[i] !== xs[i] || ys[i] !== ys[i]) { down = false; continue }
      if (down) c.lineTo(xs[i], ys[i])
      else c.moveTo(xs[i], ys[i])
      down = true
    }
    if (tip && down) c.lineTo(...tip)
    c.stroke()
    c.globalAlpha = 1
    c.setLineDash([])
  }

  shape(points, { fill, colour, width = 1, alpha = 1 }) {
    const c = this.context
    c.globalAlpha = alpha
    c.beginPath()
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)))
    c.closePath()
    this.finish(fill, colour, width)
  }

  disc(x, y, radius, { fill, colour, width = 1, alpha = 1 }) {
    const c = this.context
    c.globalAlpha = alpha
    c.beginPath()
    c.arc(x, y, radius, 0, 2 * Math.PI)
    this.finish(fill, colour, width)
  }

  box(x, y, w, h, { fill, colour, width = 1, alpha = 1, radius = 0 }) {
    const c = this.context
    c.globalAlpha = alpha
    c.beginPath()
    c.roundRect(x, y, w, h, radius)
    this.finish(fill, colour, width)
  }

  finish(fill, colour, width) {
    const c = this.context
    c.lineJoin = "round"
    if (colour) { c.strokeStyle = colour; c.lineWidth = width; c.stroke() }
    if (fill) { c.fillStyle = fill; c.fill() }
    c.globalAlpha = 1
  }

  text(words, x, y, { size, colour, font, align = "left", base = "alphabetic", halo, turn = 0, weight = 400, alpha = 1, haloWidth = 3 }) {
    const c = this.context
    c.save()
    c.translate(x, y)
    c.rotate(turn)
    c.globalAlpha = alpha
    c.font = `${weight} ${size}px ${font}`
    c.textAlign = align
    c.textBaseline = base
    if (halo) { c.strokeStyle = halo; c.lineWidth = haloWidth; c.lineJoin = "round"; c.strokeText(words, 0, 0) }
    c.fillStyle = colour
    c.fillText(words, 0, 0)
    c.restore()
  }

  measure(words, { size, font, weight = 400 }) {
    this.context.font = `${weight} ${size}px ${font}`
    return this.context.measureText(words).width
  }

  image(picture, x, y, w, h) {
    this.context.imageSmoothingEnabled = true
    this.context.imageSmoothingQuality = "high"
    this.context.drawImage(picture, x, y, w, h)
  }

  clipped(x, y, w, h, draw) {
    const c = this.context
    c.save()
    c.beginPath()
    c.rect(x, y, w, h)
    c.clip()
    draw()
    c.restore()
  }

  shifted(down, draw) {
    this.context.save()
    this.context.translate(0, down)
    draw()
    this.context.restore()
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }
// Characters that XML forbids would make the whole file unreadable.
export const escaped = (text) =>
  String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"']/g, (c) => ESCAPES[c])

const n = (v) => Number(v.toFixed(2))

export class SvgPen {
  // `ruler` is a pen that can measure text: SVG is written before anything lays it out.
  constructor(width, height, ruler) {
    Object.assign(this, { width, height, ruler, parts: [], clips: 0 })
  }

  paint({ fill, colour, width = 1, alpha = 1, dash = [] }) {
    return (
      ` fill="${fill ?? "none"}"` +
      (colour ? ` stroke="${colour}" stroke-width="${n(width)}" stroke-linejoin="round"` : "") +
      (dash.length ? ` stroke-dasharray="${dash.map(n).join(" ")}"` : colour ? ' stroke-linecap="round"' : "") +
      (alpha < 1 ? ` opacity="${n(alpha)}"` : "")
    )
  }

  line(xs, ys, style) {
    const { from = 0, to = xs.length, tip = null } = style
    let d = "", down = false
    for (let i = from; i < to; i++) {
      if (xs[i] !== xs[i] || ys[i] !== ys[i]) { down = false; continue }
      d += `${down ? "L" : "M"}${n(xs[i])} ${n(ys[i])}`
      down = true
    }
    if (tip && down) d += `L${n(tip[0])} ${n(tip[1])}`
    if (d) this.parts.push(`<path d="${d}"${this.paint({ ...style, fill: undefined })}/>`)
  }

  shape(points, style) {
    const d = points.map(([x, y]) => `${n(x)} ${n(y)}`).join("L")
    // The stroke is under the fill, as on the canvas: a halo around the mark.
    this.parts.push(`<path d="M${d}Z"${this.paint(style)} paint-order="stroke"/>`)
  }

  disc(x, y, radius, style) {
    this.parts.push(`<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}"${this.paint(style)} paint-order="stroke"/>`)
  }

  box(x, y, w, h, style) {
    this.parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" rx="${n(style.radius ?? 0)}"${this.paint(style)} paint-order="stroke"/>`,
    )
  }

  text(words, x, y, { size, colour, font, align = "left", base = "alphabetic", halo, turn = 0, weight = 400, alpha = 1, haloWidth = 3 }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align]
    const drop = { alphabetic: 0, middle: 0.35, top: 0.8, bottom: -0.2 }[base] * size
    const place = turn
      ? `transform="translate(${n(x)} ${n(y)}) rotate(${n((turn * 180) / Math.PI)})" y="${n(drop)}"`
      : `x="${n(x)}" y="${n(y + drop)}"`
    const rim = halo ? ` stroke="${halo}" stroke-width="${haloWidth}" stroke-linejoin="round" paint-order="stroke"` : ""
    // Whatever font opens the file, words keep the room that they have here.
    const room = this.ruler ? ` textLength="${n(this.measure(words, { size, font, weight }))}" lengthAdjust="spacingAndGlyphs"` : ""
    this.parts.push(
      `<text ${place}${room} font-family="${escaped(font)}" font-size="${n(size)}" font-weight="${weight}" text-anchor="${anchor}" ` +
        `fill="${colour}"${rim}${alpha < 1 ? ` opacity="${n(alpha)}"` : ""}>${escaped(words)}</text>`,
    )
  }

  measure(words, style) { return this.ruler.measure(words, style) }

  image(picture, x, y, w, h) {
    this.parts.push(
      `<image x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" preserveAspectRatio="none" href="${picture.toDataURL("image/png")}"/>`,
    )
  }

  clipped(x, y, w, h, draw) {
    const id = `c${this.clips++}`
    this.parts.push(
      `<clipPath id="${id}"><rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}"/></clipPath><g clip-path="url(#${id})">`,
    )
    draw()
    this.parts.push("</g>")
  }

  shifted(down, draw) {
    this.parts.push(`<g transform="translate(0 ${n(down)})">`)
    draw()
    this.parts.push("</g>")
  }

  finished(title, description) {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${n(this.width)}" height="${n(this.height)}" ` +
      `viewBox="0 0 ${n(this.width)} ${n(this.height)}" role="img"><title>${escaped(title)}</title>` +
      `<desc>${escaped(description)}</desc>${this.parts.join("")}</svg>\n`
    )
  }
}

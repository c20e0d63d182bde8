// Drawing a map with a pen: cells in their colours, lines and marks over them, axes, colour bar, legend, the chosen cell.

import { channels } from "../stage/colours.js"
import { star } from "../stage/marks.js"
import { byStep, short, ticks } from "../stage/numbers.js"
import { axisTicks, logTicks, toX, toY } from "./places.js"


// The cells of a panel as a small picture, one pixel each, in exactly the palette's colours. `frame` is one of a film.
export function cells(picture, index, mode, frame = 0) {
  const [rows, columns] = picture.shape
  const { codes } = picture.panels[index]
  const table = picture.palette[mode].map(channels)
  const pixels = new ImageData(columns, rows)
  const codeOf = picture.film?.codeOf
  const begin = codeOf ? frame * rows * columns : 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const found = codes[begin + row * columns + column]
      const [r, g, b] = table[codeOf ? codeOf[found] : found]
      pixels.data.set([r, g, b, 255], 4 * ((rows - 1 - row) * columns + column)) // row 0 is at the bottom
    }
  }
  const canvas = document.createElement("canvas")
  canvas.width = columns
  canvas.height = rows
  canvas.getContext("2d").putImageData(pixels, 0, 0)
  return canvas
}

// The cells at the size of a panel, not blended: coarse cells are blocks, and the last may be cut by the map's edge.
function enlarged(picture, plan, panel, small, density) {
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(panel.width * density))
  canvas.height = Math.max(1, Math.round(panel.height * density))
  const context = canvas.getContext("2d")
  context.imageSmoothingEnabled = false
  const w = (canvas.width * small.width * picture.stride) / plan.columns, h = (canvas.height * small.height * picture.stride) / plan.rows
  context.drawImage(small, 0, canvas.height - h, w, h)
  return canvas
}

export function panels(pen, picture, plan, mode, { density = 1, frame = 0 } = {}) {
  const ground = picture.grounds[mode]
  plan.panels.forEach((panel, index) => {
    const { left, top, width, height } = panel
    pen.image(enlarged(picture, plan, panel, cells(picture, index, mode, frame), density), left, top, width, height)
    pen.clipped(left, top, width, height, () => lines(pen, picture, plan, panel, index, ground))
    pen.box(left, top, width, height, { colour: ground.ink, width: 1, alpha: 0.45 })
    for (const mark of picture.panels[index].marks) sign(pen, mark.kind, toX(panel, plan.columns, mark.x), toY(panel, plan.rows, mark.y), plan.font, ground)
    title(pen, picture, plan, panel, index, ground)
    axes(pen, picture, plan, panel, ground)
  })
  if (plan.bar) bar(pen, picture, plan, mode)
  for (const entry of plan.legend) legend(pen, picture, plan, entry, mode)
}

function lines(pen, picture, plan, panel, index, ground) {
  const taken = [] // text keeps away from other text, and from the lines that have none
  for (const line of picture.panels[index].lines) {
    if (!line.text) for (let i = 0; i < line.xs.length; i++) taken.push([toX(panel, plan.columns, line.xs[i]), toY(panel, plan.rows, line.ys[i])])
  }
  for (const line of picture.panels[index].lines) {
    const xs = line.xs.map((x) => toX(panel, plan.columns, x)), ys = line.ys.map((y) => toY(panel, plan.rows, y))
    stroke(pen, xs, ys, line.look, ground, plan.font)
    words(pen, picture, plan, panel, line.text, xs, ys, taken)
  }
}

// A line's own text, on the first of a few places along it that is inside and free.
function words(pen, picture, plan, panel, text, xs, ys, taken) {
  const size = plan.font * 0.82, half = text ? pen.measure(text, { size, font: picture.font }) / 2 : 0
  for (const share of text ? [0.5, 0.3, 0.7, 0.15, 0.85] : []) {
    const x = xs[Math.floor(share * (xs.length - 1))], y = ys[Math.floor(share * (ys.length - 1))]
    const inside = x - half > panel.left && x + half < panel.left + panel.width && y - size > panel.top && y + size < panel.top + panel.height
    if (!inside || taken.some(([u, v]) => Math.abs(u - x) < size * 3 && Math.abs(v - y) < size * 1.4)) continue
    taken.push([x, y])
    pen.text(text, x, y, { size, font: picture.font, colour: "#ffffff", halo: "#000000", haloWidth: 3, align: "center", base: "middle" })
    return
  }
}

// White in black: to be seen on every colour.
function stroke(pen, xs, ys, look, ground, font) {
  if (look === "faint") { pen.line(xs, ys, { colour: ground.contour, width: 0.9, alpha: 0.38 }); return }
  if (look === "path") { pen.line(xs, ys, { colour: ground.ink, width: font / 9, alpha: 0.7 }); return }
  const wide = look === "dashed" ? font / 10 : font / 6, dash = look === "dashed" ? [7, 4] : []
  pen.line(xs, ys, { colour: "#000000", width: wide + 1.6, alpha: 0.5 })
  pen.line(xs, ys, { colour: "#ffffff", width: wide, dash })
}

export const labelsOf = (picture) => [...new Set(picture.panels.flatMap((panel) => panel.lines.map((line) => line.label)))]

// What the legend explains: words of the palette, lines, marks.
export function legendOf(picture) {
  const all = picture.panels.flatMap((panel) => panel.lines)
  const marks = new Map(picture.panels.flatMap((panel) => panel.marks.map((mark) => [mark.kind, mark.label])))
  return [
    ...picture.patches.map((patch) => ({ kind: "patch", ...patch })),
    ...labelsOf(picture).map((label) => ({ kind: "line", label, look: all.find((line) => line.label === label).look })),
    ...[...marks].map(([sign, label]) => ({ kind: "mark", sign, label })),
  ]
}

function sign(pen, kind, x, y, font, ground) {
  const rim = { colour: "#000000", width: 2.5 }
  if (kind === "best") pen.shape(star(x, y, font * 0.85), { fill: "#ffffff", ...rim })
  else if (kind === "minimum") pen.shape(star(x, y, font * 0.62), { fill: ground.minimum, ...rim })
  else if (kind === "start") pen.disc(x, y, font * 0.36, { fill: "#ffffff", ...rim })
  else {
    const r = font * 0.72
    pen.shape([[x - r, y], [x, y - r], [x + r, y], [x, y + r]], { fill: "#ffffff", ...rim })
    pen.disc(x, y, r * 0.28, { fill: "#000000" })
  }
}

function title(pen, picture, plan, panel, index, ground) {
  const { font } = plan
  const { label, note } = picture.panels[index]
  const base = panel.top - font * 0.55
  pen.text(label, panel.left, base, { size: font, font: picture.font, colour: ground.ink, weight: 650 })
  const size = font * 0.9, room = panel.width - pen.measure(label, { size: font, font: picture.font, weight: 650 }) - font
  if (note && pen.measure(note, { size, font: picture.font }) <= room) {
    pen.text(note, panel.left + panel.width, base, { size, font: picture.font, colour: ground.ink, align: "right", alpha: 0.85 })
  }
}

function axes(pen, picture, plan, panel, ground) {
  const { font } = plan
  const text = { size: font * 0.92, font: picture.font, colour: ground.ink }
  const { left, top, width, height } = panel
  const floor = top + height
  const measure = (label) => pen.measure(label, text)
  const count = Math.max(2, Math.floor(width / (font * 4.2)))
  if (panel.last) {
    let free = -Infinity
    for (const { place, label } of axisTicks(picture.x, count)) {
      const x = toX(panel, plan.columns, place), half = measure(label) / 2
      if (place < -0.5 || place > plan.columns - 0.5) continue
      pen.line([x, x], [floor, floor + font * 0.3], { colour: ground.ink, alpha: 0.6 })
      if (x - half < free) continue
      free = x + half + font * 0.5
      pen.text(label, x, floor + font * 0.45, { ...text, align: "center", base: "top" })
    }
    pen.text(picture.x.label, left + width / 2, floor + font * 1.65, { ...text, size: font, align: "center", base: "top" })
  }
  if (panel.first && picture.y) {
    for (const { place, label } of axisTicks(picture.y, Math.max(2, Math.floor(height / (font * 2.6))))) {
      const y = toY(panel, plan.rows, place)
      if (place < -0.5 || place > plan.rows - 0.5) continue
      pen.line([left - font * 0.3, left], [y, y], { colour: ground.ink, alpha: 0.6 })
      pen.text(label, left - font * 0.45, y, { ...text, align: "right", base: "middle" })
    }
    pen.text(picture.y.label, left - font * 3.5, top + height / 2, { ...text, size: font, align: "center", base: "middle", turn: -Math.PI / 2 })
  }
}

function bar(pen, picture, plan, mode) {
  const { bar } = picture
  const { left, top, length, thick } = plan.bar
  const { font } = plan
  const ground = picture.grounds[mode], colours = picture.palette[mode]
  const text = { size: font * 0.92, font: picture.font, colour: ground.ink }
  const arrow = thick * 0.9, from = left + (bar.below ? arrow : 0), to = left + length - (bar.above ? arrow : 0)
  const count = bar.last - bar.first + 1, step = (to - from) / count
  pen.text(bar.title + (bar.scale === "log" ? " (log scale)" : ""), left, top - font * 0.45, { ...text, weight: 600 })
  for (let i = 0; i < count; i++) { // each a little wider than its share: no gaps between them
    pen.box(from + i * step, top, Math.min(step + 0.6, to - from - i * step), thick, { fill: colours[bar.first + i] })
  }
  const middle = top + thick / 2
  if (bar.below) pen.shape([[left, middle], [from, top], [from, top + thick]], { fill: colours[bar.first] })
  if (bar.above) pen.shape([[left + length, middle], [to, top], [to, top + thick]], { fill: colours[bar.last] })
  const share = bar.scale === "log"
    ? (v) => Math.log(v / bar.low) / Math.log(bar.high / bar.low) : (v) => (v - bar.low) / (bar.high - bar.low)
  const most = Math.max(2, Math.floor(length / (font * 4.5)))
  const round = bar.scale === "log" ? logTicks(bar.low, bar.high, most).map((v) => [v, short(v)]) : linear(bar, most)
  let free = -Infinity
  for (const [value, label] of bar.high > bar.low ? round : [[bar.low, short(bar.low, 4)]]) {
    const x = bar.high > bar.low ? from + share(value) * (to - from) : (from + to) / 2
    const half = pen.measure(label, text) / 2
    pen.line([x, x], [top + thick, top + thick + font * 0.25], { colour: ground.ink, alpha: 0.6 })
    if (x - half < free) continue
    free = x + half + font * 0.5
    pen.text(label, x, top + thick + font * 0.35, { ...text, align: "center", base: "top" })
  }
}

function linear(bar, most) {
  const { values, step } = ticks(bar.low, bar.high, most)
  return values.map((v) => [v, byStep(v, step)])
}

function legend(pen, picture, plan, entry, mode) {
  const { font } = plan
  const ground = picture.grounds[mode], middle = entry.top + font * 0.65
  if (entry.kind === "patch") {
    pen.box(entry.left, entry.top + font * 0.1, font * 1.15, font * 1.15, { fill: picture.palette[mode][entry.code], radius: 2 })
    pen.box(entry.left, entry.top + font * 0.1, font * 1.15, font * 1.15, { colour: ground.ink, alpha: 0.4, radius: 2 })
  } else if (entry.kind === "line") {
    pen.box(entry.left, entry.top + font * 0.1, font * 1.3, font * 1.15, { fill: ["faint", "path"].includes(entry.look) ? ground.paper : "#7b8794", radius: 2 })
    stroke(pen, [entry.left, entry.left + font * 1.3], [middle, middle], entry.look, ground, font)
  } else sign(pen, entry.sign, entry.left + font * 0.6, middle, font * 0.85, ground)
  pen.text(entry.label, entry.left + font * 1.75, middle, { size: font * 0.92, font: picture.font, colour: ground.ink, base: "middle" })
}

// The chosen cell in a ring that can be seen however small the cell is, and fine lines from it to the axes.
export function chosen(pen, picture, plan, { panel, row, column }, focused) {
  const at = plan.panels[panel]
  const box = blockOf(picture, plan, { panel, row, column })
  const x = box.left + box.width / 2, y = box.top + box.height / 2
  pen.clipped(at.left, at.top, at.width, at.height, () => {
    for (const [colour, width, alpha] of [["#000000", 2.2, 0.35], ["#ffffff", 1, 0.8]]) {
      pen.line([x, x], [y, at.top + at.height], { colour, width, alpha })
      pen.line([at.left, x], [y, y], { colour, width, alpha })
    }
  })
  const w = Math.max(box.width + 4, 13), h = Math.max(box.height + 4, 13)
  const frame = [x - w / 2, y - h / 2, w, h]
  pen.box(...frame, { colour: "#000000", width: focused ? 6 : 5, alpha: 0.8, radius: 3 })
  pen.box(...frame, { colour: "#ffffff", width: focused ? 3.4 : 2.2, radius: 3 })
}

// The same, thinner, for what is under the pointer.
export function pointed(pen, picture, plan, cell) {
  const { left, top, width, height } = blockOf(picture, plan, cell)
  pen.box(left - 1, top - 1, width + 2, height + 2, { colour: "#000000", width: 2.5, alpha: 0.7 })
  pen.box(left - 1, top - 1, width + 2, height + 2, { colour: "#ffffff", width: 1.2 })
}

export function blockOf(picture, plan, { panel, row, column }) {
  const { left, top, width, height } = plan.panels[panel]
  const w = width / plan.columns, h = height / plan.rows
  const across = Math.min(picture.stride, plan.columns - column), up = Math.min(picture.stride, plan.rows - row)
  return { left: left + column * w, top: top + height - (row + up) * h, width: across * w, height: up * h }
}

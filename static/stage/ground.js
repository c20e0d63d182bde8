// The ground under the runs: heights or a curve, iso-lines, given lines, special places, axes and the colour bar.

import * as colours from "./colours.js"
import * as curve from "./curve.js"
import * as g from "./geometry.js"
import * as h from "./heights.js"
import * as marks from "./marks.js"
import * as model from "./model.js"
import { byStep, ticks } from "./numbers.js"

// Iso-lines of a map in data coordinates, and the scale of its colours: computed once per map. A curve needs neither.
export function survey(map) {
  if (map.shape.length === 1) return { scale: null, lines: [] }
  const scale = h.scaleOf(map.values, map.log, map.range)
  const [ny, nx] = map.shape
  const [[x0, x1], [y0, y1]] = map.domain
  const marked = map.level ? [{ ...map.level, marked: true }] : []
  const known = map.range || map.values.some(Number.isFinite) // else a bar with numbers would be made up
  const lines = [...marked, ...(known ? h.levels(scale) : [])].map((level) => ({
    ...level,
    lines: h.isolines(map.values, nx, ny, level.value).map(({ xs, ys, closed }) => ({
      closed,
      xs: Float64Array.from(xs, (u) => x0 + (u / (nx - 1)) * (x1 - x0)),
      ys: Float64Array.from(ys, (v) => y0 + (v / (ny - 1)) * (y1 - y0)),
    })),
  }))
  return { scale, lines }
}

// Heights seen through a window as a small canvas: older, coarser maps below, the newest on top, all in its colours.
export function picture(maps, scale, window, width, height, ground) {
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(width))
  canvas.height = Math.max(1, Math.round(height))
  const context = canvas.getContext("2d")
  const table = colours.ramp(ground.heights)
  for (const map of maps) {
    const layer = new ImageData(h.heights(map, scale, window, canvas.width, canvas.height, table), canvas.width, canvas.height)
    if (map === maps[0]) context.putImageData(layer, 0, 0)
    else {
      const over = document.createElement("canvas")
      over.width = canvas.width
      over.height = canvas.height
      over.getContext("2d").putImageData(layer, 0, 0)
      context.drawImage(over, 0, 0)
    }
  }
  return canvas
}

// Where something at a place of the parameters stands: on a curve, at its height.
export const standing = (stage, place) => (stage.dim === 1 ? [place[0], curve.lossAt(stage.maps, place[0])] : place)

export function drawGround(pen, stage, plan, panel, shot) {
  const { ground } = stage
  const { left, top, width, height } = panel
  pen.box(left, top, width, height, { fill: ground.outside })
  if (shot) pen.image(shot, left, top, width, height)
  pen.clipped(left, top, width, height, () => {
    if (stage.dim === 1) drawCurve(pen, stage, plan, panel)
    else drawIsolines(pen, stage, plan, panel)
    if (stage.lines && stage.layers.has("lines")) drawLines(pen, stage, plan, panel)
    drawPlaces(pen, stage, plan, panel)
  })
  pen.box(left, top, width, height, { colour: ground.ink, width: 1, alpha: 0.35 })
}

function drawIsolines(pen, stage, plan, panel) {
  const { ground, font, window } = stage
  const labels = []
  stage.survey.lines.forEach(({ lines, label, marked }, index) => {
    for (const { xs, ys } of lines) {
      const px = xs.map((x) => g.toX(panel, window, x)), py = ys.map((y) => g.toY(panel, window, y))
      if (marked) pen.line(px, py, { colour: ground.ink, width: 1.8, alpha: 0.85, dash: [7, 4] })
      else pen.line(px, py, { colour: ground.contour, width: index % 2 ? 0.6 : 0.9, alpha: index % 2 ? 0.28 : 0.42 })
      const place = labelPlace(px, py, panel, pen.measure(label, { size: plan.font * 0.82, font }), labels, plan.font)
      if (place) labels.push({ ...place, label })
    }
  })
  for (const { x, y, turn, label } of labels) {
    pen.text(label, x, y, {
      size: plan.font * 0.82, font, colour: ground.contour, halo: ground.heights[1], haloWidth: 3, align: "center",
      base: "middle", turn, alpha: 0.95,
    })
  }
}

function drawCurve(pen, stage, plan, panel) {
  const { ground, window, maps } = stage
  const { left, top, width, height } = panel
  pen.box(left, top, width, height, { fill: ground.heights[0] })
  for (const y of ticks(...window[1], Math.max(2, height / (plan.font * 4.5))).values) {
    const py = g.toY(panel, window, y)
    pen.line([left, left + width], [py, py], { colour: ground.contour, width: 0.8, alpha: 0.18 })
  }
  const { xs, ys } = curve.line(maps, window[0], Math.min(Math.round(width * 1.5), 2400))
  const px = xs.map((x) => g.toX(panel, window, x))
  const py = ys.map((y) => (Number.isFinite(y) ? g.toY(panel, window, y) : NaN))
  const floor = top + height
  let from = 0
  for (let i = 0; i <= px.length; i++) { // the ground below each piece of the curve
    if (i < px.length && py[i] === py[i]) continue
    const points = Array.from({ length: i - from }, (_, k) => [px[from + k], py[from + k]])
    if (points.length > 1) {
      pen.shape([[points[0][0], floor], ...points, [points.at(-1)[0], floor]], { fill: ground.heights[3], alpha: 0.75 })
    }
    from = i + 1
  }
  pen.line(px, py, { colour: ground.contour, width: Math.max(plan.font / 8, 1.6) })
}

// Straight lines a·θ = b, where a sample is fitted: thin, each with its name where there is room for it.
function drawLines(pen, stage, plan, panel) {
  const { ground, font, window, lines } = stage
  const size = plan.font * 0.82
  const taken = []
  for (let i = 0; i < lines.offsets.length; i++) {
    const ends = lineAt(stage, i)
    if (!ends) continue
    const px = ends.map(([x]) => g.toX(panel, window, x)), py = ends.map(([, y]) => g.toY(panel, window, y))
    pen.line(px, py, { colour: ground.ink, width: 1.2, alpha: 0.6, dash: [6, 4] })
    const label = lines.labels[i] ?? ""
    if (!label) continue
    const wide = pen.measure(label, { size, font })
    const tip = py[0] < py[1] ? 0 : 1
    const x = Math.min(Math.max(px[tip], panel.left + wide / 2 + 4), panel.left + panel.width - wide / 2 - 4)
    const y = Math.min(Math.max(py[tip], panel.top + size), panel.top + panel.height - size)
    if (taken.some((t) => Math.abs(t.x - x) < (t.wide + wide) / 2 + 4 && Math.abs(t.y - y) < size * 1.3)) continue
    taken.push({ x, y, wide })
    pen.text(label, x, y, { size, font, colour: ground.ink, halo: ground.heights[1], align: "center", base: "middle", alpha: 0.9 })
  }
}

// The ends of one of the given lines in the window; with one parameter it is upright.
export function lineAt({ dim, lines, window }, index) {
  const b = lines.offsets[index]
  if (dim === 2) return model.lineEnds([lines.normals[2 * index], lines.normals[2 * index + 1]], b, window)
  const x = b / lines.normals[index]
  return x >= window[0][0] && x <= window[0][1] ? [[x, window[1][0]], [x, window[1][1]]] : null
}

function drawPlaces(pen, stage, plan, panel) {
  const { ground, window } = stage
  const r = plan.font * (plan.panels.length > 1 ? 0.55 : 0.72)
  const pixel = (place) => { const [x, y] = standing(stage, place); return [g.toX(panel, window, x), g.toY(panel, window, y)] }
  for (const place of stage.saddles) {
    const [px, py] = pixel(place)
    for (const [colour, w] of [[ground.halo, 5.5], [ground.saddle, 2.2]]) {
      pen.line([px - r * 0.75, px + r * 0.75, NaN, px - r * 0.75, px + r * 0.75],
        [py - r * 0.75, py + r * 0.75, NaN, py + r * 0.75, py - r * 0.75], { colour, width: w })
    }
  }
  for (const place of stage.minima) {
    const [px, py] = pixel(place)
    if (py === py) pen.shape(marks.star(px, py, r * 1.35), { fill: ground.minimum, colour: stage.grounds.light.ink, width: 2 })
  }
}


// A straight enough stretch of an iso-line, away from the rim and from other labels, for a label of some width.
function labelPlace(xs, ys, panel, width, taken, font) {
  const n = xs.length
  let best = null
  const stride = Math.max(1, Math.floor(n / 60))
  for (let i = 0; i < n; i += stride) {
    const x = xs[i], y = ys[i]
    const rim = Math.min(x - panel.left, panel.left + panel.width - x, y - panel.top, panel.top + panel.height - y)
    if (rim < width * 0.5 + font * 0.6) continue
    let a = i, b = i
    const half = width * 0.55 + 3
    while (a > 0 && Math.hypot(xs[a] - x, ys[a] - y) < half) a--
    while (b < n - 1 && Math.hypot(xs[b] - x, ys[b] - y) < half) b++
    const chord = Math.hypot(xs[b] - xs[a], ys[b] - ys[a])
    if (chord < width * 1.02) continue
    const sag = Math.abs((xs[b] - xs[a]) * (ys[a] - y) - (xs[a] - x) * (ys[b] - ys[a])) / chord
    const near = taken.some((t) => Math.hypot(t.x - x, t.y - y) < width + font * 2.2)
    if (near || sag > font * 0.45) continue
    const score = sag * 4 - Math.min(rim, 60) * 0.1
    if (!best || score < best.score) {
      let turn = Math.atan2(ys[b] - ys[a], xs[b] - xs[a])
      if (turn > 1.4) turn -= Math.PI // a steep line is read upwards, however it was traced
      if (turn < -1.75) turn += Math.PI
      best = { x, y, turn, score }
    }
  }
  return best
}

export function drawAxes(pen, stage, plan, panel) {
  const { ground, font, window } = stage
  const coordinates = stage.dim === 1 ? [stage.coordinates[0], "loss"] : stage.coordinates
  const { left, top, width, height } = panel
  const size = plan.font * 0.9
  const many = plan.panels.length > 1
  const across = ticks(...window[0], Math.max(2, width / (plan.font * 6)))
  const up = ticks(...window[1], Math.max(2, height / (plan.font * 4.5)))
  const words = { size, font, colour: ground.ink, alpha: 0.8 }
  const tick = (xs, ys) => pen.line(xs, ys, { colour: ground.ink, alpha: 0.5, width: 1 })
  for (const x of across.values) {
    const px = g.toX(panel, window, x)
    tick([px, px], [top + height, top + height + 4])
    if (panel.last) pen.text(byStep(x, across.step), px, top + height + size * 0.55 + 3, { ...words, align: "center", base: "top" })
  }
  for (const y of up.values) {
    const py = g.toY(panel, window, y)
    tick([left - 4, left], [py, py])
    if (panel.first) pen.text(byStep(y, up.step), left - 7, py, { ...words, align: "right", base: "middle" })
  }
  const name = { ...words, size: plan.font, weight: 600, alpha: 1 }
  if (panel.last) pen.text(coordinates[0], left + width, top + height + plan.font * 2.55, { ...name, align: "right" })
  if (!panel.first) return
  const end = many ? left - 7 : Math.max(left - 7, pen.measure(coordinates[1], name)) // a long name begins at the rim
  pen.text(coordinates[1], end, top - plan.font * (many ? 0.55 : 0.85), { ...name, align: "right" })
}

export function drawBar(pen, stage, plan) {
  const { ground, font, survey } = stage
  const { vertical, left, top, length, thick } = plan.bar
  const strips = 96
  const table = colours.ramp(ground.heights)
  for (let i = 0; i < strips; i++) {
    const c = 3 * Math.round((i / (strips - 1)) * 255)
    const fill = `rgb(${table[c]},${table[c + 1]},${table[c + 2]})`
    const at = (i / strips) * length, size = length / strips + 0.6
    if (vertical) pen.box(left, top + length - at - length / strips, thick, size, { fill })
    else pen.box(left + at, top, size, thick, { fill })
  }
  pen.box(left, top, vertical ? thick : length, vertical ? length : thick, { colour: ground.ink, alpha: 0.35 })
  const size = plan.font * 0.85
  const words = { size, font, colour: ground.ink, alpha: 0.8 }
  let last = -Infinity
  for (const { value, label, marked } of survey.lines) {
    if (marked) continue
    const at = survey.scale.at(value) * length
    const room = vertical ? size * 1.35 : pen.measure(label, words) + size * 0.8
    const centre = at
    if (centre - last < room || at < 2 || at > length - 2) continue
    last = centre
    if (vertical) {
      pen.line([left + thick, left + thick + 4], [top + length - at, top + length - at], { colour: ground.ink, alpha: 0.5 })
      pen.text(label, left + thick + 7, top + length - at, { ...words, base: "middle" })
    } else {
      pen.line([left + at, left + at], [top + thick, top + thick + 4], { colour: ground.ink, alpha: 0.5 })
      pen.text(label, left + at, top + thick + 6, { ...words, align: "center", base: "top" })
    }
  }
  const name = { ...words, weight: 600, alpha: 1, size: plan.font }
  const what = stage.map.name ?? "loss"
  if (vertical) pen.text(what, left, top - plan.font * 0.85, name)
  else pen.text(what, left - 8, top + thick, { ...name, align: "right" })
}

// Why the chosen run takes its step, drawn where it stands: vectors, curvature, the local quadratic model.
//
// Everything belongs to the last whole step and starts at that step's vertex, exactly. A vector is drawn true to scale where it
// can be seen and fits, and so is the preconditioner's ellipse; else by a power of ten, which its label and its switch say.

import * as curve from "./curve.js"
import * as g from "./geometry.js"
import * as marks from "./marks.js"
import * as model from "./model.js"
import { lineAt } from "./ground.js"
import { short } from "./numbers.js"

// What a scene can show of this, in the order of its switches: names that Scene.show uses too.
export function layersOf({ dim, runners, overlay, lines }) {
  const names = []
  const any = (field) => runners.some((runner) => runner[field])
  if (dim === 1) {
    if (any("slope")) names.push("tangent")
    if (any("slope") && any("curvature")) names.push("quadratic model", "Newton target")
  } else if (overlay) {
    if (overlay.gradient) names.push("gradient")
    for (const { name } of overlay.arrows) names.push(name)
    names.push("step")
    if (overlay.eigenvectors) names.push("eigenvectors")
    if (overlay.eigenvectors && overlay.gradient) names.push("quadratic model")
    if (overlay.preconditioner) names.push("preconditioner")
    if (overlay.newtonTarget) names.push("Newton target")
  }
  if (lines) names.push("lines")
  return names
}

const times = (factor) => (factor === 1 ? "" : ` ×${short(factor)}`)

const row = (array, k, width) => {
  const found = array?.subarray(width * k, width * k + width)
  return found?.length === width && found.every(Number.isFinite) ? [...found] : null
}

const reach = (panel) => 0.3 * Math.min(panel.width, panel.height)

// The vectors that are switched on at a time: { name, label, from, to, factor }, the ends as places.
export function vectorsAt(stage, panel, time) {
  const { overlay, runners, chosen, layers, window } = stage
  const head = overlay && g.headAt(runners[chosen].path, time)
  if (!head) return []
  const { path } = runners[chosen], k = head.step
  const place = [path[2 * k], path[2 * k + 1]], next = row(path, k + 1, 2)
  if (!g.inside(window, ...place)) return []
  const pixels = ([x, y]) => Math.hypot(
    (x / (window[0][1] - window[0][0])) * panel.width, (y / (window[1][1] - window[1][0])) * panel.height)
  const found = []
  const put = (name, label, vector, base, exact) => {
    if (!vector || !base || !layers.has(name) || !vector.some((v) => v !== 0)) return
    const factor = exact ? 1 : model.factorFor(pixels(vector), reach(panel))
    found.push({ name, label: label + times(factor), factor, from: base, to: base.map((v, i) => v + factor * vector[i]) })
  }
  put("gradient", "−gradient", row(overlay.gradient, k, 2)?.map((v) => -v), place)
  for (const { name, values, base } of overlay.arrows) put(name, name, row(values, k, 2), base ? row(base, k, 2) : place)
  put("step", "step", next && place.map((v, i) => next[i] - v), place, true)
  return found
}

// The preconditioner's ellipse at a time, if it is switched on: { xs, ys } in pixels, and by how much it is stretched.
export function ellipseAt({ overlay, runners, chosen, layers, window }, panel, time) {
  const head = overlay && layers.has("preconditioner") && g.headAt(runners[chosen].path, time)
  if (!head) return null
  const { path } = runners[chosen], k = head.step
  const place = row(path, k, 2), next = row(path, k + 1, 2), metric = row(overlay.preconditioner, k, 2)
  if (!place || !next || !metric) return null
  const drawn = (factor) => model.metricEllipse(place, metric, place.map((v, i) => factor * (next[i] - v)), window, panel)
  const far = (values) => (Math.max(...values) - Math.min(...values)) / 2
  const { xs, ys } = drawn(1)
  const factor = xs.length ? model.factorFor(Math.max(far(xs), far(ys)), reach(panel)) : 1
  return { factor, ...(factor === 1 ? { xs, ys } : drawn(factor)) }
}

// By how much each shape on show is stretched, for its switch.
export function factorsAt(stage, panel, time) {
  const shapes = [...vectorsAt(stage, panel, time), { name: "preconditioner", factor: ellipseAt(stage, panel, time)?.factor ?? 1 }]
  return new Map(shapes.filter(({ factor }) => factor !== 1).map(({ name, factor }) => [name, times(factor).trim()]))
}

// Labels, written last so that no shape covers them, and so that none covers another and all are in the panel: first come,
// first served.
class Labels {
  constructor(pen, stage, plan, panel) { Object.assign(this, { pen, stage, plan, panel, asked: [], taken: [] }) }

  avoid(x, y, size) { this.taken.push({ x, y, wide: size, tall: size }) }

  // `lean` says which way the words stand off the place: -1 to its left, 1 to its right, 0 over it.
  put(words, x, y, lean = 0) { this.asked.push({ words, x, y, lean }) }

  write() {
    const { pen, stage, plan, panel, taken } = this
    const style = { size: plan.font * (plan.panels.length > 1 ? 0.75 : 0.88), font: stage.font, weight: 600 }
    const tall = style.size * 1.25
    const [top, bottom] = [panel.top + tall / 2 + 2, panel.top + panel.height - tall / 2 - 2]
    for (const { words, x, y, lean } of this.asked) {
      const wide = pen.measure(words, style)
      const at = Math.min(Math.max(x + (lean * wide) / 2, panel.left + wide / 2 + 4), panel.left + panel.width - wide / 2 - 4)
      const level = Math.min(Math.max(y, top), bottom)
      const free = (v) => v >= top && v <= bottom && !taken.some((t) => Math.abs(t.x - at) < (t.wide + wide) / 2 + 3 && Math.abs(t.y - v) < (t.tall + tall) / 2)
      const tries = Array.from({ length: 16 }, (_, i) => level + (i % 2 ? 1 : -1) * Math.ceil(i / 2) * tall * 0.55)
      const place = tries.find(free)
      if (place === undefined) continue
      taken.push({ x: at, y: place, wide, tall })
      pen.text(words, at, place, { ...style, colour: stage.ground.ink, halo: stage.ground.halo, haloWidth: 4, align: "center", base: "middle" })
    }
  }
}

export function drawOverlay(pen, stage, plan, panel, time) {
  const { overlay, runners, chosen, layers, window, ground, mode } = stage
  const head = overlay && g.headAt(runners[chosen].path, time)
  if (!head) return
  const runner = runners[chosen], k = head.step
  const place = [runner.path[2 * k], runner.path[2 * k + 1]]
  if (!g.inside(window, ...place)) return
  const pixel = ([x, y]) => [g.toX(panel, window, x), g.toY(panel, window, y)]
  const [px, py] = pixel(place)
  const unit = Math.max(plan.font / 13, 0.85), colour = runner.style[mode]
  const labels = new Labels(pen, stage, plan, panel)
  labels.avoid(px, py, plan.font)
  const halved = (xs, ys, dash, width = 2) => {
    pen.line(xs, ys, { colour: ground.halo, width: (width + 2.4) * unit, alpha: 0.6 })
    pen.line(xs, ys, { colour, width: width * unit, dash })
  }
  const gradient = row(overlay.gradient, k, 2), values = row(overlay.eigenvalues, k, 2), basis = row(overlay.eigenvectors, k, 4)

  if (layers.has("quadratic model") && gradient && values && basis) {
    const { xs, ys } = model.modelLine(place, gradient, model.hessian(values, basis), window, panel)
    halved(xs, ys, [7, 5])
    const seen = farthest(xs, ys, panel, px, py)
    if (seen) labels.put("quadratic model", ...seen)
  }
  const ellipse = ellipseAt(stage, panel, time)
  if (ellipse) {
    halved(ellipse.xs, ellipse.ys, [1.5, 4])
    const seen = farthest(ellipse.xs, ellipse.ys, panel, px, py)
    if (seen) labels.put(`preconditioner${times(ellipse.factor)}`, ...seen)
  }
  if (layers.has("eigenvectors") && values && basis) {
    for (const i of [0, 1]) {
      const dx = (basis[i] / (window[0][1] - window[0][0])) * panel.width, dy = (-basis[2 + i] / (window[1][1] - window[1][0])) * panel.height
      const long = (0.4 * reach(panel)) / Math.hypot(dx, dy)
      const sign = dy < 0 || (dy === 0 && dx > 0) ? 1 : -1
      halved([px - dx * long, px + dx * long], [py - dy * long, py + dy * long], values[i] < 0 ? [4, 4] : [], 1.6)
      labels.put(`λ ${short(values[i])}`, px + sign * dx * long * 1.2, py + sign * dy * long * 1.2)
    }
  }
  const target = row(overlay.newtonTarget, k, 2)
  if (layers.has("Newton target") && target) {
    const part = g.clip(...place, ...target, window)
    if (part) {
      const end = place.map((v, i) => g.mix(v, target[i], part[1]))
      const [tx, ty] = pixel(end)
      halved([px, tx], [py, ty], [1.5, 5], 1.6)
      if (part[1] === 1) bullseye(pen, tx, ty, plan.font * 0.5, colour, ground.halo)
      labels.put(part[1] === 1 ? "Newton target" : "to the Newton target", tx, ty - plan.font * 1.1)
    }
  }
  const rim = window.map(([a, b]) => [a - (b - a) * 0.02, b + (b - a) * 0.02])
  vectorsAt(stage, panel, time).forEach(({ label, from, to, name }, index) => {
    const part = g.clip(...from, ...to, rim)
    if (!part) return
    const [x0, y0] = pixel(from), [x1, y1] = pixel(from.map((v, i) => g.mix(v, to[i], part[1])))
    const style = { colour, ink: ground.ink, halo: ground.halo, width: 2 * unit, head: part[1] === 1 ? 11 * unit : 0 }
    marks.arrow(pen, x0, y0, x1, y1, { ...style, dash: name === "gradient" || name === "step" ? [] : [[7, 3], [3, 3], [9, 3, 2, 3]][index % 3] })
    if (part[1] === 1) labels.avoid(x1, y1, 9 * unit)
    const long = Math.hypot(x1 - x0, y1 - y0) || 1
    const [dx, dy] = [(x1 - x0) / long, (y1 - y0) / long]
    labels.put(label, x1 + dx * plan.font * 0.5, y1 + dy * plan.font * 0.9, dx)
  })
  labels.write()
}

// The vertex of a line that is in the panel and farthest from a place, for a label.
function farthest(xs, ys, panel, px, py) {
  let best = null, most = 100
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i], ys[i]]
    if (!(x > panel.left && x < panel.left + panel.width && y > panel.top && y < panel.top + panel.height)) continue
    const far = (x - px) ** 2 + (y - py) ** 2
    if (far > most) { most = far; best = [x, y] }
  }
  return best
}

function bullseye(pen, x, y, r, colour, halo) {
  pen.disc(x, y, r, { colour: halo, width: 5 })
  pen.disc(x, y, r, { colour, width: 2 })
  pen.line([x - r * 1.6, x + r * 1.6, NaN, x, x], [y, y, NaN, y - r * 1.6, y + r * 1.6], { colour, width: 1.6 })
}

// With one parameter: the tangent where each run stands, and the parabola and Newton's target of the one that is looked at.
export function drawCurvature(pen, stage, plan, panel, runner, time, looked) {
  const { layers, window, ground, mode } = stage
  const head = g.headAt(runner.path, time)
  if (!head || !runner.slope) return
  const k = head.step, x = runner.path[2 * k], loss = runner.loss[k], slope = runner.slope[k], bend = runner.curvature?.[k]
  if (![x, loss, slope].every(Number.isFinite) || !g.inside(window, x, loss)) return
  const unit = Math.max(plan.font / 13, 0.85), colour = runner.style[mode]
  const at = (u, v) => [g.toX(panel, window, u), g.toY(panel, window, v)]
  const [px, py] = at(x, loss)
  const stroke = (xs, ys, style) => {
    pen.line(xs, ys, { colour: ground.halo, width: style.width + 2.4 * unit, alpha: 0.6 })
    pen.line(xs, ys, { colour, ...style })
  }
  const labels = new Labels(pen, stage, plan, panel)
  if (looked && Number.isFinite(bend)) {
    if (layers.has("quadratic model")) {
      const { xs, ys } = curve.parabola(x, loss, slope, bend, window)
      const px_ = xs.map((u) => g.toX(panel, window, u)), py_ = ys.map((v) => g.toY(panel, window, v))
      stroke(px_, py_, { width: 1.8 * unit, dash: [7, 5] })
      const seen = farthest(px_, py_, panel, px, py)
      if (seen) labels.put("quadratic model", ...seen)
    }
    const goal = layers.has("Newton target") ? curve.target(x, loss, slope, bend) : null
    if (goal && goal.x >= window[0][0] && goal.x <= window[0][1]) {
      const [tx, ty] = at(goal.x, goal.loss), floor = panel.top + panel.height
      const top = Math.min(Math.max(ty, panel.top), floor)
      stroke([tx, tx], [top, floor], { width: 1.4 * unit, dash: [1.5, 5] })
      if (ty >= panel.top && ty <= floor) bullseye(pen, tx, ty, plan.font * 0.5, colour, ground.halo)
      labels.put(goal.minimum ? "Newton target" : "Newton target: a maximum", tx, floor - plan.font)
    }
  }
  if (layers.has("tangent")) {
    const dx = panel.width / (window[0][1] - window[0][0]), dy = (-slope * panel.height) / (window[1][1] - window[1][0])
    const long = (0.09 * panel.width) / Math.hypot(dx, dy)
    stroke([px - dx * long, px + dx * long], [py - dy * long, py + dy * long], { width: 2 * unit, alpha: 0.95 })
  }
  labels.write()
}

// The given lines that runs draw at this very step, each in its run's colour.
export function drawDrawn(pen, stage, plan, panel, cast, time) {
  const { layers, window, mode, ground } = stage
  if (!stage.lines || !layers.has("lines")) return
  for (const runner of cast) {
    const index = runner.drawn?.[Math.floor(time)]
    const ends = index >= 0 && index < stage.lines.offsets.length ? lineAt(stage, index) : null
    if (!ends) continue
    const px = ends.map(([x]) => g.toX(panel, window, x)), py = ends.map(([, y]) => g.toY(panel, window, y))
    pen.line(px, py, { colour: ground.halo, width: 6, alpha: 0.6 })
    pen.line(px, py, { colour: runner.style[mode], width: 3 })
  }
}

// What a method sees at a place of the plane: vectors at a length that can be seen, and the local quadratic model.

import * as g from "./geometry.js"

// The power of ten by which a vector of some pixels is drawn: 1 where it can be seen and fits, else what makes it so.
export function factorFor(pixels, most, least = 12) {
  if (!(pixels > 0) || !Number.isFinite(pixels) || (pixels >= least && pixels <= most)) return 1
  return 10 ** Math.floor(Math.log10(most / pixels))
}

// The Hessian [a, b, c] (a b; b c) from ascending eigenvalues [λ0, λ1] and eigenvectors as columns of [v00, v01, v10, v11].
export const hessian = ([l0, l1], [v00, v01, v10, v11]) =>
  [l0 * v00 * v00 + l1 * v01 * v01, l0 * v00 * v10 + l1 * v01 * v11, l0 * v10 * v10 + l1 * v11 * v11]

// The iso-line of the quadratic model q(Δ) = g·Δ + ½ Δ·HΔ through the place itself, where q = 0, in pixels { xs, ys }.
// Along a direction d it is met at r = -2 g·d / (d·Hd), so that ellipse, hyperbola and parabola are one case.
export function modelLine([x, y], [gx, gy], [a, b, c], window, panel) {
  const xs = [], ys = []
  if (!(Math.hypot(gx, gy) > 0) || ![a, b, c].every(Number.isFinite)) return { xs, ys }
  const level = Math.atan2(gx, -gy) // across the gradient, where the line leaves the place
  const at = (turn) => {
    const dx = Math.cos(level + turn), dy = Math.sin(level + turn)
    const bend = a * dx * dx + 2 * b * dx * dy + c * dy * dy
    const reach = turn === 0 || turn === Math.PI ? 0 : (-2 * (gx * dx + gy * dy)) / bend
    return { turn, bend, px: g.toX(panel, window, x + reach * dx), py: g.toY(panel, window, y + reach * dy) }
  }
  const side = ({ px, py }) => [px < panel.left ? -1 : px > panel.left + panel.width ? 1 : 0, py < panel.top ? -1 : py > panel.top + panel.height ? 1 : 0]
  const lift = () => { if (xs.length && xs[xs.length - 1] === xs[xs.length - 1]) { xs.push(NaN); ys.push(NaN) } }
  const put = ({ px, py }) => { xs.push(px); ys.push(py) }
  const walk = (p, q, depth) => {
    const [p0, p1] = side(p), [q0, q1] = side(q)
    const away = (p0 && p0 === q0) || (p1 && p1 === q1) // both beyond one edge: nothing of it is in sight
    const gap = Math.hypot(q.px - p.px, q.py - p.py)
    if (away && depth < 12) { lift(); return }
    if (gap < 5 || depth === 0) {
      if (p.bend * q.bend <= 0 || gap > panel.width + panel.height) { lift(); return } // an asymptote lies between
      if (!xs.length || xs[xs.length - 1] !== p.px || ys[ys.length - 1] !== p.py) { lift(); put(p) }
      put(q)
      return
    }
    const middle = at((p.turn + q.turn) / 2)
    walk(p, middle, depth - 1)
    walk(middle, q, depth - 1)
  }
  const count = 64
  let before = at(0)
  for (let i = 1; i <= count; i++) {
    const next = at(i === count ? Math.PI : (i / count) * Math.PI)
    walk(before, next, 13)
    before = next
  }
  return { xs, ys }
}

// The ellipse Δ·PΔ = r² of a diagonal preconditioner P about a place, through the end of the step, in pixels { xs, ys }: all steps
// on it are equally long to the method.
export function metricEllipse([x, y], [p0, p1], [sx, sy], window, panel, count = 96) {
  const xs = [], ys = []
  const radius = Math.sqrt(sx * sx * p0 + sy * sy * p1)
  const half = [radius / Math.sqrt(p0), radius / Math.sqrt(p1)]
  if (!half.every((v) => Number.isFinite(v) && v > 0)) return { xs, ys }
  for (let i = 0; i <= count; i++) {
    const turn = (2 * Math.PI * i) / count
    xs.push(g.toX(panel, window, x + half[0] * Math.cos(turn)))
    ys.push(g.toY(panel, window, y + half[1] * Math.sin(turn)))
  }
  return { xs, ys }
}

// The two ends [x, y] of the line a·θ = b in a window, or null where it passes by.
export function lineEnds([a0, a1], b, window) {
  const [[x0, x1], [y0, y1]] = window
  const size = a0 * a0 + a1 * a1
  if (!(size > 0) || !Number.isFinite(b)) return null
  const middle = [(x0 + x1) / 2, (y0 + y1) / 2]
  const off = (b - a0 * middle[0] - a1 * middle[1]) / size
  const foot = [middle[0] + off * a0, middle[1] + off * a1]
  const long = (2 * Math.hypot(x1 - x0, y1 - y0)) / Math.sqrt(size)
  const ends = [-1, 1].map((way) => [foot[0] - way * a1 * long, foot[1] + way * a0 * long])
  const part = g.clip(...ends[0], ...ends[1], window)
  return part && part.map((t) => [0, 1].map((i) => g.mix(ends[0][i], ends[1][i], t)))
}

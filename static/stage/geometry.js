// Windows, and paths seen through them. Pure functions of numbers; no DOM, no state.

const finite = Number.isFinite

// Whether two windows are one, in the sides that both have.
export const sameWindow = (a, b) =>
  !!a && !!b && a.every((side, i) => !b[i] || side.every((v, j) => Math.abs(v - b[i][j]) <= 1e-9 * Math.abs(side[1] - side[0])))

// Zoom by `factor` (> 1 shows more) about a place that stays where it is. Refuses what doubles cannot resolve.
export function zoomed(window, factor, ...place) {
  const next = place.map((at, i) => window[i].map((edge) => at + (edge - at) * factor))
  const fine = next.every(([a, b]) => b - a > 1e-8 * Math.max(Math.abs(a), Math.abs(b), 1e-200) && b - a < 1e100)
  return fine ? [...next, ...window.slice(next.length)] : window
}

export const panned = (window, dx, dy) => window.map((side, i) => side.map((edge) => edge + (i ? dy : dx)))

// Pixels of a place in a panel { left, top, width, height } that shows `window`, and back.
export const toX = (panel, window, x) => panel.left + ((x - window[0][0]) / (window[0][1] - window[0][0])) * panel.width
export const toY = (panel, window, y) =>
  panel.top + panel.height - ((y - window[1][0]) / (window[1][1] - window[1][0])) * panel.height
export const fromX = (panel, window, px) => window[0][0] + ((px - panel.left) / panel.width) * (window[0][1] - window[0][0])
export const fromY = (panel, window, py) =>
  window[1][0] + ((panel.top + panel.height - py) / panel.height) * (window[1][1] - window[1][0])

export const inside = (window, x, y) => x >= window[0][0] && x <= window[0][1] && y >= window[1][0] && y <= window[1][1]

// The part [from, to] of a segment that lies in a window, or null (Liang-Barsky). Differences are taken of halves, so that
// ends of 1e308 do not overflow.
export function clip(x0, y0, x1, y1, window) {
  let from = 0, to = 1
  for (const [a, b, [low, high]] of [[x0, x1, window[0]], [y0, y1, window[1]]]) {
    const delta = b / 2 - a / 2
    if (delta === 0) {
      if (a < low || a > high) return null
      continue
    }
    const first = (low / 2 - a / 2) / delta, last = (high / 2 - a / 2) / delta
    from = Math.max(from, Math.min(first, last))
    to = Math.min(to, Math.max(first, last))
    if (from > to) return null
  }
  return [from, to]
}

export const mix = (a, b, t) => (t === 0 ? a : t === 1 ? b : a * (1 - t) + b * t)

// A path in pixels of a panel: { xs, ys, steps }, NaN between pieces. Only what is in sight is kept, and no two vertices
// closer than `gap` pixels; `steps` says at which (broken) step the run passes each vertex.
export function projected(path, window, panel, gap = 0.35) {
  const xs = [], ys = [], steps = []
  const rim = window.map(([a, b]) => [a - (b - a) * 0.02, b + (b - a) * 0.02])
  const put = (x, y, step) => { xs.push(toX(panel, window, x)); ys.push(toY(panel, window, y)); steps.push(step) }
  const cut = () => { if (xs.length && !Number.isNaN(xs[xs.length - 1])) { xs.push(NaN); ys.push(NaN); steps.push(NaN) } }
  let open = false
  for (let k = 0; 2 * k + 3 < path.length; k++) {
    const x0 = path[2 * k], y0 = path[2 * k + 1], x1 = path[2 * k + 2], y1 = path[2 * k + 3]
    const part = finite(x0) && finite(y0) && finite(x1) && finite(y1) ? clip(x0, y0, x1, y1, rim) : null
    if (!part) { open = false; continue }
    const [from, to] = part
    if (!open || from > 0) { cut(); put(mix(x0, x1, from), mix(y0, y1, from), k + from) }
    const x = toX(panel, window, mix(x0, x1, to)), y = toY(panel, window, mix(y0, y1, to))
    const n = xs.length - 1
    const last = 2 * k + 5 >= path.length || to < 1
    if (last || Math.abs(x - xs[n]) > gap || Math.abs(y - ys[n]) > gap) { xs.push(x); ys.push(y); steps.push(k + to) }
    open = to === 1
  }
  return { xs: Float64Array.from(xs), ys: Float64Array.from(ys), steps: Float64Array.from(steps) }
}

// ---- runs ---------------------------------------------------------------------------------------------------------

// Where a run is at a (broken) time. `step` is the last whole step; `diverged` is the step at which it stopped being
// finite, if it has, and the place is then its last finite one.
export function headAt(path, time) {
  const last = path.length / 2 - 1
  if (last < 0) return null
  const at = Math.min(Math.max(time, 0), last)
  let step = Math.floor(at)
  const good = (k) => finite(path[2 * k]) && finite(path[2 * k + 1])
  if (!good(step)) {
    while (step > 0 && !good(step)) step--
    return good(step) ? { x: path[2 * step], y: path[2 * step + 1], step, diverged: step + 1 } : null
  }
  const t = step < last && good(step + 1) ? at - step : 0
  return {
    x: mix(path[2 * step], path[2 * step + 2], t), y: mix(path[2 * step + 1], path[2 * step + 3], t), step, diverged: null,
  }
}

// The step at a place of a path: its index, or, of a scene or run that knows which `steps` were recorded, the one recorded there.
export const stepAt = ({ steps }, k) => steps?.[k] ?? k

// The first step of the excursion out of `window` that a run is on at a time, or null while it is inside.
export function leftAt(path, time, window) {
  const head = headAt(path, time)
  if (!head) return null
  let step = head.step
  if (inside(window, path[2 * step], path[2 * step + 1])) return inside(window, head.x, head.y) ? null : step + 1
  while (step > 0 && !inside(window, path[2 * step - 2], path[2 * step - 1])) step--
  return step
}

// Where on the border of `window` a run passed out on the excursion it is on at a time: a place on that border.
export function exitPoint(path, time, window) {
  const step = leftAt(path, time, window)
  if (step === null) return null
  const head = headAt(path, time)
  if (step > 0) {
    const x0 = path[2 * step - 2], y0 = path[2 * step - 1]
    const [x1, y1] = step > head.step ? [head.x, head.y] : [path[2 * step], path[2 * step + 1]]
    const part = clip(x0, y0, x1, y1, window)
    if (part) return [mix(x0, x1, part[1]), mix(y0, y1, part[1])]
  }
  return [0, 1].map((i) => Math.min(Math.max(i ? head.y : head.x, window[i][0]), window[i][1]))
}

// The vertex of any run within `reach` pixels of a pixel: { run, step }, or null.
export function vertexNear(runs, window, panel, px, py, reach) {
  let best = null, least = reach * reach
  runs.forEach(({ path }, run) => {
    for (let k = 0; 2 * k < path.length; k++) {
      const dx = toX(panel, window, path[2 * k]) - px, dy = toY(panel, window, path[2 * k + 1]) - py
      const square = dx * dx + dy * dy
      if (square < least) { least = square; best = { run, step: k } }
    }
  })
  return best
}

// One parameter: the loss as a curve. Pure functions of numbers; maps are { values, shape: [n], domain: [[x0, x1]] }.

const finite = Number.isFinite

// The loss at a parameter by linear interpolation of the newest map that reaches it, or NaN: between nodes an approximation.
export function lossAt(maps, x) {
  for (let i = maps.length - 1; i >= 0; i--) {
    const { values, domain: [[low, high]] } = maps[i]
    const at = ((x - low) / (high - low)) * (values.length - 1)
    if (!(at >= -1e-9 && at <= values.length - 1 + 1e-9)) continue
    const k = Math.min(Math.max(Math.floor(at), 0), values.length - 2), t = at - k
    return t === 0 ? values[k] : values[k] * (1 - t) + values[k + 1] * t
  }
  return NaN
}

// The losses to show over a side [x0, x1] of parameters: all of the curve there, with some room above and below.
export function follow(maps, [x0, x1]) {
  let low = Infinity, high = -Infinity
  const see = (v) => { if (finite(v)) { low = Math.min(low, v); high = Math.max(high, v) } }
  for (const { values, domain: [[a, b]] } of maps) {
    const step = (b - a) / (values.length - 1)
    const from = Math.max(Math.ceil((x0 - a) / step), 0), to = Math.min(Math.floor((x1 - a) / step), values.length - 1)
    for (let k = from; k <= to; k++) see(values[k])
  }
  see(lossAt(maps, x0))
  see(lossAt(maps, x1))
  if (low > high) return [0, 1]
  const span = high - low || Math.max(Math.abs(low), 1) * 1e-6
  return [low - span * 0.1, high + span * 0.08]
}

// The curve over a side as { xs, ys } at `count` + 1 even places and at both ends, NaN where it is not known.
export function line(maps, [x0, x1], count) {
  const xs = new Float64Array(count + 1), ys = new Float64Array(count + 1)
  for (let i = 0; i <= count; i++) {
    xs[i] = x0 + (i / count) * (x1 - x0)
    ys[i] = lossAt(maps, xs[i])
  }
  return { xs, ys }
}

// The parabola f + f' Δ + ½ f'' Δ² as seen through a window: { xs, ys }.
export function parabola(x, loss, slope, curvature, window, count = 160) {
  const [[x0, x1], [y0, y1]] = window
  const room = y1 - y0
  const xs = [], ys = []
  for (let i = 0; i <= count; i++) {
    const at = x0 + (i / count) * (x1 - x0), delta = at - x
    const y = loss + slope * delta + 0.5 * curvature * delta * delta
    const seen = y > y0 - room && y < y1 + room
    xs.push(seen ? at : NaN)
    ys.push(seen ? y : NaN)
  }
  return { xs, ys }
}

// Where the parabola is level: Newton's target { x, loss, minimum }, or null where it is level nowhere.
export function target(x, loss, slope, curvature) {
  const delta = -slope / curvature
  return finite(delta) ? { x: x + delta, loss: loss + 0.5 * slope * delta, minimum: curvature > 0 } : null
}

// A path of parameters and losses as places [θ, f(θ), ...] over the curve. An infinite loss at a finite parameter is a place
// far up, not the end of the run.
export function raised(theta, loss) {
  const path = new Float64Array(2 * theta.length)
  theta.forEach((x, k) => {
    path[2 * k] = x
    path[2 * k + 1] = finite(loss[k]) ? loss[k] : finite(x) ? (loss[k] < 0 ? -1 : 1) * Number.MAX_VALUE : NaN
  })
  return path
}

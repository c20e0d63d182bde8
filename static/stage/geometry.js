// Pure functions of numbers: windows, ticks, iso-lines, clipping, colours. No DOM, no state; tested under Node.

const finite = Number.isFinite

// ---- numbers in words ---------------------------------------------------------------------------------------------

const exponential = (value, digits) => {
  const [head, power] = value.toExponential(digits).split("e")
  return `${head.includes(".") ? head.replace(/\.?0+$/, "") : head}e${Number(power)}`
}

const minus = (text) => text.replaceAll("-", "\u2212")

// A number to `digits` significant digits, short: 0.0031, 12.4, 3.2e12, 4e-7.
export function short(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number"
  if (!finite(value)) return value > 0 ? "∞" : "\u2212∞"
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || size < 1e-3) return minus(exponential(value, Math.max(digits - 2, 1)))
  return minus(String(Number(value.toPrecision(digits))))
}

// A number with just the decimals that steps of size `step` need.
export function byStep(value, step) {
  if (Math.abs(value) < step * 1e-6) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || step < 1e-4) {
    const digits = Math.min(Math.max(Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9), 0), 15)
    return minus(exponential(value, digits))
  }
  return minus(value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))))
}

// ---- ticks and levels ---------------------------------------------------------------------------------------------

// About `count` round numbers in [low, high], 1, 2 or 5 times a power of ten apart.
export function ticks(low, high, count) {
  const span = high - low
  if (!(span > 0) || !finite(span)) return { values: [], step: 1 }
  const rough = span / Math.max(count, 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.75) ?? 10)
  const values = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9 && values.length < 200; k++) values.push(k * step)
  return { values, step }
}

// The lowest and highest finite value of a height map.
export function extremes(values) {
  let low = Infinity, high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const v = values[i]
    if (v - v !== 0) continue // not finite
    if (v < low) low = v
    if (v > high) high = v
  }
  return low <= high ? { low, high } : { low: 0, high: 1 }
}

// How heights become colours: a position in [0, 1]; on a log scale, of the height above the lowest over four decades.
export function scaleOf(values, log) {
  const { low, high } = extremes(values)
  const span = high > low ? high - low : Math.max(Math.abs(low), 1) * 1e-9
  if (!log) return { low, high, span, log, floor: 0, at: (v) => (v - low) / span, inverse: (t) => low + t * span }
  const floor = span * 1e-4
  const base = Math.log(floor), width = Math.log(span + floor) - base
  return {
    low, high, span, log, floor,
    at: (v) => (Math.log(Math.max(v - low, 0) + floor) - base) / width,
    inverse: (t) => low + Math.exp(base + t * width) - floor,
  }
}

// Losses at which iso-lines are drawn, each with its label: true losses, round numbers where the lowest is not negative.
export function levels(scale) {
  const { low, high, span } = scale
  if (!scale.log) {
    const { values, step } = ticks(low, high, 11)
    return values.filter((v) => v > low && v < high).map((value) => ({ value, label: byStep(value, step) }))
  }
  const offset = low < 0 ? low : 0
  const least = Math.max(span * 2e-5, low - offset)
  const between = (parts) => {
    const found = []
    for (let k = Math.floor(Math.log10(least)); k <= Math.log10(span) + 1; k++) {
      for (const m of parts) {
        const value = offset + m * 10 ** k
        if (value <= low || value - offset < least || value >= high) continue
        found.push({ value, label: offset ? byStep(value, (m % 1 ? 0.1 : 1) * 10 ** k) : short(value, 2) })
      }
    }
    return found
  }
  // As many for each power of ten as a map of few powers needs.
  const tries = [[1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]].map(between)
  return tries.find((found) => found.length >= 7) ?? tries.at(-1)
}

// ---- iso-lines ----------------------------------------------------------------------------------------------------

// Marching squares: lines of one level as [{ xs, ys, closed }], in grid coordinates. Cells with a value that is not finite
// are left out; the two ways through a saddle cell are told apart by the mean of its corners.
export function isolines(values, nx, ny, level) {
  const next = new Int32Array(2 * nx * ny).fill(-1) // every crossed edge touches at most two segments
  const other = new Int32Array(2 * nx * ny).fill(-1)
  const link = (a, b) => {
    if (next[a] < 0) next[a] = b; else other[a] = b
    if (next[b] < 0) next[b] = a; else other[b] = a
  }
  const crossed = []
  for (let j = 0; j + 1 < ny; j++) {
    for (let i = 0; i + 1 < nx; i++) {
      const at = j * nx + i
      const a = values[at], b = values[at + 1], c = values[at + nx + 1], d = values[at + nx]
      const sum = a + b + c + d
      if (sum - sum !== 0) continue
      const kind = (a >= level) | ((b >= level) << 1) | ((c >= level) << 2) | ((d >= level) << 3)
      if (kind === 0 || kind === 15) continue
      const south = 2 * at, west = 2 * at + 1, north = 2 * (at + nx), east = 2 * (at + 1) + 1
      crossed.push(south, west, north, east)
      const high = sum / 4 >= level
      switch (kind) {
        case 1: case 14: link(west, south); break
        case 2: case 13: link(south, east); break
        case 3: case 12: link(west, east); break
        case 4: case 11: link(east, north); break
        case 6: case 9: link(south, north); break
        case 7: case 8: link(west, north); break
        case 5: if (high) { link(west, north); link(south, east) } else { link(west, south); link(east, north) } break
        case 10: if (high) { link(west, south); link(east, north) } else { link(west, north); link(south, east) } break
      }
    }
  }
  const point = (edge) => {
    const at = edge >> 1, i = at % nx, j = (at - i) / nx
    const a = values[at], b = edge & 1 ? values[at + nx] : values[at + 1]
    const t = b === a ? 0.5 : (level - a) / (b - a)
    return edge & 1 ? [i, j + t] : [i + t, j]
  }
  const lines = []
  const trace = (first) => {
    const xs = [], ys = []
    let edge = first, closed = false
    for (;;) {
      const [x, y] = point(edge)
      xs.push(x); ys.push(y)
      let to = next[edge]
      if (to < 0) { to = other[edge]; other[edge] = -1 } else next[edge] = -1
      if (to < 0) break
      if (next[to] === edge) next[to] = -1; else if (other[to] === edge) other[to] = -1
      edge = to
      if (edge === first) { closed = true; xs.push(xs[0]); ys.push(ys[0]); break }
    }
    if (xs.length > 1) lines.push({ xs, ys, closed })
  }
  for (const edge of crossed) if ((next[edge] < 0) !== (other[edge] < 0)) trace(edge)
  for (const edge of crossed) if (next[edge] >= 0 || other[edge] >= 0) trace(edge)
  return lines
}

// Height at a place by bilinear interpolation, or NaN outside the map: an approximation, and to be called one.
export function heightAt(map, x, y) {
  const [ny, nx] = map.shape
  const [[x0, x1], [y0, y1]] = map.domain
  const u = ((x - x0) / (x1 - x0)) * (nx - 1), v = ((y - y0) / (y1 - y0)) * (ny - 1)
  if (!(u >= 0 && v >= 0 && u <= nx - 1 && v <= ny - 1)) return NaN
  const i = Math.min(Math.floor(u), nx - 2), j = Math.min(Math.floor(v), ny - 2)
  const s = u - i, t = v - j, at = j * nx + i, h = map.values
  return (1 - t) * ((1 - s) * h[at] + s * h[at + 1]) + t * ((1 - s) * h[at + nx] + s * h[at + nx + 1])
}

// ---- windows ------------------------------------------------------------------------------------------------------

export const sameWindow = (a, b) =>
  !!a && !!b && a.every((side, i) => side.every((v, j) => Math.abs(v - b[i][j]) <= 1e-9 * Math.abs(side[1] - side[0])))

// Zoom by `factor` (> 1 shows more) about a place that stays where it is. Refuses what doubles cannot resolve.
export function zoomed(window, factor, x, y) {
  const next = [x, y].map((at, i) => window[i].map((edge) => at + (edge - at) * factor))
  const fine = next.every(([a, b]) => b - a > 1e-8 * Math.max(Math.abs(a), Math.abs(b), 1e-200) && b - a < 1e100)
  return fine ? next : window
}

export const panned = (window, dx, dy) => window.map((side, i) => side.map((edge) => edge + (i ? dy : dx)))

// Pixels of a place in a panel { left, top, width, height } that shows `window`, and back.
export const toX = (panel, window, x) => panel.left + ((x - window[0][0]) / (window[0][1] - window[0][0])) * panel.width
export const toY = (panel, window, y) =>
  panel.top + panel.height - ((y - window[1][0]) / (window[1][1] - window[1][0])) * panel.height
export const fromX = (panel, window, px) => window[0][0] + ((px - panel.left) / panel.width) * (window[0][1] - window[0][0])
export const fromY = (panel, window, py) =>
  window[1][0] + ((panel.top + panel.height - py) / panel.height) * (window[1][1] - window[1][0])

const inside = (window, x, y) => x >= window[0][0] && x <= window[0][1] && y >= window[1][0] && y <= window[1][1]

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

const mix = (a, b, t) => (t === 0 ? a : t === 1 ? b : a * (1 - t) + b * t)

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

// ---- learning rates -----------------------------------------------------------------------------------------------

export const rateToSlider = (rate, [low, high]) => Math.log(rate / low) / Math.log(high / low)
export const sliderToRate = (t, [low, high]) => Number((low * (high / low) ** t).toPrecision(3))

// Which zone a rate is in, and where on the slider the zones meet.
export function zones(rate, limit, range) {
  if (limit === null) return { zone: "unknown", cuts: null }
  const cut = (v) => (v === Infinity ? 1 : v > 0 ? Math.min(Math.max(rateToSlider(v, range), 0), 1) : 0)
  const zone = rate <= limit / 2 ? "stable" : rate <= limit ? "edge" : "beyond"
  return { zone, cuts: [cut(limit / 2), cut(limit)] }
}

// ---- colours ------------------------------------------------------------------------------------------------------

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))

// 256 colours between the given ones, as bytes r, g, b.
export function ramp(colours) {
  const stops = colours.map(channels)
  const table = new Uint8Array(256 * 3)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2)
    for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(mix(stops[k][c], stops[k + 1][c], at - k))
  }
  return table
}

// Colours of a height map as seen through a window, width x height pixels of RGBA; transparent where there is no map.
export function heights(map, scale, window, width, height, table) {
  const pixels = new Uint8ClampedArray(width * height * 4)
  const [ny, nx] = map.shape
  const [[x0, x1], [y0, y1]] = map.domain
  const h = map.values
  const columns = new Int32Array(width), parts = new Float64Array(width)
  for (let px = 0; px < width; px++) {
    const u = ((window[0][0] + ((px + 0.5) / width) * (window[0][1] - window[0][0]) - x0) / (x1 - x0)) * (nx - 1)
    const i = u >= -1e-6 && u <= nx - 1 + 1e-6 ? Math.min(Math.max(Math.floor(u), 0), nx - 2) : -1
    columns[px] = i
    parts[px] = u - i
  }
  const { low, span, log, floor } = scale
  const base = Math.log(floor), width_ = Math.log(span + floor) - base
  for (let py = 0; py < height; py++) {
    const v = ((window[1][1] - ((py + 0.5) / height) * (window[1][1] - window[1][0]) - y0) / (y1 - y0)) * (ny - 1)
    if (!(v >= -1e-6 && v <= ny - 1 + 1e-6)) continue
    const j = Math.min(Math.max(Math.floor(v), 0), ny - 2)
    const t = v - j
    for (let px = 0; px < width; px++) {
      const i = columns[px]
      if (i < 0) continue
      const at = j * nx + i, s = parts[px]
      const value = (1 - t) * (h[at] + s * (h[at + 1] - h[at])) + t * (h[at + nx] + s * (h[at + nx + 1] - h[at + nx]))
      if (value - value !== 0) continue
      const place = log ? (Math.log(Math.max(value - low, 0) + floor) - base) / width_ : (value - low) / span
      const colour = 3 * Math.min(Math.max(Math.round(place * 255), 0), 255)
      const to = 4 * (py * width + px)
      pixels[to] = table[colour]; pixels[to + 1] = table[colour + 1]; pixels[to + 2] = table[colour + 2]; pixels[to + 3] = 255
    }
  }
  return pixels
}

// Whether a CSS colour as the browser computes it, "rgb(14, 17, 23)" or "#0e1117", is dark.
export function isDark(colour) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})\b/i.exec(colour.trim())
  let rgb
  if (hex) rgb = channels(hex[1].length === 3 ? `#${[...hex[1]].map((c) => c + c).join("")}` : `#${hex[1]}`)
  else rgb = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)
  return rgb.length === 3 && 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] < 110
}

// ---- layout -------------------------------------------------------------------------------------------------------

// Where panels and the colour bar go in a picture of some width. Both axes have the same scale, so that steepest descent
// crosses iso-lines at right angles, unless home is more than 2.2 times longer than wide: then `equal` is false.
export function layout(width, home, panels, tallest) {
  const font = Math.min(Math.max(Math.round(width / 52), 12), 22)
  const ratio = (home[0][1] - home[0][0]) / (home[1][1] - home[1][0])
  const aspect = Math.min(Math.max(ratio, 1 / 2.2), 2.2)
  const equal = Math.abs(aspect / ratio - 1) < 1e-6
  const left = Math.round(font * 3.6), bottom = Math.round(font * 2.9), top = Math.round(font * 2)
  const beside = width >= 460
  const bar = Math.round(beside ? font * 5.4 : font * 3.4)
  const room = width - left - (beside ? bar : Math.round(font * 0.8))
  const gap = panels === 1 ? 0 : Math.round(font * 0.9), head = panels === 1 ? 0 : Math.round(font * 1.9)
  const sized = (columns) => {
    const rows = Math.ceil(panels / columns)
    const w = (room - gap * (columns - 1)) / columns
    const most = (tallest - gap * (rows - 1)) / rows - head
    return { columns, rows, w: Math.min(w, most * aspect) }
  }
  // The grid with the largest panels that is in sight as a whole; on a narrow screen two abreast, and the page scrolls.
  const roomy = panels === 1 || room >= font * 40
  const fit = roomy
    ? Array.from({ length: panels }, (_, i) => sized(i + 1)).reduce((a, b) => (b.w > a.w ? b : a))
    : { columns: 2, rows: Math.ceil(panels / 2), w: (room - gap) / 2 }
  const { columns, rows } = fit
  const w = Math.max(Math.floor(fit.w), 60), h = Math.floor(w / aspect)
  const used = left + columns * w + (columns - 1) * gap + (beside ? bar : Math.round(font * 0.8))
  const shift = left + Math.max(0, Math.floor((width - used) / 2))
  const places = Array.from({ length: panels }, (_, i) => {
    const column = i % columns, row = Math.floor(i / columns)
    return {
      left: shift + column * (w + gap), top: top + head + row * (h + head + gap), width: w, height: h,
      first: column === 0, last: i + columns >= panels,
    }
  })
  const under = top + rows * (h + head) + (rows - 1) * gap + bottom
  const wide = columns * w + (columns - 1) * gap
  return {
    font, equal, panels: places, width, head,
    height: under + (beside ? 0 : bar),
    bar: beside
      ? { vertical: true, left: shift + wide + font, top: top + head, length: h, thick: Math.round(font * 0.9) }
      : { vertical: false, left: shift, top: under + Math.round(font * 0.4), length: wide, thick: Math.round(font * 0.8) },
  }
}

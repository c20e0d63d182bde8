// Height maps: their scale, their iso-lines, and their colours as pixels.

import { byStep, short, ticks } from "./numbers.js"

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

// How heights become colours: a position in [0, 1]; on a log scale, of the height above the lowest over four decades. Maps that
// are compared have a common `range` [low, high].
export function scaleOf(values, log, range = null) {
  const { low, high } = range ? { low: range[0], high: range[1] } : extremes(values)
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

// Where cells are: values on an axis, cells, and pixels of a panel. Pure functions of numbers.

import { byStep, short, ticks } from "../stage/numbers.js"

// The value at a place counted in cells; whole axes have whole values.
export function valueAt(axis, place) {
  const share = axis.cells > 1 ? place / (axis.cells - 1) : 0
  if (share === 0) return axis.low
  if (share === 1) return axis.high
  const value = axis.scale === "log" ? axis.low * (axis.high / axis.low) ** share : axis.low + share * (axis.high - axis.low)
  return axis.whole ? Math.round(value) : value
}

export function placeOf(axis, value) {
  if (axis.cells < 2) return 0
  const share = axis.scale === "log" ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : (value - axis.low) / (axis.high - axis.low)
  return share * (axis.cells - 1)
}

// Pixels of a place, and back: cells have one width, and half a cell lies beyond each end's value.
export const toX = (panel, cells, place) => panel.left + ((place + 0.5) / cells) * panel.width
export const toY = (panel, cells, place) => panel.top + panel.height - ((place + 0.5) / cells) * panel.height

// The cell { panel, row, column } under a pixel, or null; while the map is coarse the one that the block begins with. With
// `within` a pixel beside that panel counts as its nearest cell: the hand may leave the map while it drags.
export function cellAt(panels, rows, columns, [px, py], stride = 1, within = null) {
  const panel = within ?? panels.findIndex((p) => px >= p.left && px <= p.left + p.width && py >= p.top && py <= p.top + p.height)
  if (panel < 0) return null
  const { left, top, width, height } = panels[panel]
  const at = (share, cells) => {
    const cell = Math.min(Math.max(Math.floor(share * cells), 0), cells - 1)
    return cell - (cell % stride)
  }
  return { panel, row: at((top + height - py) / height, rows), column: at((px - left) / width, columns) }
}

// Ticks of an axis as [{ place, label }].
export function axisTicks(axis, count) {
  if (axis.cells < 2) return [{ place: 0, label: short(axis.low, 4) }]
  if (axis.scale !== "log") {
    const { values, step } = ticks(axis.low, axis.high, count)
    const whole = axis.whole ? values.filter((v) => Number.isInteger(Number(v.toFixed(9)))) : values
    return whole.map((v) => ({ place: placeOf(axis, v), label: byStep(v, axis.whole ? Math.max(step, 1) : step) }))
  }
  return logTicks(axis.low, axis.high, count).map((v) => ({ place: placeOf(axis, v), label: short(v) }))
}

// Round numbers on a log scale: every n-th power of ten, or 1, 2 and 5 of each where there are few.
export function logTicks(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9)
  const decades = last - first + 1
  if (decades >= 3 || decades >= count) {
    const every = Math.max(1, Math.ceil(decades / Math.max(count, 1)))
    const values = []
    for (let k = Math.ceil(first / every) * every; k <= last; k += every) values.push(10 ** k)
    return values
  }
  const values = []
  for (let k = first - 1; k <= last; k++) for (const m of [1, 2, 5]) values.push(m * 10 ** k)
  const inside = values.filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9))
  if (inside.length >= 2) return inside
  return ticks(low, high, count).values.filter((v) => v > 0)
}

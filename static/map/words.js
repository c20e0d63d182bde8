// A cell in words: for the readout under the pointer, and for those who do not see the map.

import { short } from "../stage/numbers.js"
import { valueAt } from "./places.js"

const NONE = { "Steps to tolerance": -1 }

// [name, text] of the axes' values and of every field; of a film, at its frame.
export function told(picture, cell, frame = 0) {
  const lines = [[picture.x.label, exact(valueAt(picture.x, cell.column))]]
  if (picture.y) lines.push([picture.y.label, exact(valueAt(picture.y, cell.row))])
  const [rows, columns] = picture.shape
  const row = Math.floor(cell.row / picture.stride), column = Math.floor(cell.column / picture.stride)
  if (picture.film) {
    const count = picture.panels[cell.panel].codes[(frame * rows + row) * columns + column]
    return [...lines, ["runs here", String(count)]]
  }
  for (const { name, words, values } of picture.fields) {
    const value = values[(cell.panel * rows + row) * columns + column]
    lines.push([name, words.length ? (words[value] ?? "none") : value === NONE[name] ? "never" : exact(value)])
  }
  return lines
}

const exact = (value) => short(value, 5)

export function sentence(picture, cell, frame = 0) {
  const { label } = picture.panels[cell.panel]
  return `${label}: ${told(picture, cell, frame).map(([name, text]) => `${name} ${text}`).join(", ")}.`
}

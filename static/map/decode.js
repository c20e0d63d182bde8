// A map from the blob that figures/map_payload.py packs. What was left out, because the browser has it, is null.

import { unpacked } from "../stage/wire.js"

const KINDS = { u1: Uint8Array, "<i4": Int32Array, "<f8": Float64Array }

export function decode(bytes) {
  const { header, array } = unpacked(bytes)
  const Codes = header.film ? Uint16Array : Uint8Array
  const numbers = (place) => array(Float64Array, place)
  return {
    ...header,
    film: header.film && { ...header.film, steps: array(Int32Array, header.film.steps), codeOf: array(Uint8Array, header.film.codeOf) },
    panels: header.panels.map((panel) => ({
      ...panel, codes: array(Codes, panel.codes),
      lines: panel.lines.map((line) => ({ ...line, xs: numbers(line.xs), ys: numbers(line.ys) })),
    })),
    fields: header.fields.map((field) => ({ ...field, values: array(KINDS[field.kind], field.values) })),
  }
}

// The picture with codes and numbers of one that shows the same; null where there is none to take them from.
export function completed(picture, before) {
  if (picture.panels.every((panel) => panel.codes)) return picture
  if (before?.key !== picture.key) return null
  return {
    ...picture,
    panels: picture.panels.map((panel, i) => ({ ...panel, codes: before.panels[i].codes })),
    fields: picture.fields.map((field, i) => ({ ...field, values: before.fields[i].values })),
  }
}

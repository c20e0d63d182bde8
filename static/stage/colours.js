// Colours: between given ones, and whether a ground is dark.

export const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))

// 256 colours between the given ones, as bytes r, g, b.
export function ramp(colours) {
  const stops = colours.map(channels)
  const table = new Uint8Array(256 * 3)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2)
    for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(stops[k][c] * (1 - at + k) + stops[k + 1][c] * (at - k))
  }
  return table
}

// Whether a CSS colour as the browser computes it, "rgb(14, 17, 23)" or "#0e1117", is dark.
export function isDark(colour) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})\b/i.exec(colour.trim())
  let rgb
  if (hex) rgb = channels(hex[1].length === 3 ? `#${[...hex[1]].map((c) => c + c).join("")}` : `#${hex[1]}`)
  else rgb = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)
  return rgb.length === 3 && 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] < 110
}

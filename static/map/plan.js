// Where panels, axes, the colour bar and the legend of a map go, in pixels.

// As many panels abreast as makes them largest, of one shape, as tall as the window allows. `measure(text)` is a width.
export function plan(width, tallest, picture, measure) {
  const font = Math.min(Math.max(Math.round(Math.min(width / 46, tallest / 30)), 12), 16)
  const rows = picture.y?.cells ?? 1, columns = picture.x.cells
  const count = picture.panels.length
  const left = Math.round(font * (picture.y ? 4.3 : 1)), rim = Math.round(font * 0.9)
  const head = Math.round(font * 1.9), under = Math.round(font * 3.1), gap = Math.round(font * 1.6)
  const shape = !picture.y ? 6 : picture.equal ? between((picture.x.high - picture.x.low) / (picture.y.high - picture.y.low), 0.5, 2) : 1.18
  const room = width - left - rim
  const sized = (abreast) => {
    const down = Math.ceil(count / abreast)
    const wide = (room - gap * (abreast - 1)) / abreast
    const tall = (tallest - under - (gap + head) * down) / down
    return { abreast, down, w: Math.min(wide, tall * shape) }
  }
  const most = Math.max(Math.min(count, Math.floor((room + gap) / (font * 9.5 + gap))), 1) // fewer where none could be read
  let fit = Array.from({ length: most }, (_, i) => sized(i + 1)).reduce((a, b) => (b.w > a.w ? b : a))
  const least = Math.min(font * (count === 1 ? 20 : 11), room)
  if (fit.w < least) { // too many to be seen at once: the page scrolls
    const abreast = Math.max(Math.floor((room + gap) / (least + gap)), 1)
    fit = { abreast, down: Math.ceil(count / abreast), w: (room - gap * (abreast - 1)) / abreast }
  }
  const w = crisp(fit.w, columns), h = crisp(w / shape, rows)
  const wide = fit.abreast * w + (fit.abreast - 1) * gap
  const shift = left + Math.max(0, Math.floor((room - wide) / 2))
  const panels = picture.panels.map((_, i) => {
    const column = i % fit.abreast, row = Math.floor(i / fit.abreast)
    return { left: shift + column * (w + gap), top: head + row * (h + head + gap), width: w, height: h, first: column === 0, last: i + fit.abreast >= count }
  })
  let down = head + fit.down * h + (fit.down - 1) * (head + gap) + under
  const bar = picture.bar && { left: shift, top: down + Math.round(font * 1.5), length: Math.min(wide, font * 34), thick: Math.round(font * 0.85) }
  if (bar) down = bar.top + bar.thick + Math.round(font * 1.7)
  const legend = flowed(picture.legend, measure, { font, left: shift, top: down + Math.round(font * 0.3), width: Math.max(wide, room + left - shift) })
  if (legend.length) down = legend.at(-1).top + Math.round(font * 1.9)
  return { font, width, height: Math.ceil(down), panels, bar, legend, left, rows, columns }
}

const between = (value, low, high) => Math.min(Math.max(value, low), high)

// A whole number of pixels for each cell, where that costs little of the size.
export function crisp(size, cells) {
  const whole = Math.floor(size / cells) * cells
  return whole >= size * 0.88 ? whole : Math.floor(size)
}

// Entries one behind the other, in as many lines as they need.
function flowed(entries, measure, { font, left, top, width }) {
  let x = left, y = top
  return entries.map((entry) => {
    const long = font * 1.75 + measure(entry.label, font * 0.92) + font * 1.2
    if (x > left && x + long > left + width) { x = left; y += Math.round(font * 1.75) }
    const placed = { ...entry, left: x, top: y }
    x += long
    return placed
  })
}

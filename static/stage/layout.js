// Where panels, axes and the colour bar go.

// Letters grow with the picture, so that a projector shows what a desk shows; `presenter` is for the last row of a room.
export function fontFor(width, tallest, presenter = false) {
  const [across, down, least, most] = presenter ? [42, 26, 15, 48] : [66, 30, 12, 28]
  return Math.min(Math.max(Math.round(Math.min(width / across, tallest / down)), least), most)
}

// The layout of a picture of some width. Both axes have the same scale, so that steepest descent crosses iso-lines at right
// angles, unless home is more than 2.2 times longer than wide: then `equal` is false. A curve has a shape of its own.
export function layout(width, home, panels, tallest, { curve = false, presenter = false } = {}) {
  const font = fontFor(width, tallest, presenter)
  const ratio = curve ? (width < 460 ? 1.15 : 1.75) : (home[0][1] - home[0][0]) / (home[1][1] - home[1][0])
  const aspect = Math.min(Math.max(ratio, 1 / 2.2), 2.2)
  const equal = !curve && Math.abs(aspect / ratio - 1) < 1e-6
  const left = Math.round(font * (curve ? 4.2 : 3.6)), bottom = Math.round(font * 2.9), top = Math.round(font * 2)
  const beside = width >= 460
  const rim = Math.round(font * 0.8)
  const bar = curve ? 0 : Math.round(beside ? font * 5.4 : font * 3.4)
  const room = width - left - (beside && !curve ? bar : rim)
  const gap = panels === 1 ? 0 : Math.round(font * 0.9), head = panels === 1 ? 0 : Math.round(font * 1.9)
  const least = top + bottom + (beside ? 0 : bar)
  const most = Math.max(tallest - (presenter ? least : 0), 120)
  const sized = (columns) => {
    const rows = Math.ceil(panels / columns)
    const w = (room - gap * (columns - 1)) / columns
    const tall = (most - gap * (rows - 1)) / rows - head
    return { columns, rows, w: Math.min(w, tall * aspect) }
  }
  // The grid with the largest panels that is in sight as a whole; on a narrow screen two abreast, and the page scrolls.
  const roomy = panels === 1 || room >= font * 40
  let fit = roomy
    ? Array.from({ length: panels }, (_, i) => sized(i + 1)).reduce((a, b) => (b.w > a.w ? b : a))
    : { columns: 2, rows: Math.ceil(panels / 2), w: (room - gap) / 2 }
  if (fit.w < font * 9 && panels > 1) { // too many to be seen at once: as many abreast as can be read
    const columns = Math.max(Math.floor((room + gap) / (font * 11 + gap)), 2)
    fit = { columns, rows: Math.ceil(panels / columns), w: (room - gap * (columns - 1)) / columns }
  }
  const { columns, rows } = fit
  const w = Math.max(Math.floor(fit.w), 60), h = Math.floor(w / aspect)
  const used = left + columns * w + (columns - 1) * gap + (beside && !curve ? bar : rim)
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
    bar: curve ? null : beside
      ? { vertical: true, left: shift + wide + font, top: top + head, length: h, thick: Math.round(font * 0.9) }
      : { vertical: false, left: shift, top: under + Math.round(font * 0.4), length: wide, thick: Math.round(font * 0.8) },
  }
}

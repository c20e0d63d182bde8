// Small shapes: the markers of runs, a star, an arrow.

export const DASHES = { solid: [], dash: [7, 4], dot: [1.5, 4], dashdot: [8, 3, 1.5, 3] }

// A marker's outline around a point, or null for the disc.
export function outline(marker, x, y, r) {
  const corners = (count, turn, size) =>
    Array.from({ length: count }, (_, i) => {
      const angle = turn + (2 * Math.PI * i) / count
      return [x + size * Math.cos(angle), y + size * Math.sin(angle)]
    })
  switch (marker) {
    case "square": return corners(4, Math.PI / 4, r * 1.25)
    case "diamond": return corners(4, 0, r * 1.3)
    case "up": return corners(3, -Math.PI / 2, r * 1.4)
    case "down": return corners(3, Math.PI / 2, r * 1.4)
    case "pentagon": return corners(5, -Math.PI / 2, r * 1.15)
    case "hexagon": return corners(6, 0, r * 1.15)
    default: return null
  }
}

export function marker(pen, name, x, y, r, style) {
  const points = outline(name, x, y, r)
  if (points) pen.shape(points, style)
  else pen.disc(x, y, r, style)
}

export function star(x, y, r) {
  return Array.from({ length: 10 }, (_, i) => {
    const angle = -Math.PI / 2 + (Math.PI * i) / 5, size = i % 2 ? r * 0.45 : r
    return [x + size * Math.cos(angle), y + size * Math.sin(angle)]
  })
}

// A straight arrow that ends exactly at (x1, y1), outlined so that it stands out from paths of its colour. Without a `head`
// it goes on out of sight.
export function arrow(pen, x0, y0, x1, y1, { colour, ink, halo, width = 2, head = 10, dash = [] }) {
  const long = Math.hypot(x1 - x0, y1 - y0)
  if (!(long > 0.5)) return
  const size = Math.min(head, long * 0.7), turn = Math.atan2(y1 - y0, x1 - x0)
  const at = (along, across) => [
    x1 - along * Math.cos(turn) - across * Math.sin(turn), y1 - along * Math.sin(turn) + across * Math.cos(turn),
  ]
  const [nx, ny] = at(size * 0.9, 0)
  const tip = [[x1, y1], at(size, size * 0.5), at(size, -size * 0.5)]
  pen.line([x0, nx], [y0, ny], { colour: halo, width: width + 5, alpha: 0.75 })
  if (size) pen.shape(tip, { fill: ink, colour: halo, width: 6, alpha: 0.75 })
  pen.line([x0, nx], [y0, ny], { colour: ink, width: width + 2 })
  if (size) pen.shape(tip, { fill: ink, colour: ink, width: 3 })
  pen.line([x0, nx], [y0, ny], { colour, width, dash })
  if (size) pen.shape(tip, { fill: colour })
}

// The triangle at a panel's edge that points to where a run left it; whole also in a corner.
export function edgeArrow(pen, panel, x, y, r, colour, halo) {
  const gaps = [x - panel.left, panel.left + panel.width - x, y - panel.top, panel.top + panel.height - y]
  const turn = [Math.PI, 0, -Math.PI / 2, Math.PI / 2][gaps.indexOf(Math.min(...gaps))]
  if (turn === 0 || turn === Math.PI) y = Math.min(Math.max(y, panel.top + r), panel.top + panel.height - r)
  else x = Math.min(Math.max(x, panel.left + r), panel.left + panel.width - r)
  const at = (angle, size) => [x + size * Math.cos(turn + angle), y + size * Math.sin(turn + angle)]
  const back = [x - r * 0.9 * Math.cos(turn), y - r * 0.9 * Math.sin(turn)]
  const move = ([a, b]) => [a + back[0] - x, b + back[1] - y]
  pen.shape([at(0, r * 0.9), at(2.35, r), at(-2.35, r)].map(move), { fill: colour, colour: halo, width: 3 })
}

// What the stage looks like. Every function takes a pen, so that canvas, PNG and SVG are one drawing.

const here = new URL(import.meta.url).search // the version: an upgrade must not meet old modules in a browser's cache
const g = await import(`./geometry.js${here}`)

const TAIL = 32 // steps of the bright tail
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

function star(x, y, r) {
  return Array.from({ length: 10 }, (_, i) => {
    const angle = -Math.PI / 2 + (Math.PI * i) / 5, size = i % 2 ? r * 0.45 : r
    return [x + size * Math.cos(angle), y + size * Math.sin(angle)]
  })
}

// ---- the ground: heights, iso-lines, special places, axes ------------------------------------------------------------

// Iso-lines of a map in data coordinates, and the scale of its colours: computed once per map.
export function survey(map) {
  const scale = g.scaleOf(map.values, map.log)
  const [ny, nx] = map.shape
  const [[x0, x1], [y0, y1]] = map.domain
  const lines = g.levels(scale).map((level) => ({
    ...level,
    lines: g.isolines(map.values, nx, ny, level.value).map(({ xs, ys, closed }) => ({
      closed,
      xs: Float64Array.from(xs, (u) => x0 + (u / (nx - 1)) * (x1 - x0)),
      ys: Float64Array.from(ys, (v) => y0 + (v / (ny - 1)) * (y1 - y0)),
    })),
  }))
  return { scale, lines }
}

// Heights seen through a window as a small canvas: older, coarser maps below, the newest on top, all in its colours.
export function picture(maps, scale, window, width, height, ground) {
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(width))
  canvas.height = Math.max(1, Math.round(height))
  const context = canvas.getContext("2d")
  const table = g.ramp(ground.heights)
  for (const map of maps) {
    const layer = new ImageData(g.heights(map, scale, window, canvas.width, canvas.height, table), canvas.width, canvas.height)
    if (map === maps[0]) context.putImageData(layer, 0, 0)
    else {
      const over = document.createElement("canvas")
      over.width = canvas.width
      over.height = canvas.height
      over.getContext("2d").putImageData(layer, 0, 0)
      context.drawImage(over, 0, 0)
    }
  }
  return canvas
}

export function drawGround(pen, stage, plan, panel, shot) {
  const { ground, font, window } = stage
  const { left, top, width, height } = panel
  pen.box(left, top, width, height, { fill: ground.outside })
  pen.image(shot, left, top, width, height)
  pen.clipped(left, top, width, height, () => {
    const labels = []
    stage.survey.lines.forEach(({ lines, label }, index) => {
      for (const { xs, ys } of lines) {
        const px = xs.map((x) => g.toX(panel, window, x)), py = ys.map((y) => g.toY(panel, window, y))
        pen.line(px, py, { colour: ground.contour, width: index % 2 ? 0.6 : 0.9, alpha: index % 2 ? 0.28 : 0.42 })
        const place = labelPlace(px, py, panel, pen.measure(label, { size: plan.font * 0.82, font }), labels, plan.font)
        if (place) labels.push({ ...place, label })
      }
    })
    for (const { x, y, turn, label } of labels) {
      pen.text(label, x, y, {
        size: plan.font * 0.82, font, colour: ground.contour, halo: ground.heights[1], haloWidth: 3, align: "center",
        base: "middle", turn, alpha: 0.95,
      })
    }
    const r = plan.font * (plan.panels.length > 1 ? 0.55 : 0.72)
    for (const [x, y] of stage.saddles) {
      const px = g.toX(panel, window, x), py = g.toY(panel, window, y)
      for (const [colour, w] of [[ground.halo, 5.5], [ground.saddle, 2.2]]) {
        pen.line([px - r * 0.75, px + r * 0.75, NaN, px - r * 0.75, px + r * 0.75],
          [py - r * 0.75, py + r * 0.75, NaN, py + r * 0.75, py - r * 0.75], { colour, width: w })
      }
    }
    for (const [x, y] of stage.minima) {
      pen.shape(star(g.toX(panel, window, x), g.toY(panel, window, y), r * 1.35), {
        fill: ground.minimum, colour: "#1b2733", width: 2,
      })
    }
  })
  pen.box(left, top, width, height, { colour: ground.ink, width: 1, alpha: 0.35 })
}

// A straight enough stretch of an iso-line, away from the rim and from other labels, for a label of some width.
function labelPlace(xs, ys, panel, width, taken, font) {
  const n = xs.length
  let best = null
  const stride = Math.max(1, Math.floor(n / 60))
  for (let i = 0; i < n; i += stride) {
    const x = xs[i], y = ys[i]
    const rim = Math.min(x - panel.left, panel.left + panel.width - x, y - panel.top, panel.top + panel.height - y)
    if (rim < width * 0.5 + font * 0.6) continue
    let a = i, b = i
    const half = width * 0.55 + 3
    while (a > 0 && Math.hypot(xs[a] - x, ys[a] - y) < half) a--
    while (b < n - 1 && Math.hypot(xs[b] - x, ys[b] - y) < half) b++
    const chord = Math.hypot(xs[b] - xs[a], ys[b] - ys[a])
    if (chord < width * 1.02) continue
    const sag = Math.abs((xs[b] - xs[a]) * (ys[a] - y) - (xs[a] - x) * (ys[b] - ys[a])) / chord
    const near = taken.some((t) => Math.hypot(t.x - x, t.y - y) < width + font * 2.2)
    if (near || sag > font * 0.45) continue
    const score = sag * 4 - Math.min(rim, 60) * 0.1
    if (!best || score < best.score) {
      let turn = Math.atan2(ys[b] - ys[a], xs[b] - xs[a])
      if (turn > 1.4) turn -= Math.PI // a steep line is read upwards, however it was traced
      if (turn < -1.75) turn += Math.PI
      best = { x, y, turn, score }
    }
  }
  return best
}

export function drawAxes(pen, stage, plan, panel) {
  const { ground, font, window, coordinates } = stage
  const { left, top, width, height } = panel
  const size = plan.font * 0.9
  const many = plan.panels.length > 1
  const across = g.ticks(...window[0], Math.max(2, width / (plan.font * 6)))
  const up = g.ticks(...window[1], Math.max(2, height / (plan.font * 4.5)))
  const words = { size, font, colour: ground.ink, alpha: 0.8 }
  const tick = (xs, ys) => pen.line(xs, ys, { colour: ground.ink, alpha: 0.5, width: 1 })
  for (const x of across.values) {
    const px = g.toX(panel, window, x)
    tick([px, px], [top + height, top + height + 4])
    if (panel.last) pen.text(g.byStep(x, across.step), px, top + height + size * 0.55 + 3, { ...words, align: "center", base: "top" })
  }
  for (const y of up.values) {
    const py = g.toY(panel, window, y)
    tick([left - 4, left], [py, py])
    if (panel.first) pen.text(g.byStep(y, up.step), left - 7, py, { ...words, align: "right", base: "middle" })
  }
  const name = { ...words, size: plan.font, weight: 600, alpha: 1 }
  if (panel.last) pen.text(coordinates[0], left + width, top + height + plan.font * 2.55, { ...name, align: "right" })
  if (panel.first) pen.text(coordinates[1], left - 7, top - plan.font * (many ? 0.55 : 0.85), { ...name, align: "right" })
}

export function drawBar(pen, stage, plan) {
  const { ground, font, survey } = stage
  const { vertical, left, top, length, thick } = plan.bar
  const strips = 96
  const table = g.ramp(ground.heights)
  for (let i = 0; i < strips; i++) {
    const c = 3 * Math.round((i / (strips - 1)) * 255)
    const fill = `rgb(${table[c]},${table[c + 1]},${table[c + 2]})`
    const at = (i / strips) * length, size = length / strips + 0.6
    if (vertical) pen.box(left, top + length - at - length / strips, thick, size, { fill })
    else pen.box(left + at, top, size, thick, { fill })
  }
  pen.box(left, top, vertical ? thick : length, vertical ? length : thick, { colour: ground.ink, alpha: 0.35 })
  const size = plan.font * 0.85
  const words = { size, font, colour: ground.ink, alpha: 0.8 }
  let last = -Infinity
  for (const { value, label } of survey.lines) {
    const at = survey.scale.at(value) * length
    const room = vertical ? size * 1.35 : pen.measure(label, words) + size * 0.8
    const centre = at
    if (centre - last < room || at < 2 || at > length - 2) continue
    last = centre
    if (vertical) {
      pen.line([left + thick, left + thick + 4], [top + length - at, top + length - at], { colour: ground.ink, alpha: 0.5 })
      pen.text(label, left + thick + 7, top + length - at, { ...words, base: "middle" })
    } else {
      pen.line([left + at, left + at], [top + thick, top + thick + 4], { colour: ground.ink, alpha: 0.5 })
      pen.text(label, left + at, top + thick + 6, { ...words, align: "center", base: "top" })
    }
  }
  const name = { ...words, weight: 600, alpha: 1, size: plan.font }
  if (vertical) pen.text("loss", left, top - plan.font * 0.85, name)
  else pen.text("loss", left - 8, top + thick, { ...name, align: "right" })
}

// ---- runs -------------------------------------------------------------------------------------------------------------

// What happened to a run by a time, in words, or "": in full, or as short as it can be said.
export function fate(runner, time, home, brief = false) {
  const head = g.headAt(runner.path, time)
  if (!head) return runner.path.length ? "not finite from the start" : ""
  const left = g.leftAt(runner.path, time, home)
  const words = []
  if (left !== null) words.push(brief ? `left, step ${left}` : `left at step ${left}, loss ${g.short(runner.loss[left])}`)
  if (head.diverged !== null) words.push(brief ? `diverged, step ${head.diverged}` : `diverged at step ${head.diverged}`)
  return brief ? (words.at(-1) ?? "") : words.join("; ")
}

// One run in one panel: the whole path faint, the walked part strong, its last steps brightest.
export function drawPath(pen, stage, plan, runner, line, time, dim) {
  const { ground, mode } = stage
  const unit = Math.max(plan.font / 13, 0.85) // lines grow with the letters: a projector needs both
  const colour = runner.style[mode]
  const dash = DASHES[runner.style.dash]
  const { xs, ys, steps } = line
  if (!xs.length) return
  const fade = dim ? 0.3 : 1
  pen.line(xs, ys, { colour, width: 1.4 * unit, alpha: 0.32 * fade, dash })
  let to = 0
  while (to < steps.length && !(steps[to] > time)) to++
  const tip = tipOf(line, to, time)
  const cut = (from) => ({ xs: tip ? [...xs.slice(from, to), tip[0]] : xs.slice(from, to), ys: tip ? [...ys.slice(from, to), tip[1]] : ys.slice(from, to) })
  const walked = cut(0)
  if (walked.xs.length > 1) {
    pen.line(walked.xs, walked.ys, { colour: ground.halo, width: 4.6 * unit, alpha: 0.55 * fade })
    pen.line(walked.xs, walked.ys, { colour, width: 2 * unit, alpha: 0.85 * fade, dash })
  }
  if (time < stage.length) {
    let from = to
    for (const [back, width, alpha] of [[TAIL, 2.6, 0.5], [TAIL / 2, 3.1, 0.6], [TAIL / 4, 3.6, 0.8]]) {
      from = to
      while (from > 0 && !(steps[from - 1] < time - back)) from--
      const tail = cut(from)
      if (tail.xs.length > 1) pen.line(tail.xs, tail.ys, { colour, width: width * unit, alpha: alpha * fade })
    }
  }
}

// Where between two vertices a line is at a time, or null on a vertex, between pieces or at the end.
function tipOf({ xs, ys, steps }, to, time) {
  if (to === 0 || to >= steps.length || steps[to] !== steps[to] || steps[to - 1] !== steps[to - 1]) return null
  const t = (time - steps[to - 1]) / (steps[to] - steps[to - 1])
  return t > 0 ? [xs[to - 1] + t * (xs[to] - xs[to - 1]), ys[to - 1] + t * (ys[to] - ys[to - 1])] : null
}

export function drawHead(pen, stage, plan, panel, runner, time, dim) {
  const { ground, mode, window } = stage
  const head = g.headAt(runner.path, time)
  if (!head) return
  const px = g.toX(panel, window, head.x), py = g.toY(panel, window, head.y)
  const within = px >= panel.left && px <= panel.left + panel.width && py >= panel.top && py <= panel.top + panel.height
  if (!within) return
  const r = plan.font * (plan.panels.length > 1 ? 0.42 : 0.52)
  const style = { fill: runner.style[mode], colour: ground.halo, width: 3.5, alpha: dim ? 0.4 : 1 }
  marker(pen, runner.style.marker, px, py, r, style)
  if (head.diverged !== null) {
    const s = r * 1.7
    pen.line([px - s, px + s, NaN, px - s, px + s], [py - s, py + s, NaN, py + s, py - s], { colour: runner.style[mode], width: 2.4 })
  }
}

// Badges of runs that are out of sight or have diverged; each points to where its run left, none covers another.
export function drawBadges(pen, stage, plan, panel, runners, time) {
  const { ground, mode, window, home, font } = stage
  const many = plan.panels.length > 1
  const size = plan.font * 0.92
  const badges = []
  for (const runner of runners) {
    const head = g.headAt(runner.path, time)
    if (!head) continue
    const out = g.exitPoint(runner.path, time, window)
    const words = fate(runner, time, home)
    if (!out && !(head.diverged !== null)) continue
    const [x, y] = out ?? [head.x, head.y]
    badges.push({ runner, px: g.toX(panel, window, x), py: g.toY(panel, window, y), out: !!out, words })
  }
  const tall = size * 1.75, reach = plan.font * 1.6
  const [right, bottom] = [panel.left + panel.width, panel.top + panel.height]
  for (const { runner, px, py, out } of badges) if (out) arrow(pen, panel, px, py, plan.font * 0.75, runner.style[mode], ground.halo)
  if (many) return // the panel's heading says it
  const placed = badges.filter(({ out }) => out).map(({ px, py }) => ({ x: px - reach / 2, y: py - reach / 2, w: reach, h: reach })) // the arrows
  for (const { runner, px, py, words: told } of badges.sort((a, b) => a.py - b.py)) {
    const words = `${runner.label} ${told}`.trim() // without words it is only out of sight
    const w = Math.min(pen.measure(words, { size, font, weight: 600 }) + size * 2.5, panel.width - 8)
    const lean = px > (panel.left + right) / 2 ? px - w - reach : px + reach
    const x = Math.min(Math.max(lean, panel.left + 4), right - w - 4)
    const box = { x, y: Math.min(Math.max(py - tall / 2, panel.top + 4), bottom - tall - 4), w, h: tall }
    const hits = () => placed.some((p) => box.x < p.x + p.w && p.x < box.x + w && box.y < p.y + p.h + 3 && p.y < box.y + tall + 3)
    const down = py < (panel.top + bottom) / 2 ? 3 : -3
    while (hits() && box.y + down > panel.top && box.y + down < bottom - tall) box.y += down
    placed.push(box)
    pen.box(x, box.y, w, tall, { fill: ground.paper, colour: runner.style[mode], width: 2, radius: tall / 2, alpha: 0.94 })
    marker(pen, runner.style.marker, x + size, box.y + tall / 2, size * 0.38, { fill: runner.style[mode] })
    pen.text(words, x + size * 1.8, box.y + tall / 2 + 0.5, { size, font, colour: ground.ink, base: "middle", weight: 600 })
  }
}

function arrow(pen, panel, x, y, r, colour, halo) {
  const gaps = [x - panel.left, panel.left + panel.width - x, y - panel.top, panel.top + panel.height - y]
  const turn = [Math.PI, 0, -Math.PI / 2, Math.PI / 2][gaps.indexOf(Math.min(...gaps))]
  if (turn === 0 || turn === Math.PI) y = Math.min(Math.max(y, panel.top + r), panel.top + panel.height - r) // whole, also in a corner
  else x = Math.min(Math.max(x, panel.left + r), panel.left + panel.width - r)
  const at = (angle, size) => [x + size * Math.cos(turn + angle), y + size * Math.sin(turn + angle)]
  const back = [x - r * 0.9 * Math.cos(turn), y - r * 0.9 * Math.sin(turn)]
  const move = ([a, b]) => [a + back[0] - x, b + back[1] - y]
  pen.shape([at(0, r * 0.9), at(2.35, r), at(-2.35, r)].map(move), { fill: colour, colour: halo, width: 3 })
}

export function drawStart(pen, stage, plan, panel, { held, focused }) {
  const { ground, window, start } = stage
  const px = g.toX(panel, window, start[0]), py = g.toY(panel, window, start[1])
  const r = plan.font * (plan.panels.length > 1 ? 0.62 : 0.8) * (held ? 1.25 : 1)
  if (focused) pen.disc(px, py, r + 6, { colour: ground.ink, width: 2, alpha: 0.7 })
  pen.disc(px, py, r, { colour: ground.halo, width: 6 })
  pen.disc(px, py, r, { colour: ground.ink, width: 2.4 })
  if (!stage.live) return // the stage only plays: nothing says that the start can be moved
  const s = r * 1.75
  pen.line([px - s, px - r, NaN, px + r, px + s, NaN, px, px, NaN, px, px], [py, py, NaN, py, py, NaN, py - s, py - r, NaN, py + r, py + s], {
    colour: ground.ink, width: 2,
  })
  if (held) {
    const words = `${stage.coordinates[0]} ${g.short(start[0])}   ${stage.coordinates[1]} ${g.short(start[1])}`
    const size = plan.font
    const wide = pen.measure(words, { size, font: stage.font, weight: 600 }) + size * 1.2
    const x = Math.min(Math.max(px - wide / 2, panel.left + 2), panel.left + panel.width - wide - 2)
    const y = py - r * 2.2 - size * 1.9 > panel.top ? py - r * 2.2 - size * 1.7 : py + r * 2.2
    pen.box(x, y, wide, size * 1.7, { fill: ground.ink, radius: size * 0.4, alpha: 0.92 })
    pen.text(words, x + wide / 2, y + size * 0.88, { size, font: stage.font, weight: 600, colour: ground.paper, align: "center", base: "middle" })
  }
}

// ---- the whole picture --------------------------------------------------------------------------------------------------

// Everything under the runs. In many panels the heights are computed once.
export function drawBackdrop(pen, stage, plan, density = 1) {
  const first = plan.panels[0]
  const shot = picture(stage.maps, stage.survey.scale, stage.window, first.width * density, first.height * density, stage.ground)
  for (const panel of plan.panels) {
    drawGround(pen, stage, plan, panel, shot)
    drawAxes(pen, stage, plan, panel)
  }
  drawBar(pen, stage, plan)
}

// Everything that moves. `lines[panel][runner]` are projected paths.
export function drawRuns(pen, stage, plan, lines, time, { held = false, focused = false, marked = null, handle = true } = {}) {
  plan.panels.forEach((panel, index) => {
    const cast = plan.panels.length > 1 ? [stage.runners[index]] : stage.runners
    pen.clipped(panel.left, panel.top, panel.width, panel.height, () => {
      const order = cast.map((runner, i) => [runner, i]).filter(([runner]) => !runner.disabled)
      order.sort(([a], [b]) => (a.label === marked ? 1 : 0) - (b.label === marked ? 1 : 0))
      const dim = (runner) => plan.panels.length === 1 && marked !== null && runner.label !== marked
      for (const [runner, i] of order) drawPath(pen, stage, plan, runner, lines[plan.panels.length > 1 ? index : i], time, dim(runner))
      if (handle) drawStart(pen, stage, plan, panel, { held, focused })
      for (const [runner] of order) drawHead(pen, stage, plan, panel, runner, time, dim(runner))
      drawBadges(pen, stage, plan, panel, order.map(([runner]) => runner), time)
    })
    if (plan.panels.length > 1) drawHeading(pen, stage, plan, panel, cast[0], time)
  })
}

function drawHeading(pen, stage, plan, panel, runner, time) {
  const { ground, mode, font } = stage
  const size = plan.font, y = panel.top - plan.head / 2
  const x = panel.left + size * 0.7
  marker(pen, runner.style.marker, x, y, size * 0.42, { fill: runner.style[mode], alpha: runner.disabled ? 0.4 : 1 })
  const words = runner.label
  pen.text(words, x + size, y + 0.5, { size, font, weight: 600, colour: ground.ink, base: "middle", alpha: runner.disabled ? 0.6 : 1 })
  const head = g.headAt(runner.path, time)
  const room = panel.width - size * 1.6 - pen.measure(words, { size, font, weight: 600 })
  const small = size * 0.88
  const loss = head ? g.short(runner.loss[head.step]) : ""
  const told = runner.disabled ? ["cannot run here"] : [fate(runner, time, stage.home) || loss, fate(runner, time, stage.home, true) || loss]
  const said = told.find((text) => pen.measure(text, { size: small, font }) <= room) ?? ""
  pen.text(said, panel.left + panel.width, y + 0.5, { size: small, font, colour: ground.ink, align: "right", base: "middle", alpha: 0.85 })
}

// The exported figure: title, the stage, and a legend with every runner's learning rate, loss and fate.
export function poster(stage, plan, ruler) {
  const size = plan.font
  const columns = plan.width >= 560 ? 2 : 1
  const rows = Math.ceil(stage.runners.length / columns)
  const title = size * 3, foot = rows * size * 1.9 + size * 2.6
  return {
    width: plan.width,
    height: plan.height + title + foot,
    draw(pen, lines, time, density) {
      const { ground, font, mode } = stage
      const paint = (at, draw) => shifted(pen, at, draw)
      pen.box(0, 0, plan.width, plan.height + title + foot, { fill: ground.paper })
      pen.text(stage.title, size, size * 1.9, { size: size * 1.35, font, weight: 700, colour: ground.ink })
      paint(title, (moved) => {
        drawBackdrop(moved, stage, plan, density)
        drawRuns(moved, stage, plan, lines, time)
      })
      stage.runners.forEach((runner, i) => {
        const x = size + (i % columns) * ((plan.width - 2 * size) / columns)
        const y = title + plan.height + size * 1.2 + Math.floor(i / columns) * size * 1.9
        const alpha = runner.disabled ? 0.6 : 1
        pen.line([x, x + size * 2], [y, y], { colour: runner.style[mode], width: 2.4, dash: DASHES[runner.style.dash], alpha })
        marker(pen, runner.style.marker, x + size, y, size * 0.42, { fill: runner.style[mode], colour: ground.paper, width: 2, alpha })
        const head = g.headAt(runner.path, time)
        const words = runner.disabled
          ? `${runner.label}: cannot run here`
          : `${runner.label}, lr ${g.short(runner.lr)}, ` +
            (fate(runner, time, stage.home) || (head ? `loss ${g.short(runner.loss[head.step])}` : "no finite point"))
        pen.text(words, x + size * 2.7, y + 0.5, { size: size * 0.95, font, colour: ground.ink, base: "middle", alpha })
      })
      const under = [`step ${Math.floor(time)} of ${stage.length}`, stage.note].filter(Boolean).join("  ·  ")
      pen.text(under, size, title + plan.height + foot - size * 0.7, { size: size * 0.85, font, colour: ground.ink, alpha: 0.75 })
    },
  }
}

function shifted(pen, down, draw) {
  if (pen.context) {
    pen.context.save()
    pen.context.translate(0, down)
    draw(pen)
    pen.context.restore()
  } else {
    pen.parts.push(`<g transform="translate(0 ${down})">`)
    draw(pen)
    pen.parts.push("</g>")
  }
}

// What moves: paths, heads, badges of runs that left, and the start.

import * as g from "./geometry.js"
import * as marks from "./marks.js"
import { short } from "./numbers.js"
import { standing } from "./ground.js"

const TAIL = 32 // steps of the bright tail

// What happened to a run by a time, in words, or "": in full, or as short as it can be said.
export function fate(runner, time, home, brief = false) {
  const head = g.headAt(runner.path, time)
  if (!head) return runner.path.length ? "not finite from the start" : ""
  const left = g.leftAt(runner.path, time, home)
  const words = [], at = (k) => `step ${g.stepAt(runner, k)}`
  if (left !== null) words.push(brief ? `left, ${at(left)}` : `left at ${at(left)}, loss ${short(runner.loss[left])}`)
  if (head.diverged !== null) words.push(brief ? `diverged, ${at(head.diverged)}` : `diverged at ${at(head.diverged)}`)
  return brief ? (words.at(-1) ?? "") : words.join("; ")
}

const CROWD = 16 // of more runs than this the paths go without rims: they would be most of the picture, and of the work

// lines grow with the letters: a projector needs both
const unitOf = (plan) => Math.max(plan.font / 13, 0.85)

// The whole path of a run, faint: where it will go. It does not change while the race plays.
export function drawCourse(pen, stage, plan, runner, line, dim) {
  if (!line.xs.length) return
  const dash = marks.DASHES[runner.style.dash]
  pen.line(line.xs, line.ys, { colour: runner.style[stage.mode], width: 1.4 * unitOf(plan), alpha: dim ? 0.1 : 0.32, dash })
}

// The walked part of a run, its last steps brightest.
export function drawPath(pen, stage, plan, runner, line, time, dim) {
  const { ground, mode } = stage
  const unit = unitOf(plan)
  const colour = runner.style[mode]
  const dash = marks.DASHES[runner.style.dash]
  const { xs, ys, steps } = line
  const fade = dim ? 0.3 : 1
  if (line.slow) drawSlow(pen, line.slow, time, { colour, halo: ground.halo, unit, fade })
  if (!xs.length) return
  const to = reached(steps, time)
  const tip = tipOf(line, to, time)
  const crowd = stage.runners.length > CROWD && plan.panels.length === 1
  if (to > 1 || tip) {
    if (!crowd) pen.line(xs, ys, { colour: ground.halo, width: 4.6 * unit, alpha: 0.55 * fade, to, tip })
    pen.line(xs, ys, { colour, width: (crowd ? 1.5 : 2) * unit, alpha: 0.85 * fade, dash, to, tip })
  }
  if (time < stage.length) {
    const tails = [[TAIL, 2.6, 0.5], [TAIL / 2, 3.1, 0.6], [TAIL / 4, 3.6, 0.8]]
    for (const [back, width, alpha] of crowd ? tails.slice(1, 2) : tails) {
      let from = to
      while (from > 0 && !(steps[from - 1] < time - back)) from--
      if (to - from > 1 || tip) pen.line(xs, ys, { colour, width: width * unit, alpha: alpha * fade, from, to, tip })
    }
  }
  if (stage.dim === 1) { // on a curve every step is a place of its own
    for (let i = Math.max(reached(steps, time - TAIL), 0); i < to; i++) {
      if (Number.isInteger(steps[i])) pen.disc(xs[i], ys[i], 2.2 * unit, { fill: colour, alpha: 0.9 * fade })
    }
  }
}

// The weights that follow slowly (Lookahead): a thick band below the fast ones, and a ring where they are.
function drawSlow(pen, { xs, ys, steps }, time, { colour, halo, unit, fade }) {
  if (!xs.length) return
  const to = reached(steps, time)
  pen.line(xs, ys, { colour, width: 7 * unit, alpha: 0.14 * fade })
  pen.line(xs, ys, { colour, width: 7 * unit, alpha: 0.38 * fade, to })
  if (to > 0 && xs[to - 1] === xs[to - 1]) {
    pen.disc(xs[to - 1], ys[to - 1], 7 * unit, { colour: halo, width: 5, alpha: fade })
    pen.disc(xs[to - 1], ys[to - 1], 7 * unit, { colour, width: 2.4, alpha: fade })
  }
}

// How many vertices of a projected path have been passed by a time: steps rise, NaN stands between pieces.
function reached(steps, time) {
  let low = 0, high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    const step = steps[middle] === steps[middle] ? steps[middle] : steps[middle + 1] // two NaN never stand together
    if (step > time) high = middle
    else low = middle + 1
  }
  return low
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
  marks.marker(pen, runner.style.marker, px, py, r, style)
  if (head.diverged !== null) {
    const s = r * 1.7
    pen.line([px - s, px + s, NaN, px - s, px + s], [py - s, py + s, NaN, py + s, py - s], { colour: runner.style[mode], width: 2.4 })
  }
}

const MOST_BADGES = 7

// Badges of runs that are out of sight or have diverged; each points to where its run left, none covers another.
export function drawBadges(pen, stage, plan, panel, cast, time) {
  const { ground, mode, window, bounds, font } = stage
  const size = plan.font * 0.92
  const badges = []
  for (const runner of cast) {
    const head = g.headAt(runner.path, time)
    if (!head) continue
    const out = g.exitPoint(runner.path, time, window)
    if (!out && !(head.diverged !== null)) continue
    const [x, y] = out ?? [head.x, head.y]
    badges.push({ runner, px: g.toX(panel, window, x), py: g.toY(panel, window, y), out: !!out })
  }
  const tall = size * 1.75, space = plan.font * 1.6
  const [right, bottom] = [panel.left + panel.width, panel.top + panel.height]
  for (const { runner, px, py, out } of badges) if (out) marks.edgeArrow(pen, panel, px, py, plan.font * 0.75, runner.style[mode], ground.halo)
  if (plan.panels.length > 1) return // the panel's heading says it
  const placed = badges.filter(({ out }) => out).map(({ px, py }) => ({ x: px - space / 2, y: py - space / 2, w: space, h: space })) // the arrows
  const style = { size, font, weight: 600 }
  const room = panel.width - 8
  const put = (told, px, py, runner) => {
    const wide = (text) => pen.measure(text, style) + size * (runner ? 2.5 : 1.6)
    const words = told.find((text) => wide(text) <= room) ?? told.at(-1)
    const w = Math.min(wide(words), room)
    const lean = px > (panel.left + right) / 2 ? px - w - space : px + space
    const x = Math.min(Math.max(lean, panel.left + 4), right - w - 4)
    const box = { x, y: Math.min(Math.max(py - tall / 2, panel.top + 4), bottom - tall - 4), w, h: tall }
    const hits = () => placed.some((p) => box.x < p.x + p.w && p.x < box.x + w && box.y < p.y + p.h + 3 && p.y < box.y + tall + 3)
    const down = py < (panel.top + bottom) / 2 ? 3 : -3
    while (hits() && box.y + down > panel.top && box.y + down < bottom - tall) box.y += down
    placed.push(box)
    const rim = runner ? runner.style[mode] : ground.ink
    pen.box(x, box.y, w, tall, { fill: ground.paper, colour: rim, width: 2, radius: tall / 2, alpha: 0.94 })
    if (runner) marks.marker(pen, runner.style.marker, x + size, box.y + tall / 2, size * 0.38, { fill: rim })
    pen.text(words, x + size * (runner ? 1.8 : 0.8), box.y + tall / 2 + 0.5, { ...style, colour: ground.ink, base: "middle" })
  }
  const shown = badges.length > MOST_BADGES ? badges.slice(0, MOST_BADGES - 1) : badges
  for (const { runner, px, py } of shown.sort((a, b) => a.py - b.py)) {
    const told = [fate(runner, time, bounds), fate(runner, time, bounds, true)] // without words it is only out of sight
    put([...told.map((text) => `${runner.label} ${text}`.trim()), runner.label], px, py, runner)
  }
  if (shown.length < badges.length) put([`and ${badges.length - shown.length} more`], right, bottom, null)
}

export function drawStart(pen, stage, plan, panel, { held, focused }) {
  const { ground, window, start, coordinates, font } = stage
  const [x, y] = standing(stage, start)
  const px = g.toX(panel, window, x), py = g.toY(panel, window, y)
  if (!Number.isFinite(py)) return
  const r = plan.font * (plan.panels.length > 1 ? 0.62 : 0.8) * (held ? 1.25 : 1)
  if (focused) pen.disc(px, py, r + 6, { colour: ground.ink, width: 2, alpha: 0.7 })
  pen.disc(px, py, r, { colour: ground.halo, width: 6 })
  pen.disc(px, py, r, { colour: ground.ink, width: 2.4 })
  if (!stage.live) return // the stage only plays: nothing says that the start can be moved
  const s = r * 1.75
  const across = [px - s, px - r, NaN, px + r, px + s], up = [py - s, py - r, NaN, py + r, py + s]
  const flat = across.map(() => py), upright = up.map(() => px)
  if (stage.dim === 1) pen.line(across, flat, { colour: ground.ink, width: 2 })
  else pen.line([...across, NaN, ...upright], [...flat, NaN, ...up], { colour: ground.ink, width: 2 })
  if (!held) return
  const words = stage.dim === 1 ? `${coordinates[0]} ${short(x)}   loss ≈ ${short(y)}` : `${coordinates[0]} ${short(x)}   ${coordinates[1]} ${short(y)}`
  const size = plan.font
  const wide = pen.measure(words, { size, font, weight: 600 }) + size * 1.2
  const left = Math.min(Math.max(px - wide / 2, panel.left + 2), panel.left + panel.width - wide - 2)
  const top = py - r * 2.2 - size * 1.9 > panel.top ? py - r * 2.2 - size * 1.7 : py + r * 2.2
  pen.box(left, top, wide, size * 1.7, { fill: ground.ink, radius: size * 0.4, alpha: 0.92 })
  pen.text(words, left + wide / 2, top + size * 0.88, { size, font, weight: 600, colour: ground.paper, align: "center", base: "middle" })
}

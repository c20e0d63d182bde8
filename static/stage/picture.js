// The whole picture: what stands, what moves, and the exported figure with its legend.

import * as curve from "./curve.js"
import * as g from "./geometry.js"
import * as marks from "./marks.js"
import * as backdrop from "./ground.js"
import * as overlays from "./overlays.js"
import * as runs from "./runs.js"
import { short } from "./numbers.js"

// Everything under the runs. In many panels the heights are computed once.
export function drawBackdrop(pen, stage, plan, density = 1) {
  const { width, height } = plan.panels[0]
  const shot = stage.dim === 1
    ? null : backdrop.picture(stage.maps, stage.survey.scale, stage.window, width * density, height * density, stage.ground)
  for (const panel of plan.panels) {
    backdrop.drawGround(pen, stage, plan, panel, shot)
    backdrop.drawAxes(pen, stage, plan, panel)
  }
  if (plan.bar) backdrop.drawBar(pen, stage, plan)
}

// Paths as they are seen in a plan: lines[panel][runner], each with its slow weights' own.
export function project(stage, plan) {
  const { runners, window, dim, maps } = stage
  const seen = (runner, panel) => {
    const line = g.projected(runner.path, window, panel)
    if (!runner.slow) return line
    const slow = dim === 1 ? curve.raised(runner.slow, runner.slow.map((x) => curve.lossAt(maps, x))) : runner.slow
    return { ...line, slow: g.projected(slow, window, panel) }
  }
  const many = plan.panels.length > 1
  return plan.panels.map((panel, i) => (many ? [seen(runners[i], panel)] : runners.map((runner) => seen(runner, panel))))
}

// The faint courses of all runs: they stand still while the race plays, and are hidden below the paths at its end.
export function drawCourses(pen, stage, plan, lines, marked = null) {
  const many = plan.panels.length > 1
  plan.panels.forEach((panel, index) => pen.clipped(panel.left, panel.top, panel.width, panel.height, () => {
    for (const [i, line] of lines[index].entries()) {
      const runner = stage.runners[many ? index : i]
      if (!runner.disabled) runs.drawCourse(pen, stage, plan, runner, line, !many && marked !== null && i !== marked)
    }
  }))
}

// Everything that moves, over projected paths. `marked` is the index of the runner that the legend points out.
export function drawRuns(pen, stage, plan, lines, time, { held = false, focused = false, marked = null, handle = true } = {}) {
  const many = plan.panels.length > 1
  const { runners, chosen } = stage
  plan.panels.forEach((panel, index) => {
    const cast = (many ? [index] : [...runners.keys()]).filter((i) => runners[i] && !runners[i].disabled)
    const before = (i) => (i === marked ? 2 : i === chosen ? 1 : 0) // what is pointed out lies on top
    cast.sort((a, b) => before(a) - before(b))
    const dim = (i) => !many && marked !== null && i !== marked
    const members = cast.map((i) => runners[i])
    const first = [...cast].reverse().map((i) => runners[i])
    const inside = (rim, draw) => pen.clipped(panel.left - rim, panel.top - rim, panel.width + 2 * rim, panel.height + 2 * rim, draw)
    const rim = Math.round(plan.font * 0.8) // a head on the edge of the map is seen whole
    inside(0, () => {
      const drawing = chosen !== null && runners[chosen]?.drawn ? members.filter((runner) => runner === runners[chosen]) : members
      overlays.drawDrawn(pen, stage, plan, panel, drawing, time)
      for (const i of cast) runs.drawPath(pen, stage, plan, runners[i], lines[index][many ? 0 : i], time, dim(i))
      if (handle) runs.drawStart(pen, stage, plan, panel, { held, focused })
      if (stage.dim === 1) {
        const looked = marked ?? chosen
        for (const i of cast) {
          if (!dim(i)) overlays.drawCurvature(pen, stage, plan, panel, runners[i], time, many || looked === null || i === looked)
        }
      }
    })
    inside(rim, () => { for (const i of cast) runs.drawHead(pen, stage, plan, panel, runners[i], time, dim(i)) })
    if (cast.includes(chosen) && stage.overlay) {
      inside(0, () => overlays.drawOverlay(pen, stage, plan, panel, time))
      inside(rim, () => runs.drawHead(pen, stage, plan, panel, runners[chosen], time, dim(chosen)))
    }
    inside(0, () => runs.drawBadges(pen, stage, plan, panel, first, time))
    if (many) drawHeading(pen, stage, plan, panel, runners[index], time)
  })
}

function drawHeading(pen, stage, plan, panel, runner, time) {
  const { ground, mode, font } = stage
  const size = plan.font, y = panel.top - plan.head / 2
  const x = panel.left + size * 0.7
  marks.marker(pen, runner.style.marker, x, y, size * 0.42, { fill: runner.style[mode], alpha: runner.disabled ? 0.4 : 1 })
  const words = runner.label
  pen.text(words, x + size, y + 0.5, { size, font, weight: 600, colour: ground.ink, base: "middle", alpha: runner.disabled ? 0.6 : 1 })
  const head = g.headAt(runner.path, time)
  const room = panel.width - size * 1.6 - pen.measure(words, { size, font, weight: 600 })
  const small = size * 0.88
  const loss = head ? short(runner.loss[head.step]) : ""
  const told = runner.disabled ? ["cannot run here"] : [runs.fate(runner, time, stage.bounds) || loss, runs.fate(runner, time, stage.bounds, true) || loss]
  const said = told.find((text) => pen.measure(text, { size: small, font }) <= room) ?? ""
  pen.text(said, panel.left + panel.width, y + 0.5, { size: small, font, colour: ground.ink, align: "right", base: "middle", alpha: 0.85 })
}

// The exported figure: title, the stage, and a legend with every runner's learning rate, loss and fate. What stands and what
// moves are drawn apart, so that a film paints the ground once.
export function poster(stage, plan, ruler) {
  const { font, mode } = stage
  const size = plan.font
  const columns = plan.width < 560 ? 1 : stage.runners.length > 16 && plan.width >= size * 60 ? 3 : 2
  const rows = Math.ceil(stage.runners.length / columns), wide = (plan.width - 2 * size) / columns
  const heading = { size: size * 1.35, font, weight: 700 }, small = { size: size * 0.85, font }
  const broken = (words, style) => wrapped(words, plan.width - 2 * size, (text) => ruler.measure(text, style))
  const under = (step) => broken([`step ${[step, stage.length].map((k) => g.stepAt(stage, k)).join(" of ")}`, stage.note].filter(Boolean).join("  ·  "), small)
  const headed = broken(stage.title, heading)
  const title = size * (3 + 1.7 * (headed.length - 1))
  const foot = rows * size * 1.9 + size * (2.6 + 1.2 * (under(stage.length).length - 1))
  const height = plan.height + title + foot
  const entry = (pen, runner, i, time) => {
    const x = size + (i % columns) * wide
    const y = title + plan.height + size * 1.2 + Math.floor(i / columns) * size * 1.9
    const alpha = runner.disabled ? 0.6 : 1
    const words = { size: size * 0.95, font }
    pen.line([x, x + size * 2], [y, y], { colour: runner.style[mode], width: 2.4, dash: marks.DASHES[runner.style.dash], alpha })
    marks.marker(pen, runner.style.marker, x + size, y, size * 0.42, { fill: runner.style[mode], colour: stage.ground.paper, width: 2, alpha })
    const head = g.headAt(runner.path, time)
    const loss = head ? `loss ${short(runner.loss[head.step])}` : "no finite point"
    const rate = runner.lr === null ? "" : `, lr ${short(runner.lr)}`
    const told = runner.disabled
      ? [`${runner.label}: cannot run here`, runner.label]
      : [false, true].flatMap((brief) => {
        const state = runs.fate(runner, time, stage.bounds, brief) || loss
        return [`${runner.label}${rate}, ${state}`, `${runner.label}, ${state}`]
      })
    const said = told.find((text) => pen.measure(text, words) < wide - size * 3) ?? runner.label
    pen.text(said, x + size * 2.7, y + 0.5, { ...words, colour: stage.ground.ink, base: "middle", alpha })
  }
  return {
    width: plan.width,
    height,
    standing(pen, density) {
      pen.box(0, 0, plan.width, height, { fill: stage.ground.paper })
      headed.forEach((line, k) => pen.text(line, size, size * (1.9 + 1.7 * k), { ...heading, colour: stage.ground.ink }))
      pen.shifted(title, () => drawBackdrop(pen, stage, plan, density))
    },
    moving(pen, courses, time) {
      pen.shifted(title, () => {
        if (time < stage.length) drawCourses(pen, stage, plan, courses)
        drawRuns(pen, stage, plan, courses, time)
      })
      stage.runners.forEach((runner, i) => entry(pen, runner, i, time))
      const lines = under(Math.floor(time))
      lines.forEach((line, k) => pen.text(line, size, height - size * (0.7 + 1.2 * (lines.length - 1 - k)), { ...small, colour: stage.ground.ink, alpha: 0.75 }))
    },
  }
}

// Words in as few lines as they fill, none wider than `room` unless it is a single word; `measure` gives a text's width.
export function wrapped(words, room, measure) {
  const lines = []
  for (const word of words.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`
    if (lines.length && measure(longer) <= room) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map((line) => line.trim())
}

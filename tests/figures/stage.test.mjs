// The stage's pure functions, run by test_stage_js.py under Node.
import assert from "node:assert/strict"
import { test } from "node:test"

const at = (name) => new URL(`../../static/stage/${name}.js`, import.meta.url)
const parts = await Promise.all(["colours", "geometry", "heights", "layout", "numbers", "rates"].map((name) => import(at(name))))
const g = Object.assign({}, ...parts)
const [t, wire, pens, runs, curve, model, overlays, ground, { wrapped }] = await Promise.all(
  ["clock", "wire", "pens", "runs", "curve", "model", "overlays", "ground", "picture"].map((name) => import(at(name))),
)

const near = (a, b, gap = 1e-9) => assert.ok(Math.abs(a - b) <= gap, `${a} is not ${b}`)
const HOME = [[-1, 1], [-1, 1]]
const PANEL = { left: 10, top: 20, width: 200, height: 100 }

// A height map of f over [-1, 1]^2.
function map(f, n = 41, log = false, domain = HOME) {
  const values = new Float32Array(n * n)
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const [x, y] = [i, j].map((k, axis) => domain[axis][0] + (k / (n - 1)) * (domain[axis][1] - domain[axis][0]))
      values[j * n + i] = f(x, y)
    }
  }
  return { values, shape: [n, n], domain, log, key: "test" }
}

test("maps that are compared share the range of their colours, and a marked level has an iso-line", () => {
  const bowl = map((x, y) => x * x + y * y)
  const own = g.scaleOf(bowl.values, false), shared = g.scaleOf(bowl.values, false, [-2, 4])
  near(own.at(1), 0.5, 1e-6)
  near(shared.at(1), 0.5)
  near(shared.at(-2), 0)
  near(g.scaleOf(bowl.values, true, [0, 8]).at(8), 1)
  const { scale, lines } = ground.survey({ ...bowl, range: [-2, 4], level: { value: 0.25, label: "chance 0.25" } })
  near(scale.low, -2)
  const [marked] = lines.filter((line) => line.marked)
  assert.equal(marked.label, "chance 0.25")
  for (const { xs, ys } of marked.lines) xs.forEach((x, i) => near(Math.hypot(x, ys[i]), 0.5, 0.01))
  assert.ok(marked.lines.length)
  assert.ok(!ground.survey(bowl).lines.some((line) => line.marked))
})

test("a map without a finite value has no levels, unless it shares the colours of one that has", () => {
  const empty = map(() => NaN)
  assert.deepEqual(ground.survey(empty).lines, [])
  assert.ok(ground.survey({ ...empty, range: [0, 1] }).lines.length)
})

test("numbers are short and keep their size", () => {
  const cases = [[0, "0"], [0.0031, "0.0031"], [12.44, "12.4"], [3.2e12, "3.2e12"], [-4e-7, "−4e−7"], [NaN, "not a number"],
    [Infinity, "∞"], [99999, "100000"], [1.234e308, "1.2e308"], [1e-3, "0.001"]]
  for (const [value, text] of cases) assert.equal(g.short(value), text)
})

test("tick labels differ and carry just the decimals that they need", () => {
  assert.deepEqual([0, 0.5, 1, -0.25].map((v) => g.byStep(v, 0.25)).slice(0, 3), ["0", "0.5", "1.0"])
  for (const [low, high] of [[-2, 2], [0, 1e-7], [1e6, 1.00001e6], [0.99999, 1.00001], [-1e12, 1e12]]) {
    const { values, step } = g.ticks(low, high, 6)
    const labels = values.map((v) => g.byStep(v, step))
    assert.ok(values.length >= 2 && values.length <= 14, `${values}`)
    assert.equal(new Set(labels).size, labels.length, `${labels}`)
    values.forEach((v, i) => { if (i) near(v - values[i - 1], step, step * 1e-3) })
    assert.ok(values[0] >= low - step * 1e-6 && values.at(-1) <= high + step * 1e-6)
  }
  assert.deepEqual(g.ticks(1, 1, 5).values, [])
})

test("iso-lines of a plane are straight and exact", () => {
  const { values } = map((x, y) => x + 2 * y, 21)
  const [line, ...more] = g.isolines(values, 21, 21, 0.31)
  assert.equal(more.length, 0)
  assert.equal(line.closed, false)
  line.xs.forEach((u, k) => near(-1 + u / 10 + 2 * (-1 + line.ys[k] / 10), 0.31, 1e-6))
})

test("iso-lines of a bowl are one closed ring at the right radius", () => {
  const { values } = map((x, y) => x * x + y * y, 81)
  const lines = g.isolines(values, 81, 81, 0.25)
  assert.equal(lines.length, 1)
  assert.ok(lines[0].closed && lines[0].xs[0] === lines[0].xs.at(-1))
  lines[0].xs.forEach((u, k) => near(Math.hypot(-1 + u / 40, -1 + lines[0].ys[k] / 40), 0.5, 2e-3))
})

test("in a saddle cell the mean of the corners says which corners are joined", () => {
  const values = Float32Array.from([1, 0, 0, 1]) // high at (0, 0) and (1, 1), mean 0.5
  const sides = (level, side) => g.isolines(values, 2, 2, level).map(({ xs, ys }) => {
    assert.equal(xs.length, 2)
    return xs.map((x, k) => Math.sign(side(x, ys[k])))
  }).sort()
  assert.deepEqual(sides(0.4, (x, y) => x - y), [[-1, -1], [1, 1]]) // the high corners are joined between the lines
  assert.deepEqual(sides(0.6, (x, y) => x + y - 1), [[-1, -1], [1, 1]]) // each high corner is cut off alone
})

test("cells that are not finite are left out of iso-lines and of the picture", () => {
  const hole = map((x, y) => (x > 0.5 ? NaN : x), 21)
  for (const { xs } of g.isolines(hole.values, 21, 21, 0.2)) assert.ok(xs.every((u) => u <= 15))
  const pixels = g.heights(hole, g.scaleOf(hole.values, false), HOME, 20, 4, g.ramp(["#000000", "#ffffff"]))
  assert.equal(pixels[4 * 19 + 3], 0)
  assert.equal(pixels[4 * 2 + 3], 255)
})

test("colours follow the height, from the first colour to the last", () => {
  for (const log of [false, true]) {
    const bowl = map((x, y) => 5 + x * x + y * y, 41, log)
    const scale = g.scaleOf(bowl.values, log)
    near(scale.at(scale.low), 0, 1e-6)
    near(scale.at(scale.high), 1, 1e-6)
    for (const v of [0.1, 0.5, 0.9]) near(scale.at(scale.inverse(v)), v, 1e-6)
    const pixels = g.heights(bowl, scale, HOME, 41, 41, g.ramp(["#000000", "#ffffff"]))
    const grey = (i, j) => pixels[4 * (j * 41 + i)]
    assert.ok(grey(20, 20) < grey(28, 20) && grey(28, 20) < grey(40, 20))
    assert.ok(grey(0, 0) > 235 && grey(20, 20) < (log ? 60 : 8))
  }
})

test("the picture is upright: row 0 of the map is at the bottom", () => {
  const up = map((x, y) => y, 11)
  const pixels = g.heights(up, g.scaleOf(up.values, false), HOME, 3, 30, g.ramp(["#000000", "#ffffff"]))
  assert.ok(pixels[0] > 240 && pixels[4 * 3 * 29] < 15)
})

test("levels are true losses inside the map, and on a log scale a few for each power of ten", () => {
  const linear = g.levels(g.scaleOf(map((x) => x * 7 - 3).values, false))
  assert.ok(linear.length >= 5 && linear.every(({ value }) => value > -10 && value < 4))
  const log = g.levels(g.scaleOf(map((x, y) => 100 * x * x + y * y, 41, true).values, true)).map(({ value }) => value)
  for (const wanted of [0.1, 1, 3, 10, 30, 100]) assert.ok(log.some((v) => Math.abs(v / wanted - 1) < 1e-9), `${wanted}`)
  const few = g.levels(g.scaleOf(Float32Array.from([0.07, 0.3, 1.9, 1]), true)).map(({ value }) => value)
  assert.ok(few.length >= 7 && few.every((v) => v > 0.07 && v < 1.9), `${few}`)
  const below = g.levels(g.scaleOf(map((x, y) => x * x + y * y - 50).values, true))
  assert.ok(below.length > 3 && below.every(({ value }) => value > -50 && value < -48))
  assert.equal(new Set(below.map(({ label }) => label)).size, below.length)
  assert.deepEqual(g.levels(g.scaleOf(new Float32Array(16).fill(3), true)).filter(({ value }) => value !== 3), [])
})

test("zoom keeps the place under the pointer, and stops where doubles end", () => {
  const closer = g.zoomed(HOME, 0.5, 0.3, -0.2)
  near(g.toX(PANEL, closer, 0.3), g.toX(PANEL, HOME, 0.3))
  near(g.toY(PANEL, closer, -0.2), g.toY(PANEL, HOME, -0.2))
  near(closer[0][1] - closer[0][0], 1)
  let window = [[0.5, 1.5], [0.5, 1.5]]
  for (let k = 0; k < 2000; k++) window = g.zoomed(window, 0.8, 1, 1)
  assert.ok(window[0][1] - window[0][0] > 1e-9)
  window = HOME
  for (let k = 0; k < 5000; k++) window = g.zoomed(window, 1.25, 0, 0)
  assert.ok(Number.isFinite(window[0][1] - window[0][0]))
})

test("pixels and places are each other's inverse, y upwards", () => {
  assert.equal(g.toX(PANEL, HOME, -1), 10)
  assert.equal(g.toY(PANEL, HOME, 1), 20)
  for (const v of [-0.7, 0.123, 1]) {
    near(g.fromX(PANEL, HOME, g.toX(PANEL, HOME, v)), v)
    near(g.fromY(PANEL, HOME, g.toY(PANEL, HOME, v)), v)
  }
})

test("clipping keeps what is inside, also of segments that end at 1e308", () => {
  assert.deepEqual(g.clip(-0.5, 0, 0.5, 0, HOME), [0, 1])
  assert.deepEqual(g.clip(-2, 0, 2, 0, HOME), [0.25, 0.75])
  assert.equal(g.clip(2, 2, 3, 2, HOME), null)
  assert.equal(g.clip(-3, 0, 0, 3, HOME), null) // passes the corner outside
  const far = g.clip(0, 0, 1.7e308, -1.7e308, HOME)
  assert.ok(far[0] === 0 && far[1] > 0 && far[1] < 1e-300)
  assert.equal(g.clip(1.7e308, 5, -1.7e308, 5, HOME), null)
  const through = g.clip(-1.7e308, 0, 1.7e308, 0, HOME)
  assert.ok(through !== null && through[0] <= 0.5 && through[1] >= 0.5)
})

test("a projected path has no pixel that is not finite, pieces where it was out of sight, and the steps of its vertices", () => {
  const path = Float64Array.from([0, 0, 0.5, 0.5, 4, 0.5, 0.5, 0, -1e300, 7, NaN, NaN, NaN, NaN])
  const { xs, ys, steps } = g.projected(path, HOME, PANEL)
  const lifts = [...xs].filter(Number.isNaN).length
  assert.equal(lifts, 1)
  assert.ok([...xs].every((x) => Number.isNaN(x) || (x > -20 && x < 240)))
  assert.ok([...ys].every((y, k) => Number.isNaN(y) === Number.isNaN(xs[k])))
  const kept = [...steps].filter((s) => !Number.isNaN(s))
  assert.ok(kept.every((s, k) => k === 0 || s >= kept[k - 1]))
  assert.equal(kept[0], 0)
  assert.ok(kept.at(-1) >= 3 && kept.at(-1) < 4)
})

test("a long path that stands still becomes few vertices, and its end is kept", () => {
  const path = new Float64Array(20002)
  for (let k = 0; k <= 10000; k++) { path[2 * k] = 0.9 ** k; path[2 * k + 1] = 0 }
  const { xs, steps } = g.projected(path, HOME, PANEL)
  assert.ok(xs.length < 100)
  assert.equal(steps.at(-1), 10000)
  near(xs.at(-1), 110, 0.01)
})

test("a head moves along its segments, and stays at its last finite place when its run diverges", () => {
  const path = Float64Array.from([0, 0, 1, 2, 3, 4, NaN, NaN, NaN, NaN])
  assert.deepEqual(g.headAt(path, 0.5), { x: 0.5, y: 1, step: 0, diverged: null })
  assert.deepEqual(g.headAt(path, 2.5), { x: 3, y: 4, step: 2, diverged: null })
  assert.deepEqual(g.headAt(path, 4), { x: 3, y: 4, step: 2, diverged: 3 })
  assert.equal(g.headAt(new Float64Array(0), 1), null)
  assert.equal(g.headAt(Float64Array.from([NaN, 0]), 0), null)
})

test("an excursion is told from the step that left, and ends when the run comes back", () => {
  const path = Float64Array.from([0, 0, 0.5, 0, 3, 0, 5, 0, 0.2, 0, -9, 0])
  assert.equal(g.leftAt(path, 1, HOME), null)
  assert.equal(g.leftAt(path, 1.1, HOME), null)
  assert.equal(g.leftAt(path, 1.5, HOME), 2) // already past the border, on the way to step 2
  assert.equal(g.leftAt(path, 3, HOME), 2)
  assert.equal(g.leftAt(path, 4, HOME), null)
  assert.equal(g.leftAt(path, 5, HOME), 5)
  const [x, y] = g.exitPoint(path, 3, HOME)
  near(x, 1)
  near(y, 0)
  near(g.exitPoint(path, 5, HOME)[0], -1)
  assert.equal(g.exitPoint(path, 0, HOME), null)
  assert.deepEqual(g.exitPoint(Float64Array.from([7, 0.5]), 0, HOME), [1, 0.5]) // a start that is out of sight
})

test("a run's fate in words has the step and the true loss", () => {
  const runner = { path: Float64Array.from([0, 0, 5, 0, 1e200, 0, NaN, NaN]), loss: Float64Array.from([1, 3.2e12, 1e300, NaN]) }
  assert.equal(runs.fate(runner, 0, HOME), "")
  assert.equal(runs.fate(runner, 1, HOME), "left at step 1, loss 3.2e12")
  assert.equal(runs.fate(runner, 3, HOME), "left at step 1, loss 3.2e12; diverged at step 3")
  assert.equal(runs.fate(runner, 3, HOME, true), "diverged, step 3")
})

test("where only some steps were recorded, those are counted", () => {
  const steps = Int32Array.from([0, 20, 40, 45])
  const runner = { path: Float64Array.from([0, 0, 5, 0, 1e200, 0, NaN, NaN]), loss: Float64Array.from([1, 2, 1e300, NaN]), steps }
  assert.equal(runs.fate(runner, 3, HOME), "left at step 20, loss 2; diverged at step 45")
  assert.deepEqual([0, 3].map((k) => g.stepAt({ steps }, k)), [0, 45])
  assert.deepEqual([0, 3].map((k) => g.stepAt({ steps: null }, k)), [0, 3])
})

test("the vertex under a pointer is the nearest one in reach", () => {
  const runs = [{ path: Float64Array.from([0, 0, 0.5, 0.5]) }, { path: Float64Array.from([0.52, 0.5, NaN, NaN]) }]
  const [px, py] = [g.toX(PANEL, HOME, 0.515), g.toY(PANEL, HOME, 0.5)]
  assert.deepEqual(g.vertexNear(runs, HOME, PANEL, px, py, 8), { run: 1, step: 0 })
  assert.equal(g.vertexNear(runs, HOME, PANEL, px, py + 30, 8), null)
})

test("the learning-rate slider is logarithmic, and its zones meet at the limit and half of it", () => {
  const range = [1e-4, 1]
  near(g.rateToSlider(1e-2, range), 0.5)
  near(g.sliderToRate(0.5, range), 0.01)
  assert.equal(g.zones(0.004, 0.01, range).zone, "stable")
  assert.equal(g.zones(0.005, 0.01, range).zone, "stable") // where the steepest direction is solved in one step
  assert.equal(g.zones(0.00501, 0.01, range).zone, "edge")
  assert.equal(g.zones(0.01, 0.01, range).zone, "edge")
  assert.equal(g.zones(0.0101, 0.01, range).zone, "beyond")
  assert.equal(g.zones(5, null, range).zone, "unknown")
  assert.deepEqual(g.zones(5, Infinity, range), { zone: "stable", cuts: [1, 1] })
  const { cuts } = g.zones(1, 0.01, range)
  near(cuts[1], 0.5)
  near(cuts[0], g.rateToSlider(0.005, range))
})

test("layouts stay inside their width, with square scales, for every width and number of panels", () => {
  for (const width of [300, 360, 500, 700, 1000, 1600, 2400]) {
    for (const panels of [1, 2, 3, 6, 14]) {
      const plan = g.layout(width, [[-2, 2], [-1, 2]], panels, 650)
      assert.equal(plan.panels.length, panels)
      assert.ok(plan.equal)
      for (const p of plan.panels) {
        assert.ok(p.left >= 0 && p.left + p.width <= width && p.top + p.height <= plan.height, `${width} ${panels}`)
        near(p.width / p.height, 4 / 3, 0.05)
        assert.ok(panels > 6 || p.width >= 100, `${p.width} wide: ${panels} panels in ${width}`)
      }
      const [a, b] = plan.panels
      if (b) assert.ok(b.left >= a.left + a.width || b.top >= a.top + a.height)
    }
  }
  assert.equal(g.layout(700, [[-1, 1], [-100, 100]], 1, 650).equal, false)
})

test("dark and light grounds are told apart in every notation of a browser", () => {
  for (const dark of ["#0e1117", "rgb(14, 17, 23)", "rgba(14, 17, 23, 1)", "#111"]) assert.equal(g.isDark(dark), true, dark)
  for (const light of ["#ffffff", "rgb(255, 255, 255)", "#fff", "#f3f5f7", ""]) assert.equal(g.isDark(light), false, light)
})

// ---- time -------------------------------------------------------------------------------------------------------------

test("a clock plays at its rate, waits at the end and starts again", () => {
  let clock = { ...t.clock(100), playing: true }
  clock = t.advance(clock, 0.5, 20)
  near(clock.time, 10)
  near(t.advance({ ...clock, speed: 4 }, 0.5, 20).time, 50)
  clock = t.advance(clock, 60, 20)
  assert.equal(clock.time, 100)
  assert.equal(t.advance(clock, t.PAUSE_AT_END / 2, 20).time, 100)
  assert.equal(t.advance(clock, t.PAUSE_AT_END + 0.1, 20).time, 0)
  assert.equal(t.advance({ ...clock, loop: false }, 9, 20).playing, false)
  assert.equal(t.advance({ ...clock, playing: false, time: 3 }, 9, 20).time, 3)
  assert.equal(t.advance({ ...t.clock(0), playing: true }, 9, 20).time, 0)
})

test("steps by hand are whole, stop the play and stay on the scale", () => {
  const clock = { ...t.clock(10), playing: true, time: 3.4 }
  assert.deepEqual([t.stepped(clock, 1).time, t.stepped(clock, -1).time], [4, 3])
  assert.equal(t.stepped(clock, 1).playing, false)
  assert.equal(t.stepped({ ...clock, time: 10 }, 1).time, 10)
  assert.equal(t.stepped({ ...clock, time: 0 }, -1).time, 0)
  assert.equal(t.toggled({ ...clock, playing: false, time: 10 }).time, 0)
  assert.equal(t.toggled({ ...clock, playing: false, time: 4 }).time, 4)
  assert.equal(t.resized({ ...clock, time: 9 }, 5).time, 5)
})

// ---- events -------------------------------------------------------------------------------------------------------------

function outbox() {
  const sent = [], timers = new Map()
  let next = 1
  const box = new wire.Outbox((event) => sent.push(event), {
    patience: 1000, after: (f) => { timers.set(next, f); return next++ }, cancel: (id) => timers.delete(id),
  })
  return { box, sent, expire: () => [...timers.entries()].forEach(([id, f]) => { timers.delete(id); f() }) }
}

test("one event is in flight at a time, and the last position wins", () => {
  const { box, sent } = outbox()
  box.put({ start: [0, 0] }, "drag")
  for (let k = 1; k <= 50; k++) box.put({ start: [k, 0] }, "drag")
  assert.equal(sent.length, 1)
  box.answered(sent[0].seq)
  assert.equal(sent.length, 2)
  assert.deepEqual(sent[1], { seq: 2, phase: "drag", values: { start: [50, 0] } })
  box.put({ start: [51, 0] }, "drop")
  box.answered(2)
  assert.deepEqual(sent[2], { seq: 3, phase: "drop", values: { start: [51, 0] } })
  assert.ok(box.owns("start") && box.busy)
  box.answered(3)
  assert.ok(!box.owns("start") && !box.busy)
  assert.equal(sent.length, 3)
})

test("an old answer releases nothing, and a field is sent until an answer covers it", () => {
  const { box, sent } = outbox()
  box.put({ start: [1, 1] }, "drag")
  box.answered(0)
  box.put({ "lr:2": 0.1 }, "drag")
  assert.equal(sent.length, 1)
  box.answered(1)
  assert.deepEqual(sent[1].values, { "lr:2": 0.1 })
  box.put({ start: [2, 2] }, "drop")
  box.answered(1)
  assert.equal(sent.length, 2)
  box.answered(2)
  assert.deepEqual(sent[2].values, { start: [2, 2] })
})

test("an answer that never comes does not freeze the stage, and what it should have covered is sent again", () => {
  const { box, sent, expire } = outbox()
  box.put({ start: [1, 1] }, "drag")
  box.put({ "lr:0": 0.5 }, "drop")
  expire()
  assert.equal(sent.length, 2)
  assert.deepEqual(sent[1], { seq: 2, phase: "drop", values: { start: [1, 1], "lr:0": 0.5 } })
  box.answered(2)
  expire()
  assert.equal(sent.length, 2)
})

// ---- pens -----------------------------------------------------------------------------------------------------------------

test("SVG escapes what a title or a label may contain", () => {
  const pen = new pens.SvgPen(100, 50, null)
  pen.text(`<script>"&'\u0000`, 1, 2, { size: 10, colour: "#000", font: '"Source Sans", serif' })
  pen.line([0, 1, NaN, 3, 4], [0, 1, NaN, 3, 4], { colour: "#123456" })
  const svg = pen.finished("a < b & c", "d")
  assert.ok(svg.includes("&lt;script&gt;&quot;&amp;&#39;</text>") && svg.includes("a &lt; b &amp; c"))
  assert.ok(svg.includes('d="M0 0L1 1M3 3L4 4"'))
  assert.ok(!svg.includes("NaN") && !svg.includes("<script"))
})

test("the preconditioner's ellipse holds the steps that are as long to the method, the step made among them", () => {
  const window = [[-2, 2], [-1, 3]], panel = { left: 10, top: 20, width: 400, height: 300 }
  const place = [0.5, 1], p = [100, 4], step = [0.03, -0.2]
  const { xs, ys } = model.metricEllipse(place, p, step, window, panel)
  const long = (dx, dy) => dx * dx * p[0] + dy * dy * p[1]
  const whole = long(...step)
  xs.forEach((x, i) => {
    const dx = -2 + ((x - 10) / 400) * 4 - place[0], dy = 3 - ((ys[i] - 20) / 300) * 4 - place[1]
    assert.ok(Math.abs(long(dx, dy) / whole - 1) < 1e-9)
  })
  assert.ok(Math.max(...xs) - Math.min(...xs) < Math.max(...ys) - Math.min(...ys), "it is short where the divisor is large")
})

test("a pen is lifted where either coordinate is unknown", () => {
  const pen = new pens.SvgPen(10, 10)
  pen.line([0, 1, 1, 1, NaN, 3, 4], [0, 1, NaN, 2, 2, 3, 4], { colour: "#000" })
  assert.match(pen.finished("t", "w"), /d="M0 0L1 1M1 2M3 3L4 4"/)
})

test("an ellipse too small to be seen is stretched by a power of ten that is told", () => {
  const window = [[-1, 1], [-1, 1]], panel = { left: 0, top: 0, width: 400, height: 400 }
  const seen = (step) => {
    const runners = [{ path: Float64Array.of(0, 0, step, step), loss: Float64Array.of(1, 1) }]
    const overlay = { preconditioner: Float64Array.of(1, 4, 1, 4), arrows: [], gradient: null }
    const stage = { overlay, runners, chosen: 0, layers: new Set(["preconditioner"]), window }
    return [overlays.ellipseAt(stage, panel, 0), overlays.factorsAt(stage, panel, 0)]
  }
  const [large, none] = seen(0.2), [small, told] = seen(0.2e-4)
  assert.equal(large.factor, 1)
  assert.equal(none.size, 0)
  assert.equal(Math.log10(small.factor), Math.round(Math.log10(small.factor)))
  assert.equal(told.get("preconditioner"), `×${small.factor}`)
  const wide = (xs) => Math.max(...xs) - Math.min(...xs)
  near(wide(small.xs) * (1e4 / small.factor), wide(large.xs), 1e-6)
})

test("an answer to an older event leaves what was sent after it", () => {
  const sent = []
  const box = new wire.Outbox((event) => sent.push(event), { after: () => 0, cancel: () => {} })
  box.put({ start: [1, 2] }, "drag")
  box.answered(1)
  box.put({ start: [3, 4] }, "drag")
  box.answered(1)
  assert.ok(box.owns("start") && box.busy)
  box.answered(2)
  assert.ok(!box.owns("start") && !box.busy)
})

const line = { values: Float64Array.from({ length: 41 }, (_, i) => ((i - 20) / 10) ** 2), domain: [[-2, 2]], shape: [41] }

test("a loss along a curve is exact at its nodes, unknown beyond them, and the window follows it", () => {
  near(curve.lossAt([line], 1.5), 2.25)
  near(curve.lossAt([line], 0.05), 0.005) // half way between 0 and 0.01
  assert.ok(Number.isNaN(curve.lossAt([line], 2.1)))
  const [low, high] = curve.follow([line], [-1, 1])
  assert.ok(low < 0 && low > -0.2 && high > 1 && high < 1.2)
})

test("tangent, parabola and Newton's target are those of Taylor's formula", () => {
  const f = (x) => x ** 4 / 4 - x ** 2, slope = (x) => x ** 3 - 2 * x, bend = (x) => 3 * x ** 2 - 2
  const window = [[-3, 3], [-5, 5]]
  for (const x of [-1.2, 0.3, 2]) {
    const { xs, ys } = curve.parabola(x, f(x), slope(x), bend(x), window)
    xs.forEach((u, i) => { if (u === u) near(ys[i], f(x) + slope(x) * (u - x) + (bend(x) * (u - x) ** 2) / 2) })
    const target = curve.target(x, f(x), slope(x), bend(x))
    near(target.x, x - slope(x) / bend(x))
    near(target.loss, f(x) - slope(x) ** 2 / (2 * bend(x)))
    assert.equal(target.minimum, bend(x) > 0)
  }
  assert.equal(curve.target(0, 1, 1, 0), null)
})

test("an infinite loss at a finite parameter is a place far up, and only a lost parameter ends a run", () => {
  const path = curve.raised(Float64Array.of(1, 2, NaN), Float64Array.of(3, Infinity, NaN))
  assert.deepEqual([...path.slice(0, 4)], [1, 3, 2, Number.MAX_VALUE])
  assert.ok(Number.isNaN(path[5]))
})

test("the iso-line of a quadratic model goes through its place, and its value there is the place's", () => {
  const window = [[-2, 2], [-2, 2]], panel = { left: 0, top: 0, width: 500, height: 500 }
  for (const [a, b, c] of [[3, 0.5, 1], [3, 0.5, -1], [2, 0, 0], [-1, 0, -2]]) {
    const place = [0.4, -0.3], gradient = [1.5, 0.7]
    const { xs, ys } = model.modelLine(place, gradient, [a, b, c], window, panel)
    let nearest = Infinity, seen = 0
    xs.forEach((px, i) => {
      if (px !== px) return
      const dx = -2 + px / 125 - place[0], dy = 2 - ys[i] / 125 - place[1]
      if (Math.hypot(dx, dy) > 4) return
      const terms = [gradient[0] * dx, gradient[1] * dy, (a * dx * dx) / 2, b * dx * dy, (c * dy * dy) / 2]
      near(terms.reduce((sum, v) => sum + v), 0, 1e-9 * Math.max(1, ...terms.map(Math.abs)))
      nearest = Math.min(nearest, Math.hypot(dx, dy))
      seen++
    })
    assert.ok(nearest < 0.05 && seen > 20, `${[a, b, c]}: ${nearest} ${seen}`)
  }
})

test("a Hessian comes back from its eigenvalues and eigenvectors", () => {
  const [u, v] = [Math.cos(0.4), Math.sin(0.4)]
  const [a, b, c] = model.hessian([-1, 5], [u, -v, v, u])
  near(a, -u * u + 5 * v * v)
  near(b, -u * v - 5 * v * u)
  near(c, -v * v + 5 * u * u)
})

test("a line is cut at the window, and none is drawn where it passes by", () => {
  const window = [[-1, 1], [-2, 2]]
  for (const [normal, offset] of [[[1, 0], 0.5], [[3, -1], 0.2], [[0, 2], -3]]) {
    const ends = model.lineEnds(normal, offset, window)
    for (const [x, y] of ends) {
      near(normal[0] * x + normal[1] * y, offset, 1e-9)
      assert.ok(Math.abs(Math.abs(x) - 1) < 1e-9 || Math.abs(Math.abs(y) - 2) < 1e-9)
    }
  }
  assert.equal(model.lineEnds([1, 0], 1.5, window), null)
  assert.equal(model.lineEnds([0, 0], 1, window), null)
})

test("words are broken into lines that fit, and none is lost", () => {
  const words = "one two  ·  three four five", measure = (text) => text.length
  assert.deepEqual(wrapped(words, 100, measure), [words])
  for (const room of [1, 5, 9, 14]) {
    const lines = wrapped(words, room, measure)
    assert.equal(lines.join(" ").replace(/ +/g, " "), words.replace(/ +/g, " "))
    assert.ok(lines.every((line) => line.length <= room || !line.includes(" ")), lines.join("|"))
  }
})

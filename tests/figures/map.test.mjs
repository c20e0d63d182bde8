// The map's pure functions, run by test_map_js.py under Node.
import assert from "node:assert/strict"
import { test } from "node:test"

const at = (name) => new URL(`../../static/map/${name}.js`, import.meta.url)
const [places, { plan, crisp }, { completed }, words] = await Promise.all(["places", "plan", "decode", "words"].map((name) => import(at(name))))

const AXIS = { label: "lr", low: 0.001, high: 10, cells: 41, scale: "log", whole: false }
const LINE = { label: "m", low: -1, high: 3, cells: 9, scale: "linear", whole: false }
const near = (a, b, gap = 1e-9) => assert.ok(Math.abs(a - b) <= gap * Math.max(1, Math.abs(b)), `${a} is not ${b}`)

test("values and places are each other's inverse, and the ends are exact", () => {
  for (const axis of [AXIS, LINE]) {
    for (let i = 0; i < axis.cells; i++) near(places.placeOf(axis, places.valueAt(axis, i)), i)
    assert.equal(places.valueAt(axis, 0), axis.low)
    assert.equal(places.valueAt(axis, axis.cells - 1), axis.high)
  }
  assert.equal(places.valueAt({ ...LINE, low: 0, high: 31, cells: 9, whole: true }, 1), 4)
})

test("the cell under a pixel is the one whose middle is nearest, and a coarse block is its first cell", () => {
  const panels = [{ left: 50, top: 20, width: 410, height: 90 }, { left: 500, top: 20, width: 410, height: 90 }]
  for (const [panel, row, column] of [[0, 0, 0], [1, 8, 40], [0, 3, 17]]) {
    const pixel = [places.toX(panels[panel], 41, column), places.toY(panels[panel], 9, row)]
    assert.deepEqual(places.cellAt(panels, 9, 41, pixel), { panel, row, column })
    const coarse = places.cellAt(panels, 9, 41, pixel, 4)
    assert.deepEqual(coarse, { panel, row: row - (row % 4), column: column - (column % 4) })
  }
  near(places.toY(panels[0], 9, 0), 105) // the middle of the lowest cell
  near(places.toX(panels[0], 41, 0), 55)
  assert.equal(places.cellAt(panels, 9, 41, [10, 10]), null)
  assert.deepEqual(places.cellAt(panels, 9, 41, [-999, 999], 1, 1), { panel: 1, row: 0, column: 0 }, "a hand beyond the map")
})

test("ticks are round, inside, apart, and differ", () => {
  for (const axis of [AXIS, LINE, { ...AXIS, low: 0.011, high: 0.018 }, { ...AXIS, low: 1e-12, high: 1e9 }, { ...LINE, whole: true, low: 1, high: 9 }]) {
    const ticks = places.axisTicks(axis, 6)
    assert.ok(ticks.length >= 2 && ticks.length <= 13, `${ticks.length}`)
    assert.equal(new Set(ticks.map((tick) => tick.label)).size, ticks.length)
    for (const { place, label } of ticks) {
      assert.ok(place >= -1e-6 && place <= axis.cells - 1 + 1e-6)
      near(places.valueAt(axis, place), Number(label.replaceAll("\u2212", "-")), 1e-6)
    }
  }
})

const picture = (count, more = {}) => ({
  x: AXIS, y: LINE, panels: Array.from({ length: count }, () => ({})), bar: { low: 1, high: 2 }, equal: false,
  legend: ["converged", "diverged", "stability limit (theory)"].map((label) => ({ label })), ...more,
})

test("panels fit the width, do not overlap, and all that is under them is", () => {
  for (const count of [1, 2, 4, 7]) {
    for (const width of [320, 640, 1200]) {
      const made = plan(width, 600, picture(count), (text, size) => text.length * size * 0.5)
      made.panels.forEach((p, i) => {
        assert.ok(p.left >= made.left - 1 && p.left + p.width <= width, `${count} panels at ${width}`)
        for (const q of made.panels.slice(i + 1)) {
          assert.ok(q.left >= p.left + p.width || q.top >= p.top + p.height || q.left + q.width <= p.left)
        }
        assert.ok(p.top + p.height < made.bar.top)
      })
      for (const entry of made.legend) assert.ok(entry.top > made.bar.top && entry.top < made.height)
    }
  }
  const square = plan(640, 900, picture(1, { equal: true, x: { ...LINE, cells: 64 }, y: { ...LINE, cells: 64 }, bar: null }), () => 10)
  near(square.panels[0].width, square.panels[0].height)
  assert.equal(square.bar, null)
})

test("cells have whole pixels where there is room", () => {
  assert.equal(crisp(530, 128), 512)
  assert.equal(crisp(300, 256), 300, "that would cost too much")
})

test("cells that were left out come from the picture of the same key, and from no other", () => {
  const full = { key: "a", panels: [{ codes: [1] }], fields: [{ values: [2] }] }
  const bare = { key: "a", panels: [{ codes: null, label: "new" }], fields: [{ values: null }] }
  assert.deepEqual(completed(bare, full), { key: "a", panels: [{ codes: [1], label: "new" }], fields: [{ values: [2] }] })
  assert.equal(completed({ ...bare, key: "b" }, full), null)
  assert.equal(completed(bare, null), null)
  assert.equal(completed(full, null), full)
})

test("a cell is told in its own numbers", () => {
  const fields = [
    { name: "Fate", words: ["converged", "stuck"], values: [0, 1, 1, 0, 0, 1] },
    { name: "Steps to tolerance", words: [], values: [1, 2, 3, 4, 5, -1] },
    { name: "Minimum reached", words: ["(0)"], values: [0, 255, 0, 0, 0, 255] },
  ]
  const map = { x: { ...LINE, cells: 3 }, y: { ...LINE, cells: 2 }, shape: [2, 3], stride: 1, fields, panels: [{ label: "SGD" }] }
  assert.equal(words.sentence(map, { panel: 0, row: 1, column: 2 }), "SGD: m 3, m 3, Fate stuck, Steps to tolerance never, Minimum reached none.")
  const coarse = { ...map, x: { ...LINE, cells: 6 }, y: { ...LINE, cells: 4 }, stride: 2 }
  assert.match(words.sentence(coarse, { panel: 0, row: 0, column: 2 }), /Steps to tolerance 2/)
  const film = { ...map, film: {}, panels: [{ label: "SGD", codes: [0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 5, 4] }] }
  assert.match(words.sentence(film, { panel: 0, row: 1, column: 0 }, 1), /runs here 6/)
})

// The view's cameras, run by test_plotly_view.py under Node.
import assert from "node:assert/strict"
import { test } from "node:test"

const c = await import(new URL("../../static/plotly_view/camera.js", import.meta.url))

const near = (a, b, gap = 1e-9) => assert.ok(Math.abs(a - b) <= gap, `${a} is not ${b}`)
const same = (a, b, gap) => { for (const part of ["eye", "center", "up"]) for (const axis of "xyz") near(a[part][axis], b[part][axis], gap) }
const HOME = { eye: { x: 0.8, y: -1.15, z: 1.2 }, center: { x: 0, y: 0, z: -0.1 }, up: { x: 0, y: 0, z: 1 } }

test("a camera is its polar coordinates", () => {
  const { distance, angle, elevation } = c.polar(HOME)
  near(distance, Math.hypot(0.8, 1.15, 1.3))
  near(Math.tan(angle), -1.15 / 0.8)
  same(c.looking(HOME, { distance, angle, elevation }), HOME)
  same(c.turned(c.turned(HOME, 0.3, 0.1, 1.5), -0.3, -0.1, 1 / 1.5), HOME)
})

test("turning keeps the distance and never goes over the top", () => {
  let camera = HOME
  for (let i = 0; i < 40; i++) camera = c.turned(camera, 0.1, 0.2)
  near(c.polar(camera).distance, c.polar(HOME).distance)
  assert.ok(c.polar(camera).elevation < Math.PI / 2)
  assert.deepEqual(camera.up, { x: 0, y: 0, z: 1 })
})

test("Top looks down with x to the right and y away", () => {
  const top = c.VIEWS.top(HOME)
  near(top.eye.x, HOME.center.x)
  near(top.eye.y, 0, 0.01)
  assert.ok(top.eye.y < 0 && top.eye.z > 1.5)
})

test("Side and Corner go to the nearest, asked again to the next, and round in four", () => {
  for (const [view, from] of [["side", 0], ["corner", Math.PI / 4]]) {
    let camera = HOME
    const angles = []
    for (let i = 0; i < 5; i++) {
      camera = c.VIEWS[view](HOME, camera)
      near(c.polar(camera).distance, c.polar(HOME).distance)
      near(Math.sin(2 * (c.polar(camera).angle - from)), 0)
      angles.push(c.polar(camera).angle)
    }
    near(Math.cos(angles[4] - angles[0]), 1)
    for (let i = 0; i < 4; i++) near(Math.cos(angles[i + 1] - angles[i]), 0)
    assert.ok(Math.cos(angles[0] - c.polar(HOME).angle) > Math.SQRT1_2 - 1e-9)
  }
})

test("the way between two cameras begins and ends at them, by the shorter arc", () => {
  const one = c.looking(HOME, { distance: 2, angle: 3, elevation: 0.3 })
  const other = c.looking(HOME, { distance: 3, angle: -3, elevation: 0.5 })
  same(c.between(one, other, 0), one)
  same(c.between(one, other, 1), other)
  const half = c.polar(c.between(one, other, 0.5))
  near(Math.abs(half.angle), Math.PI)
  near(half.distance, 2.5)
})

test("a narrow frame is seen from farther away, a wide one not", () => {
  assert.ok(c.polar(c.fitted(HOME, 0.8)).distance > c.polar(HOME).distance)
  same(c.fitted(HOME, 2), HOME)
})

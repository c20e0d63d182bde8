"""J6: from a moved control to the redrawn stage in Chromium, the updates a second while dragging on every opening race, the
playback's frames, and how soon the network page shows its first picture.

    python -m benchmarks.j6_latency [--repeats 40]

Times are taken inside the page, from the event to the end of the frame in which the canvas has drawn what the server answered.
Chromium draws in software here, and shares the two cores with the server.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.measure import machine, table
from experiments.presets import RACES
from tests.browser.chromium import FLAGS, MISSING, find
from tests.browser.server import serving
from tests.browser.visit import Visitor

GOAL_LATENCY, GOAL_UPDATES, GOAL_FRAMES, GOAL_PICTURE = 80.0, 10.0, 60.0, 2.0

# Waits for a scene newer than the one at `since`; the drawing of a frame precedes the next frame's callbacks.
ANSWERED = """
const answered = (canvas, since, begin) => new Promise((done) => {
  const look = () => canvas.state().scenes > since
    ? requestAnimationFrame(() => done(performance.now() - begin))
    : requestAnimationFrame(look)
  look()
})
"""
MOVE_RATE = f"""async (canvas, step) => {{
  {ANSWERED}
  const slider = canvas.getRootNode().querySelector('input[aria-label$="learning rate"]')
  const since = canvas.state().scenes, begin = performance.now()
  slider.value = String(Number(slider.value) + step)
  slider.dispatchEvent(new Event("input", {{ bubbles: true }}))
  return await answered(canvas, since, begin)
}}"""
DROP_RATE = """(canvas) => canvas.getRootNode().querySelector('input[aria-label$="learning rate"]')
  .dispatchEvent(new Event("change", { bubbles: true }))"""
PRESS = f"""(canvas) => {{
  {ANSWERED}
  const since = canvas.state().scenes
  window.measured = new Promise((done) => addEventListener("keydown",
    () => answered(canvas, since, performance.now()).then(done), {{ once: true, capture: true }}))
}}"""
DRAG = """async (canvas, seconds) => {
  const box = canvas.getBoundingClientRect(), [x, y] = canvas.state().handle
  const send = (kind, dx, dy, buttons) => canvas.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, composed: true, pointerId: 7, isPrimary: true, pointerType: "mouse", button: 0, buttons,
    clientX: box.left + x + dx, clientY: box.top + y + dy }))
  canvas.setPointerCapture = canvas.releasePointerCapture = () => {}
  send("pointerdown", 0, 0, 1)
  const begin = performance.now(), first = canvas.state().scenes
  await new Promise((done) => {
    const move = () => {
      const t = (performance.now() - begin) / 1000
      send("pointermove", 120 * Math.sin(t), 60 * Math.sin(1.7 * t), 1)
      t < seconds ? requestAnimationFrame(move) : done()
    }
    move()
  })
  const updates = canvas.state().scenes - first, took = (performance.now() - begin) / 1000
  send("pointerup", 120, 60, 0)
  return updates / took
}"""
FRAMES = """async (canvas, seconds) => {
  const begin = performance.now(), times = [], places = new Set()
  await new Promise((done) => {
    const look = (now) => {
      times.push(now)
      places.add(canvas.state().time)
      performance.now() - begin < 1000 * seconds ? requestAnimationFrame(look) : done()
    }
    requestAnimationFrame(look)
  })
  return [times.slice(1).map((t, i) => t - times[i]), places.size]
}"""


def measure(visitor: Visitor, repeats: int) -> list[list[object]]:
    """The rows of the table."""
    canvas, page = visitor.canvas, visitor.page
    visitor.open(steps="300")
    page.wait_for_timeout(1000)
    live = []
    for i in range(repeats):
        live.append(float(canvas.evaluate(MOVE_RATE, 1 if i % 2 else -1)))
        page.wait_for_timeout(80)
    canvas.evaluate(DROP_RATE)
    visitor.settle()
    steps = page.get_by_role("slider", name="Steps")
    whole = []
    for i in range(max(repeats // 4, 3)):
        steps.focus()
        canvas.evaluate(PRESS)
        page.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        whole.append(float(page.evaluate("() => window.measured")))
        visitor.settle()
    page.wait_for_timeout(1000)
    gaps, places = canvas.evaluate(FRAMES, 4)
    gaps = np.array(gaps)
    p50, p95 = np.percentile(live, [50, 95])
    w50, w95 = np.percentile(whole, [50, 95])
    frames = 1000 * len(gaps) / gaps.sum()
    return [
        ["learning rate moved to redrawn stage, ms", float(p50), float(p95), "<= 80 p50", float(GOAL_LATENCY / p50)],
        ["sidebar control to redrawn stage, ms", float(w50), float(w95), "<= 80 p50", float(GOAL_LATENCY / w50)],
        ["frames a second in playback", float(frames), "", f"{GOAL_FRAMES:.0f}", float(frames / GOAL_FRAMES)],
        ["ms between frames in playback", float(np.median(gaps)), float(np.percentile(gaps, 95)), "16.7", ""],
        ["frames that showed a new moment", places / len(gaps), "", "1", ""],
    ]


def drags(visitor: Visitor) -> list[list[object]]:
    """Updates a second while the start is dragged, on each opening race as it opens."""
    rows: list[list[object]] = []
    for key in RACES:
        visitor.open(on=key)
        visitor.page.wait_for_timeout(1500)
        updates = float(visitor.canvas.evaluate(DRAG, 5))
        rows.append([f"updates a second while dragging: {key}", updates, "", f">= {GOAL_UPDATES:.0f}", updates / GOAL_UPDATES])
    return rows


def first_picture(browser: Browser, address: str, repeats: int = 5) -> list[object]:
    """Seconds from a visit of the network page to its canvas, each time by a visitor with an empty cache; the p95 is the first
    one, for whom the server has to import."""
    times = []
    for _ in range(repeats):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begin = time.perf_counter()
        page.goto(f"{address}/network", wait_until="commit")
        page.wait_for_selector("canvas")
        times.append(time.perf_counter() - begin)
        page.close()
    p50 = float(np.median(times[1:]))
    return [
        "network page: first picture, s (p95: the server's first)",
        p50,
        times[0],
        f"<= {GOAL_PICTURE:.0f}",
        GOAL_PICTURE / p50,
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=40, choices=range(4, 401), metavar="4..400")
    asked = parser.parse_args(arguments)
    path = find()
    if path is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        visitor = Visitor(browser.new_page(viewport={"width": 1440, "height": 900}), address)
        picture = first_picture(browser, address)
        rows = [*measure(visitor, asked.repeats), *drags(visitor), picture]
        browser.close()
    print(f"J6 latency, six optimizers, 300 steps, 1440 x 900. {machine()}.\n")
    print(table(["what", "p50 or value", "p95", "goal", "goal / measured or measured / goal"], rows))
    if visitor.errors:
        raise SystemExit("\n".join(visitor.errors))


if __name__ == "__main__":
    main()

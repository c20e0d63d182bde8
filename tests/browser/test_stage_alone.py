"""The stage without a server: one parameter, what explains a run, many runs, a room, films and files of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from figures.components.stage import StageEvent
from figures.scene import MOST_RUNNERS, Scene
from figures.standalone import standalone
from tests.browser.bare import BareStage
from tests.figures.scenes import HOME, SIDE, a_curve, a_scene, explained, loss

MakeStage = Callable[..., BareStage]


@pytest.fixture
def bare(browser: Browser) -> Iterator[MakeStage]:
    """Makes stages in pages of their own; none may have seen an error when the test ends."""
    stages: list[BareStage] = []

    def make(width: int = 1280, height: int = 800, dark: bool = False, still: bool = True, touch: bool = False) -> BareStage:
        motion: Any = "reduce" if still else "no-preference"
        page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion=motion, has_touch=touch)
        stages.append(BareStage(page, dark))
        return stages[-1]

    yield make
    for one in stages:
        assert not one.errors
        one.page.close()


def drag(one: BareStage, across: float, up: float = 0) -> None:
    x, y = one.at(*one.state()["handle"])
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    for part in np.linspace(0, 1, 6):
        one.page.mouse.move(x + part * across, y - part * up)
        one.settle(20)


def test_the_start_slides_along_the_curve_and_paths_follow(bare: MakeStage) -> None:
    one = bare().show(a_curve())
    one.answer = lambda event: a_curve(2.0 if event.start is None else event.start[0])
    panel = one.state()["panels"][0]
    drag(one, -200, up=90)
    state = one.state()
    ((low, high),) = SIDE
    assert len(state["start"]) == 1
    assert state["start"][0] == pytest.approx(2.0 - 200 / panel["width"] * (high - low), abs=1e-6)
    top, bottom = state["window"][1][1], state["window"][1][0]
    at = panel["top"] + (top - loss(np.array(state["start"][0]))) / (top - bottom) * panel["height"]
    assert state["handle"][1] == pytest.approx(at, abs=0.5), "the handle stands on the curve, whatever the height of the hand"
    one.page.mouse.up()
    one.settle()
    assert [event.phase for event in one.events][-1] == "drop" and one.events[0].phase == "drag"
    assert one.events[-1].start == tuple(one.state()["start"])
    assert all(runner["first"] == one.state()["start"] for runner in one.state()["runners"])


@pytest.mark.slow
def test_a_run_that_leaves_the_curve_says_so(bare: MakeStage) -> None:
    one = bare(360, 780, dark=True, touch=True).show(a_curve())
    fates = [runner["fate"] for runner in one.state()["runners"]]
    assert fates[0] == fates[1] == "" and "diverged" in fates[2]
    assert one.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.slow
def test_vectors_start_at_the_vertex_and_are_true_to_scale_or_say_by_how_much(bare: MakeStage) -> None:
    one = bare().show(explained())
    one.page.get_by_role("slider", name="Step", exact=True).fill("4")
    path = explained().runners[0].path
    vectors = {vector["name"]: vector for vector in one.state()["vectors"]}
    assert set(vectors) == {"gradient", "inner", "step"}
    for name, whole in (("gradient", -path[4] * [100, 1]), ("inner", [0.25, 0.5]), ("step", path[5] - path[4])):
        vector = vectors[name]
        assert vector["from"] == list(path[4])
        np.testing.assert_allclose(np.subtract(vector["to"], path[4]), vector["factor"] * np.array(whole), atol=1e-12)
        exponent = np.log10(vector["factor"])
        assert abs(exponent - round(exponent)) < 1e-9 and (vector["factor"] == 1) == ("×" not in vector["label"])
    assert vectors["step"]["factor"] == 1


@pytest.mark.slow
def test_a_click_on_a_path_chooses_the_run_and_the_step(bare: MakeStage) -> None:
    one = bare().show(explained())
    one.answer = lambda event: explained(1) if event.chosen == 1 else None
    panel = one.state()["panels"][0]
    place = a_scene().runners[1].path[9]
    (x0, x1), (y0, y1) = HOME
    one.page.mouse.click(
        *one.at(
            panel["left"] + (place[0] - x0) / (x1 - x0) * panel["width"],
            panel["top"] + (y1 - place[1]) / (y1 - y0) * panel["height"],
        )
    )
    one.settle()
    assert one.state()["chosen"] == 1 and abs(one.state()["time"] - 9) <= 1
    assert one.events[0].chosen == 1 and one.events[-1].time == one.state()["time"]
    assert one.state()["vectors"], "what belongs to the new run is drawn"


@pytest.mark.slow
def test_the_legend_chooses_and_python_may_too(bare: MakeStage) -> None:
    one = bare().show(explained())
    one.page.get_by_role("button", name="ADAM", exact=True).click()
    one.settle()
    assert one.events[-1].chosen == 1 and one.state()["chosen"] == 1
    assert not one.state()["vectors"], "never another run's"
    one.show(explained(2), StageEvent(None, {}, "drop", None, None, "ravine-31", one.events[-1].seq))
    assert one.state()["chosen"] == 2


@pytest.mark.slow
def test_where_no_run_is_explained_none_is_chosen(bare: MakeStage) -> None:
    one = bare().show(a_scene())
    one.canvas.focus()
    for key in (",", "1", "Home"):
        one.page.keyboard.press(key)
    one.settle()
    assert one.state()["chosen"] is None and not one.events


@pytest.mark.slow
def test_a_switch_shows_and_hides_and_stays_as_the_visitor_set_it(bare: MakeStage) -> None:
    one = bare().show(explained(show=("gradient",)))
    assert one.state()["layers"] == ["gradient"]
    one.page.get_by_role("button", name="Newton target").click()
    one.page.get_by_role("button", name="gradient").click()
    assert one.state()["layers"] == ["Newton target"]
    one.show(explained(show=("gradient",)))
    assert one.state()["layers"] == ["Newton target"]


@pytest.mark.slow
def test_sixty_four_runs_are_listed_and_drawn(bare: MakeStage) -> None:
    runner = a_scene().runners[0]
    cast = tuple(replace(runner, label=f"run {i}", path=runner.path * (1 - i / 100)) for i in range(MOST_RUNNERS))
    one = bare().show(a_scene(runners=cast))
    assert len(one.state()["runners"]) == one.page.locator(".runners li").count() == MOST_RUNNERS
    assert len({tuple(r["pixel"]) for r in one.state()["runners"]}) > 1
    one.show(a_scene(runners=cast, view="each"))
    assert len(one.state()["panels"]) == MOST_RUNNERS


@pytest.mark.slow
def test_letters_grow_with_the_screen_and_in_a_room(bare: MakeStage) -> None:
    desk, wall, room = (
        bare(width, 1440).show(a_scene(presenter=presenter)).state()["font"]
        for width, presenter in ((1280, False), (2560, False), (2560, True))
    )
    assert wall > 1.5 * desk and room > 1.2 * wall


@pytest.mark.slow
def test_in_a_room_the_keys_work_without_a_click(bare: MakeStage) -> None:
    one = bare().show(a_scene(presenter=True))
    one.page.keyboard.press("Home")
    one.page.keyboard.press(".")
    assert one.state()["time"] == 1


@pytest.mark.slow
def test_a_film_is_a_webm(bare: MakeStage, tmp_path: Path) -> None:
    one = bare(800, 600).show(a_curve(steps=8))
    one.page.get_by_role("button", name="Save", exact=True).click()
    with one.page.expect_download() as download:
        one.page.get_by_role("button", name="Save the playback as WebM").click()
        one.page.get_by_role("button", name="Stop recording").click(delay=900)
    assert download.value.suggested_filename == "ravine-double-well.webm"
    data = Path(download.value.path()).read_bytes()
    assert data[:4] == b"\x1a\x45\xdf\xa3" and len(data) > 2000, "the head of an EBML file, and pictures in it"


@pytest.mark.slow
@pytest.mark.parametrize("scene", [explained(), a_curve()], ids=["plane", "curve"])
def test_a_file_of_its_own_plays_without_a_network(scene: Scene, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "race.html"
    file.write_text(standalone(scene, "A caption."), encoding="utf-8")
    page: Page = browser.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(file.as_uri())
    one = page.locator("canvas.runs")
    one.focus()
    page.keyboard.press("Home")
    page.keyboard.press(".")
    state = one.evaluate("canvas => canvas.state()")
    assert state["time"] == 1 and state["title"] == scene.title
    for runner, drawn in zip(scene.runners, state["runners"]):
        assert drawn["disabled"] or drawn["first"] == list(runner.path[0])
    start = state["start"]
    page.keyboard.press("ArrowRight")
    assert one.evaluate("canvas => canvas.state()")["start"] == start, "without Python the start stands still"
    assert asked == [file.as_uri()] and not wrong
    page.close()

"""What the race page gives away: words and links of exactly this race, and no drawing in the process that serves pages."""

from __future__ import annotations

import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from experiments import Experiment
from experiments.link import decode
from experiments.presets import RACES
from experiments.race import enter
from experiments.script import script
from figures.caption import alt_text, caption
from pages.race_view import labels
from tests.pages.scenes import opened

SECTION = "race.section.take"
ROOT = Path(__file__).parents[2]


def taken(part: str = "figure", **fields: str) -> AppTest:
    """The race page with the section open at one of its parts."""
    app = opened(**fields)
    app.session_state[SECTION] = True
    app.session_state["take.part"] = part
    app.run()
    assert not app.exception
    return app


def codes(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


def race_of(app: AppTest) -> Experiment:
    experiment: Experiment = app.session_state["race"]
    return experiment


def buttons(app: AppTest) -> dict[str, Any]:
    return {one.proto.label: one.proto for one in app.get("download_button")}


def fields_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(link.partition("?")[2]))


def test_a_figure_comes_with_its_words_and_files() -> None:
    app = taken(on="rosenbrock", race="sgd,adam", steps="30")
    experiment = race_of(app)
    landscape = experiment.make_landscape()
    entries = [enter(experiment.solo(i), landscape) for i in range(2)]
    names = labels(experiment)
    alt = alt_text(experiment, landscape, entries, names)
    assert codes(app) == [caption(experiment, landscape, entries, names), alt]
    (image,) = app.get("image")
    assert image.proto.imgs[0].alt == alt
    files = buttons(app)
    assert [name for name in files if name != "Paths as CSV"] == ["PNG 1×", "PNG 2×", "PNG 3×", "SVG", "PDF"]
    assert all(not one.disabled and one.deferred_file_id for one in files.values())
    app.number_input(key="take.figure.page.width.mm").set_value(25.0).run()
    assert [error.value for error in app.error] == ["25 mm across are too small for this figure in letters that can be read."]
    assert "PNG 2×" not in buttons(app)


@pytest.mark.slow
@pytest.mark.slow
def test_small_multiples_take_everybodys_own_rates_or_the_same() -> None:
    app = taken("multiples", on="ravine", race="sgd,adam", steps="20", **{"0.lr": "0.01", "1.lr": "0.2"})
    said = codes(app)[0]
    for rate in (0.001, 0.00333, 0.01, 0.03, 0.1, 0.02, 0.0667, 0.2, 0.6, 2.0):
        assert f"lr {rate:g} " in said
    app.button_group(key="take.multiples.how").set_value("same").run()
    app.text_input(key="take.multiples.rates").set_value("0.5, 0.25").run()
    assert codes(app)[0].count("lr 0.25 ") == 2 and "2 learning rates" in codes(app)[1]
    for wrong, told in (("a lot", "numbers, with commas"), ("1,2,3,4,5,6,7,8,9", "1 to 8"), ("-1", "lr")):
        app.text_input(key="take.multiples.rates").set_value(wrong).run()
        assert not app.exception and told in app.error[0].value and not codes(app)
    curve = taken("multiples", on="parabola")
    assert "one coordinate" in curve.info[0].value


def test_data_and_code_are_of_this_race() -> None:
    app = taken("data", on="himmelblau", race="adam,newton", steps="25")
    assert codes(app) == [script(race_of(app)).rstrip("\n")]
    assert {"Interactive HTML", "CSV", "NPZ", "JSON", "Script"} <= set(buttons(app))


def test_links_hold_the_race_and_what_is_hidden() -> None:
    app = taken("embed", on="ravine", race="sgd,adam", start="0.1,0.30000000000000004", steps="33")
    plain, snippet = codes(app)
    address = unescape(snippet.split('src="')[1].split('"')[0])
    assert fields_of(address)["embed"] == "true"
    assert fields_of(address)["show.hide"] == "title,controls,charts,table,sections,formula"
    for link in (plain, address):
        experiment, complaints = decode({n: v for n, v in fields_of(link).items() if not n.startswith(("show.", "embed"))})
        assert experiment == race_of(app) and not complaints
    app.button_group(key="take.hide").set_value(["controls"]).run()
    app.button_group(key="take.colours").set_value("dark_theme").run()
    fields = fields_of(unescape(codes(app)[1].split('src="')[1].split('"')[0]))
    assert fields["show.hide"] == "controls" and fields["embed_options"] == "dark_theme"
    presenter = [one.proto.url for one in app.get("link_button")][1]
    assert fields_of(presenter)["show.present"] == "1" and "embed" not in fields_of(presenter)


@pytest.mark.parametrize("part", [pytest.param("film", marks=pytest.mark.slow), "figure"])
def test_a_race_on_one_parameter_and_on_a_slice(part: str) -> None:
    key = {"film": "parabola", "figure": "slice"}[part]
    app = taken(part, on=key, race="sgd", steps="5")
    assert codes(app)[0].startswith("One optimizer on the landscape")
    assert ("training samples" in codes(app)[0]) == (key == "slice")
    assert RACES[key].landscape.key == key


@pytest.mark.slow
def test_nothing_is_drawn_in_the_process_that_serves_pages() -> None:
    code = (
        "import sys; from tests.pages.test_takeaway import taken; app = taken(); "
        "assert len(app.get('image')) == 1, app.error; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0

"""What the Explore page gives away: figures, words, data, code and links of exactly what is explored, in every section."""

from __future__ import annotations

import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from experiments.link import decode as experiment_of
from experiments.script import cloud_script, sweep_script, tuning_script
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.exploration import TABS, cloud_of, sweep_of, tuning_of
from experiments.sweeps.link import decode
from experiments.sweeps.network_presets import SHIPPED
from experiments.sweeps.sweep import Sweep
from experiments.tuning import Tuning
from figures.print import LOOKS
from figures.print.explored import READERS, Explored
from figures.print.exploring import told
from pages.explore_controls import HIDEABLE, OPENINGS
from pages.race_view import labels
from tests.pages.test_explore import answered, canvases, explored

SMALL = {
    "map": {"axes": "lr,0.001,0.1,9,log;momentum,0.0,0.9,7,linear", "cell": "0,5,4"},
    "line": {"axes": "lr,0.001,0.1,9,log", "of": "0,1"},
    "basins": {"cells": "16"},
    "cloud": {"runs": "20", "of": "0", "mod": "noise:sigma=1.0"},
    "tune": {},
    "networks": {},
}
FEW = ("map", "cloud")
ROOT = Path(__file__).parents[2]
EACH = [pytest.param(tab, marks=() if tab in FEW else pytest.mark.slow) for tab in READERS]


def taken(tab: str, part: str = "figure", **fields: str) -> AppTest:
    """The page with the section open at one of its parts."""
    app = explored(tab, steps="20", **(SMALL[tab] | fields))
    app.session_state["explore.take"] = True
    app.session_state["explore.take.part"] = part
    app = answered(app.run())
    assert not app.exception and not app.error
    return app


def codes(app: AppTest) -> list[str]:
    """What the section offers to copy: after what the tuning says of itself."""
    return [code.value for code in app.code if not code.value.startswith("Tuning on") or "float64" in code.value]


def buttons(app: AppTest) -> dict[str, Any]:
    return {one.proto.label: one.proto for one in app.get("download_button")}


def asked(app: AppTest, tab: str) -> Any:
    """What the page explores, read from its address."""
    fields = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}
    experiment, _ = experiment_of({k: v for k, v in fields.items() if not k.startswith("show.")}, OPENINGS)
    view, complaints = decode({k.removeprefix("show."): v for k, v in fields.items() if k.startswith("show.")}, experiment)
    assert not complaints and view.tab == tab
    if tab == "networks":
        return view, SHIPPED["batch"]
    return view, {"cloud": cloud_of, "tune": tuning_of}.get(tab, sweep_of)(view, experiment)


def test_every_section_can_be_taken_away() -> None:
    assert set(READERS) == set(TABS) == set(SMALL)


@pytest.mark.parametrize("tab", EACH)
def test_a_figure_comes_with_its_words_and_files(tab: str) -> None:
    app = taken(tab)
    view, what = asked(app, tab)
    names = tuple(labels(what.experiment))
    colour = "final" if tab == "networks" else view.colour
    found = told(Explored(tab, what, names, LOOKS["page"], "", colour=colour, cell=view.cell))
    assert codes(app) == [found.caption, found.alt]
    (image,) = app.get("image")
    assert image.proto.imgs[0].alt == found.alt
    files = buttons(app)
    assert list(files) == ["PNG 1×", "PNG 2×", "PNG 3×", "SVG", "PDF"]
    assert all(not one.disabled and one.deferred_file_id for one in files.values())
    app.number_input(key=f"take.explore.{tab}.page.width.mm").set_value(25.0).run()
    assert [error.value for error in app.error] == ["25 mm across are too small for this figure in letters that can be read."]


@pytest.mark.parametrize("tab", EACH)
def test_data_and_code_are_of_what_is_explored(tab: str) -> None:
    app = taken(tab, "data")
    _, what = asked(app, tab)
    found = app.session_state["explore.call"][1].result(timeout=30) if tab != "networks" else None
    text = ""
    if isinstance(what, Sweep):
        text = sweep_script(what)
    elif isinstance(what, Cloud):
        text = cloud_script(what)
    elif isinstance(what, Tuning):
        text = tuning_script(what, found)
    assert codes(app) == ([text.rstrip("\n")] if text else [])
    assert {"CSV", "NPZ", "JSON"} <= set(buttons(app)) and ("Script" in buttons(app)) == bool(text)


@pytest.mark.parametrize("tab", EACH)
def test_links_hold_the_exploration_and_what_is_hidden(tab: str) -> None:
    app = taken(tab, "embed")
    plain, snippet = codes(app)
    address = unescape(snippet.split('src="')[1].split('"')[0])
    own, embedded = (dict(parse_qsl(link.partition("?")[2])) for link in (plain, address))
    assert embedded["embed"] == "true" and embedded["show.hide"] == ",".join(HIDEABLE)
    kept = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}
    assert own == kept == {k: v for k, v in embedded.items() if k not in ("embed", "show.hide")}


@pytest.mark.slow
def test_nothing_is_drawn_in_the_process_that_serves_pages() -> None:
    code = (
        "import sys; from tests.pages.test_explore import answered, explored; app = explored('map', steps='20'); "
        "app.session_state['explore.take'] = True; app = answered(app.run()); "
        "assert len(app.get('image')) == 1, app.error; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_what_is_hidden_is_not_there() -> None:
    whole = explored("map", steps="20", **SMALL["map"])
    bare = explored("map", steps="20", **SMALL["map"], **{"show.hide": ",".join(HIDEABLE)})
    assert not bare.exception and not bare.warning
    assert canvases(bare)[0]["behind"] == canvases(whole)[0]["behind"]
    assert whole.title and not bare.title and whole.sidebar.selectbox and not bare.sidebar.selectbox
    assert any("explore-controls" in one.proto.body for one in bare.get("html"))
    assert not any("Take it away" in one.label for one in bare.expander) and whole.expander
    assert ",".join(HIDEABLE) in (bare.query_params["show.hide"], bare.query_params["show.hide"][0])
    some = explored("map", steps="20", **SMALL["map"], **{"show.hide": "title,furniture"})
    assert not some.title and some.sidebar.selectbox and not some.warning

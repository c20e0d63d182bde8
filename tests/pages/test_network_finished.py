"""The finished trainings on the network page: what is said of them stands in their files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import link
from experiments.shipped.files import makings, result_of
from experiments.shipped.trainings import PAIRS, TRAININGS, Pair
from pages import network_finished_view as view
from pages.race_view import labels
from tests.pages.scenes import opened

PAGE = "pages/network.py"
RUN = [pair for pair in PAIRS if TRAININGS[pair.on].run]


def header(blob: bytes) -> dict[str, Any]:
    """The header of a stage's payload."""
    found: dict[str, Any] = json.loads(blob[4 : 4 + int.from_bytes(blob[:4], "little")])
    return found


def at(name: str, show: bool = False) -> AppTest:
    """The page at a training."""
    app = opened(PAGE, **link.encode(TRAININGS[name].experiment))
    if show:
        app.session_state["network.open.finished"] = True
        app.run()
    assert not app.exception
    return app


def test_the_list_says_of_each_what_it_is_and_which_were_not_run() -> None:
    app = at("digits-mlp-plain", show=True)
    assert {training.title for training in TRAININGS.values()} <= {button.label for button in app.button}
    said, code = [block.value for block in app.markdown], [block.value for block in app.code]
    captions = " ".join(block.value for block in app.caption)
    assert all(training.command in code for training in TRAININGS.values())
    for pair in PAIRS:
        heading = next(text for text in said if text.startswith(f"**{pair.title}**"))
        assert ("not run" in heading) is not TRAININGS[pair.on].run
    for pair in RUN:
        assert view.pair_shows(pair, result_of(TRAININGS[pair.off]), result_of(TRAININGS[pair.on])) in said
    assert captions.count("Not run.") == sum(not training.run for training in TRAININGS.values())


@pytest.mark.parametrize("pair", RUN, ids=lambda pair: pair.title)
def test_the_numbers_said_are_those_of_the_files(pair: Pair) -> None:
    off, on = (result_of(TRAININGS[name]) for name in (pair.off, pair.on))
    said, table = view.pair_shows(pair, off, on), view.rows(off, on)
    for word, result in (("off", off), ("on", on)):
        ends = [result.test_accuracy[i][np.isfinite(result.test_accuracy[i])][-1] for i in range(len(table))]
        top = int(np.argmax(ends))
        assert f"{ends[top]:.1%} ({labels(result.experiment)[top]}, λmax {result.eigenvalues[top, -1]:.3g} there)" in said
        assert [row[f"Test accuracy, {word}"] for row in table] == [f"{value:.1%}" for value in ends]
        assert [row[f"λmax, {word}"] for row in table] == [f"{value:.4g}" for value in result.eigenvalues[:, -1]]
        assert [row[f"Trace, {word}"] for row in table] == [f"{value:.4g}" for value in result.trace]
    assert said.index(f"with {pair.switch}") < said.index("without")


def test_a_pair_stands_side_by_side_in_the_same_colours() -> None:
    app = at("digits-mlp-batchnorm")
    assert not app.warning and not app.info
    first, off, on = (header(element.proto.bytes) for element in app.get("bidi_component"))
    assert off["map"]["range"] == on["map"]["range"]
    both = [result_of(TRAININGS[name]) for name in ("digits-mlp-plain", "digits-mlp-batchnorm")]
    lowest, highest = min(r.heights.min() for r in both), max(r.heights.max() for r in both)
    np.testing.assert_allclose(off["map"]["range"], [lowest, highest])
    assert "Without" in off["title"] and "With" in on["title"] and len(first["runners"]) == len(on["runners"])
    assert any(block.value == view.pair_shows(RUN[0], *both) for block in app.markdown)


@pytest.mark.slow
def test_a_training_of_two_pairs_can_be_compared_in_both() -> None:
    app = at("digits-mlp-plain")
    assert any("BatchNorm is" in block.value for block in app.markdown)
    app.segmented_control("network.finished.pair").select("Skips in a deep MLP, digits").run()  # type: ignore[attr-defined]
    assert not app.exception and any("skips is" in block.value for block in app.markdown)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist-mlp-plain", "mnist-cnn-batchnorm"])
def test_it_is_shown_where_its_data_are_missing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    app = at(name)
    assert not any("Race inside" in button.label for button in app.button)
    why = "left out of this result" if not TRAININGS[name].weights else "MNIST is not on this machine: this plane"
    assert sum(why in block.value for block in app.caption) == 1
    assert "sgd" in {runner["key"] for runner in header(app.get("bidi_component")[0].proto.bytes)["runners"]}


@pytest.mark.slow
def test_a_click_opens_one_and_the_address_is_its_link() -> None:
    app = at("digits-mlp-plain", show=True)
    chosen = TRAININGS["digits-mlp-skips"]
    next(button for button in app.button if button.label == chosen.title).click().run()
    assert not app.exception and not app.session_state["network.open.finished"]
    assert {name: "".join(text) for name, text in app.query_params.items()} == link.encode(chosen.experiment)
    runner, result = header(app.get("bidi_component")[0].proto.bytes)["runners"][0], result_of(chosen)
    assert runner["path"]["length"] == 2 * len(result.steps)


@pytest.mark.slow
def test_one_that_was_not_run_opens_with_its_settings() -> None:
    app = at("cifar10-resnet56-skips")
    assert app.session_state["network"] == TRAININGS["cifar10-resnet56-skips"].experiment
    assert "cifar10-resnet56-skips" not in makings()
    assert "press Train" in app.info[0].value

"""The maps of trainings on the Explore page: what is sent is what was computed, and a cell opens its training."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import link
from experiments.sweeps.network_findings import tolerances
from experiments.sweeps.network_presets import SHIPPED, stored
from experiments.sweeps.networks import QUANTITIES, cell
from tests.pages.scenes import opened
from tests.pages.test_explore import array, canvases

PAGE = "pages/explore.py"


@pytest.fixture(scope="module")
def page() -> AppTest:
    return opened(PAGE, **{"show.tab": "networks"})


def shown(app: AppTest, name: str, colour: str) -> AppTest:
    app.session_state["explore.networks.name"], app.session_state["explore.networks.colour"] = (
        name.removesuffix("_wide"),
        colour,
    )
    app.session_state["explore.networks.width"] = "_wide" if name.endswith("_wide") else ""
    return app.run()


@pytest.mark.parametrize(("name", "colour"), [("batch", "final"), ("scale", "accuracy"), ("scale_wide", "sharpness")])
def test_the_canvas_holds_the_stored_map(page: AppTest, name: str, colour: str) -> None:
    app = shown(page, name, colour)
    assert not app.exception and not app.error
    (canvas,) = canvases(app)
    found = stored(SHIPPED[name])
    assert found is not None
    fields = {field["name"]: array(canvas, field["values"], field["kind"]) for field in canvas["fields"]}
    for key, what in QUANTITIES.items():
        np.testing.assert_array_equal(fields[what.title], found.mean(key).ravel())
        np.testing.assert_array_equal(fields[f"{what.title}, largest less smallest"], found.spread(key).ravel())
    np.testing.assert_array_equal(fields["Seeds that diverged"], found.diverged.sum(-1).ravel())
    assert len(canvas["panels"]) == (5 if name.endswith("_wide") else 6) and canvas["shape"] == [
        found.sweep.rows,
        found.sweep.columns,
    ]


@pytest.mark.parametrize("name", ["scale", "scale_wide"])
def test_the_answer_is_of_the_numbers(page: AppTest, name: str) -> None:
    found = stored(SHIPPED[name])
    assert found is not None
    keys = [choice.key for choice in found.sweep.experiment.optimizers]
    every = tolerances(found)
    own = every[keys.index("nsgd_l2")]
    said = next(m.value for m in shown(page, name, "final").markdown if m.value.startswith("**Does NSGD"))
    assert f"learning rate {own.rate:.3g} serves" in said and f"losses are {own.cost - 1:.2%} above" in said
    assert f"from {own.lowest:.3g} at the best scale to {own.highest:.3g} at the worst" in said
    for less in (sum(other.cost < own.cost for other in every), sum(other.grows < own.grows for other in every)):
        assert f"{less or 'none'} of the {len(every) - 1} less" in said
    assert said.endswith(f"{min(other.lowest for other in every):.3g}.")
    assert not any(m.value.startswith("**Does NSGD") for m in shown(page, "batch", "final").markdown)


def test_a_chosen_cell_is_told_and_its_link_is_its_training(page: AppTest) -> None:
    sweep = SHIPPED["batch"]
    page.session_state[f"explore.networks.cell.{sweep.key}"] = (0, 3, 5)
    app = shown(page, "batch", "final")
    (canvas,) = canvases(app)
    assert canvas["chosen"] == [0, 3, 5]
    assert any("learning rate" in m.value and f"batch {sweep.y.values[3]:.4g}" in m.value for m in app.markdown)
    experiment = cell(sweep, 0, 3, 5)
    openings = {experiment.landscape.key: sweep.experiment}
    assert link.decode(link.encode(experiment), openings) == (experiment, [])

"""Races inside slices of trained networks: the landscape is the slice, its link holds it, its map is the kept one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from experiments import Experiment, execute, slices
from experiments.export import as_npz, from_npz
from experiments.grids.compute import computed, ready
from experiments.grids.spec import START, SliceSpec
from experiments.link import decode, encode
from experiments.presets import DIGITS, RACES
from experiments.race import enter, height_map
from experiments.requests import REQUESTS
from experiments.script import script
from experiments.slice_choice import KINDS, LINE_CELLS, choice_of, race_in, spec_of
from experiments.slice_race import opening, refusal, suited
from experiments.slice_requests import outline as asked_outline
from experiments.slice_surface import domain_of, heights, outline_of, surface_of
from experiments.slice_words import name
from experiments.spec import SLICE, Choice, ExperimentError
from experiments.training import train
from figures.caption import alt_text, caption
from landscapes.networks.plan import PlaneMLP
from landscapes.networks.plane import NetworkPlane
from optimizers import OPTIMIZERS

# Normalised and on two coordinates, so that it is no plain perceptron; a hundred parameters, and its weights are kept.
NORMED = Experiment(
    Choice("mlp", {"data": "moons", "samples": 40, "width": 5, "depth": 2, "norm": "batch"}),
    (Choice("sgd", {"lr": 0.3}), Choice("adam", {"lr": 0.05}), Choice("momentum", {"lr": 0.1})),
    steps=6,
    batch_size=20,
)
SMALL = SliceSpec(NORMED, 1, directions=Choice("random", {"seed": 4}), cells=(9, 7))
WAYS = [(key, axes) for key in KINDS for axes in ("both", "first", "second")]


@pytest.fixture(scope="module", autouse=True)
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_RESULTS", str(tmp_path_factory.mktemp("results")))
        slices.keep(train(NORMED))
        yield


def sliced(key: str, axes: str, **changes: Any) -> SliceSpec:
    cells = (9, 7) if axes == "both" else (11, 1)
    return replace(SMALL, directions=Choice(key), axes=axes, cells=cells, **changes)


def race(spec: SliceSpec) -> Experiment:
    return race_in(replace(RACES[SLICE], optimizers=RACES[SLICE].optimizers[:2], steps=4), spec)


@pytest.mark.parametrize(("key", "axes"), WAYS)
def test_a_race_is_on_the_slice_itself(key: str, axes: str) -> None:
    """Loss, gradient D g and Hessian D H Dᵀ of the network of the maps; and central differences, in float64."""
    spec = sliced(key, axes)
    made, surface = ready(spec), surface_of(spec)
    d, network = made.grid.span.directions, made.network
    assert isinstance(surface, NetworkPlane) and surface.dim == len(d) == len(surface.coordinates) == len(surface.start)
    c = np.asarray(surface.start) * 0.7 + 0.01
    theta = network.point(made.grid.span.points(c))
    full = np.asarray(network.hessian(theta), dtype=np.float64)
    scale = np.abs(d @ full @ d.T).max()
    np.testing.assert_allclose(surface.loss(c), float(network.loss(theta)), rtol=1e-6)
    np.testing.assert_allclose(surface.gradient(c), d @ np.asarray(network.gradient(theta)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(surface.hessian(c), d @ full @ d.T, atol=1e-4 * scale)
    exact = network.to(torch.float64)
    double = replace(surface, slice=replace(
        surface.slice, inner=exact, origin=exact.point(made.grid.span.origin), directions=exact.point(d)))  # fmt: skip
    h = 1e-4
    steps = h * np.eye(len(d))
    rise = np.array([float(double.loss(c + e) - double.loss(c - e)) / (2 * h) for e in steps])
    bend = np.stack([(double.gradient(c + e) - double.gradient(c - e)) / (2 * h) for e in steps])
    np.testing.assert_allclose(double.gradient(c), rise, rtol=1e-4, atol=1e-4 * max(1, np.abs(rise).max()))
    np.testing.assert_allclose(double.hessian(c), bend, atol=2e-3 * max(1, np.abs(bend).max()))


@pytest.mark.parametrize("key", [key for key in KINDS if key != "gradient"])
@pytest.mark.parametrize("axes", ["both", "second"])
def test_slices_of_a_perceptron_take_the_fast_way_to_the_same(key: str, axes: str) -> None:
    spec = replace(sliced(key, axes, samples=60), training=DIGITS)
    made, surface = ready(spec), surface_of(spec)
    assert isinstance(surface, PlaneMLP) and (surface.samples, surface.of) == (60, 1500)
    d, c = made.grid.span.directions, np.asarray(surface.start)
    theta = made.network.point(made.grid.span.points(c))
    full = np.asarray(made.network.hessian(theta), dtype=np.float64)
    np.testing.assert_allclose(surface.loss(c), float(made.network.loss(theta)), rtol=1e-5)
    g = d @ np.asarray(made.network.gradient(theta))
    np.testing.assert_allclose(surface.gradient(c), g, atol=2e-5 * max(1, np.abs(g).max()))
    np.testing.assert_allclose(surface.hessian(c), d @ full @ d.T, atol=1e-4 * np.abs(d @ full @ d.T).max())
    terms, powers = surface.input_terms(c)
    assert terms.shape == powers.shape == (3, len(d)) and surface.divided.shape == (3, len(d))
    np.testing.assert_allclose(terms.sum(axis=0), g, atol=2e-5 * max(1, np.abs(g).max()))


@pytest.mark.parametrize(("key", "axes"), WAYS)
def test_a_slice_comes_back_from_its_link_and_its_json(key: str, axes: str) -> None:
    specs = [sliced(key, axes), sliced(key, axes, optimizer=0, samples=20, statistics="recomputed", place="start")]
    if axes == "both":
        specs.append(sliced(key, axes, window=((-0.1 - 0.2, 1 / 3), (-1e-9, 7e5))))
    if key == "through":
        specs.append(sliced(key, axes, towards=(START,)))
    for spec in specs if key != "gradient" else specs[:1]:
        given_ = race(spec)
        assert decode(encode(given_)) == (given_, []) and Experiment.from_json(given_.as_json()) == given_
        back = spec_of(given_.landscape, NORMED)
        assert back is not None and choice_of(back) == given_.landscape
        assert replace(back, directions=spec.directions, towards=spec.points) == replace(spec, towards=spec.points)
    assert len({race(spec).key for spec in specs}) == len(specs)
    assert len({name(spec) for spec in specs[:2]}) == (1 if key == "principal" else 2)


def test_older_slices_keep_their_json() -> None:
    assert RACES[SLICE].as_json()["landscape"] == {"key": "slice"}
    assert replace(RACES[SLICE], landscape=Choice(SLICE, {"samples": 64})).as_json()["landscape"] == {
        "key": "slice",
        "samples": 64,
    }


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("on.directions", "up", "directions"), ("on.directions", "given", "directions"), ("on.optimizer", "77", "optimizer"),
        ("on.place", "middle", "place"), ("on.axes", "third", "axes"), ("on.towards", "1", "through"),
        ("on.towards", "x", "numbers"), ("on.window", "1,0,0,1", "window"), ("on.window", "0,1", "window"),
        ("on.window", "nan,1,0,1", "window"), ("on.cells", "99999,5", "cells"), ("on.cells", "5", "cells"),
        ("on.samples", "0", "samples"), ("on.statistics", "none", "statistics"), ("on.normalisation", "max", "normalisation"),
        ("on.which", "largest two", "which"), ("on.seed", "-1", "whole number"), ("on.height", "1", "no such parameter"),
        ("start", "1", "2 finite numbers"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_slice_falls_back_alone(field: str, value: str, says: str) -> None:
    fields = {"on": "slice", "on.directions": "random", "on.vectors": "kept", "0.lr": "0.0125", field: value}
    experiment, complaints = decode(fields)
    assert any(complaint.startswith(f"{field}=") and says in complaint for complaint in complaints)
    assert experiment.optimizer(0).hyperparameters["lr"] == 0.0125
    kept = field == "on.directions" or experiment.landscape.parameters["vectors"] == "kept"
    assert kept and len(complaints) == (2 if field == "on.directions" else 1)


@given(
    st.dictionaries(
        st.sampled_from(["directions", "optimizer", "window", "cells", "towards", "axes", "seed"]), st.text(max_size=9)
    )
)
def test_nothing_in_a_slices_link_raises(fields: dict[str, str]) -> None:
    experiment, _ = decode({"on": "slice", **{f"on.{key}": text for key, text in fields.items()}})
    assert experiment.landscape.key == SLICE


def test_a_training_is_taken_before_the_slice_that_names_its_optimizers() -> None:
    lone = replace(NORMED, optimizers=(*NORMED.optimizers, *NORMED.optimizers, *NORMED.optimizers))
    given_ = race(replace(SMALL, training=lone, optimizer=8))
    assert decode(dict(reversed(encode(given_).items()))) == (given_, [])


@pytest.mark.parametrize("axes", ["both", "first"])
def test_the_map_is_the_kept_one_or_made_to_order(axes: str) -> None:
    spec = sliced("random", axes, samples=30)
    *_, grid = computed(ready(replace(spec, quantities=("accuracy", "loss"))))
    expected = grid.values["loss"].astype(np.float32)
    kept = slices.results_folder() / "slices"
    before = sorted(kept.glob("*.npz"))
    shown = heights(spec)
    np.testing.assert_array_equal(shown, expected[0] if spec.line else expected)
    assert sorted(kept.glob("*.npz")) == before  # nothing was computed again
    home = domain_of(grid)
    window = tuple((low / 2, high) for low, high in home)
    zoomed = heights(spec, window)
    exact = height_map(surface_of(spec), window, 3)
    ends = [np.r_[0, n // 2, n - 1] for n in zoomed.shape]
    np.testing.assert_allclose(zoomed[np.ix_(*ends)], exact, rtol=1e-4)
    assert sorted(kept.glob("*.npz")) == before and heights(spec, home).shape == shown.shape


@pytest.mark.parametrize(("key", "axes"), [("random", "both"), ("through", "first")])
def test_the_worker_races_outlines_and_finds_rates(key: str, axes: str) -> None:
    spec = sliced(key, axes)
    experiment = race(spec)
    answer = REQUESTS["race"].answer({"experiment": experiment.as_json()}, lambda m, a: None, lambda: False)
    entrants = REQUESTS["race"].decode(*answer)
    for entrant, trajectory in zip(entrants, execute(experiment)):
        np.testing.assert_array_equal(entrant.trajectory.theta, trajectory.theta)
        assert (entrant.slope is not None) == spec.line
    outlined = REQUESTS["slice_outline"].decode(
        *asked_outline({"experiment": experiment.as_json()}, lambda m, a: None, lambda: False)
    )
    surface: Any = experiment.make_landscape()
    for told in ("name", "domain", "start", "coordinates", "measured", "description", "latex", "dim", "samples", "of"):
        assert getattr(outlined, told) == getattr(surface, told), told
    np.testing.assert_array_equal(outlined.divided, surface.divided)  # which a script of the race writes down
    for rule in OPTIMIZERS:
        assert OPTIMIZERS[rule]().disabled_because(outlined) == OPTIMIZERS[rule]().disabled_because(surface)
    with pytest.raises(TypeError, match="only outlined"):
        outlined.loss(np.zeros(outlined.dim))
    found = REQUESTS["slice_opening"].decode(
        *REQUESTS["slice_opening"].answer({"experiment": experiment.as_json()}, lambda m, a: None, lambda: False)
    )
    assert found == suited(experiment, surface) and found.landscape == experiment.landscape
    lowest = [enter(found.solo(i), surface).ending.loss for i in range(2)]
    assert max(lowest) < float(surface.loss(np.asarray(surface.start)))


def test_dragged_it_is_the_same_slice_on_fewer_samples() -> None:
    spec = sliced("eigenvectors", "both")
    asked = {"experiment": race(spec).as_json(), "samples": 10}
    entrant = REQUESTS["race"].decode(*REQUESTS["race"].answer(asked, lambda m, a: None, lambda: False))[0]
    surface = surface_of(spec)
    fewer = surface.subset(10)
    assert (fewer.samples, fewer.of) == (10, 40) and "10 of 40" in fewer.measured
    np.testing.assert_array_equal(fewer.slice.directions, surface.slice.directions)
    np.testing.assert_allclose(entrant.trajectory.loss[0], fewer.loss(np.asarray(surface.start)), rtol=1e-6)


@pytest.mark.parametrize("statistics", ["frozen", "recomputed"])
def test_captions_say_which_slice_on_which_data(statistics: str) -> None:
    spec = sliced("random", "both", samples=20, statistics=statistics)
    experiment, surface = race(spec), surface_of(spec)
    entries = [enter(experiment.solo(i), surface) for i in range(2)]
    labels = ["SGD", "Momentum"]
    said = caption(experiment, surface, entries, labels), alt_text(experiment, surface, entries, labels)
    for words in said:
        assert name(spec) in words and "20 of 40 training samples, computed in float32" in words
        assert f"statistics {statistics}" in words
    back, arrays = from_npz(as_npz(experiment, surface, entries))
    assert back == experiment and len(arrays) == 2


def test_slices_start_where_the_weights_did_or_high_up() -> None:
    at_start = surface_of(sliced("random", "both", place="start"))
    np.testing.assert_allclose(at_start.start, 0, atol=1e-6)
    towards = ready(sliced("through", "first", towards=(START,)))
    np.testing.assert_allclose(surface_of(towards.spec).start, 1, atol=1e-6)
    high = surface_of(sliced("random", "both"))
    corners = height_map(high, high.domain, 2)
    assert (
        float(high.loss(np.asarray(high.start))) > np.median(heights(sliced("random", "both"))) and np.isfinite(corners).all()
    )


def test_a_race_that_would_hold_others_up_says_what_would_not() -> None:
    assert refusal(race(SMALL)) == "" and len(opening(SMALL).optimizers) == 6
    image = replace(NORMED, landscape=Choice("lenet", {"data": "mnist", "samples": 60_000}))
    dear = replace(SMALL, training=image, directions=Choice("eigenvectors"))
    assert len(opening(dear).optimizers) == 3
    told = refusal(opening(dear))
    assert "training samples" in told and " s is the most" in told
    fewer = int(told.split("on ")[1].split(" training")[0].replace(",", ""))
    assert refusal(opening(replace(dear, samples=fewer))) == ""


def test_given_directions_have_no_name() -> None:
    with pytest.raises(ExperimentError, match="arrays"):
        choice_of(replace(SMALL, directions=Choice("given")))
    assert spec_of(Choice(SLICE, {"directions": "random", "axes": "first"}), NORMED).cells == LINE_CELLS  # type: ignore[union-attr]
    assert outline_of(SMALL).statistics == "frozen"


@pytest.mark.parametrize("axes", ["both", "first"])
def test_the_script_of_a_page_without_torch_gives_the_same_numbers(axes: str) -> None:
    """Where the packages are: it says so, and NSGD's terms are those of the network."""
    spec = sliced("random", axes)
    experiment = replace(race(spec), optimizers=(Choice("sgd", {"lr": 0.05}), Choice("nsgd_l2", {"lr": 0.05})), steps=3)
    text, names = script(experiment, outline_of(spec)), dict[str, Any]()
    assert "this project's packages" in text
    dtype = torch.get_default_dtype()
    try:
        exec(compile(text, "script", "exec"), names)
    finally:
        torch.set_default_dtype(dtype)
    for (_, loss, place, _), trajectory in zip(names["RESULTS"], execute(experiment)):
        np.testing.assert_allclose(place, trajectory.theta[-1], rtol=1e-4)
        np.testing.assert_allclose(loss, trajectory.loss[-1], rtol=1e-4)


@pytest.mark.parametrize("training", [DIGITS, NORMED], ids=["plain", "normed"])
def test_the_joint_plane_says_whose_it_is(training: Experiment) -> None:
    """In the page's outline as in the landscape itself, with the share that the training's file has."""
    result = slices.stored(training)
    assert result is not None
    landscape: Any = slices.slice_of(training)
    said = f"{landscape.name}. {landscape.description}"
    outline = slices.outline_of(result)
    assert said == f"{outline.name}. {outline.description}"
    title = training.make_landscape().name
    assert said.startswith(f"Joint plane of the paths, of the {title}. ")
    assert f"it holds {sum(result.explained[:2]):.1%} of their variance" in said
    assert f"trained for {training.steps} steps on batches of {training.batch_size}" in said
    assert all(training.optimizer(i).title in said for i in range(len(training.optimizers)))
    raced = replace(RACES[SLICE], training=training, landscape=Choice(SLICE), steps=1)
    assert landscape.description in caption(raced, landscape, [], [])

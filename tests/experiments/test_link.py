"""Links hold a whole experiment in full precision, and survive whatever they hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.link import MOST_STEPS, decode, encode
from experiments.presets import DIGITS, RACES, TRAININGS
from experiments.spec import SLICE, Choice, Experiment
from optimizers import OPTIMIZERS


@pytest.mark.parametrize("key", RACES)
def test_every_opening_comes_back_from_its_link(key: str) -> None:
    experiment, complaints = decode(encode(RACES[key]))
    assert complaints == []
    assert experiment.key == RACES[key].key


@given(
    st.floats(1e-300, 1e300),
    st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e-300, 1e-300)),
    st.integers(1, MOST_STEPS),
)
def test_floats_come_back_to_the_last_bit(lr: float, start: tuple[float, float], steps: int) -> None:
    optimizers = (Choice("sgd", {"lr": lr}), Choice("sgd"), Choice("insgd_released", {"momentum": 0.1 + 0.2}))
    given_ = Experiment(Choice("ravine", {"condition": 1e5 / 3}), optimizers, start, steps, seed=7)
    got, complaints = decode(encode(given_))
    assert complaints == []
    assert got == replace(given_, landscape=got.landscape, optimizers=got.optimizers)
    assert got.as_json() == given_.as_json()


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_optimizer_fits_into_a_link(key: str) -> None:
    given_ = Experiment(Choice("ravine"), (Choice(key),) * 2)
    assert decode(encode(given_))[0].key == given_.key


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("v", "2", "version 1"),
        ("on", "../../etc/passwd", "no such landscape"),
        ("on.condition", "-1", "[1, 1e+12]"),
        ("on.slope", "1", "no such parameter"),
        ("on.key", "sgd", "no such parameter"),
        ("race", "", "no ''"),
        ("race", ",".join(["sgd"] * 99), "at most"),
        ("0.lr", "0", "(0, inf)"),
        ("0.lr", "nan", "finite"),
        ("0.lr", "1e999", "finite"),
        ("0.lr", "1_000", "finite"),
        ("0.__class__", "1", "no"),
        ("9.lr", "1", "counted from 0"),
        ("start", "1", "2 finite numbers"),
        ("start", "1,inf", "finite"),
        ("steps", "0", "from 1"),
        ("steps", "100000000", "from 1"),
        ("seed", "-1", "whole number"),
        ("batch", "8", "batch"),
        ("of", "{", ""),
        ("of", '{"version":1}', ""),
        ("weights", "0" * 64, "not a network"),
        ("<script>", "alert(1)", "no such field"),
        ("0.lr", "9" * 5000, "characters"),
    ],
)  # fmt: skip
def test_a_wrong_field_falls_back_alone_and_says_so(field: str, value: str, says: str) -> None:
    fields = {"on": "ravine", "start": "0.25,-0.5", "1.lr": "0.0125", "seed": "3"} | {field: value}
    experiment, complaints = decode(fields)
    assert len(complaints) == 1
    assert says in complaints[0] and len(complaints[0]) < 500
    assert experiment.landscape.key == "ravine"
    assert experiment.optimizer(1).hyperparameters["lr"] == 0.0125
    assert field in ("start", "seed") or (experiment.start, experiment.seed) == ((0.25, -0.5), 3)


@pytest.mark.parametrize("backwards", [False, True])
def test_fields_that_need_each_other_come_in_any_order(backwards: bool) -> None:
    """The data have no classes, so that the criterion must change too; and a network on them has fewer samples."""
    landscape = Choice("mlp", {"data": "chebyshev", "criterion": "mse", "samples": 7, "width": 3})
    given_ = Experiment(landscape, TRAININGS["mlp"].optimizers, batch_size=5)
    fields = encode(given_)
    fields = dict(reversed(fields.items())) if backwards else fields
    assert decode(fields, TRAININGS) == (given_, [])
    wrong, complaints = decode({**fields, "on.criterion": "logistic"}, TRAININGS)
    assert [c.partition("=")[0] for c in complaints] in (["on.data", "on.criterion"], ["on.criterion", "on.data"])
    assert wrong.landscape.parameters["width"] == 3


def test_a_linked_training_is_bounded() -> None:
    long = replace(RACES[SLICE], training=replace(DIGITS, steps=MOST_STEPS + 1))
    experiment, complaints = decode(encode(long))
    assert experiment.training == DIGITS
    assert len(complaints) == 1 and "at most" in complaints[0]
    wide = replace(RACES[SLICE], training=replace(DIGITS, landscape=DIGITS.landscape.with_parameters(width=256, depth=6)))
    assert "60 seconds at most" in decode(encode(wide))[1][0]
    short = replace(long, training=replace(DIGITS, steps=7))
    assert decode(encode(short)) == (short, [])


@given(st.dictionaries(st.text(max_size=12) | st.sampled_from(["on", "race", "start", "0.lr", "of", "on.b"]), st.text()))
def test_nothing_in_a_link_raises(fields: dict[str, str]) -> None:
    experiment, complaints = decode(fields)
    assert isinstance(experiment, Experiment)
    assert all(isinstance(complaint, str) for complaint in complaints)


def test_a_training_on_all_samples_in_every_step_comes_back() -> None:
    for opening in TRAININGS.values():
        full = replace(opening, batch_size=None)
        assert decode(encode(full), TRAININGS) == (full, [])

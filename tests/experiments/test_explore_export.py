"""Explorations of every kind as CSV and as arrays: every number comes back to the last bit, with what was asked beside it."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from experiments.sweeps import export
from experiments.sweeps.cloud import QUANTILES, Cloud, CloudResult
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.network_presets import stored
from experiments.sweeps.networks import NetworkMap
from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.sweep import Sweep
from experiments.tune import tune
from experiments.tuning import Tuning
from figures.print.explored import READERS
from tests.figures.explorations import KINDS, asked

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
SOME = ("map", "cloud", "tune by two", "networks")
EACH = [pytest.param(kind, marks=() if kind in SOME else pytest.mark.slow) for kind in KINDS]


@cache
def found(kind: str) -> Any:
    what = asked(kind).asked
    if isinstance(what, Sweep):
        *_, result = compute(what)
        return result
    if isinstance(what, Tuning):
        return [tune(what, index) for index in range(len(what.experiment.optimizers))]
    return drift(what) if isinstance(what, Cloud) else stored(what)


def number(word: str) -> float:
    """A cell of the table: a fate by its code, nothing as NaN."""
    if word.upper() in Fate.__members__:
        return float(Fate[word.upper()])
    return float(word == "True") if word in ("True", "False") else float(word or "nan")


@pytest.mark.parametrize("kind", EACH)
def test_the_table_holds_every_number(kind: str) -> None:
    question, result = asked(kind), found(kind)
    first, text = export.csv(question.asked, result, question.labels).decode().split("\n", 1)
    assert READERS[question.tab](json.loads(first.removeprefix("# "))) == question.asked
    rows = list(csv.DictReader(io.StringIO(text)))
    column = {name: np.array([number(row[name]) for row in rows]) for name in rows[0] if name != "optimizer"}
    assert list(dict.fromkeys(row["optimizer"] for row in rows)) == list(question.labels)
    if isinstance(result, SweepResult):
        for name in QUANTITIES:
            np.testing.assert_array_equal(column[name], getattr(result, name).ravel())
        whole = np.broadcast_to(result.x, result.fate.shape)
        np.testing.assert_array_equal(column[result.sweep.x.name], whole.ravel())
        if result.y is not None and result.sweep.y is not None:
            np.testing.assert_array_equal(column[result.sweep.y.name], np.broadcast_to(result.y[:, None], whole.shape).ravel())
    elif isinstance(result, CloudResult):
        for k, quantile in enumerate(QUANTILES):
            np.testing.assert_array_equal(column[f"loss {quantile:g}"], result.loss[:, k].ravel())
        names = [name for name in column if name.startswith("mean ")]
        np.testing.assert_array_equal(np.stack([column[name] for name in names], -1), result.mean.reshape(-1, len(names)))
        assert column["step"].tolist() == [*range(result.loss.shape[2])] * len(question.labels)
    elif isinstance(result, NetworkMap):
        for name in ("final", "accuracy", "sharpness", "sharpness_error", "diverged"):
            np.testing.assert_array_equal(column[name], getattr(result, name).ravel())
        shape = result.sweep.shape
        np.testing.assert_array_equal(column["lr"].reshape(shape)[0, 0, :, 0], result.sweep.x.values)
        assert column["seed"].reshape(shape)[0, 0, 0].tolist() == [0, 1, 2]
    else:
        at = 0
        for search in result:
            part = slice(at, at + search.losses.size)
            np.testing.assert_array_equal(column["loss"][part], search.losses.ravel())
            for k, name in enumerate(search.names):
                np.testing.assert_array_equal(column[name][part], np.repeat(search.settings[:, k], search.losses.shape[1]))
            at = part.stop
        assert at == len(rows)


@pytest.mark.parametrize("kind", EACH)
def test_the_arrays_come_back_as_they_were(kind: str) -> None:
    question, result = asked(kind), found(kind)
    data = export.npz(question.asked, result)
    assert data == export.npz(question.asked, result)
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        assert READERS[question.tab](json.loads(str(file["asked"]))) == question.asked
        parts = {f"{i}_": one for i, one in enumerate(result)} if isinstance(result, list) else {"": result}
        for prefix, part in parts.items():
            for name, array in part.as_arrays().items():
                kept = file[f"{prefix}{name}"]
                np.testing.assert_array_equal(kept, array)
                assert kept.dtype == array.dtype
            assert not prefix or tuple(file[f"{prefix}names"]) == part.names
    assert READERS[question.tab](json.loads(export.spec(question.asked))) == question.asked

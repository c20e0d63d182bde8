"""A race as .npz and back: every array to the last bit, and the experiment that gives it again."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest

from experiments.export import FORMAT, as_npz, from_npz
from experiments.race import Entrant, enter
from landscapes import SURFACES
from tests.figures.plates import race


@pytest.mark.parametrize("key", SURFACES)
def test_arrays_come_back_as_they_were(key: str) -> None:
    experiment, landscape, entries = race(key)
    read, arrays = from_npz(as_npz(experiment, landscape, entries))
    assert read == experiment and len(arrays) == len(entries)
    for entry, found in zip(entries, arrays):
        if isinstance(entry, str):
            assert found == entry
            continue
        assert not isinstance(found, str)
        t = entry.trajectory
        for name in ("theta", "loss", "grad_norm", "finite"):
            assert found[name].dtype == getattr(t, name).dtype
            np.testing.assert_array_equal(found[name], getattr(t, name))
        np.testing.assert_array_equal(found["eigenvalues"], entry.eigenvalues)
        for kind, count in t.calls.items():
            np.testing.assert_array_equal(found[f"calls_{kind}"], count)


def test_the_file_runs_again_to_the_same_arrays() -> None:
    experiment, landscape, entries = race("beale")
    data = as_npz(experiment, landscape, entries)
    assert data == as_npz(experiment, landscape, entries)
    read, arrays = from_npz(data)
    again = read.make_landscape()
    for index, found in enumerate(arrays):
        if not isinstance(found, str):
            made = enter(read.solo(index), again)
            assert isinstance(made, Entrant)
            np.testing.assert_array_equal(made.trajectory.theta, found["theta"])


def test_the_file_reads_with_numpy_alone() -> None:
    experiment, landscape, entries = race("parabola")
    with np.load(BytesIO(as_npz(experiment, landscape, entries)), allow_pickle=False) as file:
        assert json.loads(str(file["experiment"])) == experiment.as_json()
        assert str(file["landscape"]) == landscape.name and file["coordinates"].tolist() == list(landscape.coordinates)
        assert file["0_theta"].shape == (experiment.steps + 1, 1)


def test_other_files_are_refused() -> None:
    experiment, landscape, entries = race("beale")
    data = as_npz(experiment, landscape, entries)
    newer = BytesIO()
    with np.load(BytesIO(data)) as file:
        np.savez(newer, allow_pickle=False, **({name: file[name] for name in file.files} | {"format": np.array(FORMAT + 1)}))
    one = BytesIO()
    np.save(one, np.zeros(3))
    for bad, said in (
        (b"", "not a race"), (b"PK nothing", "not a race"), (data[:-100], "not a race"), (newer.getvalue(), "reads format"),
        (one.getvalue(), "not a race"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            from_npz(bad)

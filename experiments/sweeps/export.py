"""Explorations to take away: every number in full precision, as CSV or as arrays, with what was asked beside them."""

from __future__ import annotations

import csv as writing
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.sweeps.axis import SURFACE
from experiments.sweeps.cloud import QUANTILES, Cloud, CloudResult
from experiments.sweeps.networks import NetworkMap, NetworkSweep
from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.sweep import Sweep
from experiments.tune import Search
from experiments.tuning import Tuning

Asked = Sweep | Cloud | NetworkSweep | Tuning
Found = SweepResult | CloudResult | NetworkMap | Sequence[Search]
TRAINED = ("final", "accuracy", "sharpness", "sharpness_error")


def csv(asked: Asked, found: Found, labels: Sequence[str]) -> bytes:
    """The numbers as a table; the first line is what was asked, as JSON behind a hash sign.

    A row for each optimizer and cell of a sweep; for each step of a cloud; for each training; for each setting that a search
    tried and each of its runs.
    """
    text = io.StringIO()
    text.write(f"# {json.dumps(asked.as_json())}\n")
    writer = writing.writer(text, lineterminator="\n")
    if isinstance(found, SweepResult):
        writer.writerow(["optimizer", *(axis.name for axis in found.sweep.axes), *QUANTITIES])
        writer.writerows(_cells(found, labels))
    elif isinstance(found, CloudResult):
        quantiles = [f"loss {quantile:g}" for quantile in QUANTILES]
        mean = [f"mean {name}" for name in found.cloud.experiment.make_landscape().coordinates]  # type: ignore[attr-defined]
        writer.writerow(["optimizer", "step", *quantiles, *mean])
        for label, losses, means in zip(labels, found.loss, found.mean):
            writer.writerows(
                [label, step, *row, *place] for step, (row, place) in enumerate(zip(losses.T.tolist(), means.tolist()))
            )
    elif isinstance(found, NetworkMap):
        sweep = found.sweep
        writer.writerow(["optimizer", sweep.x.name, sweep.y.name.removeprefix(SURFACE), "seed", *TRAINED, "diverged"])
        writer.writerows(_trainings(found, labels))
    else:
        names = list(dict.fromkeys(name for search in found for name in search.names))
        writer.writerow(["optimizer", *names, "grid", "run", "loss"])
        for label, search in zip(labels, found):
            writer.writerows(_settings(search, label, names))
    return text.getvalue().encode()


def _cells(found: SweepResult, labels: Sequence[str]) -> Iterator[list[Any]]:
    columns = [getattr(found, name).tolist() for name in QUANTITIES]  # Python's own numbers write themselves in full
    xs, ys = found.x.tolist(), [] if found.y is None else found.y.tolist()
    for index, label in enumerate(labels):
        for row in range(found.fate.shape[1]):
            for column, x in enumerate(xs):
                cells = [values[index][row][column] for values in columns]
                told = [Fate(v).name.lower() if name == "fate" else v for name, v in zip(QUANTITIES, cells)]
                yield [label, x, *([ys[row]] if ys else []), *told]


def _trainings(found: NetworkMap, labels: Sequence[str]) -> Iterator[list[Any]]:
    sweep = found.sweep
    numbers = [getattr(found, name).tolist() for name in TRAINED]
    lost = found.diverged.tolist()
    for index, row, column, seed in np.ndindex(sweep.shape):
        values = [float(sweep.x.values[column]), float(sweep.y.values[row])]
        told = [number[index][row][column][seed] for number in numbers]
        yield [labels[index], *values, sweep.experiment.seed + seed, *told, lost[index][row][column][seed]]


def _settings(search: Search, label: str, names: Iterable[str]) -> Iterator[list[Any]]:
    for setting, grid, losses in zip(search.settings.tolist(), search.rounds.tolist(), search.losses.tolist()):
        values = dict(zip(search.names, setting))
        for run, loss in enumerate(losses):
            yield [label, *(values.get(name, "") for name in names), grid, run, loss]


def npz(asked: Asked, found: Found) -> bytes:
    """The arrays by name, and what was asked as JSON in `asked`. Equal explorations give equal bytes.

    Of a sweep the arrays of `SweepResult` with the axes' values as `x` and `y`, of a cloud and of trainings those of
    `CloudResult` and `NetworkMap`; of a search K_NAME for each array of the K-th optimizer's `Search`, and K_names.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, asked=np.array(json.dumps(asked.as_json())), **_arrays(found))
    return buffer.getvalue()


def _arrays(found: Found) -> Mapping[str, Any]:
    if isinstance(found, SweepResult):
        return {"x": found.x} | ({} if found.y is None else {"y": found.y}) | dict(found.as_arrays())
    if isinstance(found, CloudResult):
        return found.as_arrays()
    if isinstance(found, NetworkMap):
        return {"x": found.sweep.x.values, "y": found.sweep.y.values} | dict(found.as_arrays())
    arrays: dict[str, Any] = {}
    for index, search in enumerate(found):
        arrays |= {f"{index}_{name}": array for name, array in search.as_arrays().items()}
        arrays[f"{index}_names"] = np.array(search.names)
    return arrays


def spec(asked: Asked) -> bytes:
    """What was asked as JSON: its `from_json` reads it."""
    return (json.dumps(asked.as_json(), indent=2) + "\n").encode()

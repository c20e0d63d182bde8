"""A race as one .npz file: every entrant's arrays in full precision, and the experiment that gave them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np

from experiments.race import Entrant
from experiments.spec import Experiment
from landscapes.landscape import Landscape

FORMAT = 1
Entry = Entrant | str  # an entrant, or the sentence that says why it cannot run


def as_npz(experiment: Experiment, landscape: Landscape, entries: Sequence[Entry]) -> bytes:
    """The file. For the K-th entrant, counted from 0: K_theta `(steps + 1, dim)`, K_loss, K_grad_norm and K_finite
    `(steps + 1,)`, K_eigenvalues `(steps + 1, dim)` ascending, and K_calls_KIND; K_reason where it could not run.

    `experiment` is the specification as JSON, which `python -m experiments` runs and `Experiment.from_json` reads; `landscape`
    and `coordinates` are names. The same race always gives the same bytes.
    """
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "experiment": np.array(json.dumps(experiment.as_json(), sort_keys=True)),
        "landscape": np.array(landscape.name),
        "coordinates": np.array(getattr(landscape, "coordinates", ())),
    }
    for index, entry in enumerate(entries):
        if isinstance(entry, str):
            arrays[f"{index}_reason"] = np.array(entry)
            continue
        t = entry.trajectory
        named = {
            "theta": t.theta,
            "loss": t.loss,
            "grad_norm": t.grad_norm,
            "finite": t.finite,
            "eigenvalues": entry.eigenvalues,
        }
        named |= {f"calls_{kind}": count for kind, count in t.calls.items()}
        arrays |= {f"{index}_{name}": array for name, array in named.items()}
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def from_npz(data: bytes) -> tuple[Experiment, list[Mapping[str, np.ndarray] | str]]:
    """The experiment, and each entrant's arrays by name or the sentence that says why it could not run.

    Raises ValueError for bytes that `as_npz` did not make.
    """
    try:
        file = np.load(BytesIO(data), allow_pickle=False)
        arrays = {name: file[name] for name in file.files}
        version, said = int(arrays["format"]), json.loads(str(arrays["experiment"]))
    except (AttributeError, KeyError, ValueError, BadZipFile, OSError, EOFError) as error:
        raise ValueError(f"not a race as .npz: {error}") from error
    if version != FORMAT:
        raise ValueError(f"this version reads format {FORMAT}, the file is of {version}")
    experiment = Experiment.from_json(said)
    entries: list[Mapping[str, np.ndarray] | str] = []
    for index in range(len(experiment.optimizers)):
        mine = {name.split("_", 1)[1]: array for name, array in arrays.items() if name.startswith(f"{index}_")}
        entries.append(str(mine["reason"]) if "reason" in mine else mine)
    return experiment, entries

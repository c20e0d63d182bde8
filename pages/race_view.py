"""How a race is shown: records in, scene and table rows out. Formatting only."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import isfinite, isnan
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.race import Ending, Entrant
from experiments.second_look import SecondLook
from experiments.sensitivity import MOVED
from experiments.spec import SLICE, TYPED, start_of, surface_of
from experiments.why import progress, seconds
from figures.components.stage import Domain, HeightMap, Lines, LossCurve, Runner, Scene, StageEvent
from figures.eigenvalues import Spectrum
from figures.losses import Curve
from landscapes.landscape import Draw, Landscape
from optimizers import OPTIMIZERS

SENSITIVITY = "End moves per 1e-8 of start"
Entry = Entrant | str  # an entrant, or the sentence that says why it cannot run


def labels(experiment: Experiment) -> list[str]:
    """Each entrant's name; the same rule twice is told apart by a number."""
    titles = [experiment.optimizer(i).title for i in range(len(experiment.optimizers))]
    return [t if titles.count(t) == 1 else f"{t} {titles[:i].count(t) + 1}" for i, t in enumerate(titles)]


def surface_title(key: str) -> str:
    return "A slice through a network" if key == SLICE else str(surface_of(key).title)


def moved(experiment: Experiment, done: StageEvent, tied: bool = False) -> Experiment:
    """The experiment after a hand moved the start or learning rates on the stage; a `tied` rate moves all of them."""
    rate = next(iter(done.lr.values()), None) if tied else None
    choices = [
        c.with_parameters(lr=done.lr.get(i, c.parameters["lr"]) if rate is None else rate) if "lr" in c.parameters else c
        for i, c in enumerate(experiment.optimizers)
    ]
    return replace(experiment, optimizers=tuple(choices), start=done.start or experiment.start)


def runners(experiment: Experiment, landscape: Any, entries: Sequence[Entry]) -> tuple[Runner, ...]:
    made, nowhere, drawn = [], np.empty((0, landscape.dim)), _drawn(experiment)
    for index, (choice, label, entry) in enumerate(zip(experiment.optimizers, labels(experiment), entries)):
        optimizer = experiment.optimizer(index)
        disabled = entry if isinstance(entry, str) else None
        made.append(
            Runner(
                key=choice.key,
                label=label,
                path=nowhere if isinstance(entry, str) else entry.trajectory.theta,
                loss=nowhere[:, 0] if isinstance(entry, str) else entry.trajectory.loss,
                lr=choice.parameters["lr"],
                lr_range=OPTIMIZERS[choice.key].ranges["lr"].control,
                limit=None if isinstance(entry, str) else entry.limit,
                limit_note=f"stability limit at the start: {optimizer.limit}",
                disabled=disabled,
                drawn=drawn,
                **_along(entry),
            )
        )
    return tuple(made)


def _along(entry: Entry) -> dict[str, np.ndarray]:
    """Lookahead's slow weights; and of one parameter f' and f'' along the path: tangent and parabola are drawn from them."""
    if isinstance(entry, str):
        return {}
    known = {} if entry.slow is None else {"slow": entry.slow}
    return known if entry.slope is None else {**known, "slope": entry.slope, "curvature": entry.eigenvalues[:, 0]}


def _drawn(experiment: Experiment) -> np.ndarray | None:
    """Which sample each step looks at, where it looks at one."""
    seen = experiment.seen_landscape() if experiment.batch_size == 1 else None
    if seen is None or not hasattr(seen, "indices"):
        return None
    return np.array([seen.indices(Draw(experiment.seed, t))[0] for t in range(experiment.steps)], dtype=np.int32)


def _lines(experiment: Experiment, landscape: Any) -> Lines | None:
    """Each sample's solutions, where steps look at some samples at a time and their errors are linear: Kaczmarz's picture."""
    if experiment.batch_size is None or landscape.dim != 2 or not getattr(landscape, "linear_samples", False):
        return None
    normals, offsets = landscape.sample_lines(landscape.point(start_of(experiment, landscape)))
    return Lines(normals, offsets, tuple(f"sample {i}" for i in range(1, len(offsets) + 1)))


def scene(
    experiment: Experiment,
    landscape: Any,
    entries: Sequence[Entry],
    heights: tuple[np.ndarray, Domain, str],
    view: str,
    note: str,
) -> Scene:
    """The stage's scene. The colours follow the logarithm of the height above the lowest value, except where a surface only has
    saddles and falls without end: there the lowest value is that of a corner. Iso-lines are true losses."""
    values, window, key = heights
    log = bool(len(landscape.minima)) or not len(landscape.saddles)
    return Scene(
        title=title(landscape, experiment),
        coordinates=landscape.coordinates,
        height=HeightMap(values, window, key, log) if landscape.dim == 2 else LossCurve(values, window, key),
        runners=runners(experiment, landscape, entries),
        start=tuple(start_of(experiment, landscape)),
        home=tuple(landscape.domain),
        minima=landscape.minima,
        saddles=landscape.saddles,
        view="each" if view == "each" else "one",
        lines=_lines(experiment, landscape),
        note=note,
    )


def title(landscape: Landscape, experiment: Experiment, varied: Collection[str] = ()) -> str:
    """The landscape's name with its parameters, save those that are `varied`; of what a visitor typed the formula."""
    values = experiment.landscape.parameters
    if experiment.landscape.key == TYPED:
        return f"f = {values['formula']}"
    if experiment.landscape.key == SLICE:
        samples = values.get("samples")
        return landscape.name if samples is None else f"{landscape.name}, {samples:,} samples"
    return ", ".join([landscape.name, *(f"{name} {value:g}" for name, value in values.items() if name not in varied)])


def curves(
    experiment: Experiment, landscape: Any, entries: Sequence[Entry], quantity: str = "loss", against: str = "steps"
) -> list[Curve]:
    """`quantity` is a field of `experiments.why.Progress`, and so is `against`, or it is "seconds", which are measured now."""
    made = []
    for index, (choice, label, entry) in enumerate(zip(experiment.optimizers, labels(experiment), entries)):
        if isinstance(entry, str):
            continue
        done = progress(landscape, entry.trajectory)
        if against == "seconds":
            start = start_of(experiment, landscape)
            spent = seconds(experiment.optimizer(index), landscape, start, entry.trajectory.steps, experiment.seed)
        else:
            spent = getattr(done, against).astype(np.int32)
        made.append(Curve(choice.key, label, spent, getattr(done, quantity)))
    return made


def spectra(experiment: Experiment, entries: Sequence[Entry]) -> list[Spectrum]:
    return [
        Spectrum(choice.key, label, entry.eigenvalues, entry.threshold)
        for choice, label, entry in zip(experiment.optimizers, labels(experiment), entries)
        if not isinstance(entry, str)
    ]


def rows(
    experiment: Experiment, landscape: Any, entries: Sequence[Entry], looks: Sequence[SecondLook | None]
) -> list[dict[str, str]]:
    """The table: what each run reached, and the curvature of the surface where it ended."""
    table = []
    for label, entry, look in zip(labels(experiment), entries, looks):
        if isinstance(entry, str):
            table.append({"Optimizer": label, "Ended": entry})
            continue
        e = entry.ending
        table.append(
            {
                "Optimizer": label,
                "Ended": "at the last step" if e.diverged_at is None else f"diverged at step {e.diverged_at}",
                "Final loss": _short(e.loss),
                **({} if look is None else _second(look, landscape)),
                "Steps to 1e-6": "not reached" if e.steps_to_tolerance is None else str(e.steps_to_tolerance),
                "λmax": _short(e.lambda_max),
                "λmin": _short(e.lambda_min),
                "Trace": _short(e.trace),
                "Condition": _short(e.condition) if isfinite(e.condition) else "none: λmin ≤ 0",
                "SAM sharpness": _short(e.sam_sharpness) if isfinite(e.sam_sharpness) else _no_sharpness(e),
            }
        )
    columns = list(dict.fromkeys(name for row in table for name in row))
    return [{name: row.get(name, "") for name in columns} for row in table]


def _second(look: SecondLook, landscape: Any) -> dict[str, str]:
    s, moved = look.summary, look.sensitivity
    end = "none declared"
    if s.ended_at is not None:
        end = f"({', '.join(f'{v:.4g}' for v in landscape.minima[s.ended_at])}), {_short(s.distance)} away"
    far = (
        "diverges"
        if isnan(moved.amplification)
        else _short(moved.amplification * MOVED)
        if isfinite(moved.amplification)
        else "∞"
    )
    return {
        "Best loss": f"{_short(s.best_loss)} at step {s.best_step}",
        "Nearest minimum": end,
        "Sides changed": str(s.crossings),
        SENSITIVITY: f"{'≥ ' if moved.saturated and isfinite(moved.amplification) else ''}{far}",
    }


def warnings(experiment: Experiment, landscape: Any, looks: Sequence[SecondLook | None]) -> list[str]:
    """A sentence for each run whose picture cannot be drawn again from what a caption says of it."""
    start = start_of(experiment, landscape)
    return [
        f"{label}: {look.sensitivity.sentence(start)}"
        for label, look in zip(labels(experiment), looks)
        if look is not None and not look.sensitivity.told_by(start)
    ]


def _no_sharpness(ending: Ending) -> str:
    return "none: gradient 0" if ending.diverged_at is None else "none: diverged"


def csv(experiment: Experiment, landscape: Any, entries: Sequence[Entry]) -> bytes:
    """All paths, one row a step, every float in full precision."""
    coordinates = ",".join(landscape.coordinates)
    lines = [f"# {json.dumps(experiment.as_json())}", f"optimizer,step,{coordinates},loss,gradient_norm,lambda_min,lambda_max"]
    for label, entry in zip(labels(experiment), entries):
        if isinstance(entry, str):
            continue
        t = entry.trajectory
        for step in range(t.steps + 1):
            values = (*t.theta[step], t.loss[step], t.grad_norm[step], *entry.eigenvalues[step][[0, -1]])
            lines.append(",".join([f'"{label}"', str(step), *(repr(float(v)) for v in values)]))
    return "\n".join([*lines, ""]).encode()


def _short(value: float) -> str:
    """Four digits: enough to read, the CSV has them all."""
    return "not a number" if isnan(value) else f"{value:.4g}"

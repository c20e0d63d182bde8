"""Training networks: several optimizers in lockstep from the same weights on the same batches, then what their paths show."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, cast

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from experiments.loop import Halt, Visit, as_numpy, walk
from experiments.recorded_weights import RecordedWeights
from experiments.spec import Experiment
from experiments.together import Member, together
from experiments.training_analysis import Recorded, analysed
from experiments.training_plan import TrainingPlan, plan_of
from experiments.training_result import Progress, TrainingResult
from landscapes.arrays import norm
from landscapes.networks.network import Network
from landscapes.networks.perceptron_runs import side_by_side

CHECKPOINT_SECONDS = 5.0
TRAINED = 0.8  # the share of the progress bar that the steps take

Listener = Callable[[Progress], None]
CURVES = ("loss", "grad_norm", "batch_loss", "test_loss", "test_accuracy")


def train(
    experiment: Experiment,
    on_progress: Listener | None = None,
    cancelled: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
    plan: TrainingPlan | None = None,
) -> TrainingResult:
    """Train every optimizer of an experiment on a network, and look at their paths and ends.

    All start at the network's initial weights, and step t shows all of them the same batch. `on_progress` hears of every
    recorded step. `cancelled` is asked between any two updates; once it says so, the result is what there is, not `complete`.
    `checkpoint` is a folder: there recorded weights go as they come, and the state every few seconds and when stopping; a
    training of the same experiment goes on from it as if it had never stopped. `plan` is for who has more time than `plan_of`
    allows; it must be the same when going on. Raises ValueError for an experiment that cannot be trained.
    """
    heard, stop = on_progress or (lambda progress: None), cancelled or (lambda: False)
    training = _Training.of(experiment, device, plan or plan_of(experiment), checkpoint)
    file = None if checkpoint is None else checkpoint / "training.safetensors"
    if file is not None and file.exists():
        training.restore(file)
    with np.errstate(all="ignore"):
        whole = training.go(heard, stop, file)
        heard(training.progress("analysis", 0.0))
        return analysed(training.recorded(whole), lambda share: heard(training.progress("analysis", share)), stop)


@dataclass(eq=False)
class _Training:
    """A training under way: the walks' latest visits and what has been recorded."""

    experiment: Experiment
    network: Network
    seen: list[Member]
    plan: TrainingPlan
    halts: list[Halt | None]
    recorded_weights: RecordedWeights
    curves: dict[str, np.ndarray]
    calls: list[list[dict[str, int]]]
    seconds: np.ndarray
    points: int = 0

    @classmethod
    def of(cls, experiment: Experiment, device: str, plan: TrainingPlan, folder: Path | None) -> _Training:
        network = cast(Network, experiment.make_landscape()).to(device)
        for i in range(len(experiment.optimizers)):
            reason = experiment.optimizer(i).disabled_because(network)
            if reason:
                raise ValueError(f"{experiment.optimizer(i).title} cannot run here. {reason}")
        count, side = len(experiment.optimizers), side_by_side(network)
        points = len(plan.schedule)
        return cls(
            experiment=experiment,
            network=network,
            seen=together(side if experiment.batch_size is None else side.on_batches(experiment.batch_size), count),
            plan=plan,
            halts=[None] * count,
            recorded_weights=RecordedWeights(count, network.dim, None if folder is None else folder / "weights.f32"),
            curves={name: np.full((count, points), np.nan) for name in CURVES},
            calls=[[] for _ in range(count)],
            seconds=np.zeros(count),
        )

    @property
    def count(self) -> int:
        return len(self.halts)

    @property
    def schedule(self) -> np.ndarray:
        return self.plan.schedule

    def go(self, heard: Listener, stop: Callable[[], bool], file: Path | None) -> bool:
        """Step until the end, or until stopped; whether it came to the end."""
        e = self.experiment
        walks = [
            walk(e.optimizer(i), self.seen[i], self.network.start, e.steps, e.seed, halt) for i, halt in enumerate(self.halts)
        ]
        visits = [next(w) for w in walks]
        written = monotonic()
        while True:
            self.halts = [Halt(v.step, v.theta, v.state, dict(v.calls)) for v in visits]
            step = visits[0].step
            if self.points < len(self.schedule) and step == self.schedule[self.points]:
                heard(self._record(visits))
            if step == e.steps:
                if file is not None:
                    self.store(file)
                return True
            following = self._step(walks, stop)
            if following is None or (file is not None and monotonic() - written > CHECKPOINT_SECONDS):
                if file is not None:
                    self.store(file)
                written = monotonic()
            if following is None:
                return False
            visits = following

    def _step(self, walks: list[Iterator[Visit]], stop: Callable[[], bool]) -> list[Visit] | None:
        """Each optimizer's next visit; None if it is to stop, which leaves the step undone for all."""
        following = []
        for i, w in enumerate(walks):
            if stop():
                return None
            began, shared = perf_counter(), self.seen[i].shared_seconds
            following.append(next(w))
            shared = self.seen[i].shared_seconds - shared
            self.seconds[i] += perf_counter() - began - shared
            self.seconds += shared / self.count
        return following

    def _record(self, visits: list[Visit]) -> Progress:
        p = self.points
        for i, visit in enumerate(visits):
            theta = visit.theta
            self.curves["loss"][i, p] = float(self.network.loss(theta))
            self.curves["grad_norm"][i, p] = float(norm(self.network.gradient(theta)))
            self.curves["batch_loss"][i, p] = float(visit.oracle.landscape.loss(theta))
            if self.network.test is not None:
                self.curves["test_loss"][i, p] = float(self.network.test_loss(theta))
            if self.network.classifies:
                self.curves["test_accuracy"][i, p] = float(self.network.accuracy(theta))
            self.calls[i].append(dict(visit.calls))
        self.recorded_weights.put(p, np.stack([as_numpy(visit.theta) for visit in visits]))
        self.points += 1
        return self.progress("training", visits[0].step / max(self.experiment.steps, 1))

    def progress(self, stage: Any, done: float) -> Progress:
        """The latest numbers; `done` is the share of this stage that is."""
        latest = {name: tuple(float(v) for v in self.curves[name][:, self.points - 1]) for name in CURVES}
        return Progress(
            stage=stage,
            step=int(self.schedule[self.points - 1]),
            steps=self.experiment.steps,
            loss=latest["loss"],
            batch_loss=latest["batch_loss"],
            test_loss=latest["test_loss"],
            test_accuracy=latest["test_accuracy"],
            fraction=TRAINED * done if stage == "training" else TRAINED + (1 - TRAINED) * done,
        )

    def recorded(self, whole: bool) -> Recorded:
        return Recorded(
            self.experiment,
            self.plan,
            self.network if self.plan.spectrum == "none" else self.network.to(torch.float64),
            self.recorded_weights.first(self.points),
            {name: values[:, : self.points] for name, values in self.curves.items()},
            self.calls,
            self.seconds,
            whole,
        )

    def store(self, file: Path) -> None:
        """Write all that the rest of the training depends on, whole or not at all."""
        self.recorded_weights.settle()
        tensors: dict[str, torch.Tensor] = {
            "seconds": torch.from_numpy(self.seconds.copy()),
            **{f"curve.{name}": torch.from_numpy(values[:, : self.points].copy()) for name, values in self.curves.items()},
        }
        states, halts = [], cast("list[Halt]", self.halts)
        for i, halt in enumerate(halts):
            tensors[f"theta.{i}"] = halt.theta.detach().cpu().contiguous()
            states.append(_packed(halt.state, f"state.{i}", tensors))
        meta = {
            "key": self.experiment.key,
            "step": halts[0].step,
            "points": self.points,
            "states": states,
            "calls": self.calls,
            "counts": [halt.calls for halt in halts],
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        save_file(tensors, part, metadata={"training": json.dumps(meta)})
        part.replace(file)

    def restore(self, file: Path) -> None:
        """Go on from what `store` wrote. Raises ValueError for a file of another experiment, or a broken one."""
        try:
            with safe_open(file, framework="pt") as stored:
                meta = json.loads(stored.metadata()["training"])
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118  # it is no mapping
        except Exception as error:  # safetensors raises its own kinds
            raise ValueError(f"{file.name} is not a checkpoint that can be read: {error}") from error
        if meta["key"] != self.experiment.key:
            raise ValueError(f"{file.name} belongs to another experiment ({meta['key']}, not {self.experiment.key})")
        try:
            self.points = meta["points"]
            self.recorded_weights.check(self.points)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{file.name} lacks its recorded weights: delete it, and the training begins anew") from error
        self.seconds = tensors["seconds"].numpy().copy()
        for name, values in self.curves.items():
            if f"curve.{name}" in tensors:  # one that is recorded since then stays unknown
                values[:, : self.points] = tensors[f"curve.{name}"].numpy()
        self.calls = meta["calls"]
        place = self.network.inputs.device
        self.halts = [
            Halt(meta["step"], tensors[f"theta.{i}"].to(place), _unpacked(state, tensors, place), count)
            for i, (state, count) in enumerate(zip(meta["states"], meta["counts"]))
        ]


def _packed(state: Any, name: str, tensors: dict[str, torch.Tensor]) -> Any:
    """An optimizer's state as plain data, its tensors put into `tensors` under names."""
    if isinstance(state, torch.Tensor):
        tensors[name] = state.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(state, tuple):
        return {"tuple": [_packed(part, f"{name}.{i}", tensors) for i, part in enumerate(state)]}
    return {"plain": state}


def _unpacked(data: Any, tensors: dict[str, torch.Tensor], place: torch.device) -> Any:
    if "tensor" in data:
        return tensors[data["tensor"]].to(place)
    if "tuple" in data:
        return tuple(_unpacked(part, tensors, place) for part in data["tuple"])
    return data["plain"]


def main(arguments: list[str]) -> None:
    """`python -m experiments.training ship` remakes the result that the app opens with."""
    from experiments.presets import DIGITS
    from experiments.slices import SHIPPED

    if arguments != ["ship"]:
        raise SystemExit("usage: python -m experiments.training ship")
    torch.set_num_threads(1)
    result = train(DIGITS, on_progress=lambda p: print(f"{p.stage} {p.fraction:4.0%}", end="\r", file=sys.stderr))
    path = SHIPPED / f"{DIGITS.key}.npz"
    result.save(path, weights=False)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB")
    for i, title in enumerate(result.titles):
        print(
            f"{title:14} loss {result.loss[i, -1]:.4f}  test {result.test_accuracy[i, -1]:.3f}  λ_max {result.sharpness[i]:.3f}"
            f"  trace {result.trace[i]:.3f}  off plane {result.off_plane[i, -1]:.2f}  {result.seconds[i]:.2f} s"
        )
    print(f"explained by the plane: {result.explained[:2].sum():.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])

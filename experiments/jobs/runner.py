"""One run in this process: `python -m experiments run SPEC --out DIR`. Whatever starts it, it needs only the folder.

It goes on by itself from what the folder holds, ends cleanly with a checkpoint on SIGTERM, and leaves a status with a
sentence whatever happens, short of a kill.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.jobs.backend import JobError, State
from experiments.jobs.store import RunFolder, read_json, said, write_json
from experiments.spec import Experiment, ExperimentError, execute
from experiments.trajectory import Trajectory
from landscapes import NETWORKS
from landscapes.networks.devices import best_device

if TYPE_CHECKING:
    from experiments.training_result import Progress

SUCCESS, FAILURE, UNUSABLE, BUSY = 0, 1, 2, 3
_STATUS_EVERY = 0.25  # seconds between two writings of the status, and two heartbeats


def run_folder(spec: Path, out: Path, lock: int | None = None) -> int:
    """Run the experiment of the file `spec` in the folder `out`; the exit code. `lock`: the folder's lock, if held already."""
    folder = RunFolder(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = folder.lock() if lock is None else lock
    except OSError as error:
        print(said(error), file=sys.stderr)
        return UNUSABLE
    if lock is None:
        print(f"{out} is being run by another process.", file=sys.stderr)
        return BUSY
    return _Run(folder).run(spec)


class _Run:
    """The run that this process is."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._stopped = False
        self._status: dict[str, Any] = {}
        self._note = ""
        self._written = 0.0
        self._beaten = 0.0
        self._pace: tuple[float, int] | None = None  # when and at which step this process began to count

    def run(self, spec: Path) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with suppress(JobError):
            self._status = {
                k: v for k, v in self._folder.status().items() if k in ("title", "step", "steps", "fraction", "stage")
            }
        try:
            self._folder.reserve()
            self._tell(State.RUNNING, "Starting.", pid=os.getpid(), started=time.time())
            experiment = self._read(spec)
            self._status["steps"] = experiment.steps
            ended = self._train(experiment) if experiment.landscape.key in NETWORKS else self._race(experiment)
            if ended:
                self._tell(State.DONE, self._note, event="done", fraction=1.0, stage="", finished=time.time())
            else:
                message = f"Stopped at step {self._status.get('step', 0)}. It can be resumed from there."
                self._tell(State.CANCELLED, message, event="cancelled", finished=time.time())
            return SUCCESS
        except Exception as error:
            traceback.print_exc()
            message = str(error) if isinstance(error, JobError) else said(error)
            print(message, file=sys.stderr)
            with suppress(OSError):
                self._tell(State.FAILED, message, finished=time.time())
                self._folder.append({"kind": "failed", "message": message})
            return UNUSABLE if isinstance(error, JobError) else FAILURE
        finally:
            with suppress(OSError):
                (self._folder.path / "reserve").unlink(missing_ok=True)

    def _stop(self, number: int, frame: Any) -> None:
        if self._stopped:  # who asks twice means it
            signal.signal(number, signal.SIG_DFL)
        self._stopped = True

    def _read(self, spec: Path) -> Experiment:
        """The experiment; it is copied into the folder, which belongs to it from then on."""
        try:
            experiment = Experiment.from_json(read_json(spec))
        except ExperimentError as error:
            raise JobError(f"The spec cannot be run: {error}.") from error
        own = self._folder.path / "spec.json"
        if own.exists():
            if self._folder.experiment().key != experiment.key:
                raise JobError(f"{self._folder.path} belongs to another experiment. Take a new folder, or delete this one.")
        else:
            write_json(own, experiment.as_json())
        return experiment

    def _train(self, experiment: Experiment) -> bool:
        """Train the network; whether it went to the end."""
        import torch

        from experiments import slices, training
        from experiments.jobs.checkpoints import Checkpoints

        torch.set_num_threads(1)  # one core is as fast on small networks, and sums in one order give the same bits again
        device = best_device()
        named = f"cuda ({torch.cuda.get_device_name()})" if device == "cuda" else "cpu"
        checkpoints = Checkpoints(self._folder.path / "checkpoint")
        broken = checkpoints.mend()
        self._begin(experiment, named, resumed=checkpoints.newest.exists(), note=broken)

        def heard(progress: Progress) -> None:
            checkpoints.keep()
            data = progress.as_json()
            self._folder.append({"kind": "progress", **data})
            self._progress(data)

        result = training.train(
            experiment, on_progress=heard, cancelled=self._cancelled, checkpoint=checkpoints.folder, device=device
        )
        checkpoints.keep()
        if not result.complete:
            return False
        result.save(self._folder.path / "result.npz")
        slices.keep(result)
        return True

    def _race(self, experiment: Experiment) -> bool:
        """Run on a surface, one optimizer after the other; those that are on disk already are not run again."""
        count, title = len(experiment.optimizers), experiment.optimizer
        files = [self._folder.path / f"trajectory-{index}.npz" for index in range(count)]
        self._begin(experiment, "cpu", resumed=any(file.exists() for file in files))
        for index, file in enumerate(files):
            if self._cancelled():
                return False
            try:
                trajectory = Trajectory.load(file)
            except ValueError:  # not there, or broken
                trajectory = execute(experiment.solo(index))[0]
                trajectory.save(file)
            loss = float(trajectory.loss[int(trajectory.last_finite)])
            self._folder.append(
                {
                    "kind": "trajectory",
                    "optimizer": index,
                    "title": title(index).title,
                    "loss": _number(loss),
                    "file": file.name,
                }
            )
            self._progress(
                {"stage": "race", "step": experiment.steps * (index + 1), "steps": experiment.steps * count,
                 "fraction": (index + 1) / count}
            )  # fmt: skip
        return True

    def _begin(self, experiment: Experiment, device: str, resumed: bool, note: str = "") -> None:
        self._note = note
        slot = os.environ.get("CUDA_VISIBLE_DEVICES") or None
        self._tell(State.RUNNING, note, device=device, slot=slot)
        event = "resumed" if resumed else "started"
        self._folder.append({"kind": event, "device": device, "slot": slot, "key": experiment.key, "note": note})

    def _progress(self, data: Mapping[str, Any]) -> None:
        """Take over where the work stands. Steps per second are those of this process, not of earlier attempts."""
        self._status |= {name: data[name] for name in ("stage", "step", "steps", "fraction")}
        now, step = time.monotonic(), int(data["step"])
        if self._pace is None:
            self._pace = now, step
        elif now > self._pace[0] and step > self._pace[1]:
            self._status["steps_per_second"] = (step - self._pace[1]) / (now - self._pace[0])
        self._beat()
        if now - self._written >= _STATUS_EVERY:
            self._tell(State.RUNNING, self._note)

    def _cancelled(self) -> bool:
        self._beat()
        return self._stopped

    def _beat(self) -> None:
        if time.monotonic() - self._beaten >= _STATUS_EVERY:
            self._beaten = time.monotonic()
            self._folder.beat()

    def _tell(self, state: State, message: str, event: str | None = None, **more: Any) -> None:
        if event:  # first, so that who sees the run ended finds all its events
            self._folder.append({"kind": event, "message": message})
        self._status |= {"state": state, "message": message, **more}
        self._folder.write_status(self._status)
        self._written = time.monotonic()


def _number(value: float) -> float | None:
    """JSON has no infinity and no NaN; they are null."""
    return value if abs(value) < float("inf") else None

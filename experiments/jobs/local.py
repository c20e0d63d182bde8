"""Jobs on this machine with the standard library alone: a process per job, the queue in the folders.

The web process only writes folders and reads them. A keeper, a small process of its own, starts runs as slots get free, ends
those that are to be cancelled, and starts again those that died; it ends when there is nothing left to keep. Whoever looks
at a queue with something to do and finds no keeper starts one, so nothing depends on a process surviving.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from experiments.jobs.backend import JobError, JobStatus, State
from experiments.jobs.store import RunFolder, default_root, read_json, said, try_lock, write_json
from experiments.spec import Experiment

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Rules:
    """How the keeper treats jobs. `gpus`: names of GPUs for CUDA_VISIBLE_DEVICES, one job each; without any, `cpu_slots` jobs
    at once. `stale`: seconds without a sign of life after which a run is started again. `grace`: seconds that a cancelled run
    has to write its checkpoint."""

    gpus: tuple[str, ...] = ()
    cpu_slots: int = 1
    stale: float = 300.0
    grace: float = 30.0

    @property
    def slots(self) -> tuple[str, ...]:
        return self.gpus or tuple(f"cpu{n}" for n in range(self.cpu_slots))


def gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, by the names CUDA_VISIBLE_DEVICES takes; asks the driver's tool, not torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(name for name in visible.split(",") if name.strip() not in ("", "-1"))
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(str(n) for n, line in enumerate(row for row in listed.splitlines() if row.startswith("GPU ")))


class LocalBackend:
    """Detached processes on this machine; see `Backend` for the methods, and `Rules` for the other arguments."""

    def __init__(self, root: Path | None = None, rules: Rules | None = None) -> None:
        self.root = Path(root).absolute() if root else default_root()
        self._given = rules
        self._keeper: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    @cached_property
    def _rules(self) -> Rules:
        return self._given or Rules(gpus())

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(f"GPU {name}" for name in self._rules.gpus) or ("CPU",) * self._rules.cpu_slots

    def submit(self, experiment: Experiment) -> str:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            part = RunFolder(Path(mkdtemp(prefix=".new-", dir=self.root)))
            try:
                part.path.chmod(0o755)
                write_json(part.path / "spec.json", experiment.as_json())
                part.write_status(
                    {"state": State.QUEUED, "title": _title(experiment), "message": "", "steps": experiment.steps}
                )
                with queue_locked(self.root):
                    ticket = 1 + max((notes_of(folder).get("ticket", 0) for folder in folders_in(self.root)), default=0)
                    write_json(part.path / "job.json", {"ticket": ticket, "submitted": time.time(), "attempts": 0})
                    job = f"{ticket:04d}-{experiment.key[:8]}"
                    part.path.rename(self.root / job)
            except BaseException:
                shutil.rmtree(part.path, ignore_errors=True)
                raise
        except OSError as error:
            raise JobError(f"The job could not be queued. {said(error)}") from error
        self._ensure_keeper()
        return job

    def list(self) -> tuple[JobStatus, ...]:
        found = [(notes_of(folder).get("ticket", 0), _status(folder)) for folder in folders_in(self.root)]
        if not all(status.state.ended for _, status in found):
            self._ensure_keeper()
        waiting = sorted((ticket, status.id) for ticket, status in found if status.state is State.QUEUED)
        place = {job: index for index, (_, job) in enumerate(waiting, start=1)}
        newest_first = sorted((status for _, status in found), key=lambda status: status.submitted or 0.0, reverse=True)
        return tuple(replace(status, position=place.get(status.id)) for status in newest_first)

    def status(self, job: str) -> JobStatus:
        self._folder(job)
        for status in self.list():
            if status.id == job:
                return status
        raise JobError(f"There is no job {job!r}.")  # deleted in between

    def experiment(self, job: str) -> Experiment:
        return self._folder(job).experiment()

    def events(self, job: str, after: int = 0) -> tuple[tuple[dict[str, Any], ...], int]:
        return self._folder(job).events(after)

    def cancel(self, job: str) -> None:
        folder = self._folder(job)
        if _status(folder).state.ended:
            return
        try:
            (folder.path / "cancel").touch()
        except OSError as error:
            raise JobError(said(error)) from error
        self._ensure_keeper()

    def resume(self, job: str) -> None:
        folder = self._folder(job)
        with queue_locked(self.root):
            status = _status(folder)
            if status.state not in (State.FAILED, State.CANCELLED):
                raise JobError(f"Job {job} is {status.state}: there is nothing to resume.")
            folder.experiment()
            ticket = 1 + max(notes_of(other).get("ticket", 0) for other in folders_in(self.root))
            (folder.path / "cancel").unlink(missing_ok=True)
            write_json(folder.path / "job.json", notes_of(folder) | {"ticket": ticket, "attempts": 0})
            folder.write_status(status_of(folder) | {"state": State.QUEUED, "message": "", "finished": None})
        self._ensure_keeper()

    def delete(self, job: str) -> None:
        folder = self._folder(job)
        with queue_locked(self.root):
            if not _status(folder).state.ended:
                raise JobError(f"Job {job} has not ended. Cancel it first.")
            lock = folder.lock(patience=5)  # a process that has said its last word is gone soon, on a busy machine not at once
            if lock is None:
                raise JobError(f"Job {job} is still being closed. Try again.")
            gone = self.root / f".gone-{job}-{time.time_ns()}"
            folder.path.rename(gone)
            os.close(lock)
        shutil.rmtree(gone, ignore_errors=True)

    def folder(self, job: str) -> Path:
        return self._folder(job).path

    def _folder(self, job: str) -> RunFolder:
        path = self.root / job
        if not job or Path(job).name != job or job.startswith(".") or not path.is_dir():
            raise JobError(f"There is no job {job!r}.")
        return RunFolder(path)

    def _ensure_keeper(self) -> None:
        """Start a keeper unless one is there. Whether one is there is decided under the queue's lock: a keeper gives up its
        place under the same lock, after it has seen that nothing is left to do."""
        try:
            with self._starting, queue_locked(self.root):
                if self._keeper is not None:
                    self._keeper.poll()  # collects one that has ended
                lock = try_lock(self.root / "keeper.lock")
                if lock is not None:
                    self._keeper = self._start_keeper(lock)
                    os.close(lock)
        except OSError as error:
            raise JobError(f"The queue cannot be kept. {said(error)}") from error

    def _start_keeper(self, lock: int) -> subprocess.Popen[bytes]:
        rules = json.dumps(asdict(self._rules))
        with (self.root / "keeper.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "experiments", "keep", str(self.root), rules, str(lock)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                start_new_session=True,
            )


def _title(experiment: Experiment) -> str:
    """What the job is, in a line: the landscape with what was chosen there, and the optimizers."""
    chosen = ", ".join(f"{name} {value}" for name, value in experiment.landscape.parameters.items())
    counts = Counter(choice.key for choice in experiment.optimizers)
    optimizers = ", ".join(key if count == 1 else f"{key} x {count}" for key, count in counts.items())
    return f"{experiment.landscape.key}{f' ({chosen})' if chosen else ''}: {optimizers}"


@contextmanager
def queue_locked(root: Path) -> Iterator[None]:
    """Alone with the queue. Everybody holds this for milliseconds."""
    lock = try_lock(root / "queue.lock", patience=30.0)
    if lock is None:
        raise JobError(f"The queue in {root} is held by a process that does not let go.")
    try:
        yield
    finally:
        os.close(lock)


def folders_in(root: Path) -> list[RunFolder]:
    if not root.is_dir():
        return []
    return [RunFolder(path) for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]


def notes_of(folder: RunFolder) -> dict[str, Any]:
    with suppress(JobError):
        return read_json(folder.path / "job.json")
    return {}


def status_of(folder: RunFolder) -> dict[str, Any]:
    with suppress(JobError):
        return folder.status()
    return {}


def _status(folder: RunFolder) -> JobStatus:
    """What the folder says. One that cannot be read is a failed job that says so."""
    notes = notes_of(folder)
    known = {
        "title",
        "stage",
        "step",
        "steps",
        "fraction",
        "steps_per_second",
        "device",
        "slot",
        "started",
        "finished",
        "message",
    }
    common = {"submitted": notes.get("submitted"), "attempts": notes.get("attempts", 0), "heartbeat": folder.heartbeat()}
    try:
        raw = folder.status()
        given = {name: raw[name] for name in known if name in raw}
        return JobStatus(folder.path.name, State(raw["state"]), **common, **given)
    except (JobError, KeyError, ValueError, TypeError) as error:
        return JobStatus(folder.path.name, State.FAILED, f"The job's status cannot be read. {error}", **common)

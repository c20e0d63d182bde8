"""What a job engine offers, whichever it is. Pages and the command line know only this."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from experiments.spec import Experiment


class JobError(Exception):
    """A job that cannot be submitted, found or changed; the message is a sentence for the visitor."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class JobStatus:
    """Where a job stands. Times are seconds since 1970; None where there is nothing to say yet.

    `position` is its place in the queue, 1 the next; `fraction` of the work that is done; `heartbeat` when the process last
    gave a sign of life; `attempts` how often it was started since it last got further.
    """

    id: str
    state: State
    message: str = ""
    title: str = ""
    stage: str = ""
    step: int = 0
    steps: int = 0
    fraction: float = 0.0
    steps_per_second: float | None = None
    device: str | None = None
    slot: str | None = None
    position: int | None = None
    submitted: float | None = None
    started: float | None = None
    finished: float | None = None
    heartbeat: float | None = None
    attempts: int = 0


class Backend(Protocol):
    """A job engine. Safe to use from several threads and processes at once; nothing is kept in memory that matters."""

    @property
    def slots(self) -> tuple[str, ...]:
        """The places that take a job each, as words for the visitor: "GPU 0", or "CPU"."""
        ...

    def submit(self, experiment: Experiment) -> str:
        """Queue the experiment and return its job's id. Raises JobError where that cannot be done."""
        ...

    def list(self) -> tuple[JobStatus, ...]:
        """All jobs, the newest first."""
        ...

    def status(self, job: str) -> JobStatus:
        """Raises JobError for an unknown job."""
        ...

    def experiment(self, job: str) -> Experiment:
        """What the job runs. Raises JobError where its spec cannot be read."""
        ...

    def events(self, job: str, after: int = 0) -> tuple[tuple[dict[str, Any], ...], int]:
        """Events from position `after` on, and the position to go on from."""
        ...

    def cancel(self, job: str) -> None:
        """Take it from the queue, or end its process, cleanly with a checkpoint, else by force. Ended jobs stay as they are."""
        ...

    def resume(self, job: str) -> None:
        """Queue an ended job again; it goes on from its checkpoint. Raises JobError for one that has not ended or is done."""
        ...

    def delete(self, job: str) -> None:
        """Remove an ended job and all its files. Raises JobError for one that has not ended."""
        ...

    def folder(self, job: str) -> Path:
        """Where its files are."""
        ...

"""Run folders: what a run leaves on disk, written so that a crash at any moment loses nothing that was there.

spec.json           the experiment
status.json         where it stands; replaced whole, by the runner while it lives, by the keeper of the queue otherwise
events.jsonl        what happened, one JSON object a line, only ever appended to
heartbeat           touched while the run gives signs of life
lock                locked by the runner for as long as it lives, so that nobody has to trust a process number
job.json            the queue's own notes: ticket, attempts, slot
cancel              present when somebody wants the run to end
checkpoint/         where it goes on from
result.npz          a training's result;  trajectory-K.npz: the K-th optimizer's on a surface
log.txt             what the process printed
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: the rest of the app runs there
    fcntl = None  # type: ignore[assignment]

from experiments.jobs.backend import JobError
from experiments.spec import Experiment, ExperimentError

_RESERVE = 16 * 1024  # given up when the disk is full, so that the last status can still be written


def default_root() -> Path:
    """Where jobs live: the folder that RAVINE_RUNS names, else ~/.local/share/ravine/runs."""
    return Path(os.environ.get("RAVINE_RUNS") or Path.home() / ".local" / "share" / "ravine" / "runs").absolute()


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Replace a file by this JSON, whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("w") as file:
        json.dump(data, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file. Raises JobError with a sentence."""
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise JobError(f"{path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise JobError(f"{path.name} is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise JobError(f"{path.name} does not hold an object.")
    return data


def said(error: BaseException) -> str:
    """What went wrong, as a sentence for the visitor."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or f"os error {errno.ENOSPC})" in str(error):  # the second is how safetensors puts it
        return "The disk is full. What was saved is kept: free some space and resume."
    if isinstance(error, OSError) and error.errno is not None:
        return f"Cannot use {error.filename or 'a file'}: {error.strerror}."
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "The memory is used up: take a smaller network or fewer optimizers."
    if isinstance(error, ValueError):
        return f"{str(error).rstrip('.')}."
    return f"{type(error).__name__}: {error}"


def try_lock(path: Path, patience: float = 0.0) -> int | None:
    """Lock a file and return its descriptor, or None where another process holds it for longer than `patience` seconds.

    The lock belongs to the open file: it passes to a child with the descriptor, and ends when the last holder ends.
    """
    if fcntl is None:
        raise JobError("Jobs need Linux or macOS: this system has no file locks that end with their process.")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.01)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(
            descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB
        )  # shared, so that those who only look are not in each other's way
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@dataclass(frozen=True)
class RunFolder:
    """A folder of one run, and how its files are read and written."""

    path: Path

    @property
    def alive(self) -> bool:
        """Whether a process is running it."""
        return is_locked(self.path / "lock")

    def lock(self, patience: float = 0.5) -> int | None:
        """Become its only runner, or None if another process is; those who look hold it for microseconds."""
        return try_lock(self.path / "lock", patience)

    def experiment(self) -> Experiment:
        try:
            return Experiment.from_json(read_json(self.path / "spec.json"))
        except ExperimentError as error:
            raise JobError(f"The spec cannot be run: {error}.") from error

    def status(self) -> dict[str, Any]:
        return read_json(self.path / "status.json")

    def write_status(self, status: Mapping[str, Any]) -> None:
        try:
            write_json(self.path / "status.json", status)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            (self.path / "reserve").unlink(missing_ok=True)
            write_json(self.path / "status.json", status)

    def reserve(self) -> None:
        """Hold some disk space for the last words."""
        (self.path / "reserve").write_bytes(b"\0" * _RESERVE)

    def beat(self) -> None:
        (self.path / "heartbeat").touch()

    def heartbeat(self) -> float | None:
        with suppress(OSError):
            return (self.path / "heartbeat").stat().st_mtime
        return None

    def append(self, event: Mapping[str, Any]) -> None:
        """Add an event; one write, so that it stands whole or, after a crash, as a broken line that readers skip."""
        path = self.path / "events.jsonl"
        line = json.dumps({"time": round(time.time(), 3), **event}, allow_nan=False).encode() + b"\n"
        with path.open("ab") as file:
            if file.tell() and _last_byte(path) != b"\n":
                line = b"\n" + line
            file.write(line)

    def events(self, after: int = 0) -> tuple[tuple[dict[str, Any], ...], int]:
        """Whole events from byte `after` on, and the byte to go on from."""
        try:
            with (self.path / "events.jsonl").open("rb") as file:
                file.seek(after)
                text = file.read()
        except FileNotFoundError:
            return (), after
        text = text[: text.rfind(b"\n") + 1]
        found = []
        for line in text.split(b"\n"):
            with suppress(ValueError):  # a line that a crash cut
                event = json.loads(line)
                if isinstance(event, dict):
                    found.append(event)
        return tuple(found), after + len(text)


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def reports(events: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """What was recorded while it trained. A run that went on from a checkpoint repeats the steps after it; the later count."""
    found: list[dict[str, Any]] = []
    for event in events:
        if event.get("kind") == "progress" and event.get("stage") == "training":
            while found and found[-1]["step"] >= event["step"]:
                found.pop()
            found.append(event)
    return found

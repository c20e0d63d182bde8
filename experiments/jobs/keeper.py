"""The keeper of a local queue: `python -m experiments keep ROOT RULES LOCK`, a process of its own.

It starts runs as slots get free, ends those that are to be cancelled, starts again those that died, and ends when nothing is
left to keep. All it knows is in the folders; a new keeper goes on where an old one was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from experiments.jobs.backend import State
from experiments.jobs.local import ROOT, Rules, folders_in, notes_of, queue_locked, status_of
from experiments.jobs.store import RunFolder, said, write_json

MOST_ATTEMPTS = 3  # starts without any progress between them
_LOOK_EVERY = 0.2


def keep(root: Path, rules: Rules, lock: int) -> None:
    """Keep the queue until it is empty. `lock` is the descriptor of `keeper.lock`, held since before this process began."""
    keeper = Keeper(root, rules)
    with suppress(FileNotFoundError):  # the whole queue was removed
        while True:
            if not keeper.tick():
                with queue_locked(root):  # nobody submits between the last look and giving up the place
                    if not keeper.tick():
                        os.close(lock)
                        return
            time.sleep(_LOOK_EVERY)


class Keeper:
    """Moves one queue on."""

    def __init__(self, root: Path, rules: Rules) -> None:
        self._root, self._rules = root, rules
        self._children: list[subprocess.Popen[bytes]] = []
        self._told: dict[str, float] = {}  # when a run was asked to end
        self._complaints: set[str] = set()

    def tick(self) -> bool:
        """Look at every job once and do what is due; whether anything is left to keep."""
        self._children = [child for child in self._children if child.poll() is None]  # collects those that ended
        used: set[str] = set()
        waiting: list[tuple[int, RunFolder]] = []
        for folder in folders_in(self._root):
            try:
                alive = folder.alive  # before the status, which does not change any more once nobody runs it
                state = status_of(folder).get("state")
                if alive:
                    used.add(notes_of(folder).get("slot", ""))
                    if state == State.RUNNING:
                        self._watch(folder)
                    continue
                self._told.pop(folder.path.name, None)
                if state == State.RUNNING:
                    state = self._died(folder)
                if state == State.QUEUED and (folder.path / "cancel").exists():
                    self._end(folder, State.CANCELLED, "Cancelled before it began.")
                elif state == State.QUEUED:
                    waiting.append((notes_of(folder).get("ticket", 0), folder))
            except OSError as error:
                self._complain(folder, error)
        free = [slot for slot in self._rules.slots if slot not in used]
        for (_, folder), slot in zip(sorted(waiting, key=lambda pair: pair[0]), free):
            try:
                self._launch(folder, slot)
            except OSError as error:
                self._complain(folder, error)
        return bool(used or waiting)

    def _watch(self, folder: RunFolder) -> None:
        """End a run that is cancelled, or that gives no sign of life."""
        job, now, notes = folder.path.name, time.time(), notes_of(folder)
        group = notes.get("pid") or status_of(folder).get("pid")
        if group is None:
            return
        if (folder.path / "cancel").exists():
            if job not in self._told:
                self._told[job] = now
                _signal(group, signal.SIGTERM)
            elif now - self._told[job] > self._rules.grace:
                _signal(group, signal.SIGKILL)
        elif now - max(folder.heartbeat() or 0.0, notes.get("launched", now)) > self._rules.stale:
            folder.append({"kind": "stale", "message": f"No sign of life for {self._rules.stale:g} seconds; ended by force."})
            _signal(group, signal.SIGKILL)

    def _died(self, folder: RunFolder) -> State:
        """A run whose process is gone without a word: the queue gets it back, unless it gets nowhere."""
        notes, status = notes_of(folder), status_of(folder)
        if (folder.path / "cancel").exists():
            return self._end(folder, State.CANCELLED, f"Ended by force at step {status.get('step', 0)}. It can be resumed.")
        reached = status.get("fraction", 0.0)
        attempts = 1 if reached > notes.get("reached", 0.0) else notes.get("attempts", 1)
        write_json(folder.path / "job.json", notes | {"attempts": attempts, "reached": reached})
        if attempts >= MOST_ATTEMPTS:
            last = _last_line(folder.path / "log.txt")
            return self._end(
                folder, State.FAILED, f"The process ended {attempts} times without a word{f': {last}' if last else '.'}"
            )
        message = "The process ended unexpectedly; it goes on from its last checkpoint."
        folder.append({"kind": "lost", "message": message})
        folder.write_status(status | {"state": State.QUEUED, "message": message})
        return State.QUEUED

    def _end(self, folder: RunFolder, state: State, message: str) -> State:
        folder.write_status(status_of(folder) | {"state": state, "message": message, "finished": time.time()})
        folder.append({"kind": str(state), "message": message})
        (folder.path / "cancel").unlink(missing_ok=True)
        return state

    def _launch(self, folder: RunFolder, slot: str) -> None:
        """Start the run. It is locked before its process begins and the lock passes over: it is never taken for dead."""
        lock = folder.lock()
        if lock is None:
            return
        try:
            notes = notes_of(folder)
            notes |= {"slot": slot, "launched": time.time(), "attempts": notes.get("attempts", 0) + 1, "pid": None}
            write_json(folder.path / "job.json", notes)
            folder.write_status(status_of(folder) | {"state": State.RUNNING, "steps_per_second": None})
            with (folder.path / "log.txt").open("ab") as log:
                spec = str(folder.path / "spec.json")
                child = subprocess.Popen(
                    [sys.executable, "-m", "experiments", "run", spec, "--out", str(folder.path), "--lock", str(lock)],
                    cwd=ROOT,
                    env=os.environ | {"CUDA_VISIBLE_DEVICES": slot if self._rules.gpus else ""},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lock],
                    start_new_session=True,
                )
            self._children.append(child)
            write_json(folder.path / "job.json", notes | {"pid": child.pid})
        finally:
            os.close(lock)

    def _complain(self, folder: RunFolder, error: OSError) -> None:
        """Say once what cannot be done, and try again at the next look."""
        sentence = f"{folder.path.name}: {said(error)}"
        if sentence not in self._complaints:
            self._complaints.add(sentence)
            print(sentence, file=sys.stderr, flush=True)


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")

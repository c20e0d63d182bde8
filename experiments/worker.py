"""The warm worker: child processes with torch loaded, for interactive work that would hold the web process up.

`Workers` is the client, safe to share between threads; a lane is one child (`python -m experiments.worker`). A child is
asked one thing at a time; who waits is served in turn, by caller, so nobody waits behind another's ten requests. Where requests
can take turns (`Request.turns`), a child is asked a few things at once, and works on each for a moment at a time. The same
question asked by thirty visitors is computed once and its answer kept. A child that dies fails the request it was at, with a
sentence, and the next one gets a new child. A child ends when its parent does: its input pipe closes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from experiments.frames import Arrays, FrameError, Readable, Writable, read_frame, write_frame
from experiments.requests import Cancelled, Request
from experiments.turns import Turns

ROOT = Path(__file__).resolve().parents[1]
TABLE = "experiments.requests:REQUESTS"
TOGETHER = 8  # requests that take turns in a child
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}  # else glibc gives each thread memory of its own, and every block is fetched anew


class RequestError(ValueError):
    """The worker refused the request or failed at it; the message is for the visitor."""


class WorkerError(RuntimeError):
    """The worker process ended while it was at the request. Asking again is safe."""


@dataclass(frozen=True)
class Progress:
    """One report of a running request."""

    meta: Mapping[str, Any]
    arrays: Arrays


class _Computation:
    """One question being answered, shared by everybody who asks it."""

    def __init__(self, number: int, name: str, arguments: Mapping[str, Any], key: str, caller: str) -> None:
        self.number, self.name, self.arguments, self.key, self.caller = number, name, arguments, key, caller
        self.change = threading.Condition()
        self.progress: list[Progress] = []
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.running = False
        self.begun = False  # the child has said so, or has had its second chance to
        self.stopped = False
        self.waiting = 0

    def finish(self, answer: Any = None, error: BaseException | None = None) -> None:
        with self.change:
            if not self.done:
                self.answer, self.error, self.done = answer, error, True
                self.change.notify_all()

    def report(self, progress: Progress) -> None:
        with self.change:
            self.progress.append(progress)
            self.change.notify_all()


class Call:
    """One caller's hold on a question. Several calls may share the computation; cancelling one does not end the others'."""

    def __init__(self, computation: _Computation, lane: _Lane) -> None:
        self._computation, self._lane = computation, lane
        self._cancelled = False

    @property
    def done(self) -> bool:
        return self._computation.done or self._cancelled

    @property
    def running(self) -> bool:
        """Whether the worker is at it; before that it waits its turn."""
        return self._computation.running and not self.done

    @property
    def progress(self) -> tuple[Progress, ...]:
        """All reports so far, also those from before this caller joined."""
        return tuple(self._computation.progress)

    def result(self, timeout: float | None = None) -> Any:
        """The answer. Raises RequestError, WorkerError, CancelledError, or TimeoutError after `timeout` seconds."""
        computation = self._computation
        with computation.change:
            if not computation.change.wait_for(lambda: self.done, timeout):
                raise TimeoutError(f"{computation.name!r} is not answered yet")
        if self._cancelled:
            raise CancelledError
        if computation.error is not None:
            raise computation.error
        return computation.answer

    def updates(self) -> Iterator[Progress]:
        """Reports as they come, until the answer is there or the request has failed."""
        seen, computation = 0, self._computation
        ended = False
        while not ended:
            with computation.change:
                while not (ended := self.done) and len(computation.progress) == seen:
                    computation.change.wait()
                fresh = computation.progress[seen:]
            yield from fresh
            seen += len(fresh)

    def stop(self) -> None:
        """Ask it to end early and still answer with what there is, where the request can (a training can).

        Where others wait for the whole answer too, or it has not begun, this is `cancel`.
        """
        if not self._lane.stop(self._computation):
            self.cancel()

    def cancel(self) -> None:
        """Let go of it. Ends the computation where nobody else waits for it."""
        if not self.done:
            self._cancelled = True
            with self._computation.change:
                self._computation.change.notify_all()
            self._lane.let_go(self._computation)


def _key(name: str, arguments: Mapping[str, Any]) -> str:
    """Equal questions have equal keys."""
    return json.dumps([name, arguments], sort_keys=True)


class _Lane:
    """One child process and the queue before it."""

    def __init__(self, table: str, cache_bytes: int, together: int = 1) -> None:
        self._table, self._requests, self._together = table, _read_table(table), together
        # Taken now, so that a process that is started late, or again, looks for data and results where the first one did.
        self._environment = os.environ | ONE_THREAD | (ONE_ARENA if together > 1 else {})
        self._lock = threading.RLock()
        self._queues: OrderedDict[str, deque[_Computation]] = OrderedDict()  # caller -> waiting, the next caller first
        self._open: dict[str, _Computation] = {}  # by key: waiting or running
        self._answers = _Answers(cache_bytes)
        self._asked: dict[int, _Computation] = {}  # by number: what the child is at
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._closed = False
        self._numbers = 0

    def submit(self, name: str, arguments: Mapping[str, Any], caller: str) -> Call:
        key = _key(name, arguments)
        with self._lock:
            if self._closed:
                raise WorkerError("The worker is closed.")
            computation = self._answers.get(key) or self._open.get(key)
            if computation is None:
                self._numbers += 1
                computation = _Computation(self._numbers, name, arguments, key, caller)
                self._open[key] = computation
                self._queues.setdefault(caller, deque()).append(computation)
            computation.waiting += 1
            self._advance()
            return Call(computation, self)

    def asked(self, name: str, arguments: Mapping[str, Any]) -> bool:
        with self._lock:
            return _key(name, arguments) in self._open

    def let_go(self, computation: _Computation) -> None:
        with self._lock:
            computation.waiting -= 1
            if computation.waiting > 0 or computation.done:
                return
            self._open.pop(computation.key, None)  # who asks from now on starts anew
            for caller, queue in [*self._queues.items()]:
                if computation in queue:
                    queue.remove(computation)
                    computation.finish(error=CancelledError())
                    if not queue:
                        del self._queues[caller]
            if computation.number in self._asked:
                self._interrupt(computation)

    def stop(self, computation: _Computation) -> bool:
        with self._lock:
            if computation.number not in self._asked or computation.waiting > 1:
                return False
            self._open.pop(computation.key, None)
            self._interrupt(computation)
            return True

    def _interrupt(self, computation: _Computation) -> None:
        """Ask the child to end it early; a request that does not look up is ended with its process. The lock is held."""
        computation.stopped = True
        self._send({"kind": "cancel", "id": computation.number})
        timer = threading.Timer(self._requests[computation.name].patience, self._end_stubborn, [computation, self._child])
        timer.daemon = True
        timer.start()

    def warm(self) -> None:
        """Start the child now, so that the first request finds it ready."""
        with self._lock:
            if self._child is None and not self._closed:
                self._start()

    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def close(self) -> None:
        with self._lock:
            self._closed, child = True, self._child
            waiting = [*self._asked.values(), *(c for queue in self._queues.values() for c in queue)]
            self._queues.clear()
        if child is not None:
            child.kill()
            child.wait()
        for computation in waiting:
            computation.finish(error=WorkerError("The worker was closed."))

    def _start(self) -> None:
        self._ready = False
        self._child = subprocess.Popen(
            [sys.executable, "-m", "experiments.worker", self._table],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, args=[self._child], daemon=True, name="worker-replies").start()

    def _advance(self) -> None:
        """Give the child the next callers' oldest requests, one of each, while it has room. The lock is held."""
        while len(self._asked) < self._together and not self._closed:
            busy = {computation.caller for computation in self._asked.values()}
            caller = next((caller for caller in self._queues if caller not in busy), None)
            if caller is None:
                return
            self.warm()
            if self._child is None or self._child.poll() is not None:
                return  # it died while idle: its listener is about to notice, and asks for another
            queue = self._queues.pop(caller)
            computation = queue.popleft()
            self._asked[computation.number] = computation
            if queue:
                self._queues[caller] = queue  # behind everybody else
            computation.running = True
            self._send({"kind": "ask", "id": computation.number, "name": computation.name, "arguments": computation.arguments})

    def _send(self, header: Mapping[str, Any]) -> None:
        assert self._child is not None and self._child.stdin is not None
        with suppress(OSError):  # the child has ended; its listener says so
            write_frame(self._child.stdin, header)

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        broken = ""
        try:
            while (frame := read_frame(child.stdout)) is not None:
                self._receive(*frame)
        except (FrameError, OSError, ValueError) as error:
            broken = f" ({error})"
            child.kill()
        self._ended(child, broken)

    def _receive(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if header["kind"] == "ready":
            self._ready = True
            return
        computation = self._asked.get(header["id"])
        if computation is None:
            return
        if header["kind"] == "begun":
            computation.begun = True
            return
        if header["kind"] == "progress":
            computation.report(Progress(header["meta"], arrays))
            return
        answer: Any = None
        error: BaseException | None = None
        if header["kind"] == "answer":
            try:
                answer = self._requests[computation.name].decode(header["meta"], arrays)
            except Exception as problem:  # an answer that cannot be read fails its caller, not this thread
                error = RequestError(f"The worker's answer to {computation.name!r} could not be read: {problem!r}")
        elif header["kind"] == "cancelled":
            error = CancelledError()
        else:
            error = RequestError(header["message"])
        with self._lock:
            self._asked.pop(computation.number, None)
            if self._open.get(computation.key) is computation:
                del self._open[computation.key]
            if error is None and not computation.stopped:
                self._answers.keep(computation, sum(array.nbytes for array in arrays.values()))
            self._advance()
        computation.finish(answer, error)

    def _ended(self, child: subprocess.Popen[bytes], broken: str) -> None:
        code = child.wait()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        with self._lock:
            if self._child is not child:
                return
            self._child, asked, self._asked = None, [*self._asked.values()], {}
            again = [c for c in asked if self._ready and not c.begun and not c.stopped]
            failed = [c for c in asked if c not in again]
            for computation in again:  # it died before it came to this: the next child is asked, once
                computation.begun, computation.running = True, False
            if again:
                self._queues[""] = deque(again)
                self._queues.move_to_end("", last=False)
            if not self._ready:  # it could not even start: nobody else would fare better
                failed += [c for queue in self._queues.values() for c in queue]
                self._queues.clear()
            for computation in failed:
                self._open.pop(computation.key, None)
            if not self._closed:
                self._advance()
        for computation in failed:
            sentence = f"The worker process {how}{broken} while it was at {computation.name!r}. Ask again: a new one starts."
            computation.finish(error=CancelledError() if computation.stopped else WorkerError(sentence))

    def _end_stubborn(self, computation: _Computation, child: subprocess.Popen[bytes] | None) -> None:
        with self._lock:
            if computation.number in self._asked and child is self._child and child is not None:
                child.kill()


class _Answers:
    """Finished computations, the longest unused forgotten beyond `limit` bytes of arrays."""

    def __init__(self, limit: int) -> None:
        self._limit, self._total = limit, 0
        self._kept: OrderedDict[str, tuple[_Computation, int]] = OrderedDict()

    def get(self, key: str) -> _Computation | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def keep(self, computation: _Computation, size: int) -> None:
        size += 1024
        if size > self._limit:
            return
        self._kept[computation.key] = (computation, size)
        self._total += size
        while self._total > self._limit:
            self._total -= self._kept.popitem(last=False)[1][1]


class Workers:
    """The worker processes of one web process, one per lane, started when first needed or by `warm`."""

    def __init__(self, table: str = TABLE, *, cache_bytes: int = 64 * 2**20) -> None:
        """`table`: the "module:name" of the requests there are. `cache_bytes`: what each lane's kept answers may take."""
        self._requests = _read_table(table)
        turns = {r.lane for r in self._requests.values()} - {r.lane for r in self._requests.values() if not r.turns}
        self._lanes = {
            lane: _Lane(table, cache_bytes, TOGETHER if lane in turns else 1)
            for lane in sorted({r.lane for r in self._requests.values()})
        }

    def submit(self, name: str, arguments: Mapping[str, Any], caller: str | None = None) -> Call:
        """Ask for something of the table; returns at once. `caller` (a visitor's session) is who is served in turn.

        Raises KeyError for an unknown name and TypeError for arguments that are no JSON.
        """
        if name not in self._requests:
            raise KeyError(f"no request {name!r}; there are: {', '.join(self._requests)}")
        return self._lanes[self._requests[name].lane].submit(name, arguments, caller or str(threading.get_ident()))

    def asked(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Whether somebody waits for this: who asks too shares the computation."""
        return self._lanes[self._requests[name].lane].asked(name, arguments)

    def warm(self) -> None:
        for lane in self._lanes.values():
            lane.warm()

    def pids(self) -> dict[str, int | None]:
        """The process of each lane, None where it has not started."""
        return {name: lane.pid() for name, lane in self._lanes.items()}

    def close(self) -> None:
        """End the processes. Requests that are not answered fail."""
        for lane in self._lanes.values():
            lane.close()


def _read_table(table: str) -> Mapping[str, Request]:
    module, name = table.split(":")
    requests: Mapping[str, Request] = getattr(import_module(module), name)
    return requests


def serve(stdin: Readable, stdout: Writable, requests: Mapping[str, Request]) -> None:
    """The child: answer requests in order, or in turns, until the input ends. A second thread reads, so that cancelling comes
    through."""
    lock, turns = threading.Lock(), Turns()
    asked: deque[dict[str, Any]] = deque()
    arrived = threading.Semaphore(0)
    cancelled: set[int] = set()

    def send(header: Mapping[str, Any], arrays: Arrays | None = None) -> None:
        with lock:
            write_frame(stdout, header, arrays)

    def listen() -> None:
        while (frame := read_frame(stdin)) is not None:
            header = frame[0]
            if header["kind"] == "cancel":
                cancelled.add(header["id"])
            else:
                asked.append(header)
                arrived.release()
        os._exit(0)  # the parent is gone; whatever is being computed has no reader

    send({"kind": "ready"})
    threading.Thread(target=listen, daemon=True, name="requests").start()
    loaded = {request.needs: threading.Event() for request in requests.values()}
    threading.Thread(target=_load, args=[loaded], daemon=True, name="load").start()

    def answer(number: int, name: str, arguments: Mapping[str, Any]) -> None:
        def looked_up() -> bool:
            turns.pass_on()
            return number in cancelled

        send({"kind": "begun", "id": number})
        loaded[requests[name].needs].wait()
        try:
            meta, arrays = requests[name].answer(
                arguments,
                lambda meta, arrays: send({"kind": "progress", "id": number, "meta": meta}, arrays),
                looked_up if requests[name].turns else lambda: number in cancelled,
            )
            send({"kind": "answer", "id": number, "meta": meta}, arrays)
        except Cancelled:
            send({"kind": "cancelled", "id": number})
        except BrokenPipeError:
            raise
        except Exception as error:
            said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            send({"kind": "error", "id": number, "message": said})
        cancelled.discard(number)

    while True:
        arrived.acquire()
        header = asked.popleft()
        given = header["id"], header["name"], header["arguments"]
        if requests[header["name"]].turns:
            threading.Thread(target=turns.run, args=[partial(answer, *given)], daemon=True, name="turn").start()
        else:
            answer(*given)


def _load(modules: Mapping[str, threading.Event]) -> None:
    """Import what answers need while no question is there yet, and say of each that it may be used.

    An answer waits for that: two threads in one circular import can be given a module that is not whole.
    """
    for name, there in modules.items():
        try:
            import_module(name)
        except Exception:  # the answer imports it again, and its error is what the visitor reads
            traceback.print_exc()
        finally:
            there.set()


def main() -> None:
    # Whatever prints in here must not land between two messages: the pipe moves away, and print goes to the log.
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the parent's; the child ends with its pipe
    with suppress(BrokenPipeError):
        serve(stdin, stdout, _read_table(sys.argv[1]))


if __name__ == "__main__":
    main()

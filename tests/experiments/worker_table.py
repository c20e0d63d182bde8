"""Requests that the worker's tests ask: real functions that run in a real child, small enough to see what the client does."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from experiments.frames import Arrays
from experiments.requests import REQUESTS as SHIPPED
from experiments.requests import Answer, Cancelled, Report, Request

Arguments = Mapping[str, Any]
SLOW = "tests.experiments.slow_to_load"
Asked = Callable[[], bool]


def count(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    """Count to `to`, looking up between numbers; with `keep`, a cancelled count answers with how far it came."""
    reached = 0
    for reached in range(arguments["to"]):
        if cancelled():
            if arguments.get("keep"):
                break
            raise Cancelled
        report({"at": reached}, {"square": np.array(reached**2)})
        time.sleep(arguments.get("pause", 0.0))
    return {"reached": reached, "pid": os.getpid()}, {}


def log(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    """Append a line to a file, so that the order and number of computations can be read."""
    time.sleep(arguments.get("pause", 0.0))
    with open(arguments["path"], "a") as file:
        file.write(f"{arguments['line']}\n")
    return {"line": arguments["line"]}, {}


def deaf(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    report({}, {})
    time.sleep(60)
    return {}, {}


def die(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}, {}


def echo(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    print("this goes to the log, not between two messages")
    sys.stdout.flush()
    os.write(1, b"nor does this\n")
    n = arguments["n"]
    return {"arguments": arguments}, {"a": np.arange(n, dtype=np.float64), "b": np.arange(n) % 2 == 0}


def refuse(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    raise ValueError("three is not an even number")


def threads(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    import torch

    return {"threads": torch.get_num_threads()}, {}


def environment(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    return {name: os.environ.get(name) for name in arguments["names"]}, {}


def whole(arguments: Arguments, report: Report, cancelled: Asked) -> Answer:
    return {"whole": hasattr(sys.modules.get(SLOW), "LAST")}, {}


def both(meta: Mapping[str, Any], arrays: Arrays) -> Any:
    return meta, arrays


def only_meta(meta: Mapping[str, Any], arrays: Arrays) -> Any:
    return meta


REQUESTS = {
    name: Request("short", f"tests.experiments.worker_table:{name}", only_meta, patience=0.3, needs="numpy")
    for name in ("count", "log", "deaf", "die", "refuse", "threads", "environment")
} | {
    "echo": Request("short", "tests.experiments.worker_table:echo", both, needs="numpy"),
    "turn": Request("turns", "tests.experiments.worker_table:count", only_meta, needs="numpy", turns=True),
    "long": Request("long", "tests.experiments.worker_table:count", only_meta, needs="numpy"),
    "race": SHIPPED["race"],
}
SLOW_TO_START = {"whole": Request("short", "tests.experiments.worker_table:whole", only_meta, needs=SLOW)}

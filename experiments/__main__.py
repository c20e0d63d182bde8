"""The command line: `python -m experiments run | submit | list | status | cancel | resume | delete`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from experiments.jobs import JobError, JobStatus, LocalBackend
from experiments.jobs.local import Rules
from experiments.jobs.runner import UNUSABLE, run_folder
from experiments.jobs.store import default_root, read_json
from experiments.spec import Experiment, ExperimentError


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return _do(given)
    except JobError as error:
        print(error, file=sys.stderr)
    except ExperimentError as error:
        print(f"The spec cannot be run: {error}.", file=sys.stderr)
    return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments", description="Run experiments, here or as jobs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a spec in this process; goes on from what DIR holds")
    run.add_argument("spec", type=Path, metavar="SPEC", help="a JSON file, or - for standard input")
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    run.add_argument("--lock", type=int, help=argparse.SUPPRESS)

    submit = commands.add_parser("submit", help="queue a spec and print its job")
    submit.add_argument("spec", type=Path, metavar="SPEC")
    commands.add_parser("list", help="all jobs, the newest first")
    for name, what in (
        ("status", "where a job stands, as JSON"),
        ("cancel", "end a job, with a checkpoint"),
        ("resume", "queue a cancelled or failed job again"),
        ("delete", "remove an ended job and its files"),
    ):
        commands.add_parser(name, help=what).add_argument("job", metavar="JOB")
    for name in ("submit", "list", "status", "cancel", "resume", "delete"):
        where = commands.choices[name]
        where.add_argument("--runs", type=Path, default=None, metavar="DIR", help=f"where jobs live (now {default_root()})")

    keep = commands.add_parser("keep", help=argparse.SUPPRESS)
    keep.add_argument("root", type=Path)
    keep.add_argument("rules", type=json.loads)
    keep.add_argument("lock", type=int)
    return parser


def _do(given: argparse.Namespace) -> int:
    if given.command == "run":
        return run_folder(Path("/dev/stdin") if str(given.spec) == "-" else given.spec, given.out, given.lock)
    if given.command == "keep":
        from experiments.jobs.keeper import keep

        keep(given.root, Rules(**{**given.rules, "gpus": tuple(given.rules["gpus"])}), given.lock)
        return 0
    backend = LocalBackend(given.runs)
    if given.command == "submit":
        print(backend.submit(Experiment.from_json(read_json(given.spec))))
    elif given.command == "list":
        for status in backend.list():
            print(_line(status))
    elif given.command == "status":
        status = backend.status(given.job)
        print(json.dumps({name: getattr(status, name) for name in JobStatus.__dataclass_fields__}, indent=1))
    else:
        getattr(backend, given.command)(given.job)
    return 0


def _line(status: JobStatus) -> str:
    place = (
        f"#{status.position} in the queue"
        if status.position
        else f"{status.fraction:4.0%} step {status.step} of {status.steps}"
    )
    pace = f"{status.steps_per_second:.0f} steps/s" if status.steps_per_second else ""
    seen = f"seen {max(time.time() - status.heartbeat, 0):.0f} s ago" if status.heartbeat and not status.state.ended else ""
    parts = (status.id, f"{status.state:9}", status.device or "", place, pace, seen, status.message)
    return "  ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())

"""The command line: `python -m experiments.shipped NAME ...` makes files of finished trainings, `--spec` prints a training."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from experiments.jobs.store import read_json
from experiments.shipped.files import Making, keep
from experiments.shipped.trainings import TRAININGS, Training
from experiments.training_result import Progress, TrainingResult

_PROCESSOR = f"one thread of a processor of the kind {platform.machine()}"


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.spec:
        print(json.dumps(TRAININGS[given.spec].experiment.as_json(), indent=1))
        return
    chosen = [TRAININGS[name] for name in given.names] or [training for training in TRAININGS.values() if training.run]
    if given.result and len(given.names) != 1:
        raise SystemExit("--result goes with one NAME")
    for training in chosen:
        result, making = _left(given.result, given.note) if given.result else _made(training, given)
        path = keep(training, result, making)
        print(f"{training.name}: {path.name}, {path.stat().st_size / 1024:.0f} kB, {making.minutes:.1f} minutes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.shipped",
        description=f"Make the files of finished trainings again. There are: {', '.join(TRAININGS)}.",
    )
    names = list(TRAININGS)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*names, []], help="all that were run, if none is given")
    parser.add_argument("--spec", choices=names, metavar="NAME", help="print the experiment, for `python -m experiments run`")
    parser.add_argument("--result", type=Path, metavar="DIR", help="take what `python -m experiments run` left in DIR instead")
    parser.add_argument("--work", type=Path, metavar="DIR", default=Path("runs/shipped"), help="where trainings go on from")
    parser.add_argument("--stop", action="store_true", help="train no further: make the file of what is there")
    parser.add_argument("--note", default="", help="what else is to be known of the data or the machine")
    return parser


def _made(training: Training, given: argparse.Namespace) -> tuple[TrainingResult, Making]:
    """Train, on one thread, which gives the same bits again; on from where it was stopped, if it is to go on."""
    import torch

    from experiments.training import train

    torch.set_num_threads(1)
    folder = given.work / training.name
    folder.mkdir(parents=True, exist_ok=True)
    spent = folder / "spent.json"
    clock, processor = json.loads(spent.read_text()) if spent.exists() else (0.0, 0.0)
    began = time.monotonic() - clock, time.process_time() - processor

    def heard(progress: Progress) -> None:
        spent.write_text(json.dumps([time.monotonic() - began[0], time.process_time() - began[1]]))
        print(f"{training.name}: {progress.stage} {progress.fraction:4.0%}", end="\r", file=sys.stderr)

    result = train(training.experiment, heard, lambda: given.stop, folder, plan=training.plan)
    minutes, busy = (time.monotonic() - began[0]) / 60, (time.process_time() - began[1]) / 60
    return result, Making(minutes, busy, _PROCESSOR, version("torch"), given.note)


def _left(folder: Path, note: str) -> tuple[TrainingResult, Making]:
    """What a run left in its folder."""
    status = read_json(folder / "status.json")
    device = status["device"]
    machine = _PROCESSOR if device == "cpu" else str(device)
    minutes = (status["finished"] - status["started"]) / 60
    return TrainingResult.load(folder / "result.npz"), Making(minutes, None, machine, version("torch"), note)


if __name__ == "__main__":
    main()

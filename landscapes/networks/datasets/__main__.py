"""`python -m landscapes.networks.datasets mnist cifar10` downloads data sets into the folder that RAVINE_DATA names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from landscapes.networks.datasets import DATASETS, DatasetError, download


def _show(name: str, here: int, size: int) -> None:
    print(f"\r{name}  {here / 2**20:.1f} of {size / 2**20:.1f} MB", end="\n" if here >= size else "", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m landscapes.networks.datasets", description="Download data sets.")
    parser.add_argument("keys", nargs="+", choices=[key for key in DATASETS if DATASETS[key].remotes], metavar="KEY")
    for key in parser.parse_args(arguments).keys:
        try:
            place = download(key, DATASETS[key].remotes, _show)
            train, test = DATASETS[key]()
        except DatasetError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        print(f"{DATASETS[key].title}: {len(train):,} samples to train on, {len(test):,} to test on, in {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

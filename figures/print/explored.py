"""A figure of an exploration that is asked for: what was explored, what of it is shown, and how it looks. JSON is its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from experiments import Experiment
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.networks import NetworkSweep
from experiments.sweeps.sweep import Sweep
from experiments.tuning import Tuning
from figures.cell_map import Cell
from figures.print.look import Look

Asked = Sweep | Cloud | Tuning | NetworkSweep
READERS: Mapping[str, Callable[[Any], Asked]] = {
    "map": Sweep.from_json,
    "line": Sweep.from_json,
    "basins": Sweep.from_json,
    "cloud": Cloud.from_json,
    "tune": Tuning.from_json,
    "networks": NetworkSweep.from_json,
}


@dataclass(frozen=True)
class Explored:
    """A figure of the section `tab` of the Explore page.

    `labels` are the optimizers' names, `colour` the quantity that is shown, `cell` the one whose run is looked at, of a line
    the column alone, the default where it is None; `step` that of a cloud, the last where it is None. `link` goes into the
    file, where it is not seen.
    """

    tab: str
    asked: Asked
    labels: tuple[str, ...]
    look: Look
    title: str
    annotation: str = ""
    link: str = ""
    colour: str = "final"
    cell: Cell | None = None
    step: int | None = None

    def __post_init__(self) -> None:
        if self.tab not in READERS:
            raise ValueError(f"there are figures of {', '.join(READERS)}; not of {self.tab!r:.40}")
        if len(self.labels) != len(self.experiment.optimizers):
            raise ValueError(f"{len(self.experiment.optimizers)} optimizers with {len(self.labels)} names")

    @property
    def experiment(self) -> Experiment:
        return self.asked.experiment

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"asked": self.asked.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Explored:
        """Raises ValueError for what cannot be drawn."""
        if data["tab"] not in READERS:
            raise ValueError(f"there are figures of {', '.join(READERS)}; not of {data['tab']!r:.40}")
        cell, look = data["cell"], data["look"]
        read = {
            "asked": READERS[data["tab"]](data["asked"]),
            "look": Look(**{**look, "panels": tuple(look["panels"])}),
            "labels": tuple(data["labels"]),
            "cell": None if cell is None else (int(cell[0]), int(cell[1]), int(cell[2])),
        }
        return cls(**{**data, **read})

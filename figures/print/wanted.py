"""A figure that is asked for: the race, which picture of it, and how it looks. The same JSON is the same file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from experiments import Experiment
from figures.print.look import Look

Window = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Wanted:
    """A composed figure of a race or, with `rates`, its small multiples.

    `labels` are the entrants' names; `window` is what the map shows, the landscape's domain where None. `rates[K]` are the
    learning rates of the K-th entrant's row of panels, as many in each; `columns` are names over them, and where `named` each
    row has its optimizer's name beside it instead of in its panels. `link` goes into the file, where it is not seen.
    """

    experiment: Experiment
    labels: tuple[str, ...]
    look: Look
    title: str
    annotation: str = ""
    note: str = ""
    link: str = ""
    window: Window | None = None
    rates: tuple[tuple[float, ...], ...] = ()
    columns: tuple[str, ...] = ()
    named: bool = False

    def __post_init__(self) -> None:
        entrants = len(self.experiment.optimizers)
        if len(self.labels) != entrants or (self.rates and len(self.rates) != entrants):
            raise ValueError(f"{entrants} entrants with {len(self.labels)} names and {len(self.rates)} rows of learning rates")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"experiment": self.experiment.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wanted:
        """Raises ValueError for what cannot be drawn."""
        window, look = data["window"], data["look"]
        read = {
            "experiment": Experiment.from_json(data["experiment"]),
            "look": Look(**{**look, "panels": tuple(look["panels"])}),
            "labels": tuple(data["labels"]),
            "columns": tuple(data["columns"]),
            "rates": tuple(tuple(float(rate) for rate in row) for row in data["rates"]),
            "window": None if window is None else tuple((float(low), float(high)) for low, high in window),
        }
        return cls(**{**data, **read})

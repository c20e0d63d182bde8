"""A figure of a slice that is asked for: what is shown of it, and how it looks. JSON is its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments import Experiment
from experiments.grids.shown_slice import ShownSlice
from figures.print.look import Look


@dataclass(frozen=True)
class Sliced:
    """A figure of a slice. `labels` are the optimizers' names; `link` goes into the file, where it is not seen."""

    view: ShownSlice
    labels: tuple[str, ...]
    look: Look
    title: str
    annotation: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.experiment.optimizers):
            raise ValueError(f"{len(self.experiment.optimizers)} optimizers with {len(self.labels)} names")

    @property
    def experiment(self) -> Experiment:
        """The training."""
        return self.view.spec.training

    def as_json(self) -> dict[str, Any]:
        look = {**vars(self.look), "panels": list(self.look.panels)}
        words = {"labels": list(self.labels), "title": self.title, "annotation": self.annotation, "link": self.link}
        return {"view": self.view.as_json(), "look": look, **words}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sliced:
        """Raises ValueError for what cannot be drawn."""
        look = data["look"]
        read = {
            "view": ShownSlice.from_json(data["view"]),
            "look": Look(**{**look, "panels": tuple(look["panels"])}),
            "labels": tuple(data["labels"]),
        }
        return cls(**{**data, **read})

"""What the open section of the Explore page shows, as what was asked and what was found: the same for all of its sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from experiments import Experiment, link
from experiments.sweeps.exploration import Exploration, cloud_of, sweep_of, tuning_of
from experiments.sweeps.export import Asked, Found
from experiments.sweeps.link import encode
from experiments.sweeps.network_presets import SHIPPED
from figures.print.explored import Explored
from landscapes import NETWORKS
from pages import explore_networks, explore_work, race_view
from pages.explore_controls import explore
from pages.race_takeaway_look import Chosen

state = st.session_state


@dataclass(frozen=True, eq=False)
class Taken:
    """An exploration on show: `asked` and what was `found`, None before it is complete; `colour` is the quantity it shows."""

    view: Exploration
    asked: Asked
    found: Found | None
    colour: str

    @property
    def experiment(self) -> Experiment:
        return self.asked.experiment

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(race_view.labels(self.experiment))

    @property
    def title(self) -> str:
        key = self.experiment.landscape.key
        if key in NETWORKS:
            return str(NETWORKS[key].title)
        landscape: Any = self.experiment.make_landscape()
        return race_view.title(landscape, self.experiment)

    @property
    def name(self) -> str:
        """Of its files."""
        return f"ravine-{self.view.tab}-{self.asked.key}"

    def figure(self, chosen: Chosen, step: int | None = None) -> Explored:
        """Its figure in a look. Raises ValueError for a look that cannot be."""
        view = self.view
        return Explored(
            view.tab, self.asked, self.labels, chosen.made(), chosen.title, chosen.annotation, link_of(view), self.colour,
            view.cell, step,
        )  # fmt: skip


def taken(view: Exploration) -> Taken:
    """What is on show in a section. Raises ExperimentError where nothing can be explored."""
    experiment = explore.experiment
    if view.tab == "networks":
        sweep = SHIPPED[explore_networks.chosen_map()]
        found = explore_networks.kept_map(sweep)
        colour = state.get("explore.networks.colour") or "final"
        return Taken(view, sweep, found if found is not None and found.complete else None, colour)
    asked = {"cloud": cloud_of, "tune": tuning_of}.get(view.tab, sweep_of)(view, experiment)
    return Taken(view, asked, _found(asked), view.colour)


def _found(asked: Any) -> Any:
    """The answer, where it is what was asked last and is complete."""
    if state.get("explore.call", ("",))[0] != asked.key:
        return None
    result = explore_work.standing(asked).result
    return result if getattr(result, "complete", True) else None


def link_of(view: Exploration, more: tuple[tuple[str, str], ...] = (), **shown: str) -> str:
    """The address of an exploration; `shown` becomes further `show.` fields, `more` are Streamlit's own."""
    told = encode(view) | {name: text for name, text in shown.items() if text}
    fields = link.encode(explore.experiment) | {f"show.{name}": text for name, text in told.items()}
    return f"{(st.context.url or '').rstrip('/')}?{urlencode([*fields.items(), *more], safe=',')}"

"""What a figure of a tuning shows, in words for print."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.tune import Search
from experiments.tuning import Tuning
from figures.caption import listed, prose, rule
from figures.search_caption import caption
from figures.sweep_caption import changes, fixed, precision, surface


def tuning_caption(
    tuning: Tuning, searches: Sequence[Search], labels: Sequence[str], *, runs: bool = True, link: str = ""
) -> str:
    """The caption: how the settings were tuned and what was found, the surface, what was held, and how curves are read."""
    experiment = tuning.experiment
    held = [
        f"{label} ({rule(fixed(choice, set(names))) or 'no other number'})"
        for label, choice, names in zip(labels, experiment.optimizers, tuning.searched)
    ]
    two = any(len(names) > 1 for names in tuning.searched)
    return prose(
        [
            caption(tuning, searches, labels),
            f"The landscape is {surface(experiment, set())}.",
            *changes(experiment, set()),
            f"Held: {listed(held)}.",
            "A curve goes through the settings that were tried"
            f"{'; of two numbers it shows the best loss over the other one' if two else ''}. The large mark is the best.",
            "The runs shown are those at the best settings, from the experiment's own start." if runs else "",
            precision(experiment, False),
            f"In motion: {link}" if link else "",
        ]
    )

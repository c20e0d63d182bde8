"""Why a run does what it does: every step in numbers, in arrows and in a sentence."""

from experiments.why.explain import Lens, Why, explain, explained_entrant
from experiments.why.finding import Finding
from experiments.why.overlay import Overlay, overlay
from experiments.why.summary import Progress, Summary, progress, seconds, summarise

__all__ = [
    "Finding",
    "Lens",
    "Overlay",
    "Progress",
    "Summary",
    "Why",
    "explain",
    "explained_entrant",
    "overlay",
    "progress",
    "seconds",
    "summarise",
]

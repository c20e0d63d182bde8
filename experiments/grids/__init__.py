"""Slices as maps: cells computed coarse first, kept, gone on with, and what says how far they can be trusted."""

from experiments.grids.fill import fill
from experiments.grids.grid import Grid, blank
from experiments.grids.report import report
from experiments.grids.store import GridStore, key_of
from experiments.grids.trust import Trust, trust
from experiments.grids.view import SliceView, slice_through
from experiments.grids.window import automatic_window, shared_range

__all__ = [
    "Grid", "GridStore", "SliceView", "Trust", "automatic_window", "blank", "fill", "key_of", "report", "shared_range",
    "slice_through", "trust",
]  # fmt: skip

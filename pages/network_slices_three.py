"""A slice in three dimensions, with the paths of its training: to be turned by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice, values
from figures.components.plotly_view import plotly_view
from figures.print.of_slice import map_of, path_of
from figures.sliced import title
from figures.surface3d import surface3d_figure, surface3d_text
from figures.theme import Mode
from pages import race_view

HEIGHT = 520  # pixels
PATHS = (
    "A path stands at the loss that the network truly has there, off the slice: above the surface or below it where the slice "
    "misses something. "
)


def section(view: ShownSlice, cells: Cells, paths: Sequence[ProjectedPath], mode: Mode) -> None:
    """The plane as a surface, once it is asked for. Paths have losses, and so stand over a plane of these alone."""
    if not st.toggle("In three dimensions", key="network.slices.three"):
        return
    if not np.isfinite(values(cells, view.shown)).any():
        st.info("No cell has a finite value: there is no surface.", icon=":material/info:")
        return
    ground = map_of(view, (view.spec, cells))
    labels = race_view.labels(view.spec.training)
    over = [path_of(view, i, path, labels[i]) for i, path in enumerate(paths)] if view.shown == "loss" else []
    plotly_view(
        surface3d_figure(ground, over, mode),
        key="network.slices.surface",
        height=HEIGHT,
        revision=view.spec.key,
        config={"modeBarButtons": [["toImage"]], "toImageButtonOptions": {"filename": "slice", "scale": 2}},
        text=surface3d_text(ground, over, title(view)),
    )
    st.caption(f"{PATHS if over else ''}Drag to turn, scroll to go nearer.")

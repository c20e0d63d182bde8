"""Curves that grow while one looks: Vega updates in place, where a Plotly chart would be made anew each time."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from figures import theme
from figures.losses import Curve


def live_figure(curves: Sequence[Curve], mode: theme.Mode, title: str = "Loss", log: bool = True) -> alt.Chart:
    """Loss against steps, on a log axis or a linear one; what cannot stand there (0, infinite, NaN) leaves a gap."""
    rows = pd.DataFrame(
        {
            "optimizer": np.concatenate([np.full(len(c.steps), c.label, dtype=object) for c in curves]),
            "step": np.concatenate([c.steps for c in curves]),
            title: np.concatenate(
                [np.where(np.isfinite(c.values) & ((c.values > 0) | (not log)), c.values, np.nan) for c in curves]
            ),
        }
    )
    looks = theme.styles([c.key for c in curves])
    colours = alt.Scale(domain=[c.label for c in curves], range=[look.colour(mode) for look in looks])
    return (
        alt.Chart(rows, height=300)
        .mark_line()
        .encode(
            x=alt.X("step:Q"),
            y=alt.Y(f"{title}:Q", scale=alt.Scale(type="log" if log else "linear", zero=not log)),
            color=alt.Color("optimizer:N", scale=colours, legend=alt.Legend(orient="top", title=None, columns=2)),
        )
    )

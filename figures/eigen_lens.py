"""The eigen-lens: a step, and a whole run, along the Hessian's eigenvectors, where a ravine falls apart into parabolas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.why.explain import Why
from experiments.why.modes import Modes
from figures import theme
from figures.plain import figure

NEAR = 0.9  # a factor from here to 1 is near the limit
POINTS = 161
FARTHEST = 120  # steps away, a minimum is still in view
ROUNDING = 1e-15  # relative to the largest error: what is smaller does not set the axis


def lens_figure(why: Why, key: str, label: str, mode: theme.Mode) -> go.Figure:
    """One step in the local quadratic model, a panel for each of the steepest and the flattest direction, one above the other.

    Across is the way from the present point along the eigenvector, up the change of the loss: the slope where it stands is the
    gradient's component, the arrow leads by the step's. The dashed line is the nearest declared minimum: the error is the way
    to it. Above stands what the step multiplied that error by, and 1 - ηλ where linear theory gives just that.
    """
    ground, look = theme.GROUNDS[mode], theme.style(key)
    ranks = [len(why.lens.eigenvalues) - 1, 0][: len(why.lens.eigenvalues)]
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for panel, rank in enumerate(ranks):
        end = "" if panel == 0 else str(panel + 1)
        span = _span(why, rank)
        curve, arrow = _curve(why, rank, span), _arrow(why, rank)
        on = {"xaxis": f"x{end}", "yaxis": f"y{end}", "showlegend": False}
        pen = {"color": ground.contour, "width": 1.6}
        traces.append({"type": "scatter", "x": curve[0], "y": curve[1], "mode": "lines", "line": pen, "hoverinfo": "skip"} | on)
        traces += _marks(arrow, look, label, ground, mode, why, rank, on)
        if np.isfinite(why.lens.error[rank]):
            traces.append(_minimum(-float(why.lens.error[rank]), curve[1], ground) | on)
        low, high = (0.0, 1.0) if len(ranks) == 1 else ((0.6, 1.0), (0.0, 0.4))[panel]
        layout |= {
            f"xaxis{end}": {"range": list(span), "nticks": 6, "anchor": f"y{end}", "exponentformat": "power"},
            f"yaxis{end}": {"domain": [low, high], "anchor": f"x{end}", "title": {"text": "change of loss"}, "nticks": 6}
            | {"exponentformat": "power", "range": _heights(curve[1], arrow)},
        }
        notes += _headings(why, rank, len(ranks), high, ground)
    height = 320 if len(ranks) == 1 else 560
    return figure(
        traces, mode, height, annotations=notes, margin={"l": 8, "r": 8, "t": 60, "b": 8}, hovermode="closest", **layout
    )


def modes_figure(modes: Modes, key: str, label: str, mode: theme.Mode, factors: Sequence[float] | None = None) -> go.Figure:
    """|error| along each eigenvector against the step, on a log axis: a bounce changes sides, a crawl hardly falls.

    Filled marks are on the one side of the minimum, hollow ones on the other; what is exactly 0 leaves a gap,
    and the axis opens above what is but rounding. `factors`, one
    per eigenvector, add a dotted line for what linear theory lets each error be.
    """
    ground, look = theme.GROUNDS[mode], theme.style(key)
    steps = np.arange(len(modes.error), dtype=np.int32)
    ranks = [len(modes.eigenvalues) - 1, 0][: len(modes.eigenvalues)]
    dot = float(np.clip(700 / len(steps), 3.5, 7))
    traces: list[dict[str, Any]] = []
    for place, rank in enumerate(ranks):
        error = modes.error[:, rank]
        size = np.where(np.isfinite(error) & (error != 0), abs(error), np.nan)
        colour = look.colour(mode) if place == 0 else ground.contour
        name = f"λ = {modes.eigenvalues[rank]:.4g}, along ({_numbers(modes.eigenvectors[:, rank])})"
        pen, dots = {"color": colour, "width": 1.2}, {"color": np.where(error > 0, colour, ground.paper), "size": dot}
        traces.append(
            {"type": "scatter", "mode": "lines+markers", "name": name, "x": steps, "y": size, "line": pen}
            | {"marker": dots | {"symbol": "circle" if place == 0 else "square", "line": {"color": colour, "width": 1.4}}}
            | {
                "customdata": error,
                "hovertemplate": f"{label}, {name}<br>step %{{x}}<br>error %{{customdata:.6g}}<extra></extra>",
            }
        )
        if factors is not None and np.isfinite(size[0]):
            theory = size[0] * abs(float(factors[rank])) ** steps.astype(float)
            dotted = {"color": colour, "width": 1.4, "dash": "dot"}
            traces.append(
                {"type": "scatter", "mode": "lines", "x": steps, "y": np.where(theory > 0, theory, np.nan), "line": dotted}
                | {"name": f"theory: × {abs(float(factors[rank])):.4g} a step", "hoverinfo": "skip"}
            )
    return figure(
        traces,
        mode,
        380,
        xaxis={"title": {"text": "step"}},
        yaxis={"type": "log", "exponentformat": "power", "title": {"text": "|error| along the eigenvector"}}
        | _decades([np.asarray(trace["y"]) for trace in traces]),
    )


def _decades(lines: Sequence[np.ndarray]) -> dict[str, Any]:
    """The range a log axis opens on where something is but rounding; else nothing, and Plotly fits all."""
    values = np.concatenate(lines)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() >= ROUNDING * values.max():
        return {}
    seen = values[values >= ROUNDING * values.max()]
    return {"range": [float(np.log10(seen.min())) - 0.3, float(np.log10(seen.max())) + 0.3]}


def _span(why: Why, rank: int) -> tuple[float, float]:
    """From where to where along the direction a panel reaches: the step, the minimum and the parabola's own end in view."""
    step, slope, curvature = (float(a[rank]) for a in (why.lens.step, why.lens.gradient, why.lens.eigenvalues))
    ends = [0.0, step, -float(why.lens.error[rank]), -slope / curvature if curvature > 0 else 0.0]
    near = [v for v in ends if np.isfinite(v) and abs(v) <= FARTHEST * max(abs(step), 1e-300)] or [0.0]
    near = near if max(near) > min(near) else [-1.0, 1.0]
    middle, half = (max(near) + min(near)) / 2, 0.68 * (max(near) - min(near))
    return middle - half, middle + half


def _curve(why: Why, rank: int, span: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(*span, POINTS)
    return x, why.lens.gradient[rank] * x + 0.5 * why.lens.eigenvalues[rank] * x * x


def _arrow(why: Why, rank: int) -> tuple[float, float]:
    """Where the step leads: along the direction, and up."""
    step = float(why.lens.step[rank])
    return step, float(why.lens.gradient[rank] * step + 0.5 * why.lens.eigenvalues[rank] * step * step)


def _heights(curve: np.ndarray, arrow: tuple[float, float]) -> list[float]:
    values = np.append(curve, [0.0, arrow[1]])
    values = values[np.isfinite(values)]
    margin = 0.08 * max(float(np.ptp(values)), 1e-300)
    return [float(values.min()) - margin, float(values.max()) + margin]


def _marks(
    arrow: tuple[float, float],
    look: theme.Style,
    label: str,
    ground: theme.Ground,
    mode: theme.Mode,
    why: Why,
    rank: int,
    on: Any,
) -> list[dict[str, Any]]:
    """The slope where it stands, and the step from there to where it leads."""
    colour, slope = look.colour(mode), float(why.lens.gradient[rank])
    low, high = _span(why, rank)
    reach = 0.16 * (high - low)
    tangent = np.array([-reach, reach])
    numbers = f"gradient {slope:.6g}<br>step {arrow[0]:.6g}<br>λ {why.lens.eigenvalues[rank]:.6g}"
    said = f"{label}, step {why.step}<br>{numbers}<extra></extra>"
    return [
        {"type": "scatter", "mode": "lines", "x": tangent, "y": slope * tangent, "hovertemplate": said}
        | {"line": {"color": ground.ink, "width": 1.6, "dash": "dot"}} | on,
        {"type": "scatter", "mode": "lines+markers", "x": np.array([0.0, arrow[0]]), "y": np.array([0.0, arrow[1]])}
        | {"line": {"color": colour, "width": 2.4}, "hovertemplate": said}
        | {"marker": {"color": colour, "symbol": "arrow", "angleref": "previous", "size": np.array([0, 15])}} | on,
        {"type": "scatter", "mode": "markers", "x": np.zeros(1), "y": np.zeros(1), "hovertemplate": said}
        | {"marker": {"color": ground.paper, "size": 10, "line": {"color": colour, "width": 2.2}}} | on,
    ]  # fmt: skip


def _minimum(at: float, heights: np.ndarray, ground: theme.Ground) -> dict[str, Any]:
    ends = np.array([np.nanmin(heights), np.nanmax(heights)])
    pen = {"color": ground.minimum, "width": 2, "dash": "dash"}
    said = f"nearest declared minimum, {at:.6g} from here<extra></extra>"
    return {"type": "scatter", "mode": "lines", "x": np.array([at, at]), "y": ends, "line": pen, "hovertemplate": said}


def _headings(why: Why, rank: int, panels: int, top: float, ground: theme.Ground) -> list[dict[str, Any]]:
    """What the direction is, and what becomes of the error along it."""
    value = float(why.lens.eigenvalues[rank])
    kind = "Curves down" if value < 0 else "Flattest" if rank == 0 else "Steepest"
    where = "" if panels == 1 else f"{kind}, along {_arrow_text(why, rank)}: "
    lines = [(f"<b>{where}λ = {_signed(value)}</b>", ground.ink, 14), (*_verdict(why, rank, ground), 13)]
    return [
        {"xref": "paper", "yref": "paper", "x": 0, "y": top, "yshift": shift, "xanchor": "left", "yanchor": "bottom"}
        | {"text": text, "font": {"color": colour, "size": size}, "showarrow": False}
        for (text, colour, size), shift in zip(lines, (28, 6))
    ]


def _verdict(why: Why, rank: int, ground: theme.Ground) -> tuple[str, str]:
    """The factor of linear theory where it is 1 - ηλ; else what this step did to the error."""
    lam, factor = float(why.lens.eigenvalues[rank]), float(why.lens.contraction[rank])
    theory = why.theory
    if theory is not None and np.allclose(theory.factors, 1 - theory.lr * why.lens.eigenvalues, rtol=1e-9, atol=1e-12):
        factor = 1 - theory.lr * lam
        return f"1 − ηλ = {_signed(factor)}: {_fate(factor)}", _zone(factor, ground)
    if not np.isfinite(factor):
        return "no minimum is declared here", ground.ink
    return f"this step: error × {_signed(factor)}, {_fate(factor)}", _zone(factor, ground)


def _signed(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _fate(factor: float) -> str:
    if abs(factor) > 1 + 1e-12:
        return "grows" if factor > 0 else "bounces and grows"
    size = "crawls" if abs(factor) > NEAR else "shrinks"
    return size if factor >= 0 else f"bounces, {'hardly ' if abs(factor) > NEAR else ''}shrinks"


def _zone(factor: float, ground: theme.Ground) -> str:
    return ground.zones[0 if abs(factor) <= NEAR else 1 if abs(factor) <= 1 else 2]


def _arrow_text(why: Why, rank: int) -> str:
    return f"({_numbers(why.lens.eigenvectors[:, rank])})"


def _numbers(vector: np.ndarray) -> str:
    return ", ".join(f"{0.0 if abs(v) < 5e-4 else v:.3g}" for v in vector)

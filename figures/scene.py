"""What the stage shows, as frozen records: a race over a height map, or along a curve where there is one parameter.

`dim` is 2 or 1 throughout: the number of parameters. Arrays are float64 and their first axis is the step, where they have one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Side = tuple[float, float]
Domain = tuple[Side, ...]  # (low, high) for each parameter
Place = tuple[float, ...]

MOST_RUNNERS = 64


@dataclass(frozen=True, eq=False)
class Runner:
    """One entrant of the race.

    path `(steps + 1, dim)`, NaN after divergence; loss `(steps + 1,)`. `lr` is the live learning rate, walked on a log scale
    through `lr_range`; None for a method that has none. `limit` is the stability limit at the start: green up to half of it,
    amber up to it, red beyond; None where the method has none, infinity where every learning rate is stable. `disabled` is the
    reason why it does not run, in a sentence; its path is then empty.

    With one parameter, `slope` and `curvature` `(steps + 1,)` are f' and f'' along the path: the tangent, the local parabola
    and Newton's target are drawn from them. `slow` `(steps + 1, dim)` is a second path drawn as a band (Lookahead's slow
    weights). `drawn` `(steps,)` holds integers: which of the scene's lines the step from t to t + 1 looked at.

    Where only some steps were recorded, `steps`, as many as losses, are those: the stage then counts by them.
    """

    key: str
    label: str
    path: np.ndarray
    loss: np.ndarray
    lr: float | None
    lr_range: tuple[float, float]
    limit: float | None = None
    limit_note: str = ""
    disabled: str | None = None
    slope: np.ndarray | None = None
    curvature: np.ndarray | None = None
    slow: np.ndarray | None = None
    drawn: np.ndarray | None = None
    steps: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Losses `(ny, nx)` at the nodes of a regular grid whose outer nodes lie on the edges of `domain`, ((x0, x1), (y0, y1)).

    Row 0 is the lowest y. `key` names the content and how it is coloured. `log` colours by the logarithm of the height above
    the lowest value; iso-lines carry true values either way. `name` is what the values are, `range` the lowest and the highest
    value of the colours where maps share them; `level`, a value and its words, gets an iso-line that stands out.
    """

    values: np.ndarray
    domain: Domain
    key: str
    log: bool = False
    name: str = "loss"
    range: Side | None = None
    level: tuple[float, str] | None = None


@dataclass(frozen=True, eq=False)
class LossCurve:
    """Losses `(n,)` of one parameter at n evenly spaced places over `domain`, ((x0, x1),), both ends included.

    `key` names the content. The losses on show follow from the parameters on show, on a linear scale.
    """

    values: np.ndarray
    domain: Domain
    key: str


@dataclass(frozen=True, eq=False)
class Arrow:
    """A vector at each step of the chosen run: values `(steps + 1, 2)`, or one row less; rows of NaN are not drawn.

    It starts at the run's place, or at `base` of the same shape. It is drawn true to scale where it can be seen and fits; else
    by a power of ten, which is written beside it. `name` is its label and its switch.
    """

    name: str
    values: np.ndarray
    base: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Overlay:
    """Why the chosen run takes its steps, with two parameters: arrays along its path, each optional.

    gradient `(steps + 1, 2)`, drawn as -gradient. eigenvalues `(steps + 1, 2)` ascending and eigenvectors `(steps + 1, 2, 2)`
    in columns, of the Hessian: a cross, and with the gradient the iso-line of the local quadratic model through the place.
    preconditioner P `(steps + 1, 2)`, the positive diagonal in Δθ = -lr m / P: the ellipse Δ·PΔ = const through the end of the
    step, stretched as arrows are. newton_target `(steps + 1, 2)`: the stationary point of the local quadratic model. The step
    is read from the path.
    """

    gradient: np.ndarray | None = None
    eigenvalues: np.ndarray | None = None
    eigenvectors: np.ndarray | None = None
    preconditioner: np.ndarray | None = None
    newton_target: np.ndarray | None = None
    arrows: tuple[Arrow, ...] = ()


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight lines {θ: normal·θ = offset}, such as the solutions of single samples: normals `(n, dim)`, offsets `(n,)`.

    `labels` are written beside them, as many as there are; a runner's `drawn` says which line a step looked at.
    """

    normals: np.ndarray
    offsets: np.ndarray
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """All that the stage shows. `home` is the window that "fit" returns to; `speed` is in steps a second.

    Not `live`, the stage only plays: the start cannot be dragged and learning rates are shown, not moved.

    `chosen` is the index of the run that is explained; None, no run can be chosen and no time is reported. `overlay` belongs to
    it. `show` names what is switched on at first: "gradient", "step", the names of arrows, "eigenvectors", "quadratic model",
    "preconditioner", "Newton target", "lines"; with one parameter "tangent", "quadratic model", "Newton target", "lines".
    `whole`: a hand elsewhere moves the runs, so they are shown to their ends; they play when it is false again.
    `presenter` is for a room: large letters, the stage as tall as the window, keys without a click.
    """

    title: str
    coordinates: tuple[str, ...]
    height: HeightMap | LossCurve
    runners: tuple[Runner, ...]
    start: Place
    home: Domain
    minima: Sequence[Sequence[float]] = ()
    saddles: Sequence[Sequence[float]] = ()
    view: Literal["one", "each"] = "one"
    note: str = ""
    autoplay: bool = True
    speed: float = 25.0
    live: bool = True
    chosen: int | None = None
    overlay: Overlay | None = None
    lines: Lines | None = None
    show: tuple[str, ...] = ("tangent", "gradient", "step", "lines")
    presenter: bool = False
    whole: bool = False

    @property
    def dim(self) -> int:
        """The number of parameters: 1 over a curve, 2 over a height map."""
        return 1 if isinstance(self.height, LossCurve) else 2

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn: ValueError with the field's name."""
        dim = self.dim
        for name in ("coordinates", "start", "home"):
            if len(getattr(self, name)) != dim:
                raise ValueError(f"{name} must have {dim} entries over a {type(self.height).__name__}")
        if len(self.runners) > MOST_RUNNERS:
            raise ValueError(f"at most {MOST_RUNNERS} runners, not {len(self.runners)}")
        for runner in self.runners:
            _check(f"the path of {runner.label}", runner.path, (len(runner.loss), dim))
            _check(f"the slow path of {runner.label}", runner.slow, (len(runner.loss), dim))
            for name in ("slope", "curvature", "steps"):
                _check(f"the {name} of {runner.label}", getattr(runner, name), (len(runner.loss),))
        if self.lines is not None:
            _check("normals", self.lines.normals, (len(self.lines.offsets), dim))
        if self.chosen is not None and not 0 <= self.chosen < len(self.runners):
            raise ValueError(f"chosen must be an index of the {len(self.runners)} runners, not {self.chosen}")
        if self.overlay is not None and (self.chosen is None or dim != 2):
            raise ValueError("an overlay belongs to the chosen run of a race over a height map")


def _check(what: str, array: np.ndarray | None, shape: tuple[int, ...]) -> None:
    if array is not None and np.size(array) and np.shape(array) != shape:
        raise ValueError(f"{what} must have the shape {shape}, not {np.shape(array)}")

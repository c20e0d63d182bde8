"""Scenes for tests of the stage: runs of real optimizers, on a plane and along a curve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from experiments import run
from figures.scene import Arrow, HeightMap, Lines, LossCurve, Overlay, Runner, Scene
from landscapes import SURFACES
from optimizers import OPTIMIZERS

HOME = ((-1.5, 1.5), (-1.5, 1.5))
SIDE = ((-2.5, 2.5),)
EVERYTHING = ("gradient", "inner", "step", "eigenvectors", "quadratic model", "preconditioner", "Newton target", "lines")


def a_scene(**changes: Any) -> Scene:
    """Three runs on the ravine, one of which diverges, and one that cannot run."""
    ravine = SURFACES["ravine"]()
    runners = []
    for key, lr in (("sgd", 0.015), ("adam", 0.05), ("sgd", 0.5)):
        t = run(OPTIMIZERS[key](lr=lr), ravine, ravine.start, 300)
        runners.append(Runner(key, key.upper(), t.theta, t.loss, lr, (1e-4, 1.0), 0.02, "2/λ_max"))
    runners.append(
        Runner("nsgd_l2", "NSGD", np.empty((0, 2)), np.empty(0), 0.1, (1e-4, 1.0), disabled="No input enters this formula.")
    )
    x = np.linspace(-1.5, 1.5, 31)
    values = ravine.loss(np.stack(np.meshgrid(x, x[:21]), -1))
    fields: dict[str, Any] = {
        "title": "Ravine", "coordinates": ("x", "y"), "height": HeightMap(values, HOME, "ravine-31", log=True),
        "runners": tuple(runners), "start": (1.0, 1.0), "home": HOME, "minima": ravine.minima,
    }  # fmt: skip
    return Scene(**(fields | changes))


def explained(chosen: int = 0, **changes: Any) -> Scene:
    """The same race with everything that can be shown of one run, in closed form: the Hessian is diag(100, 1)."""
    scene = a_scene()
    path = scene.runners[chosen].path
    with np.errstate(over="ignore"):
        gradient = path * [100.0, 1.0]
    ones = np.ones((len(path), 1))
    overlay = Overlay(
        gradient=gradient,
        eigenvalues=ones * [1.0, 100.0],
        eigenvectors=ones[..., None] * [[0.0, 1.0], [1.0, 0.0]],
        preconditioner=ones * [0.1, 1.0],
        newton_target=ones * [0.0, 0.0],
        arrows=(Arrow("inner", ones * [0.25, 0.5]),),
    )
    lines = Lines(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.5, -0.25]), ("sample 1", "sample 2"))
    first = replace(scene.runners[chosen], drawn=np.arange(300) % 2, slow=0.9 * path)
    runners = tuple(first if i == chosen else runner for i, runner in enumerate(scene.runners))
    fields: dict[str, Any] = {"runners": runners, "chosen": chosen, "overlay": overlay, "lines": lines, "show": EVERYTHING}
    return replace(scene, **(fields | changes))


def loss(x: np.ndarray) -> np.ndarray:
    return x**4 / 4 - x**2 + 0.3 * x


def slope(x: np.ndarray) -> np.ndarray:
    return x**3 - 2 * x + 0.3


def curvature(x: np.ndarray) -> np.ndarray:
    return 3 * x**2 - 2


def a_curve(start: float = 2.0, rates: tuple[float, ...] = (0.05, 0.1, 1.0), steps: int = 40, **changes: Any) -> Scene:
    """Gradient descent on a double well of one parameter; at a rate of 1 it leaves and diverges."""
    runners = []
    for i, lr in enumerate(rates):
        x = [np.array(start)]
        with np.errstate(all="ignore"):
            for _ in range(steps):
                x.append(x[-1] - lr * slope(x[-1]))
            path = np.where(np.isfinite(x), x, np.nan)
            runners.append(
                Runner(
                    "sgd", f"SGD {i + 1}", path[:, None], loss(path), lr, (1e-3, 2.0), 0.2,
                    slope=slope(path), curvature=curvature(path),
                )
            )  # fmt: skip
    fields: dict[str, Any] = {
        "title": "Double well", "coordinates": ("w",), "height": LossCurve(loss(np.linspace(-2.5, 2.5, 501)), SIDE, "well"),
        "runners": tuple(runners), "start": (start,), "home": SIDE, "minima": [(-1.4827,), (1.3265,)],
    }  # fmt: skip
    return Scene(**(fields | changes))

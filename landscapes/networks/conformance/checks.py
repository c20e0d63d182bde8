"""The checks: each draws a plot whose truth is known and says how far it is from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch

from landscapes.networks.conformance import cases
from landscapes.networks.conformance.plotter import Case, NotOfferedError, Plotter
from landscapes.networks.outcome import Outcome

CELLS = 21
SQUARE = np.linspace(-1, 1, CELLS)
EXACT = 1e-4  # relative: float32 sums of 200 squares are good to about 1e-6
Finding = tuple[float, float, str]  # the number, how large it may be, what it is


class Check(NamedTuple):
    """A menu entry: its words, and the function that finds the number."""

    title: str
    why: str
    find: Callable[[Plotter], Finding]


def third_differences(plotter: Plotter) -> Finding:
    heights = plotter.random(cases.quadratic(), CELLS, seed=0)
    worst = max(float(np.abs(np.diff(heights, 3, axis=axis)).max()) for axis in (0, 1)) / float(np.abs(heights).max())
    return worst, EXACT, "largest third difference over largest loss"


def centre(plotter: Plotter) -> Finding:
    heights = plotter.random(cases.quadratic(), CELLS, seed=0)
    return (
        float(heights[CELLS // 2, CELLS // 2] / heights.max()),
        EXACT,
        "loss at the centre cell, where it is 0, over the largest",
    )


def minimum(plotter: Plotter) -> Finding:
    heights = plotter.random(cases.quadratic(), CELLS, seed=0)
    row, column = np.unravel_index(int(heights.argmin()), heights.shape)
    return float(max(abs(row - CELLS // 2), abs(column - CELLS // 2))), 0, "cells between the lowest one and the centre"


def corners(plotter: Plotter) -> Finding:
    h = plotter.random(cases.quadratic(), CELLS, seed=0)
    middle = CELLS // 2
    ends = h[middle, 0] + h[middle, -1] + h[0, middle] + h[-1, middle]
    four = h[0, 0] + h[0, -1] + h[-1, 0] + h[-1, -1]
    return (
        abs(float(four - 2 * ends)) / float(four),
        EXACT,
        "the four corners against twice the four ends of the axes, relative",
    )


def axes(plotter: Plotter) -> Finding:
    h = plotter.random(cases.quadratic(), CELLS, seed=0)
    middle = CELLS // 2
    product = (h[-1, -1] + h[0, 0] - h[0, -1] - h[-1, 0]) / 8
    lengths = (h[middle, 0] + h[middle, -1]) * (h[0, middle] + h[-1, middle]) / 4
    chance = 3 / np.sqrt(cases.ROWS * cases.COLUMNS)
    return (
        abs(float(product / np.sqrt(lengths))),
        chance,
        "|cosine| between the axes; independent random ones are below the bound in 99.7 %",
    )


def places(plotter: Plotter) -> Finding:
    case = cases.quadratic()
    directions = cases.orthonormal(case)
    return _gap(plotter.given(case, directions, SQUARE, SQUARE), 100 * (SQUARE**2 + SQUARE[:, None] ** 2)), EXACT, GAP


def rectangle(plotter: Plotter) -> Finding:
    case = cases.quadratic()
    directions = cases.orthonormal(case)
    directions[1] *= 2
    x, y = np.linspace(-1, 0.5, 9), np.linspace(-0.5, 2, 14)
    return _gap(plotter.given(case, directions, x, y), 100 * x**2 + 400 * y[:, None] ** 2), EXACT, GAP


def zero_edge(plotter: Plotter) -> Finding:
    case = cases.quadratic()
    x, y = np.linspace(0, 1, 6), np.linspace(-1, 0, 6)
    return _gap(plotter.given(case, cases.orthonormal(case), x, y), 100 * (x**2 + y[:, None] ** 2)), EXACT, GAP


def negative(plotter: Plotter) -> Finding:
    case = cases.quadratic(-50.0)
    found = plotter.given(case, cases.orthonormal(case), SQUARE, SQUARE)
    return _gap(found, 100 * (SQUARE**2 + SQUARE[:, None] ** 2) - 50), EXACT, GAP


def holes(plotter: Plotter) -> Finding:
    case = cases.cliff()
    directions = cases.orthonormal(case)
    directions[:, 0] = 1.0, 0.0  # NaN from x > 0.5 on
    found = plotter.given(case, directions, SQUARE, SQUARE)
    wanted = np.broadcast_to(SQUARE > 0.5, found.shape)
    return float((np.isnan(found) != wanted).sum()), 0, "cells that are NaN where the loss is not, or the other way round"


def filters(plotter: Plotter) -> Finding:
    case = cases.uneven_rows()
    directions = plotter.filter_directions(case, seed=0).reshape(2, cases.ROWS, cases.COLUMNS)
    wanted = np.linalg.norm(case.theta.numpy().reshape(cases.ROWS, cases.COLUMNS), axis=1)
    ratio = np.linalg.norm(directions, axis=2) / wanted
    return (
        float(np.exp(np.abs(np.log(ratio)).max())),
        1 + EXACT,
        "largest ratio between the norm of a direction's row and its weights'",
    )


def rescaling(plotter: Plotter) -> Finding:
    heights = []
    for scale in (1.0, 8.0):
        case = cases.classifier(scale)
        directions = plotter.filter_directions(case, seed=1)
        heights.append(_on_cells(plotter, case, directions))
    return _gap(heights[1], heights[0]), EXACT, "largest difference between the two pictures of one function, relative"


def curvature(plotter: Plotter) -> Finding:
    case = cases.classifier()
    directions = cases.orthonormal(case, 1.0)
    step = 1e-3
    h = plotter.given(case, directions, step * np.arange(-1, 2), step * np.arange(-1, 2))
    second = [h[1, 2] + h[1, 0] - 2 * h[1, 1], h[2, 1] + h[0, 1] - 2 * h[1, 1], (h[2, 2] + h[0, 0] - h[2, 0] - h[0, 2]) / 4]

    def loss(theta: torch.Tensor) -> torch.Tensor:
        parts = torch.split(theta, [p.numel() for p in case.module.parameters()])
        named = {name: part.view(p.shape) for (name, p), part in zip(case.module.named_parameters(), parts)}
        return case.criterion(torch.func.functional_call(case.module, named, case.inputs), case.targets)

    full = directions @ torch.func.hessian(loss)(case.theta).numpy() @ directions.T
    return _gap(np.array(second) / step**2, full[[0, 1, 0], [0, 1, 1]]), 1e-3, "second differences against D H Dᵀ, relative"


def batches(plotter: Plotter) -> Finding:
    case = cases.classifier()
    directions = cases.orthonormal(case, 1.0)
    whole, cut = (plotter.given(case, directions, SQUARE[::5], SQUARE[::5], batch) for batch in (23, 5))
    return _gap(cut, whole), EXACT, "largest difference between batches of 5 and all 23 samples at once, relative"


def order(plotter: Plotter) -> Finding:
    case = cases.classifier()
    directions = cases.orthonormal(case, 1.0)
    turned = Case(case.module, case.criterion, case.inputs.flip(0), case.targets.flip(0))
    one, other = (plotter.given(c, directions, SQUARE[::5], SQUARE[::5], 5) for c in (case, turned))
    return _gap(other, one), EXACT, "largest difference when the samples come in the opposite order, relative"


def untouched(plotter: Plotter) -> Finding:
    return _changed(plotter, train=False)


def train_mode(plotter: Plotter) -> Finding:
    return _changed(plotter, train=True)


def _changed(plotter: Plotter, train: bool) -> Finding:
    """In train mode a careless forward pass changes the statistics."""
    case = cases.classifier(norm=True, double=False)
    case.module.train(train)
    before = {name: tensor.clone() for name, tensor in case.module.state_dict().items()}
    flags = [(m.training, [p.requires_grad for p in m.parameters()]) for m in case.module.modules()]
    plotter.random(case, 5, seed=0)
    after = case.module.state_dict()
    changed = sum(not torch.equal(before[name], after[name]) for name in before)
    changed += flags != [(m.training, [p.requires_grad for p in m.parameters()]) for m in case.module.modules()]
    return (
        float(changed + any(p.grad is not None for p in case.module.parameters())),
        0,
        "tensors and modes of the module that changed",
    )


GAP = "largest difference from the known loss, relative"
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "third_differences": Check(
            "An exact quadratic is quadratic", "every third difference of a parabola is 0", third_differences
        ),
        "centre": Check("The centre cell is the network", "the loss of the weights themselves is there", centre),
        "minimum": Check("The minimum is where it is", "the lowest cell is the centre", minimum),
        "corners": Check("The corners fit the axes", "a parabola's corners follow from its values along the axes", corners),
        "axes": Check("Random axes are as good as orthogonal", "a picture with square axes shows angles", axes),
        "places": Check("Given directions, every cell is right", "‖x d1 + y d2‖² is known at every cell", places),
        "rectangle": Check("nx ≠ ny and other ranges for x and y", "rows and columns must not be exchanged", rectangle),
        "zero_edge": Check("Ranges that touch 0", "0 is a number, not an unset option", zero_edge),
        "negative": Check("Zero and negative losses", "they must not stand for cells without a value", negative),
        "holes": Check("NaN cells", "they are shown where the loss is NaN and nowhere else", holes),
        "filters": Check("Filter normalisation is per filter", "rows of norms 707 to 0.07 tell it from per tensor", filters),
        "rescaling": Check("ReLU rescaling changes nothing", "layer 1 × 8, layer 2 ÷ 8 is the same function", rescaling),
        "curvature": Check("The slice's Hessian is D H Dᵀ", "its curvature is the loss's own along the directions", curvature),
        "batches": Check("Batch size changes nothing", "the mean is over samples, not over batches", batches),
        "order": Check("The order of samples changes nothing", "a mean has no order", order),
        "untouched": Check("The model is left as it was", "weights, statistics, modes, gradients, to the bit", untouched),
        "train_mode": Check("A model in train mode is left as it was", "a plot is not a step of training", train_mode),
    }
)


def _gap(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference over the largest wanted number; infinite for another shape or numbers that are not finite."""
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def _on_cells(plotter: Plotter, case: Case, directions: np.ndarray) -> np.ndarray:
    return plotter.given(case, directions, SQUARE[::5], SQUARE[::5])


def run_check(key: str, plotter: Plotter) -> Outcome:
    """One check on one library. An exception of the library's own is a failure, with its message."""
    try:
        measured, bound, what = CHECKS[key].find(plotter)
    except NotOfferedError as reason:
        return Outcome(key, None, None, "", str(reason))
    except Exception as error:  # whatever a library raises is what it does
        return Outcome(key, False, None, "no exception", f"{type(error).__name__}: {error}".splitlines()[0][:200])
    passed = bool(measured <= bound)
    return Outcome(key, passed, measured, f"<= {bound:.6g}", f"{what}: {measured:.3g}")


def run_checks(plotter: Plotter) -> Iterator[Outcome]:
    """All checks, one after the other."""
    for key in CHECKS:
        yield run_check(key, plotter)

"""What a plane's directions do to its picture."""

from __future__ import annotations

import numpy as np

from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.of_paths import MNIST
from benchmarks.gallery.picture import Picture, drawn, experiment
from benchmarks.gallery.slices import SIDE, edges, grid, ready, spectrum, view
from experiments.grids import slice_through
from experiments.grids.compute import Ready
from landscapes.directions import DIRECTIONS

RELU = experiment("mlp", {"adam": 0.01}, 200, 100, data="digits", samples=1000, width=24, depth=1, activation="relu")
FACTOR = 5.0


def rescaled(made: Ready) -> np.ndarray:
    """Weights of the same function: the first layer times the factor, the last layer's weights divided by it."""
    theta, parts, at = made.place.theta, [], 0
    for i, block in enumerate(made.network.blocks):
        scale = FACTOR if i < 2 else 1 / FACTOR if len(block.shape) > 1 else 1.0
        parts.append(theta[at : at + block.size] * scale)
        at += block.size
    return np.concatenate(parts)


def filters() -> Picture:
    panels, gaps, losses = [], [], list[float]()
    for title, scaling, reach in (("As drawn", "none", 0.4), ("Filter-normalised", "filter", 1.0)):
        window = ((-reach, reach), (-reach, reach))
        shown = view(RELU, window=window, seed=2, normalisation=scaling)
        made = ready(shown)
        ways, other = DIRECTIONS["random"](seed=2, normalisation=scaling), rescaled(made)
        losses = [float(made.network.loss(made.network.point(theta))) for theta in (made.place.theta, other)]
        grids = [grid(shown), slice_through(made.network, ways, at=other, window=window, cells=SIDE).grid]
        gaps.append(float(np.abs(grids[0].values["loss"] - grids[1].values["loss"]).max()))
        panels += [
            Panel(title, "the network", grids[0], view=shown),
            Panel(title, f"layers times {FACTOR:g} and 1/{FACTOR:g}", grids[1]),
        ]
    gap = abs(losses[0] - losses[1])
    same = f"differ by {gap:.1g}" if gap else "are equal to the last bit"
    return Picture(
        "Why directions are normalised filter by filter",
        "Four maps: without normalisation two pictures of one function differ, with filter normalisation they are the same.",
        f"With ReLU, a layer times {FACTOR:g} before a layer divided by {FACTOR:g} is the same function: the losses of the two "
        f"networks {same}. Along directions as they are drawn the function looks "
        f"like two different ones, up to {gaps[0]:.3g} apart; along filter-normalised ones the pictures are the same, to "
        f"{gaps[1]:.1g}.",
        maps(panels, labels=False),
        RELU,
        drawn(panels),
    )


def scalings() -> Picture:
    views = {kind: view(RELU, seed=1, normalisation=kind) for kind in ("filter", "layer", "weight")}
    grids = {kind: grid(shown) for kind, shown in views.items()}
    panels = [
        Panel(f"By {kind}", f"lower and upper edge: {edges(made):.3g}", made, view=views[kind]) for kind, made in grids.items()
    ]
    return Picture(
        "Three ways to scale a random direction",
        "Three maps around one network's weights.",
        "One network, one seed, the same window of ±1: each row of a weight matrix as long as the weights' own, each layer, or "
        "each single weight by its own size. Above each is the median loss along two of its edges. How wide a valley looks "
        "depends on the scaling, so every slice names it.",
        maps(panels, labels=False),
        RELU,
        drawn(panels),
    )


def seeds() -> Picture:
    views = [view(RELU, seed=seed) for seed in range(4)]
    grids = [grid(shown) for shown in views]
    found = [edges(made) for made in grids]
    panels = [
        Panel(f"Seed {i}", f"lower and upper edge: {edge:.3g}", made, view=shown)
        for i, (shown, made, edge) in enumerate(zip(views, grids, found))
    ]
    return Picture(
        "Four seeds of one plane",
        "Four maps around one network's weights.",
        "The same weights, the same filter normalisation, four seeds of the two random directions. The median loss along the "
        f"lower and upper edge is {min(found):.3g} to {max(found):.3g}. What only one seed shows is a property of that plane.",
        maps(panels, labels=False),
        RELU,
        drawn(panels),
    )


def eigenvectors() -> Picture:
    window, side = ((-3.0, 3.0), (-3.0, 3.0)), 97
    views = {
        title: view(RELU, "eigenvectors", window=window, side=side, which=which)
        for title, which in (("Two largest", "largest two"), ("Largest and smallest", "largest and smallest"))
    }
    made = ready(views["Two largest"])
    draws = np.linalg.qr(np.random.default_rng(0).normal(size=(2, made.network.dim)).T)[0].T
    random = slice_through(
        made.network, DIRECTIONS["given"](), at=made.place.theta, window=window, cells=side, given=draws
    ).grid
    panels = [Panel(title, "eigenvectors, unit length", grid(shown), view=shown) for title, shown in views.items()]
    panels += [Panel("Two random directions", "orthonormal", random)]
    rise, (low, high) = [float(panel.grid.values["loss"].max()) for panel in panels], spectrum(views["Two largest"])
    return Picture(
        "Steep, flat, and what random directions show of it",
        "Three maps around one end, with the same distances.",
        f"The Hessian at Adam's end has eigenvalues from {low:.2g} to {high:.3g}. Within the same distances the loss rises to "
        f"{rise[0]:.3g} on the plane of the eigenvectors of the two largest, to {rise[1]:.3g} on that of the largest and the "
        f"smallest, and to {rise[2]:.2g} on a plane of two random unit directions: it says little of the steepest ones.",
        maps(panels, labels=False),
        RELU,
        drawn(panels),
    )


def accuracy() -> Picture:
    shown = view(MNIST, optimizer=3, side=49, shown="test_accuracy", seed=0)
    made = grid(shown)
    values = made.values["test_accuracy"]
    middle = values[len(values) // 2, len(values) // 2]
    panels = [Panel("MNIST, around Adam's end", "accuracy on 3,000 test images", made, view=shown)]
    return Picture(
        "Test accuracy over a plane",
        "A map of the accuracy on test images around the end of a training.",
        f"The fraction of 3,000 test images that are classified right, on a filter-normalised plane around Adam's end: "
        f"{middle:.1%} at the centre, {values.min():.1%} at the worst cell. {np.mean(values >= middle - 0.01):.1%} of the "
        "window is at most a percentage point below the centre. Darker is better here.",
        maps(panels, "test_accuracy", log=False),
        MNIST,
        drawn(panels),
    )

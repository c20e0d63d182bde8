"""What a plane's directions do to its picture."""

from __future__ import annotations

import numpy as np

from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.of_paths import MNIST
from benchmarks.gallery.picture import CELLS, UNIT, Picture, plane, spectrum
from benchmarks.gallery.trained import Trained, address, experiment, trained
from experiments.grids import slice_through
from landscapes.directions import DIRECTIONS

RELU = experiment("mlp", {"adam": 0.01}, 200, 100, data="digits", samples=1000, width=24, depth=1, activation="relu")
FACTOR = 5.0


def rescaled(known: Trained) -> Trained:
    """The same function: the first layer times the factor, the last layer's weights divided by it."""
    theta, parts, at = known.paths[0][-1], [], 0
    for i, block in enumerate(known.network.blocks):
        scale = FACTOR if i < 2 else 1 / FACTOR if len(block.shape) > 1 else 1.0
        parts.append(theta[at : at + block.size] * scale)
        at += block.size
    return known._replace(paths=(np.concatenate(parts)[None],))


def filters() -> Picture:
    known = trained(RELU)
    other, panels, gaps = rescaled(known), [], []
    for title, scaling, reach in (("As drawn", "none", 0.4), ("Filter-normalised", "filter", 1.0)):
        grids = [plane(one, window=[(-reach, reach)] * 2, seed=2, normalisation=scaling).grid for one in (known, other)]
        gaps.append(float(np.abs(grids[0].values["loss"] - grids[1].values["loss"]).max()))
        panels += [Panel(title, said, grid) for said, grid in zip(("the network", "the same function"), grids)]
    return Picture(
        "Why directions are normalised filter by filter",
        "Four maps: without normalisation two pictures of one function differ, with filter normalisation they are the same.",
        f"With ReLU, a layer times {FACTOR:g} before a layer divided by {FACTOR:g} is the same function: the losses of the two "
        f"networks differ by {abs(known.loss() - other.loss()):.1g}. Along directions as they are drawn the function looks "
        f"like two different ones, up to {gaps[0]:.3g} apart; along filter-normalised ones the pictures are the same, to "
        f"{gaps[1]:.1g}.",
        maps(panels, labels=False),
        address(RELU),
    )


def scalings() -> Picture:
    known, kinds = trained(RELU), ("filter", "layer", "weight")
    grids = [plane(known, seed=1, normalisation=kind).grid for kind in kinds]
    edges = [float(np.median(grid.values["loss"][[0, -1]])) for grid in grids]
    return Picture(
        "Three ways to scale a random direction",
        "Three maps around one network's weights.",
        "One network, one seed, the same window of ±1: each row of a weight matrix as long as the weights' own, each layer, or "
        "each single weight by its own size. How wide a valley looks depends on it, so every slice names its scaling.",
        maps(
            [Panel(f"By {kind}", f"upper and lower edge: {edge:.3g}", grid) for kind, edge, grid in zip(kinds, edges, grids)],
            labels=False,
        ),
        address(RELU),
    )


def seeds() -> Picture:
    known = trained(RELU)
    grids = [plane(known, seed=seed, cells=41).grid for seed in range(4)]
    edges = [float(np.median(grid.values["loss"][[0, -1]])) for grid in grids]
    return Picture(
        "Four seeds of one plane",
        "Four maps around one network's weights.",
        "The same weights, the same filter normalisation, four seeds of the two random directions. The median loss along the "
        f"lower and upper edge is {min(edges):.3g} to {max(edges):.3g}. What only one seed shows is a property of that plane.",
        maps([Panel(f"Seed {i}", f"edges {edge:.3g}", grid) for i, (grid, edge) in enumerate(zip(grids, edges))], labels=False),
        address(RELU),
    )


def eigenvectors() -> Picture:
    known = trained(RELU)
    network, end, window = known.at(), known.paths[0][-1], [(-3.0, 3.0), (-3.0, 3.0)]
    draws = np.linalg.qr(np.random.default_rng(0).normal(size=(2, len(end))).T)[0].T
    ways = {
        "Two largest": DIRECTIONS["eigenvectors"](),
        "Largest and smallest": DIRECTIONS["eigenvectors"](which="largest and smallest"),
        "Two random directions": DIRECTIONS["given"](),
    }
    grids = [slice_through(network, way, at=end, window=window, cells=CELLS, given=draws).grid for way in ways.values()]
    rise, (low, high) = [float(grid.values["loss"].max()) for grid in grids], spectrum(known)
    return Picture(
        "Steep, flat, and what random directions show of it",
        "Three maps around one end, with the same distances.",
        f"The Hessian at Adam's end has eigenvalues from {low:.2g} to {high:.3g}. Within the same distances the loss rises to "
        f"{rise[0]:.3g} on the plane of the eigenvectors of the two largest, to {rise[1]:.3g} on that of the largest and the "
        f"smallest, and to {rise[2]:.2g} on a plane of two random unit directions: it says little of the steepest ones.",
        maps([Panel(title, "unit lengths", grid) for title, grid in zip(ways, grids)], labels=False),
        address(RELU),
    )


def accuracy() -> Picture:
    known, quantities = trained(MNIST), ("loss", "test_accuracy")
    end, adam = known.paths[3][-1], known.at(3)
    view = slice_through(adam, DIRECTIONS["random"](seed=0), at=end, window=UNIT, cells=41, quantities=quantities)
    values = view.grid.values["test_accuracy"]
    middle = values[20, 20]
    return Picture(
        "Test accuracy over a plane",
        "A map of the accuracy on test images around the end of a training.",
        f"The fraction of 3,000 test images that are classified right, on a filter-normalised plane around Adam's end: "
        f"{middle:.1%} at the centre, {values.min():.1%} at the worst cell. {np.mean(values >= middle - 0.01):.1%} of the "
        "window is at most a percentage point below the centre. Darker is better here.",
        maps([Panel("MNIST, around Adam's end", "accuracy on test images", view.grid)], "test_accuracy", log=False),
        address(MNIST),
    )

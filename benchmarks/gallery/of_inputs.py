"""What a network decides, at points along a path and at its end."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.gallery.charts import decisions, images
from benchmarks.gallery.of_paths import MNIST
from benchmarks.gallery.picture import Picture, experiment
from benchmarks.gallery.slices import ready, view

SPIRALS = experiment("mlp", {"adam": 0.02}, 1500, None, data="two_spirals", samples=194, width=24, depth=3, activation="tanh")
SHOWN, NODES, ACROSS, DOWN = (0, 100, 300, 1500), 161, 4, 4


def spirals() -> Picture:
    """The decision boundary at four recorded points of one path."""
    start, end = view(SPIRALS, place="start", at=(0.0, 0.0)), view(SPIRALS, at=(0.0, 0.0))
    made = ready(end)
    network, paths = made.network, made.place.paths[0]
    points, labels = network.inputs.numpy(), network.targets.numpy()
    side = np.linspace(-1.25, 1.25, NODES)
    square = torch.tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), dtype=torch.float32)
    shown, right = [], []
    with torch.no_grad():
        for step in SHOWN:
            theta = network.point(paths[int(np.flatnonzero(made.result.steps == step)[0])])
            chance = network.evaluate.outputs(theta, square).softmax(-1)[:, 1].double().numpy().reshape(NODES, NODES)
            right.append(float((network.evaluate.outputs(theta, network.inputs).argmax(-1) == network.targets).double().mean()))
            shown.append((f"Step {step:,}", f"loss {float(network.loss(theta)):.2g}, {right[-1]:.1%} right", chance))
    return Picture(
        "A decision boundary along a path",
        "Four maps of what a network decides over the plane of its two inputs, with the samples.",
        "Two spirals of 97 points each, three hidden layers of 24, Adam on all samples: what the network decides at four "
        f"points of its path. Right are {', '.join(f'{share:.1%}' for share in right)} of the samples; the line is where both "
        "classes have a probability of one half.",
        decisions(shown, side, points, labels),
        SPIRALS,
        {shown[0][0]: start, shown[-1][0]: end},
    )


def mistakes() -> Picture:
    """The test images that Adam's end gets wrong, the surest first."""
    shown = view(MNIST, optimizer=3, side=33, at=(0.0, 0.0))
    made = ready(shown)
    network = made.network
    assert network.test is not None
    inputs, labels = network.test.joined
    with torch.no_grad():
        chances = network.evaluate.outputs(network.point(made.place.theta), inputs).softmax(-1)
    sure, guess = chances.max(-1)
    wrong = torch.nonzero(guess != labels)[:, 0]
    order = wrong[sure[wrong].argsort(descending=True)][: ACROSS * DOWN]
    words = [f"a {int(labels[i])}, taken for {int(guess[i])}\n{float(sure[i]):.1%}" for i in order]
    return Picture(
        "What it gets wrong",
        "Sixteen handwritten digits with what they are and what the network takes them for.",
        f"Adam's end of the training on MNIST above: {len(wrong):,} of {len(labels):,} test images are classified wrong. These "
        "are the ones it is surest of, with the label, its guess, and the probability that it gives to its guess.",
        images([inputs[i].numpy().reshape(28, 28) for i in order], words, ACROSS),
        MNIST,
        {"Adam's end": shown},
    )

"""What a network decides, at points along a path and at its end."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.gallery.charts import decisions, images
from benchmarks.gallery.of_paths import MNIST
from benchmarks.gallery.picture import Picture
from benchmarks.gallery.trained import address, experiment, trained

SPIRALS = experiment("mlp", {"adam": 0.02}, 1500, None, data="two_spirals", samples=194, width=24, depth=3, activation="tanh")
SHOWN, NODES, ACROSS = (0, 12, 60), 161, 8


def spirals() -> Picture:
    """The decision boundary at three recorded points of one path."""
    known = trained(SPIRALS)
    network, path = known.network, known.paths[0]
    points, labels = network.inputs.numpy(), network.targets.numpy()
    side = np.linspace(-1.25, 1.25, NODES)
    square = torch.tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), dtype=torch.float32)
    shown, right = [], []
    with torch.no_grad():
        for at in SHOWN:
            theta = network.point(path[at])
            chance = network.evaluate.outputs(theta, square).softmax(-1)[:, 1].double().numpy().reshape(NODES, NODES)
            right.append(float((network.evaluate.outputs(theta, network.inputs).argmax(-1) == network.targets).double().mean()))
            said = f"loss {float(network.loss(theta)):.3g}, {right[-1]:.1%} right"
            shown.append((f"Step {int(known.steps[at]):,}", said, chance))
    return Picture(
        "A decision boundary along a path",
        "Three maps of what a network decides over the plane of its two inputs, with the samples.",
        "Two spirals of 97 points each, three hidden layers of 24, Adam on all samples: what the network decides at three "
        f"points of its path. Right are {', '.join(f'{share:.1%}' for share in right)} of the samples; the line is where both "
        "classes have a probability of one half.",
        decisions(shown, side, points, labels),
        address(SPIRALS),
    )


def mistakes() -> Picture:
    """The test images that Adam's end gets wrong, the surest first."""
    known = trained(MNIST)
    network, theta = known.network, known.network.point(known.paths[3][-1])
    assert network.test is not None
    inputs, labels = network.test.joined
    with torch.no_grad():
        chances = network.evaluate.outputs(theta, inputs).softmax(-1)
    sure, guess = chances.max(-1)
    wrong = torch.nonzero(guess != labels)[:, 0]
    order = wrong[sure[wrong].argsort(descending=True)][: 2 * ACROSS]
    words = [f"{int(guess[i])}, is {int(labels[i])}\n{float(sure[i]):.1%}" for i in order]
    return Picture(
        "What it gets wrong",
        "Sixteen handwritten digits with what the network takes them for and what they are.",
        f"Adam's end of the training on MNIST above: {len(wrong):,} of {len(labels):,} test images are classified wrong. These "
        "are the ones it is surest of, with its guess, the label and the probability that it gives to its guess.",
        images([inputs[i].numpy().reshape(28, 28) for i in order], words, ACROSS),
        address(MNIST),
    )

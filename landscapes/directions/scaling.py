"""Directions scaled as the weights are, so that slices of networks with different weights can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import numpy as np

from landscapes.landscape import Block

Normalisation = Literal["none", "layer", "filter", "weight"]
Vectors = Literal["kept", "zeroed", "ignored"]
NORMALISATIONS = ("filter", "layer", "weight", "none")
VECTORS = ("zeroed", "kept", "ignored")


def is_vector(block: Block) -> bool:
    """Whether a block is a bias or a gain or shift of a normalisation, which have no filters of their own."""
    return len(block.shape) <= 1 or (not block.inputs and prod(block.shape[1:]) == 1)


def groups(blocks: Sequence[Block], normalisation: Normalisation) -> np.ndarray:
    """The number of the group that each parameter belongs to, `(dim,)`; directions get one length per group.

    "filter": a weight's rows along its first axis, which are a convolution's filters and a linear layer's neurons; "layer" and,
    for biases and gains, also "filter": whole blocks; "weight": every parameter by itself; "none": all in one group.
    """
    if normalisation == "none":
        return np.zeros(sum(block.size for block in blocks), np.intp)
    if normalisation == "weight":
        return np.arange(sum(block.size for block in blocks))
    parts, first = [], 0
    for block in blocks:
        rows = block.shape[0] if normalisation == "filter" and not is_vector(block) else 1
        parts.append(np.repeat(np.arange(first, first + rows), block.size // rows))
        first += rows
    return np.concatenate(parts)


def scaled(
    direction: np.ndarray, theta: np.ndarray, blocks: Sequence[Block], normalisation: Normalisation, vectors: Vectors
) -> np.ndarray:
    """A direction `(dim,)` whose every group is as long as the same group of theta.

    "weight" multiplies each entry by its weight's size instead, so that entries keep their different draws; "none" leaves the
    direction as it is. Biases, and gains and shifts of normalisations, are "kept" (scaled as one group each), "zeroed" (the
    slice does not move them: Li et al.'s choice), or "ignored" by the scaling (they keep the draw).
    Reference: Li, Xu, Taylor, Studer, Goldstein 2018, Visualizing the loss landscape of neural nets, section 4.
    """
    vector = np.repeat([is_vector(block) for block in blocks], [block.size for block in blocks])
    if normalisation == "none":
        factor = np.ones_like(theta)
    elif normalisation == "weight":
        factor = np.abs(theta)
    else:
        group = groups(blocks, normalisation)
        wanted, found = (np.sqrt(np.bincount(group, weights=values**2)) for values in (theta, direction))
        factor = (wanted / np.where(found > 0, found, 1))[group]
    if vectors == "ignored":
        factor = np.where(vector, 1.0, factor)
    return np.where(vector & (vectors == "zeroed"), 0.0, direction * factor)


def across(second: np.ndarray, first: np.ndarray, group: np.ndarray) -> np.ndarray:
    """A second direction made orthogonal to the first within every group, so that scaling groups leaves them orthogonal.

    Groups of one parameter, where only 0 would be orthogonal, stay as they are.
    """
    product, square = (np.bincount(group, weights=first * other) for other in (second, first))
    lonely = np.bincount(group) < 2
    share = np.where(lonely | (square == 0), 0.0, product / np.where(square > 0, square, 1))
    return np.asarray(second - share[group] * first)

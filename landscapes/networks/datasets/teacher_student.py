"""What a small network, the teacher, says about random inputs."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Noise, Pair, Samples, Seed, Some, dataset, drawn
from landscapes.ranges import Range

INPUTS = 10
Units = Annotated[Any, Range(1, 256, scale="log", control=(1, 16), whole=True)]
TEACHER = 2  # the stream of random numbers that its weights come from; samples have 0 and 1


@dataset(
    title="Teacher and student",
    shape=(INPUTS,),
    outputs=1,
    classes=False,
    reference="Saad and Solla 1995, doi:10.1103/PhysRevE.52.4225",
)
def teacher_student(samples: Some = 500, teacher: Units = 4, noise: Noise = 0.0, seed: Seed = 0) -> Pair:
    """Values y = Σₖ tanh(wₖ·x) / √K of a teacher with K = `teacher` hidden units, for normal inputs x of 10 numbers.

    The entries of wₖ are normal with variance 1/10; `noise` is the deviation of normal noise on y. A student, an MLP with tanh
    and at least K hidden units, can say exactly the same.
    """
    units = int(teacher)
    weights = np.random.default_rng([int(seed), TEACHER]).normal(size=(INPUTS, units)) / np.sqrt(INPUTS)

    def make(random: np.random.Generator, count: int) -> Samples:
        inputs = random.normal(size=(count, INPUTS)).astype(np.float32)
        values = np.tanh(inputs @ weights).sum(axis=1, keepdims=True) / np.sqrt(units)
        return Samples(inputs, (values + noise * random.normal(size=values.shape)).astype(np.float32))

    return drawn(make, samples, seed)

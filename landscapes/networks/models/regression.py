"""Linear, logistic and softmax regression: a single layer, and a convex loss."""

from __future__ import annotations

from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import AnyData, Classes, Scale, Seed, Some, TwoClasses, network, row
from landscapes.networks.layers import Linear
from landscapes.networks.task import CROSS_ENTROPY, LOGISTIC, SQUARED_ERROR, Task


@network(title="Linear regression", reference="Legendre 1805, Nouvelles méthodes pour la détermination des orbites des comètes")
def linear_regression(data: AnyData = "teacher_student", samples: Some = 500, scale: Scale = 1.0, seed: Seed = 0) -> Task:
    """y = W x + b with the mean squared error: an exact quadratic. Where the data are classes, targets are ones and zeros."""
    return Task(data, int(samples), row(data), (Linear(DATASETS[data].outputs),), SQUARED_ERROR, scale=float(scale))


@network(title="Logistic regression", reference="Cox 1958, The regression analysis of binary sequences, JRSS B 20")
def logistic_regression(data: TwoClasses = "moons", samples: Some = 200, scale: Scale = 1.0, seed: Seed = 0) -> Task:
    """One logit z = w·x + b for the second of two classes, with the mean logistic loss log(1 + exp(∓z)): convex."""
    return Task(data, int(samples), row(data), (Linear(1),), LOGISTIC, scale=float(scale))


@network(title="Softmax regression", reference="Cox 1966, Procedures connected with the logistic qualitative response curve")
def softmax_regression(data: Classes = "digits", samples: Some = 500, scale: Scale = 1.0, seed: Seed = 0) -> Task:
    """One logit for each class, z = W x + b, with the mean cross-entropy: convex, flat along what all logits share."""
    return Task(data, int(samples), row(data), (Linear(DATASETS[data].outputs),), CROSS_ENTROPY, scale=float(scale))

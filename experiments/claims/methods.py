"""Claims about what methods do and do not care for: rotation, the scale of inputs, epsilon, samples, clipping, memory."""

from __future__ import annotations

from math import cos, radians, sin, sqrt
from typing import Any

import numpy as np

from experiments.claims.claim import Claim, Measured, momentum, paths, ravine, sgd, solved_after
from experiments.loop import run
from experiments.spec import Choice, Experiment, start_of

NSGD = "Atici, Pan and Cetin 2022, Input normalized stochastic gradient descent, arXiv 2212.09921"
REDDI = "Reddi, Kale and Kumar 2018, On the convergence of Adam and beyond"
PERTURBATION = 1e-8


def _turned(angle: float) -> Experiment:
    """The ravine turned by so many degrees, and the start turned with it."""
    a = radians(angle)
    choices = (momentum(0.01, 0.9), Choice("adam", {"lr": 0.1}))
    landscape = Choice("ravine", {"condition": 100.0, "angle": angle})
    return Experiment(landscape, choices, start=(cos(a) - sin(a), sin(a) + cos(a)), steps=600)


def _rotation(claim: Claim) -> tuple[Measured, ...]:
    rows = []
    for name, race in claim.races.items():
        heavy, adam = (solved_after(path) for path in paths(race))
        rows += [Measured(f"momentum's steps to a loss of 1e-6, {name}", heavy), Measured(f"Adam's, {name}", adam)]
    return tuple(rows)


def _scaled(scale: float) -> Experiment:
    choices = (sgd(0.3), Choice("nsgd_l2", {"lr": 1.0, "eps": 0.0}))
    return Experiment(Choice("linear_neuron", {"scale": scale}), choices, steps=200)


def _input_scale(claim: Claim) -> tuple[Measured, ...]:
    rows = []
    for race in claim.races.values():
        scale = race.landscape.parameters["scale"]
        landscape: Any = race.make_landscape()
        ends = (np.nan_to_num(path.theta[-1], nan=np.inf) for path in paths(race))  # what diverged is infinitely far away
        plain, normalised = (float(np.linalg.norm(end - np.array(landscape.minima[0]))) for end in ends)
        rows += [
            Measured(f"SGD's distance to the minimum after 200 steps, inputs times {scale:g}", plain),
            Measured(f"NSGD's, inputs times {scale:g}", normalised),
        ]
    return tuple(rows)


_AT_THE_SADDLE = Experiment(
    Choice("two_layer_neuron"),
    (sgd(0.1), *(Choice("nsgd_l2", {"lr": 0.1, "eps": eps}) for eps in (1e-8, 0.01, 0.1, 1.0))),
    start=(1e-3, 2e-3),
    steps=400,
)


def _saddle(claim: Claim) -> tuple[Measured, ...]:
    plain, tiny, *others = paths(claim.race)
    return (
        Measured("SGD's steps to a loss of 1e-6", solved_after(plain)),
        *(
            Measured(f"NSGD's with ε = {choice.parameters['eps']:g}", solved_after(path))
            for choice, path in zip(claim.race.optimizers[2:], others)
        ),
        Measured("largest loss on the way with ε = 1e-08", float(np.nanmax(tiny.loss))),
    )


def _clipping(claim: Claim) -> tuple[Measured, ...]:
    landscape = claim.race.make_landscape()
    start = np.array(start_of(claim.race, landscape))
    starts = start + PERTURBATION * np.array([[0.0, 0.0], [1.0, 0.0]])
    plain, clipped = (run(claim.race.optimizer(i), landscape, starts, claim.race.steps) for i in (0, 1))
    moved = float(np.linalg.norm(clipped.theta[-1, 1] - clipped.theta[-1, 0]))
    return (
        Measured("step at which the unclipped run has become infinite", float(plain.last_finite[0] + 1)),
        Measured("largest coordinate of the clipped run in 300 steps", float(np.abs(clipped.theta[:, 0]).max())),
        Measured("how far its end moves, per unit of the start, when the start moves by 1e-8", moved / PERTURBATION),
    )


def _forgetful(key: str, **more: float) -> Choice:
    """lr 0.5 / sqrt(t), as in the paper."""
    schedule = Choice("schedule", {"of": "lr", "shape": "inverse_sqrt", "steps": 1, "factor": sqrt(0.5)})
    return Choice(key, {"lr": 0.5, **more}, (schedule,))


_REDDI = Experiment(
    Choice("reddi", {"C": 4.0}),
    (
        _forgetful("adam", beta1=0.0, beta2=1 / 17),
        _forgetful("adam", beta1=0.0, beta2=0.999),
        _forgetful("amsgrad", beta1=0.0, beta2=1 / 17),
    ),
    steps=2000,
)


def _convergence(claim: Claim) -> tuple[Measured, ...]:
    names = ("Adam with β₂ = 1/17", "Adam with β₂ = 0.999", "AMSGrad with β₂ = 1/17")
    return tuple(
        Measured(f"{name}: mean x of the last 300 steps; the best is -1", float(path.theta[-300:, 0].mean()))
        for name, path in zip(names, paths(claim.race))
    )


_FOUR = (sgd(0.005), momentum(0.005, 0.9), Choice("rmsprop", {"lr": 0.05}), Choice("adam", {"lr": 0.2}))


def _minima(claim: Claim) -> tuple[Measured, ...]:
    """From 41 x 41 starts: how often the methods do not all end nearest to the same minimum."""
    landscape: Any = claim.race.make_landscape()
    axes = (np.linspace(low, high, 41) for low, high in landscape.domain)
    starts = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    minima, ends = np.array(landscape.minima), []
    for index in range(len(claim.race.optimizers)):
        last = run(claim.race.optimizer(index), landscape, starts, 150).theta[-1]
        ends.append(np.linalg.norm(last[:, None] - minima, axis=-1).argmin(axis=1))
    share = float((np.array(ends) != ends[0]).any(axis=0).mean())
    return (Measured("starts of 1,681 from which they do not all end at the same minimum, in percent", 100 * share),)


def _one_sample(claim: Claim) -> tuple[Measured, ...]:
    (full,), (single,) = (paths(race) for race in claim.races.values())
    return (
        Measured("loss after 200 full-batch steps of NSGD, lr 1", float(full.loss[-1])),
        Measured("loss after 200 one-sample steps", float(single.loss[-1])),
    )


def _sampled_ravine(batch_size: int | None) -> Experiment:
    choice = Choice("nsgd_l2", {"lr": 1.0, "eps": 0.0})
    return ravine(choice, start=(-1.3, 0.8), steps=200, batch_size=batch_size)


METHODS = (
    Claim(
        "rotation", "Adam cares how the axes lie",
        "Adaptive methods cure bad conditioning.",
        "partly",
        "They rescale each coordinate, which helps when the ravine lies along one. Turned by 45 degrees it is the same ravine "
        "to momentum, whose path turns with it, and another one to Adam.",
        "A common reading of Duchi, Hazan and Singer 2011, Adaptive subgradient methods, JMLR 12",
        {"along the axes": _turned(0.0), "turned by 45 degrees": _turned(45.0)}, _rotation,
    ),
    Claim(
        "input_scale", "NSGD does not care for the scale of its inputs",
        "Dividing a layer's gradient by the power of its input makes training insensitive to the input's scale.",
        "true",
        "Inputs times c make the gradient and the input power c² times larger, and the quotient stays. SGD's limit goes with "
        "1/c², so one learning rate is idle at one scale and diverges at another. This holds for ε = 0 and the l2 norm.",
        NSGD, {f"inputs times {c:g}": _scaled(c) for c in (0.1, 1.0, 10.0)}, _input_scale,
    ),
    Claim(
        "saddle_epsilon", "At a deep saddle NSGD hangs on its ε",
        "Normalising by the input's power speeds up the way out of a saddle.",
        "partly",
        "Near the saddle the hidden activation is tiny, and the second layer divides by its square plus ε: without ε the step "
        "is enormous and the run diverges, with a large one there is nothing left of the speed.",
        NSGD, {"five runs": _AT_THE_SADDLE}, _saddle,
    ),
    Claim(
        "one_sample", "Full-batch NSGD does not cure conditioning",
        "Normalising by the input power removes the sensitivity to conditioning.",
        "partly",
        "With the full batch NSGD is gradient descent at the rate lr / trace: it does not diverge, and it creeps. Sample by "
        "sample it is Kaczmarz's method: each step solves one sample's equation exactly.",
        NSGD, {"full batch": _sampled_ravine(None), "one sample a step": _sampled_ravine(1)}, _one_sample,
    ),
    Claim(
        "clipping", "Clipping trades divergence for chaos",
        "Clipping the gradient makes a learning rate safe that is too large.",
        "true, with a limit",
        "The clipped run stays on the map, and its path cannot be reproduced: a change of the start in the eighth digit moves "
        "the end across the picture. Tools that clip in secret draw such paths.",
        "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks",
        {"plain and clipped": Experiment(
            Choice("himmelblau"), (momentum(0.1, 0.9), Choice("momentum", {"lr": 0.1}, (Choice("clip", {"norm": 10.0}),))),
            steps=300)},
        _clipping,
    ),
    Claim(
        "adam_converges", "Adam need not converge",
        "Adam converges on convex problems if its learning rate falls as 1/√t.",
        "false here",
        "Every third gradient is large and points the right way. With a short memory Adam divides it by its own size and "
        "forgets it before it counts, and ends at the worst point there is. A longer memory, or AMSGrad's maximum, repairs it.",
        REDDI, {"the counterexample": _REDDI}, _convergence,
    ),
    Claim(
        "minima", "Methods end at different minima",
        "From the same start, different methods may reach different minima.",
        "true",
        "Where the basins of a surface end depends on who walks.",
        "Kathuria 2018, Intro to optimization in deep learning: Momentum, RMSProp and Adam",
        {"on Himmelblau's function": Experiment(Choice("himmelblau"), _FOUR, steps=150)}, _minima,
    ),
)  # fmt: skip

"""What the article on pathological curvature says, each sentence put to the test on the ravine it is about.

Source of all: Kathuria 2018, Intro to optimization in deep learning: Momentum, RMSProp and Adam. The experiments are ours.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from experiments.claims.claim import Claim, Measured, momentum, paths, ravine, sgd, sign_changes, solved_after
from experiments.spec import Choice, Experiment

SOURCE = "Kathuria 2018, Intro to optimization in deep learning: Momentum, RMSProp and Adam"
OPTIMAL_RATE, OPTIMAL_MOMENTUM = 4 / (10 + 1) ** 2, ((10 - 1) / (10 + 1)) ** 2  # Polyak's, for eigenvalues 1 and 100


def _bounces(claim: Claim) -> tuple[Measured, ...]:
    bouncing, slow, best = paths(claim.race)
    x, y = bouncing.theta[:41, 0], bouncing.theta[:41, 1]
    return (
        Measured("sign changes of x in the first 40 steps at lr 0.019", sign_changes(x)),
        Measured("what y shrinks by in a step, in percent", 100 * (1 - y[1] / y[0])),
        Measured("steps to a loss of 1e-6 at lr 0.01", solved_after(slow)),
        Measured("the same at the best rate, 2/101", solved_after(best)),
    )


def _limit(claim: Claim) -> tuple[Measured, ...]:
    below, on, above = (abs(path.theta[200, 0]) for path in paths(claim.race))
    return (
        Measured("|x| after 200 steps at lr 0.0198", below),
        Measured("at lr 0.0200, exactly 2/λmax", on),
        Measured("at lr 0.0202", above),
    )


def _same_slope(claim: Claim) -> tuple[Measured, ...]:
    rows = []
    for name, experiment in claim.races.items():
        landscape: Any = experiment.make_landscape()
        start = landscape.point(landscape.start)
        target = float(landscape.minima[0][0])
        rows += [
            Measured(f"{name}: slope at the start", float(landscape.gradient(start)[0])),
            Measured(f"{name}: distance to the minimum", float(start[0]) - target),
        ]
    return tuple(rows)


def _newton(claim: Claim) -> tuple[Measured, ...]:
    (on_ravine,) = paths(claim.races["on the ravine"])
    (falling,) = paths(claim.races["on a saddle"])
    landscape: Any = claim.races["on a saddle"].make_landscape()
    start = falling.theta[0]
    target = start - np.linalg.solve(landscape.hessian(start), landscape.gradient(start))
    return (
        Measured("Newton's steps to a loss of 1e-6 on the ravine", solved_after(on_ravine)),
        Measured("where the Newton step alone would lead on x² - y²: distance to the saddle", float(np.linalg.norm(target))),
        Measured("loss there after 20 steps with the fall-back", float(falling.loss[20])),
    )


def _cancels(claim: Claim) -> tuple[Measured, ...]:
    (path,) = paths(claim.race)
    landscape = claim.race.make_landscape()
    g = landscape.gradient(path.theta[:40])
    share = np.abs(g.sum(axis=0)) / np.abs(g).sum(axis=0)
    return (
        Measured("|Σ gradients| / Σ |gradients| along x, 40 steps", float(share[0])),
        Measured("the same along y", float(share[1])),
    )


def _momentum(claim: Claim) -> tuple[Measured, ...]:
    plain, half, nine, optimal = paths(claim.races["speed"])
    inside, outside = paths(claim.races["the limit"])
    return (
        Measured("steps to a loss of 1e-6: SGD, lr 0.01", solved_after(plain)),
        Measured("momentum 0.5", solved_after(half)),
        Measured("momentum 0.9", solved_after(nine)),
        Measured("the optimal heavy ball", solved_after(optimal)),
        Measured("loss after 2,000 steps at lr 0.0379, just below (2 + 2β)/λmax", float(inside.loss[-1])),
        Measured("at lr 0.0381, just above", float(outside.loss[-1])),
    )


def _annealed(claim: Claim) -> tuple[Measured, ...]:
    annealed, fixed = paths(claim.race)
    return (
        Measured("steps to a loss of 1e-6, 0.5 → 0.9 over 100 steps", solved_after(annealed)),
        Measured("fixed at 0.9", solved_after(fixed)),
    )


def _overshoots(claim: Claim) -> tuple[Measured, ...]:
    heavy, plain = paths(claim.race)
    return (
        Measured("times momentum 0.9 crosses the minimum in 300 steps", sign_changes(heavy.theta[:, 0] - MINIMUM)),
        Measured("times SGD does", sign_changes(plain.theta[:, 0] - MINIMUM)),
    )


def _unequal_steps(claim: Claim) -> tuple[Measured, ...]:
    (path,) = paths(claim.race)
    g = claim.race.make_landscape().gradient(path.theta[0])
    step = path.theta[1] - path.theta[0]
    rates = step / g
    return (
        Measured("effective learning rate of y over that of x, first step", float(rates[1] / rates[0])),
        Measured("step along x over step along y", float(step[0] / step[1])),
    )


def _anneals_itself(claim: Claim) -> tuple[Measured, ...]:
    (path,) = paths(claim.race)
    w, values = path.theta[:, 0], claim.race.optimizer(0).hyperparameters
    v, rates = 0.0, []
    for weight in w[:-1]:  # the gradient of x²/2 is x
        v = values["decay"] * v + (1 - values["decay"]) * weight**2
        rates.append(values["lr"] / sqrt(v + values["eps"]))
    return (
        Measured("effective learning rate at step 20", rates[20]),
        Measured("at step 100", rates[100]),
        Measured("mean over the last 100 steps; 2/λ is 2", float(np.mean(rates[-100:]))),
        Measured("size of the two-cycle it ends in, in units of lr", float(np.abs(w[-50:]).max()) / values["lr"]),
    )


def _adam_combines(claim: Claim) -> tuple[Measured, ...]:
    adam, rmsprop = paths(claim.race)
    lr = 0.01
    return (
        Measured(
            "Adam: largest |x| in the last 50 of 2,000 steps, in units of lr", float(np.abs(adam.theta[-50:, 0]).max()) / lr
        ),
        Measured("RMSProp: the same", float(np.abs(rmsprop.theta[-50:, 0]).max()) / lr),
    )


def _epsilon(claim: Claim) -> tuple[Measured, ...]:
    return tuple(
        Measured(f"RMSProp's loss after 900 steps with ε = {choice.parameters['eps']:g}", float(path.loss[-1]))
        for choice, path in zip(claim.race.optimizers, paths(claim.race))
    )


MINIMUM = 1.0  # of the parabola with curvature 1
_ONE_DIMENSION = Experiment(
    Choice("parabola", {"curvature": 1.0}), (momentum(0.1, 0.9), sgd(0.1)), start=(2.0,), steps=300
)  # fmt: skip
_RMSPROP = Choice("rmsprop_article", {"lr": 0.01, "decay": 0.9})

ARTICLE = (
    Claim(
        "bounces", "Gradient descent bounces in a ravine",
        "In a ravine gradient descent bounces between the walls and creeps to the minimum.",
        "true",
        "Across, the error is multiplied by 1 - lr·100, which is negative; along, by 1 - lr, which is hardly less than one.",
        SOURCE, {"three learning rates": ravine(sgd(0.019), sgd(0.01), sgd(2 / 101), steps=700)}, _bounces,
    ),
    Claim(
        "limit", "A learning rate has a sharp limit",
        "A small learning rate is needed, and too small a one looks like no progress.",
        "true",
        "The limit is exactly 2/λmax: one percent below it the bouncing dies, on it it goes on for ever, above it it grows.",
        SOURCE, {"at the limit": ravine(sgd(0.0198), sgd(0.02), sgd(0.0202), steps=200)}, _limit,
    ),
    Claim(
        "same_slope", "The slope does not say how far",
        "Two places may have the same gradient and different curvature; second derivatives tell them apart.",
        "true",
        "On a parabola the minimum is slope / curvature away: the same slope, a sixteenth of the way.",
        SOURCE,
        {
            f"curvature {c:g}": Experiment(Choice("parabola", {"curvature": c}), (sgd(0.1), Choice("newton")), steps=40)
            for c in (0.5, 2.0, 8.0)
        },
        _same_slope,
    ),
    Claim(
        "newton", "Newton divides by the curvature",
        "Newton's step is the gradient over the curvature; where the curvature is negative, plain descent takes over.",
        "true, with a limit",
        "One step solves any ravine. Without the fall-back it is drawn to the saddle as if that were a minimum.",
        SOURCE,
        {
            "on the ravine": ravine(Choice("newton"), steps=5),
            "on a saddle": Experiment(
                Choice("saddle"), (Choice("newton", {"fallback_lr": 0.1}),), start=(1.0, 0.1), steps=20
            ),
        },
        _newton,
    ),
    Claim(
        "cancels", "Adding up gradients cancels the bouncing",
        "Accumulated gradients cancel across the ravine and reinforce along it.",
        "true",
        "Across, consecutive gradients have opposite signs; along, they all point the same way.",
        SOURCE, {"SGD that bounces": ravine(sgd(0.019), steps=40)}, _cancels,
    ),
    Claim(
        "momentum", "Momentum speeds up",
        "Momentum goes through the ravine faster.",
        "true",
        "It also bears larger learning rates: the limit rises from 2/λmax to (2 + 2β)/λmax.",
        SOURCE,
        {
            "speed": ravine(sgd(0.01), momentum(0.01, 0.5), momentum(0.01, 0.9),
                            momentum(OPTIMAL_RATE, OPTIMAL_MOMENTUM), steps=700),
            "the limit": ravine(momentum(0.0379, 0.9), momentum(0.0381, 0.9), steps=2000),
        },
        _momentum,
    ),
    Claim(
        "annealed", "Momentum may start at 0.5 and grow to 0.9",
        "The coefficient of momentum is started at 0.5 and annealed to 0.9 over several epochs.",
        "true",
        "Here it saves about a quarter of the steps; the best fixed coefficient saves more.",
        SOURCE, {"annealed and fixed": ravine(Choice("momentum_annealed", {"lr": 0.01}), momentum(0.01, 0.9))}, _annealed,
    ),
    Claim(
        "overshoots", "Momentum overshoots",
        "A heavy ball runs past the minimum and comes back, several times.",
        "true",
        "On a bowl plain descent with this learning rate never crosses the minimum at all.",
        SOURCE, {"in one dimension": _ONE_DIMENSION}, _overshoots,
    ),
    Claim(
        "unequal_steps", "RMSProp gives each direction its own rate",
        "RMSProp takes smaller steps across the ravine and larger ones along it.",
        "true",
        "Each gradient is divided by its own size, so both coordinates move alike at once: the ravine becomes a diagonal.",
        SOURCE, {"RMSProp": ravine(_RMSPROP, steps=150)}, _unequal_steps,
    ),
    Claim(
        "anneals_itself", "RMSProp anneals by itself",
        "RMSProp slows down by itself as it comes near the minimum.",
        "false here",
        "Near a minimum gradients shrink, so what it divides by shrinks too and its rate grows, until it reaches the limit "
        "2/λ and the iterate hops over the minimum for ever. Rates shrink where gradients grow, or with a schedule.",
        SOURCE,
        {"on a bowl": Experiment(Choice("bowl"), (_RMSPROP,), start=(1.0, 0.5), steps=600)},
        _anneals_itself,
    ),
    Claim(
        "adam_combines", "Adam combines both",
        "Adam combines momentum and RMSProp.",
        "true",
        "Its average of gradients damps the two-cycle that RMSProp is left with.",
        SOURCE,
        {"2,000 steps": ravine(Choice("adam_article", {"lr": 0.01}), _RMSPROP, steps=2000)},
        _adam_combines,
    ),
    Claim(
        "epsilon", "Epsilon only prevents division by zero",
        "The small number under the root is there so that nothing is divided by zero.",
        "partly",
        "It also caps the rate at lr/√ε, and below that gradient the method is plain descent. A small ε leaves RMSProp hopping "
        "over the minimum for ever; one so large that lr/√ε < 2/λmax lets it arrive.",
        SOURCE,
        {"three epsilons": ravine(*(_RMSPROP.with_parameters(eps=e) for e in (1e-10, 1e-2, 1.0)), steps=900)},
        _epsilon,
    ),
)  # fmt: skip

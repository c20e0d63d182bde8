"""The claims: every number beside a verdict is the one that was measured independently or that theory gives."""

from math import isnan

import numpy as np
import pytest
import torch

from experiments import execute
from experiments.claims import CLAIMS
from experiments.link import MOST_STEPS, decode, encode

pytestmark = pytest.mark.xdist_group("claims")  # measured once, by one process

INPUTS = np.array([(1.0, 1.0), (-1.0, 0.0), (0.0, -2.0), (2.0, 3.0)])
NEURON = INPUTS.T @ INPUTS / 4  # the Hessian of the linear neuron at scale 1


def steps_by_torch(angle: float) -> float:
    """Steps of torch's Adam, lr 0.1, from the turned (1, 1) to a loss of 1e-6 on the turned ravine."""
    turn = torch.deg2rad(torch.tensor(angle, dtype=torch.float64))
    rotation = torch.stack([torch.stack([turn.cos(), turn.sin()]), torch.stack([-turn.sin(), turn.cos()])])
    theta = (rotation.T @ torch.ones(2, dtype=torch.float64)).requires_grad_()
    adam = torch.optim.Adam([theta], lr=0.1)
    for step in range(1000):
        loss = 0.5 * (torch.tensor([100.0, 1.0], dtype=torch.float64) * (rotation @ theta) ** 2).sum()
        if loss.item() <= 1e-6:
            return float(step)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    raise AssertionError("not solved")


def left_by(contraction: np.ndarray) -> float:
    """The linear neuron's distance to its minimum after 200 steps from its start."""
    error = np.array([-1.2, 2.4]) - np.array([1.0, -0.5])
    return float(np.linalg.norm(np.linalg.matrix_power(np.eye(2) - contraction, 200) @ error))


# Claim -> its numbers in order: (value, relative tolerance), or a word for an open bound.
GOLDEN: dict[str, list[tuple[float, float]]] = {
    "bounces": [(40, 0), (1.9, 1e-9), (653, 0), (444, 0)],
    "limit": [(0.98**200, 1e-9), (1.0, 1e-9), (1.02**200, 1e-9)],
    "same_slope": [(2, 1e-12), (4, 1e-12), (2, 1e-12), (1, 1e-12), (2, 1e-12), (1 / 4, 1e-12)],
    "newton": [(1, 0), (0, 0), (0.8**40 - 0.01 * 1.2**40, 1e-9)],  # x falls by 1 - 2·0.1 and y grows by 1 + 2·0.1 a step
    "cancels": [(0.053, 0.02), (1, 1e-12)],
    "momentum": [(653, 0), (319, 0), (138, 0), (69, 0), (0, 1e-20), (np.inf, 1e20)],
    "annealed": [(102, 0.02), (138, 0)],
    "overshoots": [(31, 0), (0, 0)],
    "unequal_steps": [(100, 1e-6), (1, 1e-6)],
    "anneals_itself": [(0.0132, 0.01), (0.060, 0.05), (2.0, 0.01), (0.5, 0.01)],
    "adam_combines": [(0, 0.2), (0.5, 0.01)],
    "rotation": [(138, 0), (steps_by_torch(0.0), 0), (138, 0), (steps_by_torch(45.0), 0)],
    "input_scale": [
        (left_by(0.01 * NEURON * 0.3), 1e-9),
        (left_by(NEURON / np.trace(NEURON)), 1e-6),
        (0, 1e-12),
        (left_by(NEURON / np.trace(NEURON)), 1e-6),
        (np.inf, 1e300),
        (left_by(NEURON / np.trace(NEURON)), 1e-6),
    ],
    "saddle_epsilon": [(98, 0), (19, 0), (46, 0), (155, 0), (np.inf, 1e6)],
    # One step with lr 1 and the full batch is gradient descent at the rate 1 / trace, here 1 / 101.
    "one_sample": [(0.5 * 100 * (1.3 * (1 / 101) ** 200) ** 2 + 0.5 * (0.8 * (100 / 101) ** 200) ** 2, 1e-9), (0, 1e-30)],
    "clipping": [(0, 40), (0, 10), (np.inf, 1e6)],
    "adam_converges": [(0.996, 0.01), (-0.996, 0.01), (-0.998, 0.01)],
    "minima": [(np.inf, 10)],
    "epsilon": [(50 * 0.005**2 + 0.5 * 0.005**2, 0.01), (50 * 0.005**2, 0.06), (0, 1e-6)],
}


@pytest.mark.parametrize("key", CLAIMS)
def test_the_numbers_are_those_of_theory_or_of_an_independent_run(key: str) -> None:
    measured = CLAIMS[key].measured
    assert len(measured) == len(GOLDEN[key]) == len({m.what for m in measured})
    for (what, value), (expected, tolerance) in zip(measured, GOLDEN[key]):
        assert not isnan(value), what
        if expected == np.inf:
            assert value > tolerance, what
        elif expected == 0:
            assert abs(value) <= tolerance, what
        else:
            assert value == pytest.approx(expected, rel=max(tolerance, 1e-15)), what


@pytest.mark.parametrize("key", CLAIMS)
def test_each_race_is_a_link(key: str) -> None:
    for race in CLAIMS[key].races.values():
        assert race.steps <= MOST_STEPS
        assert decode(encode(race)) == (race, [])


@pytest.mark.parametrize("key", CLAIMS)
def test_it_is_written_out(key: str) -> None:
    claim = CLAIMS[key]
    assert claim.key == key and claim.title and claim.source
    assert claim.claim.endswith(".") and claim.reason.endswith(".")


def test_the_first_race_is_what_the_numbers_come_from() -> None:
    (slow,) = [path for path, choice in zip(execute(CLAIMS["bounces"].race), CLAIMS["bounces"].race.optimizers)
               if choice.parameters["lr"] == 0.01]  # fmt: skip
    assert int(slow.steps_to(1e-6)) == CLAIMS["bounces"].measured[2].value

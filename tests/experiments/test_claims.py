"""The claims: every number beside a verdict is the one that was measured independently or that theory gives."""

from math import isnan

import numpy as np
import pytest

from experiments import execute
from experiments.claims import CLAIMS
from experiments.link import MOST_STEPS, decode, encode

# Claim -> its numbers in order: (value, relative tolerance), or a word for an open bound.
GOLDEN: dict[str, list[tuple[float, float]]] = {
    "bounces": [(40, 0), (1.9, 1e-9), (653, 0), (444, 0)],
    "limit": [(0.98**200, 1e-9), (1.0, 1e-9), (1.02**200, 1e-9)],
    "same_slope": [(1, 1e-12), (2, 1e-12), (1, 1e-12), (1 / 2, 1e-12), (1, 1e-12), (1 / 8, 1e-12)],
    "newton": [(1, 0), (0, 0), (0.8**40 - 0.01 * 1.2**40, 1e-9)],  # x falls by 1 - 2·0.1 and y grows by 1 + 2·0.1 a step
    "cancels": [(0.053, 0.02), (1, 1e-12)],
    "momentum": [(653, 0), (319, 0), (138, 0), (69, 0), (0, 1e-20), (np.inf, 1e20)],
    "annealed": [(102, 0.02), (138, 0)],
    "overshoots": [(31, 0), (0, 0)],
    "unequal_steps": [(100, 1e-6), (1, 1e-6)],
    "anneals_itself": [(0.0132, 0.01), (0.060, 0.05), (2.0, 0.01), (0.5, 0.01)],
    "adam_combines": [(0, 0.2), (0.5, 0.01)],
    "epsilon": [(50 * 0.005**2 + 0.5 * 0.005**2, 0.01), (50 * 0.005**2, 0.06), (0, 1e-6)],
}


@pytest.mark.parametrize("key", CLAIMS)
def test_the_numbers_are_those_of_theory_or_of_an_independent_run(key: str) -> None:
    measured = CLAIMS[key].measured
    assert len(measured) == len(GOLDEN[key])
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
    assert len({m.what for m in claim.measured}) == len(claim.measured)


def test_the_first_race_is_what_the_numbers_come_from() -> None:
    (slow,) = [path for path, choice in zip(execute(CLAIMS["bounces"].race), CLAIMS["bounces"].race.optimizers)
               if choice.parameters["lr"] == 0.01]  # fmt: skip
    assert int(slow.steps_to(1e-6)) == CLAIMS["bounces"].measured[2].value

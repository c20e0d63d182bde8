"""The search for a learning rate: what it shows is what single runs give, and on quadratics it finds theory's best."""

from dataclasses import replace

import numpy as np
import pytest

from experiments import Experiment
from experiments.presets import RAVINE
from experiments.spec import Choice, run_entrant
from experiments.tune import COARSE, FINE, tune
from optimizers import OPTIMIZERS


@pytest.mark.parametrize("key", [key for key in OPTIMIZERS if "lr" in OPTIMIZERS[key].ranges])
def test_every_score_is_that_of_a_single_run(key: str) -> None:
    experiment = replace(RAVINE, optimizers=(Choice(key),), steps=20)
    search = tune(experiment)
    assert len(search.rates) == len(search.losses) == COARSE + FINE and (np.diff(search.rates) >= 0).all()
    for at in (0, 20, 33, len(search.rates) - 1):
        alone = replace(experiment, optimizers=(experiment.optimizers[0].with_parameters(lr=float(search.rates[at])),))
        loss = run_entrant(alone, alone.make_landscape()).loss[-1]
        np.testing.assert_allclose(search.losses[at], loss if np.isfinite(loss) else np.inf, rtol=1e-6, atol=1e-300)
    assert search.losses[search.rates.tolist().index(search.best)] == search.losses.min()


def test_gradient_descents_best_rate_is_theorys() -> None:
    """From a start with equal parts along both axes the best rate after many steps is 2 / (λ_min + λ_max)."""
    experiment = Experiment(Choice("ravine", {"condition": 10.0, "angle": 0.0}), (Choice("sgd"),), start=(1.0, 1.0), steps=100)
    search = tune(experiment)
    assert abs(search.best / (2 / 11) - 1) < 0.03
    assert np.isinf(search.losses[-1]) or search.losses[-1] > 1e10  # far beyond the limit


def test_a_budget_of_calls_is_kept() -> None:
    experiment = Experiment(Choice("rosenbrock"), (Choice("newton"),), steps=9, budget="calls")
    search = tune(experiment)
    alone = replace(experiment, optimizers=(Choice("newton", {"lr": search.best}),), steps=3, budget="steps")
    assert search.losses.min() == pytest.approx(run_entrant(alone, alone.make_landscape()).loss[-1], rel=1e-9)

"""Shapes in signatures are executed, seeds are fixed, numbers are float64.

jaxtyping's import hook runs `Point`, `Scalar` and `Matrix` as checks through beartype; it must be in place before the packages
are imported. torch is loaded first so that tensors are among the arrays that the names stand for.
"""

import gc
import random
import sys
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest
import torch
from jaxtyping import config as shape_checks
from jaxtyping import install_import_hook

import tests.shapes  # noqa: F401  # the hook finds the checker by this name

CHECKED = ("landscapes", "optimizers", "experiments.loop", "experiments.trajectory", "experiments.race")

early = [name for name in ("landscapes", "optimizers", "experiments") if name in sys.modules]
if early:
    raise RuntimeError(f"{', '.join(early)} imported before the shape checks were in place")
install_import_hook(CHECKED, "tests.shapes.check")

# A failing example is shown as found: shrinking whole trajectories takes minutes. `--hypothesis-profile=shrink` does it.
fixed = {"derandomize": True, "deadline": None, "max_examples": 40, "database": None, "print_blob": False}
hypothesis.settings.register_profile("shrink", **fixed)
hypothesis.settings.register_profile("fixed", **fixed, phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate))
hypothesis.settings.load_profile("fixed")

torch.set_num_threads(1)

gc.disable()  # until all tests are collected: walking through thousands of them again and again takes seconds


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def fixed_seeds() -> Iterator[None]:
    """Global generators are for tests only; the packages never use them, but what a test draws must repeat."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    yield


@pytest.fixture
def shapes_unchecked() -> Iterator[None]:
    """For runs of thousands of steps, whose shapes are checked elsewhere: a checked step takes ten times as long."""
    shape_checks.update("jaxtyping_disable", True)
    yield
    shape_checks.update("jaxtyping_disable", False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:`torch.jit.script`:DeprecationWarning")  # torch's own, in func.vmap

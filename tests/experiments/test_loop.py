"""The only loop over steps, and what it leaves."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments import run
from experiments.loop import Halt, walk
from experiments.trajectory import Trajectory
from landscapes import SURFACES
from optimizers import OPTIMIZERS
from tests.cases import PAIRS, OnTorch


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shapes_follow_the_runs(shape: tuple[int, ...]) -> None:
    rosenbrock = SURFACES["rosenbrock"]()
    starts = np.broadcast_to([-1.2, 1.0], (*shape, 2))
    t = run(OPTIMIZERS["adam"](), rosenbrock, starts, 7)
    assert t.theta.shape == (8, *shape, 2)
    assert t.loss.shape == t.grad_norm.shape == t.finite.shape == (8, *shape)
    assert t.last_finite.shape == t.steps_to(0.0).shape == shape
    assert t.steps == 7
    assert np.array_equal(t.theta[0], starts)
    assert np.array_equal(t.loss, rosenbrock.loss(t.theta))
    np.testing.assert_allclose(t.grad_norm, np.linalg.norm(rosenbrock.gradient(t.theta), axis=-1), rtol=1e-14)
    assert t.finite.all()


def test_each_row_is_one_step_from_the_one_before() -> None:
    ravine = SURFACES["ravine"]()
    t = run(OPTIMIZERS["sgd"](lr=0.01), ravine, ravine.start, 5)
    for k in range(5):
        np.testing.assert_array_equal(t.theta[k + 1], t.theta[k] - 0.01 * ravine.gradient(t.theta[k]))


def test_no_steps_is_the_start_alone() -> None:
    t = run(OPTIMIZERS["adam"](), SURFACES["saddle"](), (1.0, 0.5), 0)
    assert t.theta.tolist() == [[1.0, 0.5]]
    assert t.loss.tolist() == [0.75]
    assert t.calls == {}


@pytest.mark.parametrize("key", ["sgd", "adam", "newton", "newton_eigen", "newton_cg", "momentum"])
def test_a_run_that_diverges_leaves_its_neighbours_alone(key: str) -> None:
    """Divergence is data: NaN from the step at which it is no longer finite, and nothing before it is touched."""
    rosenbrock = SURFACES["rosenbrock"]()
    good = np.array([-0.5, 0.4])
    for bad in ([1e200, 1e200], [np.nan, 0.0], [np.inf, 1.0]):
        optimizer = OPTIMIZERS[key](lr=1e-3)
        t = run(optimizer, rosenbrock, np.array([good, bad, good]), 15)
        alone = run(optimizer, rosenbrock, np.array([good, good, good]), 15)
        for i in (0, 2):
            np.testing.assert_array_equal(t.theta[:, i], alone.theta[:, i])
            np.testing.assert_array_equal(t.loss[:, i], alone.loss[:, i])
        assert t.finite[:, [0, 2]].all()
        assert np.array_equal(np.isnan(t.theta[:, 1]).all(-1), ~t.finite[:, 1])
        assert np.isnan(t.loss[:, 1])[~t.finite[:, 1]].all()


def test_divergence_is_recorded_until_it_overflows() -> None:
    ravine = SURFACES["ravine"]()
    t = run(OPTIMIZERS["sgd"](lr=1.0), ravine, (1.0, 0.0), 400)
    last = int(t.last_finite)
    assert 100 < last < 200
    assert t.finite[: last + 1].all()
    assert not t.finite[last + 1 :].any()
    assert abs(t.theta[last, 0]) > 1e300
    np.testing.assert_allclose(t.theta[:50, 0], (-99.0) ** np.arange(50), rtol=1e-12)
    assert t.steps_to(-1.0) == -1
    assert t.steps_to(50.0) == 0


def test_a_sweep_is_laid_along_the_runs() -> None:
    ravine = SURFACES["ravine"]()
    rates = np.geomspace(1e-4, 1e-1, 6)[:, None]
    t = run(OPTIMIZERS["momentum"](lr=rates), ravine, ravine.start, 20)
    assert t.theta.shape == (21, 6, 2)
    for i in range(6):
        alone = run(OPTIMIZERS["momentum"](lr=float(rates[i, 0])), ravine, ravine.start, 20)
        np.testing.assert_array_equal(t.theta[:, i], alone.theta)
    grid = run(OPTIMIZERS["momentum"](lr=rates[:, None], momentum=np.array([[0.0], [0.9]])), ravine, ravine.start, 20)
    assert grid.theta.shape == (21, 6, 2, 2)
    np.testing.assert_array_equal(grid.theta[:, :, 1], t.theta)
    starts = run(OPTIMIZERS["momentum"](lr=rates), ravine, np.ones((4, 1, 2)), 3)
    assert starts.theta.shape == (4, 4, 6, 2)


def test_calls_are_counted_during_updates_only() -> None:
    ravine = SURFACES["ravine"]()
    t = run(OPTIMIZERS["newton"](), ravine, np.ones((5, 2)), 4)
    assert {kind: count.tolist() for kind, count in t.calls.items()} == {
        "gradient": [0, 1, 2, 3, 4],
        "hessian": [0, 1, 2, 3, 4],
    }
    assert set(run(OPTIMIZERS["nsgd_l2"](), ravine, ravine.start, 2).calls) == {"gradient", "inputs"}


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
def test_a_walk_broken_off_goes_on_as_if_it_had_not(key: str, surface_key: str) -> None:
    surface = SURFACES[surface_key]()
    optimizer = OPTIMIZERS[key]()
    with np.errstate(all="ignore"):
        whole = list(walk(optimizer, surface, surface.start, 8))
        visit = next(islice(walk(optimizer, surface, surface.start, 8), 3, None))
        halt = Halt(visit.step, visit.theta, visit.state, dict(visit.calls))
        rest = list(walk(optimizer, surface, surface.start, 8, since=halt))
    assert [v.step for v in rest] == [3, 4, 5, 6, 7, 8]
    for ours, theirs in zip(rest, whole[3:], strict=True):
        assert np.array_equal(ours.theta, theirs.theta, equal_nan=True)
    assert rest[-1].calls == whole[-1].calls


@pytest.mark.usefixtures("shapes_unchecked")
def test_starts_that_do_not_fit_are_refused() -> None:
    ravine = SURFACES["ravine"]()
    for bad in ((1.0,), (1.0, 2.0, 3.0), 1.0, np.ones((2, 3))):
        with pytest.raises(ValueError, match="a start on Ravine has 2 numbers"):
            run(OPTIMIZERS["sgd"](), ravine, bad, 1)
    with pytest.raises(ValueError, match="at least 0"):
        run(OPTIMIZERS["sgd"](), ravine, ravine.start, -1)


def test_the_starts_are_not_written_to() -> None:
    for landscape, starts in (
        (SURFACES["ravine"](), np.ones((2, 2))),
        (OnTorch(SURFACES["ravine"]()), torch.ones(2, 2, dtype=torch.float64)),
    ):
        before = starts + 0
        run(OPTIMIZERS["adam"](), landscape, starts, 3)
        assert (starts == before).all()


def test_tensors_come_back_as_arrays() -> None:
    t = run(OPTIMIZERS["adam"](), OnTorch(SURFACES["rosenbrock"]()), np.array([[0.0, 1.0], [np.nan, 1.0]]), 4)
    assert all(isinstance(a, np.ndarray) for a in (t.theta, t.loss, t.grad_norm, t.finite, *t.calls.values()))
    assert t.finite[:, 0].all()
    assert not t.finite[:, 1].any()
    assert np.isnan(t.theta[:, 1]).all()


def test_a_trajectory_is_saved_and_loaded_to_the_bit(tmp_path: Path) -> None:
    t = run(OPTIMIZERS["sgd"](lr=1.0), SURFACES["ravine"](), np.array([[1.0, 1.0], [0.0, 1e-9]]), 300)
    t.save(tmp_path / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    back = Trajectory.load(tmp_path / "run.npz")
    for name in ("theta", "loss", "grad_norm", "finite"):
        ours, theirs = getattr(t, name), getattr(back, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs, equal_nan=ours.dtype != bool)
    assert back.calls.keys() == t.calls.keys()
    assert all(np.array_equal(back.calls[kind], t.calls[kind]) for kind in t.calls)


def test_broken_files_raise_value_errors(tmp_path: Path) -> None:
    good = tmp_path / "good.npz"
    run(OPTIMIZERS["sgd"](), SURFACES["ravine"](), (1.0, 1.0), 30).save(good)
    whole = good.read_bytes()
    flipped = bytearray(whole)
    for at in range(60, len(flipped), 97):
        flipped[at] ^= 0xFF
    broken = {
        "empty": b"", "text": b"not a trajectory", "half": whole[: len(whole) // 2], "head": whole[:10],
        "tail": whole[:-30], "flipped": bytes(flipped), "zip": b"PK\x03\x04" + b"\0" * 100,
    }  # fmt: skip
    for name, content in broken.items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError):
            Trajectory.load(path)
    with pytest.raises(ValueError, match="not a trajectory"):
        Trajectory.load(tmp_path / "missing.npz")
    np.save(tmp_path / "array.npy", np.ones(3))
    with pytest.raises(ValueError):
        Trajectory.load(tmp_path / "array.npy")
    np.savez(tmp_path / "others.npz", format=1, theta=np.ones(3))
    with pytest.raises(ValueError):
        Trajectory.load(tmp_path / "others.npz")
    np.savez(tmp_path / "later.npz", format=2)
    with pytest.raises(ValueError, match="of format 2"):
        Trajectory.load(tmp_path / "later.npz")
    for at in range(0, len(whole), 13):  # one byte at a time: an error or the very same numbers, never another exception
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        path = tmp_path / "damaged.npz"
        path.write_bytes(bytes(damaged))
        try:
            Trajectory.load(path)
        except ValueError:
            continue

"""Ranges, menus, blocks, the two array libraries and the oracle."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from landscapes import NETWORKS, SURFACES, arrays
from landscapes.landscape import Block, Draw
from landscapes.menu import Menu
from landscapes.oracle import Oracle
from landscapes.ranges import Count, Fraction, NonNegative, Positive, Range, check_names, ranges_of
from tests.cases import OnTorch


def test_ranges_print_as_intervals_and_hold_their_ends() -> None:
    cases = [
        (Range(0, 1), "[0, 1]", [0, 0.5, 1], [-1e-9, 1 + 1e-9]),
        (Range(0, 1, open_low=True, open_high=True), "(0, 1)", [0.5], [0, 1]),
        (Range(0), "[0, inf)", [0, 1e300], [-1]),
        (Range(), "(-inf, inf)", [-1e300, 0], []),
        (Range(1, 10, whole=True), "[1, 10]", [1, 10.0], [2.5, 0]),
    ]
    for allowed, text, good, bad in cases:
        assert str(allowed) == text
        assert all(allowed.holds(value) for value in good)
        assert not any(allowed.holds(value) for value in [*bad, np.nan, np.inf, -np.inf, None, "x", {}, True])
        assert not good or allowed.holds(np.array([good]))
        assert not bad or not allowed.holds(np.array([*good, *bad]))


def test_a_range_names_itself_when_broken() -> None:
    with pytest.raises(ValueError, match=r"adam\.lr must be a number in \(0, 5\], got -1"):
        Range(0, 5, open_low=True).check("adam.lr", -1)
    with pytest.raises(ValueError, match="whole number"):
        Range(1, 5, whole=True).check("n", 2.5)
    with pytest.raises(ValueError, match="an array with values outside"):
        Range(0, 1).check("n", np.array([0.5, 2]))


def test_ranges_are_read_from_annotations_in_order() -> None:
    def formula(x: float, b: Positive = 1.0, a: Fraction = 0.5, n: Count = 3, w: NonNegative = 0.0) -> float:
        return x

    assert list(ranges_of(formula)) == ["b", "a", "n", "w"]
    assert ranges_of(formula)["n"].whole
    with pytest.raises(TypeError, match="it has: b, a, n, w"):
        check_names("formula", {"c": 1}, ranges_of(formula))


def test_menus_are_ordered_read_only_and_lazy() -> None:
    menu = Menu("landscapes", {"b": "nowhere:nothing", "a": "menu:Menu"})
    assert list(menu) == ["b", "a"]
    assert len(menu) == 2
    assert "b" in menu
    assert menu["a"] is Menu
    with pytest.raises(KeyError, match="there are: b, a"):
        menu["c"]
    with pytest.raises(TypeError):
        menu["a"] = 1  # type: ignore[index]
    assert "ravine" in repr(SURFACES)
    assert set(SURFACES).isdisjoint(NETWORKS)


def test_points_are_cut_into_named_blocks() -> None:
    ravine = SURFACES["ravine"]()
    (block,) = ravine.blocks
    assert (block.name, block.shape, block.size, block.fan_in, block.inputs) == ("w", (1, 2), 2, 2, True)
    assert ravine.split(np.arange(6.0).reshape(3, 2))["w"].shape == (3, 1, 2)
    assert Block("kernel", (8, 3, 5, 5)).fan_in == 75
    parts = SURFACES["two_layer_neuron"]().split(np.array([3.0, 4.0]))
    assert {name: part.tolist() for name, part in parts.items()} == {"w1": [[3.0]], "w2": [[4.0]]}


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=4), st.lists(st.floats(-3, 3), min_size=2, max_size=4))
def test_array_functions_agree_between_libraries(a: list[float], b: list[float]) -> None:
    n = min(len(a), len(b))
    x, y = np.array([a[:n], b[:n]]), np.array([b[:n], a[:n]])
    p, q = torch.tensor(x), torch.tensor(y)
    with np.errstate(all="ignore"):
        for name in (
            "sqrt",
            "absolute",
            "exp",
            "log",
            "sin",
            "cos",
            "tanh",
            "sign",
            "isfinite",
            "zeros_like",
            "ones_like",
            "norm",
        ):
            ours, theirs = getattr(arrays, name)(x), getattr(arrays, name)(p)
            np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-14, atol=1e-300)
        for ours, theirs in (
            (arrays.dot(x, y), arrays.dot(p, q)),
            (arrays.where(x > y, x, y), arrays.where(p > q, p, q)),
            (arrays.maximum(x, 0.5), arrays.maximum(p, 0.5)),
            (arrays.power(x, 3.0), arrays.power(p, 3.0)),
            (arrays.matvec(x[:, :, None] * y[:, None, :], y), arrays.matvec(p[:, :, None] * q[:, None, :], q)),
            (arrays.diagonal(x[:, :, None] * y[:, None, :]), x * y),
            (arrays.transpose(x), arrays.transpose(p)),
        ):
            np.testing.assert_allclose(np.asarray(theirs), ours, rtol=1e-13, atol=1e-13)


def test_dot_and_norm_keep_the_last_axis() -> None:
    a = np.ones((3, 2))
    assert arrays.dot(a, a).shape == arrays.norm(a).shape == (3, 1)
    assert arrays.dot(a[0], a[0]).shape == (1,)
    assert arrays.constant([1, 2], like=torch.zeros(1, dtype=torch.float32)).dtype == torch.float32
    assert np.isnan(arrays.maximum(np.array([np.nan]), 1.0)).all()
    assert arrays.maximum(torch.tensor([float("nan")]), 1.0).isnan().all()


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_eigh_of_one_broken_matrix_leaves_the_others_alone(make) -> None:  # type: ignore[no-untyped-def]
    good = np.array([[2.0, 1.0], [1.0, 3.0]])
    for poison in (np.nan, np.inf):
        values, vectors = arrays.eigh(make(np.stack([good, good * poison, good])))
        assert np.isnan(np.asarray(values[1])).all()
        assert np.isnan(np.asarray(vectors[1])).all()
        for i in (0, 2):
            np.testing.assert_allclose(np.asarray(values[i]), np.linalg.eigvalsh(good), rtol=1e-14)
            back = np.asarray(vectors[i]) * np.asarray(values[i]) @ np.asarray(vectors[i]).T
            np.testing.assert_allclose(back, good, rtol=1e-13)


def test_the_oracle_computes_once_and_counts_by_kind() -> None:
    calls: dict[str, int] = {}
    oracle = SURFACES["ravine"]().at(np.array([1.0, 2.0]), Draw(0, 0), calls)
    assert calls == {}
    assert oracle.grad is oracle.grad
    assert (oracle.loss, oracle.loss) == (52.0, 52.0)
    assert oracle.hessian.shape == (2, 2)
    oracle.hvp(oracle.grad)
    oracle.hvp(oracle.grad)
    oracle.input_power("l1")
    assert calls == {"gradient": 1, "loss": 1, "hessian": 1, "hvp": 2, "inputs": 1}
    elsewhere = oracle.at(np.array([0.0, 0.0]))
    assert isinstance(elsewhere, Oracle)
    assert elsewhere.loss == 0.0
    assert calls["loss"] == 2
    np.testing.assert_array_equal(oracle.grad, [100.0, 2.0])


def test_bare_formulas_say_why_they_have_no_inputs() -> None:
    saddle = SURFACES["saddle"]()
    assert saddle.input_reason is not None
    assert "Textbook saddle" in saddle.input_reason
    for ask in (saddle.input_power, saddle.input_terms):
        with pytest.raises(ValueError, match="nothing for NSGD"):
            ask(np.zeros(2))
    with pytest.raises(ValueError, match="no data"):
        saddle.on_batches(8)
    assert not saddle.has_input.any()


def test_tensors_stay_tensors() -> None:
    terms, power = OnTorch(SURFACES["rosenbrock"]()).input_terms(torch.zeros(3, 2, dtype=torch.float64))
    assert terms.shape == power.shape == (3, 2, 2)
    assert isinstance(power, torch.Tensor)


@given(st.integers(0, 10_000), st.floats(0, 2), st.sampled_from([1e-8, 0.5]))
def test_large_matrices_are_solved_and_judged_as_small_ones(seed: int, damping: float, floor: float) -> None:
    """Beyond 32 rows torch factors where NumPy diagonalises: the same answer, run by run, with a broken one among them."""
    draw = np.random.default_rng(seed)
    basis = np.linalg.qr(draw.normal(size=(4, 40, 40)))[0]
    values = draw.uniform(0.6, 9, size=(4, 40))
    values[1, 0] = -0.5 - damping  # this one is not above the floor
    matrix = basis * values[:, None, :] @ basis.transpose(0, 2, 1)
    matrix = (matrix + matrix.transpose(0, 2, 1)) / 2
    matrix[2] = np.nan
    vector = draw.normal(size=(4, 40))
    ours, above = arrays.solve_above(matrix, vector, damping, floor)
    theirs, above_too = arrays.solve_above(torch.tensor(matrix), torch.tensor(vector), damping, floor)
    assert above[:, 0].tolist() == above_too[:, 0].tolist() == [True, False, False, True]
    expected = np.linalg.solve(matrix[[0, 3]] + damping * np.eye(40), vector[[0, 3], :, None])[..., 0]
    np.testing.assert_allclose(ours[[0, 3]], expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(theirs[[0, 3]].numpy(), expected, rtol=1e-9, atol=1e-11)

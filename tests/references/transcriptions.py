"""Every method once more, from its paper, in about ten lines of NumPy for one run. Written apart from `optimizers/`.

Each takes a problem, a start and a number of steps, and returns the path `(steps + 1, 2)`. The function's name is the key.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.references.problems import Problem

Path = np.ndarray


def walk(step: Callable[[np.ndarray, int], np.ndarray], start: np.ndarray, steps: int) -> Path:
    path = [np.array(start, dtype=float)]
    for t in range(1, steps + 1):
        path.append(path[-1] + step(path[-1], t))
    return np.array(path)


def sgd(p: Problem, start: np.ndarray, steps: int, lr: float) -> Path:
    """Cauchy 1847: w - lr g."""
    return walk(lambda w, t: -lr * p.gradient(w), start, steps)


def momentum(p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float) -> Path:
    """Polyak 1964, as two points: w_{t+1} = w_t - lr g + momentum (w_t - w_{t-1})."""
    path = [np.array(start, dtype=float)] * 2
    for _ in range(steps):
        path.append(path[-1] - lr * p.gradient(path[-1]) + momentum * (path[-1] - path[-2]))
    return np.array(path[1:])


def momentum_annealed(
    p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float, initial: float, anneal_steps: float
) -> Path:
    """Kathuria 2018: v = beta v - lr g, beta on a line from `initial` to `momentum`."""
    v = np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal v
        beta = np.interp(t - 1, [0, anneal_steps], [initial, momentum])
        v = beta * v - lr * p.gradient(w)
        return v

    return walk(step, start, steps)


def rmsprop(p: Problem, start: np.ndarray, steps: int, lr: float, decay: float, eps: float) -> Path:
    """Tieleman and Hinton 2012, epsilon beside the root."""
    v = np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal v
        g = p.gradient(w)
        v = decay * v + (1 - decay) * g**2
        return -lr * g / (v**0.5 + eps)

    return walk(step, start, steps)


def rmsprop_article(p: Problem, start: np.ndarray, steps: int, lr: float, decay: float, eps: float) -> Path:
    """Kathuria 2018, epsilon under the root."""
    v = np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal v
        g = p.gradient(w)
        v = decay * v + (1 - decay) * g**2
        return -lr / (v + eps) ** 0.5 * g

    return walk(step, start, steps)


def adam(p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, eps: float) -> Path:
    """Kingma and Ba 2015, Algorithm 1."""
    m, v = np.zeros(2), np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m, v
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return -lr * m_hat / (np.sqrt(v_hat) + eps)

    return walk(step, start, steps)


def adam_article(p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, eps: float) -> Path:
    """Kathuria 2018: no correction of the start at zero, epsilon under the root."""
    m, v = np.zeros(2), np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m, v
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        return -lr * m / np.sqrt(v + eps)

    return walk(step, start, steps)


def newton(p: Problem, start: np.ndarray, steps: int, lr: float, damping: float, fallback_lr: float, tol: float) -> Path:
    """Nocedal and Wright 2006: solve (H + damping I) s = -g, or go down the gradient where that matrix is not positive."""

    def step(w: np.ndarray, t: int) -> np.ndarray:
        g, h = p.gradient(w), p.hessian(w) + damping * np.eye(2)
        if np.linalg.eigvalsh(h).min() <= tol:
            return -fallback_lr * g
        return -lr * np.linalg.solve(h, g)

    return walk(step, start, steps)


def newton_scalar(p: Problem, start: np.ndarray, steps: int, lr: float, fallback_lr: float, tol: float) -> Path:
    """Kathuria 2018: the step along the gradient is inverse to the curvature along it."""

    def step(w: np.ndarray, t: int) -> np.ndarray:
        g = p.gradient(w)
        if not g.any():
            return -g
        unit = g / np.linalg.norm(g)
        c = unit @ p.hessian(w) @ unit
        return -(lr / c if c > tol else fallback_lr) * g

    return walk(step, start, steps)


def newton_eigen(p: Problem, start: np.ndarray, steps: int, lr: float, fallback_lr: float, tol: float) -> Path:
    """Newton on the eigendirections that curve up, gradient descent on the others."""

    def step(w: np.ndarray, t: int) -> np.ndarray:
        g, delta = p.gradient(w), np.zeros(2)
        values, vectors = np.linalg.eigh(p.hessian(w))
        for value, direction in zip(values, vectors.T, strict=True):
            delta -= (lr / value if value > tol else fallback_lr) * (g @ direction) * direction
        return delta

    return walk(step, start, steps)


def newton_cg(
    p: Problem, start: np.ndarray, steps: int,
    lr: float, damping: float, cg_steps: float, accuracy: float, fallback_lr: float, tol: float,
) -> Path:  # fmt: skip
    """Nocedal and Wright 2006, Algorithm 7.1: B z = -g by conjugate gradients, stopped at negative curvature."""

    def step(w: np.ndarray, t: int) -> np.ndarray:
        g, b = p.gradient(w), p.hessian(w) + damping * np.eye(2)
        z, r, d = np.zeros(2), g, -g
        size = np.linalg.norm(g)
        for j in range(int(cg_steps)):
            if np.linalg.norm(r) <= (min(accuracy, size**0.5) * size if j else 0):
                break
            if d @ b @ d <= tol * (d @ d):
                return lr * z if j else -fallback_lr * g
            alpha = r @ r / (d @ b @ d)
            z, after = z + alpha * d, r + alpha * b @ d
            d = -after + after @ after / (r @ r) * d
            r = after
        return lr * z

    return walk(step, start, steps)


def _nsgd(
    p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float, weight_decay: float,
    power: Callable[[np.ndarray], float], divisor: Callable[[list[float]], list[float]],
) -> Path:  # fmt: skip
    """Normalise, then decay, then momentum. `power` is of one input vector; `divisor` turns mean powers into divisors."""
    b = None

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal b
        if p.residuals:
            r, jacobian = p.residuals(w)
            over = divisor([power(row) for row in jacobian])
            g = sum(r[k] * jacobian[k] / over[k] for k in range(len(r)))
        else:
            assert p.layers
            g = p.gradient(w).copy()
            layers = p.layers(w)
            over = divisor([float(np.mean([power(x) for x in samples])) for _, samples in layers])
            for (where, _), d in zip(layers, over):
                g[where] = g[where] / d
        g = g + weight_decay * w
        b = g if b is None else momentum * b + g
        return -lr * b

    return walk(step, start, steps)


def nsgd_l2(p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float, weight_decay: float, eps: float) -> Path:
    """Atici, Pan, Cetin 2022, with the squared l2 norm of the input."""
    return _nsgd(p, start, steps, lr, momentum, weight_decay, lambda x: x @ x, lambda n: [eps + v for v in n])


def nsgd_l1(p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float, weight_decay: float, eps: float) -> Path:
    """Atici, Pan, Cetin 2022, with the l1 norm of the input, not squared."""
    return _nsgd(p, start, steps, lr, momentum, weight_decay, lambda x: abs(x).sum(), lambda n: [eps + v for v in n])


def insgd(
    p: Problem, start: np.ndarray, steps: int,
    lr: float, momentum: float, input_momentum: float, weight_decay: float, eps: float,
) -> Path:  # fmt: skip
    """Atici, Pan, Cetin 2024, Algorithm 1: P_1 = |x|^2, P_t = beta P + (1 - beta) |x|^2, divide by max(log P, eps)."""
    running: list[float] = []

    def divisor(n: list[float]) -> list[float]:
        running[:] = [input_momentum * old + (1 - input_momentum) * new for old, new in zip(running, n)] if running else n
        return [max(np.log(v), eps) if v > 0 else eps for v in running]

    return _nsgd(p, start, steps, lr, momentum, weight_decay, lambda x: x @ x, divisor)


def insgd_released(
    p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float, weight_decay: float, eps: float
) -> Path:
    """github.com/SalihFurkan/INSGD at d789f2c on linear layers: a constant factor per fan-in, then decay, then momentum."""
    assert p.layers
    gain = np.sqrt(1 + 1e-6) / (np.sqrt(1 - 0.9) + 1e-6)
    factors = np.ones(2)
    for where, samples in p.layers(np.array(start)):
        factors[where] = gain / max(np.log(samples.shape[1] - 0.9), eps)
    b = np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal b
        b = momentum * b + (factors * p.gradient(w) + weight_decay * w)
        return -lr * b

    return walk(step, start, steps)

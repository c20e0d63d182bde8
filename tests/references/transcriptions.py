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


def nesterov(p: Problem, start: np.ndarray, steps: int, lr: float, momentum: float) -> Path:
    """Nesterov 1983: v = momentum v - lr g(x + momentum v), x = x + v; what is recorded are the points x + momentum v."""
    x, v, path = np.array(start, dtype=float), np.zeros(2), [np.array(start, dtype=float)]
    for _ in range(steps):
        v = momentum * v - lr * p.gradient(x + momentum * v)
        x = x + v
        path.append(x + momentum * v)
    return np.array(path)


def adagrad(
    p: Problem, start: np.ndarray, steps: int, lr: float, lr_decay: float, initial_accumulator_value: float, eps: float
) -> Path:
    """Duchi, Hazan, Singer 2011, diagonal: the root of all squared gradients so far; torch's decay of lr."""
    seen = []

    def step(w: np.ndarray, t: int) -> np.ndarray:
        seen.append(p.gradient(w))
        root = np.sqrt(initial_accumulator_value + np.square(seen).sum(axis=0))
        return -lr / (1 + (t - 1) * lr_decay) * seen[-1] / (root + eps)

    return walk(step, start, steps)


def adadelta(p: Problem, start: np.ndarray, steps: int, lr: float, rho: float, eps: float) -> Path:
    """Zeiler 2012, Algorithm 1: x = -RMS[past x] / RMS[g] g."""
    squares, updates = np.zeros(2), np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal squares, updates
        g = p.gradient(w)
        squares = rho * squares + (1 - rho) * g**2
        x = -((updates + eps) ** 0.5) / (squares + eps) ** 0.5 * g
        updates = rho * updates + (1 - rho) * x**2
        return lr * x

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


def amsgrad(p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, eps: float) -> Path:
    """Reddi, Kale, Kumar 2018, Algorithm 2, with both averages corrected after the maximum as torch does."""
    m, squares = np.zeros(2), [np.zeros(2)]

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        squares.append(beta2 * squares[-1] + (1 - beta2) * g**2)
        largest = np.max(squares, axis=0)
        return -lr * m / (1 - beta1**t) / ((largest / (1 - beta2**t)) ** 0.5 + eps)

    return walk(step, start, steps)


def adamw(
    p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, weight_decay: float, eps: float
) -> Path:
    """Loshchilov and Hutter 2019, Algorithm 2, its schedule multiplier being lr: first decay, then Adam's step."""
    m, v = np.zeros(2), np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m, v
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return (1 - lr * weight_decay) * w - lr * m_hat / (np.sqrt(v_hat) + eps) - w

    return walk(step, start, steps)


def nadam(
    p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, momentum_decay: float, eps: float
) -> Path:
    """Dozat 2016, Algorithm 2 with its schedule of mu: g_hat and m_hat have corrections of their own."""
    mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * np.arange(steps + 2)))
    m, v = np.zeros(2), np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m, v
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        g_hat = g / (1 - mu[1 : t + 1].prod())
        m_hat = m / (1 - mu[1 : t + 2].prod())
        return -lr * ((1 - mu[t]) * g_hat + mu[t + 1] * m_hat) / (np.sqrt(v / (1 - beta2**t)) + eps)

    return walk(step, start, steps)


def radam(p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, eps: float) -> Path:
    """Liu et al. 2020, Algorithm 2, with torch's threshold 5 and epsilon."""
    m, v, rho_inf = np.zeros(2), np.zeros(2), 2 / (1 - beta2) - 1

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m, v
        g = p.gradient(w)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, rho = m / (1 - beta1**t), rho_inf - 2 * t * beta2**t / (1 - beta2**t)
        if rho <= 5:
            return -lr * m_hat
        r = np.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        return -lr * m_hat * r * np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)

    return walk(step, start, steps)


def lion(p: Problem, start: np.ndarray, steps: int, lr: float, beta1: float, beta2: float, weight_decay: float) -> Path:
    """Chen et al. 2023, Algorithm 2."""
    m = np.zeros(2)

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal m
        g = p.gradient(w)
        c = beta1 * m + (1 - beta1) * g
        m = beta2 * m + (1 - beta2) * g
        return -lr * (np.sign(c) + weight_decay * w)

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


def saddle_free_newton(p: Problem, start: np.ndarray, steps: int, lr: float, damping: float) -> Path:
    """Dauphin et al. 2014: |H|^-1 g, |H| having H's eigenvectors and the sizes of its eigenvalues, `damping` at least."""

    def step(w: np.ndarray, t: int) -> np.ndarray:
        values, vectors = np.linalg.eigh(p.hessian(w))
        return -lr * np.linalg.solve(vectors @ np.diag(np.maximum(abs(values), damping)) @ vectors.T, p.gradient(w))

    return walk(step, start, steps)


def lbfgs(
    p: Problem, start: np.ndarray, steps: int,
    lr: float, history_size: float, tolerance_grad: float, tolerance_change: float,
) -> Path:  # fmt: skip
    """Nocedal and Wright 2006, Algorithms 7.4 and 7.5, without a line search; torch's first step and stopping rules."""
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    before = last = None

    def step(w: np.ndarray, t: int) -> np.ndarray:
        nonlocal before, last
        g = p.gradient(w)
        if abs(g).max() <= tolerance_grad:
            return 0 * g
        rate = lr
        if before is None:
            rate = lr * min(1.0, 1 / abs(g).sum())
        elif last @ (g - before) > 1e-10:
            pairs.append((last, g - before))
            del pairs[: -int(history_size)]
        q, alpha = g.copy(), []
        for s, y in pairs[::-1]:
            alpha.insert(0, s @ q * (1 / (y @ s)))
            q -= alpha[0] * y
        r = q * (pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1])) if pairs else q
        for (s, y), a in zip(pairs, alpha):
            r = r + s * (a - y @ r * (1 / (y @ s)))
        before, last = g, -rate * r
        return 0 * g if g @ r < tolerance_change else last

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

"""Tests of the tests: seeded faults, one at a time, in a copy of the tree. `python -m tests.faults` prints `caught N of N`.

A fault is a piece of a file that stands there exactly once, what replaces it, and the tests that must then fail. A fault is
caught when those tests run and fail; tests that cannot be collected, or a piece that is no longer there, count as missed.
What the default suite does not catch gets a second chance with the slow tests, and is said to have needed them.
Options: words, to run only the faults whose line in the table contains one of them; `--jobs N` (default 2).
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import beartype  # noqa: F401  # loaded once, here, for all the processes that are forked
import hypothesis  # noqa: F401
import jaxtyping  # noqa: F401
import pytest
import torch  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
PASSED, FAILED, NONE = 0, 1, 5  # pytest's exit codes: all passed, some failed, none were selected
WHOLE = " -m 'slow or not slow'"


class Fault(NamedTuple):
    file: str
    old: str
    new: str
    tests: str


EQUAL = "tests/optimizers/test_equality.py -k "
LAWS = "tests/optimizers/test_laws.py -k "
INPUTS = "tests/optimizers/test_input_normalisation.py"
LBFGS = "tests/optimizers/test_lbfgs.py"
STABLE = "tests/theory/test_stability.py -k "
DESCENT = "tests/theory/test_descent.py -k "
SURFACE = "tests/landscapes/test_surfaces.py -k "
FORMULA = "tests/landscapes/test_surface_formulas.py -k "
ENGINE = "tests/landscapes/test_expression.py"
TYPE = "tests/landscapes/test_typed.py -k "
CORE = "tests/landscapes/test_core.py"
CURVATURE = "tests/landscapes/test_curvature.py"
LOOP = "tests/experiments/test_loop.py"
SPEC = "tests/experiments/test_spec.py"

OPTIMIZERS = [
    Fault("optimizers/sgd.py", "return -self.lr * oracle.grad", "return self.lr * oracle.grad", EQUAL + "sgd"),
    Fault("optimizers/sgd.py", "return 2 / steepest", "return 1 / steepest", STABLE + "sgd"),
    Fault("optimizers/momentum.py", "b + oracle.grad", "b + (1 - self.momentum) * oracle.grad", EQUAL + "momentum"),
    Fault("optimizers/momentum.py", "return -self.lr * b, b", "return -self.lr * b, b * 0", EQUAL + "momentum"),
    Fault("optimizers/momentum.py", "(1 + per_run(self.momentum))", "(1 - per_run(self.momentum))", STABLE + "momentum"),
    Fault("optimizers/momentum_annealed.py", "(self.momentum - self.initial)", "self.momentum", EQUAL + "annealed"),
    Fault("optimizers/momentum_annealed.py", "(v, t + 1)", "(v, t)", DESCENT + "anneal"),
    Fault("optimizers/nesterov.py", "(g + self.momentum * b)", "(b + self.momentum * b)", EQUAL + "nesterov"),
    Fault("optimizers/nesterov.py", "/ (1 + 2 * beta) /", "/", STABLE + "limit"),
    Fault("optimizers/adagrad.py", "s = s + g * g\n        return", "s = g * g\n        return", EQUAL + "adagrad"),
    Fault("optimizers/adagrad.py", "self.lr / (1 + t * self.lr_decay)", "self.lr / (1 + self.lr_decay)", EQUAL + "adagrad"),
    Fault("optimizers/adagrad.py", "* (1 + t * self.lr_decay)\n", "\n", STABLE + "next_step"),
    Fault("optimizers/adadelta.py", "d = sqrt(u + self.eps) / sqrt(v", "d = sqrt(u) / sqrt(v", EQUAL + "adadelta"),
    Fault("optimizers/adadelta.py", "(1 - self.rho) * d * d", "(1 - self.rho) * g * g", EQUAL + "adadelta"),
    Fault("optimizers/rmsprop.py", "g / (sqrt(v) + self.eps), v", "g / sqrt(v + self.eps), v", EQUAL + "rmsprop"),
    Fault("optimizers/rmsprop.py", "(sqrt(v) + self.eps), v", "(sqrt(v) + self.eps), v * 0", EQUAL + "rmsprop"),
    Fault(
        "optimizers/rmsprop_article.py", "g / sqrt(v + self.eps), v", "g / (sqrt(v) + self.eps), v", EQUAL + "rmsprop_article"
    ),
    Fault("optimizers/adam.py", "root = sqrt(v) / (1 - self.beta2**t) ** 0.5", "root = sqrt(v)", EQUAL + "adam"),
    Fault("optimizers/adam.py", "-(self.lr / (1 - self.beta1**t)) * m", "-self.lr * m", EQUAL + "adam"),
    Fault("optimizers/adam.py", "(m, v, t)\n\n", "(m, v, t - 1)\n\n", EQUAL + "adam"),
    Fault("optimizers/adam.py", 'm̂": corrected(m, self.beta1, t)', 'm̂": corrected(m, self.beta2, t)', LAWS + "effective"),
    Fault("optimizers/moments.py", "2 * (1 + beta1) / (", "2 / (", STABLE + "held"),
    Fault("optimizers/moments.py", "+ (1 + beta1) * decay", "+ (1 - beta1) * decay", STABLE + "held"),
    Fault("optimizers/moments.py", 'if t else average * float("nan")', "", LAWS + "inner_state"),
    Fault("optimizers/adam_article.py", "m / sqrt(v + self.eps)", "m / (sqrt(v) + self.eps)", EQUAL + "adam_article"),
    Fault("optimizers/adam_article.py", "(m, v)\n\n", "(m * 0, v)\n\n", EQUAL + "adam_article"),
    Fault("optimizers/amsgrad.py", "w = maximum(w, v)", "w = v", EQUAL + "amsgrad"),
    Fault("optimizers/amsgrad.py", "w = maximum(w, self.beta2", "w = maximum(v, self.beta2", LAWS + "effective"),
    Fault(
        "optimizers/adamw.py",
        "step - self.lr * self.weight_decay * oracle",
        "step - self.weight_decay * oracle",
        EQUAL + "adamw",
    ),
    Fault(
        "optimizers/nadam.py",
        "self._coefficient(t), self._coefficient(t + 1)",
        "self._coefficient(t), self.beta1",
        EQUAL + "nadam",
    ),
    Fault("optimizers/nadam.py", "product = product * now", "product = product * following", EQUAL + "nadam"),
    Fault("optimizers/nadam.py", "(1 + beta1) * (1 - now) + ", "(1 - now) + ", STABLE + "held"),
    Fault("optimizers/radam.py", "SHORTEST = 5 ", "SHORTEST = 4 ", DESCENT + "radam"),
    Fault("optimizers/radam.py", "(sqrt(v) + self.eps) + still", "sqrt(v + self.eps) + still", EQUAL + "radam"),
    Fault(
        "optimizers/lion.py",
        "sign(self.beta1 * m + (1 - self.beta1) * g)",
        "sign(self.beta2 * m + (1 - self.beta2) * g)",
        EQUAL + "lion",
    ),
    Fault("optimizers/lion.py", "(direction + self.weight_decay * oracle.theta)", "direction", EQUAL + "lion"),
    Fault("optimizers/saddle_free_newton.py", "absolute(values)", "values", DESCENT + "saddles"),
    Fault("optimizers/lbfgs.py", "fits = awake & (curvature > FLATTEST)", "fits = awake", LBFGS),
    Fault("optimizers/lbfgs.py", "where(newer < most, inverse", "where(newer <= most, inverse", LBFGS),
    Fault("optimizers/lbfgs.py", "newer = newer + (used > 0)", "newer = newer + 1", LBFGS),
    Fault("optimizers/lbfgs.py", "where(awake, g, before)", "g", LBFGS),
    Fault("optimizers/lbfgs.py", "where(begun, ones_like(first), first)", "first", LBFGS),
    Fault("optimizers/lbfgs.py", "1 / max(abs(g1) + abs(g2), 1.0)", "1 / (abs(g1) + abs(g2))", LBFGS),
    Fault("optimizers/lbfgs.py", "if curvature > FLATTEST:", "if curvature:", LBFGS),
    Fault("optimizers/lbfgs.py", "part = share - (y1 * r1", "part = share + (y1 * r1", EQUAL + "lbfgs"),
    Fault("optimizers/lbfgs.py", "[-int(self.history_size) :]", "", EQUAL + "lbfgs"),
    Fault("optimizers/newton.py", "where(convex, -self.lr * jump, -self.fallback_lr * g)", "-self.lr * jump", EQUAL + "newton"),
    Fault("optimizers/newton_scalar.py", " / where(square > 0, square, square + 1)", "", EQUAL + "newton_scalar"),
    Fault("optimizers/newton_eigen.py", "values > self.tol", "values**2 > self.tol", EQUAL + "newton_eigen"),
    Fault("optimizers/newton_cg.py", "r + following /", "r - following /", EQUAL + "newton_cg"),
    Fault("optimizers/newton_cg.py", "falls = active & ~convex", "falls = ~active & ~convex", EQUAL + "newton_cg"),
    Fault(
        "optimizers/nsgd_l2.py", 'terms, power = oracle.input_terms("l2")', 'terms, power = oracle.input_terms("l1")', INPUTS
    ),
    Fault("optimizers/nsgd_l2.py", "terms, power + per_term(self.eps)", "terms, power", EQUAL + "nsgd_l2"),
    Fault("optimizers/nsgd_l2.py", "+ g + self.weight_decay * oracle.theta", "+ g", INPUTS + " -k order"),
    Fault(
        "optimizers/nsgd_l1.py", 'terms, power = oracle.input_terms("l1")', 'terms, power = oracle.input_terms("l2")', INPUTS
    ),
    Fault("optimizers/nsgd_l1.py", "return -self.lr * b, b", "return -self.lr * b, g", EQUAL + "nsgd_l1"),
    Fault("optimizers/insgd.py", "maximum(log(power), per_term", "maximum(power, per_term", INPUTS),
    Fault("optimizers/insgd.py", "(b, power)", "(b, state[1])", INPUTS + " -k momentum"),
    Fault("optimizers/insgd.py", "(1 - beta) * power", "power", EQUAL + "insgd"),
    Fault("optimizers/insgd_released.py", "fan_in * 0 + 2) - 0.9)", "fan_in * 0 + 2) - 1.0)", INPUTS + " -k released"),
    Fault("optimizers/insgd_released.py", "/ (0.1**0.5 + 1e-6)", "/ (0.01**0.5 + 1e-6)", INPUTS + " -k released"),
    Fault("optimizers/input_normalisation.py", "divisor if divided.all() else", "divisor if True else", INPUTS + " -k biases"),
    Fault(
        "optimizers/input_normalisation.py",
        "return hyperparameter[..., None, :] if",
        "return hyperparameter if",
        LAWS + "sweep",
    ),
    Fault("optimizers/input_normalisation.py", ".sum(-2)", ".sum((0, -2)) * terms[..., 0, :] ** 0", LAWS + "many_runs"),
    Fault("optimizers/input_normalisation.py", "(sharpness + per_run(weight_decay))", "sharpness", STABLE + "closed_form"),
    Fault("optimizers/insgd.py", 'return {"b": b, "P": power[..., 0, :]}', 'return {"b": b}', LAWS + "inner_state"),
    Fault("optimizers/rmsprop.py", '{"v": v, "eff', '{"v": v**0.5, "eff', LAWS + "inner_state"),
    Fault(
        "optimizers/optimizer.py",
        "HESSIAN in self.needs and landscape.dim",
        'self.key == "newton" and landscape.dim',
        LAWS + "dense",
    ),
    Fault("optimizers/optimizer.py", "return hyperparameter[..., 0] if", "return hyperparameter if", LAWS + "shapes"),
    Fault("optimizers/optimizer.py", "eigh(hessian)[0][..., -1]", "eigh(hessian)[0][..., 0]", STABLE + "limit"),
    Fault("optimizers/optimizer.py", "root = sqrt(preconditioner)", "root = preconditioner", STABLE + "limit"),
    Fault("optimizers/optimizer.py", 'allowed.check(f"{self.key}.{name}", value)', "pass", LAWS + "validated"),
]

SURFACES = [
    Fault("landscapes/surfaces/quadratics.py", "0.5 * (condition", "1.0 * (condition", FORMULA + "ravine"),
    Fault("landscapes/surfaces/quadratics.py", "c * y - s * x", "c * y + s * x", FORMULA + "ravine"),
    Fault("landscapes/surfaces/quadratics.py", "symbolic.sqrt(2 * condition)", "symbolic.sqrt(condition)", FORMULA + "neurons"),
    Fault("landscapes/surfaces/quadratics.py", "(2 * x + y - 5)", "(2 * x - y - 5)", SURFACE + "booth"),
    Fault("landscapes/surfaces/quadratics.py", "[(1.0, -1.0), (0.2, 0.2)]", "[(1.0, -1.0), (0.2, 0.4)]", FORMULA + "neurons"),
    Fault("landscapes/surfaces/saddles.py", "x**2 - y**2", "x**2 + y**2", SURFACE + "saddle"),
    Fault("landscapes/surfaces/saddles.py", "3 * x * y**2", "3 * x**2 * y", FORMULA + "monkey"),
    Fault("landscapes/surfaces/valleys.py", "b * (y - x**2) ** 2", "b * (y - x) ** 2", FORMULA + "rosenbrock"),
    Fault("landscapes/surfaces/valleys.py", "symbolic.sqrt(b) * (y", "b * (y", FORMULA + "residuals"),
    Fault("landscapes/surfaces/valleys.py", "2.625 - x + x * y**3", "2.652 - x + x * y**3", SURFACE + "beale"),
    Fault(
        "landscapes/surfaces/multimodal.py", "        (0.08667750455539636, 2.884254701174776),\n", "", SURFACE + "himmelblau"
    ),
    Fault(
        "landscapes/surfaces/multimodal.py",
        "[(left, 0.0), (right, 0.0)] if tilt",
        "[(right, 0.0), (left, 0.0)] if tilt",
        SURFACE + "double_well",
    ),
    Fault("landscapes/surfaces/multimodal.py", "2.7115714838430143)", "2.7115714838)", SURFACE + "michalewicz"),
    Fault("landscapes/surfaces/plateaus.py", "symbolic.sigmoid(2 * steepness", "symbolic.sigmoid(steepness", FORMULA + "cliff"),
    Fault("landscapes/surfaces/neurons.py", '"w2": [(w1 * x,)]', '"w2": [(w2 * x,)]', FORMULA + "two_layer"),
    Fault("landscapes/surfaces/neurons.py", "(root, ratio / root)", "(root, root / ratio)", SURFACE + "minimum"),
    Fault("landscapes/surfaces/neurons.py", "(-1.0, 1.0, 1.0, 1.0)", "(1.0, 1.0, 1.0, 1.0)", SURFACE + "linear_neuron"),
    Fault(
        "landscapes/surfaces/neurons.py",
        "tuple(scale * z for z in sample)",
        "tuple(z + 0 * scale for z in sample)",
        FORMULA + "scale",
    ),
    Fault("landscapes/surfaces/one_parameter.py", "3 - 2 / curvature)\n", "3 - 1 / curvature)\n", FORMULA + "slope"),
    Fault("landscapes/surfaces/one_parameter.py", "(C * x, -x, -x)", "(-x, C * x, -x)", FORMULA + "rounds"),
    Fault("landscapes/surfaces/surface.py", "self._rounds[draw.step %", "self._rounds[(draw.step + 1) %", FORMULA + "rounds"),
    Fault("landscapes/surfaces/formula.py", "total / len(samples)", "total", FORMULA + "neuron"),
    Fault("landscapes/surfaces/surface.py", "residual[..., None] * rows, power", "rows, power", FORMULA + "residuals"),
    Fault("landscapes/surfaces/surface.py", ".sum(-1, keepdims=True)\n", ".sum(keepdims=True)\n", LAWS + "many_runs"),
    Fault(
        "landscapes/surfaces/surface.py", "matrix[..., i, j] = matrix[..., j, i] =", "matrix[..., i, j] =", SURFACE + "torch"
    ),
    Fault("landscapes/surfaces/expression.py", '"cos": lambda a: -apply("sin", a)', '"cos": lambda a: apply("sin", a)', ENGINE),
    Fault("landscapes/surfaces/expression.py", "return da * b + a * db", "return da * b - a * db", ENGINE),
    Fault("landscapes/surfaces/expression.py", "(da - e * db) / b", "(da + e * db) / b", ENGINE),
    Fault("landscapes/surfaces/expression.py", '1 - apply("tanh", a) ** 2', '1 + apply("tanh", a) ** 2', ENGINE),
    Fault("landscapes/surfaces/expression.py", "return b * a ** (b - 1) * da\n", "return b * a**b * da\n", ENGINE),
    Fault("landscapes/surfaces/expression.py", "* da + e * apply", "* da - e * apply", ENGINE),
    Fault("landscapes/surfaces/expression.py", '"sigmoid", a) * apply("sigmoid", -a)', '"sigmoid", a)', ENGINE),
    Fault("landscapes/surfaces/expression.py", "select(b - a, da, db)", "select(a - b, da, db)", ENGINE),
    Fault("landscapes/surfaces/expression.py", "return lines.setdefault(code,", "return lines.setdefault(code[:4],", ENGINE),
    Fault("landscapes/surfaces/expression.py", '0.5 * apply("reciprocal"', 'apply("reciprocal"', SURFACE + "ackley"),
    Fault(
        "landscapes/surfaces/expression.py", '-(apply("reciprocal", a) ** 2)', 'apply("reciprocal", a) ** 2', SURFACE + "ackley"
    ),
    Fault("landscapes/arrays.py", "return 1 / a if a else 0.0", "return 1 / a", FORMULA + "kinks"),
    Fault("landscapes/arrays.py", "below if test < 0 else (above + below) / 2", "below", ENGINE),
    Fault("landscapes/surfaces/expression.py", "exponent >>= 1", "exponent >>= 1 + (exponent > 9)", ENGINE),
]

TEXT, FOUND = "landscapes/surfaces/formula_text.py", "landscapes/surfaces/found.py"
TYPED = [
    Fault(TEXT, 'else self.node(Expression("negate", (e,)), sign.position)', "else e", TYPE + "evaluated"),
    Fault(TEXT, "exponent = self.deeper(self.signed, sign.position)", "exponent = self.atom()", TYPE + "bind"),
    Fault(TEXT, "            right = self.product()\n", "            right = self.sum()\n", TYPE + "bind"),
    Fault(TEXT, "            right = self.signed()\n", "            right = self.product()\n", TYPE + "bind"),
    Fault(TEXT, "                self.check_implied(divided)\n", "", TYPE + "wrong"),
    Fault(TEXT, "        self.depth -= 1\n", "", TYPE + "bind"),
    Fault(TEXT, "if self.depth > DEEPEST:", "if False:", TYPE + "wrong"),
    Fault(TEXT, "not math.isfinite(value):", "math.isnan(value):", TYPE + "wrong"),
    Fault(TEXT, "self.operations += e.op not in", "self.operations += e.op in", TYPE + "wrong"),
    Fault("landscapes/surfaces/formula_tokens.py", "_stray(text[at]), at)", "_stray(text[at]), at + 1)", TYPE + "wrong"),
    Fault("landscapes/surfaces/formula_tokens.py", 'fromkeys("÷∕", "/")', 'fromkeys("÷∕", "*")', TYPE + "evaluated"),
    Fault("landscapes/surfaces/typed.py", "> MOST_NODES:", "> 10 * MOST_NODES:", TYPE + "long"),
    Fault("landscapes/surfaces/typed.py", '2 if "y" in names else 1', "2", TYPE + "curve"),
    Fault("landscapes/surfaces/typed.py", "low < high):", "low <= high):", TYPE + "interval"),
    Fault(FOUND, "(slopes <= FLAT * scale) & ", "", TYPE + "verified"),
    Fault(FOUND, "(values[:, 0] > CURVED * values[:, -1]) & (values[:, 0] > 0)", "(slopes < 1)", TYPE + "verified"),
    Fault(FOUND, "kept &= ((theta >= low) & (theta <= high)).all(-1) &", "kept &=", TYPE + "verified"),
    Fault(FOUND, "(slopes > 0).any(-1)", "(slopes >= 0).any(-1)", TYPE + "sloping"),
]

WRAP, WRAP_THEORY = "tests/optimizers/test_wrappers.py -k ", "tests/theory/test_wrappers.py -k "
BRIDGE = "tests/optimizers/test_torch_bridge.py -k "
WRAPPERS = [
    Fault(
        "optimizers/wrappers/weight_decay.py",
        "grad + self.amount * self.theta",
        "grad - self.amount * self.theta",
        WRAP + "torchs",
    ),
    Fault("optimizers/wrappers/weight_decay.py", "per_run(self.amount) / 2", "per_run(self.amount)", WRAP_THEORY + "ridge"),
    Fault("optimizers/wrappers/weight_decay.py", "hvp(vector) + self.amount * vector", "hvp(vector)", WRAP_THEORY + "ridge"),
    Fault(
        "optimizers/wrappers/weight_decay.py",
        "NORMALISED if INPUTS in",
        "NORMALISED if not INPUTS in",
        WRAP_THEORY + "their_own",
    ),
    Fault(
        "optimizers/wrappers/decoupled_weight_decay.py",
        'present_value(self.inner, "lr", state)',
        "self.inner.hyperparameters['lr']",
        WRAP + "adamw",
    ),
    Fault(
        "optimizers/wrappers/decoupled_weight_decay.py",
        "per_run(self.weight_decay) / 2",
        "per_run(self.weight_decay)",
        WRAP_THEORY + "limits",
    ),
    Fault(
        "optimizers/wrappers/clip.py",
        "-maximum(-most / (norm(grad) + BESIDE_ZERO), -1.0)",
        "most / (norm(grad) + BESIDE_ZERO)",
        WRAP + "clipping_is",
    ),
    Fault("optimizers/wrappers/clip.py", "(norm(grad) + BESIDE_ZERO)", "(norm(grad).max() + BESIDE_ZERO)", WRAP + "many_runs"),
    Fault("optimizers/wrappers/clip.py", " / share(oracle.grad, self.norm)[..., 0]", "", WRAP_THEORY + "nearer"),
    Fault("optimizers/wrappers/clip.py", "terms.sum(-2)", "terms[..., 0, :]", WRAP_THEORY + "input_normalisation"),
    Fault(
        "optimizers/wrappers/clip_value.py",
        "-maximum(-maximum(grad, -most), -most)",
        "maximum(grad, -most)",
        WRAP + "clipping_is",
    ),
    Fault("optimizers/wrappers/clip_value.py", "where(clipped, limit * np.nan, limit)", "limit", WRAP_THEORY + "direction"),
    Fault("optimizers/wrappers/timed.py", "(state[0] + 1, inner)", "(state[0], inner)", WRAP + "'schedules_are or mid_run'"),
    Fault("optimizers/wrappers/timed.py", "self.value_at(max(t - 1, 0))", "self.value_at(t)", WRAP + "the_shown"),
    Fault("optimizers/wrappers/timed.py", "and layer.of == self.of:", ":", WRAP + "mid_run"),
    Fault("optimizers/wrappers/schedule.py", "factor ** (t // steps)", "factor ** (t / steps)", WRAP + "multiplier"),
    Fault("optimizers/wrappers/schedule.py", "RISE * steps - 1\n", "RISE * steps\n", WRAP + "multiplier"),
    Fault(
        "optimizers/wrappers/schedule.py",
        "_at_most_one(t / steps)\n\n\ndef _constant",
        "t / steps\n\n\ndef _constant",
        WRAP + "multiplier",
    ),
    Fault(
        "optimizers/wrappers/schedule.py",
        "1.0 * (t >= since) + 0.0 * since",
        "1.0 * (t > since) + 0.0 * since",
        WRAP + "multiplier",
    ),
    Fault("optimizers/wrappers/schedule.py", "(1 / factor**2 - 1)", "(1 / factor - 1)", WRAP + "multiplier"),
    Fault("optimizers/wrappers/change.py", "(self.at >= since)", "(self.at > 0)", WRAP + "mid_run"),
    Fault("optimizers/wrappers/change.py", "(t >= self.at)", "(t > self.at)", WRAP + "mid_run"),
    Fault(
        "optimizers/wrappers/change.py", "unchecked(made, value=value) if name == self.of else made", "made", WRAP + "mid_run"
    ),
    Fault("optimizers/wrappers/lookahead.py", "(t + 1) % self.k == 0", "t % self.k == 0", WRAP + "published"),
    Fault("optimizers/wrappers/lookahead.py", "where(back, pulled, slow)", "pulled", WRAP + "sweep"),
    Fault(
        "optimizers/wrappers/lookahead.py",
        "limit * (odd * (1 + (2 / alpha - 1)",
        "limit * (odd * (1 + (1 / alpha - 1)",
        WRAP_THEORY + "lookahead_limit",
    ),
    Fault("optimizers/wrappers/lookahead.py", "is not None or self.needs != GRAD", "is None", WRAP_THEORY + "no_limit"),
    Fault("optimizers/wrappers/wrapper.py", "if same == 1 else", "if same else", WRAP + "clash"),
    Fault("optimizers/wrappers/wrapper.py", "inner=self.inner.cast(theta), **arrays", "**arrays", WRAP + "sweep"),
    Fault("optimizers/torch_bridge.py", "_merged(mask, after, before)\n", "after\n", BRIDGE + "for_a_while"),
    Fault("optimizers/torch_bridge.py", "            theta = torch.where(mask, theta, 0)\n", "", BRIDGE + "no_part"),
    Fault("optimizers/torch_bridge.py", "            if moves:\n", "            if True:\n", BRIDGE + "for_a_while"),
    Fault("optimizers/torch_bridge.py", "assigned(present, name, group[name])", "present", BRIDGE + "schedulers"),
    Fault("optimizers/torch_bridge.py", 'f"group {index}", group', '"group", group', BRIDGE + "groups"),
    Fault(
        "optimizers/torch_bridge.py",
        '{**super().__getstate__(), "optimizer": self.optimizer}',
        "super().__getstate__()",
        BRIDGE + "resumed",
    ),
    Fault("optimizers/torch_bridge.py", "with torch.enable_grad():", "with torch.no_grad():", BRIDGE + "closures"),
    Fault("optimizers/torch_bridge.py", "inputs=False", "inputs=True", BRIDGE + "says_why"),
]

MODIFIED = "tests/landscapes/test_modifiers.py -k "
NOISE = "tests/landscapes/test_noise.py -k "
STACKED = "tests/landscapes/test_stacked_runs.py"
BATCHES = "tests/landscapes/test_batches.py -k "
MAPS = "landscapes/linear_maps.py"
MODIFIERS = [
    Fault(MAPS, "self.products.turned(*found) if", "self.products.back(*found) if", MODIFIED + "mix"),
    Fault(
        MAPS,
        "product(self.products.turned, self.inner.gradient",
        "product(self.products.back, self.inner.gradient",
        MODIFIED + "chain",
    ),
    Fault(MAPS, "return product(self.products.turned, normals), offsets", "return normals, offsets", MODIFIED + "lines"),
    Fault(MAPS, "return residuals, product(self.products.turned, rows)", "return residuals, rows", MODIFIED + "power"),
    Fault(
        MAPS,
        "times(tuple(zip(*(row[cut] for row in self.back[cut]))))",
        "times(tuple(row[cut] for row in self.back[cut]))",
        MODIFIED + "moved_inputs",
    ),
    Fault(
        MAPS, "out[..., cut] = _magnitude(x, norm).mean(-2)", "out[..., cut] = _magnitude(x, norm).sum(-2)", MODIFIED + "power"
    ),
    Fault(MAPS, "((vectors * vectors) if norm", "(abs(vectors) if norm", MODIFIED + "power"),
    Fault(MAPS, "((c, -s), (s, c)), ((c, s), (-s, c))", "((c, s), (-s, c)), ((c, -s), (s, c))", MODIFIED + "counterclockwise"),
    Fault(MAPS, "((c, -s), (s, c)), ((c, s), (-s, c))", "((c, -s), (s, c)), ((c, -s), (s, c))", MODIFIED + "places"),
    Fault(MAPS, "90.0: (0.0, 1.0)", "90.0: (1e-16, 1.0)", MODIFIED + "gives_the_surface_back"),
    Fault(
        MAPS,
        "corners = self._moved(list(itertools.product(*self.inner.domain)))",
        "corners = self._moved(list(zip(*self.inner.domain)))",
        MODIFIED + "places",
    ),
    Fault(MAPS, "is None or np.count_nonzero(self.there) > self.inner.dim", "is None", MODIFIED + "walls"),
    Fault(MAPS, "where((near == before).all(-1, keepdims=True), theta, ", "where(False, theta, ", MODIFIED + "walls"),
    Fault(MAPS, "(near == before).all(-1, keepdims=True)", "(near == before)", MODIFIED + "walls"),
    Fault(MAPS, "except (ZeroDivisionError, OverflowError):", "except OverflowError:", MODIFIED + "infinite"),
    Fault(MAPS, "isinstance(self.inner, LinearMap) and self.inner.plain", "True", NOISE + "turned"),
    Fault(MAPS, "and bool((a[~within] != 0).any())", "and False", MODIFIED + "mixed_layers"),
    Fault(
        MAPS, "return self if seen is self.inner else replace(self, inner=seen)", "return self", MODIFIED + "turns_are_moved"
    ),
    Fault(MAPS, "if self.input_reason is not None or not", "if not", MODIFIED + "power"),
    Fault(MAPS, "now = NAMES[NAMES.index(before[0]) + 1]", "now = NAMES[1]", MODIFIED + "printed_formulas"),
    Fault(
        MAPS,
        'sine = rf"\\cos({degrees})\\,", rf"\\sin',
        'sine = rf"\\sin({degrees})\\,", rf"\\cos',
        MODIFIED + "printed_formulas",
    ),
    Fault(
        "landscapes/small_matrices.py",
        'symbol(f"h{min(i, j)}{max(i, j)}")',
        'symbol(f"h{min(i, j)}{min(i, j)}")',
        MODIFIED + "chain",
    ),
    Fault("landscapes/small_matrices.py", "zip(row, names)), ZERO)", "zip(row, names[::-1])), ZERO)", MODIFIED + "chain"),
    Fault("landscapes/modifiers.py", "            if np.ndim(value):\n", "            if False:\n", MODIFIED + "validated"),
    Fault("landscapes/noise.py", "np.sqrt(-2 * np.log", "np.sqrt(-1 * np.log", NOISE + "standard"),
    Fault("landscapes/noise.py", "2 * np.pi * uniform", "np.pi * uniform", NOISE + "standard"),
    Fault("landscapes/noise.py", "radius * np.sin(angle)], axis=1", "radius * np.cos(angle)], axis=1", NOISE + "independent"),
    Fault("landscapes/noise.py", "[first * counters, 0, 0, stream]", "[first, 0, 0, stream]", NOISE + "other_runs"),
    Fault("landscapes/noise.py", "[first * counters, 0, 0, stream]", "[first * counters, 0, 0, 1]", NOISE + "upon"),
    Fault("landscapes/noise.py", "key=[draw.seed, draw.step]", "key=[draw.seed, draw.step // 2]", NOISE + "nearby"),
    Fault("landscapes/noise.py", "key=[draw.seed, draw.step]", "key=[0, draw.step]", NOISE + "nearby"),
    Fault(
        "landscapes/noise.py", "return self.sigma * constant(drawn", "return self.sigma**2 * constant(drawn", NOISE + "theory"
    ),
    Fault("landscapes/noise.py", "normals(self.draw, self.run,", "normals(self.draw, 0,", NOISE + "alone"),
    Fault(
        "landscapes/noise.py", "            return zeros_like(theta)\n", "            return 0 * theta\n", NOISE + "infinity"
    ),
    Fault("landscapes/noise.py", "stream += isinstance(inner, GradientNoise)", "stream += 0", NOISE + "upon"),
    Fault("landscapes/noise.py", "terms + self.noise(theta)[..., None, :]", "terms", NOISE + "divides"),
    Fault("landscapes/noise.py", "hypot(self.sigma, self.inner.sigma)", "self.sigma + self.inner.sigma", NOISE + "upon"),
    Fault("landscapes/noise.py", "inner=self.inner.drawn(draw), draw=draw", "draw=draw", BATCHES + "on_top"),
    Fault(
        "landscapes/batches.py", "batch * self.size : (batch + 1) * self.size", "batch : batch + self.size", BATCHES + "epoch"
    ),
    Fault("landscapes/batches.py", "key=[seed, epoch]", "key=[seed, 0]", BATCHES + "epoch"),
    Fault(
        "landscapes/batches.py",
        ".permutation(samples)",
        ".choice(samples, samples)",
        BATCHES + "epoch",
    ),
    Fault(
        "landscapes/batches.py",
        "1 <= self.size <= self.inner.samples",
        "0 <= self.size <= self.inner.samples",
        BATCHES + "say_why",
    ),
    Fault(
        "landscapes/batches.py",
        "return sum(values[1:], values[0]) / len(self.parts)",
        "return sum(values[1:], values[0])",
        BATCHES + "average",
    ),
    Fault(
        "landscapes/batches.py",
        "self.inner if draw is None else self.inner.chosen",
        "self.inner.chosen(range(1)) if draw is None else self.inner.chosen",
        BATCHES + "only_optimizers",
    ),
    Fault("landscapes/batches.py", 'name.startswith("_") or name == "inner"', 'name == "inners"', BATCHES + "pickled"),
    Fault("landscapes/surfaces/formula.py", "0.5 * error**2, blocks", "error**2, blocks", BATCHES + "'half or average'"),
    Fault("landscapes/surfaces/formula.py", "{name: [vectors[i]] for", "{name: [vectors[0]] for", BATCHES + "average"),
    Fault("landscapes/surfaces/formula.py", "for d in self._slopes(slope))", "for d in [])", BATCHES + "are_lines"),
    Fault(
        "landscapes/surfaces/surface.py",
        "(rows * theta[..., None, :]).sum(-1) - errors",
        "(rows * theta[..., None, :]).sum(-1) + errors",
        BATCHES + "by_hand",
    ),
    Fault(
        "landscapes/surfaces/quadratics.py",
        "[2 * x + 4 * y - 14, 4 * x + 2 * y - 10]",
        "[4 * x + 2 * y - 10, 2 * x + 4 * y - 14]",
        BATCHES + "are_lines",
    ),
    Fault("landscapes/surfaces/quadratics.py", "[x - y, 0.2 * x + 0.2 * y]", "[x - y, 0.2 * x - 0.2 * y]", BATCHES + "average"),
    Fault(
        "landscapes/surfaces/neurons.py",
        "errors=lambda w1, w2, x, y: [w2 * w1 * x - y]",
        "errors=lambda w1, w2, x, y: [w2 * w1 * x + y]",
        BATCHES + "average",
    ),
]

CORES = [
    Fault("landscapes/arrays.py", "return (a * b).sum(-1, keepdims=True)", "return (a * b).sum(keepdims=True)", CORE),
    Fault("landscapes/arrays.py", "values = where(bad[..., None], values * np.nan, values)", "pass", CORE),
    Fault("landscapes/arrays.py", "low, high = low + damping, high + damping", "low, high = low, high", EQUAL + "newton"),
    Fault("landscapes/arrays.py", "        values = values + damping\n", "", LAWS + "'newton and single'"),
    Fault("landscapes/oracle.py", "if self._grad is None:", "if True:", CORE),
    Fault("landscapes/ranges.py", "numbers > self.low if self.open_low", "numbers >= self.low if self.open_low", CORE),
    Fault("landscapes/ranges.py", "return isfinite(value) and enough", "return enough", CORE),
    Fault("landscapes/curvature/eigenvalues.py", "np.hypot((a - c) / 2, b)", "np.hypot(a - c, b)", CURVATURE),
    Fault("landscapes/curvature/sharpness.py", "theta + rho * g", "theta - rho * g", CURVATURE),
]

EXPERIMENTS = [
    Fault("experiments/loop.py", "feasible(theta + delta)", "feasible(theta - delta)", LOOP),
    Fault("experiments/loop.py", "theta = landscape.feasible(theta + delta)", "theta += delta", LOOP),
    Fault("experiments/loop.py", "landscape.feasible(theta + delta)", "theta + delta", FORMULA + "projected"),
    Fault("experiments/loop.py", "calls.append(dict(visit.calls))", "calls.append(visit.calls)", LOOP + " -k calls"),
    Fault("experiments/loop.py", "path[~finite] = np.nan", "path[~finite] = 0", LOOP + " -k diverge"),
    Fault("experiments/loop.py", "path[~finite] = np.nan", "path[~finite.all(-1)] = np.nan", LOOP + " -k neighbours"),
    Fault("experiments/loop.py", "np.shape(value)[-1] != 1", "np.shape(value)[-1] == 0", LAWS + "array"),
    Fault("experiments/loop.py", "since.step, since.state)", "since.step, optimizer.init(theta))", LOOP + " -k broken_off"),
    Fault("experiments/trajectory.py", "self.loss <= tolerance", "self.loss >= tolerance", DESCENT + "momentum_is_faster"),
    Fault("experiments/trajectory.py", "self.finite.sum(axis=0) - 1", "self.finite.sum(axis=0)", LOOP + " -k diverge"),
    Fault("experiments/trajectory.py", 'int(file["format"]) != _FORMAT', "False", LOOP + " -k broken_files"),
    Fault("experiments/spec.py", '            "seed": self.seed,\n', "", SPEC),
    Fault("experiments/spec.py", "{**defaults, **{n: _like", "{**{n: _like", SPEC),
    Fault("experiments/spec.py", 'seed=data.get("seed", 0)', "seed=0", SPEC),
    Fault("experiments/spec.py", "    _check_plain(choice.parameters, where)\n", "", SPEC),
    Fault("experiments/spec.py", "sort_keys=True", "sort_keys=False, skipkeys=False) + str(id(self)", SPEC),
]

STAGE_JS = "tests/figures/test_stage_js.py"
PAYLOAD = "tests/figures/test_payload.py"
EVENTS = "tests/figures/test_stage.py"
FILES = "tests/figures/test_standalone.py"
ARROWS = "tests/figures/test_overlay.py"

STAGE = [
    Fault("figures/payload.py", "if have != height.key else", "if have == height.key else", PAYLOAD),
    Fault("figures/payload.py", 'data += b"\\0" * (-len(data) % 8)', 'data += b""', PAYLOAD),
    Fault("figures/payload.py", "runner.loss[seen.left]", "runner.loss[0]", PAYLOAD),
    Fault("figures/payload.py", "arrays.place(runner.curvature)", "arrays.place(runner.slope)", PAYLOAD),
    Fault("figures/overlay.py", "-run.seen", "run.seen", ARROWS),
    Fault("figures/overlay.py", "ROUNDING * length", "0 * length", ARROWS),
    Fault("figures/overlay.py", "run.preconditioner if known else None", "run.preconditioner", ARROWS),
    Fault("figures/components/stage.py", "_finite(time) and time >= 0", "_finite(time)", EVENTS),
    Fault("figures/components/stage.py", "high - low > 1e-9 *", "high - low > 0 *", EVENTS),
    Fault("figures/standalone.py", "replace(scene, live=False)", "scene", FILES),
    Fault("figures/standalone.py", "escape(scene.title)", "scene.title", FILES),
    Fault("figures/bundle.py", "if needed not in written:", "if False:", FILES),
    Fault("static/stage/curve.js", "0.5 * curvature * delta * delta", "curvature * delta * delta", STAGE_JS),
    Fault("static/stage/curve.js", "const delta = -slope / curvature", "const delta = slope / curvature", STAGE_JS),
    Fault(
        "static/stage/model.js",
        "const reach = turn === 0 || turn === Math.PI ? 0 : (-2 *",
        "const reach = turn === 0 || turn === Math.PI ? 0 : (-1 *",
        STAGE_JS,
    ),
    Fault("static/stage/model.js", "radius / Math.sqrt(p0)", "radius * Math.sqrt(p0)", STAGE_JS),
    Fault("static/stage/model.js", "10 ** Math.floor(Math.log10(most / pixels))", "most / pixels", STAGE_JS),
    Fault("static/stage/overlays.js", "drawn(factor)) }", "drawn(1)) }", STAGE_JS),
    Fault("static/stage/wire.js", "if (field.seq !== null && field.seq <= seq)", "if (field.seq !== null)", STAGE_JS),
]

THREE = "tests/figures/test_surface3d.py -k "
CAMERA = "tests/figures/test_plotly_view.py -k modules"
VIEWS = [
    Fault(
        "figures/heights3d.py", "return np.log1p(share / FLOOR) / np.log1p(1 / FLOOR)", "return share**0.2", THREE + "stand_at"
    ),
    Fault("figures/heights3d.py", "FLOOR * self.span - self.lowest", "FLOOR * self.span", THREE + "says_what"),
    Fault("figures/heights3d.py", "(-np.inf, highest)", "(-np.inf, np.inf)", THREE + "diverging"),
    Fault("figures/heights3d.py", "within = self.lowest < value <", "within = value <", THREE + "stand_at"),
    Fault("figures/surface3d.py", "np.where(np.isfinite(losses), heights", "np.where(losses < 9, heights", THREE + "gap"),
    Fault("figures/surface3d.py", "if (count - 1) % k == 0 and (", "if (", THREE + "fine_map"),
    Fault(
        "figures/surface3d.py",
        "theme.styles([path.key for path in paths])",
        "theme.styles([p.key for p in paths][::-1])",
        THREE + "wear",
    ),
    Fault(
        "figures/runs3d.py",
        "between = points[first] * (1 - share) + points[first + 1] * share",
        "between = points[first]",
        THREE + "straight",
    ),
    Fault("figures/runs3d.py", "points = track[: int(time) + 1]", "points = track", THREE + "up_to"),
    Fault("figures/runs3d.py", "at if inside else walked[-1][-1]", "at", THREE + "diverging"),
    Fault("static/plotly_view/camera.js", "Math.PI * 5", "Math.PI * 4", CAMERA),
    Fault("static/plotly_view/camera.js", "there ? near + QUARTER : near", "near", CAMERA),
    Fault("static/plotly_view/camera.js", "angle: -QUARTER, elevation: HIGH", "angle: 0, elevation: HIGH", CAMERA),
]

PRINT, MOTION = "tests/figures/test_print.py -k ", "tests/figures/test_motion.py"
CAPTION, EXPORT = "tests/figures/test_caption.py", "tests/experiments/test_export.py"
PRINTS = [
    Fault("figures/fate.py", "np.flatnonzero(~finite)", "np.flatnonzero(outside)", CAPTION),
    Fault("figures/caption.py", "away[nearest] <= CLOSE", "away[nearest] >= CLOSE", CAPTION),
    Fault("figures/caption.py", "key=lambda pair: pair[1].ending.loss", "key=lambda pair: -pair[1].ending.loss", CAPTION),
    Fault("figures/print/clip.py", "np.where(far, 1 - go, come)", "come", PRINT + "pieces"),
    Fault("figures/print/clip.py", "np.where(far[:, None], b, a), np.where(far[:, None], a, b)", "a, b", PRINT + "pieces"),
    Fault(
        "figures/print/runs.py", "diverged = path.last < len(path.theta) - 1 and", "diverged = False and", PRINT + "diverging"
    ),
    Fault("figures/print/curves.py", "(values > high, 1.0", "(values < low, 1.0", PRINT + "diverging"),
    Fault(
        "figures/print/curves.py",
        "s.eigenvalues[:, index], s.threshold",
        "s.eigenvalues[:, 0], s.threshold",
        PRINT + "as_it_was",
    ),
    Fault("figures/print/numbers.py", "offset = min(self.low, 0.0)", "offset = 0.0", PRINT + "stage"),
    Fault("figures/print/render.py", "dpi = look.dpi * scale", "dpi = look.dpi", PRINT + "presets"),
    Fault("figures/print/render.py", '"pdf.fonttype": 42', '"pdf.fonttype": 3', PRINT + "embeds"),
    Fault("figures/print/render.py", "        mpl.rcdefaults()\n", "", PRINT + "same_bytes"),
    Fault("figures/print/arrange.py", "max(head + tall + axis, self.least)", "head + tall + axis", PRINT + "fits"),
    Fault("figures/print/animate.py", "[*frames[1:], frames[0]]", "frames", MOTION),
    Fault("figures/print/animate.py", "compose(plate, look, outcome=outcome)", "compose(plate, look)", MOTION),
    Fault("figures/print/palette.py", "np.vstack([fixed, ", "np.vstack([", MOTION),
    Fault("experiments/export.py", '"grad_norm": t.grad_norm', '"grad_norm": t.loss', EXPORT),
    Fault("experiments/export.py", "if version != FORMAT:", "if False:", EXPORT),
]

SENSITIVITY = "tests/experiments/test_sensitivity.py -k "
SCRIPT = "tests/experiments/test_script.py -k "
LENS = "tests/figures/test_eigen_lens.py"
FINDINGS = "tests/experiments/test_why_findings.py -k "

REPRODUCED = [
    Fault("experiments/sensitivity.py", "amplifications.max()", "amplifications.min()", SENSITIVITY + "quadratic"),
    Fault("experiments/sensitivity.py", "[::-1])[::-1])", "))", SENSITIVITY + "decimals"),
    Fault("experiments/sensitivity.py", "and self.rounding <= 1", "", SENSITIVITY + "another_rounding"),
    Fault("experiments/sensitivity.py", "error <= 0.5", "error <= 500", SENSITIVITY + "told"),
    Fault("experiments/sensitivity.py", "if _has_noise(landscape):", "if False:", SENSITIVITY + "noise"),
    Fault("experiments/sensitivity.py", 'if experiment.budget == "steps" else', "if True else", SENSITIVITY + "budget"),
    Fault("experiments/script/formula_code.py", "at_least(1, rank + 1)", "at_least(1, rank)", SCRIPT + "typed"),
    Fault("experiments/script/random_code.py", "n + 1, 0, 0, stream)", "n, 0, 0, stream)", SCRIPT + "modifiers"),
    Fault("experiments/script/random_code.py", "order[i], order[j] = order[j], order[i]", "pass", SCRIPT + "mini_batches"),
    Fault("experiments/script/landscape_code.py", "back = np.array(surface.back) @ back", "pass", SCRIPT + "modifiers"),
    Fault("experiments/script/landscape_code.py", "[t % {len(graphs)}]", "[0 * t]", SCRIPT + "reddi"),
    Fault("experiments/script/landscape_code.py", "[x[batch(t)] for x in layers]", "layers", SCRIPT + "mini_batches"),
    Fault("experiments/script/torch_rules.py", ', nesterov=True"', '"', SCRIPT + "every_optimizer"),
    Fault("experiments/script/torch_rules.py", ', amsgrad=True"', '"', SCRIPT + "cannot_move"),
    Fault(
        "experiments/script/wrapper_code.py",
        'before = [*self._clipped(values["norm"]), *before]',
        'before += self._clipped(values["norm"])',
        SCRIPT + "nests",
    ),
    Fault("experiments/script/wrapper_code.py", 'key=lambda p: p["at"]', 'key=lambda p: -p["at"]', SCRIPT + "nests"),
    Fault("experiments/script/script.py", "not seen.divided.all()", "False", SCRIPT + "slice"),
    Fault("experiments/script/script.py", "diverged = step\n", "diverged = step - 1\n", SCRIPT + "divergence"),
    Fault("experiments/why/modes.py", "- path[-1]", "- path[0]", LENS + " -k nearest"),
    Fault(
        "figures/eigen_lens.py",
        "0.5 * why.lens.eigenvalues[rank] * step * step",
        "why.lens.eigenvalues[rank] * step * step",
        LENS,
    ),
    Fault(
        "figures/eigen_lens.py", "np.where(error > 0, colour, ground.paper)", "np.where(error < 0, colour, ground.paper)", LENS
    ),
    Fault("figures/eigen_lens.py", "-float(why.lens.error[rank]), curve", "float(why.lens.error[rank]), curve", LENS),
    Fault("experiments/why/findings.py", "if shown @ m.gradient < 0", "if shown @ m.gradient > 0", FINDINGS + "against"),
    Fault("experiments/why/words.py", "abs(after - before)", "abs(after)", FINDINGS + "difference"),
]

MANY = "tests/experiments/test_many_scripts.py -k "
WANTED, TAKEN = "tests/figures/test_wanted.py -k ", "tests/pages/test_takeaway.py -k "
TAKEAWAY = [
    Fault(
        "figures/print/requests.py",
        "with_parameters(lr=rate) for rate in rates",
        "with_parameters() for rate in rates",
        WANTED + "rate",
    ),
    Fault(
        "figures/print/requests.py",
        "heights = _heights(_alone(race), window)",
        "heights = _heights(_alone(race), None)",
        WANTED + "window",
    ),
    Fault("figures/print/requests.py", "replace(plate, link=wanted.link)", "plate", WANTED + "is_the_race"),
    Fault("figures/print/requests.py", "if count > most:", "if False:", WANTED + "said"),
    Fault(
        "figures/print/requests.py",
        "        if cancelled():\n            raise Cancelled\n        report",
        "        report",
        WANTED + "left",
    ),
    Fault("figures/print/wanted.py", "tuple(float(rate) for rate in row)", "tuple(1.0 for rate in row)", WANTED + "json"),
    Fault("figures/multiples_caption.py", "best = min(ran", "best = max(ran", WANTED + "lowest"),
    Fault("figures/multiples_caption.py", 'if name != "lr"', "if False", WANTED + "rate"),
    Fault("pages/race_takeaway_figure.py", "lr if f == 1 else", "lr if f else", TAKEN + "rates"),
    Fault("pages/race_takeaway_figure.py", "if not 1 <= len(same) <= MOST_RATES:", "if not same:", TAKEN + "rates"),
    Fault("pages/embed.py", "if part in hidden", "if part not in hidden", TAKEN + "links"),
    Fault("pages/race_takeaway_embed.py", "link.encode(experiment) | {", "{", TAKEN + "links"),
    Fault("experiments/script/cloud_script.py", "math.ceil(q * RUNS) - 1", "int(q * RUNS) - 1", MANY + "cloud"),
    Fault("experiments/script/cloud_script.py", "if experiment.batch_size else", "if False else", MANY + "cloud"),
    Fault("experiments/script/random_code.py", "{first}n + 1", "n + 1", MANY + "cloud"),
    Fault("experiments/script/tuning_script.py", "else math.inf)", "else values[-1].item())", MANY + "search"),
    Fault("experiments/script/tuning_script.py", "for START in STARTS:", "for START in STARTS[:1]:", MANY + "search"),
    Fault("experiments/script/tuning_script.py", "{experiment.seed + tuning.seeds}", "{experiment.seed + 1}", MANY + "search"),
    Fault(
        "pages/network_slices.py",
        '(now["trust"], now["beside.trust"])',
        '(now["trust"], now["trust"])',
        "tests/pages/test_network_slices.py -k compared",
    ),
    Fault(".streamlit/config.toml", "fastReruns = false", "fastReruns = true", "tests/browser/test_one_script.py"),
    Fault(
        "experiments/worker.py",
        "return _key(name, arguments) in self._open",
        "return name in self._requests",
        "tests/experiments/test_worker.py -k shared",
    ),
    Fault(
        "pages/explore.py",
        'if state.get("explore.tab") is None:',
        'if "explore.tab" not in state:',
        "tests/pages/test_explore.py -k no_section",
    ),
    Fault("pages/controls.py", "if value is None:", "if value is ...:", "tests/pages/test_race.py -k no_buttons"),
    Fault("pages/race.py", 'state.view or "one"', "state.view", "tests/pages/test_race.py -k no_buttons"),
    Fault(
        "figures/runs3d.py",
        "seen if path.steps is None else path.steps[seen]",
        "seen",
        "tests/figures/test_surface3d.py -k own_steps",
    ),
    Fault(
        "figures/print/legend.py",
        "step {path.step(fate.left)}",
        "step {fate.left}",
        "tests/figures/test_surface3d.py -k own_steps",
    ),
    Fault("figures/print/of_slice.py", ", steps=path.steps)", ")", "tests/figures/test_print_sliced.py"),
    Fault("pages/waiting.py", '_ = "waiting" in st.session_state', "pass", "tests/pages/test_waiting.py -k no_longer"),
    Fault("pages/race_takeaway_offer.py", "alt=seen.alt", 'alt="a figure"', TAKEN + "words"),
]

DATA = "tests/landscapes/test_datasets.py -k "
MENU = "tests/landscapes/test_network_menu.py -k "
OWN = "tests/landscapes/test_own_modules.py -k "
STATES = "tests/landscapes/test_network_states.py -k "
SETS, NETS = "landscapes/networks/datasets/", "landscapes/networks/"

NETWORKS = [
    Fault(SETS + "mnist.py", ".astype(np.float32) / 255", ".astype(np.float32) / 256", DATA + "numbers"),
    Fault(SETS + "mnist.py", "len(values) != np.prod(shape, dtype=np.int64)", "len(values) < 1", DATA + "damaged"),
    Fault(SETS + "mnist.py", "labels.max() > 9", "labels.max() > 255", DATA + "damaged"),
    Fault(SETS + "cifar10.py", "reshape(-1, 3, 32, 32)", "reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2)", DATA + "numbers"),
    Fault(SETS + "cifar10.py", "not size or size % RECORD", "not size", DATA + "damaged"),
    Fault(SETS + "two_spirals.py", "1 - 12 / 13 * places", "1 - places", DATA + "formulas"),
    Fault(SETS + "moons.py", "0.5 - np.sin(second)", "-np.sin(second)", DATA + "formulas"),
    Fault(SETS + "teacher_student.py", "np.tanh(inputs @ weights)", "(inputs @ weights)", DATA + "teacher_is"),
    Fault(SETS + "dataset.py", "for part in (0, 1))", "for part in (0, 0))", DATA + "what_it_says"),
    Fault(SETS + "dataset.py", "points + noise *", "points + noise**2 *", DATA + "deviation"),
    Fault(SETS + "download.py", "if _sha256(part) == remote.sha256:", "if part.exists():", DATA + "wrong_file"),
    Fault(SETS + "download.py", 'part.open("ab" if goes_on else "wb")', 'part.open("ab")', DATA + "goes_on"),
    Fault(SETS + "download.py", 'headers={"Range": f"bytes={here}-"} if here else {}', "headers={}", DATA + "goes_on"),
    Fault(
        SETS + "download.py",
        "            part.replace(path)\n",
        "            part.rename(path.with_suffix('.x'))\n",
        DATA + "whole",
    ),
    Fault(NETS + "layers.py", "2 * self.padding - self.kernel", "self.padding - self.kernel", MENU + "published"),
    Fault(
        NETS + "layers.py", "prod(self.after(shape)) * shape[0]", "prod(self.after(shape)) * shape[1]", MENU + "without_torch"
    ),
    Fault(NETS + "build.py", "(0, 0, 0, 0, 0, self.added)", "(0, 0, 0, 0, self.added, 0)", MENU + "articles"),
    Fault(NETS + "build.py", "return self.body(x) if self.shortcut is None", "return self.body(x) if True", MENU + "articles"),
    Fault(NETS + "build.py", "module.weight *= task.scale", "module.weight += task.scale - 1", MENU + "initialisations"),
    Fault(NETS + "build.py", "nn.init.zeros_(module.bias)", "nn.init.ones_(module.bias)", MENU + "initialisations"),
    Fault(NETS + "build.py", "outputs[:, 0], targets.to", "-outputs[:, 0], targets.to", MENU + "logistic"),
    Fault(
        NETS + "models/mlp.py", "(*hidden(), *(Residual(hidden())", "(*hidden(), *(Residual(hidden(), None)", MENU + "switches"
    ),
    Fault(
        NETS + "models/nsgd_cnn.py",
        "return Conv(channels, 3, stride, padding=1",
        "return Conv(channels, 3, stride, padding=0",
        MENU + "toy",
    ),
    Fault(NETS + "models/resnet.py", "place == 0 and stage > 0", "place == 0", MENU + "articles"),
    Fault(NETS + "task.py", "if self.criterion != SQUARED_ERROR and not dataset.classes:", "if False:", MENU + "fit_together"),
    Fault(NETS + "inputs.py", "stride=layer.stride, padding=layer.padding", "stride=layer.stride", MENU + "patches"),
    Fault(NETS + "inputs.py", "and bool(layer.groups == 1)", "and bool(layer.groups)", OWN + "refused_where"),
    Fault(NETS + "inputs.py", "users.get(id(layer.weight)) == 1", "users.get(id(layer.weight))", OWN + "refused_where"),
    Fault(NETS + "inputs.py", "self._sums[name] = self._sums.get(name, 0) +", "self._sums[name] = 2 * 0 +", MENU + "weighted"),
    Fault(NETS + "module_loss.py", ".get_buffer(name).clone()", ".get_buffer(name)", OWN + "derivatives"),
    Fault(NETS + "module_loss.py", "copy = deepcopy(module)", "copy = module", OWN + "bit_identical"),
    Fault(
        NETS + "module_loss.py",
        "return _without_fast_path() if self._has[1] and",
        "return nullcontext() if self._has[1] and",
        OWN + "derivatives",
    ),
    Fault(NETS + "module_loss.py", "if parameter.requires_grad]", "if True]", OWN + "derivatives"),
    Fault(
        NETS + "module_loss.py", "remove_duplicate=False))) > len(", "remove_duplicate=False))) > 9 * len(", OWN + "derivatives"
    ),
    Fault(NETS + "parts.py", "(size / self.samples, batch)", "(1 / len(self.sizes), batch)", OWN + "derivatives"),
    Fault(NETS + "parts.py", "        own.set_state(state)", "        pass", OWN + "bit_identical"),
    Fault(NETS + "parts.py", "with torch.random.fork_rng(devices=[]):", "if True:", OWN + "bit_identical"),
    Fault(
        NETS + "normalisation.py",
        "layer.track_running_stats = statistics",
        "layer.track_running_stats = True or statistics",
        STATES + "train_mode",
    ),
    Fault(NETS + "normalisation.py", 'layer.train(statistics == "recomputed")', "layer.eval()", STATES + "train_mode"),
    Fault(NETS + "normalisation.py", "layer.momentum = True, None", "layer.momentum = True, 0.1", STATES + "gathers"),
    Fault(NETS + "normalisation.py", "        layer.dropout = 0.0\n", "", OWN + "derivatives"),
    Fault(
        NETS + "network.py",
        "outputs = self._in_test.outputs(row, inputs, buffers)",
        "outputs = self.evaluate.outputs(row, inputs)",
        STATES + "by_the_training",
    ),
    Fault(NETS + "second_order.py", "total += weight * self._through", "total += self._through", MENU + "weighted"),
    Fault(
        NETS + "checkpoint.py",
        "and shape != tuple(expected[key].shape)",
        "and len(shape) != expected[key].ndim",
        STATES + "names_and_shapes",
    ),
    Fault(NETS + "checkpoint.py", "not bool(torch.isfinite(t.double()).all())", "False", STATES + "names_and_shapes"),
    Fault(
        NETS + "plane.py",
        "return self._through(lambda _: terms, theta), self._through(lambda _: power, theta)",
        "return self._through(lambda _: power, theta), self._through(lambda _: terms, theta)",
        STATES + "slice",
    ),
]


SWEEP = "tests/experiments/test_sweeps.py -k "
SWEPT = "tests/experiments/test_sweeps_theory.py -k "
REPLAY = "tests/experiments/test_sweeps_replay.py"
CLOUD = "tests/experiments/test_sweeps_cloud.py"
MAPS = "tests/pages/test_explore_networks.py"
TURNS = "tests/experiments/test_worker.py -k turns"
TUNED = "tests/experiments/test_tune.py"

SWEEPS = [
    Fault(
        "experiments/sweeps/replay.py",
        "theta, held, self._kept = self.theta[keep]",
        "theta, held, self._kept = self.batch.starts[keep]",
        REPLAY,
    ),
    Fault("experiments/sweeps/replay.py", "Halt(visit.step, ", "Halt(visit.step + 1, ", REPLAY),
    Fault("experiments/sweeps/power.py", "exponent == self.exponent + 1 and", "exponent > 1 and", REPLAY),
    Fault("experiments/sweeps/compute.py", ".waited(steps - step)", ".waited(1)", SWEEP + "left_behind"),
    Fault("experiments/sweeps/compute.py", "[order] for columns", " for columns", SWEEP + "left_behind"),
    Fault("pages/explore_networks.py", "{state.get('explore.networks.width') or ''}", "", MAPS),
    Fault("experiments/sweeps/network_presets.py", 'if choice.key != "newton"', "", MAPS),
    Fault("experiments/turns.py", "            mine.clear()\n", "            mine.clear\n", TURNS),
    Fault("experiments/turns.py", "self._row.insert(1, mine)", "self._row.append(mine)", TURNS),
    Fault(
        "experiments/worker.py", "env=self._environment", "env=os.environ", "tests/experiments/test_worker.py -k looks_where"
    ),
    Fault(
        "experiments/worker.py", "loaded[requests[name].needs].wait()", "pass", "tests/experiments/test_worker.py -k as_a_whole"
    ),
    Fault("experiments/worker.py", "if caller not in busy", "if True", TURNS),
    Fault("experiments/worker.py", "TOGETHER if lane in turns else 1", "1", TURNS),
    Fault("experiments/tune.py", "column.max() < high else", "column.max() > high else", TUNED),
    Fault("experiments/tune.py", "return self.losses.mean(1)", "return self.losses.min(1)", TUNED),
    Fault("experiments/tune.py", "visit.theta, spent, alive &", "visit.theta, 0, alive &", TUNED),
    Fault("experiments/tune.py", "shared(self.experiment.seen_landscape() if", "(self.experiment.seen_landscape() if", TUNED),
    Fault("experiments/tune.py", "experiment.seed + seed\n", "experiment.seed\n", TUNED),
    Fault("experiments/tune.py", "_beyond(allowed, best, 1) if above", "best if above", TUNED),
    Fault("experiments/tuning.py", "self.runs * self.experiment.steps if", "self.runs * (self.experiment.steps + 1) if", TUNED),
    Fault("figures/search.py", "(scores == 0) & log", "(scores == 0)", "tests/figures/test_search.py"),
    Fault("figures/search_map.py", "at[:-1] + np.diff(at) / 2", "at[:-1]", "tests/figures/test_search.py"),
    Fault("pages/tuning_view.py", "key != experiment.key or", "", "tests/pages/test_explore.py -k tuned"),
    Fault("experiments/sweeps/axis.py", '== 1 else f"{key}{count}"', '> 0 else f"{key}{count}"', SWEEP + "wrapper"),
    Fault("experiments/sweeps/axis.py", "np.geomspace if self.scale", "np.linspace if self.scale", SWEEP + "log_axis"),
    Fault("experiments/sweeps/axis.py", "replace(experiment, seed=round(value))", "experiment", SWEEP + "seeds"),
    Fault("experiments/sweeps/batch.py", "starts[:, axis] = v", "pass", SWEEP + "every_surface"),
    Fault(
        "experiments/sweeps/batch.py",
        "minima, heights, pixel = minima[..., which]",
        "minima, heights, pixel = minima[..., which[::-1]]",
        SWEEP + "every_surface",
    ),
    Fault(
        "experiments/sweeps/batch.py",
        "normals(draw, self.run, 1, dim, self._stream)[0]",
        "normals(draw, self.run + 1, 1, dim, self._stream)[0]",
        SWEEP + "modifiers",
    ),
    Fault(
        "experiments/sweeps/batch.py",
        "SharedNoise(stacked([part.inner for part in parts], which), sigma, first.run)",
        "GradientNoise(stacked([part.inner for part in parts], which), sigma, first.run)",
        SWEEP + "modifiers",
    ),
    Fault(
        "experiments/sweeps/batch.py", "replace(experiment, seed=round(float(values[SEED][0])))", "experiment", SWEEP + "seeds"
    ),
    Fault("experiments/sweeps/compute.py", "return asked & ~known", "return asked", SWEEP + "coarse"),
    Fault("experiments/sweeps/compute.py", "axis.name == SEED or", "False or", SWEEP + "seeds"),
    Fault(
        "experiments/sweeps/compute.py",
        "values[sweep.y.name] = sweep.y.values[rows[block]]",
        "values[sweep.y.name] = sweep.y.values[columns[block] % sweep.rows]",
        SWEEP + "single_run",
    ),
    Fault("experiments/sweeps/fate.py", "(last > GROWTH * second) & ", "", SWEEP + "called"),
    Fault("experiments/sweeps/fate.py", "(last > tolerance) & ", "", SWEEP + "called"),
    Fault("experiments/sweeps/fate.py", "(tally.path < pixel)", "(tally.path < 0)", SWEEP + "called"),
    Fault(
        "experiments/sweeps/fate.py",
        "where(counts > tally.steps, -1, counts)",
        "where(counts > tally.steps, -1, counts + 1)",
        SWEEP + "single_run",
    ),
    Fault(
        "experiments/sweeps/tally.py",
        "self._flags)\n        finite = flags[0] if len(flags) == 1",
        "self._flags)\n        finite = flags[0] if len(flags) < 3",
        SWEEP + "gone",
    ),
    Fault(
        "experiments/sweeps/tally.py",
        "steps // QUARTERS",
        "steps // 3",
        SWEEP + "single_run",
    ),
    Fault("experiments/sweeps/tally.py", "less(along, 0.0", "less(along, 0.1", SWEEP + "single_run"),
    Fault(
        "experiments/sweeps/tally.py",
        "self._left = np.zeros(runs, np.uint8), np.zeros(runs, np.int32), 255",
        "self._left = np.zeros(runs, np.uint8), np.zeros(runs, np.int32), 999",
        SWEEP + "long_run",
    ),
    Fault(
        "experiments/sweeps/sweep.py",
        "return min(most, isqrt(int(cells))",
        "return min(most, 1 + isqrt(int(cells))",
        SWEEP + "offered",
    ),
    Fault("experiments/sweeps/result.py", "np.lexsort((final, count))", "np.lexsort((count, final))", SWEEP + "best_cell"),
    Fault(
        "experiments/sweeps/result.py", "return row * self.stride, column * self.stride", "return row, column", SWEEP + "coarse"
    ),
    Fault("experiments/sweeps/requests.py", 'maps[-1].meta["stride"]', 'maps[0].meta["stride"]', SWEEP + "so_far"),
    Fault("experiments/sweeps/requests.py", "raise Cancelled\n", "pass\n", SWEEP + "worker"),
    Fault("experiments/sweeps/theory.py", "np.where(flat, 0.0, size).max(-1)", "size.min(-1)", SWEPT + "rate"),
    Fault("experiments/sweeps/theory.py", "+ ridge\n", "\n", SWEPT + "rate"),
    Fault("experiments/sweeps/theory.py", "- rule.lr * _added", "- _added", SWEPT + "rate"),
    Fault("experiments/sweeps/theory.py", '2 / (high + low), "rate"', '2 / high, "rate"', SWEPT + "closed"),
    Fault(
        "experiments/sweeps/theory.py",
        "points = (limits, along) if names[0]",
        "points = (along, limits) if names[0]",
        SWEPT + "border",
    ),
    Fault("experiments/sweeps/recording.py", "busy <= at and", "busy <= at + 9 and", REPLAY),
    Fault("experiments/sweeps/recording.py", "self.last[id(operand)] == at and", "self.last[id(operand)] >= at and", REPLAY),
    Fault("experiments/sweeps/replay.py", "return made if same else None", "return made", REPLAY),
    Fault("experiments/sweeps/replay.py", "Draw(self.batch.seed, step)", "Draw(self.batch.seed, 0)", REPLAY),
    Fault("experiments/sweeps/replay.py", "                kept[...] = leaf\n", "                pass\n", REPLAY),
    Fault("experiments/sweeps/drift.py", "experiment.seed + run, run)", "experiment.seed, run)", CLOUD),
    Fault("experiments/sweeps/drift.py", "(columns if axis else 1)", "(1 if axis else columns)", CLOUD),
    Fault("experiments/sweeps/drift.py", "losses[np.isnan(losses)] = np.inf", "pass", CLOUD),
    Fault("experiments/sweeps/cloud.py", "size = count * len(self.frames) * 2", "size = count * len(self.frames)", CLOUD),
]

CELLS = "tests/figures/test_cell_map.py -k "
MAP_JS = "tests/figures/test_map_js.py"
LINKED = "tests/experiments/test_exploration.py -k "
EXPLORED = "tests/pages/test_explore.py -k "
EXPLORING = [
    Fault("figures/colouring.py", "codes[zero] = ZERO", "codes[zero] = FIRST", CELLS + "numbers_run"),
    Fault("figures/colouring.py", "below=low < bottom", "below=False", CELLS + "numbers_run"),
    Fault("figures/colouring.py", "codes[there] = FIRST + _share", "codes[there] = FIRST + 1 + _share", CELLS + "numbers_run"),
    Fault("figures/colouring.py", "np.where(never & ~gone, NEVER", "np.where(never, NEVER", CELLS + "steps_that_never"),
    Fault(
        "figures/colouring.py",
        "shades // max(len(took), 1)",
        "shades // 2 // max(len(took), 1) * 0",
        CELLS + "fates_and_minima",
    ),
    Fault("figures/sweep_map.py", "float(best[1]), float(best[0]))", "float(best[0]), float(best[1]))", CELLS + "theory_lies"),
    Fault(
        "figures/sweep_map.py",
        "xs, ys = x.cell_of(border[:, 0])",
        "xs, ys = 3 + x.cell_of(border[:, 0])",
        CELLS + "theory_lies",
    ),
    Fault("figures/map_payload.py", "have != picture.key", "have == picture.key", CELLS + "blob"),
    Fault("figures/cell_map.py", "* (self.cells - 1)", "* self.cells", CELLS + "axis_knows"),
    Fault("figures/cloud.py", "low + half, high - half", "low, high", CELLS + "cloud"),
    Fault("figures/cloud.py", "np.concatenate([[0], 1 +", "np.concatenate([[1], 1 +", CELLS + "cloud"),
    Fault("figures/bands.py", "np.minimum(high, FAR)", "low", CELLS + "medians"),
    Fault("static/map/places.js", "return cell - (cell % stride)", "return cell", MAP_JS),
    Fault("static/map/places.js", "(place + 0.5) / cells) * panel.height", "place / cells) * panel.height", MAP_JS),
    Fault("static/map/decode.js", "before?.key !== picture.key", "!before", MAP_JS),
    Fault("static/map/words.js", "Math.floor(cell.column / picture.stride)", "cell.column", MAP_JS),
    Fault("experiments/sweeps/link.py", 'f"{one.name},{one.low!r}', 'f"{one.name},{one.low:g}', LINKED + "every_number"),
    Fault("experiments/sweeps/link.py", "if name in MUST_FIT and", "if False and", LINKED + "one_wrong"),
    Fault("experiments/sweeps/link.py", "if i not in able(experiment)]", "if i < 0]", LINKED + "one_wrong"),
    Fault(
        "pages/explore_stage.py", "cell(sweep, index, row, column)", "cell(sweep, index, column, row)", EXPLORED + "one_cell"
    ),
    Fault("pages/explore_map.py", "solo = cell(sweep, *at)", "solo = cell(sweep, 0, 0, 0)", EXPLORED + "holds_what"),
    Fault("pages/explore_controls.py", 'state["explore.complaints"] += complaints', "pass", EXPLORED + "got_wrong"),
]

EXPLORED_PRINT = "tests/figures/test_print_explored.py -k "
EXPLORED_DATA = "tests/experiments/test_explore_export.py -k "
SWEEP_SCRIPT = "tests/experiments/test_sweep_script.py -k "
EXPLORED_TAKEAWAY = [
    Fault("experiments/sweeps/export.py", "yield [label, x, *", "yield [label, float(f'{x:g}'), *", LINKED + "cells_leave"),
    Fault(
        "experiments/sweeps/export.py", "losses.T.tolist(), means", "losses.T.round(9).tolist(), means", EXPLORED_DATA + "table"
    ),
    Fault("experiments/sweeps/export.py", "sweep.experiment.seed + seed, *told", "seed + 1, *told", EXPLORED_DATA + "table"),
    Fault(
        "figures/print/cells.py",
        "cells.film.code_of[panel.codes[grid.exhibit.frame]]",
        "cells.film.code_of[panel.codes[0]]",
        EXPLORED_PRINT + "cells_are",
    ),
    Fault("figures/print/grid.py", "for _ in range(4):", "for _ in range(1):", EXPLORED_PRINT + "covers"),
    Fault("figures/print/key.py", "if not lines or used + wide > room:", "if not lines:", EXPLORED_PRINT + "covers"),
    Fault(
        "figures/print/of_exploration.py",
        "[(lower, upper)] if sweep.rows > 1",
        "[(lower, middle)] if sweep.rows > 1",
        EXPLORED_PRINT + "bands",
    ),
    Fault("figures/print/of_exploration.py", 'side="right") - 1', 'side="right") - 2', EXPLORED_PRINT + "shares"),
    Fault(
        "figures/print/of_tuning.py",
        "search.scores[column == value].min()",
        "search.scores[column == value].max()",
        EXPLORED_PRINT + "curves",
    ),
    Fault("figures/print/scales.py", "if k % every == 0", "if k % every == 1", "tests/figures/test_print_scales.py"),
    Fault("figures/sweep_caption.py", "name not in varied}", "name in varied}", EXPLORED_PRINT + "words"),
    Fault("experiments/script/measure_code.py", "(best > base + TOLERANCE)", "(best > TOLERANCE)", SWEEP_SCRIPT + "surface"),
    Fault("experiments/script/measure_code.py", "last > 4 * second", "last > second", SWEEP_SCRIPT + "fate"),
    Fault(
        "experiments/script/sweep_script.py",
        '("column", "row")) if _moves',
        '("column", "column")) if _moves',
        SWEEP_SCRIPT + "kind_of_axis",
    ),
    Fault("experiments/script/wrapper_code.py", "isinstance(momentum, Name)", "False", SWEEP_SCRIPT + "kind_of_axis"),
    Fault(
        "pages/explore_takeaway_asked.py", "view.cell, step,", "None, step,", "tests/pages/test_explore_takeaway.py -k figure"
    ),
    Fault(
        "pages/explore_controls.py",
        'if part in hide.split(",")]',
        "if not hide]",
        "tests/pages/test_explore_takeaway.py -k hidden",
    ),
]

NETWORK_MAPS = "tests/experiments/test_sweeps_networks.py -k "

TRAINED_MAPS = [
    Fault("landscapes/curvature/stacked.py", "w).sum(1), alpha[:, 0])", "w).sum(1), 0.0)", NETWORK_MAPS + "eigenvalues"),
    Fault(
        "landscapes/networks/perceptron_runs.py", "(entered.abs() if norm", "(entered if norm", NETWORK_MAPS + "side_by_side"
    ),
    Fault("experiments/sweeps/networks.py", '["seed"] + seed)', '["seed"])', NETWORK_MAPS + "seed_of_both"),
    Fault(
        "experiments/sweeps/networks.py",
        "np.where(self.diverged, np.nan, getattr(self, quantity))\n        return np.asarray(values.mean",
        "getattr(self, quantity)\n        return np.asarray(values.mean",
        NETWORK_MAPS + "diverges",
    ),
    Fault("experiments/sweeps/network_training.py", " | (final > first)", "", NETWORK_MAPS + "diverges"),
    Fault("experiments/sweeps/network_training.py", "if not found.done[i, row]]", "]", NETWORK_MAPS + "stopping"),
    Fault("experiments/sweeps/network_findings.py", "np.where(whole, losses, np.inf)", "losses", NETWORK_MAPS + "one_rate"),
]

RECORDED = "tests/experiments/test_training.py -k 'disk or weights or alone'"
PLANNED, FITTED = "tests/experiments/test_training_plan.py", "tests/experiments/test_fit.py -k "
BROUGHT, MENU_PAGE = "tests/experiments/test_weights.py -k ", "tests/pages/test_network_menu.py -k "

TRAINED = [
    Fault(
        "experiments/training_plan.py",
        "np.append(np.arange(0, steps + 1, every), steps)",
        "np.arange(0, steps + 1, every)",
        PLANNED,
    ),
    Fault("experiments/recorded_weights.py", "stream.seek(point * row.nbytes)", "stream.seek(0, 2)", RECORDED),
    Fault("experiments/recorded_weights.py", "if held < points:", "if held < 0:", RECORDED),
    Fault(
        "experiments/recorded_weights.py",
        "points, self.count, self.dim).swapaxes(0, 1)",
        "self.count, points, self.dim)",
        RECORDED,
    ),
    Fault("experiments/training_plan.py", "if lanczos <= affordable else", "if lanczos else", PLANNED),
    Fault("experiments/training_plan.py", "CG_PRODUCTS * PRODUCT * one if HVP in needs", "0.0 if HVP in needs", PLANNED),
    Fault("experiments/training_analysis.py", "min(surface.cells, recorded.plan.cells)", "surface.cells", PLANNED),
    Fault(
        "experiments/training.py",
        "float(self.network.test_loss(theta))",
        "float(self.network.loss(theta))",
        "tests/experiments/test_training.py -k accuracy",
    ),
    Fault("experiments/fit.py", "min(experiment.batch_size, task.samples)", "experiment.batch_size", FITTED + "data_set"),
    Fault("experiments/fit.py", "if task.blocks == _blocks(experiment) else None", "if task else None", FITTED + "weights"),
    Fault("experiments/plane_race.py", "while count >= min(FEWEST, task.samples)", "while count >= 1", FITTED + "in_a_plane"),
    Fault("experiments/downloads.py", "raise Cancelled", "return", FITTED + "download"),
    Fault(
        "experiments/spec.py",
        "made = load_checkpoint(cast(Any, made), kept(self.weights))",
        "kept(self.weights)",
        BROUGHT + "start",
    ),
    Fault("experiments/spec.py", 'data["weights"] = self.weights', "pass", BROUGHT + "part_of"),
    Fault("experiments/weights.py", "if not WEIGHTS_NAME.fullmatch(name):", "if not name:", BROUGHT + "only_a_name"),
    Fault("experiments/link.py", "if seconds > INTERACTIVE:", "if seconds < 0:", "tests/experiments/test_link.py -k bounded"),
    Fault("experiments/link.py", "while len(waiting) != before:", "if waiting:", "tests/experiments/test_link.py -k any_order"),
    Fault(
        "landscapes/networks/outline.py",
        "input_reason(family.title, task.blocks))",
        "None)",
        "tests/landscapes/test_network_menu.py -k the_mlps_switches",
    ),
    Fault("landscapes/networks/checkpoint.py", "if kinds:", "if False:", MENU_PAGE + "uploads"),
    Fault("pages/network_weights.py", "if len(content) > most:", "if False:", MENU_PAGE + "uploads"),
    Fault("pages/network_weights.py", "= _plain(wrong)", "= wrong", MENU_PAGE + "uploads"),
    Fault("pages/network_work.py", "is not None or not plan.interactive or", "is not None or", MENU_PAGE + "becomes_a_job"),
    Fault("pages/network_data.py", "    if not missing:\n", "    if missing:\n", MENU_PAGE + "not_here"),
]

PLANES = "tests/landscapes/test_directions.py -k "
GRIDS = "tests/landscapes/test_grids.py -k "
CELLS = "tests/experiments/test_grids.py -k "
EVERY_GRID = "tests/landscapes/test_grids.py -m 'slow or not slow' -k plain_loop"
CONFORM = "tests/landscapes/test_conformance.py -k "
DIRECTION, GRID, CELL = "landscapes/directions/", "landscapes/networks/grids/", "experiments/grids/"
SLICES = [
    Fault(GRID + "steps.py", "room(self, (len(mix), self.size[0]", "room(None, (len(mix), self.size[0]", GRIDS + "plain_loop"),
    Fault(GRID + "samples.py", "if not same((cut", "if False and not same((cut", GRIDS + "plain_loop"),
    Fault(GRID + "facts.py", "for tensor in [*held, ", "for tensor in [", CELLS + "identity"),
    Fault(GRID + "facts.py", "return min(float(", "return max(float(", CELLS + "chance"),
    Fault(CELL + "grid.py", "<= 1e-6 * step", "<= 1.1 * step", CELLS + "finer"),
    Fault("landscapes/networks/conformance/checks.py", "np.diff(heights, 3,", "np.diff(heights, 2,", CONFORM + "conform"),
    Fault(DIRECTION + "scaling.py", "block.shape[0] if normalisation ==", "1 if normalisation ==", PLANES + "group"),
    Fault(DIRECTION + "scaling.py", "factor = np.abs(theta)", "factor = np.ones_like(theta)", PLANES + "weight_norm"),
    Fault(DIRECTION + "scaling.py", "np.where(vector, 1.0, factor)", "factor", PLANES + "group"),
    Fault(DIRECTION + "scaling.py", 'vector & (vectors == "zeroed")', 'vector & (vectors == "kept")', PLANES + "group"),
    Fault(DIRECTION + "scaling.py", "second - share[group] * first", "second", PLANES + "orthogonal"),
    Fault(DIRECTION + "drawn.py", "default_rng(self.seed)", "default_rng(0)", PLANES + "seeds"),
    Fault(DIRECTION + "drawn.py", "default_rng(self.seed).normal(", "default_rng(self.seed).uniform(", PLANES + "seeds"),
    Fault(DIRECTION + "span.py", "np.linalg.solve(gram, along[..., None])[..., 0]", "along", PLANES + "nearest"),
    Fault(DIRECTION + "span.py", "away = away - away.mean(axis=0)", "away = away - self.origin", PLANES + "nearest"),
    Fault(DIRECTION + "principal.py", "values[:kept] / total", "values[:kept] ** 0.5 / total", PLANES + "joint"),
    Fault(DIRECTION + "eigenvectors.py", "[-1, 0] if both", "[-1, 1] if both", PLANES + "eigenvectors"),
    Fault(DIRECTION + "descent.py", "x = -g /", "x = g /", PLANES + "gradient"),
    Fault(
        DIRECTION + "through.py", "across / np.linalg.norm(across)", "second / np.linalg.norm(second)", PLANES + "every_plane"
    ),
    Fault(DIRECTION + "kind.py", "every[np.isfinite(every).all(axis=1)]", "every", PLANES + "every_plane"),
    Fault(
        "landscapes/curvature/extremes.py",
        "np.abs(beta[m] * ritz[-1, ends])",
        "0 * np.abs(ritz[-1, ends])",
        PLANES + "extremes",
    ),
    Fault("landscapes/curvature/extremes.py", "for _ in range(2):", "for _ in range(0):", PLANES + "extremes"),
    Fault(
        "landscapes/grids/curvature.py",
        "found.values[-1]), float(found.values[0])",
        "found.values[0]), float(found.values[-1])",
        GRIDS + "curvature",
    ),
    Fault(GRID + "steps.py", "- gain * self.mean", "+ gain * self.mean", GRIDS + "plain_loop"),
    Fault(GRID + "steps.py", "(mix @ self.gain) * self.root", "mix @ self.gain", GRIDS + "plain_loop"),
    Fault(GRID + "steps.py", "maps[:, :, i::k, j::k]", "maps[:, :, i::k, i::k]", GRIDS + "plain_loop"),
    Fault(GRID + "steps.py", "m.flatten(1).T for m in maps", "m.flatten(1) for m in maps", GRIDS + "plain_loop"),
    Fault(GRID + "stacked.py", "losses.double().square()", "losses.double().square_()", GRIDS + "plain_loop"),
    Fault(GRID + "stacked.py", "if self._may_split else len(targets)", "", GRIDS + "plain_loop"),
    Fault(GRID + "stacked.py", "right[tied] =", "right[~tied] =", GRIDS + "far_points"),
    Fault(GRID + "stacked.py", "if bool(bad.any()):", "if False:", GRIDS + "far_points"),
    Fault(
        GRID + "chain.py", "chain[i], chain[i + 1] = chain[i + 1], chain[i]", "chain[i + 1] = chain[i]", GRIDS + "plain_loop"
    ),
    Fault(GRID + "chain.py", "RISING = (nn.ReLU,", "RISING = (nn.GELU, nn.ReLU,", EVERY_GRID),
    Fault(GRID + "folding.py", "self.bias - norm.running_mean", "self.bias + norm.running_mean", GRIDS + "folded"),
    Fault(GRID + "folding.py", "or calls[node.target] > 1:", ":", GRIDS + "folded"),
    Fault(GRID + "folding.py", "len(before.users) > 1", "False", GRIDS + "folded"),
    Fault(GRID + "in_place.py", "_ = self._blocks  #", "#", GRIDS + "plain_loop"),
    Fault(GRID + "in_place.py", "layer.reset_running_stats()", "pass", GRIDS + "recomputed"),
    Fault(GRID + "in_place.py", 'layer.train(samples == "train")', "layer.train(True)", GRIDS + "recomputed"),
    Fault(GRID + "headed.py", "zip(c, directions, head[1:])", "zip(c, directions, head[:-1])", GRIDS + "plain_loop"),
    Fault(CELL + "grid.py", "np.append(np.arange(0, n, stride), n - 1)", "np.arange(0, n, stride)", CELLS + "every_cell"),
    Fault(
        CELL + "grid.py",
        "array[rows, columns] = found[name]",
        "array[columns % len(array), rows % array.shape[1]] = found[name]",
        CELLS + "every_cell",
    ),
    Fault(CELL + "fill.py", "asked & ~grid.done", "asked", CELLS + "every_cell"),
    Fault(CELL + "fill.py", "on_cells(grid)", "pass", CELLS + "stopped"),
    Fault(CELL + "store.py", "self.load(key) or grid", "grid", CELLS + "stopped"),
    Fault(CELL + "store.py", "sorted(grid.values), dict", "dict", CELLS + "key"),
    Fault(CELL + "window.py", "return not mean < target", "return mean >= target", CELLS + "windows"),
    Fault(CELL + "window.py", "target = chance if", "target = 2 * chance if", CELLS + "windows"),
    Fault(CELL + "trust.py", "max(1 - samples / of, 0.0)", "max(samples / of, 0.0)", CELLS + "trust"),
    Fault(CELL + "trust.py", 'evaluate(coordinates, tick)["loss"]', 'evaluate(0 * coordinates)["loss"]', CELLS + "trust"),
    Fault(CELL + "trust.py", "(first + i) % 2**31", "first", CELLS + "seeds"),
    Fault("landscapes/networks/conformance/checks.py", "passed = bool(measured <= bound)", "passed = True", CONFORM + "wrong"),
    Fault("landscapes/networks/conformance/cases.py", "first.bias.mul_(scale)", "first.bias.div_(scale)", CONFORM + "conform"),
    Fault(
        "landscapes/networks/perceptron_runs.py", ".to(self.labels.device)", "", "tests/landscapes/test_network_menu.py -k move"
    ),
    Fault(
        "landscapes/networks/module_loss.py",
        "self._sizes, device=self.like.device",
        "self._sizes",
        "tests/landscapes/test_network_menu.py -k move",
    ),
    Fault(
        "landscapes/networks/network.py",
        "train=self.train.moved(moved)",
        "train=self.train",
        "tests/landscapes/test_network_menu.py -k move",
    ),
    Fault(
        "landscapes/networks/devices.py",
        "cudnn.allow_tf32 = False",
        "cudnn.benchmark = False",
        "tests/landscapes/test_devices.py",
    ),
    Fault("experiments/grids/requests.py", "best_device())", '"cpu")', "tests/landscapes/test_devices.py"),
    Fault(
        "landscapes/networks/stacked_runs.py",
        "functional.cross_entropy(values, targets",
        "functional.cross_entropy(-values, targets",
        STACKED,
    ),
    Fault("landscapes/networks/stacked_runs.py", "(length / towards.norm(dim=-1, keepdim=True))", "length", STACKED),
    Fault(
        "landscapes/networks/stacked_runs.py",
        "body if module.shortcut is None else body + ",
        "body if module.shortcut is None else body - ",
        STACKED,
    ),
    Fault("landscapes/networks/stacked_runs.py", "+ module.eps).rsqrt()", ").rsqrt()", STACKED),
    Fault("landscapes/networks/stacked_runs.py", "remove_duplicate=False", "remove_duplicate=True", STACKED),
    Fault(
        "landscapes/networks/stacked_runs.py",
        "if module._forward_hooks or module._forward_pre_hooks:",
        "if module is None:",
        STACKED,
    ),
    Fault("landscapes/networks/stacked_runs.py", "or data[0].ndim != 2", "", STACKED),
    Fault("landscapes/networks/stacked_runs.py", "or len(network.train.batches) == 1)", "or network)", STACKED),
    Fault("landscapes/networks/stacked_runs.py", '("_WeightNorm", 0)', '("_WeightNorm", 1)', STACKED),
    Fault("landscapes/networks/stacked_runs.py", "and module.bias is not None", "", STACKED),
    Fault(
        "landscapes/networks/stacked_runs.py",
        "rows = [self.inner.gradient(row) for row in theta.reshape(-1, theta.shape[-1])]",
        "rows = list(self.inner.gradient(theta.reshape(-1, theta.shape[-1])))",
        STACKED,
    ),
    Fault(
        "landscapes/networks/stacked_runs.py",
        "type(module).__base__ is not nn.Linear",
        "not isinstance(module, nn.Linear)",
        STACKED,
    ),
    Fault("landscapes/networks/stacked_runs.py", "kind is nn.LayerNorm and", "", STACKED),
    Fault("experiments/together.py", "low = high", "low = 0", "tests/experiments/test_together.py"),
    Fault("experiments/together.py", "step.gradient.pop(member, None)", "pass", "tests/experiments/test_together.py"),
    Fault(
        "landscapes/networks/perceptron_runs.py",
        "aten.threshold_backward(back, h, 0)",
        "aten.mul(back, h)",
        "tests/experiments/test_together.py",
    ),
]

LOOKS = "tests/experiments/test_slice_looks.py -k "
SLICE_LINKS = "tests/experiments/test_slice_links.py -k "
SLICES_DRAWN = "tests/figures/test_slices.py -k "
SLICE_FILES = "tests/experiments/test_slice_export.py"
SLICE_PRINTS = "tests/figures/test_print_sliced.py -k "
PRINTED = "tests/figures/test_print.py -k "
SLICE_RACES = "tests/experiments/test_slice_race.py -k "
SHOWN_SLICES = [
    Fault(CELL + "compute.py", 'axis = 1 if spec.axes == "second" else 0', "axis = 0", LOOKS + "one_axis"),
    Fault(CELL + "compute.py", "start if j == START else ends[j]", "ends[j]", LOOKS + "0_and_1"),
    Fault(CELL + "paths.py", "result.off_plane, np.linalg", "0 * result.off_plane, np.linalg", LOOKS + "without_weights"),
    Fault(CELL + "look.py", "np.flatnonzero(guess != labels)", "np.flatnonzero(guess == labels)", LOOKS + "images"),
    Fault(CELL + "look.py", "np.exp(outputs - outputs.max(axis=1, keepdims=True))", "np.exp(outputs)", LOOKS + "chooses"),
    Fault(CELL + "look.py", "1 / (1 + np.exp(-np.abs(outputs[:, 0])))", "1 / (1 + np.exp(-outputs[:, 0]))", LOOKS + "chooses"),
    Fault(CELL + "cost.py", "if seconds(_with_side(spec, side)) <= most]", "]", LOOKS + "too_long"),
    Fault(CELL + "store.py", "if left > self.most_bytes and path != newest:", "if path != newest:", LOOKS + "make_room"),
    Fault(CELL + "requests.py", "coarse.done.size > told", "True", LOOKS + "coarse_maps_once"),
    Fault(CELL + "link.py", "affordable(fitted(read(text)))", "fitted(read(text))", SLICE_LINKS + "too_long"),
    Fault(CELL + "link.py", '"at": "" if view.at is None', '"at": "" if True', SLICE_LINKS + "every_kind"),
    Fault(
        CELL + "shown_slice.py",
        'cells.values["smallest"] / cells.values["largest"]',
        'cells.values["largest"]',
        SLICE_LINKS + "shown",
    ),
    Fault(CELL + "shown_slice.py", "every = every[np.isfinite(every)]", "every = every", SLICE_LINKS + "colours"),
    Fault("experiments/link.py", 'fields["batch"] = FULL', "pass", "tests/experiments/test_link.py -k every_step"),
    Fault("figures/decisions.py", "(found.probability - floor)", "(1 - found.probability)", SLICES_DRAWN + "decisions"),
    Fault("figures/slice_line.py", "(curve.values > 0) | (not log)", "curve.values > 0", SLICES_DRAWN + "line"),
    Fault("pages/network_slices_view.py", "level if inside else None", "level", SLICES_DRAWN + "scene"),
    Fault("static/stage/ground.js", "map.log, map.range)", "map.log)", "tests/figures/test_stage_js.py"),
    Fault(CELL + "link.py", '("kind", *(PULLED if', '("kind", *(() if', SLICE_LINKS + "would_change"),
    Fault(
        CELL + "export.py", "for j, i in np.ndindex(cells.shape):", "for i, j in np.ndindex(cells.shape[::-1]):", SLICE_FILES
    ),
    Fault(
        CELL + "export.py",
        "for k, (spec, cells) in enumerate(both):",
        "for k, (spec, cells) in enumerate(both[:1]):",
        SLICE_FILES,
    ),
    Fault(CELL + "shown_slice.py", "or fitted(made) != made:", "or False:", SLICE_FILES),
    Fault(
        "figures/sliced.py", "if slice_words.place(one) != slice_words.place(other):", "if True:", SLICES_DRAWN + "told_apart"
    ),
    Fault("figures/print/of_slice.py", "range=colours, level", "range=None, level", SLICE_PRINTS + "share"),
    Fault("figures/print/of_slice.py", "over if index == 0 else ()", "()", SLICE_PRINTS + "paths"),
    Fault("figures/slice_caption.py", "'over all test samples' if", "over if", SLICE_PRINTS + "caption"),
    Fault("figures/print/arrange.py", "legend = self._legend(listed, room)", "legend = 0.2 * room", PRINTED + "legend_of_many"),
    Fault("figures/print/layout.py", "if within and all(", "if all(", PRINTED + "legend_of_many"),
    Fault("experiments/slice_words.py", "sum(explained[:2]):.1%", "sum(explained):.1%", SLICE_RACES + "joint"),
    Fault("static/stage/picture.js", "measure(longer) <= room", "true", "tests/figures/test_stage_js.py"),
]

CONFORMANCE = "tests/pages/test_conformance.py -k "
NOTEBOOK = "tests/test_notebook.py -k "
GALLERY = "tests/test_gallery.py -k "
WAITING = "tests/pages/test_network_slices.py -k not_here"
CONFORMING = [
    Fault(
        "experiments/conformance.py", "outcome.passed is True for", "outcome.passed is not None for", CONFORMANCE + "told_apart"
    ),
    Fault(
        "pages/conformance_view.py",
        '"" if outcome.measured is None else short(outcome.measured, 3)',
        '"0"',
        CONFORMANCE + "opens",
    ),
    Fault("pages/conformance_view.py", "is not outcome.passed]", "is outcome.passed]", CONFORMANCE + "told_apart"),
    Fault("pages/conformance_view.py", "escape(words[:1].upper()", "(words[:1].upper()", CONFORMANCE + "told_apart"),
    Fault(
        "pages/conformance_view.py",
        "ran = (run.ours, *run.others)",
        "ran = (run.ours, *run.others[::-1])",
        CONFORMANCE + "opens",
    ),
    Fault("experiments/progress.py", "drawn.update(done - drawn.n)", "drawn.update(done)", NOTEBOOK + "bar"),
    Fault("experiments/progress.py", "if not shown:", "if False:", NOTEBOOK + "bar"),
    Fault("experiments/grids/view.py", "if start is None else start", "", NOTEBOOK + "blocks"),
    Fault("experiments/grids/view.py", "zip(START, window)", "zip(START[::-1], window)", NOTEBOOK + "any_landscape"),
    Fault(
        "figures/slice_map.py",
        "np.isfinite(grid.values[name]), grid.values[name], np.nan",
        "True, grid.values[name], 0",
        NOTEBOOK + "finite",
    ),
    Fault("figures/slice_map.py", "grid.span.coordinates(np.asarray(points))", "np.asarray(points)", NOTEBOOK + "blocks"),
    Fault(
        "benchmarks/gallery/maps.py",
        "for panel in panels])\n    scale",
        "for panel in panels[:1]])\n    scale",
        GALLERY + "maps",
    ),
    Fault("benchmarks/gallery/__main__.py", "for one in slices]", "for one in slices[:1]]", GALLERY + "page"),
    Fault(
        "benchmarks/gallery/__main__.py",
        "address(shown.spec.training, shown)",
        "address(picture.training, shown)",
        GALLERY + "own",
    ),
    Fault("benchmarks/gallery/slices.py", "place, Choice(kind, options)", "place, Choice(kind)", GALLERY + "own"),
    Fault("pages/network_slices.py", "view.spec.training != editor.experiment or is_stored", "True or is_stored", WAITING),
    Fault("pages/network.py", "if waits and title == network_slices.TITLE:", "if False:", WAITING),
    Fault(
        "pages/network_slices.py",
        "if state.pop(WAITED, False) and OPEN not in state:",
        "if False:",
        "tests/pages/test_network_slices.py -k still_waiting",
    ),
    Fault(
        "benchmarks/gallery/sheet.py",
        ".query(found.astype(float))[1]",
        ".query(255 - found.astype(float))[1]",
        GALLERY + "maps",
    ),
    Fault("pages/conformance.py", "known or shipped().ours.outcomes", "shipped().ours.outcomes", CONFORMANCE + "another"),
    Fault(
        "benchmarks/j3_slices.py",
        "for library, version in known)",
        "for library, version in known[:1])",
        "tests/test_benchmarks.py",
    ),
    Fault("landscapes/networks/network.py", "if evaluate.draws(start, train):", "if False:", OWN + "refused"),
    Fault("landscapes/networks/parts.py", "isinstance(batch[1], (tuple, list, Mapping))", "False", OWN + "curved"),
    Fault("landscapes/networks/module_loss.py", "key=lambda p: p.dtype.itemsize", "key=lambda p: 0", OWN + "digits"),
    Fault("landscapes/networks/module_loss.py", "if not loss.requires_grad:", "if False:", OWN + "derivative"),
    Fault("landscapes/networks/parts.py", "is_pair(batch) and batch[1].ndim == 1 and", "is_pair(batch) and", OWN + "accuracy"),
    Fault("landscapes/networks/grids/in_place.py", "if not isinstance(outputs, Tensor):", "if False:", OWN + "curved"),
    Fault("landscapes/networks/grids/facts.py", "or targets.ndim > 1:", "or False:", OWN + "curved"),
]

SHIPPED, SHOWN = "tests/experiments/test_shipped.py -k ", "tests/pages/test_network_finished.py -k "

FAR, MAPS = "tests/pages/test_network.py -k ", "tests/experiments/test_slice_maps.py -k "
FAR_PATHS = [
    Fault("static/stage/geometry.js", "steps?.[k] ?? k", "k", STAGE_JS),
    Fault("figures/payload.py", "arrays.place(runner.steps", "arrays.place(runner.drawn", "tests/figures/test_payload.py"),
    Fault("pages/network_view.py", "            steps=result.steps,\n", "", FAR + "counts"),
    Fault("pages/network_view.py", "max(1 - float(first + second), 0.0)", "1 - float(first + second)", FAR + "shares"),
    Fault("pages/network_view.py", "result.last_finite[i] + 1", "result.last_finite[i]", FAR + "diverged"),
    Fault("pages/network_view.py", "extent < DWARFED * longest", "extent > DWARFED * longest", FAR + "dwarfs"),
    Fault("figures/losses.py", "(c.values > top)).any()", "(c.values > top)).all()", FAR + "above"),
    Fault("pages/network_view.py", 'if last == steps else f"Stopped', 'if True else f"Stopped', FAR + "stopped"),
    Fault("experiments/grids/compute.py", "if i != START and not result.finite", "if result.finite", MAPS + "diverged"),
    Fault("experiments/grids/limits.py", "if not np.isfinite(gap):", "if False:", MAPS + "compared"),
    Fault("landscapes/networks/checkpoint.py", "and not path.stat().st_size", "and False", MENU_PAGE + "uploads"),
    Fault("static/stage/ground.js", "...(known ? h.levels(scale) : [])", "...h.levels(scale)", STAGE_JS),
    Fault("figures/spectrum.py", "for parts in ((1,), (1, 2, 5)):", "for parts in ():", "tests/figures/test_spectrum.py"),
    Fault("figures/spectrum.py", ">= FEWEST", ">= 0", "tests/figures/test_spectrum.py"),
]
FINISHED = [
    Fault(
        "experiments/shipped/trainings.py",
        '"skips", residual="yes"),\n        _mnist("plain"',
        '"skips", residual="yes", norm="batch"),\n        _mnist("plain"',
        SHIPPED + "one_switch",
    ),
    Fault(
        "experiments/shipped/files.py",
        "origin=result.origin.astype(np.float32)",
        "origin=0 * result.origin",
        SHIPPED + "left_out",
    ),
    Fault(
        "experiments/shipped/files.py",
        "if result.experiment.key != training.experiment.key:",
        "if False:",
        SHIPPED + "left_out",
    ),
    Fault("experiments/training_result.py", "return self.ends.shape[1] == 0", "return False", SHIPPED + "picture"),
    Fault("experiments/training.py", "plan or plan_of(experiment), ch", "plan_of(experiment), ch", SHIPPED + "makes_files"),
    Fault("pages/network_finished_view.py", 'zip(("off", "on"), values)', 'zip(("on", "off"), values)', SHOWN + "numbers_said"),
    Fault("pages/network_finished.py", "result.domain, key, colours)", "result.domain, key)", SHOWN + "same_colours"),
    Fault(
        "pages/network_data.py",
        "not result.pictured and not _dataset(result).missing()",
        "not result.pictured",
        SHOWN + "missing",
    ),
]

RACING = "tests/experiments/test_slice_race.py -k "
SLICE_PAGE = "tests/pages/test_race_slices.py -k "
RACED_SLICES = [
    Fault("experiments/slice_surface.py", "int(np.argmax(", "int(np.argmin(", RACING + "high_up"),
    Fault("experiments/slice_surface.py", 'dict.fromkeys(("loss", *more)', 'dict.fromkeys(("loss",)', RACING + "kept_one"),
    Fault("experiments/slice_choice.py", 'made.get("axes", "both") == "both"', "True", RACING + "given_directions"),
    Fault("experiments/slice_choice.py", '",".join(repr(end) for', '",".join(f"{end:g}" for', RACING + "comes_back"),
    Fault("experiments/slice_race.py", "if seconds(fewer) <= most:", "if True:", RACING + "hold_others"),
    Fault("landscapes/networks/plan.py", "[[False]], self.axes, axis=1)", "[[False]], 2, axis=1)", RACING + "fast_way"),
    Fault("experiments/race.py", "if landscape.dim == 1 else None", "if False else None", RACING + "worker_races"),
    Fault("figures/caption.py", 'f"{measured(landscape)}." if measured(landscape) else "",', '"",', RACING + "captions"),
    Fault("pages/cached.py", "is not None and not _experiment.landscape.parameters", "is not None", SLICE_PAGE + "stored_map"),
    Fault("pages/cached.py", "landscape = landscape.subset(samples)", "pass", SLICE_PAGE + "dragged"),
    Fault("pages/race_slice.py", "        race.change(fallback)\n", "", SLICE_PAGE + "cannot_be_raced"),
]

FAULTS = [
    *OPTIMIZERS,
    *WRAPPERS,
    *SURFACES,
    *TYPED,
    *MODIFIERS,
    *CORES,
    *EXPERIMENTS,
    *NETWORKS,
    *STAGE,
    *VIEWS,
    *PRINTS,
    *TAKEAWAY,
    *REPRODUCED,
    *SWEEPS,
    *EXPLORING,
    *EXPLORED_TAKEAWAY,
    *TRAINED_MAPS,
    *TRAINED,
    *FINISHED,
    *FAR_PATHS,
    *SLICES,
    *RACED_SLICES,
    *SHOWN_SLICES,
    *CONFORMING,
]


def copy_tree(where: Path) -> Path:
    """The working tree with the app's settings, without what else is hidden, built or installed."""
    hidden = shutil.ignore_patterns(".[!s]*", "__pycache__", "*.pyc", "node_modules", "venv", "data", "runs")
    return Path(shutil.copytree(ROOT, where, ignore=hidden))


def start(tree: Path, tests: str, report: Path) -> int:
    """The process id of pytest on these tests in the tree, forked from here, where the heavy libraries are loaded already."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        with report.open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        os.chdir(tree)
        sys.dont_write_bytecode = True  # two versions of a file within a second look alike to the cache
        sys.path[:] = [str(tree), *(entry for entry in sys.path if entry and Path(entry).resolve() != ROOT)]
        for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
            del sys.modules[name]
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", *shlex.split(tests)]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def last_word(report: Path) -> str:
    lines = report.read_text().splitlines()
    told = [line for line in lines if line.startswith(("FAILED", "ERROR"))] or lines[-1:]
    return told[0][:110] if told else ""


def attempt(jobs: Sequence[tuple[str, Fault | None]], folder: Path, at_once: int) -> Iterator[tuple[int, int | None, str]]:
    """Run each job's tests, with its fault in the tree, in as many copies at once; yields (index, exit code, what was seen).

    The exit code is None where the fault's piece is not in its file exactly once.
    """
    free = [copy_tree(folder / str(i)) for i in range(at_once) if not (folder / str(i)).exists()] or [
        folder / str(i) for i in range(at_once)
    ]
    running: dict[int, tuple[int, Path, Path, str]] = {}
    waiting = list(enumerate(jobs))
    while waiting or running:
        while waiting and free:
            index, (tests, fault) = waiting.pop(0)
            tree = free.pop()
            file = tree / (fault.file if fault else "pyproject.toml")
            right = file.read_text()
            if fault and right.count(fault.old) != 1:
                free.append(tree)
                yield index, None, f"STALE: the piece stands there {right.count(fault.old)} times"
                continue
            if fault:
                file.write_text(right.replace(fault.old, fault.new))
            running[start(tree, tests, tree / "report.txt")] = (index, tree, file, right)
        if running:
            child, status = os.wait()
            index, tree, file, right = running.pop(child)
            file.write_text(right)
            free.append(tree)
            yield index, os.waitstatus_to_exitcode(status), last_word(tree / "report.txt")


def sound(every: Collection[str], folder: Path, at_once: int) -> list[str]:
    """Those of the tests that do not pass where there is no fault, with what was seen."""
    bad, left = [], sorted(every)
    for more in ("", WHOLE):  # where the default suite has none of them, the slow ones count
        names, left = left, []
        for index, code, seen in attempt([(name + more, None) for name in names], folder, at_once):
            if code == NONE and not more:
                left.append(names[index])
            elif code != PASSED:
                bad.append(f"{names[index]}: {seen}")
    return bad


def tried(faults: Sequence[Fault], folder: Path, at_once: int) -> Iterator[tuple[Fault, int | None, str]]:
    for index, code, seen in attempt([(fault.tests, fault) for fault in faults], folder, at_once):
        yield faults[index], code, seen


def tell(fault: Fault, verdict: str, seen: str) -> None:
    change = f"{fault.old.strip()!r:.48} -> {fault.new.strip()!r:.48}"
    print(f"{verdict}  {fault.file}: {change}\n        {seen}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("words", nargs="*", help="only faults that contain one of these")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args(arguments)
    chosen = [f for f in FAULTS if not given.words or any(word in " ".join(f) for word in given.words)]
    began, total = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        unsound = sound({fault.tests for fault in chosen}, Path(folder), given.jobs)
        if unsound:
            print("without any fault these do not pass:", *unsound, sep="\n")
            return 1
        silent = []
        for fault, code, seen in tried(chosen, Path(folder), given.jobs):
            total += code == FAILED
            if code in (PASSED, NONE) and "-m " not in fault.tests:
                silent.append(fault._replace(tests=fault.tests + WHOLE))
            else:
                tell(fault, "caught" if code == FAILED else "MISSED", seen)
        for fault, code, seen in tried(silent, Path(folder), given.jobs):
            total += code == FAILED
            tell(fault, "caught by slow tests" if code == FAILED else "MISSED", seen)
    print(f"in {time.monotonic() - began:.0f} s\ncaught {total} of {len(chosen)}")
    return 0 if total == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())

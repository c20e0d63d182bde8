"""A landscape written as torch code: the loss, what optimizers see of it in step t, and the inputs that NSGD divides by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from experiments.script.formula_code import Name, helpers, number, written
from experiments.script.random_code import BATCH, NORMALS, PHILOX
from experiments.spec import SLICE, Experiment
from landscapes.linear_maps import LinearMap
from landscapes.noise import STREAM, GradientNoise
from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import Surface
from optimizers.optimizer import HESSIAN, HVP, INPUTS, Needs

GRADIENT = '''def gradient(theta, t):
    """The gradient as the optimizers see it in step t."""
    theta = theta.detach().requires_grad_()
    (slope,) = torch.autograd.grad(seen_loss(theta, t), theta)
    return slope{noise}'''
HESSIAN_CODE = """def hessian(theta, t):
    return torch.autograd.functional.hessian(lambda point: seen_loss(point, t), theta.detach())"""
RESIDUAL_TERMS = '''def input_terms(theta, t, norm):
    """What NSGD divides, r J of each residual, and by what: the power of its linearisation J."""
    rows = torch.autograd.functional.jacobian(residuals, theta)
    power = rows**2 if norm == "l2" else rows.abs()
    return residuals(theta)[:, None] * rows, power.sum(1, keepdim=True).expand_as(rows)'''
INPUT_TERMS = '''def input_terms(theta, t, norm):
    """What NSGD divides, the gradient, and by what: for each weight the mean power of the inputs that its layer sees."""
    powers = [(x**2 if norm == "l2" else x.abs()).sum(1).mean().expand(x.shape[1]) for x in inputs(theta, t)]
    return gradient(theta, t)[None], torch.cat(powers)[None]'''
IMPORTED = """# A slice through a trained network: its data come from this project, so run this where its packages are.
# They multiply in float32: numbers agree for some steps, as far as that precision reaches.
from experiments import Experiment

landscape = Experiment.from_json({json}).make_landscape()


def loss(theta):
    return torch.tensor(landscape.loss(theta.detach().numpy()))


def gradient(theta, t):
    return torch.tensor(landscape.gradient(theta.detach().numpy()))


def hessian(theta, t):
    return torch.tensor(landscape.hessian(theta.detach().numpy()))


def input_terms(theta, t, norm):
    return tuple(torch.tensor(part) for part in landscape.input_terms(theta.detach().numpy(), norm))"""


class LandscapeCode:
    """The pieces of code of an experiment's landscape.

    With `numbers`, a list, every number of the landscape is written as p[K] and put into the list as its K-th: landscapes that
    differ in their numbers alone then have the same text. With `many`, noise is that of run RUN.
    """

    def __init__(self, experiment: Experiment, landscape: Any, numbers: list[float] | None = None, many: bool = False) -> None:
        self.experiment, self.landscape, self.numbers, self.many = experiment, landscape, numbers, many
        self.maps: list[tuple[str, Sequence[Sequence[float | Name]]]] = []  # from the outside in
        self.noises: list[tuple[float | Name, int, np.ndarray]] = []  # sigma, stream, and the map to where it is added
        surface, back = landscape, np.eye(landscape.dim)
        while isinstance(surface, (LinearMap, GradientNoise)):
            if isinstance(surface, LinearMap):
                change = "moved" if numbers is not None else surface.change
                self.maps.append((change, [[self._told(m) for m in row] for row in np.array(surface.back).tolist()]))
                back = np.array(surface.back) @ back
            else:
                self.noises.append((self._told(surface.sigma), STREAM + _noises_in(surface.inner), back))
            surface = surface.inner
        self.back = back
        self.surface: Surface = surface

    def pieces(self, needs: Needs) -> list[str]:
        """The text, piece by piece; the Hessian and the inputs only where a rule asks for them."""
        if self.experiment.landscape.key == SLICE:
            return [IMPORTED.replace("{json}", repr(self.experiment.as_json()))]
        formula, drawn = self.surface.formula, []
        curved, with_inputs = bool((HESSIAN | HVP) & needs), INPUTS in needs
        if self.noises or self.experiment.batch_size:
            drawn.append(PHILOX)
        told = {"on": "the run, ", "first": "RUN * blocks + "} if self.many else {"on": "", "first": ""}
        drawn += [NORMALS.format(**told)] if self.noises else []
        drawn += [BATCH] if self.experiment.batch_size else []
        own = [self._function("loss(theta)", f'"""{self._title()}"""', [formula.loss_graph], "return {0}")]
        seen = self._seen()
        asked = [GRADIENT.format(noise=self._noise()), *([HESSIAN_CODE] if curved else [])]
        own += [seen, *asked] if seen else [text.replace("seen_loss(theta, t)", "loss(theta)").replace(
            "lambda point: seen_loss(point, t)", "loss") for text in asked]  # fmt: skip
        own += self._inputs() if with_inputs else []
        own += [self._feasible()] if self.bounds else []
        return [*drawn, *helpers("\n".join(own)), *own]

    def _told(self, value: float) -> float | Name:
        """A number as it is written."""
        if self.numbers is None:
            return value
        self.numbers.append(float(value))
        return Name(f"p[{len(self.numbers) - 1}]")

    def _matrix(self, matrix: np.ndarray) -> str:
        if self.numbers is None:
            return str(matrix.tolist())
        rows = (", ".join(str(self._told(m)) for m in row) for row in matrix.tolist())
        return f"[{', '.join(f'[{row}]' for row in rows)}]"

    def _is_one(self, matrix: np.ndarray) -> bool:
        """Whether it changes nothing, whatever the numbers."""
        return not self.maps if self.numbers is not None else bool((matrix == np.eye(len(matrix))).all())

    @property
    def bounds(self) -> Any:
        return getattr(self.surface, "family", None) and self.surface.bounds

    def _title(self) -> str:
        if self.numbers is not None:
            return f"{self.surface.name}, whose numbers are p."
        given = ", ".join(
            f"{name} = {value:g}" for name, value in self.surface.parameters.items() if not isinstance(value, str)
        )
        typed = self.surface.parameters.get("formula")
        told = f": {typed}" if typed else f", {given}" if given else ""
        return f"{self.surface.name}{told}."

    def _function(self, head: str, note: str, outputs: Sequence[Expression], result: str) -> str:
        lines, codes = written(outputs, self._constants)
        body = [note, *self._coordinates(), *lines, result.format(*codes, all=", ".join(codes))]
        return "\n    ".join([f"def {head}:", *[line for line in body if line]])

    @cached_property
    def _constants(self) -> dict[str, float | Name]:
        told = [self._told(value) for value in self.surface._constants]
        return dict(zip(self.surface.formula.constants, told))

    def _coordinates(self) -> list[str]:
        names = list(self.surface.formula.coordinates)
        one = "," if len(names) == 1 else ""
        lines = [f"{', '.join(names)}{one} = theta"]
        for change, rows in self.maps:
            codes = (" + ".join(f"{_factor(m)}{n}" for m, n in zip(row, names) if m) for row in rows)
            lines.append(f"{', '.join(names)}{one} = {', '.join(codes)}{one}  # the picture is {change}")
        return lines

    def _seen(self) -> str:
        """The loss that step t sees, where it is another one."""
        formula, rounds = self.surface.formula, self.surface.family.rounds
        if rounds:
            graphs, note = [r.loss_graph for r in rounds], '"""The losses of the steps take turns."""'
            return self._function("seen_loss(theta, t)", note, graphs, f"return [{{all}}][t % {len(graphs)}]")
        if self.experiment.batch_size:
            note = '"""The mean half square of the errors of the mini-batch of step t."""'
            result = "errors = [{all}]\n    return sum(0.5 * errors[n] ** 2 for n in batch(t)) / BATCH_SIZE"
            return self._function("seen_loss(theta, t)", note, list(formula.errors), result)
        return ""

    def _noise(self) -> str:
        text = ""
        for sigma, stream, back in self.noises:
            drawn = f"{number(sigma)} * normals(t, {len(back)}, {stream})"
            text += f" + {drawn}" if self._is_one(back) else f" + torch.tensor({self._matrix(back.T)}) @ ({drawn})"
        return text

    def _inputs(self) -> list[str]:
        formula = self.surface.formula
        if formula.residuals:
            return [self._function("residuals(theta)", "", formula.residuals, "return torch.stack([{all}])"), RESIDUAL_TERMS]
        components = [c for samples in formula.blocks.values() for sample in samples for c in sample]
        lines, codes = written(components, self._constants)
        shown, at, left = [], 0, iter(codes)
        for samples in formula.blocks.values():
            cut = slice(at, at + len(samples[0]))
            table = ", ".join(f"[{', '.join(next(left) for _ in sample)}]" for sample in samples)
            part = self.back[cut, cut]
            moved = "" if self._is_one(part) else f" @ torch.tensor({self._matrix(part)})"
            shown.append(f"torch.tensor([{table}], dtype=torch.float64){moved}")
            at = cut.stop
        chosen = "[x[batch(t)] for x in layers]" if self.experiment.batch_size else "layers"
        note = '"""For each layer the inputs that its samples show it, one row for each."""'
        body = [note, *self._coordinates(), *lines, f"layers = [{', '.join(shown)}]", f"return {chosen}"]
        return ["\n    ".join(["def inputs(theta, t):", *body]), INPUT_TERMS]

    def _feasible(self) -> str:
        low, high = np.array(self.surface.bounds, dtype=float).T.tolist()
        clamped = f"point.clamp(torch.tensor({low}), torch.tensor({high}))"
        note = '    """The nearest feasible point."""'
        if not self.maps:
            return f"def feasible(point):\n{note}\n    return {clamped}"
        there = np.eye(self.landscape.dim)
        layer = self.landscape
        while layer is not self.surface:
            there = there @ np.array(layer.there) if isinstance(layer, LinearMap) else there
            layer = layer.inner
        return (
            f"def feasible(point):\n{note}\n    point = torch.tensor({self._matrix(self.back)}) @ point\n"
            f"    return torch.tensor({self._matrix(there)}) @ {clamped}"
        )


def _noises_in(layer: Any) -> int:
    return isinstance(layer, GradientNoise) + (_noises_in(layer.inner) if hasattr(layer, "inner") else 0)


def _factor(value: float | Name) -> str:
    return "" if value == 1 else f"{number(value)} * "

"""What is made of a surface's formula: its derivatives, compiled; its constants, taken out of the loop; its LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from landscapes.landscape import Norm
from landscapes.surfaces.expression import Expression, apply, compile_function, derivative, latex, lift, names_in, symbol


@dataclass(frozen=True)
class Formula:
    """What is compiled once for a surface's formula: loss, gradient, Hessian, and the inputs where it has any.

    `blocks` maps a block's name to the input vectors it sees, one per sample, as expressions. `residuals` are expressions
    whose squares add up to the loss, `errors` those of the samples: the mean of half their squares is the loss.
    """

    coordinates: tuple[str, ...]
    constants: tuple[str, ...]
    loss_graph: Expression
    blocks: Mapping[str, Sequence[Sequence[Expression]]]
    residuals: Sequence[Expression]
    errors: Sequence[Expression] = ()

    def compiled(self, outputs: Sequence[Expression]) -> Callable[..., Any]:
        return compile_function(outputs, self.coordinates, self.constants)

    @cached_property
    def gradient_graphs(self) -> list[Expression]:
        return self._slopes(self.loss_graph)

    @cached_property
    def loss(self) -> Callable[..., Any]:
        return self.compiled([self.loss_graph])

    @cached_property
    def gradient(self) -> Callable[..., Any]:
        return self.compiled(self.gradient_graphs)

    @cached_property
    def hessian_graphs(self) -> list[Expression]:
        """Row by row the upper triangle: xx, xy, yy."""
        rows = enumerate(self.gradient_graphs)
        return [derivative(g, name) for i, g in rows for name in self.coordinates[i:]]

    @cached_property
    def hessian(self) -> Callable[..., Any]:
        return self.compiled(self.hessian_graphs)

    @cached_property
    def residual_jacobian(self) -> Callable[..., Any]:
        """Each residual followed by its derivative along every coordinate."""
        return self.compiled([e for r in self.residuals for e in (r, *self._slopes(r))])

    @cached_property
    def error_jacobian(self) -> Callable[..., Any]:
        """Each sample's error followed by its derivative along every coordinate."""
        return self.compiled([e for error in self.errors for e in (error, *self._slopes(error))])

    @cached_property
    def linear(self) -> bool:
        """Whether the samples' errors are linear in the coordinates."""
        return all(d == lift(0) for error in self.errors for slope in self._slopes(error) for d in self._slopes(slope))

    def _slopes(self, e: Expression) -> list[Expression]:
        return [derivative(e, name) for name in self.coordinates]

    @cached_property
    def samples(self) -> tuple[Formula, ...]:
        """The formula of each sample alone."""
        seen = [{name: [vectors[i]] for name, vectors in self.blocks.items()} for i in range(len(self.errors))]
        return tuple(
            Formula(self.coordinates, self.constants, 0.5 * error**2, blocks, (), (error,))
            for error, blocks in zip(self.errors, seen)
        )

    @cached_property
    def input_vectors(self) -> Callable[..., Any]:
        """All components of all input vectors: block by block, sample by sample."""
        return self.compiled([c for samples in self.blocks.values() for sample in samples for c in sample])

    def input_power(self, norm: Norm) -> Callable[..., Any]:
        return self._l2_power if norm == "l2" else self._l1_power

    @cached_property
    def _l2_power(self) -> Callable[..., Any]:
        return self.compiled(self._powers(lambda c: c * c))

    @cached_property
    def _l1_power(self) -> Callable[..., Any]:
        return self.compiled(self._powers(lambda c: apply("absolute", c)))

    def _powers(self, magnitude: Callable[[Expression], Expression]) -> list[Expression]:
        """For each coordinate the mean over samples of its block's summed magnitudes."""
        outputs = []
        for samples in self.blocks.values():
            total = lift(0)
            for sample in samples:
                for component in sample:
                    total = total + magnitude(component)
            outputs += [total / len(samples)] * len(samples[0])
        return outputs


def printed(coordinates: Sequence[str], formula: Expression) -> str:
    """f(x, y) = ... in LaTeX, and a line for each name the formula uses."""
    head = f"f({', '.join(latex(symbol(name)) for name in coordinates)})"
    lines = [f"{label} &= {latex(meaning)}" for label, meaning in names_in(formula).items()]
    return r"\begin{aligned}" + r" \\ ".join([f"{head} &= {latex(formula)}", *lines]) + r"\end{aligned}"


class Hoisted:
    """Replaces what depends on parameters alone by named constants, so that it is computed once per surface, not per step."""

    def __init__(self, parameters: tuple[str, ...]) -> None:
        self.parameters = parameters
        self.names: dict[Expression, str] = {}

    def constant(self, e: Expression) -> bool:
        if e.op == "symbol":
            return e.args[0] in self.parameters
        return all(self.constant(a) for a in e.args if isinstance(a, Expression))

    def __call__(self, e: Expression) -> Expression:
        if e.op == "number":
            return e
        if self.constant(e):
            return symbol(self.names.setdefault(e, f"c{len(self.names)}"))
        return Expression(e.op, tuple(self(a) if isinstance(a, Expression) else a for a in e.args))

"""A torch module, a criterion and data as a landscape over one flat vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from landscapes.arrays import Array
from landscapes.batches import OnBatch
from landscapes.landscape import Block, Landscape, Matrix, Norm, Point, Scalar
from landscapes.networks.inputs import InputPower, input_layers
from landscapes.networks.layers import input_reason
from landscapes.networks.module_loss import Criterion, ModuleLoss, copied
from landscapes.networks.normalisation import Statistics, batch_norms, blank_statistics, set_mode, tracking
from landscapes.networks.parts import Parts, labels_in, sum_of
from landscapes.networks.perceptron_hessian import perceptron_hessian
from landscapes.networks.runs import Runs
from landscapes.networks.second_order import HessianProducts
from landscapes.networks.task import Perceptron


@dataclass(frozen=True, eq=False)
class Network(Landscape):
    """The mean loss of a module over data, as a function of all its trainable parameters in one vector.

    The module is a copy in eval mode: the caller's stays bit-identical, and there is no dropout. theta `(*runs, dim)` takes the
    parameters in the module's own order; frozen ones keep their values. Loss, gradient and Hessian are torch's autograd, exact
    to the dtype's rounding. `train` is what the loss is over; `test` is seen by no loss. `statistics` says what BatchNorm
    normalises by: the buffers ("frozen"), or each batch's own mean and variance ("recomputed"). `plan` says that this is a
    perceptron with mean cross-entropy, whose Hessian has a faster form; `products` counts multiplications in a forward pass
    over all samples, where that is known. Made by `Network.of`.
    """

    name: str
    evaluate: ModuleLoss
    train: Parts
    test: Parts | None
    start: tuple[float, ...]
    statistics: Statistics = "frozen"
    unknown_inputs: str | None = None
    plan: Perceptron | None = None
    products: int | None = None
    _runs: Runs = field(default_factory=Runs, repr=False)

    input_note = (
        "Every layer's true input: the mean over the batch of the squared norm of what enters it; for a convolution also over "
        "all positions of its window."
    )

    @classmethod
    def of(
        cls,
        module: nn.Module,
        criterion: Criterion,
        data: Any = None,
        test: Any = None,
        name: str = "Network",
        *,
        statistics: Statistics = "frozen",
        part: int | None = None,
        samples: int | None = None,
    ) -> Network:
        """The landscape of any module, criterion and data; it starts at the module's present weights.

        data (inputs, targets): the loss is criterion(module(inputs), targets), a mean over samples; either may be several
        tensors, inputs as the module's arguments. Any other batch, a dict for one: criterion(module, batch). None:
        criterion(module). A DataLoader, or other batches one after the other, are read once; their means are weighted by their
        sizes. `part` cuts data into parts of so many samples, which bounds memory; `samples` bounds how many are read from a
        loader. Data go to the module's device. Raises ValueError for what cannot be a landscape, in a sentence.
        """
        copy, parameters = copied(module, statistics)
        known = input_layers(copy)
        blocks = tuple(Block(n, tuple(p.shape), inputs=n in known) for n, p in parameters.items())
        place = next(iter(parameters.values())).device
        sets = [None if d is None else Parts.of(d, part, samples).moved(lambda t: t.to(place)) for d in (data, test)]
        evaluate, train = ModuleLoss(name, copy, criterion, blocks), sets[0] or Parts.of(None)
        start = torch.cat([p.detach().reshape(-1).to(evaluate.like.dtype) for p in parameters.values()])
        if evaluate.draws(start, train):
            raise ValueError(
                f"{name}: its module or criterion draws random numbers in eval mode too, so that its loss is no function of "
                "the weights; functional.dropout needs training=self.training, and other noise has to be drawn before, as data"
            )
        return cls(
            name=name,
            evaluate=evaluate,
            train=train,
            test=sets[1],
            start=tuple(start.tolist()),
            statistics=statistics,
            unknown_inputs=input_reason(name, blocks),
        )

    @property
    def module(self) -> nn.Module:
        return self.evaluate.module

    @property
    def blocks(self) -> tuple[Block, ...]:  # type: ignore[override]  # the module's
        return self.evaluate.blocks

    @property
    def samples(self) -> int:
        return self.train.samples

    @property
    def inputs(self) -> Any:
        """All inputs, where the data are pairs of inputs and targets."""
        return self.train.joined[0]

    @property
    def targets(self) -> Tensor:
        """All targets, where the data are pairs of inputs and targets."""
        return self.train.joined[1]

    @property
    def input_reason(self) -> str | None:
        return self.unknown_inputs

    @property
    def classifies(self) -> bool:
        """Whether there are test samples with classes, so that there is an accuracy."""
        batches = () if self.test is None else self.test.batches
        return bool(batches) and all(labels_in(batch) for batch in batches)

    def _changed(self, **fields: Any) -> Self:
        """With other fields, and nothing remembered."""
        return replace(self, **fields, _runs=Runs())

    def chosen(self, indices: np.ndarray) -> Network:
        """The landscape on some of the samples, with the same weights. ValueError where samples cannot be told apart."""
        return self._changed(train=self.train.chosen(indices))

    def on_batches(self, size: int) -> OnBatch:
        if self.train.joined is None:
            raise ValueError(f"{self.name}: no mini-batches can be drawn, for {self.train.reason}")
        return OnBatch(self, size)

    def to(self, place: str | torch.dtype) -> Self:
        """The same landscape on another device ("cuda") or in another floating-point type."""
        keep = isinstance(place, torch.dtype)

        def moved(tensor: Tensor) -> Tensor:
            return tensor if keep and not tensor.is_floating_point() else tensor.to(place)

        criterion = self.evaluate.criterion
        return self._changed(
            evaluate=replace(
                self.evaluate,
                module=deepcopy(self.module).to(place),
                criterion=deepcopy(criterion).to(place) if isinstance(criterion, nn.Module) else criterion,
            ),
            train=self.train.moved(moved),
            test=None if self.test is None else self.test.moved(moved),
        )

    def with_statistics(self, statistics: Statistics) -> Network:
        """The same network with BatchNorm by its buffers ("frozen"), or by each batch's own statistics ("recomputed")."""
        module = deepcopy(self.module)
        set_mode(module, statistics)
        return self._changed(evaluate=replace(self.evaluate, module=module), statistics=statistics)

    def with_state(self, state: Mapping[str, Tensor]) -> Network:
        """The same network with the weights and buffers of a module's state; it starts there."""
        module = deepcopy(self.module)
        module.load_state_dict(state)
        weights = torch.cat([module.get_parameter(block.name).detach().reshape(-1) for block in self.blocks])
        return self._changed(evaluate=replace(self.evaluate, module=module), start=tuple(weights.tolist()))

    def frozen_at(self, theta: Point) -> Network:
        """The network with BatchNorm frozen at the statistics that its training samples have at the single point theta."""
        made = self.with_statistics("frozen")
        with torch.no_grad():
            for name, value in self._gathered(theta.detach()).items():
                made.module.get_buffer(name).copy_(value)
        return made

    def point(self, values: Any) -> Point:
        return torch.as_tensor(values, dtype=self.evaluate.like.dtype, device=self.evaluate.like.device)

    @cached_property
    def _hessian_products(self) -> HessianProducts:
        return HessianProducts(self.evaluate, self.train)

    def _mean(self, of: Callable[[Tensor, Any], Tensor], theta: Tensor) -> Tensor:
        """The weighted mean of a function of theta and each batch; one batch after the other, so that one graph is kept."""
        return sum_of(weight * of(theta, batch) for weight, batch in self.train.weighted)

    def loss(self, theta: Point) -> Scalar:
        """Gradients stay on, for a criterion that differentiates by its data; without those no graph is made."""

        def one(row: Tensor) -> Tensor:
            return self._mean(self.evaluate, row)

        return self._runs.each("loss", lambda row: one(row).detach(), torch.vmap(one), theta.detach()).detach()

    def gradient(self, theta: Point) -> Point:
        vmapped = torch.vmap(torch.func.grad(lambda row: self._mean(self.evaluate, row)))
        return self._runs.each("gradient", lambda row: self._mean(self.evaluate.gradient, row), vmapped, theta.detach())

    def hvp(self, theta: Point, vector: Point) -> Point:
        return self.hessian_products(theta, vector[..., None, :])[..., 0, :]

    def hessian_products(self, theta: Point, vectors: Array) -> Array:
        """Hessian times `(*runs, count, dim)` vectors; those of one run share its graph."""
        if theta.ndim == 1:
            return self._hessian_products(theta, vectors)
        pairs = zip(theta.reshape(-1, theta.shape[-1]), vectors.reshape(-1, *vectors.shape[-2:]))
        return torch.stack([self._hessian_products(t, v) for t, v in pairs]).reshape(vectors.shape)

    def hessian(self, theta: Point) -> Matrix:
        """Every column by `hvp`, then made exactly symmetric: `(*runs, dim, dim)`; a perceptron's by its blocks."""
        if theta.ndim == 1 and self.plan is not None:
            return perceptron_hessian(self.plan, theta.detach(), self.inputs, self.targets)
        if theta.ndim == 1:
            eye = torch.eye(theta.shape[-1], dtype=theta.dtype, device=theta.device)
            columns = self._hessian_products(theta, eye)
            return (columns + columns.mT) / 2
        rows = [self.hessian(row) for row in theta.reshape(-1, theta.shape[-1])]
        return torch.stack(rows).reshape(*theta.shape, theta.shape[-1])

    def _watched(self, theta: Tensor, norm: Norm, of: Callable[[Tensor, Any], Tensor]) -> tuple[Tensor, Tensor]:
        """Each block's input power `(blocks,)`, 1 for blocks without inputs, seen while the mean of `of` is taken; and that."""
        if self.input_reason:
            raise ValueError(self.input_reason)
        power = InputPower(norm)
        with power.watching(self.evaluate.input_layers):
            mean = self._mean(of, theta)
        one = theta.new_ones(())
        return torch.stack([power.mean(b.name).to(one) if b.inputs else one for b in self.blocks]).detach(), mean

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        flat = theta.detach().reshape(-1, theta.shape[-1])
        rows = [self._watched(row, norm, lambda t, batch: self.evaluate(t, batch).detach())[0] for row in flat]
        return self._spread(torch.stack(rows)).reshape(theta.shape)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """The gradient as the one term, and the input power: both from the same forward pass."""
        rows = [self._watched(row, norm, self.evaluate.gradient) for row in theta.reshape(-1, theta.shape[-1])]
        shape = (*theta.shape[:-1], 1, theta.shape[-1])
        spread = self._spread(torch.stack([power for power, _ in rows]))
        return torch.stack([gradient for _, gradient in rows]).reshape(shape), spread.reshape(shape)

    def _spread(self, powers: Tensor) -> Tensor:
        """A number of each block, `(runs, blocks)`, at each of its weights, `(runs, dim)`."""
        return powers.repeat_interleave(self.evaluate.repeats, dim=-1, output_size=self.dim)  # else a GPU is waited for

    def _gathered(self, theta: Tensor) -> dict[str, Tensor]:
        """BatchNorm's running statistics after one pass over the training samples at one point, by buffer name."""
        gathered = blank_statistics(self.module)
        if gathered:
            loss = replace(self.evaluate, module=tracking(self.module))
            for batch in self.train.batches:
                loss(theta, batch, gathered)
        return gathered

    @cached_property
    def _in_test(self) -> ModuleLoss:
        return self.with_statistics("frozen").evaluate

    def _test_statistics(self, theta: Tensor) -> dict[str, Tensor]:
        """The buffers that test samples are normalised by: the training samples' statistics, where they are not frozen."""
        return self._gathered(theta) if self.statistics == "recomputed" and any(batch_norms(self.module)) else {}

    def accuracy(self, theta: Point) -> Scalar:
        """The fraction of test samples whose largest output is the label, `(*runs,)`; NaN where an output is not finite.

        A single output says class 1 where it is positive. Raises ValueError where there are no test samples with classes.
        """
        if self.test is None or not self.classifies:
            raise ValueError(f"{self.name} has no test samples" + (" with classes" if self.test else ""))
        rows = []
        for row in theta.detach().reshape(-1, theta.shape[-1]):
            buffers, right = self._test_statistics(row), row.new_zeros(())
            for inputs, labels in self.test.batches:
                outputs = self._in_test.outputs(row, inputs, buffers)
                if not isinstance(outputs, Tensor):
                    raise ValueError(f"{self.name}: its outputs are not one tensor of scores, so there is no accuracy")
                guesses = outputs.argmax(-1) if outputs.shape[-1] > 1 else (outputs[..., 0] > 0).to(labels.dtype)
                right = right + torch.where(outputs.isfinite().all(), (guesses == labels).sum(), float("nan"))
            rows.append(right / self.test.samples)
        return torch.stack(rows).reshape(theta.shape[:-1])

    def predictions(self, theta: Point, inputs: Any) -> Array:
        """The outputs for other inputs at a single point, normalised as test samples are: `(samples, ...)`."""
        with torch.no_grad():
            outputs: Array = self._in_test.outputs(theta.detach(), inputs, self._test_statistics(theta.detach()))
        return outputs

    def test_loss(self, theta: Point) -> Scalar:
        """The mean loss over the test samples, `(*runs,)`. Raises ValueError where there are none."""
        if self.test is None:
            raise ValueError(f"{self.name} has no test samples")
        rows = []
        for row in theta.detach().reshape(-1, theta.shape[-1]):
            buffers = self._test_statistics(row)
            rows.append(sum_of(weight * self._in_test(row, batch, buffers) for weight, batch in self.test.weighted).detach())
        return torch.stack(rows).reshape(theta.shape[:-1])

"""The bridge to torch: drives the parameters of an ordinary `torch.nn.Module` with an optimizer of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import numpy as np
import torch

from landscapes.landscape import Block, Landscape, Matrix, Point, Scalar
from landscapes.oracle import Oracle
from optimizers.optimizer import GRAD, Optimizer, State
from optimizers.wrappers.wrapper import assigned

OTHERS = ("params", "param_names", "initial_lr")  # what torch itself puts into a parameter group


def torch_bridge(optimizer: Optimizer) -> Callable[..., TorchBridge]:
    """What makes a `torch.optim.Optimizer` of parameters: `torch_bridge(Adam(lr=0.01))(module.parameters())`.

    Raises ValueError for an optimizer that asks for more than gradients, for layers, or whose hyperparameters are a sweep.
    """
    _check(optimizer)
    return partial(TorchBridge, optimizer=optimizer)


class TorchBridge(torch.optim.Optimizer):
    """One of our optimizers as a `torch.optim.Optimizer`.

    The parameters of one group are one flat point `(dim,)`, so that a norm is that of the whole group's gradient: put all into
    one group for what clips by norm. Each group has every hyperparameter under its name in `hyperparameters`, such as "lr" or
    "clip.norm", may be given its own values, and is read at each step: torch's learning rate schedulers work.

    A parameter without a gradient (frozen, or not used) stays exactly where it is, and so does what the rule remembers of it;
    to the rule it looks like a 0 without gradient, so that no norm has anything of it. Unlike in torch, where every parameter
    counts its own steps, a group counts together: thaw a parameter by `add_param_group`, and it begins anew.

    Raises TypeError for hyperparameters that the optimizer does not have, ValueError for values out of range and for groups of
    mixed type or device.
    """

    def __init__(self, params: Iterable[Any], optimizer: Optimizer) -> None:
        _check(optimizer)
        self.optimizer = optimizer
        super().__init__(params, dict(optimizer.hyperparameters))

    def __getstate__(self) -> dict[str, Any]:
        """torch names what is copied and pickled; the optimizer belongs to it."""
        return {**super().__getstate__(), "optimizer": self.optimizer}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        given = {name: value for name, value in param_group.items() if name not in OTHERS}
        self.optimizer.with_hyperparameters(**given)  # raises for what is wrong
        super().add_param_group(param_group)
        group = self.param_groups[-1]["params"]
        if len({(p.dtype, p.device) for p in group}) > 1 or not all(p.is_floating_point() for p in group):
            self.param_groups.pop()
            raise ValueError("the parameters of one group must be of one real type on one device")

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move the parameters once; with a closure, after calling it, and then return its loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for name, group in self._named_groups():
            self._step_group(name, group)
        return loss

    def _step_group(self, name: str, group: Mapping[str, Any]) -> None:
        parameters = group["params"]
        moving = [p.grad is not None for p in parameters]
        if not any(moving):
            return
        theta = torch.cat([p.detach().reshape(-1) for p in parameters])
        grad = torch.cat([_flat_gradient(p) for p in parameters])
        before = self._remembered[name] if name in self._remembered else self.optimizer.init(theta)
        sizes = [p.numel() for p in parameters]
        if not all(moving):
            mask = torch.repeat_interleave(torch.tensor(moving), torch.tensor(sizes)).to(theta.device)
            theta = torch.where(mask, theta, 0)
        step, after = self._present(group).update(Oracle(_Gradient(theta, grad), theta), before)
        self._remembered[name] = after if all(moving) else _merged(mask, after, before)
        for p, moves, part in zip(parameters, moving, step.split(sizes)):
            if moves:
                p.add_(part.view_as(p))

    def _present(self, group: Mapping[str, Any]) -> Optimizer:
        """The optimizer with the group's hyperparameters. Not validated: a scheduler may end at a learning rate of 0."""
        present = self.optimizer
        for name, value in self.optimizer.hyperparameters.items():
            if group[name] != value:
                present = assigned(present, name, group[name])
        return present

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, to the same bits; on another device what is remembered moves along.

        Raises ValueError for what an optimizer with other hyperparameters, or for other parameters, gave.
        """
        for group in state_dict["param_groups"]:
            missing = [name for name in self.defaults if name not in group]
            if missing:
                raise ValueError(f"this is the state of another optimizer than {self.optimizer.title}: it has no {missing[0]}")
        super().load_state_dict(state_dict)
        for name, group in self._named_groups():
            if name in self._remembered:
                self._remembered[name] = _moved(self._remembered[name], group["params"][0].device)

    @property
    def _remembered(self) -> dict[str, State]:
        """What the rule remembers of each group. torch stores entries under names as they are, those of parameters it casts."""
        return cast("dict[str, State]", self.state)

    def _named_groups(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((f"group {index}", group) for index, group in enumerate(self.param_groups))


class _Gradient(Landscape):
    """What is known of a module's loss at one point: its gradient there."""

    def __init__(self, theta: Point, gradient: Point) -> None:
        self.name, self.blocks, self.start = "a torch module", (Block("parameters", (len(theta),), inputs=False),), theta
        self._gradient = gradient

    def point(self, values: Any) -> Point:
        return torch.as_tensor(values, dtype=self.start.dtype, device=self.start.device)

    def gradient(self, theta: Point) -> Point:
        if theta is not self.start:
            raise ValueError("torch has put down the gradient where the parameters stand, and nowhere else")
        return self._gradient

    def loss(self, theta: Point) -> Scalar:
        raise ValueError("through torch only gradients are known, not the loss")

    def hessian(self, theta: Point) -> Matrix:
        raise ValueError("through torch only gradients are known, not the Hessian")


def _check(optimizer: Optimizer) -> None:
    more = optimizer.needs & ~GRAD
    if more:
        asked = ", ".join(str(need.name).lower() for need in more)
        raise ValueError(f"{optimizer.title} asks for more than gradients ({asked}); torch puts down gradients only")
    nothing = torch.zeros(1)
    reason = optimizer.disabled_because(_Gradient(nothing, nothing))  # of parameters alone, no layers are known
    if reason:
        raise ValueError(f"{optimizer.title} cannot drive bare parameters. {reason}")
    swept = [name for name, value in optimizer.hyperparameters.items() if np.ndim(value) > 0]
    if swept:
        raise ValueError(f"{swept[0]} must be one number: a module's parameters are one run")


def _flat_gradient(parameter: Any) -> Any:
    if parameter.grad is None:
        return torch.zeros_like(parameter).reshape(-1)
    if parameter.grad.layout is not torch.strided:
        raise ValueError("sparse gradients are not for this optimizer")
    return parameter.grad.reshape(-1)


def _merged(mask: Any, after: State, before: State) -> State:
    """The new state where `mask` holds and the old one elsewhere, for whatever has one number per parameter."""
    if isinstance(after, tuple):
        return tuple(_merged(mask, a, b) for a, b in zip(after, before)) if len(after) == len(before) else after
    if isinstance(after, torch.Tensor) and isinstance(before, torch.Tensor) and after.shape[-1:] == mask.shape:
        return torch.where(mask, after, before)
    return after


def _moved(state: State, device: Any) -> State:
    if isinstance(state, tuple):
        return tuple(_moved(part, device) for part in state)
    return state.to(device) if isinstance(state, torch.Tensor) else state

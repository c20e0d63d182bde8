"""The loss of one batch as a function of one flat vector: a torch module evaluated with other parameters than its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscapes.landscape import Block
from landscapes.networks.inputs import input_layers
from landscapes.networks.normalisation import Statistics, batch_norms, set_mode
from landscapes.networks.parts import Parts, has_targets, mapped

Criterion = Callable[..., Tensor]
FEW = 8  # samples that a first look at a module takes


def copied(module: nn.Module, statistics: Statistics) -> tuple[nn.Module, dict[str, Tensor]]:
    """A copy to evaluate, and its trainable parameters in the module's order; nothing in the copy asks for gradients.

    Raises ValueError for a module that cannot be copied, cannot be evaluated at other parameters, or has nothing to train.
    """
    if reason := _refused(module):
        raise ValueError(reason)
    try:
        copy = deepcopy(module)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(f"the module cannot be copied, and only a copy is evaluated: {error}") from error
    trainable = [name for name, parameter in copy.named_parameters() if parameter.requires_grad]
    if not trainable:
        raise ValueError("no parameter of the module requires gradients; module.requires_grad_(True) makes all trainable")
    copy.requires_grad_(False)
    for parameter in copy.parameters():
        parameter.grad = None
    set_mode(copy, statistics)
    named = dict(copy.named_parameters())
    parameters: dict[str, Tensor] = {name: named[name] for name in trainable}
    strange = [name for name, parameter in parameters.items() if not parameter.is_floating_point()]
    if strange:
        raise ValueError(f"{strange[0]!r} is {parameters[strange[0]].dtype}: a landscape's parameters are real numbers")
    return copy, parameters


def _refused(module: nn.Module) -> str:
    """Why a module cannot be evaluated at other parameters than its own; empty where it can."""
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return f"a {type(module).__name__} spreads a module over devices: give its .module"
    if isinstance(module, torch.jit.ScriptModule):
        return "a module of TorchScript is compiled for its own parameters: give the module that it was made of"
    for name, parameter in module.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            return f"{name!r} has no shape yet, as in a lazy layer that has seen no input: call the module once"
        if parameter.dtype == torch.bfloat16:
            return f"{name!r} is torch.bfloat16, of which NumPy, where paths and grids are kept, has none: give module.float()"
    return ""


@dataclass(frozen=True, eq=False)
class ModuleLoss:
    """What a criterion says about a module, whose parameters are those of a flat vector `(dim,)`, on one batch.

    A batch (inputs, targets) gives criterion(module(inputs), targets); inputs that are a tuple or a mapping are the module's
    arguments, targets may have several tensors. A batch None gives criterion(module); any other one criterion(module, batch).
    Nothing in the module changes.
    """

    name: str
    module: nn.Module
    criterion: Criterion
    blocks: tuple[Block, ...]

    def __call__(self, theta: Tensor, batch: Any, buffers: Mapping[str, Tensor] | None = None) -> Tensor:
        """The loss, a tensor without axes. Raises ValueError for a criterion that gives anything else.

        `buffers` take the place of the module's, by name, and keep what the module writes into them.
        """
        if has_targets(batch):
            loss = self.criterion(self.outputs(theta, batch[0], buffers), batch[1])
        else:
            given = {f"module.{name}": value for name, value in self._given(theta, buffers).items()}
            with self._slow_attention():
                loss = functional_call(self._judged, given, (batch,))
        if not isinstance(loss, Tensor) or loss.ndim:
            shape = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
            raise ValueError(f"{self.name}: the criterion must give one number, a mean over the samples; it gave {shape}")
        return loss

    def outputs(self, theta: Tensor, inputs: Any, buffers: Mapping[str, Tensor] | None = None) -> Any:
        """What the module makes of a pair's inputs."""
        given = self._given(theta, buffers)
        with self._slow_attention():
            if isinstance(inputs, Mapping):
                return functional_call(self.module, given, (), dict(inputs), tie_weights=self._tied)
            arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
            return functional_call(self.module, given, arguments, tie_weights=self._tied)

    def gradient(self, theta: Tensor, batch: Any) -> Tensor:
        """The gradient by theta, `(dim,)`."""
        leaf = theta.detach().requires_grad_()
        return torch.autograd.grad(self._differentiable(leaf, batch), leaf, materialize_grads=True)[0]

    def with_graph(self, leaf: Tensor, batch: Any) -> Tensor:
        """The gradient by a leaf, to be differentiated again."""
        with self._twice_differentiable():
            loss = self._differentiable(leaf, batch)
        return torch.autograd.grad(loss, leaf, create_graph=True, materialize_grads=True)[0]

    def _differentiable(self, leaf: Tensor, batch: Any) -> Tensor:
        loss = self(leaf, batch)
        if not loss.requires_grad:
            raise ValueError(
                f"{self.name}: the loss has no derivative by the weights: the module or its criterion leaves torch's autograd, "
                "as .detach(), .item(), torch.no_grad() and classes that are counted do"
            )
        return loss

    def draws(self, theta: Tensor, train: Parts) -> bool:
        """Whether it draws random numbers, seen on a few samples; what cannot be evaluated says so when it is asked."""
        few = train if train.joined is None else train.chosen(range(min(FEW, train.samples)))
        places = [theta.device] if theta.is_cuda else []

        def states() -> list[Tensor]:
            return [torch.get_rng_state(), *(torch.cuda.get_rng_state(place) for place in places)]

        with torch.random.fork_rng(devices=places):
            before = states()
            try:
                self(theta.detach(), few.batches[0])
            except Exception:
                return False
            return not all(torch.equal(a, b) for a, b in zip(before, states()))

    def _given(self, theta: Tensor, buffers: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
        """Parameters and buffers by name. One split, no slices: the backward of each slice allocates a whole zero vector."""
        named = {}
        for block, part, kind in zip(self.blocks, torch.split(theta, self._sizes), self._dtypes):
            shaped = part.view(block.shape)
            named[block.name] = shaped if shaped.dtype == kind else shaped.to(kind)
        for name in self._loose_buffers:
            named[name] = self.module.get_buffer(name).clone()
        return named if buffers is None else {**named, **buffers}

    @cached_property
    def _judged(self) -> _Judged:
        return _Judged(self.module, self.criterion)

    @cached_property
    def _sizes(self) -> list[int]:
        return [block.size for block in self.blocks]

    @cached_property
    def repeats(self) -> Tensor:
        """The blocks' sizes, on the module's device."""
        return torch.tensor(self._sizes, device=self.like.device)

    @cached_property
    def like(self) -> Tensor:
        """A parameter, whose dtype and device are those of points: of several types the first with the most digits."""
        return max((self.module.get_parameter(block.name) for block in self.blocks), key=lambda p: p.dtype.itemsize)

    @cached_property
    def input_layers(self) -> dict[str, nn.Module]:
        """The layers of the blocks that multiply an input, by the block's name."""
        known = input_layers(self.module)
        return {block.name: known[block.name] for block in self.blocks if block.inputs}

    @cached_property
    def _tied(self) -> bool:
        """Whether a parameter has two names; only then are all names looked up at every call."""
        return len(list(self.module.named_parameters(remove_duplicate=False))) > len(list(self.module.parameters()))

    @cached_property
    def _dtypes(self) -> list[torch.dtype]:
        return [self.module.get_parameter(block.name).dtype for block in self.blocks]

    @cached_property
    def _loose_buffers(self) -> list[str]:
        """Buffers that a forward pass might change: each gets a copy. BatchNorm's are left alone in either mode."""
        still = {name for name, _ in batch_norms(self.module)}
        return [name for name, _ in self.module.named_buffers() if name.rpartition(".")[0] not in still]

    @cached_property
    def _has(self) -> tuple[bool, bool]:
        """Whether there are recurrent layers, and attention."""
        layers = list(self.module.modules())
        attention = (nn.MultiheadAttention, nn.TransformerEncoderLayer)
        return any(isinstance(m, nn.RNNBase) for m in layers), any(isinstance(m, attention) for m in layers)

    def _slow_attention(self) -> AbstractContextManager[None]:
        """Without the short cut that attention takes where no gradient is asked for: it treats padding in another way."""
        return _without_fast_path() if self._has[1] and torch.backends.mha.get_fastpath_enabled() else nullcontext()

    @contextmanager
    def _twice_differentiable(self) -> Iterator[None]:
        """Attention and recurrent layers by kernels that have second derivatives."""
        with sdpa_kernel(SDPBackend.MATH):
            if not self._has[0]:
                yield
                return
            with torch.backends.cudnn.flags(enabled=False):
                yield


@contextmanager
def _without_fast_path() -> Iterator[None]:
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


class _Judged(nn.Module):
    """Module and criterion as one, so that `functional_call` also reaches a module that its criterion calls by itself."""

    def __init__(self, module: nn.Module, criterion: Criterion) -> None:
        super().__init__()
        self.module = module
        self._criterion = (criterion,)  # in a tuple: a criterion that is a module is no part of this one

    def forward(self, batch: Any) -> Tensor:
        return self._criterion[0](self.module) if batch is None else self._criterion[0](self.module, mapped(batch, _view))


def _view(tensor: Tensor) -> Tensor:
    """The same numbers as a leaf, so that a criterion which differentiates by its data changes nothing here."""
    return tensor.detach().requires_grad_(tensor.requires_grad)

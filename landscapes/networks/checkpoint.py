"""Weights from a safetensors file, checked before they are taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from landscapes.networks.network import Network

SHOWN = 4  # differences of each kind that a message names


class CheckpointError(ValueError):
    """A checkpoint that does not fit; the message says which tensors, and what was expected."""


def load_checkpoint(network: Network, path: Path) -> Network:
    """The network at the weights, and with the buffers, of a safetensors file; everything else as it was.

    The file must hold exactly the module's state: every name, every shape, numbers that are finite. Raises CheckpointError.
    Counters (of batches, which BatchNorm keeps) may be missing.
    """
    expected = network.module.state_dict()
    if path.is_file() and not path.stat().st_size:
        raise CheckpointError(f"{path.name} is no safetensors file that can be read: it is empty")
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # it is no mapping
            _check_names(network.name, path.name, shapes, expected)
            tensors = {name: file.get_tensor(name) for name in shapes}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is no safetensors file that can be read: {error}") from error
    wrong = [name for name, t in tensors.items() if t.is_floating_point() and not bool(torch.isfinite(t.double()).all())]
    kinds = [f"{name} ({t.dtype})".replace("torch.", "") for name, t in tensors.items() if not _same_kind(t, expected[name])]
    if kinds:
        raise CheckpointError(f"{path.name} has numbers of another kind in {_listed(kinds)}")
    if wrong:
        raise CheckpointError(f"{path.name} has numbers that are not finite in {_listed(wrong)}")
    return network.with_state(expected | tensors)


def _check_names(name: str, file: str, shapes: Mapping[str, tuple[int, ...]], expected: Mapping[str, Tensor]) -> None:
    """Raise CheckpointError, naming tensors and shapes, unless the file has the tensors that are expected."""
    missing = [f"{key} {tuple(t.shape)}" for key, t in expected.items() if key not in shapes and t.is_floating_point()]
    unknown = [f"{key} {shape}" for key, shape in shapes.items() if key not in expected]
    other = [
        f"{key} {shape} instead of {tuple(expected[key].shape)}"
        for key, shape in shapes.items()
        if key in expected and shape != tuple(expected[key].shape)
    ]
    said = [
        f"{what} {_listed(names)}"
        for what, names in (("it lacks", missing), ("it has, beyond what is expected,", unknown), ("other shapes:", other))
        if names
    ]
    if said:
        raise CheckpointError(f"{file} does not fit {name}: {'; '.join(said)}")


def _same_kind(found: Tensor, expected: Tensor) -> bool:
    """Whether both are real numbers of any precision, or both count."""
    return found.is_floating_point() == expected.is_floating_point() and not found.is_complex()


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more

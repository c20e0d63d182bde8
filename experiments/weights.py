"""Weights to start from: safetensors files that a visitor brought, kept under the SHA-256 of what they hold."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from experiments.slices import results_folder
from experiments.spec import WEIGHTS_NAME


def path_of(name: str) -> Path:
    """Where the weights of this name are kept. Raises ValueError for what is no name."""
    if not WEIGHTS_NAME.fullmatch(name):
        raise ValueError(f"weights are named by the 64 hexadecimal digits of their file's SHA-256, got {name!r:.80}")
    return results_folder() / "weights" / f"{name}.safetensors"


def kept(name: str) -> Path:
    """The file of the weights. Raises ValueError, with what to do, where there is none."""
    path = path_of(name)
    if not path.is_file():
        raise ValueError(f"the start weights {name[:8]} are not on this machine: upload their file again")
    return path


def keep(content: bytes) -> str:
    """Keep a file's content, whole or not at all; its name."""
    name = sha256(content).hexdigest()
    path = path_of(name)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
    return name


def forget(name: str) -> None:
    """Delete the weights of this name."""
    path_of(name).unlink(missing_ok=True)

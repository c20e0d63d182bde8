"""Networks go to a GPU where there is one, and compute there in the precision that is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from experiments.grids import requests
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS
from landscapes.networks.devices import best_device
from landscapes.networks.grids.facts import facts


@pytest.fixture
def _flags() -> Iterator[None]:
    kept = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = kept


@pytest.mark.usefixtures("_flags")
def test_a_gpu_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert best_device() == "cpu" and torch.backends.cudnn.allow_tf32
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert best_device() == "cuda"
    assert not torch.backends.cudnn.allow_tf32 and not torch.backends.cuda.matmul.allow_tf32


def test_slices_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noticed(spec: SliceSpec, device: str) -> None:
        seen.append(device)
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.grids.compute.ready", noticed)
    monkeypatch.setattr(requests, "best_device", lambda: "cuda")
    arguments = {"slice": SliceSpec(DIGITS).as_json(), "at": (0.0, 0.0)}
    for ask in (requests.slice_map, requests.slice_trust, requests.slice_paths, requests.slice_look):
        with pytest.raises(KeyboardInterrupt):
            ask(arguments, lambda *_: None, lambda: False)
    assert seen == ["cuda"] * 4


def test_a_map_made_elsewhere_says_so() -> None:
    network: Any = DIGITS.make_landscape()
    assert "device" not in facts(network)
    assert facts(network.to("meta"))["device"] == "meta"

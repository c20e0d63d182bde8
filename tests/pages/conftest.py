"""Pages under test leave nothing in the places that a visitor's runs and results are kept in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages import cached, cached_slices
from tests.landscapes.data_files import write_cifar10, write_mnist


@pytest.fixture(scope="session", autouse=True)
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Set before there are the workers that all pages share: they keep the environment they were made in."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_RESULTS", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def files(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small files in the formats of MNIST and CIFAR-10, where the workers look for data."""
    place = tmp_path_factory.mktemp("data")
    write_mnist(place / "mnist")
    write_cifar10(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_DATA", str(place))
        for shared in (cached.workers, cached_slices.workers):  # a test may look elsewhere for itself, not for its successors
            shared()
        yield place


@pytest.fixture(autouse=True)
def no_browser_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.menu.HEAD_START", 0.0)

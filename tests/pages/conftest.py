"""Pages under test leave nothing in the places that a visitor's runs and results are kept in."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Set before any page starts the workers that all pages share: they keep the environment they were started in."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_RESULTS", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def no_browser_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.menu.HEAD_START", 0.0)

"""What the benchmarks' drivers say of what they could not measure."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from benchmarks.conformance.peers import LIBRARIES, MODULES, Losscape, LossLandscapes, installed
from benchmarks.j3_slices import compared, told


def test_a_library_without_a_column_is_named_with_the_reason() -> None:
    known = [(library, "1.2") for library in LIBRARIES]
    known[1] = (Losscape, "not run: ModuleNotFoundError: No module named 'losscape'")
    said = told(compared(known))
    assert said == (
        "Published libraries: loss-landscapes 1.2; losscape not run: ModuleNotFoundError: No module named 'losscape'."
    )


@pytest.mark.parametrize("library", [LossLandscapes, Losscape])
def test_a_library_that_is_not_here_says_so(library: type) -> None:
    module = MODULES[library.package].partition(".")[0]  # type: ignore[attr-defined]
    if find_spec(module) is not None:
        pytest.skip("it is installed here")
    said = told(compared(installed()))
    assert "\n" not in said and f"not run: ModuleNotFoundError: No module named '{module}'" in said

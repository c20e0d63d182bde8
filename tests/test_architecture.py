"""The design's rules that can be read from the source: who imports whom, what stands on a menu, what is committed."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from landscapes import NETWORKS, SURFACES
from landscapes.surfaces.surface import SurfaceFamily
from optimizers import OPTIMIZERS
from optimizers.optimizer import Optimizer

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("app", "pages", "figures", "experiments", "optimizers", "landscapes")  # imports go to the right only
SOURCES = sorted(
    path
    for layer in LAYERS
    for path in ([ROOT / "app.py"] if layer == "app" else (ROOT / layer).rglob("*.py"))
    if path.exists()
)
HEAVY = {  # who may import what
    "streamlit": ("app.py", "pages/", "figures/components/"),
    "plotly": ("figures/",),
    "matplotlib": ("figures/print/",),
    "PIL": ("figures/print/",),
    "imageio_ffmpeg": ("figures/print/",),
    "torch": (
        "landscapes/networks/", "optimizers/torch_bridge.py", "experiments/training.py",
        "experiments/jobs/runner.py", "experiments/shipped/__main__.py",
    ),
}  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively: rules here read absolute names"
            yield node.module or "", node.lineno


def test_imports_go_to_the_right() -> None:
    for path in SOURCES:
        own = LAYERS.index(name_of(path).split("/")[0].removesuffix(".py"))
        for module, line in imports(path):
            top = module.split(".")[0]
            if top in LAYERS:
                assert LAYERS.index(top) >= own, f"{name_of(path)}:{line} imports {module}, which stands to its left"
            assert top != "tests", f"{name_of(path)}:{line} imports the tests"


@pytest.mark.parametrize("library", HEAVY)
def test_heavy_libraries_stay_where_they_belong(library: str) -> None:
    found = [
        f"{name_of(path)}:{line}"
        for path in SOURCES
        if not name_of(path).startswith(HEAVY[library])
        for module, line in imports(path)
        if module.split(".")[0] == library
    ]
    assert not found, f"{', '.join(found)} import {library}; only {', '.join(HEAVY[library])} may"


def test_there_are_sources_in_every_layer() -> None:
    assert {name_of(path).split("/")[0].removesuffix(".py") for path in SOURCES} == set(LAYERS)


def test_the_core_runs_without_torch_or_streamlit() -> None:
    """The menus, a race of everything on every surface: in a fresh process, none of the heavy libraries is loaded."""
    code = """
import sys
from experiments import Experiment, execute
from experiments.spec import Choice
from landscapes import NETWORKS, SURFACES
from optimizers import OPTIMIZERS
for surface in SURFACES:
    for key in OPTIMIZERS:
        experiment = Experiment(Choice(surface), (Choice(key),), steps=3)
        if not experiment.optimizer(0).disabled_because(experiment.make_landscape()):
            execute(experiment)
print(sorted({"torch", "streamlit", "plotly", "matplotlib", "PIL", "scipy", "jaxtyping"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def modules_in(folder: str) -> list[str]:
    return [path.stem for path in sorted((ROOT / folder).glob("*.py")) if path.stem != "__init__"]


def test_every_surface_is_on_the_menu() -> None:
    defined = {
        value.key: value
        for stem in modules_in("landscapes/surfaces")
        for value in vars(importlib.import_module(f"landscapes.surfaces.{stem}")).values()
        if isinstance(value, SurfaceFamily)
    }
    assert set(defined) == set(SURFACES)
    for key in SURFACES:
        assert SURFACES[key] is defined[key]
        assert SURFACES[key].key == key


def test_every_optimizer_is_on_the_menu() -> None:
    defined = {
        value
        for stem in modules_in("optimizers")
        if stem != "torch_bridge"
        for value in vars(importlib.import_module(f"optimizers.{stem}")).values()
        if isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer
    }
    assert defined == {OPTIMIZERS[key] for key in OPTIMIZERS}
    for key in OPTIMIZERS:
        assert OPTIMIZERS[key].__module__ == f"optimizers.{key}"


def test_every_network_resolves() -> None:
    for key in NETWORKS:
        assert NETWORKS[key].ranges is not None


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_method_has_its_equations_and_a_reference(key: str) -> None:
    text = OPTIMIZERS[key].__doc__ or ""
    assert "Δθ = " in text
    assert re.search(r"Reference: .*([12]\d{3}|github\.com/\S+ at [0-9a-f]{7})", text, re.DOTALL)


@pytest.mark.parametrize("key", SURFACES)
def test_every_surface_has_a_description_and_a_reference(key: str) -> None:
    assert SURFACES[key].description
    assert re.search(r"[12]\d{3}", SURFACES[key].reference)


def test_frozen_records_only() -> None:
    """A record that can be written to is a state that two visitors share. A file's own working memory (`_Name`) may change."""
    loose = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            public = isinstance(node, ast.ClassDef) and not node.name.startswith("_")
            for decorator in node.decorator_list if public else ():
                text = ast.unparse(decorator)
                if text.startswith("dataclass") and "frozen=True" not in text:
                    loose.append(f"{name_of(path)}:{node.lineno}")
    assert not loose


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert not [name_of(path) for path in SOURCES if re.search(r"(util|helper|misc|common)s?$", path.stem)]


MACHINE = re.compile(rb"/(?:tmp/venv|work/(?:main|shared)|home/\w+/|Users/\w+/)")


def test_committed_files_name_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path != Path(__file__).resolve():
            found = MACHINE.search(path.read_bytes())
            assert not found, f"{name} names {found.group().decode()}"

"""The README's snippets run, its commands exist, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)) + "\n".join(re.findall(r"`([^`\n]+)`", README))


def imported(marker: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The snippet that contains `marker`, imported from a file of the name it gives itself in its first line."""
    (text,) = [snippet for snippet in SNIPPETS if marker in snippet]
    named = re.match(r"# (\S+)\.py\n", text)
    name = Path(named[1]).name if named else "snippet"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def test_every_snippet_is_run_below() -> None:
    assert len(SNIPPETS) == 5


def test_library_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    t = imported("import SURFACES", tmp_path, monkeypatch).t
    assert np.isfinite(t.loss).all()
    assert (t.loss[-1].min() < 1e-3) and (t.loss[-1].max() > 1e-3)


def test_a_network_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snippet = imported("Network.of(", tmp_path, monkeypatch)
    assert snippet.module.training and int(snippet.module[1].num_batches_tracked) == 0
    assert snippet.t.loss[-1] < 0.8 * snippet.t.loss[0]
    assert snippet.view.grid.complete and np.isfinite(snippet.figure.data[0].z).all()
    middle = snippet.view.grid.span.points(snippet.view.grid.coordinates[4, 3])
    assert snippet.view.grid.values["loss"][4, 3] == pytest.approx(
        float(snippet.mine.loss(snippet.mine.point(middle))), rel=1e-4
    )


def test_adding_a_surface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    basin = imported("def basin", tmp_path, monkeypatch).basin(stiffness=3.0)
    theta = basin.point([[1.0, 2.0], [0.0, 0.0]])
    np.testing.assert_array_equal(basin.gradient(theta), [[3.0, 24.0], [0.0, 0.0]])
    np.testing.assert_array_equal(basin.hessian(theta)[0], [[9.0, 0.0], [0.0, 36.0]])


def test_adding_an_optimizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments import run
    from landscapes import SURFACES

    made = imported("class SignSGD", tmp_path, monkeypatch).SignSGD
    assert made.key == "signum"
    ravine = SURFACES["ravine"]()
    t = run(made(lr=0.125), ravine, (1.0, -1.0), steps=8)
    np.testing.assert_array_equal(t.theta[-1], [0.0, 0.0])
    with pytest.raises(ValueError, match="lr"):
        made(lr=-1.0)


def test_adding_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments import run
    from landscapes import SURFACES
    from optimizers import OPTIMIZERS

    ravine = SURFACES["ravine"]()
    t = run(OPTIMIZERS["sgd"](lr=0.01), ravine, ravine.start, steps=20)
    figure = imported("def gradient_norms", tmp_path, monkeypatch).gradient_norms({"SGD": t})
    np.testing.assert_array_equal(figure.data[0].y, t.grad_norm)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", COMMANDS))))
def test_make_targets_exist(target: str) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make on this machine")
    shown = subprocess.run([make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([a-z_.]+)", COMMANDS)) - {"venv"}))
def test_modules_exist(module: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    assert "usage" in shown.stdout.lower()


@pytest.mark.parametrize("file", sorted(set(re.findall(r"-r (\S+)|streamlit run (\S+)", COMMANDS))))
def test_named_files_exist(file: tuple[str, str]) -> None:
    assert (ROOT / (file[0] or file[1])).is_file()


PROSE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)


@pytest.mark.parametrize("target", sorted({link for link in re.findall(r"\]\(([^)]+)\)", PROSE) if "://" not in link}))
def test_links_lead_to_files(target: str) -> None:
    assert (ROOT / target).exists()


def test_folders_of_the_layout_exist() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", README.split("## Where things are")[1].split("##")[0], re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(named) >= 8
    for name in named:
        assert (ROOT / name).exists(), name

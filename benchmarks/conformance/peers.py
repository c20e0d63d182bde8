"""Published libraries behind the adapter of the checks, each called as its own documentation calls it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from copy import deepcopy
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from landscapes.networks.conformance import Case, NotOfferedError, Plotter


@contextmanager
def quiet(seed: int = 0) -> Iterator[Path]:
    """A seed for the library's generators, nothing printed or shown, and a folder for its files."""
    os.environ["MPLBACKEND"] = "Agg"
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    with TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield Path(folder)


def loader(case: Case, batch: int | None = None) -> DataLoader[Any]:
    return DataLoader(TensorDataset(case.inputs, case.targets), batch_size=batch or len(case.targets))


def flat(tensors: Any) -> np.ndarray:
    """Tensors of parameters as one vector."""
    return np.concatenate([t.detach().double().numpy().ravel() for t in tensors])


class LossLandscapes(Plotter):
    """`random_plane` with a copy of the model, as in its readme."""

    name, package = "loss-landscapes", "loss-landscapes"

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        library, metrics = import_module("loss_landscapes"), import_module("loss_landscapes.metrics")
        with quiet(seed):
            metric = metrics.Loss(case.criterion, case.inputs, case.targets)
            return np.asarray(
                library.random_plane(case.module, metric, 1, cells, normalization="filter", deepcopy_model=True).T
            )

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        raise NotOfferedError("It takes no directions.")

    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        parts = import_module("loss_landscapes.model_interface.model_parameters")
        wrapper = import_module("loss_landscapes.model_interface.model_wrapper")
        with quiet(seed):
            start = wrapper.wrap_model(deepcopy(case.module)).get_module_parameters()
            first = parts.rand_u_like(start)
            second = parts.orthogonal_to(first)
            for direction in (first, second):
                direction.filter_normalize_(start)
        return np.stack([flat(d.parameters) for d in (first, second)])


class Losscape(Plotter):
    """`create_3D_losscape` over all batches."""

    name, package = "losscape", "losscape"

    def _draw(self, case: Case, directions: Any, x: np.ndarray, y: np.ndarray, batch: int | None, seed: int) -> np.ndarray:
        if len(x) != len(y):
            raise NotOfferedError("It has one number of points for both axes.")
        library = import_module("losscape.create_landscape")
        with quiet(seed) as folder:
            _, _, losses = library.create_3D_losscape(
                case.module, loader(case, batch), directions=directions, criterion=case.criterion, num_batches=10**6,
                save_only=True, output_path=str(folder), output_h5=False, num_points=len(x),
                x_min=float(x[0]), x_max=float(x[-1]), y_min=float(y[0]), y_max=float(y[-1]),
            )  # fmt: skip
        return np.asarray(losses)

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        axis = np.linspace(-1, 1, cells)
        return self._draw(case, None, axis, axis, None, seed)

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        return self._draw(case, [case.tensors(d) for d in directions], x, y, batch, 0)

    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        with quiet(seed):
            made = import_module("losscape.create_directions").create_random_directions(case.module)
        return np.stack([flat(direction) for direction in made])


class LossLandscape3D(Plotter):
    """`LossLandscapeCalculator` with `center_state=model.state_dict()`, as in its readme."""

    name, package = "loss-landscape-3d, as in its readme", "loss-landscape-3d"
    state: Callable[[Any], Any] = staticmethod(lambda module: module.state_dict())

    def _draw(self, case: Case, directions: Any, x: np.ndarray, y: np.ndarray, batch: int | None) -> np.ndarray:
        library = import_module("loss_landscape_3d")
        calculator = library.LossLandscapeCalculator(case.module, loader(case, batch), case.criterion)
        return np.asarray(calculator.calculate(x, y, *directions, center_state=self.state(case.module)).T)

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        axis = np.linspace(-1, 1, cells)
        with quiet(seed):
            directions = import_module("loss_landscape_3d").generate_random_directions(case.module, normalize=True)
            return self._draw(case, directions, axis, axis, None)

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        names = [name for name, _ in case.module.named_parameters()]
        with quiet():
            return self._draw(case, [dict(zip(names, case.tensors(d))) for d in directions], x, y, batch)

    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        names = [name for name, _ in case.module.named_parameters()]
        with quiet(seed):
            made = import_module("loss_landscape_3d").generate_random_directions(case.module, normalize=True)
        return np.stack([flat(direction[name] for name in names) for direction in made])


class LossLandscape3DCloned(LossLandscape3D):
    """The same with a copy of the state, which its readme does not make."""

    name = "loss-landscape-3d, centre copied"
    state = staticmethod(lambda module: {name: tensor.clone() for name, tensor in module.state_dict().items()})


class Landscaper(Plotter):
    """`compute_loss_landscape` with two random directions, which it leaves to its user."""

    name, package = "landscaper", "Landscaper"

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        library = import_module("landscaper.compute")

        def loss(model: Any, data: tuple[Tensor, Tensor]) -> float:
            return float(case.criterion(model(data[0]), data[1]))

        with quiet(seed):
            directions = [[torch.randn_like(p) for p in case.module.parameters()] for _ in range(2)]
            heights, _ = library.compute_loss_landscape(
                case.module, (case.inputs, case.targets), directions, loss, steps=cells, distance=1.0, dim=2, device="cpu"
            )
        return np.asarray(heights).T

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        raise NotOfferedError("It rescales the directions that it is given.")


class Gradfield(Plotter):
    """`model_loss_fn`, whose directions are its own."""

    name, package = "gradfield", "gradfield"

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        library = import_module("gradfield.torch_adapter")
        axis = np.linspace(-1, 1, cells)
        with quiet(seed):
            function = library.model_loss_fn(case.module, case.criterion, case.inputs, case.targets)
            return np.asarray(function(*np.meshgrid(axis, axis)))


LIBRARIES: tuple[type[Any], ...] = (LossLandscapes, Losscape, LossLandscape3D, LossLandscape3DCloned, Landscaper, Gradfield)
MODULES = {
    "loss-landscapes": "loss_landscapes",
    "losscape": "losscape.create_landscape",
    "loss-landscape-3d": "loss_landscape_3d",
    "Landscaper": "landscaper.compute",
    "gradfield": "gradfield.torch_adapter",
}


NOT_ADAPTED = ("pylandscape", "loss-landscape-anim")  # they ask for other versions than these


def installed() -> Iterator[tuple[type[Any], str]]:
    """Each library with its version, or with why it does not run here."""
    for library in LIBRARIES:
        try:
            with quiet():
                import_module(MODULES[library.package])
            yield library, version(library.package)
        except Exception as error:  # an import may fail in any way
            yield library, _reason(error)


def not_adapted() -> Iterator[tuple[str, str]]:
    """Other libraries that were tried, with what they ask for; each only where it is installed, its requirements or not."""
    for package in NOT_ADAPTED:
        with suppress(PackageNotFoundError):
            asked = [r for r in requires(package) or [] if r.startswith(("torch", "numpy"))]
            found = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))
            yield package, f"{version(package)} asks for {'; '.join(asked)}; here there are {found}"


def _reason(error: Exception) -> str:
    return f"not run: {type(error).__name__}: {error}".splitlines()[0]

"""What a figure of a slice shows, in words: a caption for print, and a short alternative text for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments import slice_words
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import CURVED, SHOWN, ShownSlice, values
from figures.caption import listed, prose
from figures.sliced import Shown, chance, curves, paths_note, title, told_apart
from landscapes import NETWORKS
from landscapes.networks.measured import measured


def slice_caption(view: ShownSlice, both: Sequence[Shown], paths: Sequence[ProjectedPath] = ()) -> str:
    """The caption: which quantity on which slice, its directions, network, training and data; cells, units and range; what it
    stands beside; how far paths run from it; how exactly it was computed. `both` are the slice and the one it is compared with.
    """
    (spec, cells), training = both[0], view.spec.training
    family = NETWORKS[training.landscape.key]
    dim = family.task(**training.landscape.parameters).dim
    names = listed([slice_words.entrant(training, i) for i in range(len(training.optimizers))])
    facts = cells.facts
    return prose(
        [
            f"{_titled(view)}, of the {family.title} ({dim:,} parameters).",
            f"{cells.made.rstrip('.')}." if cells.made else "",
            slice_words.trained(training).replace(", trained for", f", trained by {names} for"),
            _window(both),
            _beside(view, both),
            *_found(view, both),
            _level(view, both),
            "" if spec.line else _colours(view, both),
            paths_note(paths),
            _measured(view, measured(facts["samples"], facts["of"], facts["precision"], facts["statistics"])),
        ]
    )


def slice_alt(view: ShownSlice, both: Sequence[Shown], paths: Sequence[ProjectedPath] = ()) -> str:
    """The picture in few words: what kind it is, of what, and its least and greatest value."""
    family = NETWORKS[view.spec.training.landscape.key]
    kind = "Curves along a slice" if view.spec.line else "Two contour maps" if len(both) > 1 else "Contour map"
    beside = (
        f"Beside each other: {listed([_mid(name) for name in told_apart(both[0][0], both[1][0])])}." if len(both) > 1 else ""
    )
    ways = (
        f"With the {'paths' if all(p.whole for p in paths) else 'ends of the paths'} of {len(paths)} optimizers."
        if paths
        else ""
    )
    return prose([f"{kind}. {_titled(view)}, of the {family.title}.", beside, *_found(view, both), ways])


def _titled(view: ShownSlice) -> str:
    return _named(title(view))


def _named(text: str) -> str:
    """With a word before a symbol, so that no sentence begins with it."""
    return f"Hessian’s {text}" if text.startswith("λ") else text


def _measured(view: ShownSlice, said: str) -> str:
    """Over which samples: `said` is of the training samples. Test numbers are over all test samples, whatever the subset is."""
    trained, _, how = said.removeprefix("loss over ").partition(" training samples")
    over = f"over {trained} training samples"
    if view.spec.line and view.shown not in CURVED and "test_loss" in view.spec.quantities:
        return f"Training numbers are {over}, test numbers over all test samples{how}."
    return f"Values are {'over all test samples' if view.shown.startswith('test_') else over}{how}."


def _mid(text: str) -> str:
    return text.replace("The ", "the ", 1).replace("Seed ", "seed ", 1)


def _window(both: Sequence[Shown]) -> str:
    """Cells, their window, and what one unit is."""
    cells = both[0][1]
    rows, columns = cells.shape
    size = f"{columns:,} points" if cells.y is None else f"{columns:,} × {rows:,} cells"
    sides = listed([f"{name} from {low:.4g} to {high:.4g}" for name, (low, high) in zip(cells.labels, cells.window)])
    units = [listed([f"{length:.4g}" for length in one.lengths]) for _, one in both]
    unit = units[0] if len(set(units)) == 1 else f"{units[0]}, on the other slice {units[1]},"
    return f"{size} over {sides}; one unit is {unit} long in the space of the weights."


def _beside(view: ShownSlice, both: Sequence[Shown]) -> str:
    if len(both) < 2:
        return ""
    alike = "on the same window" if view.spec.line else "on the same window, in the same colours"
    first, second = (_mid(name) for name in told_apart(both[0][0], both[1][0]))
    return f"Compared {alike}: {first}, and {second}."


def _found(view: ShownSlice, both: Sequence[Shown]) -> list[str]:
    """The least and the greatest value of every map or curve, and cells that have none."""
    if view.spec.line:
        told = [
            (f"{_named(chart.title)}, {one.label[:1].lower()}{one.label[1:]}", one.values)
            for chart in curves(view, both)
            for one in chart.curves
        ]
    elif len(both) == 1:
        told = [(_named(SHOWN[view.shown].title), values(both[0][1], view.shown))]
    else:
        names = told_apart(both[0][0], both[1][0])
        told = [
            (f"{_named(SHOWN[view.shown].title)}, {_mid(name)}", values(one, view.shown)) for name, (_, one) in zip(names, both)
        ]
    return [_range(name, found) for name, found in told]


def _range(name: str, found: np.ndarray) -> str:
    finite = found[np.isfinite(found)]
    lost = f"; {found.size - len(finite):,} cells are not finite and left empty" if len(finite) < found.size else ""
    return f"{name}: from {finite.min():.4g} to {finite.max():.4g}{lost}." if len(finite) else f"{name}: no cell is finite."


def _level(view: ShownSlice, both: Sequence[Shown]) -> str:
    drawn = chance(view, both[0][1]) is not None if not view.spec.line else view.shown not in CURVED
    level = both[0][1].chance
    return (
        f"Chance, the loss of a network that knows nothing of its inputs, is {level:.4g}."
        if drawn and level is not None
        else ""
    )


def _colours(view: ShownSlice, both: Sequence[Shown]) -> str:
    residuals = [one.values["residual"] for _, one in both] if view.shown in CURVED else []
    errors = np.concatenate([found.ravel() for found in residuals]) if residuals else np.zeros(0)
    error = f" Each eigenvalue is within {np.nanmax(errors):.1g} of a true one." if np.isfinite(errors).any() else ""
    scale = "Colours follow the logarithm of the height above the lowest cell; lines" if view.log and not residuals else "Lines"
    return f"{scale} of equal {SHOWN[view.shown].title.lower() if not residuals else 'value'} carry its true values.{error}"

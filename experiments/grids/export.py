"""Shown slices to take away: every number in full precision, as CSV or as arrays, with what was asked; and a script.

`both` are the slice and, where it is compared, the other one, each with its cells; `paths` are the training's on the slice.
"""

from __future__ import annotations

import csv as writing
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments import slice_words
from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice, values
from experiments.grids.spec import SliceSpec

Both = Sequence[tuple[SliceSpec, Cells]]
FORMAT = 1


def spec(view: ShownSlice) -> bytes:
    """The specification as JSON, with what is shown of it; `ShownSlice.from_json` reads it."""
    return json.dumps(view.as_json(), indent=2).encode()


def csv(view: ShownSlice, both: Both) -> bytes:
    """A row for each cell, x fastest; the first line is the specification, as JSON behind a hash sign.

    Columns: which slice, where there are two; its coordinates; every quantity, and what is shown where that follows from them.
    """
    text = io.StringIO()
    text.write(f"# {json.dumps(view.as_json())}\n")
    writer = writing.writer(text, lineterminator="\n")
    several = len(both) > 1
    writer.writerow([*(["slice"] if several else []), *both[0][1].labels, *_columns(view, both[0][1])])
    for spec, cells in both:
        named = [slice_words.title(spec)] if several else []
        writer.writerows([*named, *row] for row in _rows(view, cells))
    return text.getvalue().encode()


def _columns(view: ShownSlice, cells: Cells) -> dict[str, np.ndarray]:
    """Its quantities by name, `(ny, nx)` each."""
    return dict(cells.values) | ({} if view.shown in cells.values else {view.shown: values(cells, view.shown)})


def _rows(view: ShownSlice, cells: Cells) -> Iterator[list[float]]:
    columns = [np.asarray(array, dtype=np.float64) for array in _columns(view, cells).values()]
    for j, i in np.ndindex(cells.shape):
        place = [float(cells.x[i]), *([] if cells.y is None else [float(cells.y[j])])]
        yield [*place, *(float(column[j, i]) for column in columns)]


def npz(view: ShownSlice, both: Both, paths: Sequence[ProjectedPath] = ()) -> bytes:
    """The arrays by name, and the specification as JSON in `asked`. Equal slices give equal bytes.

    K_x `(nx,)`, K_y `(ny,)` of a plane, K_lengths of one unit of each axis, K_made: how its directions were found, and
    K_value_NAME `(ny, nx)` of the K-th slice, counted from 0. Of the N-th path path_N_steps `(n,)`, path_N_coordinates
    `(n, axes)`, path_N_off `(n,)`, its distance from the slice, and path_N_loss `(n,)`, the loss where it truly is.
    """
    arrays: dict[str, Any] = {"format": np.array(FORMAT), "asked": np.array(json.dumps(view.as_json(), sort_keys=True))}
    for k, (spec, cells) in enumerate(both):
        arrays |= {f"{k}_x": cells.x, f"{k}_lengths": cells.lengths, f"{k}_made": np.array(cells.made)}
        arrays |= {f"{k}_title": np.array(slice_words.title(spec)), f"{k}_coordinates": np.array(cells.labels)}
        arrays |= {} if cells.y is None else {f"{k}_y": cells.y}
        arrays |= {f"{k}_value_{name}": array for name, array in _columns(view, cells).items()}
    for n, path in enumerate(paths):
        arrays |= {f"path_{n}_{name}": getattr(path, name) for name in ("steps", "coordinates", "off", "loss")}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def script(view: ShownSlice) -> str:
    """A Python text that computes the slice again: `grid.values` by name, `(ny, nx)` each."""
    told = json.dumps(view.spec.as_json())
    return SCRIPT.format(title=slice_words.title(view.spec), key=view.spec.key, told=told)


SCRIPT = '''"""Slice {key}: {title}.

A slice goes through trained weights, which no short text repeats: run this where this project's packages are. They hold the
training's result if it was shipped with them; else it is trained first, which may take long. Cells that are kept are not
computed again.
"""

import json

from experiments.grids.compute import computed, ready
from experiments.grids.spec import SliceSpec
from experiments.slices import trained

spec = SliceSpec.from_json(json.loads({told!r}))
trained(spec.training)
*_, grid = computed(ready(spec))
for name, values in grid.values.items():
    print(name, values.shape, "from", values.min(), "to", values.max())
'''

"""A plate as a file: PNG, SVG or PDF. The same plate and look always give the same bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from figures.print.exhibit import Exhibit
from figures.print.look import Look
from figures.print.plate import Multiples, Plate

Format = Literal["png", "svg", "pdf"]
MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_ALONE = Lock()  # matplotlib's settings and fonts are the whole process's: one figure at a time


def render(plate: Plate | Multiples | Exhibit, look: Look, format: Format, scale: int = 1) -> bytes:
    """The figure as a file. `scale` multiplies the pixels of a PNG; vectors have none.

    In a PDF text is text and its fonts are embedded (TrueType); in an SVG letters are outlines, so that it looks the same
    wherever it is opened. Title, caption, link and version are inside the file, dates are not.
    Raises ValueError for a look that is too small for the plate.
    """
    if scale not in (1, 2, 3):
        raise ValueError(f"scale must be 1, 2 or 3, got {scale}")
    with settings():
        return _written(_drawn(plate, look), plate, look, format, scale)


@contextmanager
def settings() -> Iterator[None]:
    """matplotlib as it comes, whatever a machine's own settings are, for one thread at a time; the old settings return."""
    import matplotlib as mpl

    with _ALONE, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "ravine", "mathtext.fontset": "custom"}
        )
        for face in ("rm", "it", "bf", "sf", "tt", "cal"):
            mpl.rcParams[f"mathtext.{face}"] = "Source Sans Pro"  # type: ignore[index]  # known only as single names
        yield


def _drawn(plate: Plate | Multiples | Exhibit, look: Look) -> Any:
    from figures.print.compose import compose
    from figures.print.exhibit_compose import compose_exhibit
    from figures.print.multiples import compose_multiples

    if isinstance(plate, Exhibit):
        return compose_exhibit(plate, look).sheet.figure
    if isinstance(plate, Multiples):
        return compose_multiples(plate, look).figure
    composed = compose(plate, look)
    composed.runs()
    return composed.sheet.figure


def _written(figure: Any, plate: Plate | Multiples | Exhibit, look: Look, format: Format, scale: int) -> bytes:
    file = BytesIO()
    dpi = look.dpi * scale
    if format == "png":
        width, height = (round(inches * dpi) for inches in figure.get_size_inches())
        figure.set_size_inches((width + 1e-6) / dpi, (height + 1e-6) / dpi)  # whole pixels, whatever the rounding
    figure.savefig(
        file, format=format, dpi=dpi, transparent=look.transparent or None, facecolor="none" if look.transparent else "auto",
        metadata=_metadata(plate, format),
    )  # fmt: skip
    return file.getvalue()


def _metadata(plate: Plate | Multiples | Exhibit, format: Format) -> dict[str, Any]:
    maker = f"Ravine {version()}"
    if format == "png":
        said = {"Title": plate.title, "Description": plate.caption, "Source": plate.link}
        return {name: text for name, text in said.items() if text} | {"Software": maker}
    if format == "pdf":
        said = {"Title": plate.title, "Subject": plate.caption, "Keywords": plate.link}
        return {name: text for name, text in said.items() if text} | {"Creator": maker, "Producer": None, "CreationDate": None}
    said = {"Title": plate.title, "Description": plate.caption, "Source": plate.link}
    return {name: text for name, text in said.items() if text} | {"Creator": maker, "Date": None}


@cache
def version() -> str:
    """The version of the app."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.exists():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    from importlib.metadata import version as installed

    return installed("ravine")

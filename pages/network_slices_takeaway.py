"""A slice to take away: a figure, its numbers, and its link. One thing at a time; what is not chosen costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from experiments import link as race_link
from experiments.grids import export, link
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice
from figures.print.sliced import Sliced
from figures.slice_caption import slice_caption
from figures.sliced import Shown, paths_note, title
from figures.standalone import standalone
from landscapes import NETWORKS
from pages import network_slices_view, race_view
from pages.embed import copyable_link
from pages.race_takeaway_look import PRESETS, Chosen, choose, preset_of
from pages.race_takeaway_offer import downloads, preview, words

INSTEAD = "take a figure or the data: they need no server."
HTML_HELP = "The plane with the training's paths in one file: it plays, steps and zooms with no server and no network"
KEY = "slice.take"


@dataclass(frozen=True, eq=False)
class Taken:
    """The slice on show: `both` are itself and the one beside it, with all of their cells."""

    view: ShownSlice
    both: tuple[Shown, ...]
    paths: Sequence[ProjectedPath]

    @property
    def title(self) -> str:
        return f"{title(self.view)}, of the {NETWORKS[self.view.spec.training.landscape.key].title}"

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(race_view.labels(self.view.spec.training))

    @property
    def link(self) -> str:
        """The address of the page with this slice open."""
        shown = {f"show.slice.{name}": text for name, text in link.encode(self.view).items()}
        fields = race_link.encode(self.view.spec.training) | shown
        return f"{(st.context.url or '').rstrip('/')}?{urlencode(fields, safe=',')}"

    @property
    def name(self) -> str:
        """Of its files."""
        return f"ravine-slice-{self.view.spec.key}"


def offer(view: ShownSlice, both: tuple[Shown, ...], paths: Sequence[ProjectedPath]) -> None:
    """What can be taken away, and what of that was chosen."""
    part = st.segmented_control(
        "Take this slice away", list(PARTS), format_func=lambda key: PARTS[key][0], key=f"{KEY}.part", persist_state="page",
        wrap=True,
    )  # fmt: skip
    if part is not None:
        with st.container(border=True):
            PARTS[part][1](Taken(view, both, paths))


def _figure(taken: Taken) -> None:
    """Its look, its preview, its files and its words."""
    preset = preset_of(KEY, PRESETS, "page")
    above = st.container()
    with st.container(horizontal=True):
        chosen = choose(KEY, preset, taken.title)
        drawn = preview(above, lambda: _asked(taken, chosen), tallest=900)
        if drawn:
            downloads(*drawn, name=f"slice-{taken.view.spec.directions.key}")
    if drawn:
        words(drawn[1])


def _asked(taken: Taken, chosen: Chosen) -> Sliced:
    return Sliced(taken.view, taken.labels, chosen.made(), chosen.title, chosen.annotation, taken.link)


def _data(taken: Taken) -> None:
    view, both, paths = taken.view, taken.both, taken.paths
    files: dict[str, tuple[Callable[[], bytes], str, str, str, str]] = {
        "CSV": (lambda: export.csv(view, both), "csv", "text/csv", "A row for each cell, in full precision", "table"),
        "NPZ": (
            lambda: export.npz(view, both, paths), "npz", "application/zip",
            "Cells, axes and paths as arrays: numpy.load reads them", "data_array",
        ),
        "JSON": (lambda: export.spec(view), "json", "application/json", "The slice's specification", "settings"),
        "Script": (
            lambda: export.script(view).encode(), "py", "text/x-python",
            "Computes these cells again, where this project's packages are", "code",
        ),
    }  # fmt: skip
    if not view.spec.line and len(both) == 1:
        files = {"Interactive HTML": (lambda: _page(taken), "html", "text/html", HTML_HELP, "animation"), **files}
    with st.container(horizontal=True):
        for label, (made, suffix, mime, told, icon) in files.items():
            st.download_button(
                label, made, f"{taken.name}.{suffix}", mime, key=f"{KEY}.{suffix}", help=told, on_click="ignore",
                icon=f":material/{icon}:",
            )  # fmt: skip
    st.caption("A slice goes through trained weights, so its script needs this project's packages, and says so.")


def _page(taken: Taken) -> bytes:
    """The stage in a file of its own."""
    view, (spec, cells) = taken.view, taken.both[0]
    scene = network_slices_view.scene(view, spec, cells, taken.paths, None, point=None, note=paths_note(taken.paths))
    return standalone(scene, slice_caption(view, taken.both, taken.paths)).encode()


def _link(taken: Taken) -> None:
    copyable_link("this slice", taken.link, INSTEAD)


PARTS: Mapping[str, tuple[str, Callable[[Taken], None]]] = {
    "figure": (":material/image: Figure", _figure),
    "data": (":material/data_object: Data and code", _data),
    "link": (":material/share: Link", _link),
}

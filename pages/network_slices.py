"""Slices of the loss on the network page: a plane or line of one's choice, coarse to fine, with what it can be trusted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import slice_words
from experiments.grids import link
from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice, colour_range, other, values
from experiments.slices import is_stored
from experiments.training_result import TrainingResult
from figures import sliced
from figures.components.stage import event, stage
from figures.slice_line import slice_line_figure
from figures.theme import Mode
from pages import cached_slices, network_slices_three, slice_road
from pages import network_slices_controls as controls
from pages import network_slices_point as point
from pages import network_slices_takeaway as takeaway
from pages import network_slices_trust as trust
from pages import network_slices_view as formats
from pages import network_slices_work as work
from pages.controls import Editor

state = st.session_state
TITLE = "Slices of its loss"
OPEN = f"network.section.{TITLE}"  # the expander's own state
STAGE = "network.slices.stage"
RESULT, DRAWN = "network.slices.result", "network.slices.drawn"  # the training, and the view that the whole page has drawn
DRAGGING, WATCHED, WAITED = "network.slices.dragging", "network.slices.watched", "network.slices.waited"
LINKED, ANCHOR = "network.slices.linked", "slice"
FIELD = "slice."


def open_link(editor: Editor) -> None:
    """Take the training and the slice from a new link, before any widget exists."""
    fields = st.query_params.to_dict()
    new = editor.page not in state or (fields and fields != state.get(f"{editor.page}.link"))
    if state.pop(WAITED, False) and OPEN not in state:  # back from another page, such as that of the job that trains
        state[OPEN] = True
    shown = editor.open_link()
    found = {name.removeprefix(f"show.{FIELD}"): text for name, text in shown.items() if name.startswith(f"show.{FIELD}")}
    if new and found:
        view, complaints = link.decode(found, editor.experiment)
        controls.keep(view)
        state[OPEN] = state[LINKED] = True
        state[f"{editor.page}.complaints"] = [*state[f"{editor.page}.complaints"], *complaints]


def kept(editor: Editor) -> dict[str, str]:
    """What the address keeps of the slice: only of one that is on show, and of the training that the address names."""
    view: ShownSlice | None = state.get(controls.VIEW)
    if not state.get(OPEN):
        work.drop()  # nobody waits for it any more
    if view is None or not state.get(OPEN) or view.spec.training != editor.experiment:
        return {}
    return {f"{FIELD}{name}": text for name, text in link.encode(view).items()}


def waiting(editor: Editor) -> str:
    """What to say of a link's slice whose training is not stored here; empty where there is none."""
    view: ShownSlice | None = state.get(controls.VIEW)
    if not state.get(OPEN) or view is None or view.spec.training != editor.experiment or is_stored(editor.experiment):
        return ""
    state[WAITED] = True
    return f"This link opens a slice: {slice_words.title(view.spec)}. Its training is not stored here: once trained, it opens."


def way_down() -> None:
    """The way to the slice that a link has opened, which is far below the training."""
    if state.get(LINKED) and state.get(OPEN):
        st.markdown(f":material/arrow_downward: [The slice of this link](#{ANCHOR}) is open below.")


def section(result: TrainingResult) -> None:
    """Fields, then the slice, which goes on by itself while it is computed."""
    if not result.complete or not is_stored(result.experiment):
        work.drop()
        st.info("A slice goes through a training that is finished: this one was stopped.", icon=":material/info:")
        return
    st.html(f'<div id="{ANCHOR}" style="scroll-margin-top: 8rem"></div>')
    cached_slices.workers().warm()  # while the fields are made
    view = controls.current(result.experiment)
    cells = work.standing("map").result
    controls.choose(view, cells.window if cells is not None else None)
    if said := controls.refused(view):
        work.drop()
        st.error(said, icon=":material/timer_off:")
        return
    state[RESULT], state[DRAWN] = result, view
    gather(view)
    state[WATCHED] = work.running()
    (watched if state[WATCHED] else resting)()


def gather(view: ShownSlice) -> dict[str, work.Standing]:
    """Ask for all that is due, and tell how far each is. The numbers to trust it by wait for the cells."""
    now = {"map": work.ask("map", view.spec)}
    cells: Cells | None = now["map"].result
    beside = other(view, cells.window) if cells is not None else None
    now["beside"] = work.ask("beside", beside) if beside is not None else _none("beside")
    now["paths"] = work.ask("paths", view.spec) if view.paths and not view.spec.line else _none("paths")
    done, both = _whole(now["map"]), _whole(now["map"]) and _whole(now["beside"])
    now["look"] = work.ask("look", view.spec, at=list(view.at)) if view.at is not None and done else _none("look")
    now["trust"] = work.ask("trust", view.spec) if done else _none("trust")
    now["beside.trust"] = work.ask("beside.trust", beside) if both and beside is not None else _none("beside.trust")
    return now


def _whole(part: work.Standing) -> bool:
    """Whether all its cells that will be there are."""
    return part.result is not None and not part.running and not part.trouble


def _none(part: str) -> work.Standing:
    work.drop(part)
    return work.Standing()


def show() -> None:
    """The slice as far as it is, what stands beside it, and what is below."""
    result: TrainingResult = state[RESULT]
    view, mode = controls.current(result.experiment), _mode()
    now = gather(view)
    cells: Cells | None = now["map"].result
    progress(view, now)
    if cells is not None:
        compared = now["beside"].result
        left, right = (st.container(), st.container()) if view.beside else st.columns([1.6, 1], gap="medium")
        with left:
            (line if view.spec.line else plane)(view, cells, compared, now, mode)
            if not view.spec.line and _whole(now["map"]):
                network_slices_three.section(view, cells, now["paths"].result or (), mode)
            look(view, cells, now, mode)
        measured = trust.of_each(view, (cells, compared), (now["trust"], now["beside.trust"]))
        with right:
            trust.panel(view, measured)
        for one in measured:
            trust.charts(view, one, result, mode)
        slice_road.offer(view.spec, result)
        take_away(view, now)
    settle(now)


watched = st.fragment(show, run_every=work.WATCH)
resting = st.fragment(show)


def progress(view: ShownSlice, now: dict[str, work.Standing]) -> None:
    """One line that is always there: how much is asked, how far it is, a button to stop it or to go on."""
    parts = [now[name] for name in ("map", "beside") if now[name] != work.Standing()]
    share = sum(part.share for part in parts) / max(len(parts), 1)
    rows, columns = (view.spec.cells[1], view.spec.cells[0])
    size = f"{columns:,} points" if view.spec.line else f"{columns:,} × {rows:,} cells"
    trouble = next((part.trouble for part in parts if part.trouble), "")
    with st.container(height=56, border=False, horizontal=True, vertical_alignment="center"):
        if any(part.running for part in parts):
            st.progress(min(share, 1.0), f"{size}: {share:.0%}")
            st.button("Stop", on_click=work.stop, icon=":material/stop:", key="network.slices.stop", width="content")
        elif trouble:
            st.markdown(f":red[This slice could not be computed: {trouble}]")
        elif any(part.stopped for part in parts):
            st.markdown(f"Stopped at {share:.0%} of {size}.")
            st.button("Go on", on_click=work.go_on, icon=":material/play_arrow:", key="network.slices.again", width="content")
        else:
            cells: Cells | None = now["map"].result
            st.caption(f"{size}. {formats.summary(cells, view)}" if cells is not None else size)


def plane(view: ShownSlice, cells: Cells, compared: Cells | None, now: dict[str, work.Standing], mode: Mode) -> None:
    """The plane on the stage, or two side by side in the same colours."""
    both = [cells, *([compared] if compared is not None else [])]
    colours = colour_range([values(one, view.shown) for one in both])
    paths: Sequence[ProjectedPath] = now["paths"].result or ()
    at = view.at or formats.middle(cells)
    here = formats.scene(view, view.spec, cells, paths, colours, point=(at[0], at[1]), note=sliced.paths_note(paths))
    columns = st.columns(2, gap="small") if view.beside else [st.container()]
    with columns[0]:
        stage(here, key=STAGE, on_change=moved)
    spec = other(view, cells.window)
    if compared is not None and spec is not None:
        with columns[1]:
            stage(formats.scene(view, spec, compared, (), colours, point=None), key=f"{STAGE}.beside", on_change=lambda: None)
    if view.paths and now["paths"].trouble:
        st.caption(f":red[Its paths could not be projected: {now['paths'].trouble}]")


def line(view: ShownSlice, cells: Cells, compared: Cells | None, now: dict[str, work.Standing], mode: Mode) -> None:
    """The line as curves: training and test samples, loss and accuracy."""
    st.markdown(f"**{slice_words.title(view.spec)}**")
    spec = other(view, cells.window)
    both = [(view.spec, cells), *([(spec, compared)] if compared is not None and spec is not None else [])]
    for chart in sliced.curves(view, both):
        figure = slice_line_figure(
            chart.curves, mode, chart.title, cells.labels[0], log=chart.log, level=chart.level, marks=sliced.marks(view.spec),
            chosen=view.at[0] if view.at else None,
        )  # fmt: skip
        st.plotly_chart(figure, theme=None, key=f"network.slices.line.{chart.title}")


def look(view: ShownSlice, cells: Cells, now: dict[str, work.Standing], mode: Mode) -> None:
    """The point that is looked at."""
    st.subheader("The network at a point of it", anchor=False)
    if not view.spec.line:
        st.caption("Drag the ring on the plane, move it by the arrow keys, or type its coordinates.")
    at = view.at or formats.middle(cells)[: 1 if view.spec.line else 2]
    point.fields(view, at, cells)
    if view.at is not None:
        point.show(now["look"], mode)


def moved() -> None:
    """Follow the ring: a drag is looked at, a drop is kept in the link."""
    done = event(STAGE)
    view: ShownSlice | None = state.get(controls.VIEW)
    if done is None or done.start is None or view is None or len(done.start) != 2 or view.spec.line:
        return
    controls.keep(replace(view, at=done.start))
    state[DRAGGING] = done.phase == "drag"


def settle(now: dict[str, work.Standing]) -> None:
    """After the slice has drawn itself: the whole page and its address follow where the last answer has come, one has begun, or
    another point has been chosen. Not while a hand drags: its next event is on the way."""
    if state.pop(DRAGGING, False):
        return
    if work.running() != state.get(WATCHED, False) or state.get(controls.VIEW) != state.get(DRAWN):
        st.rerun()


def take_away(view: ShownSlice, now: dict[str, work.Standing]) -> None:
    """Figures and numbers of what is on show, once all of it is there."""
    cells: Cells | None = now["map"].result
    wanted = ["map", *(["beside"] if view.beside else []), *(["paths"] if view.paths and not view.spec.line else [])]
    if cells is None or not all(_whole(now[name]) for name in wanted):
        st.caption("It can be taken away once all of it is computed.")
        return
    spec = other(view, cells.window)
    both = ((view.spec, cells), *([(spec, now["beside"].result)] if spec is not None else []))
    takeaway.offer(view, both, now["paths"].result or ())


def _mode() -> Any:
    return "dark" if st.context.theme.type == "dark" else "light"

"""What is explored: the experiment in the sidebar, and the view of it that each section keeps for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.link import MOST_ENTRANTS, MOST_STEPS
from experiments.presets import RACES
from experiments.spec import SLICE, Choice, ExperimentError, start_of, surface_of
from experiments.sweeps import link
from experiments.sweeps.axis import axes_of
from experiments.sweeps.exploration import Exploration, able, around, chosen, fitted, opening, sweep_of
from experiments.sweeps.result import QUANTITIES
from figures.sweep_map import axis_label
from landscapes import MODIFIERS
from landscapes.ranges import Range
from optimizers import OPTIMIZERS
from pages import race_view
from pages.controls import Editor

OPENINGS = {key: replace(race, optimizers=race.optimizers[:4]) for key, race in RACES.items() if key != SLICE}
explore = Editor("explore", OPENINGS)
state = st.session_state
ANYWHERE = Range(control=(-2.0, 2.0))
SEED = Range(0, 2**31 - 1, control=(0, 100), whole=True)
SIDES = (32, 64, 96, 128, 192, 256)
STARTS = (64, 128, 256, 384, 512)
HIDEABLE = {"title": "Title", "tabs": "Tabs", "controls": "Controls", "table": "Table", "sections": "Take it away"}
HIDDEN_BY = {"controls": ".st-key-explore-controls", "table": "[data-testid='stDataFrame']"}


def open_link() -> None:
    """Take experiment and view from a new link, before any widget exists."""
    fields = st.query_params.to_dict()
    new = "explore" not in state or (fields and fields != state.get("explore.link"))
    shown = explore.open_link()
    hide = shown.pop("show.hide", "")
    if new:
        state["explore.hidden"] = [part for part in HIDEABLE if part in hide.split(",")]
        views, complaints = {}, []
        if able(explore.experiment):
            view, complaints = link.decode({k.removeprefix("show."): v for k, v in shown.items()}, explore.experiment)
            views = {view.tab: view}
            state["explore.tab"] = view.tab
        state["explore.views"] = views
        state["explore.complaints"] += complaints


def shows(part: str) -> bool:
    """Whether a part of the page is shown: a link that another page embeds may leave some out."""
    return part not in state["explore.hidden"]


def hide() -> None:
    """Take what is left out off the page where its widgets must stay."""
    for part, selector in HIDDEN_BY.items():
        if not shows(part):
            st.html(f"<style>{selector} {{ display: none }}</style>")


def kept() -> dict[str, str]:
    """What the address keeps of how the page is shown."""
    return {"hide": ",".join(state["explore.hidden"])} if state["explore.hidden"] else {}


def current() -> Exploration:
    """The view of the open section, made to fit the experiment. ExperimentError where nothing can be explored."""
    tab = state.get("explore.tab") or state.get("explore.last", "map")  # the widget's own is gone where a run was broken off
    views, experiment = state["explore.views"], explore.experiment
    views[tab] = fitted(views[tab], experiment) if tab in views else opening(experiment, tab)
    found: Exploration = views[tab]
    return found


def keep(view: Exploration) -> None:
    state["explore.views"][view.tab] = view
    state["explore.complaints"] = []


def choose() -> None:
    """The sidebar: the surface, what is done to it, the budget and who runs."""
    experiment = explore.experiment
    explore.widget(
        st.selectbox, "Surface", "surface", experiment.landscape.key, _on_surface,
        options=list(OPENINGS), format_func=race_view.surface_title,
    )  # fmt: skip
    landscape: Any = experiment.make_landscape()
    st.caption(landscape.description.partition("\n\n")[0])
    explore.parameters(surface_of(experiment.landscape.key).ranges)
    start = tuple(start_of(experiment, landscape))
    for place, (name, column) in enumerate(zip(landscape.coordinates, st.columns(len(landscape.coordinates)))):
        with column:
            explore.number(f"Start {name}", f"start{place}", start[place], ANYWHERE, lambda e, v, place=place: replace(
                e, start=tuple(v if i == place else s for i, s in enumerate(start))))  # fmt: skip
    box = st.expander("Turn, stretch, add noise", key="explore.open.change", on_change="rerun")
    if box.open:
        with box:
            _changes(experiment, getattr(landscape, "samples", None))
    explore.widget(
        st.slider, "Steps", "steps", experiment.steps, lambda e, v: replace(e, steps=int(v)), min_value=1, max_value=MOST_STEPS,
    )  # fmt: skip
    explore.widget(
        st.multiselect, "Optimizers", "race", list(dict.fromkeys(c.key for c in experiment.optimizers)), _with_race,
        options=list(OPTIMIZERS), format_func=lambda key: OPTIMIZERS[key].title,
    )  # fmt: skip
    explore.entrants(race_view.labels(experiment), more=explore.wrappers)


def _on_surface(experiment: Experiment, key: str) -> Experiment:
    """Another surface, with the optimizers that there were, at the rates that suit it."""
    fresh = OPENINGS[key]
    rates = {choice.key: choice for choice in RACES[key].optimizers}
    kept = dict.fromkeys(choice.key for choice in experiment.optimizers)
    return replace(fresh, optimizers=tuple(rates.get(name, Choice(name)) for name in kept))


def _changes(experiment: Experiment, samples: int | None) -> None:
    made = [(choice, MODIFIERS[choice.key]) for choice in experiment.modifiers]
    explore.chain("Changes", "mod", made, MODIFIERS, lambda e, choices: replace(e, modifiers=choices, start=None))
    if samples is not None:
        explore.widget(
            st.selectbox, "Samples a step", "batch", experiment.batch_size, lambda e, size: replace(e, batch_size=size),
            options=[None, *range(1, samples + 1)], format_func=lambda size: f"all {samples}" if size is None else str(size),
        )  # fmt: skip
    if random(experiment):
        explore.number("Seed", "seed", experiment.seed, SEED, lambda e, v: replace(e, seed=int(v)))


def random(experiment: Experiment) -> bool:
    """Whether anything in it is drawn at random."""
    return experiment.batch_size is not None or any(choice.key == "noise" for choice in experiment.modifiers)


def _with_race(experiment: Experiment, keys: list[str]) -> Experiment:
    kept = {choice.key: choice for choice in reversed(experiment.optimizers)}
    rates = {choice.key: choice for choice in RACES[experiment.landscape.key].optimizers}
    choices = tuple(kept.get(key) or rates.get(key, Choice(key)) for key in keys)
    return replace(experiment, optimizers=choices[:MOST_ENTRANTS])


# ---- the view -------------------------------------------------------------------------------------------------------------


def field(
    widget: Callable[..., Any], label: str, name: str, value: Any, how: Callable[[Any], Exploration], **options: Any
) -> None:
    """A widget that shows a part of the view; when moved, the view becomes `how(new value)`, or the page says why not."""
    key = f"explore.view.{name}"
    state[key] = value

    def apply() -> None:
        try:
            keep(how(state[key]))
        except ExperimentError as error:
            state["explore.complaints"] = [f"{error}."]

    widget(label, key=key, on_change=apply, **options)


def shown(view: Exploration, label: str = "Optimizers on the map") -> None:
    """Which of the optimizers the section shows."""
    names = race_view.labels(explore.experiment)

    def how(places: list[int]) -> Exploration:
        return fitted(replace(view, shown=tuple(sorted(places)) or view.shown, cell=None), explore.experiment)

    field(
        st.multiselect, label, "shown", list(view.shown), how, options=able(explore.experiment), format_func=names.__getitem__
    )


def axis_choice(view: Exploration, which: str, label: str) -> None:
    """Which number the axis `which`, x or y, varies."""
    seen, one = chosen(explore.experiment, view.shown), getattr(view, which)
    coordinates = seen.make_landscape().coordinates  # type: ignore[attr-defined]

    def how(name: str) -> Exploration:
        other = "y" if which == "x" else "x"
        made = replace(view, **{which: around(seen, name, one.cells)}, cell=None)
        return replace(made, **{other: one}) if getattr(view, other).name == name else made  # both at once: they change places

    field(
        st.selectbox, label, which, one.name, how, options=list(axes_of(seen)),
        format_func=lambda name: axis_label(name, coordinates),
    )  # fmt: skip


def axis_ends(view: Exploration, which: str, sides: tuple[int, ...] = SIDES) -> None:
    """From where to where an axis goes, on which scale, in how many cells."""
    one = getattr(view, which)
    label = axis_label(one.name, explore.experiment.make_landscape().coordinates)  # type: ignore[attr-defined]

    def how(part: str) -> Callable[[Any], Exploration]:
        return lambda value: _tried(replace(view, **{which: replace(one, **{part: value})}, cell=None))

    st.markdown(f"**{label[:1].upper()}{label[1:]}**")
    left, right = st.columns(2)
    with left:
        field(st.number_input, "From", f"{which}.low", one.low, how("low"), format="%.6g", step=None)
        field(st.selectbox, "Cells", f"{which}.cells", one.cells, how("cells"), options=sorted({*sides, one.cells}))
    with right:
        field(st.number_input, "To", f"{which}.high", one.high, how("high"), format="%.6g", step=None)
        field(st.selectbox, "Scale", f"{which}.scale", one.scale, how("scale"), options=["linear", "log"])


def _tried(view: Exploration) -> Exploration:
    """The view, if it can be computed: ExperimentError says which size would."""
    sweep_of(view, explore.experiment)
    return view


def side(view: Exploration) -> None:
    """How many starts along each axis."""
    field(
        st.selectbox, "Starts", "cells", view.cells, lambda v: _tried(replace(view, cells=v, cell=None)),
        options=sorted({*STARTS, view.cells}), format_func=lambda cells: f"{cells} × {cells}",
    )  # fmt: skip


def colour(view: Exploration, options: list[str], label: str = "Colour") -> None:
    field(
        st.selectbox, label, "colour", view.colour, lambda v: replace(view, colour=v),
        options=options, format_func=lambda name: QUANTITIES[name].title, help=_explained(options),
    )  # fmt: skip


def _explained(options: list[str]) -> str:
    return "\n".join(f"- {QUANTITIES[name].title}: {QUANTITIES[name].description}" for name in options)


def tolerance(view: Exploration) -> None:
    field(
        st.number_input, "Tolerance", "tolerance", view.tolerance, lambda v: _tried(replace(view, tolerance=float(v))),
        min_value=1e-300, format="%.3g", step=None, help="A run has converged within this much of a minimum's loss.",
    )  # fmt: skip


def whole(view: Exploration, label: str, name: str, low: int, high: int, **options: Any) -> None:
    field(
        st.number_input, label, name, getattr(view, name), lambda v: _tried_if_sweep(replace(view, **{name: int(v)})),
        min_value=low, max_value=high, step=1, **options,
    )  # fmt: skip


def _tried_if_sweep(view: Exploration) -> Exploration:
    return view if view.tab == "cloud" else _tried(view)

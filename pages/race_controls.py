"""The race's sidebar: what is raced on, from where, by whom, with which hyperparameters, and how fair it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.link import MOST_STEPS
from experiments.presets import RACES
from experiments.spec import SLICE, TYPED, start_of, surface_of
from landscapes import MODIFIERS, ExpressionError, parse
from landscapes.ranges import Range
from pages import cached, race_slice, race_view
from pages.contest import contest
from pages.controls import Editor

SEED = Range(0, 2**31 - 1, control=(0, 100), whole=True)
ANYWHERE = Range(control=(-2.0, 2.0))
FORMULA_HELP = (
    "Numbers, x, y, pi, e, + - * / ^, brackets, and functions such as sin, cos, tan, exp, log, sqrt, abs, tanh, min, max. "
    "Gradient and Hessian are exact, derived from what you type."
)
BUDGETS = {"steps": "Steps", "calls": "Oracle calls"}
BUDGET_HELP = (
    "What all entrants have equally: steps, or questions to the surface. A gradient and a loss count one each, a Hessian "
    "counts one for each coordinate; an entrant stops where its questions are used up."
)
race = Editor("race", RACES)
state = st.session_state


def choose() -> None:
    surface()
    fairness()
    contest(race, "tied")


def surface() -> None:
    """The surface, its parameters and changes, and the start."""
    experiment = race.experiment
    landscape = cached.landscape_of(experiment)
    race.widget(
        st.selectbox, "Surface", "surface", experiment.landscape.key, lambda _, key: RACES[key],
        options=list(RACES), format_func=race_view.surface_title,
    )  # fmt: skip
    if experiment.landscape.key == SLICE:
        race_slice.choose(race)
    st.caption(landscape.description.partition("\n\n")[0])
    if experiment.landscape.key != SLICE:
        typed = experiment.landscape.key == TYPED
        if typed:
            formula()
        race.parameters(
            {n: r for n, r in surface_of(experiment.landscape.key).ranges.items() if not typed or _side(n, landscape)}
        )
    start = tuple(start_of(experiment, landscape))
    for axis, (name, column) in enumerate(zip(landscape.coordinates, st.columns(len(landscape.coordinates)))):
        with column:
            race.number(f"Start {name}", f"start{axis}", start[axis], ANYWHERE, lambda e, v, axis=axis: replace(
                e, start=tuple(v if i == axis else s for i, s in enumerate(start))))  # fmt: skip
    if experiment.landscape.key != SLICE:
        box = st.expander("Turn, stretch, add noise", key="race.open.change", on_change="rerun")
        if box.open:
            with box:
                changes(experiment, getattr(landscape, "samples", None))


def _side(name: str, landscape: Any) -> bool:
    """Whether it is an end of the map of a typed formula: one of x alone has no y to bound."""
    return name.partition("_")[0] in landscape.coordinates


def formula() -> None:
    """The field a formula is typed into. What is no formula yet stays in it, with a mark under the character at fault."""
    draft, message, position = state.get("race.draft") or (race.experiment.landscape.parameters["formula"], "", 0)
    state["race.formula"] = draft
    st.text_input("f(x, y) or f(x) =", key="race.formula", on_change=_typed, help=FORMULA_HELP)
    if message:
        st.code(f"{draft}\n{' ' * position}^", language=None)
        st.error(f"{message[:1].upper()}{message[1:]}.", icon=":material/error:")


def _typed() -> None:
    text, landscape = state["race.formula"], race.experiment.landscape
    domain = [(landscape.parameters[f"{name}_low"], landscape.parameters[f"{name}_high"]) for name in ("x", "y")]
    try:
        parse(text, domain)
    except ExpressionError as error:
        state["race.draft"] = (text, error.message.rstrip("."), error.position)
        return
    state["race.draft"] = None
    race.change(replace(race.experiment, landscape=landscape.with_parameters(formula=text), start=None))


def changes(experiment: Experiment, samples: int | None) -> None:
    """What is done to the surface, and what its optimizers see of it."""
    made = [(choice, MODIFIERS[choice.key]) for choice in experiment.modifiers]
    race.chain("Changes", "mod", made, MODIFIERS, lambda e, chosen: replace(e, modifiers=chosen, start=None))
    if samples is not None:
        race.widget(
            st.selectbox, "Samples a step", "batch", experiment.batch_size, lambda e, size: replace(e, batch_size=size),
            options=[None, *range(1, samples + 1)], format_func=lambda size: f"all {samples}" if size is None else str(size),
        )  # fmt: skip
    if experiment.batch_size is not None or any(choice.key == "noise" for choice in experiment.modifiers):
        race.number("Seed", "seed", experiment.seed, SEED, lambda e, v: replace(e, seed=int(v)))


def fairness() -> None:
    """How long the race is, and in what."""
    experiment = race.experiment
    race.widget(
        st.slider, BUDGETS[experiment.budget], "steps", experiment.steps, lambda e, v: replace(e, steps=int(v)),
        min_value=1, max_value=MOST_STEPS,
    )  # fmt: skip
    race.widget(
        st.segmented_control, "Equal for all", "budget", experiment.budget, lambda e, v: replace(e, budget=v),
        options=list(BUDGETS), format_func=BUDGETS.get, required=True, help=BUDGET_HELP,
    )  # fmt: skip
    st.segmented_control(
        "Panels", ["one", "each"], key="view", required=True, format_func={"one": "Together", "each": "One each"}.get
    )

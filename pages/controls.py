"""Widgets whose value is a part of an experiment: they show it, and changing them changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import streamlit as st

from experiments import Experiment, link
from experiments.spec import Choice, ExperimentError
from landscapes.ranges import Options, Range
from optimizers import OPTIMIZERS, WRAPPERS
from optimizers.wrappers.wrapper import layers

Change = Callable[[Experiment, Any], Experiment]
Put = Callable[[Experiment, tuple[Choice, ...]], Experiment]


@dataclass(frozen=True)
class Editor:
    """A page's experiment, kept in the session under `page`, with widgets that edit it and the link that holds it.

    `openings` are the experiments that a link's landscape opens with; the first is what the page opens with.
    """

    page: str
    openings: Mapping[str, Experiment]

    @property
    def experiment(self) -> Experiment:
        experiment: Experiment = st.session_state[self.page]
        return experiment

    def change(self, experiment: Experiment) -> None:
        st.session_state[self.page] = experiment
        st.session_state[f"{self.page}.complaints"] = []

    def open_link(self) -> dict[str, str]:
        """Take the experiment from the link when it is new, before any widget exists. Returns fields that start with `show.`,
        which say how a page shows it."""
        fields = st.query_params.to_dict()
        shown = {name: value for name, value in fields.items() if name.startswith("show.")}
        if self.page not in st.session_state or (fields and fields != st.session_state.get(f"{self.page}.link")):
            experiment, complaints = link.decode({k: v for k, v in fields.items() if k not in shown}, self.openings)
            self.change(experiment)
            st.session_state[f"{self.page}.complaints"] = complaints
        return shown

    def write_link(self, **shown: str) -> None:
        """Put the whole experiment into the address; say what a link or a field got wrong."""
        for complaint in st.session_state[f"{self.page}.complaints"]:
            st.warning(complaint, icon=":material/link_off:")
        self.write_address(**shown)

    def write_address(self, **shown: str) -> None:
        """Put the whole experiment into the address, and how it is shown."""
        fields = link.encode(self.experiment) | {f"show.{name}": value for name, value in shown.items()}
        if fields != st.query_params.to_dict():
            st.query_params.from_dict(fields)
        st.session_state[f"{self.page}.link"] = fields

    def _apply(self, key: str, how: Change) -> None:
        value = st.session_state[key]
        if value is None:  # no widget here has none: a browser that was asked too early what it shows says so
            return
        try:
            self.change(how(self.experiment, value))
        except ExperimentError as error:
            st.session_state[f"{self.page}.complaints"] = [f"{error}."]

    def widget(self, widget: Callable[..., Any], label: str, name: str, value: Any, how: Change, **options: Any) -> None:
        """A widget that shows `value`; when moved, the experiment becomes `how(experiment, new value)`."""
        key = f"{self.page}.{name}"
        st.session_state[key] = value
        widget(label, key=key, on_change=self._apply, args=(key, how), **options)

    def number(self, label: str, name: str, value: float, allowed: Range, how: Change) -> None:
        """An exact number field; on a log scale its arrows move by a tenth of the value."""
        kind = int if allowed.whole else float
        step = abs(value) / 10 if allowed.scale == "log" and value else (allowed.control[1] - allowed.control[0]) / 100
        self.widget(
            st.number_input,
            label,
            name,
            kind(value),
            how,
            min_value=None if allowed.low == -inf else kind(allowed.low),
            max_value=None if allowed.high == inf else kind(allowed.high),
            step=max(1, int(step)) if allowed.whole else step,
            format="%d" if allowed.whole else "%.6g",
            help=f"Allowed: {allowed}",
        )

    def field(self, label: str, name: str, value: Any, allowed: Any, how: Change) -> None:
        """The field for one parameter: a number, one of several words, or a text."""
        if isinstance(allowed, Options):
            self.widget(st.selectbox, label, name, value, how, options=allowed.values)
        elif isinstance(allowed, Range):
            self.number(label, name, value, allowed, how)
        else:
            self.widget(st.text_input, label, name, value, how, help=f"Allowed: {allowed}")

    def parameters(self, ranges: Mapping[str, Any], put: Callable[[Experiment, Choice], Experiment] | None = None) -> None:
        """Fields for the parameters of the landscape; `put(experiment, landscape)` takes what is changed."""

        def how(name: str) -> Change:
            def change(experiment: Experiment, value: Any) -> Experiment:
                landscape = experiment.landscape.with_parameters(**{name: value})
                return put(experiment, landscape) if put else replace(experiment, landscape=landscape)

            return change

        for name, allowed in ranges.items():
            self.field(name, f"on.{name}", self.experiment.landscape.parameters[name], allowed, how(name))

    def chain(self, label: str, name: str, made: Sequence[tuple[Choice, Any]], menu: Mapping[str, Any], put: Put) -> None:
        """Entries of a menu one after the other, with fields for their parameters; `put(experiment, choices)` takes them.

        `made` are the choices so far, each with what knows the ranges of its parameters.
        """
        choices = [choice for choice, _ in made]

        def picked(experiment: Experiment, keys: list[str]) -> Experiment:
            kept = [choice for choice in choices if choice.key in keys]
            new = [Choice(key) for key in keys if key not in {choice.key for choice in choices}]
            return put(experiment, (*kept, *new))

        def how(place: int, parameter: str) -> Change:
            def change(experiment: Experiment, value: Any) -> Experiment:
                changed = list(choices)
                changed[place] = changed[place].with_parameters(**{parameter: value})
                return put(experiment, tuple(changed))

            return change

        keys = list(dict.fromkeys(choice.key for choice in choices))
        titles = {key: menu[key].name for key in menu}
        self.widget(st.multiselect, label, name, keys, picked, options=list(menu), format_func=titles.get)
        for place, (choice, owner) in enumerate(made):
            for parameter, allowed in owner.ranges.items():
                self.field(
                    f"{titles[choice.key]}: {parameter}", f"{name}.{place}.{parameter}", choice.parameters[parameter], allowed,
                    how(place, parameter),
                )  # fmt: skip

    def tied(self, names: Sequence[str]) -> None:
        """One field for each hyperparameter that all entrants share; they show the first entrant's value."""
        for name in names:
            having = [i for i, choice in enumerate(self.experiment.optimizers) if name in choice.parameters]
            if having:
                value = self.experiment.optimizers[having[0]].parameters[name]
                allowed = self.experiment.optimizer(having[0]).ranges[name]
                self.number(
                    f"{name}, for all", f"tied.{name}", value, allowed, lambda e, v, name=name: set_for_all(e, name, float(v))
                )

    def entrants(self, labels: Sequence[str], tied: Sequence[str] = (), more: Callable[[int], None] | None = None) -> None:
        """An expander for each entrant. Its fields are made only while it is open: all of them would double the page's cost."""
        for index, label in enumerate(labels):
            box = st.expander(label, key=f"{self.page}.open.{index}", on_change="rerun")
            if box.open:
                with box:
                    self.hyperparameters(index, tied)
                    if more:
                        more(index)

    def hyperparameters(self, index: int, tied: Sequence[str] = ()) -> None:
        """The rule of one entrant, a field for each of its hyperparameters that is its own, and what is wrapped around it."""
        optimizer, choice = self.experiment.optimizer(index), self.experiment.optimizers[index]
        st.latex(optimizer.formula)
        for name, allowed in OPTIMIZERS[choice.key].ranges.items():
            if name not in tied:
                self.number(
                    name, f"{index}.{name}", choice.parameters[name], allowed,
                    lambda e, v, name=name: with_choice(e, index, e.optimizers[index].with_parameters(**{name: float(v)})),
                )  # fmt: skip

    def wrappers(self, index: int) -> None:
        """What is wrapped around an entrant."""
        choice, around = self.experiment.optimizers[index], layers(self.experiment.optimizer(index))[1:]
        self.chain(
            "Wrapped in", f"{index}.with", list(zip(choice.wrappers, around)), WRAPPERS,
            lambda e, wrappers: with_choice(e, index, replace(e.optimizers[index], wrappers=wrappers)),
        )  # fmt: skip


def with_choice(experiment: Experiment, index: int, choice: Choice) -> Experiment:
    """The experiment with another choice in the place of one entrant."""
    choices = list(experiment.optimizers)
    choices[index] = choice
    return replace(experiment, optimizers=tuple(choices))


def set_for_all(experiment: Experiment, name: str, value: float) -> Experiment:
    """The experiment with one hyperparameter set in every entrant that has it."""
    choices = (c.with_parameters(**{name: value}) if name in c.parameters else c for c in experiment.optimizers)
    return replace(experiment, optimizers=tuple(choices))

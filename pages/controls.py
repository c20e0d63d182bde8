"""Widgets whose value is a part of an experiment: they show it, and changing them changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import streamlit as st

from experiments import Experiment, link
from experiments.spec import ExperimentError
from landscapes.ranges import Options, Range

Change = Callable[[Experiment, Any], Experiment]


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
        fields = link.encode(self.experiment) | {f"show.{name}": value for name, value in shown.items()}
        if fields != st.query_params.to_dict():
            st.query_params.from_dict(fields)
        st.session_state[f"{self.page}.link"] = fields

    def _apply(self, key: str, how: Change) -> None:
        try:
            self.change(how(self.experiment, st.session_state[key]))
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

    def parameters(self, family: Any) -> None:
        """Fields for the parameters of the landscape."""

        def how(name: str) -> Change:
            return lambda e, value: replace(e, landscape=e.landscape.with_parameters(**{name: value}))

        for name, allowed in family.ranges.items():
            value = self.experiment.landscape.parameters[name]
            if isinstance(allowed, Options):
                self.widget(st.selectbox, name, f"on.{name}", value, how(name), options=allowed.values)
            else:
                self.number(name, f"on.{name}", value, allowed, how(name))

    def entrants(self, labels: Sequence[str]) -> None:
        """An expander for each entrant. Its fields are made only while it is open: all of them would double the page's cost."""
        for index, label in enumerate(labels):
            box = st.expander(label, key=f"{self.page}.open.{index}", on_change="rerun")
            if box.open:
                with box:
                    self.hyperparameters(index)

    def hyperparameters(self, index: int) -> None:
        """The rule of one entrant, and a field for each of its hyperparameters."""
        optimizer = self.experiment.optimizer(index)

        def how(name: str) -> Change:
            def change(experiment: Experiment, value: Any) -> Experiment:
                choices = list(experiment.optimizers)
                choices[index] = choices[index].with_parameters(**{name: float(value)})
                return replace(experiment, optimizers=tuple(choices))

            return change

        st.latex(optimizer.formula)
        for name, allowed in optimizer.ranges.items():
            self.number(name, f"{index}.{name}", getattr(optimizer, name), allowed, how(name))

"""Links: a whole experiment as the fields of a URL, in full precision, and back again whatever the fields hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from experiments.link_fields import Reading, number, shortened, whole
from experiments.presets import RACES
from experiments.slice_choice import examples
from experiments.slices import is_stored
from experiments.spec import SLICE, Choice, Experiment, ExperimentError
from experiments.training_plan import INTERACTIVE, plan_of
from landscapes import MODIFIERS, NETWORKS
from optimizers import WRAPPERS

VERSION = "1"
OWN = "own"  # the landscape's own start
FULL = "all"  # samples, in every step
LONGEST_FIELD, LONGEST_TRAINING = 2000, 20_000
MOST_STEPS, MOST_ENTRANTS = 2000, 16  # a link must not buy more computing than a visitor's controls offer
WITH = "with"
_WRAPPED = re.compile(rf"\d{{1,2}}\.{WITH}")
_ENTRANT = re.compile(r"(\d{1,2})\.([a-z0-9_]{1,40})")


def encode(experiment: Experiment) -> dict[str, str]:
    """The experiment as URL fields; numbers with the shortest text that gives the same float back.

    `on` names the landscape and `on.NAME` its parameters, `race` the optimizers in order and `K.NAME` the hyperparameters of
    the K-th; `K.with` is what is wrapped around it and `mod` what modifies the surface, as KEY:NAME=VALUE,...;KEY:... from the
    innermost on; `start`, `steps`, `seed`, `batch`, `budget` and `weights` are themselves; `of` is the training a slice lies
    in, as JSON.
    """
    data = experiment.as_json()
    fields = {"v": VERSION, "on": data["landscape"].pop("key")}
    fields |= {f"on.{name}": _text(value) for name, value in data["landscape"].items()}
    fields["race"] = ",".join(choice.key for choice in experiment.optimizers)
    for index, choice in enumerate(data["optimizers"]):
        fields |= {f"{index}.{name}": _text(value) for name, value in choice.items() if name not in ("key", "wrappers")}
        if experiment.optimizers[index].wrappers:
            fields[f"{index}.{WITH}"] = _chain(experiment.optimizers[index].wrappers)
    if experiment.modifiers:
        fields["mod"] = _chain(experiment.modifiers)
    if experiment.budget != "steps":
        fields["budget"] = experiment.budget
    fields["start"] = OWN if experiment.start is None else ",".join(_text(v) for v in experiment.start)
    fields |= {"steps": str(experiment.steps), "seed": str(experiment.seed)}
    if experiment.batch_size is not None:
        fields["batch"] = str(experiment.batch_size)
    elif experiment.landscape.key in NETWORKS:
        fields["batch"] = FULL  # a network's page opens with mini-batches
    if experiment.weights is not None:
        fields["weights"] = experiment.weights
    if experiment.training is not None and experiment.training != RACES[SLICE].training:
        fields["of"] = json.dumps(experiment.training.as_json(), separators=(",", ":"))
    return fields


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _chain(choices: Sequence[Choice]) -> str:
    """Choices as KEY:NAME=VALUE,NAME=VALUE;KEY:..."""
    return ";".join(
        f"{choice.key}:" + ",".join(f"{name}={_text(value)}" for name, value in choice.parameters.items()) for choice in choices
    )


def _unchained(text: str, menu: Mapping[str, Any]) -> tuple[Choice, ...]:
    """The choices that `_chain` wrote."""
    choices = []
    for part in text.split(";") if text else ():
        key, _, listed = part.partition(":")
        if key not in menu:
            raise ValueError(f"there is no {shortened(key)!r}; there are: {', '.join(menu)}")
        parameters = {}
        for pair in listed.split(",") if listed else ():
            name, _, value = pair.partition("=")
            if name not in menu[key].defaults:
                raise ValueError(f"{key} has no {shortened(name)!r}; it has: {', '.join(menu[key].defaults)}")
            parameters[name] = _value(value, menu[key].defaults[name])
        choices.append(Choice(key, parameters))
    return tuple(choices)


def decode(fields: Mapping[str, str], openings: Mapping[str, Experiment] = RACES) -> tuple[Experiment, list[str]]:
    """The experiment a link holds, and a sentence for every field that was wrong and fell back to its default alone.

    `openings` are the experiments that fields not given come from, by landscape; the first serves where `on` is missing.
    Never raises, whatever the fields hold.
    """
    reading = Reading(next(iter(openings.values())), fields, LONGEST_FIELD)
    take = reading.take
    take("v", lambda text: _version(text, reading.value))
    take("on", lambda text: _opening(text, openings))
    take(
        "of", lambda text: _with_training(reading.value, text), LONGEST_TRAINING
    )  # before the slice, which names its optimizers
    waiting, before, said = [n for n in fields if n.startswith("on.")], -1, len(reading.complaints)
    while len(waiting) != before:  # one field may be wrong until another is there, whichever comes first
        before = len(waiting)
        del reading.complaints[said:]
        reading.left |= {name: fields[name] for name in waiting}
        waiting = [n for n in waiting if not take(n, lambda text, name=n: _with_landscape(reading.value, name[3:], text))]  # type: ignore[misc]
    take("mod", lambda text: replace(reading.value, modifiers=_unchained(text, MODIFIERS)))
    take("race", lambda text: _with_optimizers(reading.value, text))
    for name in [n for n in fields if _ENTRANT.fullmatch(n) and not _WRAPPED.fullmatch(n)]:
        take(name, lambda text, name=name: _with_hyperparameter(reading.value, name, text))  # type: ignore[misc]
    for name in [n for n in fields if _WRAPPED.fullmatch(n)]:
        take(name, lambda text, name=name: _with_wrappers(reading.value, name, text))  # type: ignore[misc]
    take("start", lambda text: _with_start(reading.value, text))
    take("steps", lambda text: replace(reading.value, steps=whole(text, 1, MOST_STEPS)))
    take("batch", lambda text: replace(reading.value, batch_size=None if text == FULL else whole(text, 1, 10**6)))
    take("budget", lambda text: replace(reading.value, budget=text))
    take("weights", lambda text: replace(reading.value, weights=text))
    take("seed", lambda text: replace(reading.value, seed=whole(text, 0, 2**31 - 1)))
    return reading.end("no such field")


def _opening(key: str, openings: Mapping[str, Experiment]) -> Experiment:
    if key not in openings:
        raise ValueError(f"no such landscape; there are: {', '.join(openings)}")
    return openings[key]


def _version(text: str, experiment: Experiment) -> Experiment:
    if text != VERSION:
        raise ValueError(f"this app reads links of version {VERSION}, and takes from others what it understands")
    return experiment


def _value(text: str, default: Any) -> Any:
    """Text as the kind of value the default is."""
    if default is None or isinstance(default, int):
        return None if text == "None" else whole(text, 0, 2**31 - 1)
    return text if isinstance(default, str) else number(text)


def _with_landscape(experiment: Experiment, name: str, text: str) -> Experiment:
    current = dict(experiment.landscape.parameters)
    if experiment.landscape.key == SLICE:
        current = dict(examples(experiment.landscape))
    if name not in current:
        raise ValueError(f"{experiment.landscape.key} has no such parameter")
    return replace(experiment, landscape=experiment.landscape.with_parameters(**{name: _value(text, current[name])}))


def _with_training(experiment: Experiment, text: str) -> Experiment:
    training = Experiment.from_json(json.loads(text))
    if not is_stored(training):
        if training.steps > MOST_STEPS or len(training.optimizers) > MOST_ENTRANTS:
            raise ValueError(f"a link's training has {MOST_STEPS} steps and {MOST_ENTRANTS} optimizers at most")
        seconds = plan_of(training).seconds
        if seconds > INTERACTIVE:
            raise ValueError(
                f"a link's training takes {INTERACTIVE:.0f} seconds at most, this one about {seconds:,.0f}: run it as a job"
            )
    return replace(experiment, training=training)


def _with_optimizers(experiment: Experiment, text: str) -> Experiment:
    if text.count(",") >= MOST_ENTRANTS:
        raise ValueError(f"{MOST_ENTRANTS} optimizers at most race at once")
    opening = {choice.key: choice for choice in experiment.optimizers}
    return replace(experiment, optimizers=tuple(opening.get(key, Choice(key)) for key in text.split(",")))


def _with_hyperparameter(experiment: Experiment, name: str, text: str) -> Experiment:
    index, hyperparameter = name.split(".")
    return _with_choice(experiment, int(index), lambda choice: choice.with_parameters(**{hyperparameter: number(text)}))


def _with_wrappers(experiment: Experiment, name: str, text: str) -> Experiment:
    wrappers = _unchained(text, WRAPPERS)
    return _with_choice(experiment, int(name.split(".", maxsplit=1)[0]), lambda choice: replace(choice, wrappers=wrappers))


def _with_choice(experiment: Experiment, index: int, how: Callable[[Choice], Choice]) -> Experiment:
    choices = list(experiment.optimizers)
    if index >= len(choices):
        raise ValueError(f"there are {len(choices)} optimizers, counted from 0")
    choices[index] = how(choices[index])
    return replace(experiment, optimizers=tuple(choices))


def _with_start(experiment: Experiment, text: str) -> Experiment:
    if text == OWN:
        return replace(experiment, start=None)
    start = tuple(number(part) for part in text.split(","))
    return replace(experiment, start=start)


__all__ = ["ExperimentError", "decode", "encode"]

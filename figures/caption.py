"""What a figure of a race shows, in words: a caption for print, and a short alternative text for who cannot see it.

Both are made from records alone, so they say what was computed, not what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.race import Entrant
from experiments.spec import Choice, start_of
from figures.fate import Window, fate
from landscapes.surfaces.expression import latex, symbol

Entry = Entrant | str  # an entrant, or the sentence that says why it cannot run
CLOSE = 1e-3  # of the map's diagonal: nearer than this to a minimum, a run is said to have reached it


def caption(
    experiment: Experiment,
    landscape: Any,
    entries: Sequence[Entry],
    labels: Sequence[str],
    *,
    window: Window | None = None,
    note: str = "",
    link: str = "",
) -> str:
    """The caption: surface, formula and parameters; start, budget and rules; what became of each; precision and seed.

    Formulas are LaTeX between dollars. `labels` are the entrants' names, `note` says what else the picture rests on, as how
    many samples, `link` where it can be seen in motion. `window` is what the map shows, the landscape's domain where None.
    """
    alone = len(entries) == 1
    sentences = [
        *opening(counted(len(entries)).capitalize(), experiment, landscape, alone),
        *[
            f"{label} ({rule(choice)}) {became(entry, landscape, window)}."
            for label, choice, entry in zip(labels, experiment.optimizers, entries)
        ],
        *closing(experiment, landscape, entries, note),
        f"In motion: {link}" if link else "",
    ]
    return prose(sentences)


def opening(who: str, experiment: Experiment, landscape: Any, alone: bool = False) -> list[str]:
    """Who is on which landscape, from where and for how long."""
    start = placed([f"{v:.6g}" for v in start_of(experiment, landscape)])
    return [
        f"{who} on the landscape {named(landscape, experiment.landscape.parameters)}, {inline(landscape.latex)}.",
        landscape.description if measured(landscape) else "",
        *[f"The landscape is changed by {settings(choice)}." for choice in experiment.modifiers],
        f"{'It starts' if alone else 'All start'} at {placed(landscape.coordinates)} = {start}, for {budget(experiment)}.",
    ]


def closing(experiment: Experiment, landscape: Any, entries: Sequence[Entry], note: str = "") -> list[str]:
    """How the picture is read, and how exactly it was computed."""
    flat, said = len(landscape.coordinates) == 1, note or measured(landscape)
    return [
        *([] if flat else ["Colours show the loss and lines of equal loss carry its true values."]),
        _marks(landscape),
        f"{'Coordinates' if measured(landscape) else 'Computed'} in {_precision(entries)}; seed {experiment.seed}.",
        f"{said.rstrip('.')}." if said else "",
    ]


def prose(sentences: Sequence[str]) -> str:
    """Sentences, those that say something, as one text."""
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences if sentence)


def alt_text(
    experiment: Experiment, landscape: Any, entries: Sequence[Entry], labels: Sequence[str], window: Window | None = None
) -> str:
    """The picture in few words: what kind it is, how many runs, which got lowest, and which left, diverged or could not run."""
    start = placed([f"{v:.3g}" for v in start_of(experiment, landscape)])
    kind = "Curve of the loss" if len(landscape.coordinates) == 1 else "Contour map of the loss"
    ran = [(label, e) for label, e in zip(labels, entries) if not isinstance(e, str)]
    best = min(ran, key=lambda pair: pair[1].ending.loss, default=None)
    fates = {label: fate(e.trajectory.theta, window or landscape.domain) for label, e in ran}
    groups = {
        "diverged": [label for label, f in fates.items() if f.diverged is not None],
        "left the map": [label for label, f in fates.items() if f.diverged is None and f.left is not None],
        "could not run": [label for label, e in zip(labels, entries) if isinstance(e, str)],
    }
    sentences = [
        f"{kind} on {landscape.name} with the path{'s' if len(entries) != 1 else ''} of {counted(len(entries))} from {start}.",
        f"{best[0]} ends {'lowest, ' if len(ran) > 1 else ''}at loss {best[1].ending.loss:.3g}." if best else "",
        *[f"{listed(group)} {what}." for what, group in groups.items() if group],
        f"{measured(landscape)}." if measured(landscape) else "",
    ]
    return prose(sentences)


def measured(landscape: Any) -> str:
    """What a slice's loss is over, in which precision, and what BatchNorm normalises by; nothing of a formula."""
    return str(getattr(landscape, "measured", ""))


def became(entry: Entry, landscape: Any, window: Window | None = None) -> str:
    """What became of one entrant, as the end of a sentence that begins with its name."""
    if isinstance(entry, str):
        return f"could not run: {entry[:1].lower() + entry[1:].rstrip('.')}"
    met = fate(entry.trajectory.theta, window or landscape.domain)
    left = "" if met.left is None else f"left the map at step {met.left}"
    if met.diverged is not None:
        return f"{left} and diverged at step {met.diverged}" if left else f"diverged at step {met.diverged}"
    ended = _ended(entry, landscape)
    return f"{left} and {ended}" if left else ended


def _ended(entry: Entrant, landscape: Any) -> str:
    place, loss = np.array(entry.ending.place), f"loss {entry.ending.loss:.3g}"
    minima = np.array(landscape.minima, dtype=float).reshape(-1, len(place))
    low, high = np.array(landscape.domain, dtype=float).T
    if len(minima):
        with np.errstate(over="ignore"):  # a run may end at 1e300
            away = np.linalg.norm(minima - place, axis=1)
        nearest = int(away.argmin())
        if away[nearest] <= CLOSE * np.linalg.norm(high - low):
            at = ", ".join(f"{v:.4g}" for v in minima[nearest])
            return f"reached the minimum ({at}) {_within(float(away[nearest]))}, at {loss}"
    return f"ended at {loss}"


def named(landscape: Any, given: Mapping[str, Any]) -> str:
    """The landscape with its parameters, those that are numbers; a slice's are in its name."""
    given = {} if measured(landscape) else given
    parameters = [f"{name}{_symbol(name)} = {value:.6g}" for name, value in given.items() if _number(value)]
    return f"{landscape.name} with {listed(parameters)}" if parameters else str(landscape.name)


def _within(distance: float) -> str:
    return f"to within {distance:.1g}" if distance else "exactly"


def _symbol(name: str) -> str:
    """How the formula writes a parameter, where it is not by its name."""
    written = latex(symbol(name))
    return "" if written == name else f" (${written}$)"


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def settings(choice: Choice) -> str:
    """A wrapper or a modifier with its parameters."""
    told = ", ".join(
        f"{name} {value:.6g}" if _number(value) else f"{name} {value}" for name, value in choice.parameters.items()
    )
    return f"{choice.key.replace('_', ' ')} ({told})" if told else choice.key.replace("_", " ")


def rule(choice: Choice) -> str:
    """What a rule was run with."""
    own = ", ".join(f"{name} {value:.6g}" for name, value in choice.parameters.items())
    return "; ".join([own, *(f"with {settings(wrapper)}" for wrapper in choice.wrappers)])


def budget(experiment: Experiment) -> str:
    """How long a run is, and on how many samples each step."""
    steps = f"{experiment.steps} steps"
    if experiment.budget == "calls":
        steps = f"steps until {experiment.steps} oracle calls are spent"
    return steps if experiment.batch_size is None else f"{steps}, each on a mini-batch of {experiment.batch_size}"


def placed(numbers: Sequence[str]) -> str:
    """Coordinates as a point."""
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def _marks(landscape: Any) -> str:
    """What stars and crosses are."""
    stars = f"star{'s' if len(landscape.minima) > 1 else ''}: {'minima' if len(landscape.minima) > 1 else 'minimum'}"
    crosses = f"cross{'es' if len(landscape.saddles) > 1 else ''}: saddle{'s' if len(landscape.saddles) > 1 else ''}"
    told = [*([stars] if len(landscape.minima) else []), *([crosses] if len(landscape.saddles) else [])]
    return f"{'; '.join(told)}." if told else ""


def _precision(entries: Sequence[Entry]) -> str:
    kinds = {str(e.trajectory.theta.dtype) for e in entries if not isinstance(e, str)}
    return listed(sorted(kinds)) if kinds else "float64"


def counted(number: int) -> str:
    """So many optimizers."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return f"{words[number] if number < len(words) else number} optimizer{'' if number == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """Items with commas and an "and" between them."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def inline(latex: str) -> str:
    """An aligned formula as inline ones, one for each of its lines."""
    body = latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    lines = body.split(r" \\ ") if body != latex else [latex]
    return ", ".join(f"${line.replace('&', '').strip()}$" for line in lines)

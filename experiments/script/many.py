"""What scripts of many runs have in common: the landscape, a function that walks for each optimizer, and a loop over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from experiments.script.formula_code import Name
from experiments.script.landscape_code import LandscapeCode
from experiments.script.measure_code import RUN
from experiments.script.script import ground, head, with_helpers, with_imports
from experiments.script.wrapper_code import Nest
from experiments.spec import Choice, Experiment, start_of


def named(choice: Choice, names: Callable[[str], str | None]) -> Choice:
    """An optimizer in which numbers stand as names: `names` gives that of a hyperparameter, None where it is a number."""
    own = {n: v if (name := names(n)) is None else Name(name) for n, v in choice.parameters.items()}
    count: Counter[str] = Counter()
    wrappers = []
    for wrapper in choice.wrappers:
        count[wrapper.key] += 1
        prefix = f"{wrapper.key}{count[wrapper.key] if count[wrapper.key] > 1 else ''}"
        told = {n: names(f"{prefix}.{n}") for n in wrapper.parameters}
        given = {n: v if told[n] is None else Name(str(told[n])) for n, v in wrapper.parameters.items()}
        wrappers.append(Choice(wrapper.key, given))
    return replace(choice, parameters=own, wrappers=tuple(wrappers))


def assembled(
    title: str,
    first: Experiment,
    code: LandscapeCode,
    optimizers: Sequence[tuple[str, Nest, int]],
    constants: Sequence[str],
    pieces: Sequence[str],
    loop: Sequence[str],
) -> str:
    """The text: `constants` and `pieces` stand before `loop`, which finds OPTIMIZERS, a list of the names and walks of
    `optimizers`, each with its steps. `first` is an experiment on the landscape of `code`."""
    feasible = "\n        theta.copy_(feasible(theta))" if code.bounds else ""
    nests = [nest for _, nest, _ in optimizers]
    walks = [nest.function(i + 1, name, steps) for i, (name, nest, steps) in enumerate(optimizers)]
    listed = ", ".join(f'("{name}", {nest.name(i + 1)})' for i, (name, nest, _) in enumerate(optimizers))
    start: Any = start_of(first, code.landscape)
    text = [
        "\n".join([head(title, first, start), *constants]),
        *ground(code, nests, first.seen_landscape()),
        RUN.format(feasible=feasible),
        *pieces,
        *with_helpers(walks),
        "\n".join([f"OPTIMIZERS = [{listed}{',' * (len(nests) == 1)}]", *loop]),
    ]
    return with_imports("\n\n\n".join(text)) + "\n"

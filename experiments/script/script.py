"""The script of an experiment, put together from its pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.script.landscape_code import LandscapeCode
from experiments.script.rule_code import rule_code
from experiments.script.wrapper_code import Nest
from experiments.spec import Experiment, run_entrant, start_of
from landscapes import NETWORKS
from optimizers import OPTIMIZERS
from optimizers.optimizer import HESSIAN, HVP, INPUTS, Needs

WALK = '''def walk(name, path):
    """Follow a path to its end, or for as long as it is finite; print where that is."""
    place, diverged = torch.tensor(START), None
    for step, theta in enumerate(path, start=1):{feasible}
        if not theta.isfinite().all():
            diverged = step
            break
        place = theta.clone()
    value, told = loss(place).item(), f", diverged at step {{diverged}}" if diverged else ""
    print(f"{{name}}: loss {{value:.17g}} at {{place.tolist()}}{{told}}")
    RESULTS.append((name, value, place.tolist(), diverged))'''
HVP_METHOD = """    def hvp(self, vector):
        return self.hessian @ vector"""
TERMS_METHOD = """    def input_terms(self, norm):
        terms, power = input_terms(self.theta, self.t, norm)
        for change in self.changes:
            terms = change(terms)
        return terms, power"""

EXEMPTED = '''def exempted(oracle, divisor):
    """The divisor with exactly 1 for what multiplies no input."""
    return torch.where(torch.tensor({divided}), divisor, 1.0)'''


def script(experiment: Experiment, landscape: Any = None, steps: Mapping[int, int] | None = None) -> str:
    """A Python text that needs torch alone and prints each entrant's last finite loss and point, and where it diverged.

    float64; the start and all numbers in full precision; torch.optim where it has the rule, else the rule's own source. Where
    derivatives, sums and eigenvectors are rounded otherwise, numbers agree to about 1e-12 times what the run amplifies: see
    `experiments.sensitivity`. A slice through a network needs this project's packages, which hold its data; the text says so.
    `landscape` saves making it again, `steps` of entrants by index running them to see when a budget of calls is spent; with
    both the landscape need not be one that evaluates anything. Raises ValueError for an experiment on a whole network, which no
    short text repeats, and for a hyperparameter of a schedule that is itself changed in mid-run.
    """
    if experiment.landscape.key in NETWORKS:
        raise ValueError("A script is written for surfaces and slices; a network is trained by `python -m experiments`.")
    landscape = experiment.make_landscape() if landscape is None else landscape
    seen = experiment.seen_landscape() if experiment.batch_size else landscape
    entrants: list[str] = []
    nests: list[Nest] = []
    for index, choice in enumerate(experiment.optimizers):
        made = experiment.optimizer(index)
        reason = made.disabled_because(seen)
        if reason:
            entrants.append(f"# {made.title} cannot run here. {reason}")
            continue
        known = {} if steps is None else steps
        count = known[index] if index in known else steps_of(experiment, seen, index)
        nests.append(Nest(choice))
        entrants.append(nests[-1].code(index + 1, made.title, count))
    code = LandscapeCode(experiment, landscape)
    feasible = "\n        theta.copy_(feasible(theta))" if code.bounds else ""
    means = "torch and this project's packages" if experiment.training else "torch alone"
    title = f"Experiment {experiment.key}: its last losses and points, by {means}."
    pieces = [
        f"{head(title, experiment, start_of(experiment, landscape))}\nRESULTS = []",
        *ground(code, nests, seen),
        WALK.format(feasible=feasible),
        *with_helpers(entrants),
    ]
    return with_imports("\n\n\n".join(pieces)) + "\n"


def steps_of(experiment: Experiment, seen: Any, index: int = 0) -> int:
    """Of one entrant on the landscape that it sees, whatever its budget is counted in."""
    return experiment.steps if experiment.budget == "steps" else run_entrant(experiment, seen, index).steps


def ground(code: LandscapeCode, nests: Sequence[Nest], seen: Any) -> list[str]:
    """What the steps stand on: the landscape, what rules ask of it, and the rules that torch.optim has not."""
    rules: dict[str, str] = {}
    needs, written = needs_of(nests), [nest.choice.key for nest in nests if not nest.fits_torch]
    for key in written:
        rules |= rule_code(OPTIMIZERS[key])
    if "exempted" in rules and not seen.divided.all():
        rules["exempted"] = EXEMPTED.format(divided=seen.divided.tolist())
    own = _oracle(code.landscape, needs, "insgd_released" in written) if rules else []
    return [*code.pieces(needs), *own, *rules.values()]


def needs_of(nests: Sequence[Nest]) -> Needs:
    """What the rules that are written out ask of a landscape."""
    needs = Needs(0)
    for nest in nests:
        needs |= Needs(0) if nest.fits_torch else OPTIMIZERS[nest.choice.key].needs
    return needs


def with_helpers(entrants: Sequence[str]) -> list[str]:
    """The entrants, after what their schedules call."""
    helpers = [
        """def one_cycle(t, steps, factor):
    top = 0.3 * steps - 1
    if t <= top:
        return factor + (1 - factor) / 2 * (1 - math.cos(math.pi * t / max(top, 1e-9)))
    done = min((t - top) / (steps - 1 - top), 1)
    return factor * 1e-4 + (1 - factor * 1e-4) / 2 * (1 + math.cos(math.pi * done))"""
    ]
    return [*(helpers if any("one_cycle(" in e for e in entrants) else []), *entrants]


def head(title: str, experiment: Experiment, start: Any) -> str:
    """The text's first lines: what it is, and what all functions know."""
    numbers = ", ".join(repr(float(v)) for v in start)
    batches = f"\nSAMPLES, BATCH_SIZE = {{samples}}, {experiment.batch_size}" if experiment.batch_size else ""
    if batches:
        batches = batches.format(samples=experiment.make_landscape().samples)  # type: ignore[attr-defined]
    return (
        f'"""{title}"""\n\nIMPORTS\n\n'
        f"torch.set_default_dtype(torch.float64)\nSTART = [{numbers}]\nSEED = {experiment.seed}{batches}"
    )


def _oracle(landscape: Any, needs: Needs, layered: bool) -> list[str]:
    """What embedded rules ask."""
    lines = ["self.theta, self.t, self.grad = theta.clone(), t, gradient(theta, t)"]
    lines += ["self.hessian = hessian(theta, t)"] if (HESSIAN | HVP) & needs else []
    lines += ["self.changes = []  # what clipping does to a gradient"] if INPUTS in needs else []
    lines += ["self.landscape = layers"] if layered else []
    init = "\n        ".join(["    def __init__(self, theta, t):", *lines])
    methods = [init, *([HVP_METHOD] if HVP in needs else []), *([TERMS_METHOD] if INPUTS in needs else [])]
    text = "\n\n".join(['class Oracle:\n    """What a rule may ask where it stands, in step t."""', *methods])
    fan_in = f"layers = SimpleNamespace(fan_in={landscape.fan_in.tolist()}, has_input={landscape.has_input.tolist()})"
    return [fan_in, text] if layered else [text]


def with_imports(text: str) -> str:
    """The text with the modules that it uses imported."""
    modules = [name for name in ("itertools", "math") if f"{name}." in text.split("IMPORTS", 1)[1]]
    lines = [f"import {name}" for name in modules]
    lines += ["from dataclasses import dataclass"] if "@dataclass" in text else []
    lines += ["from types import SimpleNamespace"] if "SimpleNamespace(" in text else []
    return text.replace("IMPORTS", "\n".join([*lines, "", "import torch"] if lines else ["import torch"]), 1)

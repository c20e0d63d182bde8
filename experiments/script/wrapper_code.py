"""One entrant as code: its rule with the wrappers around it, each as the line or two that it is."""

from __future__ import annotations

from collections import Counter

from experiments.script.formula_code import Name, number
from experiments.script.torch_rules import TORCH
from experiments.spec import Choice
from optimizers import OPTIMIZERS
from optimizers.optimizer import HESSIAN, HVP, INPUTS

TIMED = ("schedule", "change")
SHAPES = {
    "cosine": "({f} + (1 - {f}) / 2 * (1 + math.cos(math.pi * t / {T})))",
    "step": "{f} ** (t // {T})",
    "one_cycle": "one_cycle(t, {T}, {f})",
    "warm_up": "({f} + (1 - {f}) * min(t / {T}, 1))",
    "constant": "({f} if t < {T} else 1)",
    "inverse_sqrt": "(1 / math.sqrt(1 + t / {T} * (1 / {f}**2 - 1)))",
}


class Nest:
    """A choice of an optimizer with its wrappers; `fits_torch` where torch.optim has the rule as it is used here."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.wrappers: list[tuple[str, Choice]] = []  # from the inside out, with the prefix of its numbers
        seen: Counter[str] = Counter()
        for wrapper in choice.wrappers:
            seen[wrapper.key] += 1
            count = seen[wrapper.key]
            self.wrappers.append((f"{wrapper.key}{count if count > 1 else ''}", wrapper))
        timed = [str(w.parameters["of"]) for _, w in self.wrappers if w.key in TIMED]
        if any(name.startswith(TIMED) for name in timed):
            raise ValueError("a script does not write out changes of a schedule's or a change's own numbers")
        self.moved = [name for name in dict.fromkeys(timed) if "." not in name]  # hyperparameters of the rule
        self.fits_torch = choice.key in TORCH and set(self.moved) <= {"lr"} and not self._odd

    @property
    def _odd(self) -> bool:
        """A setting that torch refuses."""
        momentum = self.choice.parameters["momentum"] if self.choice.key == "nesterov" else None
        return momentum == 0 or isinstance(momentum, Name)

    def value(self, name: str, own: float | Name) -> str:
        """A number as code, in terms of the step t where it moves: what was set last, times all schedules."""
        text = number(own)
        moving = [w.parameters for _, w in self.wrappers if w.key in TIMED and w.parameters["of"] == name]
        for change in sorted((p for p in moving if "value" in p), key=lambda p: p["at"]):
            text = f"({number(change['value'])} if t >= {number(change['at'])} else {text})"
        for p in moving:
            if "shape" in p:
                text += " * " + SHAPES[p["shape"]].format(f=number(p["factor"]), T=number(p["steps"]))
        return text

    def code(self, index: int, title: str, steps: int) -> str:
        """The path of this entrant, and the call that follows it."""
        call = f'walk("{index} {title}", {self.name(index)}())'
        return "\n".join([self.function(index, title, steps), "", "", call])

    def name(self, index: int) -> str:
        """Of the function that takes the steps."""
        return f"{self.choice.key}_{index}"

    def function(self, index: int, title: str, steps: int) -> str:
        """The steps of this entrant, one after the other."""
        before, around, after, start = self._parts()
        h = self.choice.parameters
        if self.fits_torch:
            kind, arguments = TORCH[self.choice.key]
            made = [f"optimizer = torch.optim.{kind}([theta], {arguments(h)})"]
            moving = [f'optimizer.param_groups[0]["lr"] = {self.value("lr", h["lr"])}'] if self.moved else []
            asked = "lambda: loss(theta)" if kind == "LBFGS" else ""
            body = ["theta.grad = gradient(theta, t)", *before, *around, *moving, f"optimizer.step({asked})"]
        else:
            numbers = ", ".join(f"{name}={number(value)}" for name, value in h.items())
            made = [f"rule = {OPTIMIZERS[self.choice.key].__name__}({numbers})", "state = rule.init(theta)"]
            moving = [f"rule.{name} = {self.value(name, h[name])}" for name in self.moved]
            taken = ["delta, state = rule.update(oracle, state)", "theta += delta"]
            body = ["oracle = Oracle(theta, t)", *before, *around, *moving, *taken]
        loop = [f"for t in range({steps}):", *_indented([*body, *after, "yield theta"])]
        lines = [f'"""{title}."""', "theta = torch.tensor(START)", *made, *start, *loop]
        return "\n".join([f"def {self.name(index)}():", *_indented(lines)])

    def _parts(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """What is done to the gradient, from the outside in; before and after the rule's own step; and before all steps."""
        before: list[str] = []
        around: list[str] = []
        after: list[str] = []
        start: list[str] = []
        for prefix, wrapper in self.wrappers:
            values = {
                n: self.value(f"{prefix}.{n}", v)
                for n, v in wrapper.parameters.items()
                if isinstance(v, Name) or not isinstance(v, str)
            }
            if wrapper.key == "weight_decay":
                before = [*self._decayed(values["weight_decay"]), *before]
            elif wrapper.key == "clip":
                before = [*self._clipped(values["norm"]), *before]
            elif wrapper.key == "clip_value":
                before = [*self._bounded(values["value"]), *before]
            elif wrapper.key == "decoupled_weight_decay":
                around = ["before = theta.clone()"]
                lr = self.value("lr", self.choice.parameters["lr"])
                after.append(f"theta -= {lr} * {values['weight_decay']} * before")
            elif wrapper.key == "lookahead":
                slow = f"slow_{prefix}"
                start.append(f"{slow} = torch.tensor(START)")
                after += [f"if (t + 1) % {values['k']} == 0:",
                          f"    {slow} += {values['alpha']} * (theta - {slow})", f"    theta.copy_({slow})"]  # fmt: skip
            elif wrapper.key not in TIMED:
                raise ValueError(f"{wrapper.key} is not written out in scripts")
        return before, around, after, start

    def _decayed(self, amount: str) -> list[str]:
        if self.fits_torch:
            return [f"theta.grad += {amount} * theta"]
        curved = ["oracle.hessian = oracle.hessian + " + amount + " * torch.eye(len(theta))"] if self._curved else []
        return [f"oracle.grad = oracle.grad + {amount} * theta", *curved]

    @property
    def _curved(self) -> bool:
        return bool((HESSIAN | HVP) & OPTIMIZERS[self.choice.key].needs)

    def _clipped(self, most: str) -> list[str]:
        if self.fits_torch:
            return [f"torch.nn.utils.clip_grad_norm_([theta], {most})"]
        share = "({g}.norm() + 1e-6)).clamp(max=1.0)"
        shortened = f"oracle.grad = oracle.grad * ({most} / {share.format(g='oracle.grad')}"
        return [shortened, *self._on_terms(f"terms * ({most} / {share.format(g='terms.sum(0)')}")]

    def _bounded(self, most: str) -> list[str]:
        if self.fits_torch:
            return [f"torch.nn.utils.clip_grad_value_([theta], {most})"]
        return [f"oracle.grad = oracle.grad.clamp(-{most}, {most})", *self._on_terms(f"terms.clamp(-{most}, {most})")]

    def _on_terms(self, change: str) -> list[str]:
        normalises = INPUTS in OPTIMIZERS[self.choice.key].needs
        return [f"oracle.changes.append(lambda terms: {change})"] if normalises else []


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]

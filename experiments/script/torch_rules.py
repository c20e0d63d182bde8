"""The rules that torch.optim has, with the same equations to the last term; all others are written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from experiments.script.formula_code import number

Numbers = Mapping[str, float]


def _named(*names: str, **renamed: str) -> Callable[[Numbers], str]:
    """Arguments that torch calls as we do, and others by torch's name."""
    return lambda h: ", ".join(f"{name}={number(h[ours])}" for name, ours in {**{n: n for n in names}, **renamed}.items())


def _adam(*more: str) -> Callable[[Numbers], str]:
    rest = _named("eps", *more)
    return lambda h: f"lr={number(h['lr'])}, betas=({number(h['beta1'])}, {number(h['beta2'])}), {rest(h)}"


# torch's class, and its arguments
TORCH: Mapping[str, tuple[str, Callable[[Numbers], str]]] = {
    "sgd": ("SGD", _named("lr")),
    "momentum": ("SGD", _named("lr", "momentum")),
    "nesterov": ("SGD", lambda h: f"{_named('lr', 'momentum')(h)}, nesterov=True"),
    "adagrad": ("Adagrad", _named("lr", "lr_decay", "initial_accumulator_value", "eps")),
    "adadelta": ("Adadelta", _named("lr", "rho", "eps")),
    "rmsprop": ("RMSprop", _named("lr", "eps", alpha="decay")),
    "adam": ("Adam", _adam()),
    "amsgrad": ("Adam", lambda h: f"{_adam()(h)}, amsgrad=True"),
    "adamw": ("AdamW", _adam("weight_decay")),
    "nadam": ("NAdam", _adam("momentum_decay")),
    "radam": ("RAdam", _adam()),
    "lbfgs": ("LBFGS", lambda h: f"{_named('lr', 'history_size', 'tolerance_grad', 'tolerance_change')(h)}, max_iter=1"),
}

"""Colours, marks, fonts and sizes of everything that is drawn. A colour stands nowhere else.

Every optimizer has one colour, dash and marker, on every page and in every export. Colours come in pairs, for a light and a
dark ground. The six methods of the first race have the hues of Okabe and Ito (2008, Color Universal Design), told apart
with any common colour blindness, which a test measures; a relative of a method stays near its hue and keeps its marker with
another dash (a family of more than four takes a second marker), so that colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

Mode = Literal["light", "dark"]
Dash = Literal["solid", "dash", "dot", "dashdot"]
Marker = Literal["circle", "square", "diamond", "up", "down", "hexagon", "pentagon"]


@dataclass(frozen=True)
class Style:
    """How one optimizer is drawn: a colour per ground, and two signs that need no colour."""

    light: str
    dark: str
    dash: Dash = "solid"
    marker: Marker = "circle"

    def colour(self, mode: Mode) -> str:
        return self.light if mode == "light" else self.dark


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "sgd": Style("#005aa8", "#4a9be8", "solid", "circle"),
        "momentum": Style("#c97400", "#ffb428", "solid", "square"),
        "momentum_annealed": Style("#7d5600", "#d8b36a", "dash", "square"),
        "nesterov": Style("#723604", "#f28d18", "dot", "square"),
        "adagrad": Style("#4b9a3b", "#7eaa8f", "dot", "diamond"),
        "adadelta": Style("#2a4c00", "#74b320", "dashdot", "diamond"),
        "rmsprop": Style("#00875f", "#3be0a4", "solid", "diamond"),
        "rmsprop_article": Style("#4d7a1f", "#a9d861", "dash", "diamond"),
        "adam": Style("#d3321d", "#ff7556", "solid", "up"),
        "adam_article": Style("#8f1d3f", "#ff9db0", "dash", "up"),
        "amsgrad": Style("#904e4e", "#d39c95", "dot", "up"),
        "adamw": Style("#e33577", "#f74c6c", "dashdot", "up"),
        "nadam": Style("#a37a75", "#f9cab6", "dash", "circle"),
        "radam": Style("#55313a", "#e27598", "dot", "circle"),
        "lion": Style("#ab5a01", "#c97e5a", "dashdot", "circle"),
        "newton": Style("#b565c9", "#e0b3ff", "solid", "down"),
        "newton_scalar": Style("#b0246f", "#ff8ac4", "dash", "down"),
        "newton_eigen": Style("#4f4bd0", "#9ea6ff", "dot", "down"),
        "newton_cg": Style("#6b2fa0", "#bb9cff", "dashdot", "down"),
        "saddle_free_newton": Style("#7c69a8", "#9d89bd", "dot", "hexagon"),
        "lbfgs": Style("#a52cb1", "#c85eea", "dashdot", "hexagon"),
        "nsgd_l2": Style("#111418", "#ffffff", "solid", "hexagon"),
        "nsgd_l1": Style("#5f646b", "#bfc5cd", "dash", "hexagon"),
        "insgd": Style("#007a8c", "#45d3e2", "solid", "pentagon"),
        "insgd_released": Style("#00506b", "#93dfd0", "dash", "pentagon"),
    }
)

_MORE = (
    Style("#6d4c41", "#d7a98f", "dot", "circle"),
    Style("#00695c", "#7fe0c8", "dot", "square"),
    Style("#ad1457", "#ff8ab5", "dot", "diamond"),
    Style("#33691e", "#bfe08a", "dot", "up"),
    Style("#283593", "#a8b4ff", "dash", "circle"),
    Style("#4e342e", "#e0bfa8", "dot", "pentagon"),
)


def style(key: str) -> Style:
    """The style of an optimizer. One that has none here yet always gets the same one of the spare ones."""
    return STYLES[key] if key in STYLES else _MORE[sum(key.encode()) % len(_MORE)]


def styles(keys: Sequence[str]) -> list[Style]:
    """A style for each of several entrants. A method that enters again takes the next dash: greyer the second and third time,
    then mixed with the other methods' colours one after another, so that up to 64 of one method still differ."""
    return [_again(key, list(keys[:i]).count(key)) for i, key in enumerate(keys)]


def _again(key: str, times: int) -> Style:
    first, dashes = style(key), get_args(Dash)
    if times == 0:
        return first
    if times <= 2:
        light, dark, rounds = _GREY, _GREY, 0
        share = 0.3 * times
    else:
        others = [other for other in (*STYLES.values(), *_MORE) if other != first]
        rounds, index = divmod(times - 3, len(others))
        light, dark, share = others[index].light, others[index].dark, 0.6
    dash = dashes[(dashes.index(first.dash) + times + rounds) % len(dashes)]
    return replace(first, light=_mixed(first.light, light, share), dark=_mixed(first.dark, dark, share), dash=dash)


_GREY = "#808080"


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in pairs)


@dataclass(frozen=True)
class Ground:
    """What everything else is drawn on: a sequential colour map, low to high, and the inks over it.

    `zones` are a learning rate's three words: stable (green), near the limit (amber), beyond it (red). `outside` is where
    the map has no values.
    """

    heights: tuple[str, ...]
    outside: str
    contour: str
    ink: str
    halo: str
    paper: str
    minimum: str
    saddle: str
    zones: tuple[str, str, str]


GROUNDS: Mapping[Mode, Ground] = MappingProxyType(
    {
        "light": Ground(
            heights=("#fffdf4", "#f5f3e6", "#e6eae0", "#d0dcdb", "#b6cad2", "#9bb4c5", "#819db5"),
            outside="#eef0f2",
            contour="#2f4a63",
            ink="#1b2733",
            halo="#ffffff",
            paper="#ffffff",
            minimum="#ffc400",
            saddle="#1b2733",
            zones=("#2f9e5f", "#e5a000", "#d64545"),
        ),
        "dark": Ground(
            heights=("#070b14", "#0d1526", "#14213a", "#1d304e", "#284262", "#355677", "#456c8d"),
            outside="#14181f",
            contour="#a9c6df",
            ink="#e8eef4",
            halo="#080c14",
            paper="#0e1117",
            minimum="#ffd54a",
            saddle="#f2f5f8",
            zones=("#35b374", "#e8b02a", "#ef6461"),
        ),
    }
)


# Maps of many runs. Numbers: viridis (Smith and van der Walt 2015), bright where it is low, which is what runs aim at. What
# became of a run, and which minimum it reached: hues after Okabe and Ito; grey for what came to nothing.
RAMP = ("#fde725", "#b5de2b", "#6ece58", "#35b779", "#1f9e89", "#26828e", "#31688e", "#3e4989", "#482878", "#440154")
FATES: Mapping[Mode, Mapping[str, str]] = MappingProxyType(
    {
        "light": {
            "converged": "#0072b2", "stuck": "#e69f00", "cycling": "#cc79a7", "diverged": "#4a525c", "under way": "#9fd3f0",
            "none": "#d5dae0", "zero": "#fffbd0",
        },
        "dark": {
            "converged": "#2f8fd0", "stuck": "#e6a823", "cycling": "#cf7fae", "diverged": "#3b434e", "under way": "#a9dbf5",
            "none": "#717c89", "zero": "#fffbd0",
        },
    }
)  # fmt: skip
MINIMA: Mapping[Mode, tuple[str, ...]] = MappingProxyType(
    {
        "light": ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#8c6bb1"),
        "dark": ("#56b4e9", "#e69f00", "#10a97d", "#cc79a7", "#2a7fbf", "#d5651a", "#f0e442", "#9a7cc0"),
    }
)
DENSITY: Mapping[Mode, tuple[str, ...]] = MappingProxyType(
    {
        "light": ("#dbe9f6", "#9dc6e3", "#5a9fce", "#2a73b0", "#0f4a86", "#08264f"),
        "dark": ("#16304f", "#1f5a8f", "#2f8bc4", "#67b8e3", "#b4e0f7", "#ffffff"),
    }
)


def ramp(colours: Sequence[str], count: int) -> tuple[str, ...]:
    """`count` colours evenly between the given ones, both ends included."""
    at = [i / max(count - 1, 1) * (len(colours) - 1) for i in range(count)]
    return tuple(_mixed(colours[int(t)], colours[min(int(t) + 1, len(colours) - 1)], t - int(t)) for t in at)


def towards(colour: str, other: str, share: float) -> str:
    """A colour with a share of another one in it."""
    return _mixed(colour, other, share)


FONT = '"Source Sans", "Source Sans 3", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
MONO = '"Source Code Pro", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'


@dataclass(frozen=True)
class Preset:
    """A size and ground to export in: width and height in pixels at scale 1, the font size in pixels."""

    width: int
    height: int
    font: int
    mode: Mode = "light"


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "paper": Preset(680, 460, 11),
        "slide": Preset(1280, 720, 20),
        "card": Preset(1200, 630, 22),
        "dark": Preset(1280, 720, 20, "dark"),
    }
)

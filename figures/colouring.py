"""Which colour each cell of a map has: codes into a palette, and the bar and patches that say what they mean.

Numbers run from bright (low, which is what runs aim at) to dark. What has no number on the scale has a colour of its own with
its word; what lies beyond an end of the bar has the end's colour, and the bar says so with an arrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from figures.cell_map import ColourBar, Patch
from figures.theme import FATES, GROUNDS, MINIMA, RAMP, Mode, ramp, towards
from landscapes.ranges import Scale

MODES: tuple[Mode, Mode] = ("light", "dark")
WORDS: Mapping[Fate, str] = {
    Fate.CONVERGED: "converged", Fate.STUCK: "stuck", Fate.CYCLING: "cycling", Fate.DIVERGED: "diverged",
    Fate.UNDERWAY: "under way",
}  # fmt: skip
DIVERGED, NEVER, ZERO, FIRST, COLOURS = 0, 1, 2, 3, 253
SMALLEST = 1e-16  # of a log scale: below it nothing can be told apart from rounding
MOST_SHADES, SLOWEST = 24, 0.62  # how dark the slowest runs to a minimum are


@dataclass(frozen=True, eq=False)
class Colouring:
    """codes `(panels, rows, columns)` uint8, and what they mean."""

    codes: np.ndarray
    palette: Mapping[Mode, tuple[str, ...]]
    bar: ColourBar | None
    patches: tuple[Patch, ...]


def coloured(result: SweepResult, quantity: str, shown: Sequence[int], minima: Sequence[str] = ()) -> Colouring:
    """The cells of the optimizers `shown`, coloured by a quantity of QUANTITIES on one scale; `minima` are names for them."""
    fate = result.fate[list(shown)]
    if quantity == "fate":
        return _fates(fate)
    values = getattr(result, quantity)[list(shown)]
    if quantity == "minimum":
        return _minima(values, fate, result.steps[list(shown)], minima)
    return _numbers(values.astype(float), fate, quantity)


def _fates(fate: np.ndarray) -> Colouring:
    palette = {mode: tuple(FATES[mode][WORDS[one]] for one in Fate) for mode in MODES}
    patches = tuple(Patch(WORDS[one], int(one)) for one in Fate if (fate == one).any())
    return Colouring(fate.astype(np.uint8), palette, None, patches)


def _numbers(values: np.ndarray, fate: np.ndarray, quantity: str) -> Colouring:
    never = (values < 0) & (quantity == "steps")
    # A number of a run that left is of the run, not of an end: its best loss and its turns are told, its last place is not.
    gone = np.isnan(values) | (fate == Fate.DIVERGED) & (quantity not in ("best", "oscillation"))
    zero = "at once: 0 steps" if quantity == "steps" else "exactly 0"
    return shaded(values, QUANTITIES[quantity].title, QUANTITIES[quantity].scale, gone, never, zero)


def shaded(
    values: np.ndarray,
    title: str,
    scale: Scale,
    gone: np.ndarray,
    never: np.ndarray | None = None,
    zero_word: str = "exactly 0",
    more_is_better: bool = False,
) -> Colouring:
    """Numbers `(panels, rows, columns)` on one scale from bright to dark, or from dark to bright where more of it is better.

    `gone` are cells whose run diverged, `never` those that have no number for another reason.
    """
    never = np.zeros_like(gone) if never is None else never
    there = ~gone & ~never & np.isfinite(values)
    codes = np.where(never & ~gone, NEVER, DIVERGED).astype(np.uint8)
    if scale == "log" and (values[there] < 0).any():
        scale = "linear"
    zero = there & (values == 0) & (scale == "log")
    codes[zero] = ZERO
    there &= ~zero
    bar = None
    if there.any():
        low, high = float(values[there].min()), float(values[there].max())
        floor = SMALLEST if scale == "log" and high > SMALLEST else low
        bottom = max(low, floor)
        bar = ColourBar(title, bottom, high, scale, FIRST, FIRST + COLOURS - 1, below=low < bottom)
        codes[there] = FIRST + _share(values[there], bar)
    colours = ramp(RAMP[::-1] if more_is_better else RAMP, COLOURS)
    palette = {mode: (FATES[mode]["diverged"], FATES[mode]["none"], FATES[mode]["zero"], *colours) for mode in MODES}
    known = ((ZERO, zero_word), (NEVER, "never reached"), (DIVERGED, "diverged"))
    return Colouring(codes, palette, bar, tuple(Patch(word, code) for code, word in known if (codes == code).any()))


def _share(values: np.ndarray, bar: ColourBar) -> np.ndarray:
    """Which of the bar's colours each value has, counted from 0."""
    low, high, at = (np.log(v) if bar.scale == "log" else np.asarray(v) for v in (bar.low, bar.high, values))
    share = (at - low) / (high - low) if high > low else np.zeros_like(at)
    return np.clip(np.floor(share * COLOURS), 0, COLOURS - 1).astype(np.uint8)


def _minima(minimum: np.ndarray, fate: np.ndarray, steps: np.ndarray, names: Sequence[str]) -> Colouring:
    """A hue for each minimum, darker where it took more steps: an equal part of all runs has each shade."""
    count = max(len(names), int(minimum.max(initial=-1)) + 1)
    shades = max(1, min(MOST_SHADES, (256 - 2) // max(count, 1)))
    there = (minimum >= 0) & (steps >= 0)
    codes = np.where(fate == Fate.DIVERGED, DIVERGED, NEVER).astype(np.uint8)
    took = np.sort(steps[there])
    shade = np.searchsorted(took, steps[there]) * shades // max(len(took), 1)
    codes[there] = 2 + minimum[there].astype(int) * shades + shade
    palette = {mode: (FATES[mode]["diverged"], FATES[mode]["none"], *_hues(mode, count, shades)) for mode in MODES}
    patches = [Patch(names[k] if k < len(names) else f"minimum {k + 1}", 2 + k * shades) for k in range(count)]
    patches = [patch for k, patch in enumerate(patches) if (minimum == k).any()]
    others = ((NEVER, "no minimum"), (DIVERGED, "diverged"))
    return Colouring(codes, palette, None, (*patches, *(Patch(word, code) for code, word in others if (codes == code).any())))


def _hues(mode: Mode, count: int, shades: int) -> tuple[str, ...]:
    """Colours of minimum 0 from fast to slow, then of the next one. From the ninth on hues return, mixed with the ground."""
    found: list[str] = []
    for k in range(count):
        turn, hue = divmod(k, len(MINIMA[mode]))
        base = towards(MINIMA[mode][hue], GROUNDS[mode].paper, min(0.25 * turn, 0.75))
        found += [towards(base, "#06090f", SLOWEST * i / max(shades - 1, 1)) for i in range(shades)]
    return tuple(found)

"""Powers of varied numbers, step by step."""

from __future__ import annotations

import numpy as np

ANEW = 32


class Power:
    """An array to the power of a number that goes up by one, as steps are counted: multiplied from step to step, and every
    `ANEW` steps, and the first so many, raised anew. What is multiplied is within `ANEW` / 2 units of the last place."""

    __slots__ = ("base", "exponent", "value")

    def __init__(self, base: np.ndarray) -> None:
        self.base, self.value, self.exponent = base, np.empty_like(base), 0.0

    def __call__(self, base: np.ndarray, exponent: float) -> np.ndarray:
        if exponent == self.exponent + 1 and exponent > ANEW and exponent % ANEW:
            np.multiply(self.value, base, out=self.value)
        else:
            np.power(base, exponent, out=self.value)
        self.exponent = exponent
        return self.value

"""Every optimizer has a look of its own, on every ground and for every eye."""

from typing import Any

import numpy as np
import pytest

from figures.theme import GROUNDS, STYLES, style, styles
from optimizers import OPTIMIZERS


def test_every_optimizer_has_a_look_of_its_own() -> None:
    looks = {key: (s.light, s.dark, s.dash, s.marker) for key, s in STYLES.items()}
    assert set(OPTIMIZERS) <= set(looks)
    for channel in range(2):
        assert len({look[channel] for look in looks.values()}) == len(looks)
    assert len({look[2:] for look in looks.values()}) == len(looks), "without colour, dash and marker must tell"
    assert style("a method of tomorrow") == style("a method of tomorrow")


def test_the_same_method_twice_is_told_apart() -> None:
    one, other, two, three = styles(["sgd", "adam", "sgd", "sgd"])
    assert one == style("sgd") and other == style("adam")
    assert len({one.light, two.light, three.light}) == len({one.dash, two.dash, three.dash}) == 3
    assert one.marker == two.marker == three.marker


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("key", [*STYLES, "a method of tomorrow"])
def test_sixty_four_of_one_method_differ_and_stand_out(key: str, mode: Any) -> None:
    many = styles([key] * 64)
    assert len({(look.colour(mode), look.dash) for look in many}) == 64
    halo = luminance(GROUNDS[mode].halo)
    for look in many:
        low, high = sorted((luminance(look.colour(mode)), halo))
        assert (high + 0.05) / (low + 0.05) >= 3, look


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


# Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
SEEN = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


# Ottosson 2020, "A perceptual color space for image processing".
CONES = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566]]
CONES.append([0.0883024619, 0.2817188376, 0.6299787005])
OKLAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099]]
OKLAB.append([0.0259040371, 0.7827717662, -0.8086757660])


def oklab(rgb: np.ndarray) -> np.ndarray:
    return np.array(OKLAB) @ np.cbrt(np.array(CONES) @ np.clip(rgb, 0, None))


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_six_of_the_first_race_differ_for_every_eye(mode: Any, sight: str) -> None:
    six = ["sgd", "momentum", "rmsprop", "adam", "newton", "nsgd_l2"]
    seen = [oklab(SEEN[sight] @ linear(STYLES[key].colour(mode))) for key in six]
    for i in range(6):
        for j in range(i):
            gap = float(np.linalg.norm(seen[i] - seen[j]))
            assert gap > 0.06, f"{six[i]} and {six[j]} look alike: {gap:.3f}"


def luminance(colour: str) -> float:
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_heights_run_one_way_and_every_path_stands_out_from_them(mode: Any) -> None:
    ground = GROUNDS[mode]
    heights = [luminance(c) for c in ground.heights]
    assert heights == sorted(heights, reverse=mode == "light")
    for key, look in STYLES.items():
        path, halo = luminance(look.colour(mode)), luminance(ground.halo)
        assert (max(path, halo) + 0.05) / (min(path, halo) + 0.05) >= 3, f"{key} against its halo"

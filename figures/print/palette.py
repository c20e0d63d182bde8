"""One palette for all frames of a GIF, with some colours exact; no dithering, so that what stands still costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL.Image import Dither, Image, Quantize, fromarray
from scipy.spatial import KDTree

TRANSPARENT = 255  # the one entry that is no colour: it stands for pixels that stay as they were


def shared_palette(frames: Sequence[np.ndarray], exact: Sequence[str]) -> list[Image]:
    """Frames `(height, width, 3)` as pictures with the same 255 colours, each pixel the nearest of them.

    `exact` colours, "#rrggbb", are among them as they are; the others are those that suit the last frame best.
    """
    fixed = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in exact], dtype=np.uint8).reshape(-1, 3)
    rest = (
        fromarray(frames[-1]).quantize(TRANSPARENT - len(fixed), method=Quantize.MEDIANCUT, dither=Dither.NONE).getpalette()
        or []
    )
    colours = np.vstack([fixed, np.array(rest, dtype=np.uint8).reshape(-1, 3)])[:TRANSPARENT]
    tree = KDTree(colours.astype(float))
    first = frames[0]
    ground = _nearest(tree, first)
    made = []
    for frame in frames:
        changed = (frame != first).any(axis=-1)
        indices = ground.copy()
        indices[changed] = _nearest(tree, frame[changed])
        image = fromarray(indices)
        image.putpalette(colours.tobytes())
        made.append(image)
    return made


def _nearest(tree: KDTree, pixels: np.ndarray) -> np.ndarray:
    flat = pixels.reshape(-1, 3)
    packed = flat.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    found = tree.query(flat[first].astype(float))[1].astype(np.uint8)
    return np.asarray(found[inverse].reshape(pixels.shape[:-1]))

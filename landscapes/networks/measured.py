"""What a slice's loss is measured on, in words."""

from __future__ import annotations

BATCH_NORM = {
    "none": "",
    "frozen": ", BatchNorm's statistics frozen",
    "recomputed": ", BatchNorm's statistics recomputed at every point",
}


def measured(samples: int, of: int, precision: str, statistics: str) -> str:
    """The data, the precision of the network's own numbers, and BatchNorm's `statistics`, "none" where there is none."""
    return f"loss over {samples:,} of {of:,} training samples, computed in {precision}{BATCH_NORM[statistics]}"

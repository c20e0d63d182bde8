"""A slice's trust numbers as a text."""

from __future__ import annotations

import numpy as np

from experiments.grids.trust import Trust


def report(trust: Trust) -> str:
    """The numbers in lines, one fact each, and then what the slice cannot show; what is not known is left out."""
    lengths = " and ".join(f"{length:.3g}" for length in trust.lengths)
    lines = [f"directions: {trust.made}", f"one unit of an axis is {lengths} in parameter space"]
    if np.isfinite(trust.angle):
        lines.append(f"angle between the axes: {trust.angle:.2f}°")
    if len(trust.explained):
        lines.append("explained variance: " + ", ".join(f"{share:.1%}" for share in trust.explained[:4]))
    if np.isfinite(trust.captured):
        lines.append(f"the paths' variance in the plane: {trust.captured:.1%}")
    lines.append(f"loss at the centre: {trust.loss:.5g}{_error(trust)}")
    facts = trust.facts
    if "samples" in facts:
        lines.append(f"over {facts['samples']:,} of {facts['of']:,} training samples, {facts['precision']}")
        lines.append(f"batch normalisation: {facts['statistics']}")
    if np.isfinite(trust.rounding):
        lines.append(f"largest relative difference from float64: {trust.rounding:.1g}")
    for i, path in enumerate(trust.paths):
        if np.isfinite(path.off_plane).any():
            away = f"up to {np.nanmax(path.off_plane):.3g} from the plane"
            lines.append(f"path {i + 1}: {away}, true against drawn loss up to {path.largest_gap:.3g} apart")
    if trust.seeds is not None:
        spread = trust.seeds.deviation
        lines.append(f"over {len(trust.seeds.seeds)} seeds the loss deviates by up to {np.nanmax(spread):.3g}")
    return "\n".join([*lines, "", *trust.cannot])


def _error(trust: Trust) -> str:
    """The standard error, of what is known to have one."""
    if trust.subset_error > 0:
        return f" ± {trust.subset_error:.2g} for the choice of samples"
    return f", ± {trust.sample_error:.2g} if the samples are a draw" if np.isfinite(trust.sample_error) else ""

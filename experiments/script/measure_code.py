"""What a sweep measures of a run, as torch code for one run: see `experiments.sweeps.fate` for the same of many."""

RUN = '''def run(walk):
    """All points of a walk, and the losses there; NaN from where a point is no longer finite."""
    path = [torch.tensor(START)]
    for theta in walk:{feasible}
        finite = bool(theta.isfinite().all()) and bool(path[-1].isfinite().all())
        path.append(theta.clone() if finite else theta * math.nan)
    path = torch.stack(path)
    return path, loss(path.T)'''

MEASURED = '''def measured(path, losses):
    """Steps to the tolerance, final and best loss, distance to the minimum, share of steps back, fate, and which minimum."""
    steps = len(path) - 1
    window, lived = max(1, steps // 4), int(path.isfinite().all(1).sum()) - 1
    first, final = float(losses[0]), float(losses[-1])
    best = torch.where(losses.isnan(), math.inf, losses).cummin(0).values
    far = [math.dist(path[-1].tolist(), place) for place in MINIMA]
    nearest = min(range(len(far)), key=lambda k: math.inf if math.isnan(far[k]) else far[k], default=-1)
    distance, base = (far[nearest], HEIGHTS[nearest]) if MINIMA else (math.nan, 0.0)
    before = int((best > base + TOLERANCE).sum())

    def reach(quarter):
        """The largest distance of the loss from the minimum's, in the last quarter but so many."""
        kept = [v for t, v in enumerate(losses.tolist()) if (steps - t) // window == quarter and not math.isnan(v)]
        return max(abs(max(kept, default=-math.inf) - base), abs(base - min(kept, default=math.inf)))

    second, third, last = reach(2), reach(1), reach(0)
    moves = path[1:] - path[:-1]
    way, across = float(moves[steps - window :].abs().sum()), float((path[-1] - path[steps - window]).abs().sum())
    back = int(((moves[1:] * moves[:-1]).sum(1) < 0).sum())
    alive = lived == steps and math.isfinite(final)
    grown = second < third < last and last > 4 * second and last > abs(first - base)
    cycling = last > TOLERANCE and last > third / 2 and way > 2 * across
    there = bool(MINIMA) and alive and abs(final - base) <= TOLERANCE and not cycling
    fate = (
        "diverged" if not alive or (grown and not there)
        else "converged" if there
        else "stuck" if way < PIXEL and not distance <= PIXEL
        else "cycling" if cycling
        else "underway"
    )
    lowest = float(best[-1]) if best[-1] < math.inf else math.nan
    reached = before if before <= steps else -1
    return reached, final, lowest, distance, back / max(lived - 1, 1), fate, nearest if there else -1'''

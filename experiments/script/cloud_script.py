"""A cloud as one short Python text that needs nothing but torch and gives the quantiles and means of its runs."""

from __future__ import annotations

from experiments.script.landscape_code import LandscapeCode
from experiments.script.many import assembled
from experiments.script.wrapper_code import Nest
from experiments.sweeps.cloud import QUANTILES, Cloud

LOOP = """for name, walk in OPTIMIZERS:
    paths, losses = [], []
    for RUN in range(RUNS):{seed}
        path, values = run(walk())
        paths.append(path)
        losses.append(torch.where(values.isnan(), math.inf, values))
    ranked, mean = torch.stack(losses).sort(0).values, torch.stack(paths).mean(0)
    for step in range(len(mean)):
        told = [ranked[max(math.ceil(q * RUNS) - 1, 0), step].item() for q in QUANTILES]
        RESULTS.append((name, step, *told, *mean[step].tolist()))
        print(name, step, *told, *mean[step].tolist(), sep=",")"""


def cloud_script(cloud: Cloud) -> str:
    """A Python text that needs torch alone, makes every run by itself, and prints a row for each optimizer and step: the
    `QUANTILES` of the loss over the runs, and their mean place.

    float64, all values in full precision; the same random numbers as the cloud's. Raises ValueError for what `script` does not
    write.
    """
    experiment = cloud.experiment
    landscape = experiment.make_landscape()
    titles = [f"{index + 1} {experiment.optimizer(index).title}" for index in range(len(experiment.optimizers))]
    optimizers = [(title, Nest(choice), experiment.steps) for title, choice in zip(titles, experiment.optimizers)]
    names: list[str] = [f"mean {name}" for name in landscape.coordinates]  # type: ignore[attr-defined]
    header = ",".join(["optimizer", "step", *(f"loss {q:g}" for q in QUANTILES), *names])
    constants = [f"RUNS, QUANTILES, RESULTS = {cloud.runs}, {list(QUANTILES)}, []"]
    seed = f"\n        SEED = {experiment.seed} + RUN" if experiment.batch_size else ""
    return assembled(
        f"Cloud {cloud.key}: where its runs are and what they lose, by torch alone. Prints a row for each step.",
        experiment, LandscapeCode(experiment, landscape, many=True), optimizers, constants, [],
        [f'print("{header}")', LOOP.format(seed=seed)],
    )  # fmt: skip

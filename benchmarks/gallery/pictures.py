"""The menu of pictures, in the order of the page."""

from collections.abc import Callable, Mapping

from benchmarks.gallery import of_inputs, of_paths, of_planes, of_switches
from benchmarks.gallery.picture import Picture

PICTURES: Mapping[str, Callable[[], Picture]] = {
    "paths-digits": of_paths.digits,
    "paths-mnist": of_paths.mnist,
    "mistakes-mnist": of_inputs.mistakes,
    "filter-normalisation": of_planes.filters,
    "scalings": of_planes.scalings,
    "seeds": of_planes.seeds,
    "eigenvectors": of_planes.eigenvectors,
    "batchnorm-mnist": of_switches.batchnorm,
    "skips-digits": of_switches.skips,
    "barrier": of_paths.barrier,
    "accuracy-mnist": of_planes.accuracy,
    "decision-boundary": of_inputs.spirals,
}

"""What networks learn from: the menu of data sets. NumPy only."""

from landscapes.menu import Menu
from landscapes.networks.datasets.dataset import Dataset, Samples
from landscapes.networks.datasets.download import DatasetError, download, folder

DATASETS = Menu(
    "landscapes.networks.datasets",
    {
        "digits": "digits:digits",
        "mnist": "mnist:mnist",
        "cifar10": "cifar10:cifar10",
        "two_spirals": "two_spirals:two_spirals",
        "moons": "moons:moons",
        "circles": "circles:circles",
        "blobs": "blobs:blobs",
        "teacher_student": "teacher_student:teacher_student",
        "chebyshev": "chebyshev:chebyshev",
    },
)

__all__ = ["DATASETS", "Dataset", "DatasetError", "Samples", "download", "folder"]

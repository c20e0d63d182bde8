"""Makes digits.npz from scikit-learn's copy, which only this needs: `python -m landscapes.networks.datasets.make_digits`."""

from pathlib import Path

import numpy as np


def main() -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.astype(np.uint8)
    if not np.array_equal(images, digits.images):
        raise ValueError("the pixels are not whole numbers from 0 to 255")
    np.savez_compressed(Path(__file__).with_name("digits.npz"), images=images, labels=digits.target.astype(np.uint8))


if __name__ == "__main__":
    main()

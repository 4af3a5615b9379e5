"""What every peer is given; imports nothing of this project."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

WIDTHS, BATCH_SIZE, RATE, WEIGHT_DECAY, DROPOUT = (256, 128, 64), 64, 0.01, 1e-6, 0.2


@dataclass(frozen=True)
class Arrays:
    """Normalised pixels (N, 784) float32 and labels (N,) int64 to learn from and to test on."""

    pixels: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    test_pixels: npt.NDArray[np.float32]
    test_labels: npt.NDArray[np.int64]

    def accuracy(self, outputs: npt.NDArray[np.float32]) -> float:
        """The share of the test images whose largest output (N, 10) is that of their label."""
        return float((outputs.argmax(axis=1) == self.test_labels).mean())


def read_arrays(folder: Path) -> Arrays:
    """Read what `peers.write_arrays` has written."""
    names = ("train_pixels", "train_labels", "test_pixels", "test_labels")
    return Arrays(*(np.load(folder / f"{name}.npy") for name in names))

"""scikit-learn's side of `peers`: MLPClassifier, which knows no dropout."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.neural_network import MLPClassifier
from tests.benchmarks.peer_arrays import BATCH_SIZE, RATE, WEIGHT_DECAY, WIDTHS, read_arrays
from tests.benchmarks.worker import serve


def main(folder: str) -> None:
    """Train when asked to, on and on."""
    arrays = read_arrays(Path(folder))
    classifier = MLPClassifier(
        hidden_layer_sizes=WIDTHS,
        solver="sgd",
        momentum=0.0,
        nesterovs_momentum=False,
        learning_rate_init=RATE,
        alpha=WEIGHT_DECAY,
        batch_size=BATCH_SIZE,
        shuffle=False,
        random_state=42,
    )

    def measure() -> Mapping[str, float]:
        started = perf_counter()
        classifier.partial_fit(arrays.pixels, arrays.labels, classes=np.arange(10))
        seconds = perf_counter() - started
        return {"seconds": seconds, "accuracy": arrays.accuracy(classifier.predict_proba(arrays.test_pixels))}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])

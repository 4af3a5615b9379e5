"""skorch's side of `peers`: its classifier on arrays, without validation and without printing."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import torch
from skorch import NeuralNetClassifier
from tests.benchmarks.networks import feed_forward
from tests.benchmarks.peer_arrays import BATCH_SIZE, RATE, WEIGHT_DECAY, read_arrays
from tests.benchmarks.worker import serve


def main(folder: str) -> None:
    """Train when asked to, on and on."""
    torch.manual_seed(42)
    arrays = read_arrays(Path(folder))
    classifier = NeuralNetClassifier(
        feed_forward,
        criterion=torch.nn.CrossEntropyLoss,  # of log-probabilities it is the negative log-likelihood
        optimizer=torch.optim.SGD,
        optimizer__weight_decay=WEIGHT_DECAY,
        optimizer__fused=True,
        lr=RATE,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=False,
        iterator_valid__batch_size=1000,
        train_split=None,
        callbacks__print_log=None,
        verbose=0,
    )
    classifier.initialize()

    def measure() -> Mapping[str, float]:
        started = perf_counter()
        classifier.partial_fit(arrays.pixels, arrays.labels, epochs=1)
        seconds = perf_counter() - started
        return {"seconds": seconds, "accuracy": arrays.accuracy(classifier.predict_proba(arrays.test_pixels))}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""JAX's side of `peers`: the whole epoch is one compiled function, a scan over the batches."""

import sys
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tests.benchmarks.peer_arrays import BATCH_SIZE, DROPOUT, RATE, WEIGHT_DECAY, WIDTHS, read_arrays
from tests.benchmarks.worker import serve

Weights = list[tuple[jax.Array, jax.Array]]


def first_weights(seed: int) -> Weights:
    """Draw weights (inputs, outputs) and biases (outputs,) as torch does: uniform within ±1/√inputs."""
    generator, sizes = np.random.default_rng(seed), (784, *WIDTHS, 10)
    weights = []
    for inputs, outputs in pairwise(sizes):
        bound = inputs**-0.5
        shapes = ((inputs, outputs), (outputs,))
        weight, bias = (generator.uniform(-bound, bound, shape).astype(np.float32) for shape in shapes)
        weights.append((jnp.asarray(weight), jnp.asarray(bias)))
    return weights


def outputs(weights: Weights, pixels: jax.Array, key: jax.Array | None = None) -> jax.Array:
    """Map pixels (B, 784) to log-probabilities (B, 10), with dropout where there is a key."""
    features = pixels
    for layer, (weight, bias) in enumerate(weights[:-1]):
        features = jax.nn.relu(features @ weight + bias)
        if key is not None:
            kept = jax.random.bernoulli(jax.random.fold_in(key, layer), 1 - DROPOUT, features.shape)
            features = jnp.where(kept, features / (1 - DROPOUT), 0)
    weight, bias = weights[-1]
    return jax.nn.log_softmax(features @ weight + bias)


def loss(weights: Weights, pixels: jax.Array, labels: jax.Array, key: jax.Array) -> jax.Array:
    """The mean negative log-likelihood of a batch."""
    log_probabilities = outputs(weights, pixels, key)
    return -jnp.take_along_axis(log_probabilities, labels[:, None], axis=1).mean()


def update(weights: Weights, batch: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[Weights, jax.Array]:
    """One step of SGD with weight decay."""
    value, gradients = jax.value_and_grad(loss)(weights, *batch)
    stepped = jax.tree.map(lambda old, step: old - RATE * (step + WEIGHT_DECAY * old), weights, gradients)
    return stepped, value


@partial(jax.jit, donate_argnums=0)
def epoch(
    weights: Weights, pixels: jax.Array, labels: jax.Array, key: jax.Array
) -> tuple[Weights, jax.Array]:
    """All batches in order, the smaller last one included; the losses of all but that."""
    whole = len(pixels) // BATCH_SIZE
    keys = jax.random.split(key, whole + 1)
    batches = (
        pixels[: whole * BATCH_SIZE].reshape(whole, BATCH_SIZE, -1),
        labels[: whole * BATCH_SIZE].reshape(whole, BATCH_SIZE),
        keys[:whole],
    )
    weights, losses = jax.lax.scan(update, weights, batches)
    if len(pixels) % BATCH_SIZE:
        rest = (pixels[whole * BATCH_SIZE :], labels[whole * BATCH_SIZE :], keys[whole])
        weights, _ = update(weights, rest)
    return weights, losses


def main(folder: str) -> None:
    """Train when asked to, on and on; the first epoch compiles."""
    arrays = read_arrays(Path(folder))
    pixels, labels = jnp.asarray(arrays.pixels), jnp.asarray(arrays.labels)
    # "rbg" draws by the processor's own means, several times faster than JAX's default
    state: dict[str, Any] = {"weights": first_weights(42), "key": jax.random.key(42, impl="rbg")}

    def measure() -> Mapping[str, float]:
        state["key"], key = jax.random.split(state["key"])
        started = perf_counter()
        state["weights"], losses = epoch(state["weights"], pixels, labels, key)
        losses.block_until_ready()
        seconds = perf_counter() - started
        predicted = np.asarray(outputs(state["weights"], jnp.asarray(arrays.test_pixels)))
        return {"seconds": seconds, "accuracy": arrays.accuracy(predicted)}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])

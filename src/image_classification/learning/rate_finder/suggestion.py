"""What a range test says: its losses made smooth, and the learning rate at which they fall fastest.

Source: L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Losses = NDArray[np.float64]

COLUMNS = ("rate", "loss", "smoothed")
# the standard deviation of the bell that losses are averaged with, in powers of ten of the rate
_WIDTH = 0.25
# Of white noise the highest of a dozen independent means lies less than so many standard errors above the
# lowest of them, in 99 of 100 tests.
_BEYOND_CHANCE = 5.0


def table_of(rates: Losses, losses: Losses) -> pd.DataFrame:
    """Return a row per update: rate, loss (before the update), smoothed.

    Args:
        rates: (n,) rising by the same factor from each to the next.
        losses: (n,) finite.
    """
    smoothed = gaussian_filter1d(losses, _updates(rates), mode="nearest") if len(losses) > 2 else losses
    return pd.DataFrame(dict(zip(COLUMNS, (rates, losses, smoothed), strict=True)), dtype="float64")


def suggested_rate(test: pd.DataFrame) -> float | None:
    """Return the rate at which the smoothed loss falls fastest before it is lowest, to two digits.

    None where it falls no further than the losses of batches differ by chance.
    """
    rates, losses, smoothed = (test[name].to_numpy() for name in COLUMNS)
    if len(test) < 5:
        return None
    lowest = int(smoothed.argmin())
    fall = smoothed[: lowest + 1].max() - smoothed[lowest]
    if fall <= _BEYOND_CHANCE * _standard_error(rates, losses):
        return None
    slope = np.gradient(smoothed, np.log(rates))[: lowest + 1]
    return float(f"{rates[slope.argmin()]:.2g}")


def _updates(rates: Losses) -> float:
    """Return the width of the bell in updates."""
    return float(max(1.0, _WIDTH / np.log10(rates[1] / rates[0])))


def _standard_error(rates: Losses, losses: Losses) -> float:
    """Estimate by how much smoothed losses differ by chance, from how each differs from its neighbours.

    Second differences of white noise have 6 times its variance; their median, times 1.4826 for a normal
    distribution, is no higher for an explosion at the end. The squares of a bell of width w add up to
    1 / (2√π w).
    """
    noise = 1.4826 * np.median(np.abs(np.diff(losses, 2))) / np.sqrt(6)
    return float(noise / np.sqrt(2 * np.sqrt(np.pi) * _updates(rates)))

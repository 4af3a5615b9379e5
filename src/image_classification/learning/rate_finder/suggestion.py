"""What a range test says: its losses made smooth, and the learning rate at which they fall fastest.

Source: L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Losses = NDArray[np.float64]

COLUMNS = ("rate", "loss", "smoothed")
# the standard deviation of the bell that losses are averaged with, in powers of ten of the rate
_WIDTH = 0.25
# In tests of mere noise, from normal to very skewed, of 20 to 1,000 updates, smoothed losses fell by
# less than so many standard errors in 97 to 99 of 100.
_BEYOND_CHANCE = 6.0
_FEWEST = 10  # losses that say anything


def table_of(rates: Losses, losses: Losses) -> pd.DataFrame:
    """Return a row per update: rate, loss (before the update), smoothed.

    Args:
        rates: (n,) rising by the same factor from each to the next.
        losses: (n,) finite.
    """
    smoothed = losses
    if len(losses) > 2:  # most trainings try no rates
        from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415  a quarter of a second

        smoothed = gaussian_filter1d(losses, _updates(rates), mode="reflect")
    return pd.DataFrame(dict(zip(COLUMNS, (rates, losses, smoothed), strict=True)), dtype="float64")


def suggested_rate(test: pd.DataFrame) -> float | None:
    """Return the rate at which the smoothed loss falls fastest before it is lowest, to two digits.

    None where it falls no further than the losses of batches differ by chance.
    """
    rates, losses, smoothed = (test[name].to_numpy() for name in COLUMNS)
    if len(test) < _FEWEST:
        return None
    lowest = int(smoothed.argmin())
    fall = smoothed[: lowest + 1].max() - smoothed[lowest]
    if fall <= _BEYOND_CHANCE * _standard_error(rates, losses[: max(lowest + 1, _FEWEST)]):
        return None
    slope = np.gradient(smoothed, np.log(rates))[: lowest + 1]
    return float(f"{rates[slope.argmin()]:.2g}")


def _updates(rates: Losses) -> float:
    """Return the width of the bell in updates, of which a narrow range has few."""
    return float(np.clip(_WIDTH / np.log10(rates[1] / rates[0]), 1.0, max(1.0, len(rates) / 6)))


def _standard_error(rates: Losses, losses: Losses) -> float:
    """Estimate by how much smoothed losses differ by chance, from how each differs from its neighbours.

    Second differences of white noise have 6 times its variance. The squares of a bell of width w add up to
    1 / (2√π w).
    """
    noise = np.sqrt(np.mean(np.diff(losses, 2) ** 2) / 6)
    return float(noise / np.sqrt(2 * np.sqrt(np.pi) * _updates(rates)))

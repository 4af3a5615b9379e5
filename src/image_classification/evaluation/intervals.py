"""How far a share that was measured on some images may lie from the truth."""

from math import sqrt

Z_95 = 1.959963984540054  # the normal distribution has 95 % of its mass within this many deviations


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927), which stays within 0 and 1.

    The usual normal approximation ends beyond 1 for a good classifier, and has no width at all for a perfect
    one; this one holds for few images and for shares near 1.

    Raises:
        ValueError: `total` is not positive.
    """
    if total <= 0:
        raise ValueError(f"A share of {total} images has no interval")
    share, spread = successes / total, Z_95**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half_width = Z_95 * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # rounding may leave a perfect share outside of its own interval by one part in 10¹⁶
    return max(min(centre - half_width, share), 0.0), min(max(centre + half_width, share), 1.0)

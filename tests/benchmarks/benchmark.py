"""What a benchmark is: a function of a workspace that returns rows, each with every single measurement."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]  # of the project


class UnavailableError(Exception):
    """A benchmark lacks what it needs: a package, the data. The message says what."""


@dataclass(frozen=True)
class Row:
    """This project beside something else that does the same.

    Args:
        benchmark: the module's name, for example "article_epoch".
        what: what this project does, for example "feed_forward, an epoch with evaluation".
        against: what the other side does.
        unit: of the measurements: "s", "images/s", "MB", "GFLOP/s".
        ours: every measurement, in order.
        other: the same of the other side.
        ratio: of the medians, in the direction of the target; nan where nothing was measured.
        target: "≥ 4.5×", "≤ 1.10×", "" where there is none.
        reached: None where there is no target.
        notes: lines printed under the table, for example an account of seconds.
    """

    benchmark: str
    what: str
    against: str
    unit: str
    ours: tuple[float, ...]
    other: tuple[float, ...]
    ratio: float
    target: str
    reached: bool | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """What a benchmark may use.

    Args:
        scratch: a temporary folder of this benchmark, removed afterwards.
        mnist: address of a folder with the four archives, as MNIST_MIRROR takes it; None: there is none.
        photos: a folder of <class>/<image>.jpg; None: there is none.
        quick: few rounds, short ones.
    """

    scratch: Path
    mnist: str | None
    photos: Path | None
    quick: bool


def compared(
    benchmark: str,
    what: str,
    against: str,
    unit: str,
    ours: tuple[float, ...],
    other: tuple[float, ...],
    *,
    at_least: float | None = None,
    more_than: float | None = None,
    at_most: float | None = None,
    notes: tuple[str, ...] = (),
) -> Row:
    """Make a row whose ratio says how many times better this project is; with `at_most`, how much it costs.

    Better is more of a rate (a unit "…/s") and less of anything else.
    """
    ratio = median(ours) / median(other)
    if at_most is None and not unit.endswith("/s"):
        ratio = 1 / ratio
    target, reached = "", None
    if at_least is not None:
        target, reached = f"≥ {at_least:g}×", ratio >= at_least
    elif more_than is not None:
        target, reached = f"> {more_than:g}×", ratio > more_than
    elif at_most is not None:
        target, reached = f"≤ {at_most:.2f}×", ratio <= at_most
    return Row(benchmark, what, against, unit, ours, other, ratio, target, reached, notes)


def not_measured(benchmark: str, why: str, what: str = "", against: str = "") -> Row:
    """Make the row of something that could not be measured."""
    return Row(benchmark, what, against, "", (), (), float("nan"), "", None, (why,))


def side_by_side(
    sides: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: bool = False
) -> dict[str, tuple[float, ...]]:
    """Measure all sides alternately (A, B, A, B, …), so that whatever slows the machine down slows all.

    Args:
        sides: each measures itself once and returns seconds, or whatever the unit is.
        rounds: how many measurements of each are kept.
        warm_up: whether each is measured once more before, for nothing.

    Returns:
        What each returned, in order.
    """
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(-warm_up, rounds):
        for name, measure in sides.items():
            value = measure()
            if round_ >= 0:
                measured[name].append(value)
    return {name: tuple(values) for name, values in measured.items()}


def last_json_line(text: str) -> dict[str, object]:
    """The last line of what a process printed: an object in JSON, whatever libraries have said before."""
    answer: dict[str, object] = json.loads(text.strip().splitlines()[-1])
    return answer

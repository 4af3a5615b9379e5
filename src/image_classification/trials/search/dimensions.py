"""What is tried of one parameter: numbers of a range, or values of a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`.

    log: whether their magnitudes are drawn evenly.
    step: between two of them; None: any.
    """

    kind: Literal["int", "float"]
    low: float
    high: float
    log: bool = False
    step: float | None = None

    def distribution(self) -> "BaseDistribution":
        """Return what Optuna draws from."""
        # only where something is drawn: all commands know what may be
        from optuna.distributions import FloatDistribution, IntDistribution  # noqa: PLC0415

        if self.kind == "int":
            step = 1 if self.step is None else int(self.step)
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=step)
        return FloatDistribution(float(self.low), float(self.high), log=self.log, step=self.step)

    def suggest(self, trial: "Trial", name: str) -> Any:
        """Draw a number."""
        if self.kind == "int":
            step = 1 if self.step is None else int(self.step)
            return trial.suggest_int(name, int(self.low), int(self.high), step=step, log=self.log)
        return trial.suggest_float(name, float(self.low), float(self.high), step=self.step, log=self.log)

    def all_shown(self) -> Iterable[Any] | None:
        """Return all numbers as they stand in a table, the lowest first; None if they cannot be counted."""
        step = 1 if self.kind == "int" and self.step is None else self.step
        if step is None or self.log:
            return None
        # a sum of steps such as 0.1 may miss the highest number by its last digits
        count = int((self.high - self.low) / step + 1e-8) + 1
        return (self.label(min(self.low + number * step, self.high)) for number in range(count))

    def label(self, shown: Any) -> Any:
        """Return what Optuna knows a number by."""
        return int(shown) if self.kind == "int" else float(shown)

    def value(self, shown: Any) -> Any:
        """Return the number that stands in a table."""
        return self.label(shown)


@dataclass(frozen=True)
class Values:
    """Values of any kind, each with the text that Optuna and people know it by."""

    labels: tuple[str, ...]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, values: Sequence[Any], labels: Sequence[str]) -> "Values":
        """Make them of a list."""
        return cls(tuple(labels), tuple(values))

    def distribution(self) -> "BaseDistribution":
        """Return what Optuna draws from."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415

        return CategoricalDistribution(self.labels)

    def suggest(self, trial: "Trial", name: str) -> Any:
        """Draw a value."""
        return self.values[self.labels.index(trial.suggest_categorical(name, self.labels))]

    def all_shown(self) -> Iterable[Any]:
        """Return all values as they stand in a table, in the order of the list."""
        return self.labels

    def label(self, shown: Any) -> Any:
        """Return what Optuna knows a value by."""
        return str(shown)

    def value(self, shown: Any) -> Any:
        """Return the value that stands in a table."""
        return self.values[self.labels.index(shown)]


Dimension = Range | Values
Space = Mapping[str, Dimension]

"""Whether a newly trained network takes the place of the one that is in use, its champion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from image_classification.comparison.significance import McNemar, compared
from image_classification.evaluation.scores import wilson_interval
from image_classification.words import count_of, printable

# what was decided: FIRST and PROMOTED and FORCED change the champion
Outcome = Literal["first", "promoted", "forced", "not better", "not compared", "not asked"]
TEST = "McNemar's exact test, two-sided, on the same test images"


@dataclass(frozen=True)
class Contender:
    """A trained network and how it did on its test images.

    Attributes:
        shown: what it is called in sentences: "version 3".
        data_name: the data that it was trained and tested on.
        data_digest: of the table that says which image is in which split.
        predictions: of the test images: name, label, correct; None if there are none on record.
        trouble: why it cannot be compared with anything, "" if it can.
    """

    shown: str
    data_name: str
    data_digest: str
    predictions: pd.DataFrame | None
    trouble: str = ""

    @property
    def why_not(self) -> str:
        """Why it cannot be compared; "" if it can."""
        if self.trouble or self.predictions is not None:
            return self.trouble
        return f"there are no predictions of {self.shown} for its test images on record"

    @property
    def accuracy(self) -> float | None:
        """The share of its test images on which it is right."""
        if self.predictions is None or self.predictions.empty:
            return None
        return float(self.predictions["correct"].mean())


@dataclass(frozen=True)
class Decision:
    """What was decided, why, and the numbers of it.

    Attributes:
        outcome: in a word or two.
        reason: in a sentence without a full stop.
        facts: by name: accuracy, champion_accuracy, images, only_new_right, only_champion_right, p, level, …
    """

    outcome: Outcome
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changes_the_champion(self) -> bool:
        """Whether the new network is the champion from now on."""
        return self.outcome in {"first", "promoted", "forced"}


def decide(
    new: Contender,
    champion: Contender | None,
    promote: Literal["better", "never", "force"] = "better",
    level: float = 0.05,
    least_images: int = 30,
) -> Decision:
    """Decide whether a network becomes the champion.

    It does if it is right on more of the same test images, and McNemar's exact test (1947) says that networks
    which are equally good would differ so much with a probability below the level. Networks with other test
    images, or without predictions on record, are never compared.

    Args:
        new: the network.
        champion: the present one, None if there is none: then it is the first, if it can be compared later.
        promote: better: as above; never: whatever it does; force: always.
        level: of significance.
        least_images: on fewer nothing is concluded.
    """
    why_not, facts = _compared(new, champion, least_images)
    facts |= {"level": level, "test": TEST}
    if promote == "never":
        return Decision("not asked", "promotion is switched off (promote: never)", facts)
    if promote == "force":
        because = why_not or _in_words(facts)
        return Decision("forced", f"it was forced{f'; {because}' if because else ''}", facts)
    if why_not:
        return Decision("not compared", why_not, facts)
    if champion is None:
        return Decision("first", "there was no champion before", facts)
    is_better = facts["accuracy"] > facts["champion_accuracy"] and facts["p"] < level
    return Decision("promoted" if is_better else "not better", _in_words(facts), facts)


def _compared(new: Contender, champion: Contender | None, least_images: int) -> tuple[str, dict[str, Any]]:
    """Return why nothing can be concluded, "" if something can; and what was found."""
    facts: dict[str, Any] = _accuracy(new, "")
    if champion is None:
        return new.why_not, facts
    facts |= _accuracy(champion, "champion_")
    if why_not := new.why_not or champion.why_not:
        return why_not, facts
    if new.data_digest != champion.data_digest or not new.data_digest:
        return (
            f"{new.shown} was tested on other data ({_data(new)}) than {champion.shown} ({_data(champion)})",
            facts,
        )
    assert new.predictions is not None and champion.predictions is not None  # noqa: S101
    found = compared(new.predictions, champion.predictions)
    if not isinstance(found, McNemar):
        return found, facts
    facts |= {
        "images": found.images,
        "only_new_right": found.only_first_right,
        "only_champion_right": found.only_second_right,
        "p": found.p_exact,
    }
    if found.images < least_images:
        few = count_of(found.images, "test image")
        return f"there are {few}, and nothing is concluded of fewer than {least_images}", facts
    return "", facts


def _accuracy(contender: Contender, prefix: str) -> dict[str, Any]:
    accuracy, predictions = contender.accuracy, contender.predictions
    if accuracy is None or predictions is None:
        return {}
    low, high = wilson_interval(int(predictions["correct"].sum()), len(predictions))
    return {f"{prefix}accuracy": accuracy, f"{prefix}accuracy_low": low, f"{prefix}accuracy_high": high}


def _data(contender: Contender) -> str:
    return f"{printable(contender.data_name)}, index {contender.data_digest[:8] or 'unknown'}"


def _in_words(facts: Mapping[str, Any]) -> str:
    """Say what a comparison found; "" if there was none."""
    if "p" not in facts:
        return ""
    alone = f"right alone on {facts['only_new_right']:,}, the champion on {facts['only_champion_right']:,}"
    return (
        f"accuracy {facts['accuracy']:.2%} against {facts['champion_accuracy']:.2%} on the same "
        f"{count_of(facts['images'], 'test image')}; {alone}; p = {facts['p']:.2g}, level {facts['level']:g}"
    )

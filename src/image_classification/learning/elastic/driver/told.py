"""What a person is told of a training in several processes: who takes part, who is missing, how to go on."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_classification.console import say
from image_classification.learning.checkpoints.folder import about_of, checkpoint_files
from image_classification.learning.checkpoints.saver import way_on_from
from image_classification.learning.checkpoints.storage import DamagedCheckpointError
from image_classification.learning.distributed.options import DistributedOptions
from image_classification.learning.elastic.driver.referee import Referee, Shortfall
from image_classification.words import agreeing, count_of

# a token of one's own, for commands that are written before the training begins
TOKEN = "IMAGE_CLASSIFICATION_JOIN_TOKEN"  # noqa: S105  (the name of a variable)


def joining_command(endpoint: str, token: str) -> str:
    """Return the command by which another machine takes part; a token of one's own is not repeated."""
    is_known = os.environ.get(TOKEN) is not None
    return f"image-classification join {endpoint}{'' if is_known else f' {token}'}"


def who_is_awaited(command: str, fewest: int, most: int) -> str:
    """Say of how many machines the training will be, and by which command they join."""
    how = f"{fewest} to {most}" if fewest != most else f"{most}"
    return (
        f"Training on {how} machines, this one among them. On each of the others "
        f"({count_of(most - 1, 'machine')} at most):\n  {command}"
    )


@dataclass(frozen=True)
class Guidance:
    """What a person can do about a training that stands still, or has ended early.

    command: by which another machine joins.
    max_restarts: that are allowed.
    checkpoints: the folder of this training's, None if they are not kept.
    """

    command: str
    max_restarts: int
    checkpoints: Path | None

    def who_is_missing(self, shortfall: Shortfall) -> str:
        """Say why the training stands still, and how long it does at most."""
        gone = ", ".join(shortfall.gone) or "a machine is missing"
        others = f"{count_of(shortfall.lacking, 'more machine')} {agreeing(shortfall.lacking, 'has', 'have')}"
        return (
            f"The training stands still: {gone}. It goes on from the last checkpoint once {others} joined, "
            f"and ends if that takes more than {shortfall.wait_s:g} seconds "
            f"({DistributedOptions.named('wait_s')}). To join:\n  {self.command}"
        )

    def failure(self, cause: str, *, is_closed: bool) -> str:
        """Say why the training ended early, and how to go on with it.

        Args:
            cause: in words, empty if nothing is known.
            is_closed: whether restarts have nothing to do with it.
        """
        why = cause or "the agent of this machine ended again and again"
        if not is_closed:
            often = count_of(self.max_restarts, "restart")
            why += f" ({often} allowed by {DistributedOptions.named('max_restarts')})"
        return f"The training in several processes ended early: {why}.\n{self.way_on()}".rstrip()

    def way_on(self) -> str:
        """Say where the last checkpoint is, and how to go on from there; "" if there is none."""
        for file in checkpoint_files(self.checkpoints) if self.checkpoints else []:
            try:
                return way_on_from(about_of(file).position)
            except DamagedCheckpointError:
                continue
        return ""


class Rounds:
    """Says who trains in each round, and once why there is none.

    Args:
        referee: of the training.
        guidance: for its person.
    """

    def __init__(self, referee: Referee, guidance: Guidance) -> None:
        self._referee, self._guidance = referee, guidance
        self._said: Shortfall | None = None
        self._begun = 0

    def begun(self, event: Mapping[str, Any]) -> None:
        """Say that all processes of a round have begun, as the first one tells."""
        self._begun += 1
        say(_beginning(event, self._referee.left_behind(), is_first=self._begun == 1))

    def look(self) -> None:
        """Say why there is no round, if there is something new to say."""
        now = self._referee.shortfall()
        if now and now != self._said:
            say(self._guidance.who_is_missing(now))
        self._said = now


def _beginning(event: Mapping[str, Any], gone: Sequence[str], *, is_first: bool) -> str:
    """Say who trains from now on, and from where; and who does no more."""
    who = f"{count_of(event['processes'], 'process', 'processes')} on {count_of(event['nodes'], 'machine')}"
    if is_first and not event["position"]:
        return f"Training in {who}."
    why = f"{', '.join(gone)}. " if gone else ""
    return f"{why}Going on in {who}, {event['position'] or 'from the beginning'}."

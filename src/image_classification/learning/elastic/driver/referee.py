"""Who takes part: machines arrive, are counted, and go on together in rounds.

torch's own rendezvous would do the same, but reads what comes from the network with pickle, which runs
whatever somebody has sent.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from image_classification.learning.distributed.options import DistributedOptions
from image_classification.words import count_of

# seconds without a word from a machine, after which it is lost; it says one every second
LOST_AFTER = 10.0
# seconds that the first round waits for more machines once the fewest are there
LAST_CALL = 3.0
# why there is no more round, where nothing went wrong
OVER = "the training is over"


@dataclass
class _Node:
    name: str
    seen: float
    arrived: float | None = None  # since when it waits for a round
    has_heard: bool = False  # that there is none any more


@dataclass(frozen=True)
class Shortfall:
    """Why a training that had begun stands still.

    gone: which machines of its last round are, and how, in words.
    lacking: how many more it needs.
    wait_s: seconds that it waits for them, from when it began to.
    """

    gone: tuple[str, ...]
    lacking: int
    wait_s: float


class Referee:
    """Decides which machines make up a round of the training, and in which order; safe to call from threads.

    The first is always that of the command, where checkpoints and the record are.

    Args:
        fewest: machines of a round.
        most: of them.
        wait_s: how long machines wait for the fewest.
        first: the machine of the command.
        clock: seconds.
    """

    def __init__(
        self,
        fewest: int,
        most: int,
        wait_s: float,
        first: str,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._fewest, self._most, self._wait = fewest, most, wait_s
        self._first = first
        self._clock = clock
        self._nodes: dict[str, _Node] = {}
        self._members: list[str] = []
        self._gone: dict[str, str] = {}
        self._left_behind: tuple[str, ...] = ()
        self._round = 0
        self._lock = threading.Lock()
        self.closed = ""

    def arrive(self, node: str, name: str, after: int) -> dict[str, Any]:
        """Let a machine wait for the round after the last that it took part in (0: none).

        Args:
            node: a text that no other machine has.
            name: of the machine, for people.
            after: the number of that round.

        Returns:
            {"round": number, "rank": …, "nodes": …}; {} as long as it has to wait and ask again, with
            {"full": True} where others have all places; or {"closed": why} if there is none any more.
        """
        with self._lock:
            now = self._clock()
            if node not in self._nodes:  # a new one, or one that has forgotten the round that it was in
                self._nodes[node] = _Node(name, now)
                self._members = [each for each in self._members if each != node]
            self._gone.pop(node, None)
            each = self._nodes[node]
            each.seen = now
            if self.closed:
                each.has_heard = True
                return {"closed": self.closed}
            if self._round > after and node in self._members:
                each.arrived = None
                return self._place_of(node)
            if each.arrived is None:
                each.arrived = now
            self._begin_round(now)
            if self._round > after and node in self._members:
                return self._place_of(node)
            is_full = self._round > 0 and node not in self._members and not self._has_room()
            return {"full": True} if is_full else {}

    def alive(self, node: str) -> dict[str, Any]:
        """Note that a machine is there; tell it whether it shall come to a new round ({"come": …})."""
        with self._lock:
            now = self._clock()
            if node in self._nodes:
                self._nodes[node].seen = now
            self._forget_lost(now)
            waiting = [each for each in self._waiting() if each in self._members or self._has_room()]
            is_out = self._round > 0 and node not in self._members
            has_lost = any(member not in self._nodes for member in self._members)
            return {"come": bool(self.closed or waiting or is_out or has_lost)}

    def leave(self, node: str) -> dict[str, Any]:
        """Forget a machine that says that it ends."""
        with self._lock:
            self._forget(node, "has left")
            return {}

    def shortfall(self) -> Shortfall | None:
        """Return what a training that had begun waits for; None if it goes on, or is about to."""
        with self._lock:
            self._forget_lost(self._clock())
            waiting = self._waiting()
            lacking = self._fewest - len(waiting)
            if (
                self.closed
                or not self._round
                or lacking <= 0
                or self._first not in waiting
                or self._running()
            ):
                return None
            return Shortfall(tuple(self._gone.values()), lacking, self._wait)

    def left_behind(self) -> tuple[str, ...]:
        """Return which machines of the round before the last are gone, and how, in words."""
        with self._lock:
            return self._left_behind

    def all_have_heard(self) -> bool:
        """Whether all machines but that of the command know that there is no more round, or are gone."""
        with self._lock:
            self._forget_lost(self._clock())
            return all(each.has_heard for node, each in self._nodes.items() if node != self._first)

    def close(self, reason: str) -> None:
        """Let no machine go on; the first reason counts."""
        with self._lock:
            self.closed = self.closed or reason

    def _begin_round(self, now: float) -> None:
        self._forget_lost(now)
        waiting = self._waiting()
        since = min((self._since(each) for each in waiting), default=now)
        running = self._running()
        is_last_call = not self._round and len(waiting) < self._most and now - since < LAST_CALL
        if len(waiting) >= self._fewest and self._first in waiting and not running and not is_last_call:
            self._members = [self._first, *[each for each in waiting if each != self._first]][: self._most]
            self._round += 1
            self._left_behind, self._gone = tuple(self._gone.values()), {}
            for each in self._members:
                self._nodes[each].arrived = None
        elif not running and now - since > self._wait:
            there = count_of(len(waiting), "machine")
            self.closed = (
                f"{there} of at least {self._fewest} ({DistributedOptions.named('nodes')}) came within "
                f"{self._wait:g} seconds ({DistributedOptions.named('wait_s')})"
            )

    def _place_of(self, node: str) -> dict[str, Any]:
        return {"round": self._round, "rank": self._members.index(node), "nodes": len(self._members)}

    def _running(self) -> list[str]:
        """The machines of the last round that have not come back from it."""
        return [each for each in self._members if each in self._nodes and self._nodes[each].arrived is None]

    def _waiting(self) -> list[str]:
        there = [each for each, of in self._nodes.items() if of.arrived is not None]
        return sorted(there, key=self._since)

    def _since(self, node: str) -> float:
        arrived = self._nodes[node].arrived
        assert arrived is not None  # noqa: S101  (it waits)
        return arrived

    def _has_room(self) -> bool:
        return len([each for each in self._members if each in self._nodes]) < self._most

    def _forget_lost(self, now: float) -> None:
        for node in [each for each, of in self._nodes.items() if now - of.seen > LOST_AFTER]:
            self._forget(node, "was lost")

    def _forget(self, node: str, how: str) -> None:
        forgotten = self._nodes.pop(node, None)
        if forgotten and node in self._members:
            self._gone[node] = f"{forgotten.name} {how}"

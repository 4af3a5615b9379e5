"""torch's agent asks the driver which machines train together in the next round."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from torch._C._distributed_c10d import PrefixStore, TCPStore
from torch.distributed.elastic.rendezvous import (
    RendezvousClosedError,
    RendezvousConnectionError,
    RendezvousHandler,
    RendezvousInfo,
    RendezvousStoreInfo,
)

from image_classification.learning.elastic.visitor import DriverGoneError, Visitor

BACKEND = "image-classification"
# tells the processes of a round its number, which is the same on all machines, as restarts are not
ROUND = "IMAGE_CLASSIFICATION_ROUND"
# seconds between two questions, and without an answer until the driver counts as gone
INTERVAL, HEARTBEAT, GONE_AFTER = 0.2, 1.0, 30.0


class DriverRendezvous(RendezvousHandler):
    """Asks the driver's referee, and says every second that this machine is there.

    Args:
        visitor: talks to the driver.
        store: host and port of the store, at which processes find each other.
        node: a text that no other machine has.
        name: of this machine, for people.
        on_full: called once if this machine has to wait until another one is gone.
    """

    def __init__(
        self,
        visitor: Visitor,
        store: tuple[str, int],
        node: str,
        name: str,
        on_full: Callable[[], None],
    ) -> None:
        self._visitor, self._node, self._name, self._on_full = visitor, node, name, on_full
        self._has_told_full = False
        self._address = store
        self._store: TCPStore | None = None
        self._round = 0
        self._come = False
        self._ended = threading.Event()
        self._heard = monotonic()
        threading.Thread(target=self._be_alive, name="heartbeat", daemon=True).start()

    def get_backend(self) -> str:
        """Return the name of this way."""
        return BACKEND

    @property
    def use_agent_store(self) -> bool:
        """The store is the driver's."""
        return True

    def next_rendezvous(self) -> RendezvousInfo:
        """Wait for the next round.

        Raises:
            RendezvousClosedError: there is none; the message says why.
            RendezvousConnectionError: the driver is gone.
        """
        while True:
            answer = self._arrive()
            if "closed" in answer:
                raise RendezvousClosedError(str(answer["closed"]))
            if "round" in answer:
                break
            if answer.get("full") and not self._has_told_full:
                self._has_told_full = True
                self._on_full()
            self._ended.wait(INTERVAL)
        self._round, self._come = int(answer["round"]), False
        os.environ[ROUND] = str(self._round)
        if self._store is None:
            self._store = TCPStore(*self._address, is_master=False, timeout=timedelta(seconds=GONE_AFTER))
        return RendezvousInfo(
            PrefixStore(f"agents/{self._round}", self._store),
            int(answer["rank"]),
            int(answer["nodes"]),
            RendezvousStoreInfo(*self._address),
        )

    def is_closed(self) -> bool:
        """Rounds are closed by the driver alone."""
        return False

    def set_closed(self) -> None:
        """Rounds are closed by the driver alone."""

    def num_nodes_waiting(self) -> int:
        """Return 1 if this machine shall come to a new round, or the driver is gone."""
        return int(self._come or monotonic() - self._heard > GONE_AFTER)

    def get_run_id(self) -> str:
        """Return a name of the training."""
        return BACKEND

    def shutdown(self) -> bool:
        """Say no more that this machine is there."""
        self._ended.set()
        return True

    def _arrive(self) -> dict[str, Any]:
        try:
            answer = self._visitor.ask("/arrive", node=self._node, name=self._name, after=self._round)
        except DriverGoneError as error:
            if monotonic() - self._heard > GONE_AFTER:
                raise RendezvousConnectionError(f"The driver is gone: {error}") from error
            return {}
        self._heard = monotonic()
        return answer

    def _be_alive(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            try:
                asked_in = self._round
                come = bool(self._visitor.ask("/alive", node=self._node)["come"])
                self._heard = monotonic()
                if asked_in == self._round:
                    self._come = come
            except (DriverGoneError, KeyError):
                continue

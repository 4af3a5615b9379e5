"""A machine for which there is no place waits for one, and says so once."""

from datetime import timedelta

import pytest
from torch._C._distributed_c10d import TCPStore

from image_classification.learning.elastic.rendezvous import DriverRendezvous, RendezvousClosedError


class Driver:
    """Gives answers one after the other."""

    def __init__(self, *answers: dict) -> None:
        self._answers = list(answers)

    def ask(self, path: str, **question: object) -> dict:
        return self._answers.pop(0) if path == "/arrive" else {"come": False}


@pytest.fixture
def store():
    return TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=60))


def rendezvous(driver, store, told):
    on_full = lambda: told.append("full")  # noqa: E731
    return DriverRendezvous(driver, ("127.0.0.1", store.port), "node", "name", on_full)


def test_it_says_so_once_and_takes_part_later(store):
    told: list[str] = []
    driver = Driver({}, {"full": True}, {"full": True}, {}, {"round": 2, "rank": 1, "nodes": 2})
    handler = rendezvous(driver, store, told)

    info = handler.next_rendezvous()
    handler.shutdown()

    assert (info.rank, info.world_size) == (1, 2)
    assert told == ["full"]


def test_it_may_be_over_before(store):
    told: list[str] = []
    handler = rendezvous(Driver({"full": True}, {"closed": "the end"}), store, told)

    with pytest.raises(RendezvousClosedError, match="the end"):
        handler.next_rendezvous()
    handler.shutdown()

    assert told == ["full"]

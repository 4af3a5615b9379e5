"""Without another endpoint, nothing that trains together listens to other machines."""

import psutil
import pytest
from tests.learning.elastic.conftest import Once, processes_of


@pytest.mark.slow
def test_every_process_listens_at_this_machine_alone(training):
    listening: list[tuple[str, str]] = []

    def look() -> None:
        for process in [psutil.Process(), *processes_of()]:
            listening.extend(
                (process.name(), each.laddr.ip)
                for each in process.net_connections("inet")
                if each.status == psutil.CONN_LISTEN
            )

    training({"processes_per_node": 2}, on_epoch=Once(2, look), epochs=40)

    assert len(listening) >= 3  # the door, the store, and a process that waits for another one
    assert {address for _, address in listening} == {"127.0.0.1"}

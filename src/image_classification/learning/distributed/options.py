"""How many processes, on how many machines, train one network."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from image_classification.options import ModellingSection

MOST_NODES, MOST_PROCESSES = 1024, 256
# numbers with a colon are hours and minutes, or minutes and seconds, to YAML
_YAML_BASE = 60


def node_limits(nodes: int | str) -> tuple[int, int]:
    """Return the fewest and the most machines that are meant by 3, "3" or "1:4"."""
    fewest, _, most = str(nodes).partition(":")
    return int(fewest), int(most or fewest)


def _is_a_range(nodes: int | str) -> int | str:
    if isinstance(nodes, int) and nodes >= _YAML_BASE and nodes // _YAML_BASE <= nodes % _YAML_BASE:
        meant = f"{nodes // _YAML_BASE}:{nodes % _YAML_BASE}"
        raise ValueError(
            f'expected "{meant}" in quotes (YAML takes {meant} for {nodes}), or "{nodes}:{nodes}"'
        )
    if not re.fullmatch(r"\d{1,4}(:\d{1,4})?", str(nodes)):
        raise ValueError('expected a number, or two such as "1:4"')
    fewest, most = node_limits(nodes)
    if not 1 <= fewest <= most <= MOST_NODES:
        raise ValueError(f"expected 1 to {MOST_NODES} machines, the fewest before the most")
    return nodes


def host_and_port(endpoint: str) -> tuple[str, int]:
    """Return the two parts of 10.0.0.1:29400 or [fd00::1]:29400."""
    host, _, port = endpoint.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _is_an_address(endpoint: str) -> str:
    expected = "expected an address of this machine and a port, such as 10.0.0.1:29400"
    if not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5}", endpoint):
        raise ValueError(expected)
    host, port = host_and_port(endpoint)
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ValueError(expected) from error
    if port > 65535 or address.is_unspecified:
        raise ValueError(f"{expected}; 0.0.0.0 is none that other machines can find")
    return endpoint


class DistributedOptions(ModellingSection):
    """Several processes, on one machine or several, that train one network to the result of one process."""

    nodes: Annotated[int | str, AfterValidator(_is_a_range)] = Field(
        default=1,
        description='Machines, this one among them: a number, or the fewest and the most, such as "1:4", '
        "between which machines may come and go. Others join by the command that is printed.",
    )
    processes_per_node: int = Field(
        default=1,
        ge=1,
        le=MOST_PROCESSES,
        description="Processes on each machine, which share its cores: on a CPU two or more, with GPUs as "
        "many as there are. 1, with one machine: off, the training is in the process of the command.",
    )
    endpoint: Annotated[str, AfterValidator(_is_an_address)] = Field(
        default="127.0.0.1:0",
        description="Address of this machine and the port at which others join; port 0: any that is free. "
        "Nobody can join from elsewhere at 127.0.0.1.",
    )
    max_restarts: int = Field(
        default=3,
        ge=0,
        le=10_000,
        description="How often the processes of a machine are started anew, from the last checkpoint, after "
        "one of them was killed, failed or hung.",
    )
    timeout_s: float = Field(
        default=60.0,
        ge=1.0,
        le=86_400.0,
        description="Seconds for which processes wait for one of them before it counts as hung: longer than "
        "any single update, and the validation, take.",
    )
    wait_s: float = Field(
        default=600.0,
        ge=1.0,
        le=604_800.0,
        description="Seconds for which the training waits for the fewest machines, at its beginning and "
        "after one was lost.",
    )

    @property
    def is_on(self) -> bool:
        """Whether there is more than one process."""
        return node_limits(self.nodes)[1] > 1 or self.processes_per_node > 1

    @property
    def processes(self) -> int | None:
        """How many there are on all machines; None if machines may come and go."""
        fewest, most = node_limits(self.nodes)
        return fewest * self.processes_per_node if fewest == most else None

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """How processes find each other, where there is one."""
        is_one = str(values.get("nodes", 1)) in ("1", "1:1") and values.get("processes_per_node", 1) == 1
        return frozenset({"endpoint", "max_restarts", "timeout_s", "wait_s"}) if is_one else frozenset()

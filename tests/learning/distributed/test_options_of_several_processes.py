"""The options of several processes: numbers of machines, addresses, and when they are on."""

import pytest
from pydantic import ValidationError

from image_classification.learning.distributed.options import (
    DistributedOptions,
    host_and_port,
    node_limits,
)


@pytest.mark.parametrize(
    ("nodes", "limits"), [(1, (1, 1)), ("1", (1, 1)), (3, (3, 3)), ("1:4", (1, 4)), ("2:2", (2, 2))]
)
def test_a_number_or_two(nodes, limits):
    assert node_limits(DistributedOptions(nodes=nodes).nodes) == limits


@pytest.mark.parametrize("nodes", [0, -1, "", "0:2", "3:2", "1:", ":2", "1:2:3", "two", "1:99999", 1.5, True])
def test_no_other_number(nodes):
    with pytest.raises(ValidationError):
        DistributedOptions(nodes=nodes)


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("10.1.2.3:29400", ("10.1.2.3", 29400)),
        ("[fd00::1]:65535", ("fd00::1", 65535)),
    ],
)
def test_an_address_and_a_port(endpoint, place):
    assert host_and_port(DistributedOptions(endpoint=endpoint).endpoint) == place


@pytest.mark.parametrize(
    "endpoint",
    ["", "10.0.0.1", "10.0.0.1:", ":29400", "host:29400", "0.0.0.0:1", "[::]:1", "10.0.0.1:65536", "1.2.3:4"],
)
def test_nothing_else(endpoint):
    with pytest.raises(ValidationError, match="expected an address"):
        DistributedOptions(endpoint=endpoint)


@pytest.mark.parametrize(
    ("options", "is_on"),
    [
        ({}, False),
        ({"nodes": "1:1"}, False),
        ({"nodes": "1:2"}, True),
        ({"processes_per_node": 2}, True),
    ],
)
def test_they_are_on_with_more_than_one_process(options, is_on):
    chosen = DistributedOptions(**options)

    assert chosen.is_on == is_on
    assert bool(chosen.without_effect(chosen.model_dump())) != is_on

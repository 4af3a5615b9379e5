"""How many machines take part may be a number or a range, whatever YAML makes of it."""

import pytest
from pydantic import ValidationError

from image_classification.learning.distributed.options import DistributedOptions, node_limits


@pytest.mark.parametrize(
    ("nodes", "limits"),
    [(3, (3, 3)), ("3", (3, 3)), ("1:4", (1, 4)), (60, (60, 60)), ("64:64", (64, 64)), (121, (121, 121))],
)
def test_what_is_meant(nodes, limits):
    assert node_limits(DistributedOptions(nodes=nodes).nodes) == limits


@pytest.mark.parametrize(("nodes", "meant"), [(62, "1:2"), (64, "1:4"), (119, "1:59"), (122, "2:2")])
def test_what_yaml_makes_of_a_range_is_no_number_of_machines(nodes, meant):
    with pytest.raises(ValidationError, match=f'expected "{meant}" in quotes .* or "{nodes}:{nodes}"'):
        DistributedOptions(nodes=nodes)


@pytest.mark.parametrize("nodes", [0, -1, "2:1", "0:3", "1:", "a", "1:2:3", 5000])
def test_what_is_neither_is_refused(nodes):
    with pytest.raises(ValidationError):
        DistributedOptions(nodes=nodes)

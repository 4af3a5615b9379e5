"""The account of imports: each belongs to the library that the project or Kedro imports."""

from tests.benchmarks import imports

WRITTEN = """import time: self [us] | cumulative | imported package
The command says something.
import time:    100000 |     100000 |     sympy.core
import time:    200000 |     300000 |   torch._dynamo
import time:     10000 |      10000 |   json
import time:     20000 |     330000 | image_classification.networks
import time:     60000 |      60000 |     sqlalchemy
import time:      5000 |      65000 |   kedro_datasets.pandas
import time:      5000 |      70000 | kedro.io
import time:    400000 |     400000 | torch
import time: what a library has printed
import time:      1000 |       1000 | attrs
"""


def test_what_a_library_imports_is_its_own():
    read = imports.read_imports(WRITTEN)
    assert [each.name for each in read] == ["image_classification.networks", "kedro.io", "torch", "attrs"]
    assert imports.seconds_of(read) == {
        "torch": {"torch._dynamo": 0.3, "torch": 0.4},
        "Python's own library": {"Python's own library": 0.01},
        "image_classification": {"image_classification": 0.02},
        "sqlalchemy": {"sqlalchemy": 0.06},
        "kedro": {"kedro": 0.01},
        "attrs": {"attrs": 0.001},
    }


def test_the_largest_come_first_and_the_short_ones_are_summed_up():
    text = imports.describe(imports.seconds_of(imports.read_imports(WRITTEN)))
    assert text == "torch 0.70 (`torch._dynamo` 0.30), sqlalchemy 0.06, 4 shorter ones 0.04"

"""What the pipelines import leaves Python as it was: one of plotly's modules gives warnings another form."""

import subprocess
import sys

import pytest

PROGRAM = """
import warnings

before = warnings.formatwarning
from image_classification.pipeline_registry import register_pipelines
import image_classification.datasets.atomic

register_pipelines()
assert warnings.formatwarning is before
"""


@pytest.mark.slow
def test_warnings_keep_their_form() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""A training that stands still or has ended early says how to go on with it, where that can be done."""

import pytest

from image_classification.learning.checkpoints.folder import About
from image_classification.learning.checkpoints.storage import write_checkpoint
from image_classification.learning.elastic.driver.referee import Shortfall
from image_classification.learning.elastic.driver.told import Guidance

COMMAND = "image-classification join 10.0.0.1:29400 abc"


def guidance(checkpoints=None) -> Guidance:
    return Guidance(COMMAND, 1, checkpoints)


@pytest.mark.parametrize(
    ("gone", "lacking", "why", "whom"),
    [
        (("b was lost",), 1, "b was lost", "1 more machine has"),
        (("b was lost", "c has left"), 2, "b was lost, c has left", "2 more machines have"),
        ((), 1, "a machine is missing", "1 more machine has"),
    ],
)
def test_who_is_gone_and_by_which_command_another_joins(gone, lacking, why, whom):
    text = guidance().who_is_missing(Shortfall(gone, lacking, 600.0))

    assert f"stands still: {why}. It goes on from the last checkpoint once {whom} joined" in text
    assert "more than 600 seconds (DistributedOptions.wait_s)" in text
    assert text.splitlines()[-1] == f"  {COMMAND}"


def test_the_last_checkpoint_that_can_be_read_is_named(tmp_path):
    for done in (1, 2):
        about = About(facts={}, started="", epochs=5, epochs_done=done)
        write_checkpoint(tmp_path / about.file_name, about.model_dump(), {})
    (tmp_path / "epoch-0003-batch-000000.safetensors").write_bytes(b"damaged")

    first, on = guidance(tmp_path).failure("process 1 was ended by SIGKILL", is_closed=False).splitlines()
    assert "ended early: process 1 was ended by SIGKILL (1 restart allowed by " in first
    assert on.startswith("Saved after epoch 2 of 5. To go on from there: ")


@pytest.mark.parametrize("is_kept", [False, True])
def test_without_a_checkpoint_nothing_is_promised(tmp_path, is_kept):
    text = guidance(tmp_path if is_kept else None).failure("", is_closed=False)

    assert "\n" not in text
    assert "the agent of this machine ended again and again (1 restart allowed" in text

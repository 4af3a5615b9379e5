"""A checkpoint that is damaged, in whatever way, gives way to the one before it, and both are named."""

import logging
import os

import pytest
from tests.learning.checkpoints.conftest import same

from image_classification.learning.checkpoints.folder import checkpoint_files


def cut_short(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    path.write_bytes(b"")


def flipped(at):
    def flip(path):
        content = bytearray(path.read_bytes())
        content[int(at * (len(content) - 1))] ^= 1
        path.write_bytes(content)

    flip.__name__ = f"a bit at {at}"
    return flip


def something_else(path):
    path.write_text("not a checkpoint")


def another_file_of_tensors(path):
    from safetensors.torch import save_file  # noqa: PLC0415
    from torch import zeros  # noqa: PLC0415

    save_file({"weights": zeros(3)}, path)


DAMAGE = [
    cut_short,
    emptied,
    *map(flipped, (0, 0.01, 0.3, 0.6, 1)),
    something_else,
    another_file_of_tensors,
]


@pytest.fixture
def files(interrupted, fresh, bright_or_dark, folder):
    """The checkpoints of a training that was interrupted in its second epoch, the newest first."""
    interrupted(fresh(), bright_or_dark, after=9)
    (training,) = folder.trainings()
    return checkpoint_files(training.path)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_the_one_before_is_taken(files, damage, learn, open_kept, fresh, bright_or_dark, caplog):
    damage(files[0])
    whole, resumed = fresh(), fresh()
    expected = learn(whole, bright_or_dark)
    with caplog.at_level(logging.WARNING):
        checkpoints = open_kept(resume=True)
    history = learn(resumed, bright_or_dark, how={"checkpoints": checkpoints})
    same(resumed, whole, history, expected)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert f"{files[0].name} is damaged: " in warning
    assert warning.endswith(f"Going on from the one before it, {files[1]}.")


def test_without_any_whole_one_the_training_begins_anew(
    files, learn, open_kept, fresh, bright_or_dark, caplog
):
    for file in files:
        flipped(0.9)(file)
    with caplog.at_level(logging.WARNING):
        checkpoints = open_kept(resume=True)
    assert "There is none before it: the training begins anew" in caplog.text
    assert len(learn(fresh(), bright_or_dark, how={"checkpoints": checkpoints})) == 4


def test_a_checkpoint_that_cannot_be_written_ends_no_training(
    learn, open_kept, fresh, bright_or_dark, folder, caplog
):
    folder.path.parent.mkdir(exist_ok=True)
    folder.path.write_text("in the way")
    assert len(learn(fresh(), bright_or_dark, how={"checkpoints": open_kept()})) == 4
    assert caplog.text.count("No checkpoint can be saved") == 1

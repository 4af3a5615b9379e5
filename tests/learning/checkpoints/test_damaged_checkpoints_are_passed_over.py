"""A checkpoint that is damaged, in whatever way, gives way to the one before it, and both are named."""

import logging
import os

import pytest
import torch
from tests.learning.checkpoints.conftest import same

from image_classification.learning.checkpoints import saver
from image_classification.learning.checkpoints.folder import checkpoint_files
from image_classification.learning.checkpoints.parts import Parts
from image_classification.learning.checkpoints.storage import read_checkpoint, write_checkpoint


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "MemoryError"),
        (
            RuntimeError("DefaultCPUAllocator: not enough memory\nmore of it"),
            "DefaultCPUAllocator: not enough memory",
        ),
        (TypeError("a set cannot be part of a checkpoint"), "a set cannot be part of a checkpoint"),
        (OSError("full"), "full"),
        (ValueError("nan"), "nan"),
    ],
)
@pytest.mark.parametrize("place", ["the state", "the file"])
def test_whatever_prevents_it(
    learn, open_kept, fresh, bright_or_dark, caplog, monkeypatch, error, said, place
):
    def fail(*arguments):
        raise error

    where = {"the state": (Parts, "state_dict"), "the file": (saver, "write_checkpoint")}
    monkeypatch.setattr(*where[place], fail)
    network, unsaved = fresh(), fresh()
    history = learn(unsaved, bright_or_dark, how={"checkpoints": open_kept()})
    same(unsaved, network, history, learn(network, bright_or_dark))
    (warning,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert warning == f"No checkpoint can be saved: {said}. The training goes on without."


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143)])
def test_what_ends_the_process_ends_it(learn, open_kept, fresh, bright_or_dark, monkeypatch, end):
    def fail(*arguments):
        raise end

    monkeypatch.setattr(saver, "write_checkpoint", fail)
    with pytest.raises(type(end)):
        learn(fresh(), bright_or_dark, how={"checkpoints": open_kept()})


def test_what_was_copied_from_a_device_is_not_copied_again(tmp_path, monkeypatch):
    class Elsewhere(torch.Tensor):
        """A tensor that comes to the CPU as a copy."""

        def detach(self):
            return self

        def cpu(self):
            return self.as_subclass(torch.Tensor).clone()

    copies = []
    clone = torch.Tensor.clone
    monkeypatch.setattr(torch.Tensor, "clone", lambda self: copies.append(self.shape) or clone(self))
    shared = torch.arange(6.0)
    state = {"far": torch.ones(3).as_subclass(Elsewhere), "here": shared, "part of it": shared[:2]}
    write_checkpoint(tmp_path / "file", {}, state)
    assert copies == [(3,), (6,), (2,)]
    _, read = read_checkpoint(tmp_path / "file")
    assert {name: value.tolist() for name, value in read.items()} == {
        name: value.tolist() for name, value in state.items()
    }

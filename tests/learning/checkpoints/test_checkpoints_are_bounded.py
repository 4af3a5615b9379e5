"""How many checkpoints of how many trainings are kept, and how often one is taken."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from tests.learning.checkpoints.conftest import same

from image_classification.learning.checkpoints import folder as folder_module
from image_classification.learning.checkpoints import saver
from image_classification.learning.checkpoints.folder import checkpoint_files

NEVER_WITHIN = {"every_minutes": None}


def names(folder):
    training = next(folder.trainings())
    return [path.name.removesuffix(".safetensors") for path in reversed(checkpoint_files(training.path))]


def test_those_of_the_last_epochs_are_kept(learn, open_kept, fresh, bright_or_dark, folder):
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(keep=2, every_epochs=1, **NEVER_WITHIN)})
    assert names(folder) == ["epoch-0003-batch-000000", "epoch-0004-batch-000000"]


def test_those_within_an_epoch_go_with_its_end(interrupted, open_kept, fresh, bright_or_dark, folder):
    interrupted(fresh(), bright_or_dark, after=10, checkpoints=open_kept(keep=2, every_epochs=1))
    assert names(folder) == [
        "epoch-0001-batch-000000",
        "epoch-0001-batch-000002",
        "epoch-0001-batch-000003",
    ]


def test_an_epoch_of_several_and_the_last(learn, open_kept, fresh, bright_or_dark, folder):
    kept = open_kept(epochs=5, every_epochs=2, **NEVER_WITHIN)
    learn(fresh(), bright_or_dark, epochs=5, how={"checkpoints": kept})
    assert names(folder) == ["epoch-0002-batch-000000", "epoch-0004-batch-000000", "epoch-0005-batch-000000"]


def test_by_default_saving_takes_a_small_share_of_the_time(
    learn, open_kept, fresh, bright_or_dark, folder, monkeypatch
):
    """A clock by which an epoch takes 20 s, and a checkpoint 1 s."""
    seconds = iter(count())
    write = saver.write_checkpoint
    clock = [0.0]

    def slow_write(*arguments):
        clock[0] += 1.0
        write(*arguments)

    monkeypatch.setattr(saver, "monotonic", lambda: clock[0])
    monkeypatch.setattr(saver, "write_checkpoint", slow_write)

    def pass_an_epoch(epoch, row):
        clock[0] += 20.0
        next(seconds)

    kept = open_kept(epochs=8, keep=8, **NEVER_WITHIN)
    learn(fresh(), bright_or_dark, epochs=8, how={"checkpoints": kept, "on_epoch": [pass_an_epoch]})
    # 1 s is 2 % of 50 s, or of three epochs
    assert [name[6:10] for name in names(folder)] == ["0001", "0004", "0007", "0008"]


@pytest.fixture
def later(monkeypatch):
    """Every training starts a second after the one before."""
    starts = (datetime(2026, 1, 1) + timedelta(seconds=second) for second in count())

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return next(starts)

    monkeypatch.setattr(folder_module, "datetime", Clock)


def test_a_training_forgets_those_long_before_it_once_it_has_a_checkpoint(
    later, interrupted, open_kept, fresh, bright_or_dark, folder
):
    for _ in range(3):
        interrupted(fresh(), bright_or_dark, after=3, checkpoints=open_kept(trainings=2))
    names_before = sorted(path.name for path in folder.path.iterdir())
    assert len(names_before) == 2
    interrupted(fresh(), bright_or_dark, after=1, checkpoints=open_kept(trainings=2))  # has none yet
    assert sorted(path.name for path in folder.path.iterdir()) == names_before
    # what is resumed is never forgotten, however old, nor what was interrupted last beside it
    kept = open_kept(resume=True, run_id=None, trainings=1)
    kept._path = folder.path / names_before[0]
    interrupted(fresh(), bright_or_dark, after=2, checkpoints=kept)
    assert sorted(path.name for path in folder.path.iterdir()) == names_before


@pytest.mark.parametrize("trainings", [1, 2, 3])
@pytest.mark.parametrize("later_ones", [1, 3, 5])
def test_what_was_interrupted_last_stays_until_it_is_resumed(
    later, learn, interrupted, open_kept, fresh, bright_or_dark, folder, trainings, later_ones
):
    kept = {"trainings": trainings, **NEVER_WITHIN, "every_epochs": 1}
    for run_id in ("older", "newer"):
        interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(run_id=run_id, **kept))
    for number in range(later_ones):
        learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(run_id=f"later {number}", **kept)})

    runs = [each.about.run_id for each in folder.trainings()]
    last = [f"later {number}" for number in reversed(range(later_ones))] + ["newer", "older"]
    assert runs == (last[:trainings] if "newer" in last[:trainings] else [*last[:trainings], "newer"])

    # once it is over it counts like any other
    whole, resumed = fresh(), fresh()
    expected = learn(whole, bright_or_dark)
    again = open_kept(resume=True, run_id="newer", **kept)
    same(resumed, whole, learn(resumed, bright_or_dark, how={"checkpoints": again}), expected)
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(run_id="last", **kept)})
    if trainings == 1:
        assert "newer" not in [each.about.run_id for each in folder.trainings()]


def test_what_a_person_keeps_there_stays(learn, open_kept, fresh, bright_or_dark, folder):
    own = folder.path / "mine"
    own.mkdir(parents=True)
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(trainings=1)})
    assert own.is_dir()

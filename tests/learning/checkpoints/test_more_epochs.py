"""A training can be resumed with more epochs: what that means for its learning rate is said, or refused."""

import pytest
import torch
from tests.learning.checkpoints.conftest import same

from image_classification.errors import UserError
from image_classification.learning.optimizers import OptimizerOptions, build_optimizer
from image_classification.learning.schedules import ScheduleOptions, build_schedule

# by their defaults, or with what makes them so
OPTIONS = {"linear": {"total_iters": None}}
DRAWN_OUT = ("one_cycle", "cosine", "linear", "polynomial", "multi_step")


@pytest.mark.parametrize("ended", [True, False])
def test_without_a_drawn_out_schedule_it_is_that_of_so_many_epochs(
    learn, interrupted, open_kept, fresh, bright_or_dark, ended
):
    whole, resumed = fresh(), fresh()
    usual = {"schedule": "exponential", "average_weights": {"decay": 0.9}}
    expected = learn(whole, bright_or_dark, epochs=6, **usual)
    if ended:
        learn(fresh(), bright_or_dark, how={"checkpoints": open_kept()}, **usual)
    else:
        interrupted(fresh(), bright_or_dark, after=9, **usual)
    kept = open_kept(resume=True, epochs=6)
    assert len(kept.earlier) == (4 if ended else 1)
    history = learn(resumed, bright_or_dark, epochs=6, how={"checkpoints": kept}, **usual)
    same(resumed, whole, history, expected)


@pytest.mark.parametrize("name", ScheduleOptions.names())
def test_a_schedule_says_whether_it_is_drawn_out(name):
    parameter = torch.nn.Parameter(torch.zeros(1))
    for epochs in (1, 2, 3, 10):
        optimizer = build_optimizer(OptimizerOptions(), [parameter])
        schedule = build_schedule(
            ScheduleOptions.select(name, **OPTIONS.get(name, {})), optimizer, epochs=epochs, updates=5
        )
        assert schedule.spans == (epochs if name in DRAWN_OUT else None)


@pytest.mark.parametrize("name", DRAWN_OUT)
def test_a_drawn_out_schedule_follows_the_longer_one(learn, open_kept, fresh, bright_or_dark, capsys, name):
    usual = {"schedule": name, "schedule_options": OPTIONS.get(name)}
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept()}, **usual)
    longer = learn(fresh(), bright_or_dark, epochs=8, **usual)
    kept = open_kept(resume=True, epochs=8)
    history = learn(fresh(), bright_or_dark, epochs=8, how={"checkpoints": kept}, **usual)
    rates = history["learning_rate"].to_list()
    assert rates[4:] == longer["learning_rate"].to_list()[4:]
    said = " ".join(capsys.readouterr().out.split())
    assert "was drawn out over 4 epochs, and from here on over 8: it goes from" in said


def test_or_is_refused(learn, open_kept, fresh, bright_or_dark):
    learn(fresh(), bright_or_dark, schedule="one_cycle", how={"checkpoints": open_kept()})
    kept = open_kept(resume=True, epochs=8, more_epochs="refuse")
    with pytest.raises(UserError, match="over the 4 epochs that the training was planned for") as refused:
        learn(fresh(), bright_or_dark, schedule="one_cycle", epochs=8, how={"checkpoints": kept})
    assert "CheckpointOptions(more_epochs='stretch')" in str(refused.value)


def test_a_training_that_ended_by_itself_stays_as_it_is(learn, open_kept, fresh, bright_or_dark, capsys):
    sets = (bright_or_dark, bright_or_dark)
    stops = {"early_stopping": {"metric": "validation/accuracy", "patience": 1}}
    expected = learn(fresh(), *sets, epochs=30, how={"checkpoints": open_kept(epochs=30)}, **stops)
    assert len(expected) < 30
    kept = open_kept(resume=True, epochs=60)
    history = learn(fresh(), *sets, epochs=60, how={"checkpoints": kept}, **stops)
    assert history.equals(expected)
    assert "ended by itself" in " ".join(capsys.readouterr().out.split())

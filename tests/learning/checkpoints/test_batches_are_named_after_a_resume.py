"""Which batch had the first loss that is no number, and how many in a row, is known across interruptions."""

import logging

import pytest
from tests.learning.checkpoints.conftest import same
from tests.learning.conftest import BAD

from image_classification.errors import UserError

BY_ONES = {"batch_size": 1, "shuffle": False, "epochs": 1}


@pytest.fixture
def spoilt(bright_or_dark):
    """`spoilt(rows)`: the set with images whose loss is no number."""

    def spoil(rows):
        bright_or_dark.tensors[0][rows, 0, 0, 0] = BAD
        return bright_or_dark

    return spoil


@pytest.mark.parametrize("bad", [0, 5, 6, 7, 30, 95])
@pytest.mark.parametrize("after", [3, 7, 31])
def test_the_first_batch_of_the_epoch_is_named(
    learn, interrupted, open_kept, fresh, spoilt, breaking, bad, after
):
    dataset = spoilt([bad])
    interrupted(fresh(), dataset, after=after, loss=breaking, checkpoints=open_kept(epochs=1), **BY_ONES)

    with pytest.raises(UserError, match=rf"batch {bad + 1} of the epoch: number {bad}\."):
        how = {"checkpoints": open_kept(resume=True, epochs=1)}
        learn(fresh(), dataset, loss=breaking, how=how, **BY_ONES)


@pytest.mark.parametrize("after", [4, 9, 11])
def test_those_in_a_row_are_counted_on(learn, interrupted, open_kept, fresh, spoilt, breaking, after):
    dataset = spoilt(range(2, 20))
    skip = BY_ONES | {"not_finite": "skip"}
    interrupted(fresh(), dataset, after=after, loss=breaking, checkpoints=open_kept(epochs=1), **skip)
    seen = []
    how = {
        "checkpoints": open_kept(resume=True, epochs=1),
        "on_batch": [lambda epoch, batch, loss: seen.append(batch)],
    }

    with pytest.raises(UserError, match="no number for 10 batches in a row"):
        learn(fresh(), dataset, loss=breaking, how=how, log_every_batches=1, **skip)

    assert seen == list(range(after, 12))  # the twelfth batch is the tenth in a row, and none after it


def test_what_is_left_out_is_summed_up_over_the_epoch_and_warned_of_once(
    learn, interrupted, open_kept, fresh, spoilt, breaking, caplog, capsys
):
    caplog.set_level(logging.WARNING)
    dataset = spoilt([2, 5, 9])
    skip = BY_ONES | {"not_finite": "skip"}
    whole, resumed = fresh(), fresh()
    expected = learn(whole, dataset, loss=breaking, **skip)
    caplog.clear()
    interrupted(fresh(), dataset, after=8, loss=breaking, checkpoints=open_kept(epochs=1), **skip)
    capsys.readouterr()

    how = {"checkpoints": open_kept(resume=True, epochs=1)}
    same(resumed, whole, learn(resumed, dataset, loss=breaking, how=how, **skip), expected)

    assert "Left out 3 batches of this epoch" in capsys.readouterr().out
    assert len([each for each in caplog.records if "A batch is left out" in each.getMessage()]) == 1

"""Every n-th batch is told and printed; nothing is read from the device in between."""

import pytest
import torch

from image_classification.learning.progress import BatchReports


def test_every_second_batch_of_each_epoch(learn, classifier, bright_or_dark, capsys):
    heard = []
    learn(
        classifier,
        bright_or_dark,
        epochs=2,
        batch_size=20,  # 5 batches
        log_every_batches=2,
        how={"on_batch": [lambda epoch, batch, loss: heard.append((epoch, batch))]},
    )
    assert heard == [(1, 2), (1, 4), (2, 2), (2, 4)]
    assert "Epoch 2/2  batch 4/5  loss " in capsys.readouterr().out


def test_the_losses_of_all_batches_make_the_loss_of_the_epoch(learn, classifier, bright_or_dark):
    losses = []
    history = learn(
        classifier,
        bright_or_dark,
        epochs=1,
        log_every_batches=1,
        how={"on_batch": [lambda epoch, batch, loss: losses.append(loss)]},
    )
    assert sum(losses) / len(losses) == pytest.approx(history["train/loss"].iloc[0], rel=1e-5)


def test_updates_of_several_batches_are_told_when_the_count_is_passed():
    heard = []
    reports = BatchReports(4, [lambda epoch, batch, loss: heard.append((epoch, batch, loss))])
    for epoch in (1, 2):
        for batches in (3, 6, 9, 10):
            reports.after_update(epoch, batches, torch.tensor(float(batches)))
    assert heard == [(1, 6, 6.0), (1, 9, 9.0), (2, 6, 6.0), (2, 9, 9.0)]

"""What is resumed, refused with its differences, or begun anew; and what is said of it."""

import pytest

from image_classification.errors import UserError
from image_classification.learning.checkpoints.facts import CODE


def said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("fact", "difference"),
    [
        ({"the data": "digits"}, "the data is digits now and was made up"),
        ({"optimizer.name": "sgd"}, "optimizer.name is sgd now and was adam"),
        ({"optimizer.lr": "0.1"}, "optimizer.lr is 0.1 now and was nothing"),
        ({"the version of torch": "9"}, "the version of torch is 9 now and was nothing"),
        (
            {"the digest of the pixels": "a" * 64},
            "the digest of the pixels is aaaaaaaaaaaa now and was nothing",
        ),
        ({"training.epochs": "3"}, "training.epochs is 3 now and was 4"),
    ],
)
def test_another_training_is_refused(interrupted, open_kept, fresh, bright_or_dark, fact, difference):
    interrupted(fresh(), bright_or_dark, after=9)
    with pytest.raises(
        UserError, match="that was interrupted in epoch 2 of 4, after 2 of 6 batches"
    ) as refused:
        open_kept(resume=True, facts=fact)
    assert difference in str(refused.value)
    assert "TrainingOptions(resume=False)" in str(refused.value)


UPDATE, LOOP = f"{CODE}learning.update", f"{CODE}learning.loop"


@pytest.mark.parametrize(
    ("was", "now", "named"),
    [
        ({UPDATE: "a" * 24}, {UPDATE: "b" * 24}, "(learning.update)"),
        ({UPDATE: "a", LOOP: "a"}, {UPDATE: "b", LOOP: "b"}, "(learning.loop, learning.update)"),
        ({UPDATE: "a", LOOP: "a"}, {UPDATE: "a"}, "(learning.loop)"),
        ({}, {UPDATE: "a", LOOP: "a"}, "(learning.loop, learning.update)"),
        (
            {f"{CODE}{each}": "a" for each in range(9)},
            {f"{CODE}{each}": "b" for each in range(9)},
            "(0, 1, 2, 3, 4 and 4 more)",
        ),
        (
            {"the version of image-classification": "1"},
            {"the version of image-classification": "2"},
            "(the version of image-classification)",
        ),
    ],
)
def test_changed_code_is_refused_unless_it_is_allowed(
    learn, interrupted, open_kept, fresh, bright_or_dark, folder, capsys, was, now, named
):
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(facts=was, run_id="mine"))
    with pytest.raises(UserError, match="cannot go on: the code has changed") as refused:
        open_kept(resume=True, facts=now)
    assert named in str(refused.value)
    assert "CheckpointOptions(changed_code='allow')" in str(refused.value)

    again = open_kept(resume=True, facts=now, changed_code="allow", commit="at commit 1a2b")
    assert f"The code has changed since then {named}, which CheckpointOptions.changed_code" in said(capsys)
    learn(fresh(), bright_or_dark, how={"checkpoints": again})
    (training,) = folder.trainings()
    assert training.about.resumed[0].endswith("in epoch 2 of 4, after 2 of 6 batches, at commit 1a2b")
    # from now on it is the code that the checkpoints are of
    open_kept(resume=True, facts=now)
    assert "The code has changed" not in said(capsys)


def test_allowing_code_allows_nothing_else(interrupted, open_kept, fresh, bright_or_dark):
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(facts={UPDATE: "a"}))
    now = {UPDATE: "b", "the version of torch": "9"}
    with pytest.raises(
        UserError, match="cannot go on: the version of torch is 9 now and was nothing"
    ) as refused:
        open_kept(resume=True, facts=now, changed_code="allow")
    assert "the code" not in str(refused.value)


def test_a_new_training_tells_of_the_interrupted_one_and_keeps_it(
    learn, interrupted, open_kept, fresh, bright_or_dark, folder, capsys
):
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(run_id="abc"))
    capsys.readouterr()
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept()})
    text = said(capsys)
    assert "A training (run abc) was interrupted in epoch 2 of 4, after 2 of 6 batches" in text
    assert "To resume it: TrainingOptions(resume=True)" in text
    assert [each.about.is_over for each in folder.trainings()] == [True, False]


def test_what_it_had_is_told_where_the_new_one_has_something_else(
    interrupted, open_kept, fresh, bright_or_dark, capsys
):
    interrupted(fresh(), bright_or_dark, after=2)
    open_kept(facts={"optimizer.name": "sgd"})
    assert "with what it had (optimizer.name is sgd now and was adam)" in said(capsys)


def test_with_nothing_to_resume_a_training_begins(learn, open_kept, fresh, bright_or_dark, capsys):
    history = learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(resume=True)})
    assert len(history) == 4
    assert "There is no interrupted training to resume" in said(capsys)


def test_a_training_that_is_over_is_not_repeated(learn, open_kept, fresh, bright_or_dark, capsys):
    network, again = fresh(), fresh()
    expected = learn(network, bright_or_dark, how={"checkpoints": open_kept()})
    epochs = []
    how = {"checkpoints": open_kept(resume=True), "on_epoch": [lambda epoch, row: epochs.append(epoch)]}
    history = learn(again, bright_or_dark, how=how)
    assert epochs == []
    assert history.equals(expected)
    assert again.body.output.weight.equal(network.body.output.weight)
    assert "over already, after epoch 4 of 4" in said(capsys)


@pytest.mark.parametrize("epochs", [4, 8])
def test_a_finished_training_with_other_parameters_is_in_nobodys_way(
    learn, open_kept, fresh, bright_or_dark, capsys, epochs
):
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(run_id="a")})
    anew = open_kept(resume=True, facts={"optimizer.name": "sgd"}, epochs=epochs)
    assert not anew.about.resumed
    assert anew.continues is None
    assert "There is no interrupted training" in said(capsys)


@pytest.mark.parametrize("epochs", [4, 8])
def test_which_record_it_continues_is_known(learn, open_kept, fresh, bright_or_dark, epochs):
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(run_id="a")})
    assert open_kept(run_id="b").continues is None
    assert open_kept(resume=True, run_id="b", epochs=epochs).continues == "a"


def test_of_several_that_which_fits_is_resumed(interrupted, open_kept, fresh, bright_or_dark):
    mine, other = {"the data": "mine"}, {"the data": "another's"}
    interrupted(fresh(), bright_or_dark, after=4, checkpoints=open_kept(facts=mine))
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(facts=other))
    assert open_kept(resume=True, facts=mine)._about.resumed
    assert open_kept(resume=True, facts=other)._about.resumed


def test_that_of_the_run_goes_before_others(interrupted, open_kept, fresh, bright_or_dark):
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=open_kept(run_id="first"))
    interrupted(fresh(), bright_or_dark, after=3, checkpoints=open_kept(run_id="second"))
    assert "in epoch 2" in open_kept(resume=True, run_id="first")._about.resumed[0]


def test_other_threads_are_told(interrupted, open_kept, fresh, bright_or_dark, capsys, monkeypatch):
    interrupted(fresh(), bright_or_dark, after=2)
    monkeypatch.setattr("torch.get_num_threads", lambda: 99)
    open_kept(resume=True)
    assert "and with 99 now: its weights may differ in the last bits" in said(capsys)


def test_nothing_is_saved_where_that_is_switched_off(learn, open_kept, fresh, bright_or_dark, folder):
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(enabled=False)})
    assert not folder.path.exists()

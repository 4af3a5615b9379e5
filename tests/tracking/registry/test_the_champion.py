"""A version becomes the champion if it is better, and what was decided is on record with its numbers."""

import threading

import pytest
from mlflow import MlflowClient

from image_classification.tracking.registry.settings import RegistrySettings


def test_better_and_worse_versions(trainings):
    first, same, better, worse = (trainings.add(right) for right in (150, 152, 170, 160))

    outcomes = [each.decision.outcome for each in (first, same, better, worse)]
    assert outcomes == ["first", "not better", "promoted", "not better"]
    assert [each.champion for each in (first, same, better, worse)] == ["1", "1", "3", "3"]
    assert trainings.champion() == 3
    assert same.line.startswith("pets version 2; champion stays version 1 (accuracy 76.00% against 75.00%")
    assert "p = 0.5" in same.line
    assert better.line.startswith("pets version 3, which is the champion now (accuracy 85.00%")


def test_the_decision_is_on_record(trainings):
    trainings.add(150)
    run_id = trainings.train(170)
    trainings.promote(trainings.register(run_id))

    decision = trainings.decision(2)
    assert {name: decision[name] for name in ("outcome", "champion_before", "images", "level")} == {
        "outcome": "promoted",
        "champion_before": "1",
        "images": "200",
        "level": "0.05",
    }
    assert (decision["accuracy"], decision["champion_accuracy"]) == ("0.85", "0.75")
    assert (decision["only_new_right"], decision["only_champion_right"]) == ("20", "0")
    assert float(decision["p"]) == pytest.approx(2 / 2**20, rel=1e-3)
    assert decision["test"].startswith("McNemar's exact test")
    version = trainings.client.get_model_version("pets", "2")
    assert "**promoted**" in version.description
    assert "against version 1" in version.description
    assert version.run_id == run_id
    assert version.tags["run_id"] == run_id
    assert "McNemar's exact test" in version.description
    assert version.tags["commit"] == "c0ffee"
    assert version.tags["index_digest"] == "a" * 64
    assert version.tags["test.accuracy"] == "0.850000"


def test_a_later_decision_takes_the_place_of_the_earlier_one(trainings):
    trainings.add(150)
    trainings.add(151)
    version = trainings.client.get_model_version("pets", "2")

    forced = trainings.promote(version, how="force")

    assert (forced.decision.outcome, trainings.champion()) == ("forced", 2)
    assert trainings.decision(2)["outcome"] == "forced"
    lines = trainings.client.get_model_version("pets", "2").description.splitlines()
    assert ["**forced**" in lines[0], "**not better**" in lines[1]] == [True, True]
    assert trainings.promote(version).line == "pets version 2; it is the champion already (nothing to decide)"


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"digest": "b" * 64}, "other data"),
        ({"predictions": False}, "no predictions of version 2"),
    ],
)
def test_what_cannot_be_compared_is_not_promoted_and_says_why(trainings, about, reason):
    trainings.add(10)

    refused = trainings.add(190, **about)

    assert refused.decision.outcome == trainings.decision(2)["outcome"] == "not compared"
    assert reason in refused.line
    assert trainings.champion() == 1
    assert "p" not in trainings.decision(2)


@pytest.mark.slow
def test_a_champion_whose_run_is_deleted_or_incomplete(trainings):
    trainings.add(10)
    run_id = trainings.client.get_model_version("pets", "1").run_id
    trainings.client.delete_run(run_id)
    assert "is deleted" in trainings.add(190).line

    trainings.client.restore_run(run_id)
    trainings.client.set_tag(run_id, "incomplete", "could not be recorded: predictions.parquet")
    assert "is incomplete: could not be recorded: predictions.parquet" in trainings.add(190).line

    trainings.client.delete_tag(run_id, "incomplete")
    assert trainings.add(190).decision.outcome == "promoted"


def test_corrections_of_training_labels_leave_the_test_the_same(trainings):
    trainings.add(150)
    run_id = trainings.train(180, digest="b" * 64)
    trainings.client.log_param(run_id, "data.uncorrected_digest", "a" * 64)

    assert trainings.promote(trainings.register(run_id)).decision.outcome == "promoted"


def test_never_and_another_alias(trainings):
    trainings.settings = RegistrySettings(name="auto", promote="never")
    assert (
        trainings.add(150).line
        == "pets version 1; there is no champion (promotion is switched off (promote: never))"
    )
    trainings.settings = RegistrySettings(name="auto", alias="best")

    assert trainings.add(150).champion == "2"
    assert trainings.client.get_registered_model("pets").aliases == {"best": 2}


@pytest.mark.slow
def test_several_at_once_leave_the_best_as_champion(trainings):
    trainings.add(100)
    rights = [130, 195, 160, 150]
    versions = [trainings.register(trainings.train(right)) for right in rights]
    begin = threading.Barrier(len(versions))
    found = []

    def run(version):
        begin.wait()
        found.append(trainings.promote(version))

    threads = [threading.Thread(target=run, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == len(versions)
    assert trainings.champion() == 3  # 195
    # each was compared with who was the champion when its turn came
    chain = {each.version: trainings.decision(each.version) for each in found}
    promoted = [number for number in chain if chain[number]["outcome"] == "promoted"]
    accuracies = [float(chain[number]["accuracy"]) for number in promoted]
    before = [float(chain[number]["champion_accuracy"]) for number in promoted]
    assert all(new > old for new, old in zip(accuracies, before, strict=True))


class WhileItDecides(MlflowClient):
    """On another machine a version becomes the champion while this one looks at the predictions."""

    other = None

    def download_artifacts(self, *arguments, **options):
        if self.other:
            self.other, number = None, self.other
            self.set_registered_model_alias("pets", "champion", number)
        return super().download_artifacts(*arguments, **options)


def test_a_champion_of_another_machine_is_not_lost(trainings):
    trainings.add(100)
    better, best = (trainings.register(trainings.train(right)) for right in (150, 190))
    client = WhileItDecides(trainings.uri)
    client.other = best.version

    late = trainings.promote(better, client)

    assert (late.decision.outcome, late.champion) == ("not better", "3")
    assert trainings.decision(2)["champion_before"] == "3"
    assert trainings.champion() == 3

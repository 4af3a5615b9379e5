"""The metrics of each epoch are in the record before the next epoch begins."""

import json
import logging

import pytest
from mlflow import MlflowClient

from image_classification.tracking.announcement import RunEnvironment, live_metrics
from image_classification.tracking.delivery import outbox
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.training import EpochMetrics, record_data

STATISTICS = {
    "data_name": "digits",
    "class_names": ["zero", "one"],
    "image_shape": [1, 8, 8],
    "counts": {
        "train": {"zero": 3, "one": 4},
        "validation": {"zero": 0, "one": 0},
        "test": {"zero": 1, "one": 1},
    },
    "mean": [0.5],
    "std": [0.5],
    "index_digest": "a" * 64,
    "images_digest": "b" * 64,
}


@pytest.fixture
def client(tmp_path, fresh_database):
    return MlflowClient(f"sqlite:///{fresh_database}")


@pytest.fixture
def run(client):
    return TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)


def steps(client, run, name):
    return [(metric.step, metric.value) for metric in client.get_metric_history(run.run_id, name)]


def test_each_epoch_is_there_at_once(client, run):
    environment = RunEnvironment()
    environment.announce(run.run_id, client.tracking_uri)
    try:
        on_epoch = live_metrics(STATISTICS)
        on_epoch(1, {"train/loss": 0.5, "learning_rate": 0.1})
        assert steps(client, run, "train/loss") == [(1, 0.5)]
        on_epoch(2, {"train/loss": 0.25, "learning_rate": 0.1})
        assert steps(client, run, "train/loss") == [(1, 0.5), (2, 0.25)]
    finally:
        environment.restore()

    data = client.get_run(run.run_id).data
    assert data.metrics["learning_rate"] == 0.1
    assert data.params["data.validation_images"] == "0"


@pytest.mark.parametrize(
    "earlier", [[], [{"epoch": 1, "train/loss": 0.5}]], ids=["in its first epoch", "later"]
)
def test_a_training_that_goes_on_in_a_run_of_its_own_says_of_which(client, run, earlier):
    before = client.create_run("0").info.run_id
    client.set_tag(before, "weights_digest/0001", "abc")
    environment = RunEnvironment()
    environment.announce(run.run_id, client.tracking_uri)
    try:
        for continued in (None, run.run_id):
            live_metrics(STATISTICS, earlier, continues=continued)
            assert "continues_run" not in client.get_run(run.run_id).data.tags
        live_metrics(STATISTICS, earlier, continues=before)
    finally:
        environment.restore()

    tags = client.get_run(run.run_id).data.tags
    assert tags["continues_run"] == before
    assert tags.get("weights_digest/0001") == ("abc" if earlier else None)


@pytest.mark.parametrize("address", ["s3://shop/photos", "gs://b/a.zip", ""])
def test_the_source_of_the_data_is_their_address(client, run, address):
    run.set_tags({"mlflow.source.name": "kedro run"} | ({"data.address": address} if address else {}))
    record_data(run, STATISTICS)
    (entry,) = client.get_run(run.run_id).inputs.dataset_inputs
    kind, source = entry.dataset.source_type, json.loads(entry.dataset.source)
    assert (kind, source.get("uri")) == ((address.partition(":")[0], address) if address else ("code", None))


def test_the_test_set_of_each_epoch_has_names_of_its_own(client, run):
    environment = RunEnvironment()
    environment.announce(run.run_id, client.tracking_uri)
    try:
        on_epoch = live_metrics(STATISTICS)
        for epoch, accuracy in ((1, 0.5), (2, 0.9), (3, 0.8)):
            on_epoch(epoch, {"train/loss": 1.0, "test/accuracy": accuracy, "test/loss": 1.0 - accuracy})
    finally:
        environment.restore()
    run.log_metrics({"test/accuracy": 0.9}, step=0)

    assert steps(client, run, "test_each_epoch/accuracy") == [(1, 0.5), (2, 0.9), (3, 0.8)]
    assert steps(client, run, "test/accuracy") == [(0, 0.9)]
    assert client.get_run(run.run_id).data.metrics["test/accuracy"] == 0.9


def test_without_an_open_run_nothing_happens(client, run):
    on_epoch = live_metrics(STATISTICS)
    on_epoch(1, {"train/loss": 0.5})

    assert client.get_run(run.run_id).data.metrics == {}


class FailingStore:
    """Stands before a client: fails as long as it is told to."""

    def __init__(self, client):
        self.client, self.fails = client, True
        self.tracking_uri = client.tracking_uri

    def log_batch(self, *arguments, **options):
        if self.fails:
            raise ConnectionError("the server is gone")
        self.client.log_batch(*arguments, **options)


def test_what_a_store_does_not_take_is_sent_later(client, run, caplog, monkeypatch):
    monkeypatch.setattr(outbox, "SOON", 0.01)
    run.client = store = FailingStore(client)
    on_epoch = EpochMetrics(run)

    with caplog.at_level(logging.WARNING):
        on_epoch(1, {"train/loss": 1.0})
        on_epoch(2, {"train/loss": 2.0})
    assert [record.getMessage() for record in caplog.records] == [
        f"The metrics of epoch 1 could not be recorded in the run {run.run_id} at {client.tracking_uri}: "
        "the server is gone. The run goes on; what is missing is kept and sent again."
    ]

    store.fails = False
    on_epoch(3, {"train/loss": 3.0})
    run.client = client
    assert run.end("FINISHED") == "FINISHED"
    assert steps(client, run, "train/loss") == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_more_metrics_than_fit_in_one_call_are_all_sent(client, run):
    EpochMetrics(run)(1, {f"metric_{number}": 1.0 for number in range(1001)})
    assert run.catch_up()  # a busy machine may take longer than an epoch waits

    assert len(client.get_run(run.run_id).data.metrics) == 1001

"""Where one command trains several times, each training has a record within that of the command."""

import os
import threading

import pytest
from mlflow import MlflowClient

from image_classification.processes.identity import this_process
from image_classification.tracking.announcement import RunEnvironment, announced_run, live_metrics
from image_classification.tracking.child_run import child_run
from image_classification.tracking.run import PARENT_RUN, TrackedRun

STATISTICS = {
    "data_name": "digits",
    "class_names": ["zero", "one"],
    "image_shape": [1, 8, 8],
    "counts": {"train": {"zero": 3, "one": 4}, "validation": {}, "test": {"zero": 1, "one": 1}},
    "mean": [0.5],
    "std": [0.5],
    "index_digest": "a" * 64,
    "images_digest": "b" * 64,
}


@pytest.fixture
def parent(fresh_database):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    parent = TrackedRun(
        client.create_run("0", tags={"command": "kedro run"}).info.run_id, client.tracking_uri
    )
    parent.log_parameters({"optimizer.name": "adam", "optimizer.lr": "0.01", "data.name": "mnist"})
    environment = RunEnvironment()
    environment.announce(parent.run_id, client.tracking_uri)
    yield parent
    environment.restore()


def read(parent, child):
    return parent.client.get_run(child.run_id)


def test_what_is_trained_in_the_block_belongs_to_the_child(parent):
    with child_run("trial 1", {"optimizer.lr": 0.1}) as child:
        live_metrics(STATISTICS)(1, {"train/loss": 0.5})
        child.log_metrics({"accuracy": 0.9, "data_name": "digits"})

    record = read(parent, child)
    assert record.info.status == "FINISHED"
    assert record.info.run_name == "trial 1"
    assert record.data.tags[PARENT_RUN] == parent.run_id
    assert record.data.tags["command"] == "kedro run"
    assert record.data.metrics == {"train/loss": 0.5, "test/accuracy": 0.9}
    assert "train/loss" not in parent.client.get_run(parent.run_id).data.metrics


def test_it_shares_the_parameters_that_it_does_not_set(parent):
    with child_run("trial 1", {"optimizer.lr": 0.1}) as child:
        live_metrics(STATISTICS)

    parameters = read(parent, child).data.params
    assert (parameters["optimizer.name"], parameters["optimizer.lr"]) == ("adam", "0.1")
    assert parameters["data.name"] == "digits"


def test_after_the_block_the_parent_is_the_open_run_again(parent):
    with child_run("trial 1", {}) as child:
        assert announced_run()[0] == child.run_id
    assert announced_run()[0] == parent.run_id


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_that_is_forked_in_the_block_finds_the_child(parent):
    found = []

    def fork():
        with child_run("trial 1", {}) as child:
            process = os.fork()
            if process == 0:
                os._exit(0 if announced_run()[0] == child.run_id else 1)
            found.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))

    fork()
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()

    assert found == [0, 0]


def test_it_says_which_process_it_is_of(parent):
    """It may be a worker of the parent's, and another command closes what a dead one left open."""
    with child_run("trial 1", {}) as child:
        pass
    assert read(parent, child).data.tags.items() >= this_process().items()


def test_children_in_threads_do_not_meet(parent):
    both_open = threading.Barrier(2, timeout=60)
    children = {}

    def train(loss):
        with child_run(f"loss {loss}", {}) as child:
            both_open.wait()
            live_metrics(STATISTICS)(1, {"train/loss": loss})
            children[loss] = child
            both_open.wait()

    threads = [threading.Thread(target=train, args=(loss,)) for loss in (0.25, 0.5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {loss: read(parent, child).data.metrics["train/loss"] for loss, child in children.items()} == {
        0.25: 0.25,
        0.5: 0.5,
    }


def test_files_go_to_the_child(parent, tmp_path):
    table = tmp_path / "predictions.parquet"
    table.write_text("a table")
    with child_run("trial 1", {}) as child:
        child.log_file(table, "model_output")

    (file,) = parent.client.list_artifacts(child.run_id, "model_output")
    assert file.path == "model_output/predictions.parquet"


def test_an_error_is_kept_and_goes_on(parent):
    with pytest.raises(ValueError, match="too large"), child_run("trial 1", {}) as child:
        raise ValueError("the rate is too large")

    record = read(parent, child)
    assert record.info.status == "FAILED"
    assert record.data.tags["error"] == "ValueError: the rate is too large"


def test_an_interruption_kills_it(parent):
    with pytest.raises(KeyboardInterrupt), child_run("trial 1", {}) as child:
        raise KeyboardInterrupt

    record = read(parent, child)
    assert record.info.status == "KILLED"
    assert record.data.tags["killed_by"] == "KeyboardInterrupt"


def test_one_that_its_process_left_open_ends_with_the_parent(parent):
    block = child_run("trial 1", {})
    child = block.__enter__()
    with child_run("trial 2", {}) as finished:
        pass

    parent.end_children("KILLED")

    assert read(parent, child).info.status == "KILLED"
    assert read(parent, finished).info.status == "FINISHED"
    block.__exit__(None, None, None)


def test_without_an_open_run_nothing_is_recorded(tmp_path):
    before = dict(os.environ)
    with child_run("trial 1", {"optimizer.lr": 0.1}) as child:
        child.log_metrics({"accuracy": 0.9})
        child.log_file(tmp_path, "model_output")

    assert child.run_id is None
    assert dict(os.environ) == before


def test_a_store_that_fails_stops_nothing(parent, tmp_path):
    environment = RunEnvironment()
    environment.announce(parent.run_id, f"sqlite:///{tmp_path}/no/such/folder/mlflow.db")
    try:
        with child_run("trial 1", {}) as child:
            live_metrics(STATISTICS)
    finally:
        environment.restore()
    assert child.run_id is None

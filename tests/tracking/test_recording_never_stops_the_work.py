"""A store that fails in the middle costs the record, not the training."""

import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from kedro.runner import ParallelRunner

from image_classification.tracking.announcement import last_run
from image_classification.tracking.delivery import outbox
from image_classification.tracking.run import TrackedRun


@pytest.fixture
def counting_server():
    """A server that is there, but can do nothing; its `requests` are the paths that it was asked for."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.server.requests.append(self.path)
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_database_that_breaks_meanwhile(tracked_project, caplog):
    with caplog.at_level(logging.WARNING, "image_classification"):
        tracked_project.run(then="break the record")

    warnings = [record for record in caplog.records if record.name.startswith("image_classification")]
    assert len(warnings) == 2  # the first failure, and in the end what is missing
    assert "could not be recorded" in warnings[0].getMessage()
    assert "Kept in " in warnings[1].getMessage()
    assert "the end of the run." in warnings[1].getMessage()
    assert (tracked_project.path / "data/08_reporting/report.json").exists()


@pytest.mark.slow
def test_a_database_that_is_locked_to_the_end_and_beyond(tracked_project, caplog):
    tracked_project.configure("patience: 0.5")
    with caplog.at_level(logging.WARNING, "image_classification"):
        tracked_project.run(then="lock the record")

    info = tracked_project.last_info()
    assert info.status == "RUNNING"  # as far as is recorded
    warnings = [record for record in caplog.records if record.name.startswith("image_classification")]
    assert len(warnings) == 2
    assert str(tracked_project.path / "mlpending" / info.run_id) in warnings[1].getMessage()
    assert (tracked_project.path / "data/08_reporting/report.json").exists()

    sys.modules["tracked_project.nodes"].held.pop().close()
    # this process lives on and tries again
    while (run := tracked_project.last_run()).info.status == "RUNNING":
        threading.Event().wait(0.05)
    assert run.info.status == "FINISHED"
    client, run_id = tracked_project.client, run.info.run_id
    assert last_run().run_name == run.info.run_name  # though it could not be read at the end
    assert len(client.get_metric_history(run_id, "train/loss")) == 3
    assert run.data.metrics["test/accuracy"] == 0.75
    assert "the model" not in run.data.tags["incomplete"].lower()
    # what goes into the storage of files comes last
    while [str(model.status) for model in client.search_logged_models([run.info.experiment_id])] != ["READY"]:
        threading.Event().wait(0.05)
    (model,) = client.search_logged_models([run.info.experiment_id])
    assert model.source_run_id == run_id
    weights = Path(client.download_artifacts(run_id, "network/trained_network.safetensors"))
    assert weights.read_bytes() == (tracked_project.path / "data/06_models" / weights.name).read_bytes()
    listed = [client.list_artifacts(run_id, layer) for layer in ("reporting", "model_output")]
    delivered = {file.path for files in listed for file in files}
    assert delivered >= {"reporting/report.json", "model_output/history.json"}


@pytest.mark.slow
def test_what_a_worker_could_not_record_its_command_does(tracked_project):
    tracked_project.run(runner=ParallelRunner(), then="lock the record")

    run = tracked_project.last_run()
    assert run.info.status == "FINISHED"
    assert len(tracked_project.client.get_metric_history(run.info.run_id, "train/loss")) == 3
    assert not (tracked_project.path / "mlpending").exists()


def test_a_server_that_is_there_is_tried_again(counting_server, monkeypatch):
    run = TrackedRun("0" * 32, f"http://127.0.0.1:{counting_server.server_port}")

    monkeypatch.setattr(outbox, "SOON", 0.01)
    run.set_tags({"a": "1"})
    before = len(counting_server.requests)
    while len(counting_server.requests) == before:  # it is, in the background
        threading.Event().wait(0.01)


@pytest.mark.slow
def test_a_server_that_has_gone_is_left_alone(counting_server, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    run = TrackedRun("0" * 32, f"http://127.0.0.1:{counting_server.server_port}")
    counting_server.shutdown()
    counting_server.server_close()

    assert run.attempt("The first", lambda: run.client.set_tag(run.run_id, "a", "1")) is None
    assert run.attempt("The second", lambda: pytest.fail("tried again")) is None
    (warning,) = caplog.records
    assert warning.getMessage().startswith("The first could not be recorded")
    assert "Connection refused. The run goes on" in warning.getMessage()
    assert run.end("FINISHED") == "RUNNING"


def test_what_fails_beside_the_store_is_said_too(caplog):
    run = TrackedRun("0" * 32, "sqlite:///none.db")

    with run.going_on("The data"):
        raise KeyError("counts")

    (warning,) = caplog.records
    assert warning.getMessage().startswith("The data could not be recorded in the run 000")


def test_what_cannot_be_read_is_not_said_to_be_missing(caplog):
    run = TrackedRun("1" * 32, "sqlite:///none.db")

    assert run.read() is None
    run.say_what_is_missing()

    (warning,) = caplog.records
    said = warning.getMessage()
    assert said.startswith("What is on record could not be read from the run 111")
    assert said.endswith("The run goes on; what needs it is left out.")


def test_what_is_too_long_for_mlflow_is_cut(tracked_project):
    client = tracked_project.client
    run = TrackedRun(client.create_run("0").info.run_id, tracked_project.tracking_uri)

    run.log_parameters({"long": "x" * 7000} | {f"parameter_{number}": "1" for number in range(150)})
    run.set_tags({"long": "y" * 9000})

    data = client.get_run(run.run_id).data
    assert len(data.params) == 151
    assert data.params["long"] == "x" * 6000
    assert data.tags["long"] == "y" * 8000

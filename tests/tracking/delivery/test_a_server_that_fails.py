"""A tracking server that freezes, answers nonsense or dies costs a bounded time, and no message but one."""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from image_classification.errors import UserError
from image_classification.tracking.delivery.journal import read
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.training import EpochMetrics

RUN_ID = "0123456789abcdef" * 2


class Server(ThreadingHTTPServer):
    """Answers as MLflow does, as far as a run needs it; `mood` says what it does instead."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mood = "well"
        self.thawed = threading.Event()
        self.metrics, self.ended = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = json.loads(self.rfile.read(length) or "{}")
        if self.server.mood == "frozen" or (self.server.mood == "half frozen" and self.path != "/health"):
            self.server.thawed.wait(60)
        status, content = 200, "{}"
        if self.server.mood == "500":
            status = 500
        elif self.server.mood == "page":
            content = "<html>Welcome to nginx</html>"
        elif self.path.endswith("/runs/log-batch"):
            self.server.metrics += [(each["key"], each["step"]) for each in request.get("metrics", [])]
        elif self.path.endswith("/runs/update"):
            self.server.ended.append(request["status"])
            content = json.dumps({"run_info": {"run_id": RUN_ID}})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content.encode())

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = Server()
    yield server
    server.thawed.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(server, monkeypatch):
    monkeypatch.setattr("image_classification.tracking.run.WAIT_OF_AN_EPOCH", 0.1)
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    return TrackedRun(RUN_ID, server.uri)


def steps(server):
    return [step for name, step in server.metrics if name == "train/loss"]


@pytest.mark.parametrize("mood", ["frozen", "500", "page"])
def test_it_comes_back_during_the_training(server, run, mood, caplog):
    on_epoch = EpochMetrics(run)
    on_epoch(1, {"train/loss": 1.0})
    server.mood = mood
    with caplog.at_level(logging.WARNING):
        on_epoch(2, {"train/loss": 0.5})
        on_epoch(3, {"train/loss": 0.25})
    server.mood = "well"
    server.thawed.set()
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert sorted(set(steps(server))) == [1, 2, 3]
    assert server.ended[-1] == "FINISHED"
    assert len(caplog.records) <= 1


def test_it_is_frozen_to_the_end(server, run, pending, caplog):
    on_epoch = EpochMetrics(run)
    server.mood = "frozen"
    with caplog.at_level(logging.WARNING):
        for epoch in range(1, 6):
            on_epoch(epoch, {"train/loss": 1.0})
        for _ in range(5):  # what needs an answer is waited for once in all
            assert run.read() is None
        assert run.end("FINISHED") == "RUNNING"
        run.say_what_is_missing()

    (journal,) = pending.glob("*.jsonl")
    kinds = [entry.kind for entry in read(journal)[2]]
    assert kinds == ["metrics"] * 5 + ["end"]
    assert "is incomplete" in caplog.records[-1].getMessage()
    assert str(journal) in caplog.records[-1].getMessage()


def test_files_that_it_does_not_take_are_kept(server, run, pending, tmp_path):
    table, folder = tmp_path / "predictions.parquet", tmp_path / "model"
    table.write_text("a table")
    folder.mkdir()
    (folder / "weights").write_text("0.5")
    server.mood = "500"
    run.log_file(table, "model_output")
    run.log_file(folder, "reporting")
    table.unlink()  # by the next training
    assert run.end("FINISHED") == "RUNNING"

    entries = read(next(pending.glob("*.jsonl")))[2]
    copies = [entry.content["path"] for entry in entries if entry.kind == "file"]
    assert len(copies) == 2
    assert run.missing == []


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("500", "it answers 500"),
        ("page", "it answers with a page instead of data"),
        ("frozen", "timed out"),
        ("half frozen", "timed out"),
    ],
)
def test_at_the_start_it_is_one_clear_line(server, mood, reason):
    server.mood = mood
    with pytest.raises(UserError) as caught:
        open_experiment(Store(server.uri), TrackingSettings(timeout=0.3))
    first = str(caught.value).splitlines()[0]
    assert server.uri in first
    assert reason in first


def test_a_name_that_is_not_known():
    with pytest.raises(UserError) as caught:
        open_experiment(Store("http://no-such-host.invalid:5000"), TrackingSettings(timeout=1))
    first = str(caught.value).splitlines()[0]
    assert first.startswith("The tracking server http://no-such-host.invalid:5000 cannot be reached: ")

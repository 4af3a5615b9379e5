"""A tracking server is asked for a sign of life before any work."""

import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from image_classification.errors import UserError
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings


@pytest.fixture
def closed_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


@pytest.fixture
def silent_port():
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def answering():
    """A function that starts a server which answers everything with one status; returns its address."""
    servers = []

    def start(status):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_stops_the_run_before_any_work(tracked_project, closed_port):
    uri = f"http://127.0.0.1:{closed_port}"
    tracked_project.configure(f"tracking_uri: {uri}")

    with pytest.raises(UserError) as caught:
        tracked_project.run()

    first, second = str(caught.value).splitlines()
    assert first.startswith(f"The tracking server {uri} cannot be reached: ")
    assert "refused" in first
    assert "MLFLOW_TRACKING_URI" in second and "required: false" in second
    assert not (tracked_project.path / "data").exists()


def test_is_a_warning_where_no_record_is_required(tracked_project, closed_port, caplog):
    tracked_project.configure(f"tracking_uri: http://127.0.0.1:{closed_port}\nrequired: false")

    with caplog.at_level(logging.WARNING, "image_classification"):
        tracked_project.run()

    (warning,) = [record for record in caplog.records if record.name.startswith("image_classification")]
    assert "WITHOUT A RECORD" in warning.getMessage()
    assert f"127.0.0.1:{closed_port} cannot be reached" in warning.getMessage()
    assert (tracked_project.path / "data/08_reporting/report.json").exists()
    assert tracked_project.last_info() is None


def test_is_not_waited_for_longer_than_said(silent_port):
    with pytest.raises(UserError, match="timed out"):
        Store(f"http://127.0.0.1:{silent_port}").require_answer(timeout=0.1)


def test_behind_a_gateway_that_does(answering):
    uri = answering(502)

    with pytest.raises(UserError, match=f"{uri} cannot be reached: it answers 502"):
        Store(uri).require_answer(timeout=5)


@pytest.mark.parametrize("status", [200, 401])
def test_a_server_that_answers_is_there(answering, status):
    Store(answering(status)).require_answer(timeout=5)


def test_a_server_of_something_else_is_refused(answering):
    with pytest.raises(UserError, match="No run can be recorded at http://127"):
        open_experiment(Store(answering(404)), TrackingSettings())


def test_a_password_is_not_shown(closed_port):
    with pytest.raises(UserError) as caught:
        Store(f"http://me:secret@127.0.0.1:{closed_port}").require_answer(timeout=1)

    assert "secret" not in str(caught.value)

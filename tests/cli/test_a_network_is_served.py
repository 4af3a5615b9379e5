"""`kedro serve` answers over HTTP until a signal ends it, and says in one line why it cannot."""

import os
import re
import signal
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tests.serving.conftest import picture, tiny_network

from image_classification.cli.serve.served import Configured, network_of, serve_network
from image_classification.errors import UserError
from image_classification.networks.storage import save_classifier
from image_classification.origins.record import Made, Origin, begin_replacing, write_origin
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.settings import TrackingSettings

WHERE = {"env": None, "conf_source": None}


@pytest.fixture
def network_file(tmp_path: Path) -> Path:
    path = tmp_path / "networks" / "mine.safetensors"
    path.parent.mkdir()
    save_classifier(tiny_network(), path)
    return path


def test_there_is_no_network_yet(project):
    with pytest.raises(UserError) as error:
        serve_network(project, None, {}, {}, WHERE, ends_process=False)
    (line,) = str(error.value).splitlines()
    assert "data/06_models/trained_network.safetensors does not exist" in line
    assert "kedro run --pipeline training" in line


def test_a_data_folder_of_its_own_is_looked_into(project):
    with pytest.raises(UserError, match=r"other/06_models/trained_network.safetensors does not exist"):
        serve_network(project, None, {"data_folder": "other"}, {}, WHERE, ends_process=False)


def test_there_is_no_project():
    with pytest.raises(UserError, match="--model"):
        serve_network(None, None, {}, {}, WHERE, ends_process=False)


@pytest.mark.parametrize("model", ["nowhere.safetensors", "."])
def test_there_is_no_such_network(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="There is no trained network"):
        serve_network(None, model, {}, {}, WHERE, ends_process=False)


def test_the_port_is_taken(network_file):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1, port {port}: [^()]*in use.*{port + 1}"):
            serve_network(None, str(network_file), {}, {"port": port}, WHERE, ends_process=False)


def test_whoever_lets_others_in_is_warned(network_file, heard):
    with pytest.raises(UserError, match=r"Nothing can listen on 203\.0\.113\.7"):
        serve_network(None, str(network_file), {}, {"host": "203.0.113.7"}, WHERE, ends_process=False)
    assert "203.0.113.7" in (warning := heard())
    assert "no password" in warning


def test_a_wrong_parameter_is_named(project):
    with pytest.raises(UserError, match=r"serving\.queue"):
        serve_network(project, None, {"serving": {"queue": 0}}, {}, WHERE, ends_process=False)


def test_a_recorded_network_is_found_by_its_run(project_folder, network_file):
    settings = TrackingSettings(tracking_uri=f"sqlite:///{project_folder / 'mlflow.db'}")
    client = MlflowClient(settings.tracking_uri)
    experiment = client.create_experiment("e", artifact_location=(project_folder / "files").as_uri())
    run_id = client.create_run(experiment, run_name="mine").info.run_id
    TrackedRun(run_id, client.tracking_uri).log_file(network_file, "network")
    client.create_registered_model("pets")
    client.create_model_version("pets", "file:///none", run_id)
    configured = Configured(tracking=settings)
    path, origin = network_of(f"runs:/{run_id}", configured, project_folder)
    assert path.read_bytes() == network_file.read_bytes()
    assert origin.facts == {"run_id": run_id, "run_name": "mine"}
    assert "mine" in origin.shown
    _, origin = network_of("models:/pets/1", configured, project_folder)
    assert origin.facts == {"run_id": run_id, "run_name": "mine", "name": "pets", "version": "1"}
    with pytest.raises(UserError, match="pets has no version 2"):
        network_of("models:/pets/2", configured, project_folder)


def test_the_run_that_trained_a_network_is_told(network_file):
    trained = Configured(trained=network_file)
    assert network_of(None, trained, None)[1].facts == {"file": "mine.safetensors"}
    made = Made("train", "kedro run", "2026-11-26T10:00:00", "kedro's", "mlflow's")
    write_origin(network_file, Origin("trained_network", made))
    path, origin = network_of(None, trained, None)
    assert path == network_file
    facts = {"file": "mine.safetensors", "run_id": "mlflow's", "trained": "2026-11-26T10:00:00"}
    assert origin.facts == facts
    assert network_of(str(network_file.parent), Configured(), None)[1].facts == facts
    begin_replacing(network_file, "trained_network", made)
    assert network_of(None, trained, None)[1].facts == {"file": "mine.safetensors"}


@pytest.fixture
def served(loaded_process, tmp_path, network_file, clean_environment):
    """A command that serves: `begin(*arguments)` returns process and port; `said()` what was printed."""
    output, errors = tmp_path / "said", tmp_path / "errors"
    printed: list[Iterable[str]] = []
    os.mkfifo(output)

    def begin(*arguments: str) -> tuple[int, int]:
        command = ["image_classification", "serve", "--port", "0", *arguments]
        process = loaded_process.start(network_file.parent, command, os.environ, output, errors)
        lines = open_files.enter_context(output.open(encoding="utf-8"))
        printed.append(lines)
        for line in lines:
            printed.insert(-1, [line])
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                return process, int(found[1])
        raise AssertionError(errors.read_text())

    with ExitStack() as open_files:
        yield begin, lambda: "".join(chain(*printed))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(served, loaded_process, number):
    begin, said = served
    process, port = begin("--model", "mine.safetensors")
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/predict", picture(), {"Content-Type": "image/png"})
    answer = connection.getresponse()
    assert answer.status == 200
    answer.read()
    os.kill(process, number)  # while the connection is open
    assert loaded_process.wait(process) == 0
    printed = said()
    assert "feed_forward on made up, 3 classes, from mine.safetensors" in printed
    assert printed.splitlines()[-1].startswith("Ended")
    assert "POST" not in printed


@pytest.mark.slow
def test_signals_again_and_again_end_it_too(served, loaded_process):
    begin, _ = served
    process, port = begin("--model", ".")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nabc")
        for _ in range(5):
            os.kill(process, signal.SIGTERM)
        assert loaded_process.wait(process) == 0

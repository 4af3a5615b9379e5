"""`kedro mlflow`, which `make mlflow` runs, serves the runs of the configured store on this machine."""

import json
import os
import re
import socket
import subprocess
import sys
from urllib.request import Request, urlopen

import psutil
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from tests.programs import running

from image_classification.cli.recorded_runs import show_runs

READY = re.compile("Uvicorn running on")


@pytest.fixture
def configure(project):
    def configure(**files):
        folder = project / "conf" / "local"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.yml").write_text(text)

    return configure


@pytest.fixture
def served(project):
    """`served()`: start the command and return what it serves, and all commands."""

    def serve():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "image_classification", "mlflow", "--port", str(port)]
        with running(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ
        ) as process:
            said = ""
            while not READY.search(said):
                line = process.stdout.readline()
                assert line, said
                said += line
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            commands = "\n".join(" ".join(each.cmdline()) for each in family)
            url = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search"
            request = Request(
                url, json.dumps({"max_results": 9}).encode(), {"Content-Type": "application/json"}
            )
            with urlopen(request) as answer:
                found = json.load(answer)["experiments"]
            for each in reversed(family):
                each.terminate()
        return {each["name"] for each in found}, commands, said

    return serve


@pytest.mark.slow
def test_of_a_database_on_a_server(configure, served, postgresql_url, monkeypatch):
    MlflowClient(postgresql_url).create_experiment("theirs")
    user, _, password = postgresql_url.partition("//")[2].partition("@")[0], None, os.environ["PGPASSWORD"]
    monkeypatch.delenv("PGPASSWORD")
    configure(
        mlflow=f"tracking_uri: {postgresql_url.replace(f'{user}@', '')}\nexperiment: theirs\n",
        credentials=f"mlflow: {{username: {user}, password: '{password}'}}",
    )
    names, commands, said = served()
    assert "theirs" in names
    assert password not in commands + said


@pytest.mark.slow
def test_of_a_file(configure, served, project):
    MlflowClient(f"sqlite:///{project / 'ours.db'}").create_experiment("ours")
    configure(mlflow="tracking_uri: sqlite:///ours.db")
    assert "ours" in served()[0]


def test_a_server_that_has_them_is_named(configure):
    configure(mlflow="tracking_uri: http://127.0.0.1:9/mlflow")
    done = CliRunner().invoke(show_runs, [])
    assert done.exit_code == 0, done.output
    assert "The runs are shown by the server that has them: http://127.0.0.1:9/mlflow" in done.output

"""`kedro package` packs nothing of conf/local, where Kedro itself leaves out only some of its files."""

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from image_classification.cli import package


@pytest.fixture
def packed(project, monkeypatch):
    """Run the command without building anything; return what it printed, and the commands of Kedro's."""
    called = []
    monkeypatch.setattr("kedro.framework.cli.project.call", lambda command, **_: called.append(command))

    def run():
        done = CliRunner().invoke(package, obj=bootstrap_project(project))
        return done, called

    (project / "conf" / "local").mkdir(exist_ok=True)
    return run


@pytest.mark.parametrize(
    "name", ["credentials.yaml", "parameters.json", "deep/er/credentials.yaml", "key.pem"]
)
def test_what_would_be_packed_is_named(project, packed, name):
    file = project / "conf" / "local" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("key: secret")
    done, called = packed()
    assert done.exit_code != 0
    assert f"{name} in " in str(done.exception) + done.output
    assert called == []


def test_all_else_is_packed(project, packed):
    for name in ("credentials.yml", "deep/mlflow.yml", ".gitkeep"):
        file = project / "conf" / "local" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    done, called = packed()
    assert done.exit_code == 0, done.output
    assert [command[0] for command in called][-1] == "tar"

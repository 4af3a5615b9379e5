"""`image-classification replay <run> --epoch k` says whether the record of an epoch is true."""

import shutil
import threading
from pathlib import Path

import mlflow
import pytest
from filelock import FileLock
from tests.fixtures.project import enter

from image_classification.cli.replay.recorded import replay_recorded
from image_classification.errors import UserError


@pytest.fixture(scope="module")
def trained(tmp_path_factory, train_once) -> Path:
    """The project after a training of two epochs; replaying changes nothing in it."""
    return Path(shutil.copytree(train_once(epochs=2), tmp_path_factory.mktemp("replay") / "project"))


@pytest.fixture
def run(trained: Path):
    client = mlflow.MlflowClient(f"sqlite:///{trained / 'mlflow.db'}")
    (found,) = client.search_runs([each.experiment_id for each in client.search_experiments()])
    return client, found


@pytest.mark.slow
def test_the_record_is_true(trained: Path, run, run_command) -> None:
    _, found = run
    weights = trained / "data" / "06_models" / "trained_network.safetensors"
    before = weights.read_bytes()
    done = run_command(trained, "image_classification", "replay", found.info.run_id, "--epoch", "2")
    assert done.returncode == 0, done.stderr + done.stdout
    recorded = found.data.tags["weights_digest/0002"]
    assert f"recorded  {recorded}\nreplayed  {recorded}\n" in done.stdout
    assert "Epoch 2 of" in done.stdout
    assert "the record is true, bit for bit" in done.stdout
    assert weights.read_bytes() == before


def test_the_data_may_be_in_a_folder_of_its_own(
    trained: Path, run, tmp_path: Path, monkeypatch, capsys
) -> None:
    """What a run with --params data_folder=… has left is looked for there."""
    _, found = run
    assert found.data.tags["data_folder"] == "data"
    project = enter(Path(shutil.copytree(trained, tmp_path / "project")), monkeypatch)
    (project / "data").rename(project / "mine")
    options = {"from_start": False, "env": None, "conf_source": None}
    with pytest.raises(
        UserError, match=r"There are no checkpoints of the run .* in data/06_models/checkpoints"
    ):
        replay_recorded(project, found.info.run_id, 2, **options)
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    client.set_tag(found.info.run_id, "data_folder", "mine")
    assert replay_recorded(project, found.info.run_id, 2, **options)


@pytest.mark.parametrize("stage", ["mnist", "modelling"])
@pytest.mark.parametrize("is_replaced", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_no_other_run_replaces_what_it_reads(
    trained: Path, run, tmp_path: Path, monkeypatch, heard, capsys, stage: str, is_replaced: bool
) -> None:
    _, found = run
    project = enter(Path(shutil.copytree(trained, tmp_path / "project")), monkeypatch)
    came_to: list[object] = []

    def replay() -> None:
        try:
            options = {"from_start": True, "env": None, "conf_source": None}
            came_to.append(replay_recorded(project, found.info.run_id, 1, **options))
        except UserError as error:
            came_to.append(str(error))

    replaying = threading.Thread(target=replay)
    with FileLock(project / "data" / ".locks" / f"{stage}.lock"):
        replaying.start()
        assert heard().startswith("Waiting for")
        assert came_to == []
        if is_replaced:
            for statistics in (project / "data").rglob("*image_statistics*"):
                content = statistics.read_text()
                statistics.write_text(content.replace('"index_digest": "', '"index_digest": "0'))
    replaying.join(300)
    if is_replaced:
        assert "are not prepared as they were then" in str(came_to)
    else:
        assert came_to == [True]
    with FileLock(project / "data" / ".locks" / f"{stage}.lock", blocking=False):
        pass  # it is free again


@pytest.mark.slow
def test_the_record_is_false(trained: Path, run, run_command) -> None:
    client, found = run
    client.set_tag(found.info.run_id, "weights_digest/0001", "0" * 64)
    done = run_command(trained, "kedro", "replay", found.info.run_name, "--epoch", "1")
    assert done.returncode == 1
    assert "OTHER weights than the record says" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "--epoch", "1"), "There is no run with the id or name nothing"),
        (("<run>", "--epoch", "3"), "has no digest of the weights after epoch 3 on record"),
    ],
)
def test_what_is_not_there_is_said(trained: Path, run, run_command, arguments, message) -> None:
    _, found = run
    named = [found.info.run_id if each == "<run>" else each for each in arguments]
    done = run_command(trained, "image_classification", "replay", *named)
    assert done.returncode == 1
    assert message in done.stderr

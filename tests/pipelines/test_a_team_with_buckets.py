"""Photographs and results in buckets, runs in PostgreSQL with files on S3: the same as on one machine.

Nothing that a run writes or says shows a password, or where the copies of what is remote lie.
"""

import json
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from tests.bucket import KEY, SECRET
from tests.postgresql import USER

TRAINING = (
    *("kedro", "run", "--pipeline", "training", "--env", "photos", "--params"),
    "modelling.training.epochs=1,image_folder.images.size=32,modelling.network.name=feed_forward",
)


def draw_photographs(folder: Path) -> Path:
    generator = np.random.default_rng(0)
    for number in range(60):
        colour = generator.integers(0, 100, (24, 32, 3), dtype=np.uint8)
        name = ("red", "blue é")[number % 2]
        colour[..., 2 * (number % 2)] += 150
        path = folder / name / f"{number} of 60.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(colour).save(path)
    return folder


def settings_of_a_team(project: Path, credentials: dict, tracking: dict) -> None:
    local = project / "conf" / "local"
    local.mkdir(exist_ok=True)
    (local / "credentials.yml").write_text(yaml.safe_dump(credentials))
    (local / "mlflow.yml").write_text(yaml.safe_dump(tracking))


def results_of(project: Path, folder: str = "data") -> tuple[dict, pd.DataFrame]:
    data = project / folder
    metrics = json.loads((data / "08_reporting" / "metrics.json").read_text())
    return metrics, pd.read_parquet(data / "07_model_output" / "predictions.parquet")


def texts_below(project: Path) -> dict[Path, bytes]:
    files = (path for path in project.rglob("*") if path.is_file())
    private = project / "conf" / "local"
    kept = [path for path in files if not path.is_relative_to(private) and "00_remote" not in path.parts]
    return {path: path.read_bytes() for path in kept}


@pytest.mark.slow
def test_a_training_of_a_team(
    project_folder, run_command, bucket_server, postgresql_server, postgresql_url, tmp_path, monkeypatch
):
    photographs = draw_photographs(tmp_path / "photographs")
    bucket = f"team-{uuid4().hex[:8]}"
    bucket_server.make(bucket)
    bucket_server.put_folder(bucket, "shop/photographs", photographs)

    def train(path: str, more: str = "") -> str:
        *command, parameters = TRAINING
        done = run_command(project_folder, *command, f"{parameters},image_folder.path={path}{more}")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    train(str(photographs), ",data_folder=alone")
    database = postgresql_url.rpartition("/")[2]
    monkeypatch.delenv("PGPASSWORD")  # the credentials say it
    credentials = {
        "s3": bucket_server.credentials,
        "mlflow": {"username": USER, "password": postgresql_server.password},
    }
    tracking = {
        "tracking_uri": postgresql_server.nobodys_url(database),
        "artifacts": f"s3://{bucket}/mlflow",
        "experiment": "team",
    }
    settings_of_a_team(project_folder, credentials, tracking | {"registry": {"name": "colours"}})
    remote = f"s3://{bucket}/shop/photographs"
    said = train(remote, f",remote.results=s3://{bucket}/results")
    recorded = postgresql_server.everything_in(database)
    classified = run_command(
        project_folder,
        *("kedro", "run", "--pipeline", "inference", "--params"),
        f"inference.images={remote}/red,inference.model=models:/colours@champion",
    )
    assert classified.returncode == 0, classified.stdout + classified.stderr

    alone, together = results_of(project_folder, "alone"), results_of(project_folder)
    assert together[0] == alone[0]
    pd.testing.assert_frame_equal(together[1], alone[1])
    assert remote in recorded
    assert "colours" in recorded
    in_bucket = bucket_server.keys(bucket)
    assert "results/06_models/trained_network.safetensors" in in_bucket
    assert "results/08_reporting/.origins/report.html.json" in in_bucket
    assert [key for key in in_bucket if key.startswith("mlflow/") and key.endswith("report.html")]
    assert json.loads(bucket_server.read(bucket, "results/results.json"))["status"] == "complete"
    written = texts_below(project_folder) | {Path(key): bucket_server.read(bucket, key) for key in in_bucket}
    said += recorded + classified.stdout + classified.stderr
    for secret in (KEY, SECRET, postgresql_server.password):
        assert secret not in said
        assert not [path for path, content in written.items() if secret.encode() in content]
    assert "00_remote" not in said
    # the place of the images says where they are to be opened
    shows = [path.name for path, content in written.items() if b"00_remote" in content]
    assert set(shows) <= {"place.json"}


@pytest.mark.slow
def test_nothing_is_made_again_where_nothing_changed(project_folder, run_command, bucket_server, tmp_path):
    bucket = f"team-{uuid4().hex[:8]}"
    bucket_server.make(bucket)
    bucket_server.put_folder(bucket, "photographs", draw_photographs(tmp_path / "photographs"))
    settings_of_a_team(project_folder, {"s3": bucket_server.credentials}, {"enabled": False})
    *command, parameters = TRAINING
    command += [f"{parameters},image_folder.path=s3://{bucket}/photographs", "--only-missing-outputs"]
    assert run_command(project_folder, *command).returncode == 0
    again = run_command(project_folder, *command)
    assert "Nothing was run" in again.stdout
    # the folder of all data is moved, and with it the copies
    (project_folder / "data").rename(project_folder / "moved")
    command[-2] += ",data_folder=moved"
    assert "Nothing was run" in run_command(project_folder, *command).stdout
    bucket_server.delete(bucket, "photographs/red/0 of 60.png")
    assert "To be made again" in run_command(project_folder, *command).stdout

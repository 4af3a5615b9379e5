"""Pictures are recorded as images, which MLflow shows for several runs at once; other files are files."""

import re

from mlflow import MlflowClient
from PIL import Image

from image_classification.tracking.run import TrackedRun


def images_of(client, run_id):
    """Key -> size of each recorded image."""
    files = [file.path for file in client.list_artifacts(run_id, "images") if file.path.endswith(".png")]
    sizes = {}
    for file in files:
        with Image.open(client.download_artifacts(run_id, file)) as picture:
            # overview%step%0%timestamp%…, or + for % on other systems
            sizes[re.split(r"[%+]step", file.removeprefix("images/"))[0]] = picture.size
    return sizes


def test_of_files(tmp_path, fresh_database):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    experiment = client.create_experiment(tmp_path.name, artifact_location=(tmp_path / "files").as_uri())
    run = TrackedRun(client.create_run(experiment).info.run_id, client.tracking_uri)
    Image.new("RGB", (30, 20)).save(tmp_path / "audit.png")
    (tmp_path / "notes.txt").write_text("nothing to see")

    for name in ("audit.png", "notes.txt"):
        run.log_file(tmp_path / name, "reporting")

    assert images_of(client, run.run_id) == {"audit": (30, 20)}
    assert client.get_run(run.run_id).data.tags["mlflow.loggedImages"] == "True"
    files = {file.path for file in client.list_artifacts(run.run_id, "reporting")}
    assert files == {"reporting/audit.png", "reporting/notes.txt"}


def test_of_a_training(train_once):
    project = train_once()
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (run,) = client.search_runs([each.experiment_id for each in client.search_experiments()])

    assert images_of(client, run.info.run_id) == {"overview": (1200, 800)}

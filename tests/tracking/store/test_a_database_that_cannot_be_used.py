"""Room and permissions of the record are looked at before a run, in words that say what to put right."""

import re

import pytest
from tests.disk import files_of_at_most

from image_classification.errors import UserError
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings


def refusal(database):
    with pytest.raises(UserError) as refused:
        open_experiment(Store(f"sqlite:///{database}", database.parent / "mlartifacts"), TrackingSettings())
    return str(refused.value).splitlines()[0]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "record" / "mlflow.db"
    path.parent.mkdir()
    path.write_bytes(bytes(5000))
    yield path
    path.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("of_file", "of_folder", "said"),
    [
        (0, 0o755, "{} cannot be read: permission r is missing"),
        (0o444, 0o755, "{} cannot be written: permission w is missing for this file"),
        (0o644, 0o555, "{} cannot be written: no file can be made in the folder"),
        (0o644, 0o600, "{} cannot be read: the folder"),
    ],
)
def test_a_permission_that_is_missing(database, strict, of_file, of_folder, said):
    database.chmod(of_file)
    database.parent.chmod(of_folder)
    assert re.match(said.format(re.escape(str(database))), refusal(database))


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "mlflow.db").mkdir()
    assert refusal(tmp_path / "mlflow.db") == (
        f"{tmp_path / 'mlflow.db'} is a folder, and the file of a database is expected."
    )


@pytest.mark.parametrize("is_new", [True, False])
def test_a_disk_without_room(database, is_new):
    if is_new:
        database.unlink()
    with files_of_at_most(100_000):
        said = refusal(database)
    needed = "1.2 MB" if is_new else "200.0 kB"
    assert said.startswith(
        f"There is no room for {database}: a file may have 100.0 kB (ulimit -f), and it needs {needed}"
    )

"""`image-classification verify <folder>` needs nothing but the folder; its code says whether it is right."""

import re

import pytest
from tests.export.conftest import edit, export, make_network, make_sets


@pytest.fixture
def folder(tmp_path):
    return export(tmp_path / "sent", make_network(), make_sets())


def test_all_is_right(folder, tmp_path, run_command):
    done = run_command(tmp_path, "image_classification", "verify", str(folder))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is right." in done.stdout
    assert all(stage in done.stdout for stage in ("files", "decode", "resize", "normalise", "network"))


def test_what_is_wrong_is_named(folder, tmp_path, run_command):
    edit(folder, mean=[0.0, 0.0, 0.0])

    done = run_command(tmp_path, "image_classification", "verify", "sent")

    assert done.returncode == 1
    assert "WRONG at the stage normalise." in done.stdout


def test_a_folder_that_is_no_export(tmp_path, run_command):
    done = run_command(tmp_path, "image_classification", "verify", ".")

    assert done.returncode == 1
    assert "is no export: there is no export.json in it" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_help_names_every_command_and_the_one_that_is_asked(tmp_path, run_command):
    names = ("replay", "promote", "mlflow", "serve", "verify")
    told = run_command(tmp_path, "image_classification", "--help").stdout
    assert all(re.search(rf"^ +{name} +[A-Z]", told, re.MULTILINE) for name in names)
    for name in names:
        first = run_command(tmp_path, "image_classification", name, "--help").stdout.splitlines()[0]
        assert re.fullmatch(rf"Usage: \S.* {name} \[OPTIONS\].*", first)

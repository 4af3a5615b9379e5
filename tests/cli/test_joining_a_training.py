"""`join` says in one line why no training can be joined, and needs no project."""

import socket

import pytest

from image_classification.learning.elastic.driver.door import Door

TOKEN = "a-token-of-this-test"


@pytest.fixture
def door():
    welcome = {"versions": {"torch": "1.0", "image-classification": "0"}, "sizes": {}, "settings": {}}
    door = Door(("127.0.0.1", 0), TOKEN, {"/welcome": lambda _: welcome}, {})
    with door.opened():
        yield f"127.0.0.1:{door.port}"


def test_nobody_is_there(tmp_path, run_command):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = f"127.0.0.1:{probe.getsockname()[1]}"

    done = run_command(tmp_path, "image_classification", "join", free, TOKEN, "--wait", "0")

    assert done.returncode == 1
    assert f"Error: No training can be joined at {free}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_training_that_has_not_begun_is_waited_for(tmp_path, run_command):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = f"127.0.0.1:{probe.getsockname()[1]}"

    done = run_command(tmp_path, "image_classification", "join", free, TOKEN, "--wait", "1")

    assert done.returncode == 1
    assert done.stdout.count(f"Waiting for a training at {free}, for up to 1 s.") == 1


def test_another_token(tmp_path, run_command, door):
    done = run_command(tmp_path, "image_classification", "join", door, "not-that-token")

    assert done.returncode == 1
    assert "it does not know the token" in done.stderr


def test_other_versions(tmp_path, run_command, door):
    done = run_command(tmp_path, "image_classification", "join", door, IMAGE_CLASSIFICATION_JOIN_TOKEN=TOKEN)

    assert done.returncode == 1
    assert "This machine would train something else than the driver: torch is 2." in done.stderr
    assert "and 1.0 there" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["10.0.0.1:29400"], "The token is missing"), (["somewhere", TOKEN], "is no address and port")],
)
def test_half_a_command(tmp_path, run_command, arguments, said):
    done = run_command(tmp_path, "image_classification", "join", *arguments)

    assert done.returncode in (1, 2)
    assert said in done.stderr

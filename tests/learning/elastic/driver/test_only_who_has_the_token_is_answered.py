"""The door of the driver: the token, the limits, and files by their names alone."""

import http.client
import json
from contextlib import closing
from pathlib import Path

import pytest

from image_classification.errors import UserError
from image_classification.learning.elastic.driver.door import LONGEST_QUESTION, Door
from image_classification.learning.elastic.visitor import DriverGoneError, Visitor

TOKEN = "a-token-of-this-test"


@pytest.fixture
def door(tmp_path: Path):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "secret").write_text("secret")
    answers = {"/double": lambda asked: {"is": 2 * asked["number"]}}
    door = Door(("127.0.0.1", 0), TOKEN, answers, {"/file": tmp_path / "file"})
    with door.opened():
        yield door


def request(door: Door, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        return connection.getresponse().status


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "é"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/file"), ("POST", "/double"), ("GET", "/nothing")])
def test_without_it_there_is_nothing(door, token, method, path):
    headers = {} if token is None else {"Authorization": token}

    assert request(door, method, path, b'{"number": 1}', **headers) == 401


@pytest.mark.parametrize(
    "path", ["/secret", "/../secret", "/file/../secret", "/%2e%2e/secret", "/file?x", ""]
)
def test_only_files_that_were_named_are_given(door, path):
    assert request(door, "GET", path or "*", Authorization=f"Bearer {TOKEN}") == 404


@pytest.mark.parametrize("question", [b"", b"[]", b"{}", b"[" * 3000, b"\xff", b'{"number": []', b"1"])
def test_what_is_no_question_is_refused(door, question):
    assert request(door, "POST", "/double", question, Authorization=f"Bearer {TOKEN}") == 400
    assert Visitor("127.0.0.1", door.port, TOKEN).ask("/double", number=3) == {"is": 6}


def test_a_question_has_a_longest_length(door):
    question = json.dumps({"number": 1, "more": "x" * LONGEST_QUESTION}).encode()

    assert request(door, "POST", "/double", question, Authorization=f"Bearer {TOKEN}") == 413


def test_a_file_comes_as_it_is(door, tmp_path):
    come = []
    size = (tmp_path / "file").stat().st_size

    Visitor("127.0.0.1", door.port, TOKEN).fetch("/file", tmp_path / "copy", size, come.append)

    assert (tmp_path / "copy").read_bytes() == (tmp_path / "file").read_bytes()
    assert sum(come) == size


@pytest.mark.parametrize("other", [-1, 1])
def test_a_file_of_another_size_is_refused(door, tmp_path, other):
    size = (tmp_path / "file").stat().st_size + other

    with pytest.raises(DriverGoneError, match="another size"):
        Visitor("127.0.0.1", door.port, TOKEN).fetch("/file", tmp_path / "copy", size, lambda count: None)


def test_it_listens_at_the_address_that_was_named_alone(door):
    assert door.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_told(door):
    with pytest.raises(UserError, match=f"cannot join at 127.0.0.1:{door.port} .*in use"):
        Door(("127.0.0.1", door.port), TOKEN, {}, {})

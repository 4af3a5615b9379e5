"""A machine that waits for a training says at once, and once, why there is none yet."""

import socket

import pytest

from image_classification.errors import UserError
from image_classification.learning.elastic import joining
from image_classification.learning.elastic.driver.door import Door

TOKEN = "a-token-of-this-test"


@pytest.fixture
def port():
    welcome = {"versions": {"torch": "1.0"}, "sizes": {}, "settings": {}}
    door = Door(("127.0.0.1", 0), TOKEN, {"/welcome": lambda _: welcome}, {})
    with door.opened():
        yield door.port


@pytest.fixture
def looked_up(monkeypatch):
    """Have the name of a host be unknown for as many times as there are errors in the returned list."""
    errors, look_up = [], socket.getaddrinfo

    def getaddrinfo(host, *arguments):
        if host == "tokens.example" and errors:
            raise socket.gaierror(*errors.pop(0))
        return look_up("127.0.0.1", *arguments)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(joining, "sleep", lambda _: None)
    monkeypatch.setattr(joining, "monotonic", lambda: 0.0)
    return errors


def test_a_name_that_is_unknown_is_said_and_may_be_known_later(port, looked_up, capsys):
    unknown, busy = (-2, "Name or service not known"), (-3, "Temporary failure in name resolution")
    looked_up += [unknown, unknown, busy, unknown]

    with pytest.raises(UserError, match="would train something else than the driver"):
        joining.join(f"tokens.example:{port}", TOKEN, 60)

    assert capsys.readouterr().out.splitlines() == [
        f"Waiting for a training at tokens.example:{port}, for up to 60 s. "
        f"Until now: the name tokens.example is not found ({reason})."
        for _, reason in (unknown, busy)
    ]


def test_one_that_stays_unknown_is_what_is_wrong(looked_up):
    looked_up += [(-2, "Name or service not known")]

    with pytest.raises(UserError, match=r"the name tokens\.example is not found"):
        joining.join("tokens.example:29400", TOKEN, -1)


@pytest.mark.parametrize("endpoint", ["somewhere", ":29400", "127.0.0.1:0", "127.0.0.1:65536", "a..b:29400"])
def test_what_is_no_endpoint_is_not_waited_for(endpoint):
    with pytest.raises(UserError, match="is no address and port"):
        joining.join(endpoint, TOKEN, 60)

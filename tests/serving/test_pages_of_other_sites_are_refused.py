"""A page of another site neither sends anything here, nor reads anything, whatever name leads here."""

import pytest
from tests.serving.conftest import BOUNDARY, form, picture

from image_classification.serving.door import is_local

FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:8000", "digits.example:1"]
)
def test_names_that_are_ours(start, host):
    server = start(names=["Digits.example"])
    assert server.ask("/health", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.7", "", "[", "a@b"],
)
def test_names_that_lead_here_from_elsewhere(server, host):
    for path in ("/", "/health", "/model", "/metrics", "/nothing"):
        reply = server.ask(path, Host=host)
        assert (reply.status, list(reply.json)) == (403, ["error"])


def test_an_address_is_one_of_ours_where_others_are_let_in(start):
    server = start(host="0.0.0.0")
    assert server.ask("/health", Host="192.168.1.7:8000").status == 200
    assert server.ask("/health", Host="evil.example").status == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:1", "http://localhost:8001"]
)
def test_what_a_foreign_page_sends(server, origin):
    reply = server.ask("/predict", form(("a.png", picture())), FORM, Origin=origin)
    assert reply.status == 403
    assert "another site" in reply.json["error"]


def test_what_our_page_sends(server):
    origin = f"http://127.0.0.1:{server.port}"
    assert server.ask("/predict", form(("a.png", picture())), FORM, Origin=origin).status == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/model", "/health", "/metrics", "/openapi.json", "/nothing"])
def test_nothing_is_shared(server, path):
    reply = server.ask(path)
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"
    assert "server" not in reply.headers


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.2", False),
        ("example.org", False),
    ],
)
def test_what_is_this_machine_alone(host, local):
    assert is_local(host) is local

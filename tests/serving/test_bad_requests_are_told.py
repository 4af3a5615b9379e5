"""What cannot be answered has the right status and one sentence, and the server goes on."""

import json
import re
import socket

import pytest
from tests.serving.conftest import BOUNDARY, form, picture

FORM = f"multipart/form-data; boundary={BOUNDARY}"
JSON = "application/json"


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    assert server.send(picture()).status == 200


@pytest.mark.parametrize("path", ["/predict", "/explain"])
@pytest.mark.parametrize(
    ("content", "kind", "status", "reason"),
    [
        (b"", JSON, 400, "JSON cannot be read"),
        (b"{", JSON, 400, "JSON cannot be read"),
        (b"\xff\xfe\xfa", JSON, 400, "JSON cannot be read"),
        (b"[" * 100_000, JSON, 400, "JSON cannot be read"),
        (b"1" * 10_000, JSON, 400, "JSON"),
        (b"[1, 2]", JSON, 400, "something else"),
        (b"{}", JSON, 400, "something else"),
        (b'{"image": []}', JSON, 400, "something else"),
        (b'{"images": {}}', JSON, 400, "no list"),
        (b'{"images": []}', JSON, 400, "no image"),
        (b'{"pixels": []}', JSON, 400, "rows of numbers"),
        (b'{"pixels": [["a"]]}', JSON, 400, "rows of numbers"),
        (b'{"pixels": "/etc/passwd"}', JSON, 400, "rows of numbers"),
        (b'{"pixels": [["data/picture.png"]]}', JSON, 400, "rows of numbers"),
        (b"hello", "text/plain", 415, "text/plain"),
        (b"hello", "", 415, "says nothing"),
        (b"images=abc", "application/x-www-form-urlencoded", 415, "form-urlencoded"),
        (b"hello", FORM, 400, "form"),
        (b"", FORM, 400, "no file in the form"),
        (form(("a.png", picture()))[:-40], FORM, 400, "form|file"),
        (form(("a.png", picture())), "multipart/form-data", 400, "boundary"),
        (form(("a.png", picture())), "multipart/form-data; boundary=other", 400, "form"),
        (form(), FORM, 400, "no file in the form"),
    ],
)
def test_broken_content(server, path, content, kind, status, reason):
    reply = server.ask(path, content, kind)
    assert reply.status == status, reply.content
    assert list(reply.json) == ["error"]
    assert re.search(reason, reply.json["error"]), reply.json
    assert reply.headers["content-type"] == JSON


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/model", 405),
        ("POST", "/predict?top=0", 400),
        ("POST", "/predict?top=many", 400),
        ("POST", "/explain?class=zebra", 400),
    ],
)
def test_what_is_not_there(server, method, path, status):
    reply = server.ask(path, picture(), "image/png", method=method)
    assert (reply.status, list(reply.json)) == (status, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        (
            "POST",
            "/predict?tip=3",
            "no parameter 'tip' in the address; did you mean top? There are: invert, top.",
        ),
        ("POST", "/predict?top=3&invrt=true", "'invrt' in the address; did you mean invert?"),
        ("POST", "/explain?top=3", "There are: class, invert."),
        ("GET", "/?theme=dark", "There are none here."),
        ("GET", "/docs?x", "'x'"),
        ("GET", "/model?top=3", "'top'"),
        ("GET", "/health?verbose=1", "'verbose'"),
        ("GET", "/metrics?a&b", "'a'"),
        ("GET", "/openapi.json?" + "y" * 1000, "'yyy"),
    ],
)
def test_unknown_parameters(server, method, path, reason):
    content = picture() if method == "POST" else None
    reply = server.ask(path, content, "image/png", method=method)
    assert (reply.status, list(reply.json)) == (400, ["error"])
    assert reason in reply.json["error"]
    assert len(reply.json["error"]) < 300
    known = {"tip": "top", "invrt": "invert"}
    for wrong, right in known.items():
        path = path.replace(f"{wrong}=", f"{right}=")
    assert server.ask(path, content, "image/png", method=method).status == (200 if "predict" in path else 400)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 400_000,
    ],
    ids=["TLS", "no HTTP", "negative length", "no length", "no chunk", "endless header"],
)
def test_what_is_no_http(server, said):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(said)
        head = connection.recv(100)
    assert head == b"" or b" 400 " in head


def test_a_client_that_leaves(server, caplog):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
                b"Content-Length: 5000\r\n\r\nabc"
            )
    server.until("image_classification_requests_under_way", 0)
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


def test_unread_images_alone_are_an_error_with_their_reasons(server):
    reply = server.send(b"text", b"")
    assert reply.status == 422
    assert all(each["reason"] for each in reply.json["images"])
    assert "cannot be read" in server.send(b"text", path="/explain").json["error"]
    assert json.loads(server.ask("/health").content) == {"live": True, "ready": True}

"""Bytes, images, pixels, requests at once and seconds have limits, and beyond them a clear answer."""

import socket

import pytest
from tests.serving.conftest import in_background, picture, plain, said_to_be

UNDER_WAY = "image_classification_requests_under_way"
WAITING = "image_classification_images_waiting"


def test_bytes(start):
    server = start(largest_request_mb=0.01)
    exact = picture().ljust(10_000, b"\0")
    assert server.ask("/predict", exact, "image/png").status == 200
    reply = server.ask("/predict", exact + b"\0", "image/png")
    assert (reply.status, list(reply.json)) == (413, ["error"])
    assert "10.0 kB" in reply.json["error"]


def test_bytes_of_a_request_that_does_not_say_how_many(start):
    server = start(largest_request_mb=0.01)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2711\r\n" + b"x" * 0x2711 + b"\r\n"
        )
        assert b" 413 " in connection.recv(100)


@pytest.mark.parametrize("most", [1, 3])
def test_images(start, most):
    server = start(most_images=most)
    assert server.send(*[picture()] * most).status == 200
    assert server.post({"pixels": [[[[9] * 3] * 5] * 6] * most}).status == 200
    for reply in (
        server.send(*[picture()] * (most + 1)),
        server.send(*[picture()] * (most + 9)),
        server.post({"pixels": [[[[9] * 3] * 5] * 6] * (most + 1)}),
    ):
        assert reply.status == 413
        assert "image" in reply.json["error"]


def test_only_one_image_is_explained(server):
    assert server.send(picture(), picture(), path="/explain").status == 413


def test_pixels(start):
    server = start(largest_image_megapixels=0.01)
    good, bad = server.send(plain((100, 100)), plain((101, 100))).json["images"]
    assert good["reason"] == ""
    assert "101 × 100 pixels" in bad["reason"]


@pytest.mark.parametrize("size", [(8_000, 8_000), (50_001, 1_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb(server, size):
    (told,) = server.send(said_to_be(size)).json["images"]
    assert "bomb" in told["reason"] or "pixels" in told["reason"]


def test_requests_at_once(waiting_server):
    server, network = waiting_server(queue=2)
    first = [in_background(lambda: server.send(picture())) for _ in range(2)]
    server.until(UNDER_WAY, 2)
    reply = server.send(picture())
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert "under way" in reply.json["error"]
    assert server.ask("/health").status == 200
    network.may_go.set()
    assert [each().status for each in first] == [200, 200]
    assert server.send(picture()).status == 200


@pytest.mark.slow
def test_five_hundred_at_once(start):
    """Some are answered, the others told to come again, and afterwards all is as before."""
    server = start(queue=8)
    replies = [in_background(lambda: server.send(picture())) for _ in range(500)]
    statuses = {reply().status for reply in replies}
    assert 200 in statuses
    assert statuses <= {200, 503}
    server.until(UNDER_WAY, 0)
    assert server.send(picture()).status == 200


def test_bytes_of_all_requests(start):
    """Eight of the largest fill the memory that uploads may take."""
    server = start(largest_request_mb=0.1, queue=100)
    connections = []
    for number in range(8):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 100000\r\n\r\nabc"
        )
        connections.append(connection)
        server.until(UNDER_WAY, number + 1)
    reply = server.send(picture())
    assert reply.status == 503
    assert "memory" in reply.json["error"]
    for connection in connections:
        connection.close()
    server.until(UNDER_WAY, 0)
    assert server.send(picture()).status == 200


def test_seconds_to_be_answered(waiting_server):
    server, network = waiting_server(timeout_s=0.5)
    reply = server.send(picture())
    assert (reply.status, list(reply.json)) == (504, ["error"])
    server.until(UNDER_WAY, 0)
    network.may_go.set()
    assert server.send(picture()).status == 200


def test_seconds_to_arrive(start):
    server = start(timeout_s=0.1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 50\r\n\r\nabc"
        )
        assert b" 408 " in connection.recv(100)


def test_images_of_requests_that_gave_up_are_not_classified(waiting_server):
    server, network = waiting_server(timeout_s=0.5)
    replies = [in_background(lambda: server.send(picture()))]
    assert network.has_begun.wait(60)
    replies += [in_background(lambda: server.send(picture(seed=1))) for _ in range(3)]
    assert {reply().status for reply in replies} == {504}
    network.may_go.set()
    assert server.send(picture()).status == 200
    # the first, which the network had already, and the last
    assert server.number("image_classification_batch_images_sum") == 2

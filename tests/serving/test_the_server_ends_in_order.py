"""What is under way is finished, nothing new is taken, and the end comes in bounded time."""

import socket

import pytest
from tests.serving.conftest import in_background, picture

UNDER_WAY = "image_classification_requests_under_way"


def refuses(server) -> None:
    """Return once nothing new is taken."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=60).close()
        except ConnectionError:
            return


@pytest.mark.parametrize("count", [1, 5])
def test_what_is_under_way_is_finished(waiting_server, count):
    server, network = waiting_server(stop_s=60.0)
    replies = [in_background(lambda: server.send(picture())) for _ in range(count)]
    server.until(UNDER_WAY, count)
    server.server.should_exit = True
    refuses(server)
    network.may_go.set()
    assert [reply().status for reply in replies] == [200] * count
    server.thread.join(60)
    assert not server.thread.is_alive()


@pytest.mark.slow
def test_what_takes_too_long_is_left(waiting_server):
    server, network = waiting_server(stop_s=1.0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        content = picture()
        head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
        connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        assert network.has_begun.wait(60)
        server.server.should_exit = True
        server.thread.join(60)
        assert not server.thread.is_alive()
        network.may_go.set()
        assert b" 200 " not in connection.recv(100)


@pytest.mark.slow
def test_a_client_that_sends_slowly_holds_nothing_up(waiting_server):
    server, _ = waiting_server(stop_s=1.0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
        connection.sendall(head + b"Content-Length: 500\r\n\r\nabc")
        server.until(UNDER_WAY, 1)
        server.server.should_exit = True
        server.thread.join(60)
        assert not server.thread.is_alive()

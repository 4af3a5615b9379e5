"""What is under way is finished, nothing new is taken, and the end comes in bounded time."""

import json
import socket
import threading
from contextlib import ExitStack

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
    assert server.server.numbers.cut_off == 1


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


def request(content: bytes) -> bytes:
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def answer(connection: socket.socket) -> dict:
    """Return what is answered, in JSON."""
    said = b""
    while part := connection.recv(65536):
        said += part
        head, _, content = said.partition(b"\r\n\r\n")
        if b"content-length: %d\r\n" % len(content) in head + b"\r\n":
            break
    assert said.startswith(b"HTTP/1.1 200"), said
    return json.loads(content)


def test_what_was_sent_and_not_read_yet_is_answered(start):
    """The signal comes while the loop is busy and clients connect, begin, go on, and ask again."""
    server = start(stop_s=60.0)
    uvicorn, is_busy, may_go = server.server, threading.Event(), threading.Event()

    async def busy() -> None:
        is_busy.set()
        assert may_go.wait(60)

    contents = [picture("RGB", (200, 150 + each) if each > 2 else (9, 9)) for each in range(12)]
    rests = [request(content) for content in contents]
    with ExitStack() as opened:

        def connect() -> socket.socket:
            return opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))

        connections = [connect() for _ in contents[:9]]
        for connection, content in zip(connections[:3], contents, strict=False):
            connection.sendall(request(content))
            answer(connection)
        for place in range(3, 6):
            connections[place].sendall(rests[place][:30])
            rests[place] = rests[place][30:]
        while len(uvicorn.server_state.connections) < len(connections):
            server.number("any")  # a request that goes through the same loop
        uvicorn.config.callback_notify, uvicorn.config.timeout_notify = busy, 0
        assert is_busy.wait(60)
        connections += [connect() for _ in contents[9:]]
        senders = [
            threading.Thread(target=each.sendall, args=(rest,))
            for each, rest in zip(connections, rests, strict=True)
        ]
        for sender in senders:
            sender.start()
        for sender in senders[:3]:
            sender.join()  # who was answered before has sent the next request, others go on
        uvicorn.should_exit = True
        may_go.set()
        assert [answer(each)["images"][0]["reason"] for each in connections] == [""] * len(contents)
    server.thread.join(60)
    assert not server.thread.is_alive()
    assert uvicorn.numbers.cut_off == 0

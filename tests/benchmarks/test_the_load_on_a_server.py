"""The load that clients put on a server is what is measured, and an error is no answer."""

import json
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.benchmarks.serving import Side, latency


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was sent, but for "bad"."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(content)
        self.send_response(500 if content == b"bad" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("clients", [1, 3])
def test_every_answer_counts(server, clients):
    bodies = [json.dumps(number).encode() for number in range(5)]
    side = Side(server.server_port, "/", "application/json", bodies)
    rate = side.rate(clients, 0.2)
    assert rate > 0
    assert len(side.seconds[clients]) == len(server.seen)
    assert set(server.seen) <= set(bodies)
    assert "p50" in latency(side, clients)


def test_an_error_is_no_answer(server):
    connection = HTTPConnection("127.0.0.1", server.server_port)
    with pytest.raises(RuntimeError, match="500"):
        Side(server.server_port, "/", "text/plain", [b"bad"]).answer(connection, b"bad")
    connection.close()

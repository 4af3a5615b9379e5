"""A machine that talks to the driver of a training, over HTTP and with the token."""

import http.client
import json
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

# bytes of an answer, and seconds that one may take
LONGEST_ANSWER = 2**26
PATIENCE = 20.0
_CHUNK = 2**20


class AgentSettings(BaseModel):
    """What an agent has to know.

    folder: of the job.
    host, port: of the driver's door.
    token: that it asks for.
    store: port of the store, at the same host.
    node: a text that no other machine has.
    address: of this machine, at which the processes of others reach its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str
    host: str
    port: int
    token: str
    store: int
    node: str
    address: str
    fewest: int
    most: int
    processes: int
    max_restarts: int


class DriverGoneError(Exception):
    """The driver does not answer, or not as one of this project does."""


class UnknownTokenError(DriverGoneError):
    """The driver does not know the token."""


class Visitor:
    """Asks the driver of a training.

    Args:
        host: its address.
        port: that it listens at.
        token: which it knows.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self.host, self.port, self._token = host, port, token

    def ask(self, path: str, **question: Any) -> dict[str, Any]:
        """Ask a question, in JSON, and return the answer.

        Raises:
            DriverGoneError: there is none.
        """
        return self._json("POST", path, json.dumps(question).encode())

    def fetch(self, path: str, target: Path, size: int, advance: Callable[[int], None]) -> None:
        """Write a file of the driver to a file here.

        Args:
            path: of the file there.
            target: to be written.
            size: bytes that it has.
            advance: told how many more bytes have come.

        Raises:
            DriverGoneError: it does not come, or has another size.
        """

        def write(answer: http.client.HTTPResponse) -> None:
            left = size
            with target.open("wb") as file:
                while chunk := answer.read(min(_CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        break
                    file.write(chunk)
                    advance(len(chunk))
            if left:
                raise DriverGoneError(f"the file {path} has another size than the driver said")

        self._request("GET", path, None, write)

    def _json(self, method: str, path: str, content: bytes | None) -> dict[str, Any]:
        found: list[Any] = []

        def read(answer: http.client.HTTPResponse) -> None:
            text = answer.read(LONGEST_ANSWER + 1)
            if len(text) > LONGEST_ANSWER:
                raise DriverGoneError("its answer is too long")
            found.append(json.loads(text))

        self._request(method, path, content, read)
        if not isinstance(found[0], Mapping):
            raise DriverGoneError("its answer is not one of this project")
        return dict(found[0])

    def _request(
        self,
        method: str,
        path: str,
        content: bytes | None,
        take: Callable[[http.client.HTTPResponse], None],
    ) -> None:
        try:
            with closing(http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)) as connection:
                headers = {"Authorization": f"Bearer {self._token}"}
                connection.request(method, path, content, headers)
                answer = connection.getresponse()
                if answer.status == 401:
                    raise UnknownTokenError("it does not know the token")
                if answer.status != 200:
                    raise DriverGoneError(f"it answers {answer.status} {answer.reason}")
                take(answer)
        except socket.gaierror as error:
            raise DriverGoneError(f"the name {self.host} is not found ({error.strerror})") from error
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise DriverGoneError(reason) from error

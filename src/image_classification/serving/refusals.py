"""Requests that are not answered, with the status and the reason that a client is told."""

from collections.abc import Mapping

_RETRY_AFTER = "1"  # seconds: a batch takes less


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        reason: one sentence for the person who wrote the client.
        headers: beside those of every answer.
    """

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, dict(headers or {})


def busy(reason: str) -> RefusedError:
    """Refuse for now."""
    return RefusedError(503, reason, {"Retry-After": _RETRY_AFTER})


def too_large(reason: str) -> RefusedError:
    """Refuse what is longer than it may be; the rest of it is not read, so the connection ends."""
    return RefusedError(413, reason, {"Connection": "close"})

"""How much is under way at once, and the content of a request, read within its limits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from fastapi import Request
from starlette.requests import ClientDisconnect

from image_classification.serving.options import ServingOptions
from image_classification.serving.refusals import RefusedError, busy, too_large
from image_classification.words import in_bytes

_MEGABYTE = 10**6
_LARGEST_AT_ONCE = 8  # so many requests of the largest size may be in memory


class Admission:
    """Lets requests in while there is room for them, in number and in bytes; is used in one event loop.

    Attributes:
        under_way: how many requests are in.
    """

    def __init__(self, options: ServingOptions) -> None:
        self._most = options.queue
        self._largest = round(options.largest_request_mb * _MEGABYTE)
        self._seconds = options.timeout_s
        self._held = 0
        self.under_way = 0

    @asynccontextmanager
    async def content(self, request: Request) -> AsyncIterator[bytes]:
        """Hold the content of a request during the block.

        Raises:
            RefusedError: there is no room now, it is too large, or arrives too slowly.
        """
        size = self._announced(request)
        with self._admitted(self._largest if size is None else size):
            yield await self._read(request)

    def _announced(self, request: Request) -> int | None:
        """Return how many bytes a request says that it has; None if it does not say."""
        text = request.headers.get("content-length")
        if text is None:
            return None
        if not text.isdecimal():
            raise RefusedError(400, f"The Content-Length {text[:20]!r} is no number.")
        size = int(text[:20])
        if size > self._largest:
            raise self._too_large()
        return size

    @contextmanager
    def _admitted(self, size: int) -> Iterator[None]:
        if self.under_way >= self._most:
            raise busy(f"{self._most} requests are under way already. Try again in a second.")
        if self._held and self._held + size > _LARGEST_AT_ONCE * self._largest:
            raise busy("Other requests hold as much memory as all may together. Try again in a second.")
        self.under_way += 1
        self._held += size
        try:
            yield
        finally:
            self.under_way -= 1
            self._held -= size

    async def _read(self, request: Request) -> bytes:
        content = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for part in request.stream():
                    if len(content) + len(part) > self._largest:
                        raise self._too_large()
                    content += part
        except ClientDisconnect:
            raise RefusedError(400, "The connection ended before the request did.") from None
        except TimeoutError:
            raise RefusedError(
                408,
                f"The request did not arrive as a whole within {self._seconds:g} seconds.",
                {"Connection": "close"},
            ) from None
        return bytes(content)

    def _too_large(self) -> RefusedError:
        return too_large(
            f"The request is larger than {in_bytes(self._largest)}: send smaller or fewer images at once."
        )

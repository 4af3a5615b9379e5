"""Who may call the server, and what every answer says to a browser."""

import asyncio
import ipaddress
from collections.abc import Collection, Mapping, Sequence
from time import perf_counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from image_classification.serving.metrics import Numbers
from image_classification.serving.options import ServingOptions
from image_classification.words import did_you_mean, nearest_names, shorten

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LONGEST = 60  # of a name that is shown
# answers without one of their own are for programs
_POLICY = "default-src 'none'; frame-ancestors 'none'"


def is_local(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Door:
    """Refuses what a page of another site sends, and counts all requests.

    A page of a foreign site that has its own name lead to this machine (DNS rebinding) sends that name in
    `Host`; one that sends a form here sends its own in `Origin`.

    Args:
        app: what is behind.
        options: of the server.
        numbers: where requests are counted.
        parameters: of each path that there is, those that its address may have; other paths count as one, or
            whoever asks for many would fill the memory.
    """

    def __init__(
        self,
        app: ASGIApp,
        options: ServingOptions,
        numbers: Numbers,
        parameters: Mapping[str, Collection[str]],
    ) -> None:
        self._app, self._numbers, self._parameters = app, numbers, parameters
        self._names = _LOCAL | {options.host.lower(), *(name.lower() for name in options.names)}
        self._takes_addresses = not is_local(options.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in (*_HEADERS.items(), ("Content-Security-Policy", _POLICY)):
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        try:
            await (refusal or self._app)(scope, receive, told)
        except asyncio.CancelledError:
            self._numbers.cut_off += 1
            raise
        finally:
            path = scope["path"] if scope["path"] in self._parameters else "other"
            self._numbers.requests.labels(path, str(status)).inc()
            self._numbers.seconds.labels(path).observe(perf_counter() - started)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(_name_in(f"//{host}")):
            return _refused(
                "This server does not answer to that name. Those that it does, beside localhost, are set by "
                f"{ServingOptions.named('names')}."
            )
        origins: Sequence[str] = headers.getlist("origin")
        if any(urlsplit(origin).netloc.lower() != host.lower() for origin in origins):
            return _refused("A page of another site may not send anything here.")
        return self._strange_parameter(scope)

    def _strange_parameter(self, scope: Scope) -> JSONResponse | None:
        """Refuse a parameter in the address that would be ignored."""
        known = self._parameters.get(scope["path"])
        given = QueryParams(scope["query_string"])
        strange = None if known is None else next((name for name in given if name not in known), None)
        if known is None or strange is None:
            return None
        there = f" There are: {', '.join(sorted(known))}." if known else " There are none here."
        guess = did_you_mean(nearest_names(strange, known))
        shown = shorten(strange, _LONGEST)
        return _refused(f"There is no parameter {shown!r} in the address{guess}{there}", 400)

    def _is_ours(self, name: str) -> bool:
        if name in self._names:
            return True
        # an address is what it says: no name was led here
        return self._takes_addresses and _is_address(name)


def _name_in(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refused(reason: str, status: int = 403) -> JSONResponse:
    return JSONResponse({"error": reason}, status_code=status)

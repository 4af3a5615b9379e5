"""What goes wrong with buckets and servers, in words; and texts without the secrets that open them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from image_classification.errors import UserError
from image_classification.files.troubles import first_line
from image_classification.remote.address import Address
from image_classification.remote.options import RemoteOptions
from image_classification.words import printable

# values of credentials that are no secrets, and that a message needs
_OPEN = frozenset({"endpoint_url", "region_name", "region", "project", "account_name", "anon", "url"})
_SHORTEST_SECRET = 4
# what libraries call it when nobody answers, wherever they define it
_SILENCE = re.compile(
    r"Connect\w*Error|\w*ConnectionError|\w*Timeout\w*|HTTPClientError|ServerDisconnected\w*|ClientOSError|gaierror"
)
_FETCHED = "What was fetched is kept, and the same command goes on from there."
_NO_CREDENTIALS = re.compile(r"NoCredentials\w*|PartialCredentials\w*|DefaultCredentialsError")


class UnreachableError(UserError):
    """Nobody answers where something remote is."""


def secrets_of(credentials: Mapping[str, Any]) -> list[str]:
    """Return the texts in credentials that may be shown nowhere, the longest first."""
    return sorted(set(_secrets(credentials)), key=len, reverse=True)


def _secrets(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secrets(each, str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _secrets(each, name)
    elif name not in _OPEN and len(str(value)) >= _SHORTEST_SECRET and not isinstance(value, bool | int):
        yield str(value)


def without(secrets: Iterable[str], text: str) -> str:
    """Return a text in which stars stand for secrets."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def explained(
    error: BaseException,
    address: Address,
    secrets: Iterable[str] = (),
    *,
    written: bool = False,
    goes_on: str = _FETCHED,
) -> UserError:
    """Return what a library says of something remote as a message to a person.

    Args:
        error: what it says.
        address: of what it says that.
        secrets: that may not be shown.
        written: whether it was to be written.
        goes_on: how to go on once it can be reached, and what is kept until then.
    """
    done, kept = ("written", f" {goes_on}") if written else ("read", "")
    reason = without(secrets, printable(first_line(_innermost(error))))
    kinds = [kind.__name__ for each in chain_of(error) for kind in type(each).__mro__]
    if any(map(_NO_CREDENTIALS.fullmatch, kinds)):
        return UserError(
            f"{address} cannot be opened: there are no credentials for it ({reason}).\n{_advice(address)}"
        )
    if isinstance(error, PermissionError):
        return UserError(
            f"{address} may not be {done} with these credentials: {reason}.\n{_advice(address)}{kept}"
        )
    if any(map(_SILENCE.fullmatch, kinds)) or isinstance(error, ConnectionError | TimeoutError):
        return UnreachableError(
            f"{address} cannot be reached: {reason}.\nLook whether the network and the server are up, and "
            f"whether endpoint_url in conf/local/credentials.yml is right. {goes_on}"
        )
    return UserError(
        f"{address} cannot be {done}: {reason}.\nLook whether the address is right, and the options in "
        f"conf/local/credentials.yml.{kept}"
    )


def _advice(address: Address) -> str:
    return (
        f"Expected what opens it in conf/local/credentials.yml, as {address.protocol}: with key: and secret: "
        f"below (another entry: {RemoteOptions.setting(credentials='<name>')}), or where its library looks "
        "by itself (AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws)."
    )


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error and what caused it, the innermost last."""
    found = [error]
    while (cause := found[-1].__cause__ or found[-1].__context__) and cause not in found:
        found.append(cause)
    return found


def _innermost(error: BaseException) -> BaseException:
    """Return what says most: the last in the chain of causes that has something to say."""
    return next((each for each in reversed(chain_of(error)) if str(each).strip()), error)

"""What goes wrong with buckets and servers, in words; and texts without the secrets that open them."""

import re
from collections.abc import Iterable, Mapping
from inspect import signature
from pathlib import PurePosixPath
from typing import Any

from image_classification.errors import UserError
from image_classification.files.troubles import first_line
from image_classification.remote.access import access
from image_classification.remote.address import Address
from image_classification.remote.listing import Listing
from image_classification.remote.options import RemoteOptions
from image_classification.remote.patience import PatientStore
from image_classification.words import did_you_mean, nearest_names, printable, some

# values of credentials that are no secrets, and that a message needs
_OPEN = frozenset({"endpoint_url", "region_name", "region", "project", "account_name", "anon", "url"})
_SHORTEST_SECRET = 4
# what libraries call it when nobody answers, wherever they define it
_SILENCE = re.compile(
    r"Connect\w*Error|\w*ConnectionError|\w*Timeout\w*|HTTPClientError|ServerDisconnected\w*|ClientOSError|gaierror"
)
_FETCHED = "What was fetched is kept, and the same command goes on from there."
_NO_CREDENTIALS = re.compile(r"NoCredentials\w*|PartialCredentials\w*|DefaultCredentialsError")


_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'", re.IGNORECASE)
# what groups in credentials hold
_INNER = ("endpoint_url", "region_name", "client_kwargs", "config_kwargs", "verify", "use_ssl")


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
            f"{address} may not be {done} with these credentials: {reason}.\nLook whether they are right and "
            "belong together (key and secret of one account, a token that is still valid), are of this "
            f"server (endpoint_url, region_name), and may be used for that there.\n{_advice(address)}{kept}"
        )
    if option := _unknown_option(error):
        return UserError(unfit(address.protocol, f"it has an option {option}", option))
    if any(map(_SILENCE.fullmatch, kinds)) or isinstance(error, ConnectionError | TimeoutError):
        return UnreachableError(
            f"{address} cannot be reached: {reason}.\nLook whether the network and the server are up, and "
            f"whether endpoint_url in conf/local/credentials.yml is right. {goes_on}"
        )
    return UserError(
        f"{address} cannot be {done}: {reason}.\nLook whether the address is right, and the options in "
        f"conf/local/credentials.yml.{kept}"
    )


def unfit(protocol: str, reason: str, option: str = "") -> str:
    """Say that credentials do not fit the library of a protocol, with the nearest names of an option."""
    import fsspec  # noqa: PLC0415

    takes = [*signature(fsspec.get_filesystem_class(protocol).__init__).parameters, *_INNER]
    nearest = did_you_mean(nearest_names(option, takes)) if option else "."
    return (
        f"The entry for {protocol} in conf/local/credentials.yml does not fit: {reason}{nearest}\n"
        f"Expected what fsspec takes for {protocol}://, such as key: and secret: for s3."
    )


def _unknown_option(error: BaseException) -> str:
    """Return the option that the library of a store does not know; "" if something else is wrong."""
    for each in chain_of(error):
        if isinstance(each, TypeError) and (found := _UNKNOWN.search(str(each))):
            return found[1]
    return ""


def _advice(address: Address) -> str:
    if not access().has_entries:
        of_s3 = ", such as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL, or ~/.aws"
        return (
            "A script or notebook does not read conf/local/credentials.yml, which is for runs.\nExpected "
            f"what opens it where the library for {address.protocol}:// looks by itself"
            f"{of_s3 if address.protocol.startswith('s3') else ''}."
        )
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


def nothing_there(store: PatientStore, address: Address) -> str:
    """Say what there is not at an address."""
    bucket = address.parts[0]
    what = "file or folder" if address.path != bucket and _is_bucket(store, bucket) else f"bucket as {bucket}"
    if not address.has_folders:
        return f"{address}: there is no such file.\nExpected the address of one file: an archive or a table."
    return (
        f"{address}: there is no such {what}.\nExpected what a listing shows there, as of aws s3 ls; capital "
        "and small letters differ."
    )


def nothing_matches(address: Address, listing: Listing) -> str:
    """Say what is there in the place of what a pattern is to match."""
    names = [path.removeprefix(f"{listing.root.path}/") for path in listing.others]
    alike = [name for name in names if listing.matches_but_for_case(f"{listing.root.path}/{name}")]
    there = f"holds {some(alike or names, 3)}" if names else "is empty"
    case = ": capital and small letters differ" if alike else ""
    ending = PurePosixPath(names[0]).suffix if names else ".jpg"
    return (
        f"{address}: nothing matches. {listing.root} {there}{case}.\n"
        "Expected a pattern of files or folders: * and ? stand for part of a name, ** for any folders, [ab] "
        f"for one of the letters; with quotes around it for the shell: '{listing.root}/**/*{ending}'"
    )


def _is_bucket(store: PatientStore, name: str) -> bool:
    """Whether there is such a bucket, as far as that may be looked at."""
    try:
        store.ls(name)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True

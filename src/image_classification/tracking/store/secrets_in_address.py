"""Addresses without the passwords that may stand in them."""

import re
from urllib.parse import urlsplit

# before the host; SQLAlchemy takes a slash for a part of a password, an address of the web does not
_BEFORE_HOST = re.compile(r"(?<=//)(?:[^/@]*@)+")
_BEFORE_HOST_OF_DATABASE = re.compile(r"(?<=//)(?:[^/:@]*:[^@]*@(?:[^/@]*@)*|(?:[^/@]*@)+)")
# in the options of a database, such as ?password=…
_IN_OPTIONS = re.compile(r"(?<=[?&])([^=&]*(?:pass|pwd|secret|token)[^=&]*)=[^&]*", re.IGNORECASE)


def shown_address(address: str) -> str:
    """Return an address as it may be shown."""
    of_the_web = _scheme(address) in {"http", "https"}
    without = (_BEFORE_HOST if of_the_web else _BEFORE_HOST_OF_DATABASE).sub("", address)
    return _IN_OPTIONS.sub(r"\1=***", without)


def has_password(address: str) -> bool:
    """Whether a password stands in an address."""
    before = shown_address(address)
    if _IN_OPTIONS.search(address):
        return True
    _, slashes, rest = address.partition("//")
    host = before.partition("//")[2]
    return bool(slashes) and ":" in rest[: len(rest) - len(host)] and rest != host


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:  # a bracket that belongs to no address
        return address.partition(":")[0].lower()

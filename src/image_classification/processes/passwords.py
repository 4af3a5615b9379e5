"""For which database server a password in the environment is that no person has put there."""

import os
from collections.abc import Mapping, MutableMapping
from getpass import getuser
from urllib.parse import parse_qs, urlsplit

# of libpq, which opens PostgreSQL: they count for every server that is asked
USER, PASSWORD = "PGUSER", "PGPASSWORD"
_OPENS = "IMAGE_CLASSIFICATION_PGPASSWORD_OPENS"
_PORT = "5432"


def put_password(address: str, values: Mapping[str, str], environ: MutableMapping[str, str]) -> None:
    """Put the user and the password of a database into the environment, where a person has put none.

    Args:
        address: Of the database.
        values: What is known of them, by the names of the variables.
        environ: The environment, also of all processes that are started; it is noted there for which server
            they are.
    """
    if _OPENS in environ:  # of another session of this process
        for name in (_OPENS, USER, PASSWORD):
            environ.pop(name, None)
    if PASSWORD in values and PASSWORD not in environ:
        environ[_OPENS] = _server_of(address, environ.get(USER, values.get(USER, "")))
    for name, value in values.items():
        environ.setdefault(name, value)


def own_arguments(address: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return arguments of a connection by which no server is told the password of another one.

    Without one of the environment, libpq looks into the file of passwords.
    """
    opens = environ.get(_OPENS)
    if opens is None or _server_of(address, environ.get(USER, "")) == opens:
        return {}
    return {"password": ""} | ({} if _named(address)[0] else {"user": getuser()})


def _server_of(address: str, user: str) -> str:
    named, host, port = _named(address)
    return f"{named or user}@{host}:{port}"


def _named(address: str) -> tuple[str, str, str]:
    """Return user, host and port as an address names them."""
    parts = urlsplit(address)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user, _, hosts = parts.netloc.rpartition("@")
    host, _, port = hosts.rpartition(":") if hosts.rpartition(":")[2].isdigit() else (hosts, "", "")
    return (
        asked.get("user", user.partition(":")[0]),
        asked.get("host", host).lower(),
        asked.get("port", port) or _PORT,
    )

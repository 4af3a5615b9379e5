"""What opens the place of runs and its files, from Kedro's credentials to where MLflow looks for it.

MLflow takes no credentials but from the environment. What stands there already wins.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException

# the entries of credentials.yml
_STORE, _BUCKETS = "mlflow", "s3"
_OF_BUCKETS = {
    "key": "AWS_ACCESS_KEY_ID",
    "secret": "AWS_SECRET_ACCESS_KEY",
    "token": "AWS_SESSION_TOKEN",
    "profile": "AWS_PROFILE",
    "endpoint_url": "MLFLOW_S3_ENDPOINT_URL",
    "region_name": "AWS_DEFAULT_REGION",
}
_OF_SERVERS = {
    "username": "MLFLOW_TRACKING_USERNAME",
    "password": "MLFLOW_TRACKING_PASSWORD",
    "token": "MLFLOW_TRACKING_TOKEN",
}
# of libpq, which opens PostgreSQL
_OF_DATABASES = {"username": "PGUSER", "password": "PGPASSWORD"}


def take_credentials(
    uri: str,
    artifacts: str,
    loader: AbstractConfigLoader,
    environ: MutableMapping[str, str] = os.environ,
) -> None:
    """Put what opens the store, and buckets that it may keep files in, into the environment.

    Args:
        uri: of the store; of a file on this machine nothing is needed.
        artifacts: where files are kept, as far as that is said.
        loader: reads conf/*/credentials.yml.
        environ: the environment.
    """
    is_server = uri.startswith(("http://", "https://"))
    is_database = not is_server and uri.startswith("postgresql")
    if not (is_server or is_database or artifacts.startswith("s3://")):
        return
    found = dict(_values(loader, is_server))
    if "AWS_ACCESS_KEY_ID" in environ or "AWS_PROFILE" in environ:  # halves of two pairs open nothing
        of_a_pair = {_OF_BUCKETS[key] for key in ("key", "secret", "token", "profile")}
        found = {name: value for name, value in found.items() if name not in of_a_pair}
    for name, value in found.items():
        environ.setdefault(name, value)


def _values(loader: AbstractConfigLoader, is_server: bool) -> Iterator[tuple[str, str]]:
    try:
        credentials = loader["credentials"]
    except (KeyError, MissingConfigException):
        return
    for entry, names in ((_STORE, _OF_SERVERS if is_server else _OF_DATABASES), (_BUCKETS, _OF_BUCKETS)):
        given = credentials.get(entry)
        if isinstance(given, Mapping):
            flat: dict[str, Any] = {**given, **(given.get("client_kwargs") or {})}
            yield from ((names[key], str(value)) for key, value in flat.items() if key in names and value)

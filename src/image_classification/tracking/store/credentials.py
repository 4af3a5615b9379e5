"""What opens the place of runs and its files, from Kedro's credentials to where MLflow looks for it.

MLflow takes no credentials but from the environment. What stands there already wins.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException

from image_classification.processes.passwords import PASSWORD, USER, put_password

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
_OF_DATABASES = {"username": USER, "password": PASSWORD}


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
    found = dict(_values(loader, _BUCKETS, _OF_BUCKETS))
    if "AWS_ACCESS_KEY_ID" in environ or "AWS_PROFILE" in environ:  # halves of two pairs open nothing
        of_a_pair = {_OF_BUCKETS[key] for key in ("key", "secret", "token", "profile")}
        found = {name: value for name, value in found.items() if name not in of_a_pair}
    if is_server:
        found |= _values(loader, _STORE, _OF_SERVERS)
    for name, value in found.items():
        environ.setdefault(name, value)
    if is_database:
        put_password(uri, dict(_values(loader, _STORE, _OF_DATABASES)), environ)


def _values(loader: AbstractConfigLoader, entry: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        credentials = loader["credentials"]
    except (KeyError, MissingConfigException):
        return
    given = credentials.get(entry)
    if isinstance(given, Mapping):
        flat: dict[str, Any] = {**given, **(given.get("client_kwargs") or {})}
        yield from ((names[key], str(value)) for key, value in flat.items() if key in names and value)

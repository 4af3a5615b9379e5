"""The libraries of fsspec that open buckets and servers, each by the protocol of its addresses."""

import logging
from typing import Any

from image_classification.errors import UserError
from image_classification.remote.access import Access
from image_classification.remote.address import Address
from image_classification.remote.troubles import secrets_of, without
from image_classification.words import did_you_mean, nearest_names

# protocol -> what is to be installed
_PACKAGES = {
    "s3": "image-classification[s3]",
    "s3a": "image-classification[s3]",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "hdfs": "pyarrow",
    "sftp": "paramiko",
    "ssh": "paramiko",
}
_USUAL = ("s3", "gs", "az", "https", "http", "sftp", "hdfs", "file")
# seconds until a bucket that does not answer is given up; a run waits for it at its start
_PATIENCE: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}}}
}
_PATIENCE["s3a"] = _PATIENCE["s3"]


class _ToldAlready(logging.Filter):
    """Have what libraries leave behind of a lost connection go to the log file alone.

    Each upload under way leaves a task of its own whose error nobody asks for, and asyncio reports each with
    its traceback; what has gone wrong is raised, and told once.
    """

    _LIBRARIES = ("aiohttp", "aiobotocore", "s3fs", "fsspec", "gcsfs", "adlfs")

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the message for one of those who look for mistakes in programs."""
        text = record.getMessage()
        if "was never retrieved" in text and any(
            f"/{name}/" in text.replace("\\", "/") for name in self._LIBRARIES
        ):
            record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        return True


_TOLD_ALREADY = _ToldAlready()


def open_store(address: Address, access: Access) -> Any:
    """Return the file system of fsspec that an address is in.

    Raises:
        UserError: There is no such protocol, its library is not installed, or does not take the credentials.
    """
    import fsspec  # noqa: PLC0415  (takes a fifth of a second)

    logging.getLogger("asyncio").addFilter(_TOLD_ALREADY)
    protocol = address.protocol
    if protocol not in fsspec.available_protocols():
        guess = did_you_mean([f"{name}://" for name in nearest_names(protocol, _USUAL)])
        raise UserError(
            f"{address}: nothing is known that opens {protocol}://{guess}\nExpected a path on this machine, "
            f"or an address that begins with {', '.join(f'{name}://' for name in _USUAL)} or another one of "
            "fsspec."
        )
    options = access.credentials_for(protocol)
    try:
        # what is there is looked at anew in each run
        usual = {"use_listings_cache": False, "skip_instance_cache": True}
        return fsspec.get_filesystem_class(protocol)(**usual, **(_PATIENCE.get(protocol, {}) | options))
    except ImportError as error:
        package = _PACKAGES.get(protocol, f"what fsspec needs for {protocol}://")
        raise UserError(
            f"{address} can be opened only where a library for {protocol}:// is installed: "
            f'pip install "{package}"'
        ) from error
    except (TypeError, ValueError) as error:
        reason = without(secrets_of(options), str(error))
        # the cause is left out: it may name what it was given
        raise UserError(
            f"The entry for {protocol} in conf/local/credentials.yml does not fit: {reason}\n"
            f"Expected what fsspec takes for {protocol}://, such as key: and secret: for s3."
        ) from None

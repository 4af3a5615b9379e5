"""The libraries of fsspec that open buckets and servers, each by the protocol of its addresses."""

import logging
from typing import Any

from image_classification.errors import UserError
from image_classification.remote.access import Access
from image_classification.remote.address import Address
from image_classification.remote.patience import PatientStore, wait_for
from image_classification.remote.troubles import secrets_of, unfit, without
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


def open_store(address: Address, access: Access) -> PatientStore:
    """Return the file system of fsspec that an address is in.

    Raises:
        UserError: There is no such protocol, its library is not installed, or does not take the credentials.
        Exception: of the library, where it connects and cannot.
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
        seconds = access.options.timeout_s
        make = fsspec.get_filesystem_class(protocol)
        own = usual | _timeouts(protocol, seconds) | options
        return PatientStore(wait_for(lambda: make(**own), seconds), seconds)
    except ImportError as error:
        package = _PACKAGES.get(protocol, f"what fsspec needs for {protocol}://")
        raise UserError(
            f"{address} can be opened only where a library for {protocol}:// is installed: "
            f'pip install "{package}"'
        ) from error
    except (TypeError, ValueError) as error:
        reason = without(secrets_of(options), str(error))
        # the cause is left out: it may name what it was given
        raise UserError(unfit(protocol, reason)) from None


def _timeouts(protocol: str, seconds: float) -> dict[str, Any]:
    """Have a library close dead connections in time, and end no long download, as it may by itself."""
    if protocol in {"s3", "s3a"}:
        limits = {"connect_timeout": min(seconds, 10), "read_timeout": seconds}
        return {"config_kwargs": limits | {"retries": {"max_attempts": 2}}}
    if protocol in {"http", "https"}:
        import aiohttp  # noqa: PLC0415  (takes a fifth of a second)

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)
        return {"client_kwargs": {"timeout": timeout}}
    return {}

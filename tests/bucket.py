"""A server on this machine that answers as S3 does (moto), and buckets in it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEY, SECRET = "AKIAEXAMPLE", "a-secret-that-nobody-may-see"


class Server:
    """The server; it asks nobody for credentials until it is told to."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells of each request
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.url = f"http://{host}:{port}"

    @property
    def credentials(self) -> dict[str, Any]:
        """What stands in conf/local/credentials.yml below s3."""
        endpoint = {"endpoint_url": self.url, "region_name": "us-east-1"}
        return {"key": KEY, "secret": SECRET, "client_kwargs": endpoint}

    @cached_property
    def client(self) -> Any:
        """A client of boto3."""
        options = {"endpoint_url": self.url, "region_name": "us-east-1"}
        config = Config(parameter_validation=False)
        return boto3.client(
            "s3", aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=config, **options
        )

    def make(self, bucket: str, objects: Mapping[str, bytes | Path] | None = None) -> None:
        """Make a bucket with objects in it, by their keys."""
        self.client.create_bucket(Bucket=bucket)
        self.put(bucket, objects or {})

    def put(self, bucket: str, objects: Mapping[str, bytes | Path]) -> None:
        """Write objects, from bytes or files."""
        client = self.client
        for key, content in objects.items():
            body = content.read_bytes() if isinstance(content, Path) else content
            client.put_object(Bucket=bucket, Key=key, Body=body)

    def put_folder(self, bucket: str, prefix: str, folder: Path) -> None:
        """Write all files of a folder."""
        files = (path for path in folder.rglob("*") if path.is_file())
        self.put(bucket, {f"{prefix}/{path.relative_to(folder).as_posix()}": path for path in files})

    def delete(self, bucket: str, *keys: str) -> None:
        """Delete objects."""
        for key in keys:
            self.client.delete_object(Bucket=bucket, Key=key)

    def keys(self, bucket: str) -> list[str]:
        """List what is in a bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        """Read an object."""
        content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    @contextmanager
    def asking_for_credentials(self) -> Iterator[None]:
        """Refuse everybody within the block: nobody has credentials that this server knows."""
        requests.post(f"{self.url}/moto-api/reset-auth", data=b"0", timeout=10)
        try:
            yield
        finally:
            requests.post(f"{self.url}/moto-api/reset-auth", data=b"inf", timeout=10)

    def stop(self) -> None:
        """End the server."""
        self._moto.stop()

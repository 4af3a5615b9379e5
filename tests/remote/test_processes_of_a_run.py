"""A process of a run knows the copies that its parent has fetched; it is given no credentials."""

import subprocess
import sys

import pytest
from tests.bucket import SECRET

from image_classification import Classifier
from image_classification.errors import UserError

SAY = """
import os
from image_classification.remote.fetched import here
from image_classification.remote.names import named
path = here({address!r})
print(path.read_text(), named(path), {secret!r} in str(os.environ))
"""


@pytest.mark.parametrize("fetched", ["", "/folder/file ü"])
def test_what_was_fetched_is_known(begin, server, bucket, fetched):
    from image_classification.remote.fetched import here  # noqa: PLC0415

    server.make(bucket, {"folder/file ü": b"content"})
    here(f"s3://{bucket}{fetched}")
    address = f"s3://{bucket}/folder/file ü"
    code = SAY.format(address=address, secret=SECRET)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"content {address} False"


def test_a_script_names_a_network_by_its_address(begin, server, bucket):
    server.make(bucket, {"network.safetensors": b"no network", "folder/a.txt": b""})
    with pytest.raises(UserError, match=f"s3://{bucket}/network.safetensors"):
        Classifier.load(f"s3://{bucket}/network.safetensors")
    with pytest.raises(UserError, match=f"no trained network in the folder s3://{bucket}/folder"):
        Classifier.load(f"s3://{bucket}/folder")

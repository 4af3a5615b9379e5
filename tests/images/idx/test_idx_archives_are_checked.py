"""A malformed archive is named together with what is wrong with it."""

import gzip

import numpy as np
import pytest

from image_classification.errors import UserError
from image_classification.images.idx.archive import read_idx

GOOD = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(6))


def test_values_and_shape(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(GOOD, mtime=0))

    np.testing.assert_array_equal(read_idx(path, 2), np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no gzip", "decompressed"),
        (gzip.compress(GOOD, mtime=0)[:-10], "decompressed"),
        (gzip.compress(b"", mtime=0), "begins with nothing"),
        (gzip.compress(b"\x01\x02\x03\x04", mtime=0), "begins with 01 02 03 04"),
        (gzip.compress(b"\0\0\x0d" + GOOD[3:], mtime=0), "type 0x0d"),
        (gzip.compress(b"\0\0\x08\x03" + GOOD[4:], mtime=0), "3 dimensions instead of 2"),
        (gzip.compress(GOOD[:-1], mtime=0), "17 bytes where its header announces 18"),
        (gzip.compress(GOOD[:8], mtime=0), "holds 8 bytes"),
    ],
)
def test_malformed(tmp_path, content, reason):
    path = tmp_path / "a.gz"
    path.write_bytes(content)

    with pytest.raises(UserError, match=reason) as caught:
        read_idx(path, 2)

    assert str(path) in str(caught.value).splitlines()[0]


def test_missing(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_idx(tmp_path / "a.gz", 2)

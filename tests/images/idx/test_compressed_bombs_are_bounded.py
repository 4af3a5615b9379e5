"""Of a compressed file no more is unpacked than it says that it holds, and that has to fit into memory."""

import gzip
import tracemalloc

import pytest

from image_classification.errors import UserError
from image_classification.images.idx.archive import read_idx

LABELS = bytes([0, 0, 8, 1])


def test_what_follows_the_numbers_is_not_kept(tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(LABELS + (10).to_bytes(4, "big") + bytes(100_000_000), compresslevel=1))
    tracemalloc.start()

    with pytest.raises(UserError, match=r"holds 100000008 bytes where its header announces 18"):
        read_idx(path, dimensions=1)

    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_more_than_the_memory_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "images.gz"
    shape = b"".join(size.to_bytes(4, "big") for size in (2**32 - 1, 2**32 - 1, 2**32 - 1))
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 3]) + shape))

    with pytest.raises(UserError, match=r"images.gz announces would need .* EB of memory"):
        read_idx(path, dimensions=3)


@pytest.mark.parametrize("length", [4, 5, 7])
def test_a_header_that_is_cut(tmp_path, length):
    path = tmp_path / "labels"
    path.write_bytes((LABELS + (10).to_bytes(4, "big"))[:length])

    with pytest.raises(UserError, match=rf"it holds {length} bytes, and its header alone has 8"):
        read_idx(path, dimensions=1)

"""What is complete stays, what is missing or damaged is fetched, from any kind of mirror."""

import hashlib
import os
import signal
import sys

import pytest
from tests.programs import running

from image_classification.images.idx import mirror
from image_classification.images.idx.download import RemoteFile, download_files

CONTENTS = {"one.gz": b"\x1f\x8bone", "two.gz": b"\x1f\x8btwo"}
FILES = [
    RemoteFile(name, hashlib.md5(content).hexdigest(), len(content)) for name, content in CONTENTS.items()
]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("slash", ["", "/"])
def test_over_http(start_server, tmp_path, slash):
    server = start_server()
    server.files = CONTENTS

    report = download_files(FILES, tmp_path / "raw", [server.address + slash], 20)

    assert contents(tmp_path / "raw") == CONTENTS
    assert report.fetched == dict.fromkeys(CONTENTS, server.address + slash)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("encode", [str, lambda path: path.replace("%", "%25").replace(" ", "%20")])
def test_from_a_folder_whose_name_is_written_plainly_or_encoded(tmp_path, slash, encode):
    mirror = tmp_path / "my 100% mirror"
    mirror.mkdir()
    for name, content in CONTENTS.items():
        (mirror / name).write_bytes(content)

    download_files(FILES, tmp_path / "raw", [f"file://{encode(str(mirror))}{slash}"], 20)

    assert contents(tmp_path / "raw") == CONTENTS


def test_complete_files_are_not_fetched_again(start_server, tmp_path):
    server = start_server()
    server.files = CONTENTS
    (tmp_path / "one.gz").write_bytes(CONTENTS["one.gz"])

    report = download_files(FILES, tmp_path, [server.address], 20)

    assert server.asked == ["two.gz"]
    assert report.fetched == {"two.gz": server.address}


def test_a_damaged_file_is_fetched_again(start_server, tmp_path):
    server = start_server()
    server.files = CONTENTS
    (tmp_path / "one.gz").write_bytes(CONTENTS["one.gz"][:-1])
    (tmp_path / "two.gz").write_bytes(CONTENTS["two.gz"])

    download_files(FILES, tmp_path, [server.address], 20)

    assert server.asked == ["one.gz"]
    assert contents(tmp_path) == CONTENTS


def _size(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:  # made for a moment, to see with which permissions
        return 0


def test_a_killed_download_is_repaired_by_the_next(start_server, tmp_path):
    server = start_server()
    server.behaviours["one.gz"] = server.fall_silent_after(bytes(2 * mirror._CHUNK))
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from image_classification.images.idx.download import RemoteFile, download_files\n"
        "download_files([RemoteFile('one.gz', sys.argv[3], 10**9)], Path(sys.argv[1]), [sys.argv[2]], 600)"
    )
    folder = tmp_path / "raw"
    with running([sys.executable, "-c", program, folder, server.address, FILES[0].md5]) as process:
        while not any(_size(path) for path in folder.glob(".one.gz.*")):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    assert [path.suffix for path in folder.iterdir()] == [".partial"]

    server.behaviours.clear()
    server.files = CONTENTS
    download_files(FILES, folder, [server.address], 20)

    assert contents(folder) == CONTENTS

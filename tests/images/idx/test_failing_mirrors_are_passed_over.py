"""Whatever a mirror does wrong, nothing of it stays on disk and the next mirror is tried."""

import hashlib
import socket

import pytest

from image_classification.images.idx.download import RemoteFile, download_files

CONTENT = b"\x1f\x8b" + bytes(range(256)) * 4000  # about 1 MB: several chunks
FILE = RemoteFile("archive.gz", hashlib.md5(CONTENT).hexdigest(), len(CONTENT))
OTHER = RemoteFile("other.gz", hashlib.md5(b"\x1f\x8bother").hexdigest(), 7)
PATIENT, IMPATIENT = 20.0, 1.0


@pytest.fixture
def good(start_server):
    server = start_server()
    server.files = {FILE.name: CONTENT, OTHER.name: b"\x1f\x8bother"}
    return server


@pytest.fixture
def bad(start_server):
    return start_server()


def behaviours(server):
    return {
        "403": server.answer_with_status(403),
        "404": server.answer_with_status(404),
        "500": server.answer_with_status(500),
        "truncated": server.answer_with(CONTENT[:300_000], length=len(CONTENT)),
        "short": server.answer_with(CONTENT[:300_000]),
        "endless": server.answer_with(CONTENT * 3),
        "changed": server.answer_with(b"\x1f\x8b" + bytes(len(CONTENT) - 2)),
        "html": server.answer_with(b"\n <!DOCTYPE html><p>Not here</p>", kind="text/html"),
        "empty": server.answer_with(b""),
    }


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("403", "HTTP 403"),
        ("404", "HTTP 404"),
        ("500", "HTTP 500"),
        ("truncated", "truncated: 300000 of"),
        ("short", "truncated: 300000 of"),
        ("endless", "too long"),
        ("changed", "wrong checksum: MD5"),
        ("html", "a web page came"),
        ("empty", "truncated: 0 of"),
    ],
)
def test_a_bad_answer(bad, good, tmp_path, kind, reason):
    bad.behaviours[FILE.name] = behaviours(bad)[kind]
    bad.files[OTHER.name] = b"\x1f\x8bother"
    folder = tmp_path / "archives"

    report = download_files([FILE, OTHER], folder, [bad.address, good.address], PATIENT)

    [(mirror, told)] = report.failures
    assert mirror == bad.address
    assert told.startswith(f"{FILE.name}: ")
    assert reason in told
    assert report.fetched == {FILE.name: good.address, OTHER.name: bad.address}  # a bad file is no bad mirror
    assert report.missing == []
    assert (folder / FILE.name).read_bytes() == CONTENT
    assert {path.name for path in folder.iterdir()} == {FILE.name, OTHER.name}


@pytest.mark.parametrize("kind", ["truncated", "changed", "html", "500"])
def test_a_bad_answer_of_the_only_mirror_leaves_nothing(bad, tmp_path, kind):
    bad.behaviours[FILE.name] = behaviours(bad)[kind]

    report = download_files([FILE], tmp_path, [bad.address], PATIENT)

    assert report.missing == [FILE.name]
    assert list(tmp_path.iterdir()) == []


def test_a_bad_answer_does_not_destroy_what_was_there(bad, tmp_path):
    (tmp_path / FILE.name).write_bytes(b"half of it")
    bad.behaviours[FILE.name] = behaviours(bad)["truncated"]

    download_files([FILE], tmp_path, [bad.address], PATIENT)

    assert (tmp_path / FILE.name).read_bytes() == b"half of it"


def test_a_mirror_that_never_answers_is_asked_once(bad, good, tmp_path):
    bad.behaviours = dict.fromkeys((FILE.name, OTHER.name), bad.say_nothing)

    report = download_files([FILE, OTHER], tmp_path, [bad.address, good.address], IMPATIENT)

    assert bad.asked == [FILE.name]
    assert report.failures == [(bad.address, "no answer within 1 s")]
    assert report.missing == []


def test_a_mirror_that_falls_silent_is_left(bad, good, tmp_path):
    bad.behaviours[FILE.name] = bad.fall_silent_after(CONTENT[:-1])

    report = download_files([FILE, OTHER], tmp_path, [bad.address, good.address], IMPATIENT)

    assert bad.asked == [FILE.name]
    assert report.failures == [(bad.address, "fell silent for 1 s during the download")]
    assert (tmp_path / FILE.name).read_bytes() == CONTENT


def test_a_host_where_nobody_listens_is_asked_once(good, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/"

        report = download_files([FILE, OTHER], tmp_path, [dead, good.address], PATIENT)

    assert report.failures == [(dead, "no connection (Connection refused)")]
    assert report.missing == []


def test_a_host_that_does_not_exist(good, tmp_path, monkeypatch):
    look_up = socket.getaddrinfo

    def look_up_but_one(host, *arguments, **options):
        if host == "nowhere.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_but_one)

    report = download_files([FILE], tmp_path, ["http://nowhere.test/", good.address], PATIENT)

    assert report.failures == [("http://nowhere.test/", "no connection (Name or service not known)")]
    assert report.missing == []


def test_a_look_up_of_the_host_that_takes_for_ever(good, tmp_path, monkeypatch):
    look_up = socket.getaddrinfo

    def look_up_but_one(host, *arguments, **options):
        if host == "nowhere.test":
            good.released.wait()
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_but_one)

    report = download_files([FILE, OTHER], tmp_path, ["http://nowhere.test/", good.address], IMPATIENT)

    assert report.failures == [("http://nowhere.test/", "no answer within 1 s")]
    assert report.missing == []


def test_a_file_mirror_without_the_folder_or_the_file(good, tmp_path):
    (tmp_path / "empty").mkdir()
    gone, empty = f"file://{tmp_path}/gone", f"file://{tmp_path}/empty"

    report = download_files([FILE], tmp_path / "archives", [gone, empty, good.address], PATIENT)

    assert report.failures == [
        (gone, "there is no such folder"),
        (empty, f"{FILE.name}: No such file or directory"),
    ]
    assert report.missing == []

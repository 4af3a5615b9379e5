"""A log file that cannot be written is said in one line, once; the run goes on and ends as it would."""

import logging
from pathlib import Path

import pytest
from tests.disk import files_of_at_most

from image_classification.cli.logs import FOLDER, run_logging

LOGGER = logging.getLogger("image_classification")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_said_once(tmp_path, capsys):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "info.log").symlink_to("/dev/full")
    with run_logging(tmp_path):
        for number in range(100):
            LOGGER.info("message %s", number)
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line for line in lines if "log file" in line] == [
        f"Warning: The log file {tmp_path / FOLDER / 'info.log'} ends here: No space left on device"
    ]
    assert len(lines) == 101
    assert shown.err == ""


def test_a_file_that_may_not_grow_is_said_once(tmp_path, capsys):
    with files_of_at_most(1000), run_logging(tmp_path):
        for number in range(100):
            LOGGER.info("message %s", number)
    shown = capsys.readouterr()
    assert sum("ends here: File too large" in line for line in shown.out.splitlines()) == 1
    assert shown.err == ""
    assert "message 3" in (tmp_path / FOLDER / "info.log").read_text()


@pytest.mark.parametrize("in_the_way", ["a file", "a folder of the same name"])
def test_what_stands_in_the_way_is_said_in_one_line(tmp_path, capsys, in_the_way):
    if in_the_way == "a file":
        (tmp_path / FOLDER).write_text("")
    else:
        (tmp_path / FOLDER / "info.log").mkdir(parents=True)
    with run_logging(tmp_path):
        LOGGER.info("message")
    shown = capsys.readouterr()
    warning, message = shown.out.splitlines()
    assert warning.startswith(f"Warning: There will be no log file {tmp_path / FOLDER / 'info.log'}: ")
    assert message == "message"
    assert shown.err == ""

"""A connection that is lost is told once, by us: what libraries leave behind of it is for the log file."""

import asyncio
import logging

import pytest

from image_classification.remote.access import access
from image_classification.remote.results import ResultsFolder


@pytest.mark.parametrize("library", ["aiohttp", "s3fs"])
def test_what_a_library_leaves_behind_is_for_the_log_file(begin, bucket, caplog, library):
    ResultsFolder(f"memory://{bucket}/x", access())

    def report(place):
        loop = asyncio.new_event_loop()
        loop.call_exception_handler(
            {"message": "Task exception was never retrieved", "future": f"<Task defined at {place}>"}
        )
        loop.close()

    report(f"/lib/site-packages/{library}/client.py:1538")
    report("/home/somebody/mine.py:1")
    assert [each.levelno for each in caplog.records] == [logging.DEBUG, logging.ERROR]

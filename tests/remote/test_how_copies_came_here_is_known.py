"""How each copy came here is known in a run and its processes: fetched when, or of before, and why."""

import logging

import pytest

from image_classification.remote import access as of_access
from image_classification.remote.access import access
from image_classification.remote.fetched import here


@pytest.mark.parametrize(
    ("check", "is_there", "said"),
    [
        ("if_reachable", True, "fetched "),
        ("if_reachable", False, "as nobody answered"),
        ("never", True, "without asking"),
    ],
)
def test_of_a_folder(begin, server, bucket, monkeypatch, caplog, check, is_there, said):
    caplog.set_level(logging.INFO)
    server.make(bucket, {"x/1": b"1"})
    here(f"s3://{bucket}/x")
    known = {**server.credentials}
    if not is_there:
        known["client_kwargs"] = {**known["client_kwargs"], "endpoint_url": "http://127.0.0.1:9"}
    begin({"s3": known}, check=check)
    here(f"s3://{bucket}/x")
    assert list(access().fetched) == [f"s3://{bucket}/x"]
    assert said in access().fetched[f"s3://{bucket}/x"]
    before = access().fetched
    monkeypatch.setattr(of_access, "_access", None)  # as in a process of the run
    assert access().fetched == before

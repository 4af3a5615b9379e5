"""What goes into one result has to come from one making; a mixture is refused, and the remedy told."""

import shutil

import pytest

from image_classification.errors import UserError

PLAIN = {"only_missing": False}


@pytest.fixture(autouse=True)
def _known(workshop, monkeypatch):
    """The pipeline is one of the project's, so that its nodes can be named."""
    known = {"all": workshop.pipeline(workshop.steps())}
    monkeypatch.setattr("image_classification.hooks.origins.registered", lambda: known)


def pair(workshop):
    """Let `total` read what `double` made as well."""
    workshop.edit("steps.py", "def total(shifted):", "def total(shifted, doubled):")
    workshop.wiring["total"] = ["shifted", "doubled"]


def test_what_was_made_of_an_earlier_state_of_what_is_read_beside_it(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    workshop.parameters["factor"] = 5
    workshop.run(**PLAIN, to_nodes=["double"])

    with pytest.raises(UserError) as refused:
        workshop.run(**PLAIN, from_nodes=["total"])

    first, second = str(refused.value).splitlines()
    assert first.startswith("shifted does not belong to doubled: it was made from another one (20")
    assert second == "Make it again from what is there now: kedro run --pipeline all --from-nodes shift"
    assert workshop.run(**PLAIN, from_nodes=["shift"]) == ["shift", "total"]


def test_the_same_content_made_again_belongs_to_what_was_made_of_it(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    workshop.run(**PLAIN, to_nodes=["double"])
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]


def test_what_is_read_by_different_nodes_and_meets_later(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    earlier = workshop.data / "earlier"
    shutil.copytree(workshop.data, earlier, ignore=shutil.ignore_patterns("earlier"))
    workshop.parameters["factor"] = 5
    workshop.run(**PLAIN)
    shutil.copy(earlier / "shifted.json", workshop.data)
    shutil.copy(earlier / ".origins" / "shifted.json.json", workshop.data / ".origins")

    with pytest.raises(UserError, match="shifted does not belong to doubled"):
        workshop.run(**PLAIN, from_nodes=["total"])


def test_a_file_of_a_person_s_own_belongs_to_everything_but_what_was_made_of_another(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    (workshop.data / "shifted.json").write_text("[9, 9, 9]")
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]
    (workshop.data / "doubled.json").write_text("[8, 8, 8]")
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]


def test_moved_files_keep_their_records(workshop, tmp_path):
    pair(workshop)
    workshop.run(**PLAIN)
    shutil.copytree(workshop.data, tmp_path / "moved")
    workshop.data = tmp_path / "moved"
    assert workshop.run() == []
    workshop.parameters["factor"] = 5
    workshop.run(**PLAIN, to_nodes=["double"])
    with pytest.raises(UserError, match="shifted does not belong to doubled"):
        workshop.run(**PLAIN, from_nodes=["total"])


def test_nothing_is_written_by_what_is_refused(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    workshop.parameters["factor"] = 5
    workshop.run(**PLAIN, to_nodes=["double"])
    before = (workshop.data / "sum.json").read_bytes()
    with pytest.raises(UserError):
        workshop.run(**PLAIN, from_nodes=["total"])
    assert (workshop.data / "sum.json").read_bytes() == before

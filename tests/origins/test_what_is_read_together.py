"""What goes into one result has to come from one making; a mixture is refused, and the remedy told."""

import shutil

import pytest
from kedro.framework.hooks import hook_impl

from image_classification.datasets.atomic import JSONDataset
from image_classification.datasets.local import FilePlaceDataset
from image_classification.errors import UserError
from image_classification.hooks.origins import OriginsHook

PLAIN = {"only_missing": False}


@pytest.fixture(autouse=True)
def _known(workshop, monkeypatch):
    """The pipeline is one of the project's, so that its nodes can be named."""
    known = {"all": workshop.pipeline(workshop.steps())}
    monkeypatch.setattr("image_classification.hooks.remedies.registered", lambda: known)


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


def test_a_file_that_was_changed_is_named_itself_where_others_were_made_from_it(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    (workshop.data / "shifted.json").write_text("[9, 9, 9]")
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]  # nothing that is read was made from it
    (workshop.data / "doubled.json").write_text("[8, 8, 8]")
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]

    workshop.run(**PLAIN)
    (workshop.data / "doubled.json").write_text("[8, 8, 8]")
    with pytest.raises(UserError) as refused:
        workshop.run(**PLAIN, from_nodes=["total"])
    first, second = str(refused.value).splitlines()
    assert first.startswith("doubled has changed since it was made (20")
    assert first.endswith("and shifted was made from what it was.")
    assert second == "Make it again: kedro run --pipeline all --from-nodes double"


def test_a_file_of_a_person_s_own_belongs_to_everything(workshop):
    pair(workshop)
    workshop.run(**PLAIN)
    shutil.rmtree(workshop.data / ".origins")
    (workshop.data / "doubled.json").write_text("[8, 8, 8]")
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]


def test_what_a_run_had_begun_to_replace_when_it_was_killed(workshop, monkeypatch):
    pair(workshop)
    workshop.run(**PLAIN)
    workshop.parameters["factor"] = 5
    with monkeypatch.context() as patch:
        patch.setattr(OriginsHook, "after_dataset_saved", hook_impl(lambda self: None))
        workshop.run(**PLAIN, to_nodes=["double"])
    with pytest.raises(UserError) as refused:
        workshop.run(**PLAIN, from_nodes=["total"])
    first, second = str(refused.value).splitlines()
    assert first.startswith("doubled is not complete: what was to make it anew has ended before its end (20")
    assert second == "Make it again: kedro run --pipeline all --from-nodes double"
    assert workshop.run(**PLAIN, from_nodes=["double"]) == ["double", "shift", "total"]


def test_what_is_at_a_place_alone_need_not_belong_to_anything(workshop, monkeypatch):
    pair(workshop)
    workshop.run(**PLAIN)
    workshop.parameters["factor"] = 5
    workshop.run(**PLAIN, to_nodes=["double"])
    workshop.settings["doubled"] = {"type": FilePlaceDataset}
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]

    with monkeypatch.context() as patch:
        patch.setattr(OriginsHook, "after_dataset_saved", hook_impl(lambda self: None))
        del workshop.settings["doubled"]
        workshop.parameters["factor"] = 6
        workshop.run(**PLAIN, to_nodes=["double"])
    workshop.settings["doubled"] = {"type": FilePlaceDataset}
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]


def test_what_a_run_was_about_to_replace_and_did_not_is_what_it_was(workshop, monkeypatch):
    pair(workshop)
    workshop.run(**PLAIN)
    with monkeypatch.context() as patch:
        patch.setattr(JSONDataset, "save", lambda self, data: None)
        patch.setattr(OriginsHook, "after_dataset_saved", hook_impl(lambda self: None))
        workshop.run(**PLAIN, to_nodes=["double"])
    assert workshop.run(**PLAIN, from_nodes=["total"]) == ["total"]
    assert workshop.run() == []


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

"""Everything that tasks of their own processes cannot do is named before they run."""

from pathlib import Path

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro_datasets.json import JSONDataset
from tests.deployment.conftest import wired

from image_classification.deployment.check import troubles
from image_classification.deployment.groups import Group, group_nodes

CHAIN = wired(
    data__read=("params:path", "rows"),
    data__clean=("rows parameters", "clean_rows"),
    model__fit=("clean_rows params:rate", "model"),
    model__score=("model clean_rows", "scores"),
    report__write=("scores model", "page"),
)
NAMES = ["rows", "clean_rows", "model", "scores", "page"]


def checked(pipeline, catalog, by, project=Path("/elsewhere"), **options):
    return troubles(pipeline, group_nodes(pipeline, catalog, by), catalog, project, **options)


@pytest.mark.parametrize("by", ["node", "namespace", "memory"])
def test_nothing_goes_wrong_with_files(by, in_files):
    assert checked(CHAIN, in_files(NAMES), by) == []


@pytest.mark.parametrize("by", ["namespace", "memory"])
def test_memory_within_a_task_is_as_good(by, in_files):
    assert checked(CHAIN, in_files(["clean_rows", "model", "scores"]), by) == []


@pytest.mark.parametrize("lost", [["clean_rows"], ["model", "scores"], ["rows"], NAMES])
@pytest.mark.parametrize("in_catalog", [True, False])
def test_what_is_lost_between_tasks_is_named_once(lost, in_catalog, in_files):
    catalog = in_files(set(NAMES) - set(lost))
    if in_catalog:
        for name in lost:
            catalog[name] = MemoryDataset()

    found = checked(CHAIN, catalog, "node")

    handed = sorted(set(lost) - {"page"})  # which nobody reads
    assert [message.split()[0] for message in found] == handed
    assert all(("dataset of memory" in message) is in_catalog for message in found)
    assert all("conf/base/catalog.yml" in message for message in found)


def test_who_makes_and_who_reads_it_is_said(in_files):
    (found,) = checked(CHAIN, in_files(["rows", "clean_rows", "scores"]), "namespace")

    assert "made by model.fit (task model)" in found
    assert "when report.write (task report) asks for it" in found
    assert "score" not in found.split("asks")[0].split("made by")[1]  # it is in the same task


@pytest.mark.parametrize("lost", ["table@rows", "table@columns"])
def test_both_forms_of_a_transcoded_dataset_count(lost, tmp_path):
    pipeline = wired(make=("params:x", "table@rows"), use=("table@columns", "result"))
    names = {"table@rows", "table@columns"} - {lost}
    catalog = DataCatalog({name: JSONDataset(filepath=str(tmp_path / "table.json")) for name in names})

    (found,) = checked(pipeline, catalog, "node")

    assert found.startswith(f"{lost} is not in the catalog")


@pytest.mark.parametrize("in_catalog", [True, False])
def test_what_no_node_makes_has_to_be_somewhere(in_catalog, in_files):
    pipeline = wired(first=("given params:a", "one"), second=("given one", "two"))
    catalog = in_files(["one"])
    if in_catalog:
        catalog["given"] = MemoryDataset(1)

    (found,) = checked(pipeline, catalog, "memory")

    assert found.startswith("given is a dataset of memory" if in_catalog else "given is not in the catalog")
    assert "no node makes it: first, second would not find it" in found
    assert checked(pipeline, in_files(["one", "given"]), "memory") == []


def test_parameters_are_no_handover(in_files):
    pipeline = wired(first=("parameters params:a.b", "one"), second=("parameters params:a.b", "two"))

    assert checked(pipeline, in_files([]), "node") == []


@pytest.mark.filterwarnings("ignore:Namespace:UserWarning")  # as Kedro says of such a pipeline
def test_stages_that_need_each_other(in_files):
    pipeline = wired(
        a__begin=("params:x", "one"),
        b__middle=("one", "two"),
        a__end=("one two", "three"),
        c__last=("three", "four"),
    )
    catalog = in_files(["one", "two", "three", "four"])

    (found,) = checked(pipeline, catalog, "namespace")

    assert "wait for each other" in found
    assert "b needs one of a" in found
    assert "a needs two of b" in found
    assert checked(pipeline, catalog, "node") == []


def test_nodes_kept_together_by_memory_may_be_a_circle_too(in_files):
    pipeline = wired(begin=("params:x", "hot cold"), middle=("cold", "warm"), end=("hot warm", "result"))

    found = checked(pipeline, in_files(["cold", "warm"]), "memory")

    assert len(found) == 1
    assert "begin_end" in found[0]
    assert "wait for each other" in found[0]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            [Group("all", ("data.read", "data.clean", "model.fit", "model.score"))],
            "No task runs report.write",
        ),
        ([Group("all", (*(node.name for node in CHAIN.nodes), "data.gone"))], "no data.gone"),
        (
            [
                Group("all", tuple(node.name for node in CHAIN.nodes)),
                Group("more", ("data.read",)),
            ],
            "Several tasks run data.read",
        ),
    ],
)
def test_tasks_of_another_state_of_the_pipeline(groups, said, in_files):
    found = troubles(CHAIN, groups, in_files(NAMES), Path("/elsewhere"))

    assert any(said in message for message in found)


def test_tasks_that_do_not_wait(in_files):
    first = Group("first", ("data.read", "data.clean", "model.fit"))
    last = Group("last", ("model.score", "report.write"))

    found = troubles(CHAIN, [first, last], in_files(NAMES), Path("/elsewhere"))

    assert any("last reads clean_rows and does not wait for the task first" in message for message in found)


def test_waiting_through_another_task_is_enough(in_files):
    groups = [
        Group("one", ("data.read", "data.clean")),
        Group("two", ("model.fit", "model.score"), ("one",)),
        Group("three", ("report.write",), ("two",)),
    ]
    direct = wired(a=("params:x", "one"), b=("one", "two"), c=("one two", "three"))
    chain = [Group("a", ("a",)), Group("b", ("b",), ("a",)), Group("c", ("c",), ("b",))]

    assert troubles(CHAIN, groups, in_files(NAMES), Path("/elsewhere")) == []
    assert troubles(direct, chain, in_files(["one", "two", "three"]), Path("/elsewhere")) == []


@pytest.mark.parametrize("is_ordered", [False, True])
def test_one_file_under_two_names(is_ordered, tmp_path, in_files):
    pipeline = wired(
        old=("before params:x", "seen"), new=("seen params:x" if is_ordered else "params:x", "after")
    )
    catalog = in_files(["seen"])
    for name in ("before", "after"):
        catalog[name] = JSONDataset(filepath=str(tmp_path / "memory.json"))

    found = checked(pipeline, catalog, "node")

    assert len(found) == (0 if is_ordered else 1)
    assert is_ordered or "same file as before" in found[0]


@pytest.mark.parametrize(
    ("folder", "said"),
    [("project/data", "folder of the project"), ("temporary", "folder for temporary files"), ("", "")],
)
def test_folders_that_other_machines_do_not_have(folder, said, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    place = tmp_path / folder if folder else tmp_path / "shared"
    catalog = DataCatalog({name: JSONDataset(filepath=str(place / f"{name}.json")) for name in NAMES})
    project = tmp_path / "project"

    assert checked(CHAIN, catalog, "namespace", project) == []
    found = checked(CHAIN, catalog, "namespace", project, on_several_machines=True)

    assert len(found) == bool(said)
    assert not said or (said in found[0] and found[0].startswith("clean_rows, model, scores"))

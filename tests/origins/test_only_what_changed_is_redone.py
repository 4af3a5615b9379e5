"""`--only-missing-outputs` makes what is missing or out of date, and nothing else."""

import hashlib
import os
from types import SimpleNamespace

import pytest
from kedro.runner import SequentialRunner, ThreadRunner

from image_classification.datasets.atomic import JSONDataset, ParquetDataset
from image_classification.datasets.network import NetworkDataset
from image_classification.files import stamp
from image_classification.origins import code, contents, handling, stale
from image_classification.origins.record import FOLDER
from image_classification.origins.state import state_of

ALL = ["double", "look", "shift", "total"]


def parameter(workshop):
    workshop.parameters["factor"] = 3


def ignored_parameter(workshop):
    workshop.parameters["unused"]["colour"] = "blue"


def parameter_beside_the_ignored_one(workshop):
    workshop.parameters["unused"]["shape"] = "square"


def input_file(workshop):
    (workshop.data / "numbers.json").write_text("[1, 2, 4]")


def input_file_written_again(workshop):
    path = workshop.data / "numbers.json"
    path.write_text(path.read_text())


def function(workshop):
    workshop.edit("steps.py", "return [number + OFFSET", "return [number + 2 * OFFSET")


def constant(workshop):
    workshop.edit("steps.py", "OFFSET = 1", "OFFSET = 2")


def helper_in_the_same_file(workshop):
    workshop.edit("steps.py", "return sum(numbers)", "return sum(numbers) + 1")


def helper_in_another_file(workshop):
    workshop.edit("arithmetic.py", "one * other", "other * one")


def file_that_nothing_uses(workshop):
    workshop.edit("unused.py", "0", "1")


def file_outside(workshop):
    workshop.outside.write_text("another text")


def file_outside_with_its_size_and_time(workshop):
    state = workshop.outside.stat()
    workshop.outside.write_text("0utside")
    os.utime(workshop.outside, ns=(state.st_atime_ns, state.st_mtime_ns))


def file_outside_touched(workshop):
    os.utime(workshop.outside, ns=(0, 0))


def output_with_its_size_and_time(workshop):
    path = workshop.data / "shifted.json"
    state, content = path.stat(), path.read_bytes()
    path.write_bytes(content.replace(b"3", b"8"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def copied_files(workshop):
    for path in workshop.data.glob("*.json"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)


def settings_of_an_output(workshop):
    workshop.settings["shifted"] = {"save_args": {"indent": 2}}


def settings_of_writing_an_input(workshop):
    workshop.settings["numbers"] = {"save_args": {"indent": 2}}


def settings_beside_the_content(workshop):
    workshop.settings["shifted"] = {"metadata": {"kedro-viz": {"layer": "raw"}}}


def another_kind_of_dataset(workshop):
    workshop.settings["sum"] = {"type": Sorted}


class Sorted(JSONDataset):
    """Another class that does the same, as far as anybody knows."""


def missing_output(workshop):
    (workshop.data / "shifted.json").unlink()


def output_written_by_hand(workshop):
    (workshop.data / "doubled.json").write_text("[2, 4, 7]")


def record_of_an_output(workshop):
    (workshop.data / ".origins" / "shifted.json.json").unlink()


def damaged_record(workshop):
    (workshop.data / ".origins" / "sum.json.json").write_text("{")


def last_output(workshop):
    (workshop.data / "sum.json").unlink()


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _: None, []),
        (parameter, ["double", "shift", "total"]),
        (ignored_parameter, []),
        (parameter_beside_the_ignored_one, ["look"]),
        (input_file, ["double", "shift", "total"]),
        (input_file_written_again, []),
        (function, ["shift", "total"]),
        (constant, ["shift", "total"]),
        (helper_in_the_same_file, ["total"]),
        (helper_in_another_file, ["double", "shift", "total"]),
        (file_that_nothing_uses, []),
        (file_outside, ["look"]),
        (file_outside_with_its_size_and_time, ["look"]),
        (file_outside_touched, []),
        (output_with_its_size_and_time, ["shift", "total"]),
        (copied_files, []),
        (settings_of_an_output, ["shift", "total"]),
        (settings_of_writing_an_input, []),
        (settings_beside_the_content, []),
        (another_kind_of_dataset, ["total"]),
        (missing_output, ["shift", "total"]),
        (output_written_by_hand, ["double", "shift", "total"]),
        (record_of_an_output, ["shift", "total"]),
        (damaged_record, ["total"]),
        (last_output, ["total"]),
    ],
)
def test_exactly_what_depends_on_a_change(workshop, change, expected, runner):
    assert workshop.run() == ALL
    change(workshop)
    assert workshop.run(runner=runner()) == expected
    assert workshop.run(runner=runner()) == []


def test_the_version_of_a_library_that_a_node_uses(workshop, monkeypatch):
    workshop.run()
    monkeypatch.setattr(code, "_version", lambda root: "0" if root == "numpy" else "")
    assert workshop.run() == ["double", "shift", "total"]


@pytest.mark.parametrize("in_memory", [{"doubled"}, {"shifted"}, {"doubled", "shifted"}])
@pytest.mark.parametrize("change", [parameter, input_file, helper_in_another_file])
def test_what_is_handed_on_in_memory_counts_by_what_it_is_made_of(workshop, change, in_memory):
    workshop.in_memory = in_memory
    assert workshop.run() == ALL
    assert workshop.run() == []
    change(workshop)
    assert workshop.run() == ["double", "shift", "total"]
    assert workshop.run() == []


def test_a_run_of_everything_runs_everything(workshop):
    assert workshop.run(only_missing=False) == workshop.run(only_missing=False) == ALL


def test_a_node_that_was_interrupted_between_its_outputs_is_run_again(workshop):
    workshop.run()
    state = (workshop.data / "sum.json").stat()
    (workshop.data / "sum.json").write_text("0")  # what a killed node has published without a record
    os.utime(workshop.data / "sum.json", ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert workshop.run() == ["total"]


def test_the_reasons_are_told(workshop, caplog):
    workshop.run()
    parameter(workshop)
    constant(workshop)
    caplog.clear()
    with caplog.at_level("INFO"):
        workshop.run()
    told = [record.getMessage() for record in caplog.records if record.name.endswith("origins")]
    assert told == ["To be made again: double (options.factor is 3, was 2)."]


class Loading(JSONDataset):
    def __init__(self, *, filepath, load_args=None):
        super().__init__(filepath=filepath)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("numbers", ["double", "shift", "total"]), ("doubled", ["shift", "total"]), ("sum", [])],
)
def test_how_a_file_is_read_counts_for_whoever_reads_it(workshop, name, expected):
    workshop.settings[name] = {"type": Loading}
    assert workshop.run() == ALL
    workshop.settings[name]["load_args"] = {"first": True}
    assert workshop.run() == expected
    assert workshop.run() == []


def test_the_code_of_a_dataset_counts_for_what_it_writes(workshop, package):
    text = "from image_classification.datasets import atomic\nclass Own(atomic.JSONDataset): number = 1"
    own = package(kinds=text)
    workshop.settings["shifted"] = {"type": own("kinds").Own}
    assert workshop.run() == ALL
    assert workshop.run() == []
    (package.folder / "kinds.py").write_text(text.replace("1", "2"))
    handling._code_of.cache_clear()  # as in another process
    assert workshop.run() == ["shift", "total"]
    assert workshop.run() == []


@pytest.mark.parametrize(
    ("kind", "module", "counts"),
    [
        (NetworkDataset, "networks.storage", True),
        (NetworkDataset, "evaluation.figures.style", False),
        (ParquetDataset, "files", True),
        (ParquetDataset, "datasets.messages", False),
        (ParquetDataset, "datasets.spreadsheet", False),
    ],
)
def test_only_the_code_that_reads_and_writes_counts_of_a_dataset(tmp_path, monkeypatch, kind, module, counts):
    dataset = kind(filepath=str(tmp_path / "file"))
    handling._code_of.cache_clear()
    before = handling.handling_of(dataset, is_read=False)
    source_of = code.source_of

    def changed(name):
        source = source_of(name)
        is_other = name == f"image_classification.{module}"
        return SimpleNamespace(digest="other", imports=source.imports) if is_other else source

    monkeypatch.setattr(code, "source_of", changed)
    handling._code_of.cache_clear()
    assert (handling.handling_of(dataset, is_read=False) != before) == counts
    handling._code_of.cache_clear()


def test_what_was_copied_or_touched_is_read_once(workshop, monkeypatch):
    read = []
    digest_of = contents.digest_of
    monkeypatch.setattr(
        contents, "digest_of", lambda path, now: read.append(path.name) or digest_of(path, now)
    )
    workshop.run()
    copied_files(workshop)
    stamps = {path: path.read_bytes() for path in (workshop.data / FOLDER).glob("*")}
    read.clear()

    assert workshop.run() == []
    made = ["doubled.json", "seen.json", "shifted.json", "sum.json"]
    assert sorted(name for name in read if name != "numbers.json") == made  # numbers.json has no record
    assert all(path.read_bytes() != content for path, content in stamps.items())

    read.clear()
    assert workshop.run() == []
    assert {*read} <= {"numbers.json"}


def test_a_file_without_a_record_is_read_once_in_a_process(workshop, monkeypatch):
    monkeypatch.setattr(stamp, "_TICK", -1)
    workshop.run()
    opened = []
    monkeypatch.setattr(
        contents.hashlib, "file_digest", lambda file, _: opened.append(file.name) or hashlib.sha256()
    )
    path = workshop.data / "numbers.json"
    path.write_text("[1, 2, 5]")
    assert workshop.run() == ["double", "shift", "total"]
    assert opened.count(str(path)) == 1


def test_a_record_that_cannot_be_renewed_stops_nothing(workshop, monkeypatch):
    workshop.run()
    copied_files(workshop)

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("image_classification.origins.record.write_origin", refuse)
    assert workshop.run() == []


def test_the_state_of_a_node_is_looked_at_once(workshop, monkeypatch):
    looked = []
    monkeypatch.setattr(
        stale, "state_of", lambda node, catalog: looked.append(node.name) or state_of(node, catalog)
    )
    workshop.run()
    workshop.run()
    assert sorted(looked) == ALL

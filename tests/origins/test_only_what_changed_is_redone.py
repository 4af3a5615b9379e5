"""`--only-missing-outputs` makes what is missing or out of date, and nothing else."""

import os

import pytest
from kedro.runner import SequentialRunner, ThreadRunner

from image_classification.origins import code

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
    monkeypatch.setattr(code, "_version", lambda root: (root, "0" if root == "numpy" else ""))
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

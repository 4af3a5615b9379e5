"""The reference in conf/README.md is that of the models, and it leaves no parameter out."""

import shutil
from pathlib import Path

import pytest

from image_classification.parameters.known import group_at, walk
from image_classification.parameters.reference import END, START, reference, write_reference
from image_classification.parameters.root import Parameters

README = Path(__file__).parents[2] / "conf" / "README.md"


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == write_reference(text), "run `make reference`"


@pytest.mark.slow
def test_its_command_writes_what_is_there(tmp_path, run_command) -> None:
    """In a process of its own: what was imported before must not decide about the order."""
    copy = Path(shutil.copy(README, tmp_path))
    done = run_command(tmp_path, "image_classification.parameters.reference", str(copy))
    assert done.returncode == 0, done.stderr
    assert copy.read_text(encoding="utf-8") == README.read_text(encoding="utf-8")


def test_every_parameter_has_a_row() -> None:
    text = reference()
    keys = [".".join(path) for path in (place.path for place in walk(Parameters))]
    parameters = [key for key in keys if not group_at(key.split("."), Parameters)]
    assert len(parameters) > 100
    for key in parameters:
        # what an item of a list holds is told in the row of the list
        parent = key.rpartition(".")[0]
        assert f"| `{key}` |" in text or f"| `{parent}` |" in text, key


def test_what_is_allowed_and_the_default_stand_beside_the_key() -> None:
    row = next(line for line in reference().splitlines() if line.startswith("| `modelling.training.epochs`"))
    assert row.startswith("| `modelling.training.epochs` | `5` | whole number ≥ 1 | ")


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the reference"):
        write_reference("# Another file")


def test_what_stood_between_the_marks_is_replaced() -> None:
    text = write_reference(f"before {START} outdated {END} after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert "outdated" not in text

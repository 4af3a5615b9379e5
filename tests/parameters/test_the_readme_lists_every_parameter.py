"""The reference in the README is that of the models, and it leaves no parameter out."""

from pathlib import Path

import pytest

from image_classification.parameters.known import known_paths
from image_classification.parameters.reference import END, START, reference, write_reference
from image_classification.parameters.root import Parameters

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == write_reference(text), "run `make reference`"


def test_every_parameter_and_group_is_named() -> None:
    text = reference()
    for path in known_paths(Parameters):
        key = ".".join(path)
        # items of a list or of a union are listed by name in their parent's row
        parent = ".".join(path[:-1])
        assert (
            f"{key}`" in text or f"`{key}." in text or f"<code>{key}</code>" in text or f"`{parent}`" in text
        )


def test_what_is_allowed_and_the_default_stand_beside_the_key() -> None:
    row = next(line for line in reference().splitlines() if line.startswith("| `modelling.training.epochs`"))
    assert row.startswith("| `modelling.training.epochs` | `5` | whole number ≥ 1 | ")


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the reference"):
        write_reference("# Another file")


def test_what_stood_between_the_marks_is_replaced() -> None:
    text = write_reference(f"before {START} old {END} after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert " old " not in text

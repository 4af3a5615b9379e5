"""The whole check of an export, from nothing but its folder."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from image_classification.errors import UserError
from image_classification.export.formats.all_formats import FORMATS
from image_classification.export.golden.files import GoldenSet, read_golden
from image_classification.export.options import Format
from image_classification.export.preprocessing import STAGE_OF, Preprocessing
from image_classification.export.record import PREPROCESSING, RECORD, changed_files, read_record
from image_classification.export.stages import (
    Checked,
    check_answers,
    check_network,
    check_pictures,
)
from image_classification.files.paths import exists, is_file, is_folder
from image_classification.files.troubles import first_line, require_readable
from image_classification.words import printable, shorten, some

TRUST = "--trust"  # the option of the command


def verify_export(folder: Path, *, trusts: bool = False) -> list[Checked]:
    """Check every file, every stage and every format that can be run here.

    Args:
        folder: of the export.
        trusts: whoever made it is trusted: formats that may hold code are opened too.

    Raises:
        UserError: there is no export in this folder.
    """
    _require_export(folder)
    changed, checked = _check_files(folder)
    try:
        rule = Preprocessing.model_validate_json((folder / PREPROCESSING).read_bytes())
    except ValidationError as error:
        return [*checked, *_impossible(error)]
    except OSError as error:
        return [*checked, Checked("files", trouble=f"{PREPROCESSING}: {printable(first_line(error))}")]
    try:
        golden = read_golden(folder)
    except Exception as error:  # what damaged files lead to is of every kind
        trouble = f"the golden pictures cannot be read: {printable(first_line(error))}"
        return [*checked, Checked("files", trouble=trouble)]
    checked += check_pictures(golden, rule)
    for name in _formats_in(folder):
        checked += _check_format(name, folder, changed if trusts else None, golden, rule)
    return [*checked, check_answers(golden, rule)]


def _require_export(folder: Path) -> None:
    if not exists(folder):
        raise UserError(f"There is no folder {folder}.\nExpected one that kedro run --pipeline export wrote.")
    if not is_folder(folder) or not is_file(folder / RECORD):
        raise UserError(
            f"{folder} is no export: there is no {RECORD} in it.\n"
            "Expected a folder that kedro run --pipeline export wrote."
        )
    require_readable(folder / RECORD)


def _check_files(folder: Path) -> tuple[Mapping[str, str], list[Checked]]:
    """Return the files that have changed, with what is wrong with each, and what is to be said of them."""
    try:
        record = read_record(folder)
    except (OSError, ValueError) as error:
        trouble = f"{RECORD} is damaged: {printable(first_line(error))}"
        return {each.file: "is not known" for each in FORMATS.values()}, [Checked("files", trouble=trouble)]
    changed = changed_files(record, folder)
    wrong = some((f"{name} {what}" for name, what in changed.items()), 5)
    return changed, [Checked("files", trouble=wrong, note="" if wrong else f"{len(record.files)} as written")]


def _formats_in(folder: Path) -> list[Format]:
    try:
        recorded = set(read_record(folder).formats)
    except (OSError, ValueError):
        recorded = set()
    return [name for name, each in FORMATS.items() if name in recorded or is_file(folder / each.file)]


def _check_format(
    name: Format, folder: Path, changed: Mapping[str, str] | None, golden: GoldenSet, rule: Preprocessing
) -> Iterator[Checked]:
    """Check one format; `changed` are the files that have, None where what may hold code is not opened."""
    of, path = FORMATS[name], folder / FORMATS[name].file
    if of.needs and find_spec(of.needs) is None:
        yield Checked("network", name, note=f"not checked: {of.needs} is not installed")
        return
    if of.is_trusting and changed is None:
        yield Checked("network", name, note=f"not checked: it may hold code, and is opened by {TRUST} alone")
        return
    if of.is_trusting and changed and of.file in changed:
        yield Checked("network", name, trouble=f"{of.file} {changed[of.file]}, and is not opened")
        return
    try:
        opened = of.opens(path)
    except Exception as error:  # what damaged files lead to is of every kind
        yield Checked("network", name, trouble=f"it cannot be opened: {printable(first_line(error))}")
        return
    yield check_network(name, opened.run, golden, rule)
    yield from _contradictions(name, opened.facts, rule)


def _contradictions(name: str, facts: Mapping[str, Any], rule: Preprocessing) -> Iterator[Checked]:
    """Compare what a format says of the preprocessing with what the folder says, fact by fact."""
    expected = rule.facts
    for fact, value in expected.items():
        if fact not in facts or facts[fact] != value:
            found = shorten(repr(facts.get(fact)), 60)
            yield Checked(
                STAGE_OF.get(fact, "network"),
                name,
                trouble=f"its {fact} is {found}, and {PREPROCESSING} says {shorten(repr(value), 60)}",
            )


def _impossible(error: ValidationError) -> list[Checked]:
    """Say which facts cannot be, each at its stage."""
    found = []
    for each in error.errors(include_url=False):
        fact = str(each["loc"][0]) if each["loc"] else ""
        trouble = f"{fact or 'all'} of {PREPROCESSING} cannot be: {printable(each['msg'])}"
        found.append(Checked(STAGE_OF.get(fact, "network" if fact else "files"), trouble=trouble))
    return found

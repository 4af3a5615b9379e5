"""Choosing the columns of a table: those that a person names, those with the usual names, clear guesses."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables import questions
from image_classification.images.folder.tables.guesses import (
    keeps_together,
    label_candidates,
    nested_label,
    one_hot_columns,
    path_candidates,
)
from image_classification.images.folder.tables.splits import looks_like_split
from image_classification.images.folder.tables.table import Table
from image_classification.words import did_you_mean, nearest_names

logger = logging.getLogger(__name__)


class Columns(NamedTuple):
    """The names of the columns that are used; "" for what the table does not say."""

    path: str
    label: str = ""
    split: str = ""
    group: str = ""


def choose_path_column(table: Table, options: PathTableOptions) -> str:
    """Choose the column of the files: the one that is named, or `path`, or the one that is clearly meant.

    Raises:
        UserError: None is clearly meant; the message says what to set.
    """
    if name := _named(table, options, "path"):
        return name
    candidates = path_candidates(table)
    if len(candidates) != 1:
        raise UserError(questions.which_column(table, options, "path", candidates or _varied(table)))
    return candidates[0]


def choose_columns(table: Table, options: TableOptions) -> Columns:
    """Choose the columns of a table of labelled images, and log what is guessed and what is not used.

    Raises:
        UserError: A column does not exist or is not clear, or an unused one looks like splits; the message
            says what to set.
    """
    label = _named(table, options, "label")
    group = _named(table, options, "group") if options.group else ""
    split = _split_column(table, options)
    path = choose_path_column(table, options)
    left = [name for name in table.columns if name not in {path, group, split}]
    looks_like = {name: looks_like_split(name, table.columns[name]) for name in left}
    if not label:
        label = _label_column(table, options, [name for name in left if split or not looks_like[name]])
    chosen = Columns(path, label, split, group)
    _refuse_two_roles(table, options, chosen)
    unused = [name for name in [*table.columns, *table.nested] if name not in chosen]
    likely = [name for name in unused if looks_like.get(name)]
    if likely and not split and options.split.lower() != questions.NO_SPLIT:
        raise UserError(questions.is_it_a_split(table, options, likely))
    _tell_guesses(table, options, chosen)
    _tell_unused(table, options, unused)
    return chosen


def _refuse_two_roles(table: Table, options: TableOptions, chosen: Columns) -> None:
    for name in filter(None, chosen):
        roles = [role for role, column in chosen._asdict().items() if column == name]
        if len(roles) > 1:
            raise UserError(
                f"The column {name!r} of the table {table.path} would be both {' and '.join(roles)}.\n"
                f"Expected another column for one of them ({options.named(roles[0])}, "
                f"{options.named(roles[1])}). It has:\n{table.listed()}"
            )


def _named(table: Table, options: PathTableOptions, role: str) -> str:
    """Return the column that a person names, or the one called like its role, or ""."""
    wanted: str = getattr(options, role) or (role if role in {*table.columns, *table.nested} else "")
    alike = [name for name in table.columns if name.lower() == role]
    if not getattr(options, role) and len(alike) > 1 and role in ("path", "label"):
        raise UserError(
            f"The table {table.path} has {len(alike)} columns that differ only in the case of their letters: "
            f"{', '.join(map(repr, alike))}.\nExpected one {role}; say which one it is:\n"
            + "\n".join(f"  {options.setting(**{role: name})}" for name in alike)
        )
    if wanted in table.nested:
        raise UserError(questions.no_text(table, options, role, wanted))
    if wanted and wanted not in table.columns:
        raise UserError(
            f"The table {table.path} has no column {wanted!r} ({options.named(role)})"
            f"{did_you_mean(nearest_names(wanted, table.columns))} It has:\n{table.listed()}"
        )
    return wanted


def _varied(table: Table) -> list[str]:
    """Return the columns that differ from row to row, as paths do, or else all."""
    rows = len(table.numbers)
    return [name for name, values in table.columns.items() if 2 * len(set(values)) > rows] or [*table.columns]


def _split_column(table: Table, options: TableOptions) -> str:
    if options.split.lower() == questions.NO_SPLIT and options.split not in table.columns:
        name = ""
    else:
        name = _named(table, options, "split")
        # an empty column that nobody asked for says nothing; another one may
        name = name if options.split or any(table.columns.get(name, ())) else ""
    if options.split_values and not name:
        raise UserError(
            f"{options.named('split_values')} says what the values of a column mean, but there is no column "
            f"'split' in the table {table.path}.\nExpected the column that they are in: "
            f"{options.setting(split='<column>')}"
        )
    return name


def _label_column(table: Table, options: TableOptions, names: Sequence[str]) -> str:
    if name := nested_label(table):
        raise UserError(questions.no_text(table, options, "label", name))
    candidates = label_candidates(table, names)
    if lists := [each for each, kind in table.nested.items() if kind == "lists" and not candidates]:
        raise UserError(questions.no_text(table, options, "label", lists[0]))
    if not candidates and (one_hot := one_hot_columns(table, names)):
        raise UserError(questions.many_labels(table, options, one_hot))
    if len(candidates) != 1:
        raise UserError(questions.which_column(table, options, "label", candidates or names))
    return candidates[0]


def _tell_guesses(table: Table, options: TableOptions, chosen: Columns) -> None:
    guessed = [
        f"{name!r} as {role} ({options.named(role)})"
        for role, name in (("path", chosen.path), ("label", chosen.label))
        if name != role and not getattr(options, role)
    ]
    if guessed:
        logger.info("%s has columns of other names: taking %s.", table.path.name, " and ".join(guessed))


def _tell_unused(table: Table, options: TableOptions, unused: Sequence[str]) -> None:
    if not unused:
        return
    groups = [name for name in unused if keeps_together(name) and not options.group]
    hint = (
        f" To keep images of one {groups[0]} in one split: {options.setting(group=groups[0])}"
        if groups
        else ""
    )
    logger.info("%s: not used are the columns %s.%s", table.path.name, ", ".join(unused), hint)

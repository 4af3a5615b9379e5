"""Choosing the columns of a table: those that a person names, those with the usual names, clear guesses."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.tables import questions
from image_classification.images.folder.tables.guesses import (
    keeps_together,
    label_candidates,
    nested_label,
    one_hot_columns,
    path_candidates,
)
from image_classification.images.folder.tables.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.splits import looks_like_split
from image_classification.images.folder.tables.table import Table
from image_classification.words import did_you_mean, nearest_names, params_option

logger = logging.getLogger(__name__)


class Columns(NamedTuple):
    """The names of the columns that are used; "" of what the table does not say."""

    path: str
    label: str = ""
    split: str = ""
    group: str = ""


def choose_path_column(table: Table, parameters: PathTableOptions, prefix: str) -> str:
    """The column with the files: the one that is named, or `path`, or the one that is clearly meant.

    Raises:
        UserError: There is none, or more than one may be meant; with what to type.
    """
    if name := _named(table, parameters.path, "path", prefix):
        return name
    candidates = path_candidates(table)
    if len(candidates) != 1:
        raise UserError(questions.which_column(table, "path", candidates or _different(table), prefix))
    return candidates[0]


def choose_columns(table: Table, parameters: TableOptions, prefix: str) -> Columns:
    """Choose the columns of a table of labelled images; what is guessed or not used is said in the log.

    Args:
        table: The table.
        parameters: The columns that a person names; "" to find them.
        prefix: Of those parameters, for messages.

    Raises:
        UserError: A column is not there or not clear, or one that is not used looks like splits; with what
            to type.
    """
    label = _named(table, parameters.label, "label", prefix)
    group = _named(table, parameters.group, "group", prefix) if parameters.group else ""
    split = _split_column(table, parameters, prefix)
    path = choose_path_column(table, parameters, prefix)
    if not label:
        left = [name for name in table.columns if name not in {path, group, split}]
        asked_about = [] if split else [name for name in left if looks_like_split(name, table.columns[name])]
        label = _label_column(table, [name for name in left if name not in asked_about], prefix)
    chosen = Columns(path, label, split, group)
    _refuse_two_roles(table, chosen, prefix)
    unused = [name for name in [*table.columns, *table.nested] if name not in chosen]
    likely = [
        name for name in unused if name in table.columns and looks_like_split(name, table.columns[name])
    ]
    if likely and not split and parameters.split.lower() != questions.NO_SPLIT:
        raise UserError(questions.is_it_a_split(table, likely, prefix))
    _tell_guesses(table, chosen, parameters, prefix)
    _tell_unused(table, chosen, unused, prefix)
    return chosen


def _refuse_two_roles(table: Table, chosen: Columns, prefix: str) -> None:
    """Make sure that no column is two things.

    Raises:
        UserError: One is.
    """
    roles: dict[str, list[str]] = {}
    for role, name in chosen._asdict().items():
        if name:
            roles.setdefault(name, []).append(role)
    for name, of_name in roles.items():
        if len(of_name) > 1:
            raise UserError(
                f"The column {name!r} of the table {table.path} would be both {' and '.join(of_name)}.\n"
                f"Expected another column for one of them ({prefix}.{of_name[0]}, {prefix}.{of_name[1]}). "
                f"It has:\n{table.listed()}"
            )


def _named(table: Table, name: str, role: str, prefix: str) -> str:
    """The column that a person names, or the one called as what it is, or ""."""
    wanted = name or (role if role in {*table.columns, *table.nested} else "")
    if wanted in table.nested:
        raise UserError(questions.no_text(table, wanted, role, prefix))
    if wanted and wanted not in table.columns:
        raise UserError(
            f"The table {table.path} has no column {wanted!r} ({prefix}.{role})"
            f"{did_you_mean(nearest_names(wanted, table.columns))} It has:\n{table.listed()}"
        )
    return wanted


def _different(table: Table) -> list[str]:
    """The columns that say something else in most rows, as one of files does; all if there are none."""
    rows = len(table.numbers)
    found = [name for name, values in table.columns.items() if 2 * len(set(values)) > rows]
    return found or list(table.columns)


def _split_column(table: Table, parameters: TableOptions, prefix: str) -> str:
    if parameters.split.lower() == questions.NO_SPLIT and parameters.split not in table.columns:
        name = ""
    else:
        name = _named(table, parameters.split, "split", prefix)
        # an empty column that nobody asked for says nothing; another one may
        name = name if parameters.split or any(table.columns.get(name, ())) else ""
    if parameters.split_values and not name:
        raise UserError(
            f"{prefix}.split_values says what the values of a column mean, but there is no column 'split' in "
            f"the table {table.path}.\nExpected the column that they stand in: "
            f"--params {prefix}.split=<column>"
        )
    return name


def _label_column(table: Table, names: Sequence[str], prefix: str) -> str:
    if name := nested_label(table):
        raise UserError(questions.no_text(table, name, "label", prefix))
    candidates = label_candidates(table, names)
    if lists := [each for each, kind in table.nested.items() if kind == "lists" and not candidates]:
        raise UserError(questions.no_text(table, lists[0], "label", prefix))
    if not candidates and (one_hot := one_hot_columns(table, names)):
        raise UserError(questions.many_labels(table, one_hot, prefix))
    if len(candidates) != 1:
        raise UserError(questions.which_column(table, "label", candidates or names, prefix))
    return candidates[0]


def _tell_guesses(table: Table, chosen: Columns, parameters: TableOptions, prefix: str) -> None:
    guessed = [
        f"{name!r} as {role} ({prefix}.{role})"
        for role, name in (("path", chosen.path), ("label", chosen.label))
        if name != role and not getattr(parameters, role)
    ]
    if guessed:
        logger.info("%s has columns of other names: taking %s.", table.path.name, " and ".join(guessed))


def _tell_unused(table: Table, chosen: Columns, unused: Sequence[str], prefix: str) -> None:
    if not unused:
        return
    groups = [name for name in unused if keeps_together(name) and not chosen.group]
    hint = (
        f" To keep images of one {groups[0]} in one split: {params_option({f'{prefix}.group': groups[0]})}"
        if groups
        else ""
    )
    logger.info("%s: not used are the columns %s.%s", table.path.name, ", ".join(unused), hint)

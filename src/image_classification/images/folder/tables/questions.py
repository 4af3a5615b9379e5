"""Questions about a table that does not say clearly what its columns are, with the options that answer."""

from collections.abc import Sequence

from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.guesses import has_usual_names
from image_classification.images.folder.tables.splits import are_one_hot_splits, how_to_use_as_split
from image_classification.images.folder.tables.table import Table
from image_classification.words import some

_PICTURES_INSIDE = "pictures inside a table are not read: write each to a file, and its path into a column"

NO_SPLIT = "none"
"""What a person names where no column is the split."""


def which_column(table: Table, options: PathTableOptions, role: str, candidates: Sequence[str]) -> str:
    """Ask for the column of the files ("path") or the classes ("label")."""
    what = "names the files" if role == "path" else "is the label"
    lines = [
        f"The table {table.path} has no column {role!r}, and none that clearly {what}. It has:",
        table.listed(),
        "Say which one it is:" if candidates else f"Expected a column that {what}.",
        *(f"  {options.setting(**{role: name})}" for name in candidates[:10]),
    ]
    if role == "path" and set(table.nested.values()) & {"bytes", "structures"}:
        lines.append(_PICTURES_INSIDE.capitalize() + ".")
    if not has_usual_names(table):
        lines.append("If these are not names of columns, the first line is missing: path,label")
    return "\n".join(lines)


def is_it_a_split(table: Table, options: TableOptions, likely: Sequence[str]) -> str:
    """Ask whether columns whose values look like splits are meant as that."""
    to_draw = options.setting(split=NO_SPLIT)
    if are_one_hot_splits({name: table.columns[name] for name in likely}):
        return (
            f"The table {table.path} says the splits in {len(likely)} columns of yes and no: "
            f"{', '.join(likely)}.\nExpected one column with a word. Write it as pandas does: "
            f"table['split'] = table[{list(likely)!r}].idxmax(axis=1)\n"
            f"If they are about something else, to have splits drawn: {to_draw}"
        )
    to_use = [how_to_use_as_split(name, table.columns[name], options) for name in likely]
    found = ", ".join(f"{name!r} ({table.examples(name)})" for name in likely)
    return "\n".join(
        [
            f"The table {table.path} has no column 'split', but one that looks like it: {found}; did "
            f"you mean {likely[0]}?",
            *(f"If it says which images are for what: {setting}" for setting in to_use),
            f"If not, to have splits drawn: {to_draw}",
        ]
    )


def no_text(table: Table, options: PathTableOptions, role: str, name: str) -> str:
    """Say that a column of lists or structures cannot be what it is called."""
    is_list = table.nested[name] == "lists"
    reason = (
        "several labels of one image (multi-label) are not supported"
        if role == "label" and is_list
        else f"no {role}s"
    )
    if role == "path" and not is_list:
        reason += f"; {_PICTURES_INSIDE}"
    return (
        f"The column {name!r} of the table {table.path} holds {table.nested[name]}: {reason}.\n"
        "Expected one text or number for each image; if another column has it: "
        f"{options.setting(**{role: '<column>'})}"
    )


def many_labels(table: Table, options: TableOptions, names: Sequence[str]) -> str:
    """Say that columns of 0 and 1, one for each class, are not read as labels."""
    columns = [[value in {"1", "1.0", "True"} for value in table.columns[name]] for name in names]
    several = sum(sum(row) != 1 for row in zip(*columns, strict=True))
    kind = (
        "several labels of one image (multi-label) are not supported.\n"
        f"{several} of the rows have none or several of them."
        if several
        else "a single 1 in each row, one label in several columns.\n"
        "Write the name of its column into one, as pandas does: "
        f"table['label'] = table[{list(names)!r}].idxmax(axis=1)"
    )
    return (
        f"The table {table.path} has no label but {len(names)} columns of 0 and 1 ({some(names, 10)}): "
        f"{kind}\nExpected one column with the class of each image; if one of these is it: "
        f"{options.setting(label='<column>')}"
    )

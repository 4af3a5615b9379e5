"""Which runs are the same but for their seed, and how to name what they have in common."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from image_classification.images.sources import SOURCES

PARAMETER = "parameter/"  # before the name of a parameter in the name of its column
NETWORK = f"{PARAMETER}network.name"
UNKNOWN_DATA = "unknown data"
# Everything but modelling: where the data come from, what is measured and drawn of the results. The data
# themselves are identified by their digest, and choices such as the resize mode by what is recorded of them.
SECTIONS_BESIDE = frozenset(
    {*SOURCES, "data_folder", "reporting", "inference", "export", "comparison"}
    | {"label_review", "cross_validation", "stability", "search", "serving", "remote"}
    | {"data", "evaluation", "calibration"}
)
# they decide what is reported on the way, and change nothing in the result
_REPORTING = frozenset({"training.log_every_batches", "training.report_test_each_epoch"})
# of what is beside modelling, what a result depends on
_CHOICES = frozenset(
    {"data.image_shape", "data.resize", "data.interpolation", "data.value_range", "data.corrections"}
    | {"evaluation.views"}
)
CORRECTIONS = f"{PARAMETER}data.corrections"
_VIEWS = f"{PARAMETER}evaluation.views"


def describe_runs(runs: pd.DataFrame, repeated_over: Collection[str] = ("seed",)) -> pd.DataFrame:
    """Say for each run on which data it was trained, in which configuration, and which repetition it is.

    Args:
        runs: a row per run, with its parameters as text in columns parameter/<name>.
        repeated_over: names of the parameters in which the runs of one configuration may differ.

    Returns:
        The same rows with three columns of text before the parameters: data, the name, with the start of the
        digest of the image index where a name alone is ambiguous (of the index as it would be without
        corrections of labels: these belong to the configuration, where the test images are the same);
        configuration; repetition, the values of
        the parameters in `repeated_over`.
    """
    described = runs.copy()
    place = next((i for i, name in enumerate(runs.columns) if name.startswith(PARAMETER)), len(runs.columns))
    repeated = [f"{PARAMETER}{name}" for name in repeated_over if f"{PARAMETER}{name}" in runs]
    data = _data_labels(runs)
    described.insert(place, "data", data)
    described.insert(place + 1, "configuration", _configuration_labels(runs, data, set(repeated)))
    repetitions = [
        _join([name for name in row if pd.notna(row[name])], row)
        for row in runs[repeated].astype("object").to_dict("records")
    ]
    described.insert(place + 2, "repetition", pd.Series(repetitions, index=runs.index, dtype="str"))
    return described


def configuration_columns(runs: pd.DataFrame, repeated_over: Collection[str] = ()) -> list[str]:
    """Return the columns of the parameters that make a configuration: all that may change the result."""
    names = [name.removeprefix(PARAMETER) for name in runs.columns if name.startswith(PARAMETER)]
    return [
        f"{PARAMETER}{name}"
        for name in names
        if (name.split(".")[0] not in SECTIONS_BESIDE or name in _CHOICES)
        and name not in repeated_over
        and name not in _REPORTING
    ]


def _data_labels(runs: pd.DataFrame) -> pd.Series:
    names = _column(runs, f"{PARAMETER}data.name").fillna(UNKNOWN_DATA)
    uncorrected = _column(runs, f"{PARAMETER}data.uncorrected_digest")
    digests = uncorrected.fillna(_column(runs, f"{PARAMETER}data.index_digest")).fillna("")
    digests_of_name = digests.groupby(names).transform("nunique")
    labels = names + " (" + digests.str[:8] + ")"
    return names.where(digests_of_name == 1, labels).astype("str")


def _configuration_labels(runs: pd.DataFrame, data: pd.Series, repeated: set[str]) -> pd.Series:
    columns = [column for column in configuration_columns(runs) if column not in repeated]
    parameters = runs[columns].astype("object").where(runs[columns].notna(), None)
    if _VIEWS in parameters:  # no views are what runs had before there were any
        parameters[_VIEWS] = parameters[_VIEWS].where(parameters[_VIEWS] != "[]", None)
    networks = _column(runs, NETWORK).fillna("unknown network")
    named: dict[Hashable, str] = {}
    # only runs on the same data are ranked together: how they differ from runs on other data is irrelevant
    for (_, network), members in parameters.groupby([data, networks]):
        unique = members.drop_duplicates()
        rows = unique.itertuples(index=False, name=None)
        labels = dict(zip(rows, _labels(str(network), unique), strict=True))
        named |= {row[0]: labels[row[1:]] for row in members.itertuples(name=None)}
    return pd.Series(named, index=runs.index, dtype="str")


def _labels(network: str, configurations: pd.DataFrame) -> list[str]:
    """Name each configuration of a network after what sets it apart from the others of that network."""
    rows = configurations.to_dict("records")
    # an option that only some have, as those of one optimizer, is named only where it makes a difference
    for missing_counts in (False, True):
        differing = configurations.nunique(dropna=not missing_counts) > 1
        names = [str(name) for name in configurations.columns[differing]]
        labels = [_join([name for name in names if row[name] is not None], row, network) for row in rows]
        if len(set(labels)) == len(labels):
            break
    seen: dict[str, int] = {}
    for number, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:
            labels[number] = f"{label} #{seen[label]}"
    return labels


def _join(names: Sequence[Hashable], row: Mapping[Hashable, Any], *before: str) -> str:
    return ", ".join([*before, *(f"{str(name).removeprefix(PARAMETER)}={row[name]}" for name in names)])


def _column(runs: pd.DataFrame, name: str) -> pd.Series:
    return runs[name] if name in runs else pd.Series(None, index=runs.index, dtype="str")

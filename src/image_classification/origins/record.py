"""The record of where a file comes from, kept beside the file."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.files import replacing

FOLDER = ".origins"


@dataclass(frozen=True)
class Made:
    """By what and when something was made."""

    node: str
    command: str
    started: str  # of the node: local time, ISO 8601
    run: str  # Kedro's id of the run
    mlflow_run: str = ""


@dataclass(frozen=True)
class Origin:
    """What a dataset was made from; the digests are those of the contents of datasets.

    Attributes:
        dataset: its name in the catalog.
        made: by which node, in which run.
        parameters: every option that the node used, by its dotted name.
        code: a digest of each part of the node's code.
        libraries: their versions.
        outside: the state of files that the node read by itself, "" if it read none.
        inputs: what the node read.
        datasets: how these are read and the outputs written.
        outputs: what it made.
        lineage: all that went into it, with what was made beside: everything here is of one making.
        stamp: the state of the dataset's file when it was written, by which a later change is noticed.
        replaced_by: what has begun to make it anew, and not ended.
    """

    dataset: str
    made: Made
    parameters: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    outside: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)
    stamp: str = ""
    replaced_by: Made | None = None


_DEFAULTS = asdict(Origin("", Made("", "", "", "")))


def write_origin(path: Path, origin: Origin) -> None:
    """Keep the record beside the file at a path."""
    # dozens in a run, and one that is lost or empty is taken for none
    with replacing(_place(path), survives_power_cut=False) as temporary:
        temporary.write_text(json.dumps(asdict(origin), indent=1), encoding="utf-8")


def read_origin(path: Path) -> Origin | None:
    """Return the record of the file at a path; None if there is none, or none that can be read."""
    try:
        content = json.loads(_place(path).read_bytes())
        replaced_by = content["replaced_by"] and _made(content["replaced_by"])
        fields = {**content, "made": _made(content["made"]), "replaced_by": replaced_by or None}
        origin = Origin(**fields)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = {name: value for name, value in fields.items() if name not in ("made", "replaced_by")}
    return origin if all(map(_fits, map(_DEFAULTS.get, texts), texts.values())) else None


def _made(content: Any) -> Made:
    """Raises TypeError where anything is no text."""
    made = Made(**content)
    if not all(isinstance(value, str) for value in asdict(made).values()):
        raise TypeError("expected texts only")
    return made


def _fits(default: Any, value: Any) -> bool:
    """Whether a value is of the kind that a field has: a text, or texts by name."""
    if isinstance(default, Mapping):
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return isinstance(value, str)


def begin_replacing(path: Path, dataset: str, made: Made) -> None:
    """Note before the file at a path is replaced that it will be: what is there then without a record of
    its own is part of a making that was interrupted.
    """
    write_origin(path, replace(read_origin(path) or Origin(dataset, made), replaced_by=made))


def renew(path: Path, origin: Origin, stamp: str) -> None:
    """Note the stamp of a file that has the content which the record tells of, unless that has changed since.

    A record that cannot be written stays as it is: the file is read again another time.
    """
    if read_origin(path) == origin:
        with suppress(OSError, UserError):
            write_origin(path, replace(origin, stamp=stamp))


def _place(path: Path) -> Path:
    return path.parent / FOLDER / f"{path.name}.json"

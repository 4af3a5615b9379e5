"""What the files between the nodes have to hold, as far as nodes rely on it: columns, keys and their kinds.

A file may be whole and yet of something else: copied from another project, written by an older version, or
edited by hand. What is checked here is said before a node stumbles over it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from image_classification.networks.answers.rule import PROBABILITY
from image_classification.words import some

_KINDS = {"whole numbers": "iu", "numbers": "fiu", "true or false": "b"}
_Count = Annotated[int, Field(ge=0, strict=True)]


class _Facts(BaseModel):
    """A JSON object; what else it holds is somebody else's."""

    model_config = ConfigDict(extra="allow")


class _Statistics(_Facts):
    data_name: str
    class_names: list[str] = Field(min_length=1)
    image_shape: list[Annotated[int, Field(gt=0)]] = Field(min_length=3, max_length=3)
    resize: str = "stretch"
    interpolation: str = "bilinear"
    value_range: dict[str, Any] | None = None
    counts: dict[str, dict[str, _Count]]
    left_out: dict[str, _Count] = {}
    mean: list[FiniteFloat]
    std: list[Annotated[FiniteFloat, Field(ge=0)]]
    index_digest: str
    images_digest: str

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not len(self.mean) == len(self.std) == self.image_shape[0]:
            raise ValueError(f"mean and std are not one number for each of {self.image_shape[0]} channels")
        if missing := {"train", "validation", "test"} - set(self.counts):
            raise ValueError(f"counts lacks {some(sorted(missing))}")
        if other := {name for split in self.counts.values() for name in split} - set(self.class_names):
            raise ValueError(f"counts has classes that class_names lacks: {some(sorted(other))}")
        return self


class _Metrics(_Facts):
    images: _Count
    weights_digest: str | None = None
    evaluation: dict[str, Any] = {}

    @model_validator(mode="after")
    def _are_numbers(self) -> Self:
        own = {"data_name", "weights_digest", "evaluation"}
        for name, value in self:
            if name not in own and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"{name} is no number")
        bounds = {"accuracy_lower", "accuracy_upper"} & set(self.model_extra or {})
        if len(bounds) == 1:
            raise ValueError(f"of the bounds of the accuracy there is {bounds.pop()} only")
        return self


class _Record(_Facts):
    finished: str
    command: str
    git: dict[str, str]
    environment: dict[str, str]
    parameters: dict[str, str]
    run_id: str | None
    weights_digest: str


_FACTS: Mapping[str, type[_Facts]] = {
    "image_statistics": _Statistics,
    "metrics": _Metrics,
    "training_record": _Record,
}
_TABLES: Mapping[str, dict[str, str]] = {
    "history": dict.fromkeys(
        ["epoch", "train/loss", "train/accuracy", "learning_rate", "seconds"], "numbers"
    ),
    "predictions": {
        **dict.fromkeys(["name", "label", "prediction"], "text"),
        "correct": "true or false",
        "confidence": "numbers",
    },
    "class_metrics": {
        "class_name": "text",
        **dict.fromkeys(["images", "predicted"], "whole numbers"),
        **dict.fromkeys(["precision", "recall", "f1"], "numbers"),
    },
    "image_index": {
        **dict.fromkeys(["name", "class_name", "decode_status", "split", "left_out_reason"], "text"),
        "label": "whole numbers",
    },
    "image_files": {
        **dict.fromkeys(["name", "class_name", "given_split", "sha256", "mode", "header_status"], "text"),
        **dict.fromkeys(["width", "height"], "whole numbers"),
    },
    "out_of_fold": {
        **dict.fromkeys(["name", "label", "prediction"], "text"),
        **dict.fromkeys(["fold", "repeat"], "whole numbers"),
    },
    "label_review": {
        **dict.fromkeys(["file", "kind", "given_label", "suggested_label", "split", "remark"], "text"),
        **dict.fromkeys(["how_sure", "given_probability", "suggested_probability"], "numbers"),
    },
    "audit_marks": {
        **dict.fromkeys(["name", "copies", "left_out_reason"], "text"),
        "duplicate_group": "whole numbers",
    },
}
# what a table may have, and a node then relies on
_OPTIONAL = {
    **dict.fromkeys(["validation/loss", "validation/accuracy", "test/loss", "test/accuracy"], "numbers"),
    "kept": "true or false",
    **dict.fromkeys(["answer", "set"], "text"),
}


def trouble_with(dataset: str, content: Any) -> str | None:
    """Say what the content of a dataset lacks that is needed of it; None if nothing.

    Args:
        dataset: Its name; that of a source before it does not matter.
        content: As it was loaded.
    """
    name = dataset.rpartition(".")[2]
    if columns := _TABLES.get(name):
        return _trouble_with_table(content, columns)
    if model := _FACTS.get(name):
        return _trouble_with_facts(content, model)
    return None


def _trouble_with_table(table: Any, columns: dict[str, str]) -> str | None:
    if not isinstance(table, pd.DataFrame):
        return f"it holds no table, but {type(table).__name__}"
    if missing := [column for column in columns if column not in table]:
        return f"it lacks the column{'s' if len(missing) > 1 else ''} {some(missing)}"
    if not table.columns.is_unique:
        return f"it has the column {table.columns[table.columns.duplicated()][0]} twice"
    for column, kind in (_OPTIONAL | columns).items():
        if column in table and not _is_of(table[column], kind):
            return f"its column {column} holds {table[column].dtype}, not {kind}"
    if "prediction" in columns:
        return _trouble_with_probabilities(table)
    return _trouble_with_epochs(table) if "epoch" in columns else None


def _trouble_with_epochs(history: pd.DataFrame) -> str | None:
    if history.empty:
        return "it has no rows"
    for split in ("validation", "test"):
        if (f"{split}/loss" in history) != (f"{split}/accuracy" in history):
            return f"of the columns {split}/loss and {split}/accuracy it has one only"
        if f"{split}/loss" not in history:
            continue
        if history.loc[history[f"{split}/loss"].notna(), f"{split}/accuracy"].hasnans:
            return f"its column {split}/accuracy has gaps where {split}/loss has none"
    unknown = [column for column in ("epoch", "train/accuracy", "seconds") if history[column].hasnans]
    return f"its column {unknown[0]} has gaps" if unknown else None


def _trouble_with_probabilities(predictions: pd.DataFrame) -> str | None:
    classes = {*predictions["label"], *predictions["prediction"]}
    if missing := sorted(name for name in classes if f"{PROBABILITY}{name}" not in predictions):
        return f"it lacks the column {PROBABILITY}{missing[0]}"
    for column in predictions.columns[predictions.columns.str.startswith(PROBABILITY)]:
        if not _is_of(predictions[column], "numbers"):
            return f"its column {column} holds {predictions[column].dtype}, not numbers"
    return None


def _is_of(values: "pd.Series[Any]", kind: str) -> bool:
    if values.empty and values.dtype.kind == "O":
        return True  # the columns of no rows are of no kind
    if kind == "text":
        if isinstance(values.dtype, pd.StringDtype):
            return not values.hasnans
        return values.map(lambda value: isinstance(value, str)).all().item()
    return values.dtype.kind in _KINDS[kind]


def _trouble_with_facts(facts: Any, model: Callable[..., _Facts]) -> str | None:
    if not isinstance(facts, dict) or not all(isinstance(key, str) for key in facts):
        return f"it holds {type(facts).__name__}, not an object with names"
    try:
        model(**facts)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        message = str(first["msg"]).removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    return None

"""The columns of a data set: which holds the images, which the classes, and what these are called."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.words import did_you_mean, nearest_names

_LABEL_NAMES = ("label", "labels", "class", "category", "target", "y", "class_name", "label_name", "species")


class Columns(NamedTuple):
    """The column of the images and that of the classes; class_names is empty where values are names."""

    image: str
    label: str
    class_names: Sequence[str] = ()


def features_of(schema: Any) -> dict[str, Any]:
    """Return what the library has noted of each column; {} where it was not the library."""
    try:
        noted = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return noted if isinstance(noted, dict) else {}


def image_columns(schema: Any) -> list[str]:
    """Return the columns that hold images: those noted as such, or structures of bytes and path."""
    features = features_of(schema)
    return [
        field.name
        for field in schema
        if _kind(features, field.name) == "Image"
        or (field.name not in features and pa.types.is_struct(field.type) and _has_bytes(field.type))
    ]


def choose_columns(schema: Any, options: HuggingFaceOptions, path: str) -> Columns:
    """Choose the columns, by the options or because only one is meant.

    Raises:
        UserError: None is clearly meant, or what is named is not there.
    """
    features = features_of(schema)
    image = options.image or _only(schema, options, "image", image_columns(schema), path)
    scalars = [field.name for field in schema if _is_scalar(field.type) and field.name != image]
    noted = [name for name in scalars if _kind(features, name) == "ClassLabel"]
    usual = [name for name in scalars if name.lower() in _LABEL_NAMES]
    label = options.label or _only(schema, options, "label", noted or usual or scalars, path)
    for role, name in (("image", image), ("label", label)):
        if name not in schema.names:
            raise UserError(
                f"{path} has no column {name!r} ({options.named(role)})"
                f"{did_you_mean(nearest_names(name, schema.names))} It has: {_listed(schema)}"
            )
    if label not in scalars:
        raise UserError(
            f"The column {label!r} of {path} holds {schema.field(label).type}: several labels of one image, "
            f"or no label.\nExpected one text or number; if another column has it: "
            f"{options.setting(label='<column>')}. It has: {_listed(schema)}"
        )
    names = features.get(label, {}).get("names") if _kind(features, label) == "ClassLabel" else ()
    return Columns(image, label, tuple(map(str, names or ())))


def _only(schema: Any, options: HuggingFaceOptions, role: str, candidates: Sequence[str], path: str) -> str:
    if len(candidates) == 1:
        return candidates[0]
    what = "images" if role == "image" else "classes"
    settings = [f"  {options.setting(**{role: name})}" for name in candidates[:10]]
    several = f"several columns may hold the {what}" if candidates else f"no column seems to hold {what}"
    raise UserError(
        "\n".join([f"In {path} {several}. It has: {_listed(schema)}", "Say which one it is:", *settings])
        if candidates
        else f"In {path} {several}. It has: {_listed(schema)}\nExpected one: "
        f"{options.setting(**{role: '<column>'})}"
    )


def _kind(features: Mapping[str, Any], name: str) -> str:
    feature = features.get(name)
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _has_bytes(kind: Any) -> bool:
    return any(kind.field(place).name == "bytes" for place in range(kind.num_fields))


def _is_scalar(kind: Any) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind)
        or types.is_boolean(kind) or types.is_dictionary(kind)
    )  # fmt: skip


def _listed(schema: Any) -> str:
    features = features_of(schema)
    return ", ".join(f"{field.name} ({_kind(features, field.name) or field.type})" for field in schema)

"""The reference of all parameters as Markdown tables, made from the models that check them.

`python -m image_classification.parameters.reference conf/README.md` writes it between two marks in that file.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from image_classification.options import LARGEST_COUNT, LARGEST_FLOAT
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters
from image_classification.words import in_digits

START, END = "<!-- the parameters, written by make reference -->", "<!-- the end of the parameters -->"
# sections of these are large enough to be folded one by one
FOLDED_ONE_BY_ONE = ("modelling",)

# what no number is beyond, said once above the tables
_UNLESS_SAID_OTHERWISE = (LARGEST_COUNT, LARGEST_FLOAT)

# dotted key, default, what is allowed, description
Row = tuple[str, str, str, str]


def parameter_rows(model: type[BaseModel], path: str) -> Iterator[Row]:
    """Yield dotted key, default, what is allowed and description of every parameter below a section."""
    for place in walk(model, (path,), enter=_default_group):
        if place.groups:
            continue
        field, schema = place.field, _schema_of(place.owner)
        default = "required" if field.is_required() else _as_yaml(field.default)
        allowed = _allowed(schema["properties"][place.path[-1]], schema.get("$defs", {}))
        yield ".".join(place.path), default, allowed, field.description or ""


def _default_group(field: FieldInfo) -> list[type[BaseModel]]:
    """What may be another kind of group, or none, is one row."""
    return [type(field.default)] if isinstance(field.default, BaseModel) else []


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def reference() -> str:
    """Return the whole reference: a folded table per section."""
    return "\n\n".join(
        _table(key, description, rows)
        for key, description, rows in _sections()
        if rows  # a section may be a mere name for a group that has no parameters yet
    )


def write_reference(text: str) -> str:
    """Replace what stands between the marks in a text by the current reference.

    Raises:
        ValueError: the marks are not there.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the text has no place for the reference: {START} … {END}")
    return f"{before}{START}\n\n{reference()}\n\n{END}{after}"


def _sections() -> Iterator[tuple[str, str, list[Row]]]:
    for name, field in Parameters.model_fields.items():
        if not isinstance(field.default, BaseModel):
            allowed = _allowed(_schema_of(Parameters)["properties"][name], {})
            yield (
                name,
                "for all sections",
                [(name, _as_yaml(field.default), allowed, field.description or "")],
            )
            continue
        model = type(field.default)
        inner = [key for key, each in model.model_fields.items() if _default_group(each)]
        folded = inner if name in FOLDED_ONE_BY_ONE else []
        for key in folded:
            inner_field = model.model_fields[key]
            rows = parameter_rows(type(inner_field.default), f"{name}.{key}")
            yield f"{name}.{key}", inner_field.description or "", list(rows)
        others = [row for row in parameter_rows(model, name) if row[0].split(".")[1] not in folded]
        yield name, field.description or "", others


def _table(key: str, description: str, rows: list[Row]) -> str:
    lines = [
        f"<details><summary><code>{key}</code>: {description}</summary>",
        "",
        "| parameter | default | allowed | meaning |",
        "|---|---|---|---|",
    ]
    for row_key, default, allowed, meaning in rows:
        lines.append(f"| `{row_key}` | {_cell(default, code=True)} | {_cell(allowed)} | {_cell(meaning)} |")
    return "\n".join([*lines, "", "</details>"])


def _cell(text: str, *, code: bool = False) -> str:
    escaped = text.replace("|", "\\|").replace("\n", " ")
    return f"`{escaped}`" if code else escaped.replace("<", "&lt;")


def _as_yaml(value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _allowed(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Say in words what a JSON schema allows."""
    if "anyOf" in schema or "oneOf" in schema:
        parts = [_allowed(part, definitions) for part in schema.get("anyOf", schema.get("oneOf", []))]
        return " or ".join(dict.fromkeys(parts))
    if "$ref" in schema:
        group = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return "{" + ", ".join(group.get("properties", {})) + "}"
    if "enum" in schema or "const" in schema:
        return ", ".join(_as_yaml(value) for value in schema.get("enum", [schema.get("const")]))
    kind = str(schema.get("type", "any value"))
    if kind == "array":
        items = schema.get("items") or {}
        parts = [_allowed(part, definitions) for part in schema.get("prefixItems", [])]
        return (
            f"[{', '.join(parts)}]"
            if parts
            else f"list of {_allowed(items, definitions) if items else 'values'}"
        )
    words = {
        "integer": "whole number",
        "number": "number",
        "boolean": "true, false",
        "string": "text",
        "null": "null",
        "object": "group",
    }
    return words.get(kind, kind) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    given = {sign: schema[bound] for bound, sign in signs.items() if bound in schema}
    bounds = [
        f"{sign} {in_digits(bound)}"
        for sign, bound in given.items()
        if abs(bound) not in _UNLESS_SAID_OTHERWISE
    ]
    return f" {', '.join(bounds)}" if bounds else ""


def main() -> None:
    """Write the reference into the file that is named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(write_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

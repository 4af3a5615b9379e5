"""The reference of all parameters as Markdown tables, made from the models that check them.

`python -m image_classification.parameters.reference conf/README.md` writes it between two marks in that file.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from image_classification.parameters.known import groups
from image_classification.parameters.root import Parameters

START, END = "<!-- the parameters, written by make reference -->", "<!-- the end of the parameters -->"
# sections of these are large enough to be folded one by one
FOLDED_ONE_BY_ONE = ("modelling",)


def parameter_rows(model: type[BaseModel], path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield dotted key, default, what is allowed and description of every parameter below a section."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    for name, field in model.model_fields.items():
        key = f"{path}.{name}"
        inner = groups(field.annotation)
        if inner and isinstance(field.default, BaseModel):
            yield from parameter_rows(type(field.default), key)
            continue
        default = "required" if field.is_required() else _as_yaml(field.default)
        allowed = _allowed(schema["properties"][name], definitions)
        yield key, default, allowed, field.description or ""


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


def _sections() -> Iterator[tuple[str, str, list[tuple[str, str, str, str]]]]:
    for name, field in Parameters.model_fields.items():
        model = type(field.default)
        if name not in FOLDED_ONE_BY_ONE:
            yield name, field.description or "", list(parameter_rows(model, name))
            continue
        leaves = []
        for inner, inner_field in model.model_fields.items():
            key = f"{name}.{inner}"
            if isinstance(inner_field.default, BaseModel):
                rows = list(parameter_rows(type(inner_field.default), key))
                yield key, inner_field.description or "", rows
            else:
                leaves += [row for row in parameter_rows(model, name) if row[0] == key]
        yield name, field.description or "", leaves


def _table(key: str, description: str, rows: list[tuple[str, str, str, str]]) -> str:
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
    bounds = [f"{sign} {schema[bound]:g}" for bound, sign in signs.items() if bound in schema]
    return f" {', '.join(bounds)}" if bounds else ""


def main() -> None:
    """Write the reference into the file that is named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(write_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Ways in which a file can be damaged: by its bytes, and by edits that keep its format."""

import io
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pandas as pd
from hypothesis import strategies as st

ODD_VALUES = (
    *(None, True, False, 0, -1, 1, 10**9, 2**63, -(2**63), 1.5, float("nan"), float("inf")),
    *("", "\0", "x" * 5000, "é\udcff", [], [[]], [None], [-1], {}, {"a": {}}, [0] * 1000),
)


@st.composite
def damaged_bytes(draw: st.DrawFn, content: bytes, other: bytes) -> bytes:
    """A file after one to three of: bits flipped, cut, bytes inserted or lost, joined with another file."""
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["flip", "cut", "insert", "lose", "splice", "fill"]))
        place = draw(st.one_of(st.integers(0, max(len(content) - 1, 0)), st.integers(0, 600)))
        place = min(place, max(len(content) - 1, 0))
        if kind == "flip" and content:
            changed = content[place] ^ draw(st.integers(1, 255))
            content = content[:place] + bytes([changed]) + content[place + 1 :]
        elif kind == "cut":
            content = content[:place]
        elif kind == "insert":
            content = content[:place] + draw(st.binary(min_size=1, max_size=20)) + content[place:]
        elif kind == "lose":
            content = content[:place] + content[place + draw(st.integers(1, 100)) :]
        elif kind == "splice":
            content = content[:place] + other[draw(st.integers(0, len(other))) :]
        else:
            length = draw(st.integers(1, 200))
            content = content[:place] + bytes(length) + content[place + length :]
    return content


@st.composite
def edited_json(draw: st.DrawFn, content: Any) -> Any:
    """The same facts with one to three of them removed, renamed, or replaced by something odd."""
    content = json.loads(json.dumps(content))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(content))
        if not places:
            return deepcopy(draw(st.sampled_from(ODD_VALUES)))
        holder, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(["remove", "replace", "rename", "number"]))
        if kind == "remove":
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[draw(st.text(max_size=5))] = holder.pop(key)
        elif kind == "number" and isinstance(holder[key], int | float):
            holder[key] = draw(st.one_of(st.integers(-(2**65), 2**65), st.floats()))
        else:
            holder[key] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
    return content


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in list(items):
        yield content, key
        if isinstance(value, dict | list):
            yield from _places(value)


@st.composite
def edited_header(draw: st.DrawFn, content: bytes) -> bytes:
    """A safetensors file with another header, which is valid JSON."""
    length = int.from_bytes(content[:8], "little")
    header = draw(edited_json(json.loads(content[8 : 8 + length])))
    text = json.dumps(header).encode()
    claimed = draw(st.sampled_from([len(text)] * 6 + [0, len(text) + 1, 2**40, 2**64 - 1]))
    return claimed.to_bytes(8, "little") + text + content[8 + length :]


@st.composite
def edited_description(draw: st.DrawFn, content: bytes, key: str) -> bytes:
    """A safetensors file in whose metadata the JSON under a key is edited."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"][key] = json.dumps(draw(edited_json(json.loads(header["__metadata__"][key]))))
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


@st.composite
def edited_table(draw: st.DrawFn, content: bytes) -> bytes:
    """A parquet file of the same table with a column lost, renamed, of another kind, or without numbers."""
    table = pd.read_parquet(io.BytesIO(content))
    for _ in range(draw(st.integers(1, 2))):
        if not len(table.columns):
            break
        column = draw(st.sampled_from(list(table.columns)))
        change = draw(st.sampled_from(_TABLE_CHANGES))
        table = change(table, column)
    target = io.BytesIO()
    table.to_parquet(target)
    return target.getvalue()


_TABLE_CHANGES: tuple[Callable[[pd.DataFrame, str], pd.DataFrame], ...] = (
    lambda table, column: table.drop(columns=column),
    lambda table, column: table.rename(columns={column: f"{column}?"}),
    lambda table, column: table.assign(**{column: table[column].astype(str)}),
    lambda table, column: table.assign(**{column: None}),
    lambda table, column: table.assign(**{column: -1}),
    lambda table, column: table.assign(**{column: float("nan")}),
    lambda table, column: table.assign(**{column: pd.Timestamp(0)}),
    lambda table, column: table.assign(**{column: [[1]] * len(table)}),
    lambda table, column: table.head(0),
    lambda table, column: pd.concat([table, table]),
    lambda table, column: table.set_index(column),
)

"""However a file of ours is damaged, its reader is told in one line which file it is and what is wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz import originals
from tests.fuzz.mutations import (
    damaged_bytes,
    edited_description,
    edited_header,
    edited_json,
    edited_table,
)

from image_classification.cli.explanations import user_message

FILES = originals.FILES


def damage(name: str, data: st.DataObject) -> bytes:
    """Draw a damaged version of a file, in one of the ways that its format allows."""
    content = originals.content_of(name)
    other = originals.content_of(data.draw(st.sampled_from(sorted(FILES)), label="other"))
    ways: list[Callable[[], Any]] = [lambda: damaged_bytes(content, other)] * 2
    if name.endswith(".safetensors"):
        ways.append(lambda: edited_header(content))
    if name == "trained_network.safetensors":
        ways.append(lambda: edited_description(content, "image_classification.network"))
    if name.endswith(".json"):
        ways.append(lambda: edited_json(json.loads(content)).map(lambda facts: json.dumps(facts).encode()))
    if name.endswith(".parquet"):
        ways.append(lambda: edited_table(content))
    return data.draw(data.draw(st.sampled_from(ways))(), label="content")


@pytest.mark.parametrize("name", sorted(FILES))
@given(data=st.data())
def test_a_damaged_file_is_told_in_one_line(name: str, data: st.DataObject) -> None:
    path = originals.place_of(name)
    path.write_bytes(damage(name, data))
    try:
        FILES[name](path)
    except Exception as error:
        message = user_message(error)
        if message is None:  # what the command shows with a traceback
            raise
        first = message.splitlines()[0]
        assert path.name in first or path.parent.name in first
        assert 20 < len(first) < 1000
        assert "weights_only=False" not in message
    finally:
        path.write_bytes(originals.content_of(name))


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_whole_file_is_read(name: str) -> None:
    FILES[name](originals.place_of(name))

"""Whatever is sent to a server, it answers with one of its statuses, and the next request as ever."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.mutations import damaged_bytes
from tests.serving.conftest import BOUNDARY, Running, form, picture, running, tiny_network

PATHS = ("/predict", "/explain")
REFUSED = {400, 413, 415, 422}
CONTENT = picture()
FORM = f"multipart/form-data; boundary={BOUNDARY}"
numbers = st.integers() | st.floats() | st.booleans()
values = st.recursive(
    st.none() | numbers | st.text() | st.integers(0, 255),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=9), each, max_size=3),
    max_leaves=30,
)
shapes = st.lists(st.integers(0, 4), min_size=0, max_size=5)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(tiny_network()) as started:
        yield started


def nested(shape: list[int], each: st.SearchStrategy) -> st.SearchStrategy:
    """Lists inside lists."""
    if not shape:
        return each
    return st.lists(nested(shape[1:], each), min_size=shape[0], max_size=shape[0])


def require_told(server: Running, content: bytes, kind: str) -> None:
    for path in PATHS:
        reply = server.ask(path, content, kind)
        assert reply.status in REFUSED | {200}, reply.content
        assert isinstance(reply.json, dict)
    assert server.ask("/predict", CONTENT, "image/png").status == 200


@given(data=st.data())
def test_json(server: Running, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["images", "pixels"]))
    pixels = shapes.flatmap(
        lambda shape: nested(shape, data.draw(st.sampled_from([numbers, st.integers(0, 255)])))
    )
    value = data.draw(values | pixels | st.lists(pixels, max_size=3))
    require_told(server, json.dumps({name: value}).encode(), "application/json")


@given(data=st.data())
def test_damaged_content(server: Running, data: st.DataObject) -> None:
    content, kind = data.draw(
        st.sampled_from(
            [
                (form(("a.png", CONTENT), ("b.png", CONTENT)), FORM),
                (b'{"images": ["aGVsbG8="]}', "application/json"),
                (CONTENT, "image/png"),
                (picture(kind="JPEG"), "image/jpeg"),
                (picture(kind="TIFF"), "image/tiff"),
                (picture(kind="WEBP"), "image/webp"),
            ]
        )
    )
    require_told(server, data.draw(damaged_bytes(content, CONTENT)), kind)


@given(kind=st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_content_types(server: Running, kind: str) -> None:
    require_told(server, form(("a.png", CONTENT)), kind)
    require_told(server, form(("a.png", CONTENT)), f"multipart/form-data; {kind}")

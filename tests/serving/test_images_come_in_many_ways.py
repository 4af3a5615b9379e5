"""Files in a form, base64, data URLs and numbers in JSON, or one picture as it is: the same answers."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from tests.serving.conftest import BOUNDARY, form, picture

CONTENT = picture("RGB", (5, 6))
BASE64 = base64.b64encode(CONTENT).decode()
PIXELS = np.asarray(Image.open(io.BytesIO(CONTENT))).tolist()


@pytest.fixture(scope="module")
def expected(server):
    (told,) = server.send(("x.png", CONTENT)).json["images"]
    return told


def same(told, expected) -> bool:
    """Tell whether two answers are the same but for the name, and what batches of other sizes round."""
    close = [pytest.approx(each["probability"], abs=1e-6) for each in expected["probabilities"]]
    return (
        [each["probability"] for each in told["probabilities"]] == close
        and [each["label"] for each in told["probabilities"]]
        == [each["label"] for each in expected["probabilities"]]
        and [told[name] for name in ("reason", "label", "answer", "set")]
        == [expected[name] for name in ("reason", "label", "answer", "set")]
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"images": [BASE64]},
        {"images": BASE64},
        {"images": [f"data:image/png;base64,{BASE64}"]},
        {"images": [f"DATA:;BASE64,{BASE64[:40]}\n {BASE64[40:]}"]},
        {"images": [PIXELS]},
        {"pixels": PIXELS},
        {"pixels": [PIXELS]},
        {"images": [BASE64], "pixels": [PIXELS, PIXELS]},
    ],
)
def test_in_json(server, expected, asked):
    reply = server.post(asked)
    assert reply.status == 200
    told = reply.json["images"]
    assert all(same(each, expected) for each in told)
    assert [each["name"] for each in told] == [str(number) for number in range(len(told))]


@pytest.mark.parametrize(
    "kind", ["image/png", "image/jpeg", "application/octet-stream", "IMAGE/whatever; a=b"]
)
def test_as_it_is(server, expected, kind):
    (told,) = server.ask("/predict", CONTENT, kind).json["images"]
    assert same(told, expected)


def test_a_form_has_files_under_any_name_and_other_fields(server, expected):
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'.encode()
    content = field + form(("/etc/pass\u202ewd.png", CONTENT), ("", CONTENT)).replace(
        b'"images"', b'"anything"'
    )
    told = server.ask("/predict", content, f"multipart/form-data; boundary={BOUNDARY}").json["images"]
    assert all(same(each, expected) for each in told)
    assert [each["name"] for each in told] == ["/etc/pass\\u202ewd.png", "1"]


def test_large_files_are_kept_in_memory_alone(server, monkeypatch, tmp_path):
    """Beyond a megabyte libraries write what is sent to a temporary file."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    large = picture("RGB", (900, 700))
    assert len(large) > 1_500_000
    (told,) = server.send(large).json["images"]
    assert told["reason"] == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "nothing in it"),
        (b"some text", "not an image"),
        (b"\x00" * 5000, "not an image"),
        (CONTENT[:60], "truncated"),
        (picture(size=(50, 50), kind="JPEG")[:700], "truncated|damaged|broken|incomplete|premature"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG|not an image"),
    ],
    ids=["empty", "text", "zeros", "cut PNG", "cut JPEG", "SVG"],
)
def test_one_that_cannot_be_read_has_a_reason_and_the_others_an_answer(server, expected, content, reason):
    reply = server.send(("a.png", CONTENT), ("b.png", content), ("c.png", CONTENT))
    first, wrong, last = reply.json["images"]
    assert reply.status == 200
    assert same(first, expected)
    assert same(last, expected)
    assert wrong["name"] == "b.png"
    assert re.search(reason, wrong["reason"], re.IGNORECASE), wrong
    assert "label" not in wrong
    assert server.send(content).status == 422


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("no base64!", "no base64"),
        ("data:image/png,abc", "data URL"),
        ("/etc/passwd", "not an image|no base64"),
        ("README.md", "no base64"),
        ("http://127.0.0.1/cat.png", "nothing is fetched"),
        ("file:///etc/passwd", "nothing is fetched"),
        (7, "neither a text"),
        (None, "neither a text"),
        ([[1, 2], [3]], "no rows of numbers"),
        ([["/etc/passwd"]], "no rows of numbers"),
        ([], "no rows of numbers"),
        ([[300, 0], [0, 0]], "0 to 255"),
        ([[-0.5, 0.0], [0.0, 0.0]], "0 to 1"),
        ([[[2] * 7] * 7] * 7, "channels"),
    ],
)
def test_texts_and_numbers_that_are_no_image(server, image, reason):
    told = server.post({"images": [image, BASE64]}).json["images"]
    assert re.search(reason, told[0]["reason"]), told
    assert told[1]["reason"] == ""


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ([[0, 1], [1, 0]], "0 and 1 alone.*multiply by 255"),
        ([[[1, 1, 1]] * 3] * 2, "0 and 1 alone"),
        ([[0.5, float("nan")], [0, 1]], "NaN and Infinity are no pixels"),
        ([[1, float("inf")], [-float("inf"), 1]], "NaN and Infinity are no pixels"),
        ([[0, 0], [0, 0]], ""),
        ([[0.0, 1.0], [1, 0]], ""),
        ([[0, 1], [2, 0]], ""),
        ([[0, 1], [1, -1]], "0 to 255"),
    ],
)
def test_numbers_that_may_mean_something_else(server, image, reason, several):
    as_image, as_pixels = {"images": [image]}, {"pixels": [image, image] if several else image}
    for asked in (as_image, as_pixels):
        for told in server.post(asked).json["images"]:
            assert bool(told["reason"]) == bool(reason)
            assert re.search(reason, told["reason"])
            assert ("label" in told) == (not reason)


def test_a_nearly_black_image_among_bytes_and_a_broken_one_among_fractions(server):
    reply = server.post({"pixels": [[[0, 1, 0, 0, 1]] * 6, [[0, 255, 7, 0, 0]] * 6]})
    assert [each["reason"] for each in reply.json["images"]] == ["", ""]
    reply = server.post({"pixels": [[[0.5, 1, 0, 0, 1]] * 6, [[float("nan"), 1, 0, 0, 0]] * 6]})
    assert [bool(each["reason"]) for each in reply.json["images"]] == [False, True]

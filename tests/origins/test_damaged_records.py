"""A record that is damaged, of another kind, or made to do harm is taken for none."""

import json

import pytest

from image_classification.origins.record import FOLDER, Made, Origin, read_origin, renew, write_origin

MADE = Made("node", "kedro run", "2030-01-01T00:00:00+00:00", "a run")
ORIGIN = Origin("data", MADE, {"a": "1"}, {"b": "2"}, {"c": "3"}, "d", {"e": "5"}, {"f": "6"}, {"g": "7"})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.json"
    write_origin(path, ORIGIN)
    assert read_origin(path) == ORIGIN
    return path


def place(path):
    return path.parent / FOLDER / f"{path.name}.json"


@pytest.mark.parametrize(
    "value", [None, True, 5, 0.5, "text", [], ["a"], {"a": 1}, {"a": None}, {"a": {}}, [[]]]
)
@pytest.mark.parametrize("field", list(json.loads(json.dumps(ORIGIN.__dict__, default=vars))))
def test_a_field_of_another_kind(path, field, value):
    facts = json.loads(place(path).read_bytes())
    is_right = value == "text" if isinstance(facts[field], str) else field == "replaced_by" and not value
    place(path).write_text(json.dumps({**facts, field: value}))
    assert (read_origin(path) is not None) == is_right


@pytest.mark.parametrize("who", ["made", "replaced_by"])
@pytest.mark.parametrize("field", ["node", "command", "started", "run", "mlflow_run"])
@pytest.mark.parametrize("value", [None, 5, [], {}])
def test_who_made_it_is_told_in_texts(path, who, field, value):
    facts = json.loads(place(path).read_bytes())
    place(path).write_text(json.dumps({**facts, who: {**facts["made"], field: value}}))
    assert read_origin(path) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '"text"', "[" * 100_000, '{"made":' * 100_000, "1" * 100_000, "\xff", "{}"],
)
def test_what_is_no_record_at_all(path, text):
    place(path).write_bytes(text.encode("latin-1"))
    assert read_origin(path) is None


def test_a_field_too_many_and_one_too_few(path):
    facts = json.loads(place(path).read_bytes())
    place(path).write_text(json.dumps({**facts, "more": ""}))
    assert read_origin(path) is None
    del facts["dataset"]
    place(path).write_text(json.dumps(facts))
    assert read_origin(path) is None


def test_a_record_is_renewed_unless_it_has_changed_since(path):
    renew(path, ORIGIN, "another stamp")
    changed = read_origin(path)
    assert changed.stamp == "another stamp"
    renew(path, ORIGIN, "a third one")
    assert read_origin(path) == changed

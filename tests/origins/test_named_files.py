"""The files that options name are told by the types of the options, not by what lies in the folder."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.networks import NetworkOptions
from image_classification.options import ModellingSection, NamesFile
from image_classification.origins.declared import depends_on, state_outside
from image_classification.origins.named_files import named_files
from image_classification.pipelines.modelling.nodes import build_network, evaluate_network, train_network


class Inner(ModellingSection):
    file: Annotated[str, NamesFile()] = ""
    name: str = ""


class Options(ModellingSection):
    one: Annotated[str, NamesFile()] | None = None
    many: list[Annotated[str, NamesFile()]] = Field(default=[])
    by_name: dict[str, Annotated[str, NamesFile()]] = Field(default={})
    pair: tuple[int, Annotated[str, NamesFile()]] = (0, "")
    inner: Inner = Inner()
    inners: list[Inner] | None = None
    text: str = ""
    texts: list[str] = Field(default=[])


@depends_on(named_files=True)
def step(options: Options, path: Annotated[str, NamesFile()] = "", text: str = ""):
    return options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"options": {"one": "a"}}, ["a"]),
        ({"options": {"one": None}}, []),
        ({"options": {"many": ["a", "b", "a"]}}, ["a", "b"]),
        ({"options": {"by_name": {"x": "a", "y": "b"}}}, ["a", "b"]),
        ({"options": {"pair": [1, "a"]}}, ["a"]),
        ({"options": {"inner": {"file": "a", "name": "b"}}}, ["a"]),
        ({"options": {"inners": [{"file": "a"}, {"name": "b"}]}}, ["a"]),
        ({"options": {"text": "a", "texts": ["b"], "inner": {"name": "c"}}}, []),
        ({"options": {}, "path": "a", "text": "b"}, ["a"]),
        ({"path": 5, "options": "a", "text": None}, []),
        ({"unknown": "a"}, []),
    ],
)
def test_what_is_marked_is_a_file(given, expected):
    assert named_files(step, given) == [Path(name) for name in expected]


def distillation(teacher):
    return {"teacher": teacher, "temperature": 4.0, "teacher_weight": 0.5}


@pytest.mark.parametrize(
    ("argument", "kind", "values", "expected"),
    [
        ("network", NetworkOptions, {"name": "torchvision", "torchvision": {"weights": "w.pth"}}, ["w.pth"]),
        ("network", NetworkOptions, {"name": "convnet", "torchvision": {"weights": "w.pth"}}, []),
        ("loss", LossOptions, {"name": "distillation", "distillation": distillation("t")}, ["t"]),
        (
            "loss",
            LossOptions,
            {
                "name": "weighted_sum",
                "weighted_sum": {
                    "terms": [{"name": "cross_entropy"}, {"name": "distillation", **distillation("t")}]
                },
            },
            ["t"],
        ),
        ("optimizer", OptimizerOptions, {"name": "adam"}, []),
    ],
)
def test_options_of_the_project(argument, kind, values, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("adam", "convnet", "distillation"):
        (tmp_path / name).touch()
    plain = kind.model_validate(values).model_dump(mode="json")
    node = build_network if argument == "network" else train_network
    assert named_files(node, {argument: plain}) == [Path(name) for name in expected]


def test_a_file_of_the_name_of_an_option_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"optimizer": OptimizerOptions().model_dump(mode="json"), "seed": 1}
    before = state_outside(train_network, given)
    (tmp_path / "adam").touch()
    assert state_outside(train_network, given) == before


def test_the_content_counts_and_whether_there_is_a_file(tmp_path):
    path = tmp_path / "weights"
    given = {"options": {"one": str(path)}}
    states = [state_outside(step, given)]
    for content in ("1", "2"):
        path.write_text(content)
        states.append(state_outside(step, given))
    assert len({*states}) == 3
    path.unlink()
    path.write_text("1")
    assert state_outside(step, given) == states[1]


@pytest.mark.parametrize("name", ["\0", "x" * 5000, "", "/dev/zero", "."])
def test_odd_names_are_no_trouble(name):
    given = {"options": {"one": name}}
    assert state_outside(step, given) == state_outside(step, given)


def test_files_that_take_long_to_read_are_told_by_their_last_change(tmp_path, monkeypatch):
    monkeypatch.setattr("image_classification.origins.declared._LITTLE", 3)
    path = tmp_path / "weights"
    path.write_text("1234")
    given = {"options": {"one": str(path)}}
    before = state_outside(step, given)
    assert state_outside(step, given) == before
    path.unlink()
    path.write_text("1234")
    assert state_outside(step, given) != before


def test_whoever_measures_needs_no_teacher():
    given = {"loss": {"name": "distillation", "distillation": distillation("gone")}}
    assert state_outside(evaluate_network, given) == ""

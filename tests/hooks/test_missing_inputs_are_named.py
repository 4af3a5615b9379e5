"""A run that starts in the middle says which file is missing and which pipeline makes it."""

from pathlib import Path

import pytest
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset

from image_classification.errors import UserError
from image_classification.hooks import remedies
from image_classification.hooks.checks import InputsHook
from image_classification.origins.record import Made, Origin, write_origin


def make() -> tuple[int, int]:
    return 1, 2


def use(kept: int, passing: int, width: int) -> int:
    return kept + passing + width


FIRST = Pipeline([Node(make, None, ["kept", "passing"], name="make")])
SECOND = Pipeline([Node(use, ["kept", "passing", "params:width"], "sum", name="use")])


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    found = {"__default__": FIRST + SECOND, "whole": FIRST + SECOND, "first": FIRST, "second": SECOND}
    monkeypatch.setattr(remedies, "registered", lambda: found)
    return found


def check(pipeline, catalog, **run_params):
    InputsHook().before_pipeline_run(
        {"only_missing_outputs": False} | run_params, pipeline, DataCatalog(catalog)
    )


def test_a_missing_file_is_named_with_the_smallest_pipeline_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalog = {
        "kept": JSONDataset(filepath=str(tmp_path / "data" / "kept.json")),
        "passing": MemoryDataset(1),
    }
    with pytest.raises(UserError) as refused:
        check(SECOND, catalog)
    assert str(refused.value) == (
        f"The run needs kept, and its file {Path('data/kept.json')} does not exist. "
        "Make it first: kedro run --pipeline first (node make)"
    )


def test_what_is_kept_in_memory_only_is_made_by_a_node_to_start_from(tmp_path):
    kept = JSONDataset(filepath=str(tmp_path / "kept.json"))
    kept.save(1)
    with pytest.raises(UserError, match=r"kept in memory only\. Start from the node .*: --from-nodes make"):
        check(SECOND, {"kept": kept})


def test_all_that_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match=r"\(and 1 more: passing\)"):
        check(SECOND, {"kept": JSONDataset(filepath=str(tmp_path / "kept.json"))})


def test_what_no_pipeline_makes_is_said(registry, tmp_path):
    for name in ("__default__", "whole", "first"):
        del registry[name]
    with pytest.raises(UserError, match="No pipeline makes it"):
        check(SECOND, {"kept": JSONDataset(filepath=str(tmp_path / "kept.json"))})


def test_what_the_pipeline_makes_itself_need_not_be_there(tmp_path):
    check(FIRST + SECOND, {"kept": JSONDataset(filepath=str(tmp_path / "kept.json"))})


def test_nodes_that_kedro_will_leave_out_need_nothing(tmp_path):
    check(SECOND, {"kept": JSONDataset(filepath=str(tmp_path / "kept.json"))}, only_missing_outputs=True)


class Silent(AbstractDataset):
    """It cannot tell whether it exists."""

    def load(self) -> int:
        return 1

    def save(self, data: int) -> None:
        raise AssertionError("checking the inputs must not write")

    def _describe(self) -> dict:
        return {}


def test_a_dataset_that_cannot_tell_is_trusted():
    check(SECOND, {"kept": Silent(), "passing": Silent()})


def test_a_pipeline_that_can_start_is_named_before_a_smaller_one_that_cannot(tmp_path, monkeypatch):
    def of_source(source: str) -> Pipeline:
        return Pipeline([Node(abs, f"params:{source}", f"{source}_set", name=f"make_{source}")])

    train = Pipeline([Node(abs, "digits_set", "network", name="train")])
    train_own = Pipeline([Node(abs, "own_set", "network", name="train_own")])
    monkeypatch.setattr(
        remedies,
        "registered",
        lambda: {
            "modelling": train,
            "training": of_source("digits") + train,
            "more": of_source("digits") + train + Pipeline([Node(abs, "network", "report", name="report")]),
            "own_training": of_source("own") + train_own,
        },
    )
    files = {
        name: JSONDataset(filepath=str(tmp_path / name)) for name in ("digits_set", "own_set", "network")
    }

    with pytest.raises(UserError) as refused:
        check(Pipeline([Node(abs, "network", "answer", name="answer")]), files)

    assert str(refused.value).endswith(
        "Make it first: kedro run --pipeline training (node train), or kedro run --pipeline own_training"
    )


@pytest.mark.parametrize(("source", "pipeline"), [("mnist", "modelling"), ("idx", "idx_modelling")])
def test_what_was_made_of_one_source_is_made_again_of_that(tmp_path, monkeypatch, source, pipeline):
    """Its record says from which images it was."""
    monkeypatch.setattr(
        remedies,
        "registered",
        lambda: {
            "modelling": Pipeline([Node(abs, "mnist.train_set", "network", name="train")]),
            "idx_modelling": Pipeline([Node(abs, "idx.train_set", "network", name="train")]),
        },
    )
    network = JSONDataset(filepath=str(tmp_path / "network.json"))
    catalog = DataCatalog({"network": network, f"{source}.train_set": MemoryDataset(1)})
    network.save(1)
    lineage = {"network": "a", f"{source}.train_set": "b", f"{source}.images": "c"}
    made = Made("train", "kedro run", "2030-01-01T00:00:00", "")
    write_origin(tmp_path / "network.json", Origin("network", made, lineage=lineage))

    assert remedies.made_from(["network"], catalog) == {source}
    assert remedies.remedy("network", catalog).endswith(f"kedro run --pipeline {pipeline} (node train)")
    assert remedies.pipeline_with({"train"}, {source}) == pipeline

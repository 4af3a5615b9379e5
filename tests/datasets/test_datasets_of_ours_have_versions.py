"""`versioned: true` keeps what earlier runs made, for our own datasets as for Kedro's."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.io import Version

from image_classification.datasets.network import NetworkDataset
from image_classification.errors import UserError

PARAMETERS = {"modelling": {"training": {"epochs": 1, "batch_size": 32}}}
# every kind of dataset that a training writes
VERSIONED = [
    "mnist.archives",
    "mnist.images",
    "mnist.image_index",
    "mnist.image_statistics",
    "{source}.train_set",
    "{source}.validation_set",
    "{source}.test_set",
    "network",
    "trained_network",
    "history",
    "predictions",
    "metrics",
    "{name}_figure",
    "report",
    "model_card",
]


def run(project: Path, *, seed: int = 42, load_versions: dict[str, str] | None = None, **filters) -> None:
    modelling = PARAMETERS["modelling"] | {"seed": seed}
    with KedroSession.create(project, runtime_params={"modelling": modelling}) as session:
        names = {"pipeline_names": ["training"]}
        session.run(load_versions=load_versions, **names | filters)


def make_versioned(project: Path) -> None:
    """Say `versioned: true` of them in conf/local, as a person would."""
    entries: dict[str, dict] = {}
    for file in (project / "conf" / "base").glob("catalog*.yml"):
        entries |= yaml.safe_load(file.read_text()) or {}
    wanted = {}
    for name in VERSIONED:
        pattern = name if name in entries else next(key for key in entries if _fits(key, name))
        wanted[pattern] = entries[pattern] | {"versioned": True}
    (project / "conf" / "local").mkdir(exist_ok=True)
    (project / "conf" / "local" / "catalog.yml").write_text(yaml.safe_dump(wanted))


def _fits(pattern: str, name: str) -> bool:
    _, brace, ending = pattern.rpartition("}")
    return bool(brace and ending) and name.endswith(ending)


def versions(project: Path, file: str) -> list[Path]:
    return sorted(path for path in (project / "data").rglob(file) if path.parent.parent.name == file)


@pytest.fixture
def versioned(project: Path, tiny_mnist: Path) -> Path:
    make_versioned(project)
    return project


@pytest.mark.slow
def test_each_run_adds_a_version_and_the_latest_is_read(versioned: Path) -> None:
    run(versioned)
    run(versioned, seed=7)

    networks = versions(versioned, "trained_network.safetensors")
    assert len(networks) == 2
    assert networks[0].read_bytes() != networks[1].read_bytes()
    for file in ("train_set.safetensors", "history.parquet", "metrics.json", "report.html"):
        assert len(versions(versioned, file)) == 2, file
    latest = NetworkDataset(
        filepath=str(versioned / "data/06_models/trained_network.safetensors"), version=Version(None, None)
    )
    assert latest.resolve_load_version() == networks[1].parent.name

    run(versioned, from_nodes=["modelling.evaluate_network"])
    rows = [pd.read_parquet(path) for path in versions(versioned, "predictions.parquet")]
    pd.testing.assert_frame_equal(rows[2], rows[1])


@pytest.mark.slow
def test_an_earlier_version_is_read_by_its_name(versioned: Path) -> None:
    run(versioned)
    run(versioned, seed=7)
    first = versions(versioned, "trained_network.safetensors")[0].parent.name

    run(versioned, node_names=["modelling.evaluate_network"], load_versions={"trained_network": first})

    rows = [pd.read_parquet(path) for path in versions(versioned, "predictions.parquet")]
    pd.testing.assert_frame_equal(rows[2], rows[0])


@pytest.mark.slow
def test_an_earlier_network_is_not_reported_with_the_history_of_a_later_one(versioned: Path) -> None:
    run(versioned)
    run(versioned, seed=7)
    first = versions(versioned, "trained_network.safetensors")[0].parent.name

    with pytest.raises(UserError, match="trained_network does not belong to history"):
        run(versioned, from_nodes=["modelling.evaluate_network"], load_versions={"trained_network": first})

    assert len(versions(versioned, "predictions.parquet")) == 2


def test_before_the_first_version_the_way_to_make_one_is_named(versioned: Path) -> None:
    with pytest.raises(UserError, match=r"The run needs .*does not exist.* Make it first: kedro run"):
        run(versioned, pipeline_names=["modelling"])

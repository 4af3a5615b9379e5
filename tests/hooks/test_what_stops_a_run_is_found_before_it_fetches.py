"""What a run would fail of anyway is told before its images are fetched, which may take hours."""

from uuid import uuid4

import pytest
import yaml
from kedro.framework.session import KedroSession

from image_classification.errors import UserError


@pytest.fixture
def shop(project, bucket_server):
    """A bucket with something that is called photographs; the project has its credentials."""
    bucket = f"shop-{uuid4().hex[:8]}"
    bucket_server.make(bucket, {"photos/a/1.jpg": b"1", "photos/b/2.jpg": b"2", "taken/x": b"1"})
    local = project / "conf" / "local"
    local.mkdir(exist_ok=True)
    (local / "credentials.yml").write_text(yaml.safe_dump({"s3": bucket_server.credentials}))
    return bucket


def stopped(project, pipeline, **params):
    with (
        KedroSession.create(project, env="photos", runtime_params=params) as session,
        pytest.raises(UserError) as told,
    ):
        session.run(pipeline_names=[pipeline])
    copies = project / "data" / "00_remote"
    assert not [path for path in copies.rglob("*") if path.suffix == ".jpg"]
    return str(told.value)


@pytest.mark.parametrize("results", ["s3://no-such-bucket-{shop}/a", "s3://{shop}/photos/x", "/here"])
def test_a_place_for_results(project, shop, results):
    params = {
        "image_folder": {"path": f"s3://{shop}/photos"},
        "remote": {"results": results.format(shop=shop)},
    }
    assert "remote.results" in stopped(project, "folder_training", **params)


def test_weights(project, shop, tmp_path):
    network = {"name": "timm", "timm": {"weights": str(tmp_path / "no.safetensors")}}
    params = {"image_folder": {"path": f"s3://{shop}/photos"}, "modelling": {"network": network}}
    assert "no.safetensors" in stopped(project, "folder_training", **params)


def test_what_an_earlier_run_makes(project, shop):
    assert "trained_network" in stopped(project, "inference", inference={"images": f"s3://{shop}/photos"})

"""A password in an address is refused in mlflow.yml, works in the environment, and is shown nowhere."""

import pytest
from kedro.framework.session import KedroSession

from image_classification.errors import UserError
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.secrets_in_address import has_password, shown_address
from image_classification.tracking.store.settings import TrackingSettings, load_settings

WITH = {
    "postgresql://me:hidden@host/runs": "postgresql://host/runs",
    "postgresql+psycopg://me:hidden@host:5433/runs?sslmode=require": "postgresql+psycopg://host:5433/runs?sslmode=require",
    "postgresql://me:hid@den@host/runs": "postgresql://host/runs",
    "postgresql://me:hid/den@host/runs": "postgresql://host/runs",
    "postgresql://:hidden@host/runs": "postgresql://host/runs",
    "postgresql://host/runs?user=me&password=hidden": "postgresql://host/runs?user=me&password=***",
    "mysql+pymysql://me:hidden@host/runs": "mysql+pymysql://host/runs",
    "https://me:hidden@host/mlflow": "https://host/mlflow",
    "http://me:hidden@host:5000": "http://host:5000",
}
WITHOUT = {
    "postgresql://me@host:5433/runs": "postgresql://host:5433/runs",
    "postgresql://host:5433/runs": "postgresql://host:5433/runs",
    "http://host:5000/a@b": "http://host:5000/a@b",
    "https://me@host": "https://host",
    "sqlite:///a:b/runs.db": "sqlite:///a:b/runs.db",
    "sqlite:////home/me@work/runs.db": "sqlite:////home/me@work/runs.db",
    "databricks": "databricks",
}


@pytest.mark.parametrize("address", WITH)
def test_one_with_a_password(address):
    assert has_password(address)
    assert shown_address(address) == WITH[address]


@pytest.mark.parametrize("address", WITHOUT)
def test_one_without(address):
    assert not has_password(address)
    assert shown_address(address) == WITHOUT[address]


@pytest.fixture
def read(project):
    def read(text):
        (project / "conf" / "local").mkdir(exist_ok=True)
        (project / "conf" / "local" / "mlflow.yml").write_text(text)
        with KedroSession.create(project) as session:
            return load_settings(session.load_context().config_loader)

    return read


@pytest.mark.parametrize("address", WITH)
def test_a_file_is_no_place_for_it(read, address):
    with pytest.raises(UserError) as told:
        read(f"tracking_uri: {address}")
    first, second = str(told.value).splitlines()
    assert first.startswith("conf/local/mlflow.yml: tracking_uri has a password in it")
    assert WITH[address] in second
    assert "conf/local/credentials.yml" in second
    assert not {"hidden", "hid@den", "hid/den", "den@"} & set(str(told.value).split())
    assert "hidden" not in str(told.value)


def test_a_name_without_one_is_taken(read):
    assert read("tracking_uri: postgresql://me@host/runs").tracking_uri == "postgresql://me@host/runs"


def test_a_place_of_files_that_is_refused_is_shown_without(read):
    with pytest.raises(UserError, match=r"conf/local/mlflow\.yml: artifacts is 's3://bucket/x'") as told:
        read("artifacts: s3://key:hidden@bucket/x")
    assert "hidden" not in str(told.value)


def test_the_environment_may_have_one(read, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:hidden@host/runs")
    settings = read("")
    store = locate_store(settings, tmp_path)
    assert store.uri == "postgresql://me:hidden@host/runs"
    assert store.shown == "postgresql://host/runs"
    assert isinstance(settings, TrackingSettings)

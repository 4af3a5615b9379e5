"""What opens a store and its files comes from Kedro's credentials; the environment wins."""

import pytest

from image_classification.tracking.store.credentials import take_credentials

CREDENTIALS = {
    "mlflow": {"username": "me", "password": "hidden", "token": "t"},
    "s3": {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": "http://e", "region_name": "r"}},
}
BUCKET = {
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
    "MLFLOW_S3_ENDPOINT_URL": "http://e",
    "AWS_DEFAULT_REGION": "r",
}
DATABASE = {"PGUSER": "me", "PGPASSWORD": "hidden"}
OF_HOST = {"IMAGE_CLASSIFICATION_PGPASSWORD_OPENS": "me@host:5432"}
SERVER = {
    "MLFLOW_TRACKING_USERNAME": "me",
    "MLFLOW_TRACKING_PASSWORD": "hidden",
    "MLFLOW_TRACKING_TOKEN": "t",
}


@pytest.mark.parametrize(
    ("uri", "artifacts", "expected"),
    [
        ("", "", {}),
        ("sqlite:///mlflow.db", "", {}),
        ("", "s3://b/x", BUCKET),
        ("postgresql://host/db", "", DATABASE | BUCKET | OF_HOST),
        ("postgresql+psycopg://host/db", "s3://b/x", DATABASE | BUCKET | OF_HOST),
        ("http://host:5000", "", SERVER | BUCKET),
        ("https://host", "", SERVER | BUCKET),
    ],
)
def test_where_mlflow_looks_for_it(uri, artifacts, expected):
    environ = {}
    take_credentials(uri, artifacts, {"credentials": CREDENTIALS}, environ)
    assert environ == expected


def test_the_environment_wins():
    environ = {"PGPASSWORD": "other", "AWS_DEFAULT_REGION": "here"}
    take_credentials("postgresql://host/db", "", {"credentials": CREDENTIALS}, environ)
    assert environ == DATABASE | BUCKET | {"PGPASSWORD": "other", "AWS_DEFAULT_REGION": "here"}


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"])
def test_halves_of_two_pairs_are_not_put_together(name):
    environ = {name: "other"}
    take_credentials("http://host", "", {"credentials": CREDENTIALS}, environ)
    assert "AWS_SECRET_ACCESS_KEY" not in environ
    assert environ[name] == "other"
    assert environ["MLFLOW_S3_ENDPOINT_URL"] == "http://e"


@pytest.mark.parametrize(
    "credentials", [{}, {"credentials": {}}, {"credentials": {"s3": "text", "mlflow": None}}]
)
def test_there_may_be_none(credentials):
    environ = {}
    take_credentials("http://host", "", credentials, environ)
    assert environ == {}

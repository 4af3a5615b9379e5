"""Where trainings are shared: a file, or a server, whose password is neither shown nor recorded."""

import pytest

from image_classification.errors import UserError
from image_classification.parameters.root import validate_parameters
from image_classification.trials.address import address_of
from image_classification.trials.storage import open_storage


@pytest.mark.parametrize(
    "address", ["postgresql://host/trials", "postgresql://me@host:5433/trials", "sqlite:////tmp/trials.db"]
)
def test_addresses_without_a_password_are_taken(tmp_path, address):
    found = validate_parameters({"cross_validation": {"storage": address}}).cross_validation.storage
    assert address_of(found, tmp_path) == address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cret@host/trials",
        "postgresql+psycopg://me:s3cret@host/trials",
        "postgresql://host/trials?user=me&password=s3cret",
        "postgresql://me:s3cret@[host/trials",
        "mysql://me:s3cret@host/trials",
    ],
)
def test_a_password_is_refused_and_never_shown(address):
    with pytest.raises(UserError) as caught:
        validate_parameters({"cross_validation": {"storage": address}})
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any("s3cret" in f"{error}" for error in chain)


@pytest.mark.parametrize("address", ["trials.db", "/tmp/trials.db", "sqlite:///", "http://host", ""])
def test_what_is_no_address_is_told(address):
    with pytest.raises(UserError, match=r"expected postgresql://<host>/<database> or sqlite"):
        validate_parameters({"cross_validation": {"storage": address}})


def test_without_one_it_is_a_file_in_the_folder(tmp_path):
    assert address_of(None, tmp_path) == f"sqlite:///{tmp_path}/trials.db"


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "trials.db").write_text("no database" * 100)
    with pytest.raises(UserError, match="file is not a database") as caught:
        open_storage(f"sqlite:///{tmp_path}/trials.db")
    assert "storage" in str(caught.value)


def test_a_server_without_the_library_for_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(UserError, match="only where psycopg is installed"):
        open_storage("postgresql://localhost/trials")

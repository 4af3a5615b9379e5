"""What exists and may not be read or written is never said to be absent: the missing permission is named."""

import re
from pathlib import Path

import pytest
from PIL import Image

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.troubles import refused_by_the_system, require_readable, require_writable
from image_classification.images.folder.found_files import given_path
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.store.opened_store import open_image_store
from image_classification.networks.pretrained.weights_file import read_weights
from image_classification.networks.storage import load_classifier

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "folder" / "inner" / "file.safetensors"
    path.parent.mkdir(parents=True)
    path.write_text("content")
    yield path
    (tmp_path / "folder").chmod(0o755)
    path.parent.chmod(0o755)


def read_image_folder(path):
    given_path(ImageFolderOptions, "path", str(path))


READERS = [
    require_readable,
    open_image_store,
    load_classifier,
    lambda path: read_weights(path, "weights"),
    read_image_folder,
]


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_may_not_be_read(file, read):
    file.chmod(0o200)
    with pytest.raises(UserError) as refused:
        read(file)
    first = str(refused.value).splitlines()[0]
    assert f"{file} cannot be read: permission r is missing (--w-------, of " in first


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("closed", ["folder", "folder/inner"])
def test_a_file_in_a_folder_that_may_not_be_entered(file, read, closed, tmp_path):
    (tmp_path / closed).chmod(0o600)
    with pytest.raises(UserError) as refused:
        read(file)
    first = str(refused.value).splitlines()[0]
    assert f"{file} cannot be read: the folder {tmp_path / closed} may not be entered, permission x" in first


def test_a_folder_that_may_not_be_listed(file):
    file.parent.chmod(0o300)
    require_readable(file)
    with pytest.raises(UserError, match=f"{file.parent} cannot be read: permission rx is missing"):
        read_image_folder(file.parent)


def test_what_is_not_there_is_absent(tmp_path):
    require_readable(tmp_path / "none" / "file")
    require_readable(Path("no\0name"))


def test_a_folder_that_takes_no_files(file):
    file.parent.chmod(0o500)
    reason = f"no file can be made in the folder {file.parent}, permission w is missing (dr-x------, of "
    for target in (file, file.with_name("new"), file.parent / "new" / "newer"):
        with pytest.raises(UserError, match=re.escape(f"{target} cannot be written: {reason}")):
            require_writable(target)
        with (
            pytest.raises(UserError, match=re.escape(f"{target} cannot be written: {reason}")),
            replacing(target) as temporary,
        ):
            temporary.write_text("new")
    assert file.read_text() == "content"


def test_a_file_that_is_replaced_need_not_be_writable(file):
    file.chmod(0o400)
    require_writable(file)
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert file.read_text() == "new"


def test_an_error_of_the_system_that_nobody_expected_says_the_same(file):
    file.chmod(0)
    with pytest.raises(PermissionError) as error:
        file.read_text()
    assert refused_by_the_system(error.value).startswith(f"{file} cannot be read: permission r is missing")
    assert refused_by_the_system(FileNotFoundError(2, "No such file", str(file))) is None


@pytest.mark.parametrize("mode", [0, 0o300])
def test_a_configuration_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path, mode):
    base = tmp_path / "conf" / "base"
    base.mkdir(parents=True)
    (base / "parameters.yml").write_text("a: 1")
    loader = LayeredConfigLoader(str(tmp_path / "conf"), base_env="base", default_run_env="local")
    base.chmod(mode)
    try:
        with pytest.raises(UserError, match=f"{base} cannot be read: permission rx? is missing"):
            loader["parameters"]
    finally:
        base.chmod(0o755)


def test_a_class_whose_folder_is_closed_is_not_said_to_have_no_image(tmp_path, caplog):
    for name in ("cat", "dog", "owl"):
        for number in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("L", (4, 4), number).save(tmp_path / name / f"{number}.png")
    try:
        (tmp_path / "cat").chmod(0)
        assert set(index_image_files(tmp_path)["class_name"]) - {""} >= {"dog", "owl"}
        closed = "What is in these folders is left out, as they may not be read: cat/."
        assert closed in caplog.text
        (tmp_path / "dog" / "0.png").unlink()
        (tmp_path / "dog").chmod(0)
        with pytest.raises(UserError, match="as they may not be read: cat/, dog/") as refused:
            index_image_files(tmp_path)
        assert "There is no image in" not in str(refused.value) + caplog.text
    finally:
        for name in ("cat", "dog"):
            (tmp_path / name).chmod(0o755)

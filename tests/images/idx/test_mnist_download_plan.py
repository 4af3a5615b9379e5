"""Archives on disk win, named mirrors must deliver, and only without any the digits stand in."""

import pytest

from image_classification.errors import UserError
from image_classification.images.idx import mnist
from image_classification.images.idx.mnist import MnistPlan


def plan(mirrors, named=True, fallback="digits"):
    return MnistPlan(mnist.ARCHIVES, tuple(mirrors), named, 20.0, fallback)


@pytest.fixture
def dead(tmp_path):
    return f"file://{tmp_path}/gone"


def test_the_record_says_where_each_archive_came_from(tiny_mnist, tmp_path):
    mirror = tiny_mnist.as_uri()

    record = plan([mirror]).run(tmp_path / "raw")

    assert record.data_name == "mnist"
    assert record.reasons == []
    assert {name: (origin.md5, origin.mirror) for name, origin in record.files.items()} == {
        file.name: (file.md5, mirror) for file in mnist.ARCHIVES
    }


def test_a_second_run_fetches_nothing_and_remembers_the_origin(tiny_mnist, tmp_path, dead):
    first = plan([tiny_mnist.as_uri()]).run(tmp_path / "raw")

    assert plan([dead]).run(tmp_path / "raw", earlier=first) == first


def test_archives_on_disk_win_over_everything(tiny_mnist, dead, capsys):
    record = plan([dead], named=False).run(tiny_mnist)

    assert record.data_name == "mnist"
    assert {origin.mirror for origin in record.files.values()} == {"found on disk"}
    assert capsys.readouterr().out == ""


def test_a_named_mirror_that_fails_is_an_error_with_every_reason(tiny_mnist, tmp_path, dead):
    (tiny_mnist / mnist.ARCHIVES[2].name).write_bytes(b"damaged")
    mirror = tiny_mnist.as_uri()

    with pytest.raises(UserError) as caught:
        plan([dead, mirror], fallback="digits").run(tmp_path / "raw")

    first, *others = str(caught.value).splitlines()
    assert mnist.ARCHIVES[2].name in first
    assert mnist.ARCHIVES[1].name not in first
    assert f"  {dead}  there is no such folder" in others
    assert any(line.startswith(f"  {mirror}  {mnist.ARCHIVES[2].name}: truncated") for line in others)
    assert any("MNIST_MIRROR" in line for line in others)


def test_without_fallback_public_mirrors_that_fail_are_an_error(tiny_mnist, tmp_path, dead):
    with pytest.raises(UserError, match="the public mirrors did not deliver"):
        plan([dead], named=False, fallback="none").run(tmp_path / "raw")


def test_the_fallback_warns_where_everybody_sees_it(tiny_mnist, tmp_path, dead, capsys):
    folder = tmp_path / "raw"
    folder.mkdir()
    damaged = folder / mnist.ARCHIVES[0].name
    damaged.write_bytes(b"not it")

    record = plan([dead], named=False).run(folder)

    warning = " ".join(capsys.readouterr().out.split())
    assert "WARNING: this is not MNIST but scikit-learn's digits" in warning
    assert "there is no such folder" in warning
    assert "MNIST_MIRROR=file:///" in warning
    assert "MnistOptions.mirrors" in warning
    assert "put the four archives into" in warning
    assert record.data_name == "digits"
    assert record.files == {}
    assert len(record.reasons) == 2
    assert f"{damaged} has the wrong checksum" in record.reasons[0]
    assert damaged.read_bytes() == b"not it"


def test_the_digest_tells_digits_from_mnist_and_stays_the_same(tiny_mnist, tmp_path, dead):
    digits = [plan([dead], named=False).run(tmp_path / name).digest for name in ("a", "b")]
    real = [plan([tiny_mnist.as_uri()]).run(tmp_path / name).digest for name in ("c", "d")]

    assert digits[0] == digits[1]
    assert real[0] == real[1]
    assert digits[0] != real[0]

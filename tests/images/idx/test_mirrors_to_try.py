"""Who names a mirror decides; only if nobody does, the public ones are tried."""

import pytest

from image_classification.errors import UserError
from image_classification.images.idx.mnist import PUBLIC_MIRRORS, mirrors_to_try


def test_nobody_named_any():
    assert mirrors_to_try([], {}) == (PUBLIC_MIRRORS, False)
    assert mirrors_to_try([], {"MNIST_MIRROR": " "}) == (PUBLIC_MIRRORS, False)


def test_the_environment_comes_first_and_the_public_ones_not_at_all():
    choice = mirrors_to_try(["http://b/c", "file:///d"], {"MNIST_MIRROR": "https://a/"})

    assert choice == (("https://a/", "http://b/c", "file:///d"), True)


def test_the_same_mirror_twice_is_tried_once():
    assert mirrors_to_try(["http://a"], {"MNIST_MIRROR": "http://a"}).mirrors == ("http://a",)


@pytest.mark.parametrize(
    "mirror", ["ftp://a/b", "/data/mnist", "http://", "file://data/mnist", "mnist", "s3://a"]
)
def test_what_is_no_address_is_refused_before_anything_is_tried(mirror):
    with pytest.raises(UserError, match=r"MNIST_MIRROR") as caught:
        mirrors_to_try([], {"MNIST_MIRROR": mirror})
    assert repr(mirror) in str(caught.value).splitlines()[0]

    with pytest.raises(UserError, match=r"MnistOptions\.mirrors"):
        mirrors_to_try([mirror], {})

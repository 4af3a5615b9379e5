"""What the licence of the first weights allows is told where somebody may overlook it."""

import pytest

from image_classification.networks.first_weights import PretrainedWeights


def weights(licence):
    return PretrainedWeights(name="resnet18", source="https://somewhere", sha256="0" * 64, licence=licence)


@pytest.mark.parametrize(
    "licence",
    ["cc-by-nc-4.0", "CC-BY-NC-SA-4.0", "apple-amlr", "research-only", "fair-noncommercial-research-license"],
)
def test_one_that_forbids_commercial_use(licence):
    found = weights(licence)
    assert found.licence_in_words == f"licence {licence}, which forbids commercial use"
    assert f"may not be used commercially ({licence})" in found.caution


@pytest.mark.parametrize("licence", ["apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "francais-1.0"])
def test_one_that_does_not(licence):
    assert weights(licence).licence_in_words == f"licence {licence}"
    assert weights(licence).caution == ""


@pytest.mark.parametrize("licence", [None, "", "unknown", "Other"])
def test_none_that_anybody_names(licence):
    assert weights(licence).licence_in_words == "nobody names a licence"
    assert "Nobody names a licence" in weights(licence).caution

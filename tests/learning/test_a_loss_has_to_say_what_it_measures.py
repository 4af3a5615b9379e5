"""The bases of the losses cannot be used as losses: a subclass that forgets its formula fails at once."""

import pytest

from image_classification.learning.losses.base import Loss
from image_classification.learning.losses.distances import Distance


@pytest.mark.parametrize(("base", "missing"), [(Loss, "forward"), (Distance, "distance")])
def test_a_base_without_its_formula_cannot_be_built(base: type[Loss], missing: str) -> None:
    with pytest.raises(TypeError, match=f"abstract method '?{missing}'?"):
        base()

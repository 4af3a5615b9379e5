"""Train, evaluate and track image classifiers with Kedro, PyTorch and MLflow."""

import os
from typing import TYPE_CHECKING, Any

from image_classification.processes.patience import give_way_soon

if TYPE_CHECKING:
    from image_classification.classifier import Classifier, Prediction

__version__ = "0.1.0"
__all__ = ["Classifier", "Prediction"]

# before anything imports torch: nobody is asked later
give_way_soon(os.environ)


def __getattr__(name: str) -> Any:
    """Import what is for use in Python when it is asked for: commands that need no torch begin at once."""
    if name in __all__:
        from image_classification import classifier  # noqa: PLC0415

        return getattr(classifier, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Networks: one small file per family, and the classifier that is trained, saved and served."""

# the import of a family registers it
from image_classification.networks import (  # noqa: F401
    convnet,
    feed_forward,
    lenet,
    mnist_nn,
    model_net,
    pretrained,
)
from image_classification.networks.classifier import (
    Classifier,
    NetworkDescription,
    NetworkOptions,
    build_classifier,
)

__all__ = ["Classifier", "NetworkDescription", "NetworkOptions", "build_classifier"]

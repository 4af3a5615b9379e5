"""Networks: one small file per family, a registry, and the classifier that is trained, saved and served."""

from image_classification.networks import convnet, feed_forward  # noqa: F401  (their import registers them)
from image_classification.networks.classifier import Classifier, NetworkDescription, build_classifier
from image_classification.networks.registry import network_names

__all__ = ["Classifier", "NetworkDescription", "build_classifier", "network_names"]

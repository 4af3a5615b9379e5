"""Networks of libraries, which may start from weights that somebody else has trained, and their files."""

# the import of a family registers it
from image_classification.networks.pretrained import timm_models, torchvision_models  # noqa: F401

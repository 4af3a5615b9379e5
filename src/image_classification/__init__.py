"""Train, evaluate and track image classifiers with Kedro, PyTorch and MLflow."""

__version__ = "0.1.0"

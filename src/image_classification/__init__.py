"""Train, evaluate and track image classifiers with Kedro, PyTorch and MLflow."""

import os

__version__ = "0.1.0"

# Threads that wait for each other sleep, unless a person has set this. By default they spin for a while:
# beside a busy program they keep the core from the thread that they wait for, and an epoch takes several
# times as long. OpenMP reads it when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""The record of every training run, in MLflow; no other package talks to MLflow.

MLflow takes more than a second to import, so nothing here imports it before a run is opened.
"""

from image_classification.tracking.quiet import quieten_mlflow
from image_classification.tracking.run_info import RunInfo, last_run

__all__ = ["RunInfo", "last_run"]

quieten_mlflow()

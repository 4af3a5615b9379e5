"""The record of every training run, in MLflow; no other package talks to MLflow.

MLflow takes more than a second to import, and torch two. Every command of Kedro imports `hook` and
`announcement`, so these import neither before a run is opened.
"""

import logging
import os

from image_classification.tracking.announcement import RunInfo, last_run

__all__ = ["RunInfo", "last_run"]


def quieten_mlflow() -> None:
    """Have MLflow report nothing but errors, unless a person has asked for more (MLFLOW_LOGGING_LEVEL).

    Call it before MLflow is imported, as it reads both variables then. What goes wrong inside it reaches us
    as an exception, which is reported once in our own words (`failures`).
    """
    # the project has opted out of telemetry, and without internet it would hold up the end of the process
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if "MLFLOW_LOGGING_LEVEL" in os.environ:
        return
    os.environ["MLFLOW_LOGGING_LEVEL"] = "ERROR"
    # logs the traceback of every database error that it raises
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    # "Retrying (JitteredRetry(...)) after connection broken by ..."
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


quieten_mlflow()

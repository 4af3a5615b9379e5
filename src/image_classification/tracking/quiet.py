"""MLflow without its chatter."""

import logging
import os


def quieten_mlflow() -> None:
    """Have MLflow report nothing but errors, unless a person has asked for more (MLFLOW_LOGGING_LEVEL).

    To be called before MLflow is imported, as it reads both variables then. What goes wrong inside it reaches
    us as an exception, and is reported once in our own words.
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

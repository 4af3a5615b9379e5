"""Whether the files of runs can be kept where they are to be: a file is written there before any work."""

import logging
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from image_classification.errors import UserError
from image_classification.files.troubles import first_line, require_writable
from image_classification.tracking.delivery.lane import lane_of
from image_classification.tracking.store.place import Store, root_cause
from image_classification.tracking.store.settings import TrackingSettings

# what is written, and removed again: of one name, so that nothing heaps up where nothing may be removed
PROBE = "image-classification-may-write.txt"
# seconds beyond the time-out that is asked for: libraries of buckets try several times
_GRACE = 25.0

logger = logging.getLogger(__name__)


def require_storage(location: str, store: Store, settings: TrackingSettings) -> None:
    """Look whether files can be written to a place of MLflow's.

    Where a record is not required this is a warning: what cannot be stored is kept, and delivered later.

    Raises:
        UserError: they cannot.
    """
    parts = urlsplit(location)
    if parts.scheme in {"", "file"} and not parts.netloc:
        require_writable(Path(url2pathname(parts.path)) / "run")
        return
    try:
        lane_of(location).do(
            lambda: _write(location, store), settings.timeout + _GRACE, lambda _seconds: False
        )
    except Exception as error:
        message = _explained(location, store, error)
        if settings.required:
            raise UserError(message) from error
        logger.warning("%s Until it can they are kept in mlpending/.", message.partition("\n")[0])


def _write(location: str, store: Store) -> None:
    # imports MLflow's stores, and boto3
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: PLC0415

    storage = get_artifact_repository(location, tracking_uri=store.uri)
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / PROBE
        probe.write_text("A run looks whether it may write here.\n", encoding="utf-8")
        storage.log_artifact(str(probe))  # type: ignore[no-untyped-call]
    with suppress(Exception):  # whoever may write may not be allowed to remove
        storage.delete_artifacts(PROBE)  # type: ignore[no-untyped-call]


def _explained(location: str, store: Store, error: Exception) -> str:
    shown = Store(location).shown
    reason = first_line(root_cause(error))
    if store.is_server:
        advice = "Put that right where the server keeps files (--artifacts-destination)"
    else:
        advice = (
            "Put that right, or what opens it: for s3:// the entry s3: of conf/local/credentials.yml, or "
            "what its library finds by itself. Another place is artifacts in mlflow.yml, with another "
            "experiment, as one that is there keeps its place"
        )
    return (
        f"The files of runs cannot be written to {shown}: {reason}.\n{advice}; required: false in mlflow.yml "
        "goes on, and keeps them until they can be."
    )

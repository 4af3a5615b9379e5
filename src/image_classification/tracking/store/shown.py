"""The runs on MLflow's own pages: which server shows them, and what opens them for it."""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kedro.framework.context import KedroContext

from image_classification.config_loader import LayeredConfigLoader
from image_classification.tracking.announcement import WayToShow
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.settings import TrackingSettings

# of the environment: where runs are, first of all
_ADDRESS = "MLFLOW_TRACKING_URI"
_NAMED_BY = (_ADDRESS, "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
_PAGE = "#/experiments/{}/runs?compareRunsMode=CHART&workflowType=machine_learning"


class Server(NamedTuple):
    """A server to be started: its command, and what its environment has to have besides.

    The address of the store is in the environment alone, as whoever lists processes sees their commands.
    """

    command: Sequence[str]
    environment: Mapping[str, str]


def server_of(store: Store, port: int, more: Sequence[str]) -> Server:
    """Return the server that shows what is in a database.

    Args:
        store: the database.
        port: of 127.0.0.1.
        more: arguments of `mlflow server`.
    """
    files = store.artifact_root.as_uri() if store.artifact_root else store.artifacts
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", *more]
    environment = {
        "MLFLOW_BACKEND_STORE_URI": store.uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONWARNINGS": "ignore",
    }
    return Server(command, environment | ({"MLFLOW_DEFAULT_ARTIFACT_ROOT": files} if files else {}))


def page_of(settings: TrackingSettings, folder: Path, port: int) -> tuple[str, Store]:
    """Return the address of the page with the runs, and the store that they are in.

    Raises:
        UserError: the store cannot be used.
    """
    # imports MLflow, which takes more than a second
    from image_classification.tracking.store.opening import find_experiment  # noqa: PLC0415
    from image_classification.tracking.store.reading import opened_to_read  # noqa: PLC0415

    store = locate_store(settings, folder)
    if not store.is_database:
        return store.shown, store
    page = f"http://127.0.0.1:{port}/"
    if store.database and not store.database.is_file():  # the server makes it
        return page, store
    with opened_to_read(store, settings.timeout, "The runs cannot be shown") as client:
        experiment = find_experiment(client, settings)
    return page + (_PAGE.format(experiment.experiment_id) if experiment else ""), store


def way_to_show(context: KedroContext, store: Store) -> WayToShow:
    """Return how what a run of this context is recorded in is opened; before the run is announced."""
    loader = context.config_loader
    source, env = Path(loader.conf_source), getattr(loader, "env", None)
    options = [] if source == context.project_path / "conf" else ["--conf-source", str(source)]
    if env and isinstance(loader, LayeredConfigLoader) and _has_to_be_named(source, env, loader):
        options += ["--env", env]
    # the address as it was understood: a relative one means another place elsewhere
    named = {name: os.environ[name] for name in _NAMED_BY if os.environ.get(name)}
    named |= {_ADDRESS: store.uri} if _ADDRESS in named else {}
    is_secret = _ADDRESS in named and store.shown != store.uri
    shown = [f"{name}={shlex.quote(value)}" for name, value in named.items()]
    return WayToShow(shlex.join(options), " ".join(shown[is_secret:]), is_secret)


def _has_to_be_named(source: Path, env: str, loader: LayeredConfigLoader) -> bool:
    """Whether a command without this environment would open another place."""
    if os.environ.get("KEDRO_ENV") not in (None, "", env):
        return True  # which it would take instead
    if env in {loader.base_env, loader.default_run_env}:
        return False
    folder = source / env
    return not source.is_dir() or any(
        any(folder.rglob(f"{name}*.y*ml")) for name in ("mlflow", "credentials", "globals")
    )

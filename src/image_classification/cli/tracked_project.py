"""The project that a command is called in, and where it records its runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.utils import find_kedro_project

from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging

if TYPE_CHECKING:
    from image_classification.tracking.store.settings import TrackingSettings


def project_folder(conf_source: str | None = None) -> Path | None:
    """Return the folder in which a command that is called here keeps what it makes, its log among that.

    That is the folder of the project, or where a configuration is named outside of one, as with an installed
    package, the current folder. None: there is neither, and nothing is left in the current folder.
    """
    project = find_kedro_project(Path.cwd())
    return Path(project) if project else Path.cwd() if conf_source else None


@contextmanager
def tracked_project(env: str | None, conf_source: str | None) -> Iterator[tuple[Path, "TrackingSettings"]]:
    """Yield the project's folder and its settings of MLflow; what goes wrong is told in one line.

    Args:
        env: Kedro's environment of configuration.
        conf_source: folder or archive of configuration.

    Raises:
        CommandError: there is no project here, and no configuration is named.
    """
    folder = project_folder(conf_source)
    if folder is None:
        raise CommandError(f"{Path.cwd()} is not inside the project: change to its folder.")
    with run_logging(folder), told(folder):
        # Kedro's sessions and MLflow: not for `kedro --help`
        from kedro.framework.session import KedroSession  # noqa: PLC0415

        from image_classification.tracking.store.settings import load_settings  # noqa: PLC0415

        create: Any = KedroSession.create
        with create(folder, env=env, conf_source=conf_source) as session:
            settings = load_settings(session.load_context().config_loader)
        yield folder, settings

"""`python -m image_classification` and the command `image-classification` do what `kedro run` does."""

from pathlib import Path

from kedro.framework.startup import bootstrap_project
from kedro.utils import find_kedro_project


def main() -> None:
    """Run a pipeline of the project that the current folder belongs to, with the options of `kedro run`."""
    project = find_kedro_project(Path.cwd())
    if project is not None:
        bootstrap_project(project)
    # Kedro's settings have to be configured before the command is imported
    from image_classification.cli import run  # noqa: PLC0415
    from image_classification.process import leave  # noqa: PLC0415

    try:
        run()
    except SystemExit as end:
        leave(end.code)
        raise


if __name__ == "__main__":
    main()

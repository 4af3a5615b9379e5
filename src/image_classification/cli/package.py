"""The command `package`: Kedro's own, unless it would pack what is private."""

from pathlib import Path

import click
from kedro.framework.cli.project import package as package_of_kedro
from kedro.framework.startup import ProjectMetadata

from image_classification.cli.explanations import CommandError
from image_classification.words import some

# what Kedro leaves out of the archive, and what says nothing
_LEFT_OUT, _NOTHING = ".yml", {".gitkeep", ".gitignore"}


@click.command("package", help=package_of_kedro.help)
@click.pass_obj
def package(metadata: ProjectMetadata) -> None:
    """Run Kedro's command where all of conf/local stays out of the archive."""
    local = metadata.project_path / "conf" / "local"
    if packed := _packed_of(local):
        raise CommandError(
            f"{some(packed)} in {local} would be packed: kedro package leaves out files that end in "
            f"{_LEFT_OUT} alone.\nGive them that ending, or move them elsewhere for as long as it runs."
        )
    click.get_current_context().invoke(package_of_kedro)


def _packed_of(local: Path) -> list[str]:
    files = (path for path in local.rglob("*") if path.is_file())
    kept = (path for path in files if path.suffix != _LEFT_OUT and path.name not in _NOTHING)
    return sorted(path.relative_to(local).as_posix() for path in kept)

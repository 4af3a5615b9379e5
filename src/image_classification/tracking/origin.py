"""Where a run comes from: code, command, person and versions."""

import getpass
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kedro.utils import find_kedro_project

from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.config_loader.data_folder import is_data_folder
from image_classification.words import printable

# the tags of what is remote: where the data are, how each copy came here, and where results go
ADDRESS, FETCHED, RESULTS = "data.address", "remote.fetched", "remote.results"
_SOURCES = ("image_folder", "hugging_face", "idx")


def origin_tags(project_path: Path, run_params: Mapping[str, Any], data_folder: str) -> dict[str, str]:
    """Return the tags that say how to get this run again.

    Args:
        project_path: the project's folder, whose git repository is asked.
        run_params: what Kedro passes to its hooks.
        data_folder: as it was given, absolute or from the project's folder on.
    """
    command = shown_command(sys.argv)
    tags = {
        "command": command,
        "pipeline": ",".join(run_params.get("pipeline_names") or ["__default__"]),
        "environment": str(run_params.get("env") or "base"),
        DATA_FOLDER: data_folder,
        "runner": runner_name(run_params.get("runner")),
        "version.python": platform.python_version(),
        **{f"version.{package}": version(package) for package in ("kedro", "torch", "mlflow")},
        # MLflow's own names, which its pages show
        "mlflow.source.name": command,
        "mlflow.source.type": "LOCAL",
        **git_tags(project_path),
    }
    with suppress(KeyError, OSError):  # a user id without a name, as containers have
        tags["mlflow.user"] = getpass.getuser()
    return tags


def remote_tags(parameters: Mapping[str, Any], fetched: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that say where data came from, when, and where results go; none on this machine.

    Args:
        parameters: of the run.
        fetched: the addresses that this run reads, and how their copies came here.
    """
    sources = [parameters.get(source, {}).get("path") or "" for source in _SOURCES]
    # a table is fetched with its folder, a pattern with what it lies in
    data = [path for path in sources if any(_belongs(path, address) for address in fetched)]
    tags = {ADDRESS: ", ".join(data)} if data else {}
    if fetched:
        tags[FETCHED] = "\n".join(f"{address}: {how}" for address, how in sorted(fetched.items()))
    if results := parameters.get("remote", {}).get("results"):
        tags[RESULTS] = results
    return tags


def _belongs(path: str, address: str) -> bool:
    path, address = (f"{text.strip().rstrip('/')}/" for text in (path, address))
    return path.startswith(address) or (address.startswith(path) and "://" in path)


def git_tags(folder: Path) -> dict[str, str]:
    """Return commit, branch and whether files differ from the commit; nothing outside a git repository.

    Data folders of runs in the repository are no changes of it.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    tags = {"mlflow.source.git.commit": commit}
    if branch := _git(folder, "branch", "--show-current"):
        tags["mlflow.source.git.branch"] = branch
    is_dirty = _is_dirty(folder)
    if is_dirty is not None:
        tags["mlflow.source.git.dirty"] = "true" if is_dirty else "false"
    return tags


def _is_dirty(folder: Path) -> bool | None:
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    top = Path(_git(folder, "rev-parse", "--show-toplevel") or folder)
    # a folder of which git knows nothing is one line, with a slash at its end
    new = _git(top, "ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "-z")
    if changed is None or new is None:
        return None
    return bool(changed) or not all(is_data_folder(top / name) for name in new.split("\0") if name)


def project_folder() -> Path:
    """Return the folder of the project that this process is in, the current one where there is none."""
    return Path(find_kedro_project(Path.cwd()) or Path.cwd())


def commit_in_words(tags: Mapping[str, str]) -> str:
    """Say which commit `git_tags` tell of, and whether files differed; "" outside a git repository."""
    commit = tags.get("mlflow.source.git.commit")
    if not commit:
        return ""
    return f"at commit {commit}{' with changes' if tags.get('mlflow.source.git.dirty') == 'true' else ''}"


def shown_command(argv: Sequence[str]) -> str:
    """Return the command as a person would type it, quoted for the shell."""
    program = Path(argv[0])
    if program.name == "__main__.py":
        words = ["python", "-m", program.parent.name, *argv[1:]]
    elif argv[0].startswith("python -m "):  # as Click names itself
        words = [*argv[0].split(), *argv[1:]]
    else:
        words = [program.name, *argv[1:]]
    return printable(shlex.join(words), keep="\n\t")


def runner_name(runner: object) -> str:
    """Return the name of the runner's class from what Kedro passes: the repr of an object, or "None"."""
    found = re.search(r"(\w+Runner)\b", str(runner))
    return found[1] if found else "SequentialRunner"


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        return subprocess.run(  # noqa: S603 a fixed command
            ["git", "-C", str(folder), *arguments],  # noqa: S607 the git that the person uses
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None

"""What the commands import: its seconds, beside those of the whole command, and every library above 50 ms.

Each command runs in a process of its own under `python -X importtime`, whose lines are put together here. An
import belongs to the library that this project, Kedro or Python's own library imports; what that one imports
itself counts as its own.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.benchmarks.benchmark import Row, Workspace, compared
from tests.benchmarks.commands import prepared_project
from tests.benchmarks.photographs import photo_folder
from tests.benchmarks.project import timed
from tests.benchmarks.serving import Side, free_port, started

SHOWN = 0.05  # seconds: what takes less is summed up
PHOTOS = 40
OURS = "image_classification"
# imports of theirs are named by themselves, under the seconds of the library that they bring
KEDRO = ("kedro", "kedro_datasets", "kedro_viz", "kedro_telemetry", "kedro_airflow")
PYTHON = "Python's own library"
_MARK = "import time:"
_TRAINING = ("run", "--pipeline", "training", "--env", "feed_forward")
_TRAINING += ("--params", "modelling.training.epochs=1")


@dataclass
class Import:
    """A module that was imported; its seconds, alone and with all that it was the first to import."""

    name: str
    alone: float
    together: float
    inner: "list[Import]" = field(default_factory=list)

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def read_imports(text: str) -> list[Import]:
    """Put together what `-X importtime` wrote: inner imports stand before the outer one, further in."""
    waiting: list[tuple[int, Import]] = []
    for line in text.splitlines():
        alone, together, name = [*line.removeprefix(_MARK).split("|"), "", ""][:3]
        if not (line.startswith(_MARK) and alone.strip().isdigit() and together.strip().isdigit()):
            continue  # what the command said, and the head of the table
        depth = len(name) - len(name.lstrip())
        module = Import(name.strip(), int(alone) / 1e6, int(together) / 1e6)
        while waiting and waiting[-1][0] > depth:
            module.inner.insert(0, waiting.pop()[1])
        waiting.append((depth, module))
    return [module for _, module in waiting]


def seconds_of(imports: list[Import]) -> dict[str, dict[str, float]]:
    """Return the seconds of each library, by the modules of it that were imported from outside."""
    seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, value in _charged(imports):
        package = _package(name)
        seconds[package][package if package in (OURS, "kedro", PYTHON) else name] += value
    return {package: dict(modules) for package, modules in seconds.items()}


def _package(name: str) -> str:
    package = name.partition(".")[0]
    if package in sys.stdlib_module_names:
        return PYTHON
    return "kedro" if package in KEDRO else package


def _charged(imports: list[Import]) -> Iterator[tuple[str, float]]:
    for each in imports:
        if each.package in (OURS, *KEDRO) or each.package in sys.stdlib_module_names:
            yield each.name, each.alone
            yield from _charged(each.inner)
        else:
            yield each.name, each.together


def describe(seconds: Mapping[str, Mapping[str, float]]) -> str:
    """Put an account into a line: the largest libraries first, with the modules that came by themselves."""
    totals = {package: sum(modules.values()) for package, modules in seconds.items()}
    shown, short = [], []
    for package, total in sorted(totals.items(), key=lambda each: -each[1]):
        if total < SHOWN:
            short.append(total)
            continue
        apart = {
            module: value
            for module, value in seconds[package].items()
            if module != package and value >= SHOWN
        }
        named = ", ".join(f"`{module}` {value:.2f}" for module, value in sorted(apart.items()))
        shown.append(f"{package} {total:.2f}{f' ({named})' if named else ''}")
    return ", ".join([*shown, f"{len(short)} shorter ones {sum(short):.2f}"])


def run(workspace: Workspace) -> list[Row]:
    """Take the seconds of each command, one command after the other, again and again."""
    project = prepared_project(workspace, *_TRAINING)
    photos = photo_folder(workspace.scratch / "photos", workspace.photos, PHOTOS)
    some = next(each for each in sorted(photos.iterdir()) if each.is_dir())
    folder = ("run", "--pipeline", "image_folder", "--params")
    new = ("run", "--pipeline", "inference", "--params")
    search = ("run", "--pipeline", "search", "--env", "feed_forward", "--params")
    few = "mnist.split.validation=0.1,modelling.training.epochs=1,search.trials=2,"
    few += "search.space={'optimizer.sgd.lr': [0.01, 0.1]}"
    commands = {
        "kedro --help": ("--help",),
        "kedro registry list": ("registry", "list"),
        "kedro run --pipeline mnist": ("run", "--pipeline", "mnist"),
        "kedro run --pipeline image_folder": (*folder, f"image_folder.path={photos}"),
        "kedro run --pipeline training": _TRAINING,
        "kedro run --pipeline inference": (*new, f"inference.images={some}"),
        "kedro run --pipeline comparison": ("run", "--pipeline", "comparison"),
        "kedro run --pipeline search": (*search, few),
    }
    servers = {"kedro viz run": ("viz", "run", "--no-browser"), "kedro serve": ("serve",)}
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in (*commands, *servers)}
    for _ in range(1 if workspace.quick else 3):
        for name, arguments in commands.items():
            found[name].append(_command(workspace, project, arguments))
        for name, arguments in servers.items():
            found[name].append(_server(workspace, project, arguments))
    return [_row(name, measured, is_server=name in servers) for name, measured in found.items()]


def _command(workspace: Workspace, project: Path, arguments: tuple[str, ...]) -> tuple[float, float, str]:
    """Return the seconds of the imports, those of the command, and the account."""
    seconds, finished = timed(workspace, project, ["-X", "importtime", "-m", "kedro", *arguments])
    return _told(finished.stderr, seconds)


def _server(workspace: Workspace, project: Path, arguments: tuple[str, ...]) -> tuple[float, float, str]:
    side = Side(free_port(), "", "", [])
    command: list[object] = ["-X", "importtime", "-m", "kedro", *arguments, "--port", side.port]
    started_at = perf_counter()
    with started(replace(workspace, scratch=project), command, side, "/"):
        seconds = perf_counter() - started_at
    return _told((project / f"{side.port}.log").read_text(encoding="utf-8"), seconds)


def _told(text: str, seconds: float) -> tuple[float, float, str]:
    imports = read_imports(text)
    return sum(each.together for each in imports), seconds, describe(seconds_of(imports))


def _row(name: str, measured: list[tuple[float, float, str]], *, is_server: bool) -> Row:
    imports, whole = (tuple(each[place] for each in measured) for place in (0, 1))
    middle = min(measured, key=lambda each: abs(each[0] - median(imports)))
    return compared(
        "imports",
        f"`{name}`: its imports",
        "from start to first answer" if is_server else "from start to exit",
        "s",
        imports,
        whole,
        notes=(f"Imported by `{name}`, in seconds: {middle[2]}.",),
    )

"""A project of three nodes whose files a test may change, run by Kedro's own runners under the hook."""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import AbstractRunner, SequentialRunner

from image_classification.datasets.atomic import JSONDataset
from image_classification.hooks.origins import OriginsHook
from image_classification.origins.code import code_of

STEPS = """
from {package}.arithmetic import times
from {package}.unused import nothing
from image_classification.origins.declared import depends_on

ran = []
OFFSET = 1

def double(numbers, options):
    ran.append("double")
    return [times(number, options["factor"]) for number in numbers]

def shift(doubled):
    ran.append("shift")
    return [number + OFFSET for number in doubled]

def total(shifted):
    ran.append("total")
    return _sum(shifted)

def _sum(numbers):
    return sum(numbers)

@depends_on(outside=lambda given: [__import__("pathlib").Path(given["path"])], not_on=("colour",))
def look(path, options):
    ran.append("look")
    return open(path).read()
"""
ARITHMETIC = """
import numpy

def times(one, other):
    return one * other
"""
_numbers = count()
Nodes = Sequence[str]


class Workshop:
    """The pipeline `numbers -> double -> shift -> total`, and `look`, which reads a file by itself.

    Attributes:
        package: the folder of its code: steps.py, arithmetic.py, unused.py.
        data: the folder of its files: numbers.json, doubled.json, shifted.json, sum.json, seen.json.
        parameters: what the nodes are given.
        in_memory: datasets that are kept in no file.
        wiring: what nodes read, where a test changes it.
        settings: of datasets, by their names; `type` is a class of this module or of `datasets.atomic`.
    """

    def __init__(self, folder: Path) -> None:
        name = f"workshop_{next(_numbers)}"
        self.package, self.data, self.outside = folder / name, folder / "data", folder / "outside.txt"
        self.package.mkdir()
        self.data.mkdir()
        texts = {"__init__": "", "steps": STEPS, "arithmetic": ARITHMETIC, "unused": "nothing = 0"}
        for file, text in texts.items():
            (self.package / f"{file}.py").write_text(text.replace("{package}", name))
        self.outside.write_text("outside")
        (self.data / "numbers.json").write_text("[1, 2, 3]")
        self.parameters = {"factor": 2, "unused": {"colour": "red", "shape": "round"}}
        self.in_memory: set[str] = set()
        self.wiring: dict[str, list[str]] = {"total": ["shifted"]}
        self.settings: dict[str, dict[str, Any]] = {}

    def run(
        self,
        *,
        only_missing: bool = True,
        runner: AbstractRunner | None = None,
        from_nodes: Nodes = (),
        to_nodes: Nodes = (),
    ) -> list[str]:
        """Run it or a part, and return the names of the nodes that ran."""
        steps = self.steps()
        pipeline, catalog = self.pipeline(steps), self.catalog()
        pipeline = pipeline.filter(from_nodes=from_nodes or None, to_nodes=to_nodes or None)
        hooks = _create_hook_manager()
        hooks.register(OriginsHook())
        asked = {"only_missing_outputs": only_missing}
        hooks.hook.before_pipeline_run(run_params=asked, pipeline=pipeline, catalog=catalog)
        (runner or SequentialRunner()).run(pipeline, catalog, hooks, "a run", **asked)
        return sorted(steps.ran)

    def steps(self) -> ModuleType:
        """Import its code as it is now."""
        for name in [name for name in sys.modules if name.startswith(self.package.name)]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return importlib.import_module(f"{self.package.name}.steps")

    def pipeline(self, steps: ModuleType) -> Pipeline:
        return Pipeline(
            [
                Node(steps.double, ["numbers", "params:options"], "doubled", name="double"),
                Node(steps.shift, "doubled", "shifted", name="shift"),
                Node(steps.total, self.wiring["total"], "sum", name="total"),
                Node(steps.look, ["params:path", "params:unused"], "seen", name="look"),
            ]
        )

    def catalog(self) -> DataCatalog:
        files = {"numbers", "doubled", "shifted", "sum", "seen"} - self.in_memory
        datasets = {name: self._dataset(name, **self.settings.get(name, {})) for name in files}
        parameters = {
            "params:options": {"factor": self.parameters["factor"]},
            "params:unused": self.parameters["unused"],
            "params:path": str(self.outside),
        }
        return DataCatalog(datasets | {name: MemoryDataset(value) for name, value in parameters.items()})

    def _dataset(self, name: str, **settings: Any) -> AbstractDataset[Any, Any]:
        kind = settings.pop("type", JSONDataset)
        return kind(filepath=str(self.data / f"{name}.json"), **settings)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text in one of the files of its code."""
        path = self.package / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Workshop(tmp_path)
    yield made
    for name in [name for name in sys.modules if name.startswith(made.package.name)]:
        del sys.modules[name]


class Package:
    """Files of a package of its own, whose modules are imported by their short names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / f"coded_{next(_numbers)}"
        self.folder.mkdir()
        (self.folder / "__init__.py").write_text("")

    def __call__(self, **files: str) -> Callable[[str], ModuleType]:
        """Write modules, `a__in__b` for `b` in the package `a`, and return what imports one of them."""
        for file, text in files.items():
            path = self.folder / f"{file.replace('__in__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("{package}", self.folder.name))
        importlib.invalidate_caches()
        return lambda module: importlib.import_module(f"{self.folder.name}.{module}")

    def changes(self, function: Any, file: str, old: str, new: str) -> bool:
        """Whether the code of a function is another one after a text was replaced in a file."""
        before = code_of(function)
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return code_of(function) != before


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Package(tmp_path)

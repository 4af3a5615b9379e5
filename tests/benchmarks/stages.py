"""Run `kedro` and write down where its seconds go: python stages.py <file of the account> run --pipeline …

Every moment of the main thread belongs to exactly one stage, the innermost that is open: the import of a
library, or a call of a function listed here. So the stages add up to the time from the start of this file to
its exit.
"""

import atexit
import functools
import importlib.machinery
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

# Libraries that are imported by ours or by Kedro are named; what they import themselves counts as theirs.
OURS = ("image_classification", "kedro")
STAGES = {
    "kedro.framework.project": {"_ProjectPipelines._load_data": "Kedro: the pipelines"},
    "kedro.framework.session.session": {
        "KedroSession.create": "Kedro: start",
        "KedroSession.load_context": "Kedro: configuration",
    },
    "kedro.framework.context.context": {"KedroContext._get_catalog": "Kedro: the catalog"},
    "image_classification.tracking.hook": {"TrackingHook.before_pipeline_run": "MLflow: open the run"},
    "image_classification.tracking.announcement": {"live_metrics": "MLflow: the data trained on"},
    "image_classification.tracking.training": {"EpochMetrics.__call__": "MLflow: metrics of the epochs"},
    "image_classification.tracking.results": {"record_results": "MLflow: metrics and files"},
    "image_classification.tracking.opened_run": {"OpenedRun._close": "MLflow: close the run"},
    "image_classification.hooks.summary": {"SummaryHook.after_pipeline_run": "the summary"},
    "image_classification.learning.loop": {"train": "training: the rest"},
    "image_classification.learning.update": {"Update.__call__": "training: updates"},
    "image_classification.learning.measures": {"measure": "training: measuring after an epoch"},
}
# a node's stage, by its namespace or its own name
NODES = {
    "mnist": "data: check and load",
    "evaluate_network": "evaluation",
    "reporting": "figures, report, model card",
}


class Account:
    """Seconds by stage, each moment counted once."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stack = ["Kedro: the rest"]
        self._since = perf_counter()
        self._thread = threading.get_ident()

    @property
    def stage(self) -> str:
        return self._stack[-1]

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Count what happens in the block for the stage; threads beside the main one count for nothing."""
        if threading.get_ident() != self._thread:
            yield
            return
        self.tick()
        self._stack.append(stage)
        try:
            yield
        finally:
            self.tick()
            self._stack.pop()

    def tick(self) -> None:
        now = perf_counter()
        self.seconds[self.stage] += now - self._since
        self._since = now


def watch(account: Account) -> None:
    """Have imports counted by library, and the functions above as soon as their modules are there."""
    for loader in (importlib.machinery.SourceFileLoader, importlib.machinery.ExtensionFileLoader):
        loader.exec_module = _counting_imports(account, loader.exec_module)  # type: ignore[method-assign]


def _counting_imports(account: Account, execute: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(execute)
    def counting(loader: Any, module: Any) -> None:
        with account.during(_of_import(module.__name__.partition(".")[0], account.stage)):
            execute(loader, module)
        for path, stage in STAGES.get(module.__name__, {}).items():
            _wrap(module, path, lambda call, stage=stage: _counted(account, call, lambda *_: stage))
        if module.__name__ == "image_classification.tracking.failures":
            # it works in a thread of its own, for which the main one waits here
            _wrap(
                module,
                "Attempts.attempt",
                lambda call: _counted(account, call, _of_attempt(account)),
            )
        if module.__name__ == "kedro.runner.task":
            _wrap(
                module, "Task.execute", lambda call: _counted(account, call, lambda task: _of_node(task.node))
            )

    return counting


def _of_import(package: str, stage: str) -> str:
    if stage.startswith("import ") and stage.removeprefix("import ") not in OURS:
        return stage
    return stage if package in sys.stdlib_module_names else f"import {package}"


def _of_attempt(account: Account) -> Callable[..., str]:
    return lambda _run, what, *_: "MLflow: the model" if what == "The model" else account.stage


def _of_node(node: Any) -> str:
    return next(
        (stage for name, stage in NODES.items() if name in node.name.split(".")), "modelling: the rest"
    )


def _counted(account: Account, call: Callable[..., Any], stage: Callable[..., str]) -> Callable[..., Any]:
    @functools.wraps(call)
    def counted(*arguments: Any, **options: Any) -> Any:
        with account.during(stage(*arguments)):
            return call(*arguments, **options)

    return counted


def _wrap(module: Any, path: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, module)
    found = owner.__dict__[name]  # a class or static method keeps its kind
    if isinstance(found, classmethod | staticmethod):
        setattr(owner, name, type(found)(wrapper(found.__func__)))
    else:
        setattr(owner, name, wrapper(found))


def main() -> None:
    """Run Kedro's command under the account."""
    started = perf_counter()
    target = Path(sys.argv[1])
    account = Account()

    # registered before all others, so called after them
    @atexit.register
    def write() -> None:
        account.tick()
        told = {"started": started, "ended": perf_counter(), "seconds": account.seconds}
        target.write_text(json.dumps(told), encoding="utf-8")

    watch(account)
    sys.argv = ["kedro", *sys.argv[2:]]
    sys.path.pop(0)  # the folder of this file
    from kedro.framework.cli import main as kedro  # noqa: PLC0415

    kedro()


if __name__ == "__main__":
    main()

"""Record what each file was made from, refuse what does not belong together, find what is out of date."""

import logging
import sys
import threading
from collections.abc import Iterable, Sequence
from inspect import isgeneratorfunction
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from image_classification.catalog_files import find_again, take_for_missing
from image_classification.errors import UserError
from image_classification.hooks.remedies import made_from, pipeline_with
from image_classification.tracking.announcement import announced_run
from image_classification.tracking.origin import shown_command
from image_classification.words import some

logger = logging.getLogger(__name__)


class OriginsHook:
    """Keep beside every file what it was made from, and use that before each run and each node."""

    def __init__(self) -> None:
        self._running: dict[tuple[int, str], Any] = {}  # RunningNode, whose module imports torch

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Refuse to combine what was not made together; under `--only-missing-outputs` find what is stale.

        Raises:
            UserError: two datasets that go into one result are of different trainings, or states of the data.
        """
        from image_classification.origins.stale import stale_nodes  # noqa: PLC0415  (torch: not for --help)
        from image_classification.origins.state import tell_of_memory  # noqa: PLC0415
        from image_classification.origins.together import read_together  # noqa: PLC0415

        tell_of_memory(pipeline, catalog)
        if not run_params.get("only_missing_outputs"):
            for names in read_together(pipeline, catalog):
                _refuse_mixture(names, catalog, with_foreign=False)
            return
        reasons = stale_nodes(pipeline, catalog)
        stale = [node for node in pipeline.nodes if node.name in reasons]
        take_for_missing((name for node in stale for name in node.outputs if name in catalog), catalog)
        for node in stale:
            if not reasons[node.name].endswith("made anew"):  # told by what it follows from
                logger.info("To be made again: %s (%s).", node.name, reasons[node.name])

    @hook_impl
    def before_node_run(self, node: Node, catalog: DataCatalog, run_id: str) -> None:
        """Note what the node is made of, after its inputs were loaded.

        Raises:
            UserError: they do not belong together.
        """
        from image_classification.origins.recording import RunningNode  # noqa: PLC0415
        from image_classification.origins.state import read_by  # noqa: PLC0415

        _refuse_mixture(read_by(node, catalog), catalog, with_foreign=True)
        find_again((name for name in node.outputs if name in catalog), catalog)
        announced = announced_run()
        command = shown_command(sys.argv)
        mlflow_run = announced[0] if announced else ""
        self._running[_key(node)] = RunningNode(node, catalog, run_id or "", command, mlflow_run)

    @hook_impl
    def before_dataset_saved(self, node: Node) -> None:
        """Before the first output of a node, note that all of them are about to be replaced."""
        if running := self._running.get(_key(node)):
            running.begin_to_save()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """With the last output of a node, record what they were made from."""
        running = self._running.get(_key(node))
        # a generator saves its outputs piece by piece, and nobody says which piece is the last
        if running and running.saved(dataset_name) and not isgeneratorfunction(node.func):
            del self._running[_key(node)]


def _key(node: Node) -> tuple[int, str]:
    return threading.get_ident(), node.name  # a node is loaded, run and saved by one thread


def _refuse_mixture(names: Iterable[str], catalog: DataCatalog, *, with_foreign: bool) -> None:
    from image_classification.origins.together import find_mixtures  # noqa: PLC0415  (torch: not for --help)

    found = find_mixtures(names, catalog, with_foreign=with_foreign)
    if not found:
        return
    first = found[0]
    made = f"{first.made.started.replace('T', ' ')} by: {first.made.command}"
    if not first.other:
        raise UserError(
            f"{first.outdated} is not complete: what was to make it anew has ended before its end ({made}).\n"
            f"Make it again: {_command(found, catalog)}"
        )
    if not first.source:
        raise UserError(
            f"{first.outdated} has changed since it was made ({made}), and {first.other} was made from what "
            f"it was.\nMake it again: {_command(found, catalog)}"
        )
    source = f"another {first.source}" if first.source != first.other else "another one"
    others = sorted({each.outdated for each in found} - {first.outdated})
    also = f" The same is true of {some(others)}." if others else ""
    raise UserError(
        f"{first.outdated} does not belong to {first.other}: it was made from {source} ({made}).{also}\n"
        f"Make it again from what is there now: {_command(found, catalog)}"
    )


def _command(found: Sequence[Any], catalog: DataCatalog) -> str:
    """Return the command that runs the nodes which made what is outdated, and what follows from them.

    Args:
        found: of `find_mixtures`.
        catalog: where they are.
    """
    nodes = {each.made.node for each in found}
    name = pipeline_with(nodes, made_from((each.outdated for each in found), catalog))
    return f"kedro run --pipeline {name} --from-nodes {','.join(sorted(nodes))}"

"""Recording what the outputs of a node were made from, once all of them are saved."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from kedro.io import DataCatalog
from kedro.pipeline.node import Node

from image_classification.catalog_files import local_path
from image_classification.files.stamp import stamp_of
from image_classification.origins.contents import content_of, origin_of
from image_classification.origins.record import Made, Origin, begin_replacing, write_origin
from image_classification.origins.state import State, state_of


class RunningNode:
    """A node from the moment when its inputs are loaded until all of its outputs are saved.

    Args:
        node: the node.
        catalog: where its inputs and outputs are.
        run_id: Kedro's of the run.
        command: what a person typed to run it.
        mlflow_run: the id of the run in MLflow, "" if none is recorded.
    """

    def __init__(self, node: Node, catalog: DataCatalog, run_id: str, command: str, mlflow_run: str) -> None:
        self._node, self._catalog = node, catalog
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._made = Made(node.name, command, now, run_id, mlflow_run)
        self._state: State = state_of(node, catalog)
        self._lineage = self._lineage_of_inputs()
        self._unsaved = set(node.outputs)
        self._has_begun = False

    def begin_to_save(self) -> None:
        """Note, before the first output is saved, that all of them are about to be replaced."""
        if not self._has_begun:
            self._has_begun = True
            for name in self._node.outputs:
                if path := local_path(name, self._catalog, saved=True):
                    begin_replacing(path, name, self._made)

    def saved(self, name: str) -> bool:
        """Note that an output is saved; with the last one write the records of all, and return True.

        A node that is killed before leaves outputs of two makings, and the notes of `begin_to_save`.
        """
        self._unsaved.discard(name)
        if self._unsaved:
            return False
        contents = {each: content_of(each, self._catalog) for each in self._node.outputs}
        outputs = {each: content for each, content in contents.items() if content is not None}
        for each in outputs:
            path = local_path(each, self._catalog, saved=True)
            if path and path.exists():
                lineage = {**self._lineage, **outputs}
                origin = Origin(
                    each,
                    self._made,
                    **asdict(self._state),
                    outputs=outputs,
                    lineage=lineage,
                    stamp=stamp_of(path).digest,
                )
                write_origin(path, origin)
        return True

    def _lineage_of_inputs(self) -> Mapping[str, str]:
        lineage: dict[str, str] = {}
        for name, content in self._state.inputs.items():
            origin = origin_of(name, self._catalog)
            lineage |= {**(origin.lineage if origin else {}), name: content}
        return lineage

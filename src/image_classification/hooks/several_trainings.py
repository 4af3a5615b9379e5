"""What a command that trains several times cannot do is refused before its images are prepared."""

from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

if TYPE_CHECKING:
    from image_classification.parameters.root import Parameters

# the dataset by which commands share trainings
_SHARED = "studies"
_SECTIONS = ("cross_validation", "stability", "search")
# sources whose files have no validation images of their own
_GIVES_NONE = ("mnist",)


class SeveralTrainingsHook:
    """Look at the parameters of cross-validation, stability and search before anything else is done."""

    def __init__(self) -> None:
        self._splits: dict[str, bool] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Refuse what cannot be trained.

        Raises:
            UserError: naming the option, what is expected, and what to do.
        """
        self._splits = {}
        inputs = pipeline.inputs()
        sections = [name for name in _SECTIONS if f"params:{name}" in inputs]
        if _SHARED not in inputs or not sections or "parameters" not in catalog:
            return
        # torch comes with it: not for `kedro --help`
        from image_classification.images.sources import SOURCES  # noqa: PLC0415
        from image_classification.parameters.root import Parameters  # noqa: PLC0415

        parameters = Parameters.model_validate(catalog.load("parameters"))
        for name in sections:
            _require(name, parameters)
        if "search" in sections:
            self._splits = {
                source: bool(getattr(parameters, source).split.validation)
                for source in SOURCES
                if f"params:{source}.split" in inputs
            }
            for source in _GIVES_NONE:
                self._require_validation(source, ())

    @hook_impl
    def after_node_run(self, node: Any, outputs: dict[str, Any]) -> None:
        """Refuse a search without validation images, once it is known which images are given as such.

        Raises:
            UserError: none is given, and none is to be drawn.
        """
        for name, plan in outputs.items():
            # what is planned is made only when it is saved
            if name.endswith(".images") and (given := getattr(plan, "given_splits", None)) is not None:
                self._require_validation(node.namespace or "", given)

    def _require_validation(self, source: str, given: Any) -> None:
        if not self._splits.get(source, True):
            from image_classification.parameters.several_trainings import (  # noqa: PLC0415
                require_validation_images,
            )

            require_validation_images(given, source)


def _require(name: str, known: "Parameters") -> None:
    # Optuna comes with them
    from image_classification.parameters import several_trainings as several  # noqa: PLC0415
    from image_classification.trials.storage import open_storage  # noqa: PLC0415

    training, shared = known.modelling.training, getattr(known, name)
    if name == "search":
        several.require_space(known.search)
    if name == "cross_validation":
        several.require_folds(known.cross_validation.folds, training, known.modelling.schedule)
    several.require_one_way_of_sharing(shared, training.distributed)
    if shared.storage:
        open_storage(shared.storage)

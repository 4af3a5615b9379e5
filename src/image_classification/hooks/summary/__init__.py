"""Print at the end of a run what came out of it and where to look next."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from rich.table import Table

from image_classification.catalog_files import Outputs, file_of
from image_classification.console import console, shown_path
from image_classification.hooks.summary.next_steps import next_steps
from image_classification.processes.garbage import START
from image_classification.tracking import last_run
from image_classification.words import count_of


class SummaryHook:
    """Print a short table of results and the commands that open kedro-viz and MLflow."""

    def __init__(self) -> None:
        self._outputs: Outputs | None = None
        self._context: KedroContext | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember the context: what shows the run has to be told what it was made with."""
        self._context = context

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Note the state of the files, to know afterwards which of them this run wrote.

        No other hook is later: whatever stays until the end of the command has been imported.
        """
        self._outputs = Outputs(pipeline, catalog)
        START.is_over()

    @hook_impl
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Sum up what this run made, and nothing that an earlier run left behind."""
        outputs, self._outputs = self._outputs or Outputs(pipeline, catalog), None
        made = {name for name in pipeline.all_outputs() if outputs.written(name)}
        skipped = outputs.skipped_nodes() if run_params.get("only_missing_outputs") else []
        if skipped and len(skipped) == len(pipeline.nodes):
            _print(
                f"Nothing was run: the outputs of {count_of(len(skipped), 'node')} are there and up to date "
                "(--only-missing-outputs). Without the option they are made anew."
            )
            return
        if skipped:
            _print(f"Left out, as their outputs are up to date: {', '.join(skipped)}")
        table = Table(show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in _results(pipeline, made, catalog):
            table.add_row(label, value)
        run = last_run()
        if run:
            table.add_row("run", run.run_name)
            table.add_row("run id", run.run_id)
        if run and run.registered:
            table.add_row("registered as", run.registered)
        if table.row_count:
            console.print(table)
        for line in _comparison(made, catalog):
            console.print(line, highlight=False, markup=False, soft_wrap=isinstance(line, str))
        if warning := _overfitting(pipeline, made, catalog) or _not_new(made, catalog):
            _print(warning)
        for line in (*_to_look_at(made, catalog), *next_steps(run, self._context, run_params)):
            _print(line)


def _print(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _results(pipeline: Pipeline, made: Set[str], catalog: DataCatalog) -> Iterator[tuple[str, str]]:
    for name in sorted(pipeline.datasets()):
        if name.endswith("image_statistics"):
            yield from _images(catalog.load(name))
    if "trained_network" in made:
        network = catalog.load("trained_network")
        yield "network", f"{network.description.shown_name}, {network.num_parameters:,} parameters"
    if "cross_validation_metrics" in made:
        summary = catalog.load("cross_validation_metrics")
        accuracy, folds = (
            summary["metrics"]["accuracy"],
            count_of(summary["folds"] * summary["repeats"], "fold"),
        )
        yield "accuracy", f"{accuracy['mean']:.2%} ± {accuracy['std']:.2%} over {folds}"
    if "stability_metrics" in made:
        yield from _over_seeds(catalog.load("stability_metrics"))
    if "history" in made:
        history = catalog.load("history")
        yield "training", f"{count_of(len(history), 'epoch')} in {history['seconds'].sum():.1f} s"
    if "metrics" in made:
        yield from _tested(catalog.load("metrics"))
    if "inference_metrics" in made:
        yield from _new_images(catalog.load("inference_metrics"))


def _over_seeds(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for split, metrics in summary["metrics"].items():
        accuracy, seeds = metrics["accuracy"], count_of(len(summary["seeds"]), "seed")
        yield f"{split} accuracy", f"{accuracy['mean']:.2%} ± {accuracy['std']:.2%} over {seeds}"


def _tested(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "accuracy" in metrics:
        yield "test accuracy", f"{metrics['accuracy']:.2%} of {count_of(metrics['images'], 'image')}"
    if "answered" in metrics:
        yield (
            "answered",
            _answered(metrics["answered"], metrics.get("answered_accuracy", 0), metrics["images"]),
        )
    if "loss" in metrics:
        yield "test loss", f"{metrics['loss']:.4f}"


def _answered(share: float, right: float, images: int) -> str:
    if not share:
        return f"none: unsure of all {count_of(images, 'image')}"
    if share == 1:
        return f"all, {right:.2%} of them right"
    return f"{share:.2%}, {right:.2%} of them right; unsure of the others"


def _new_images(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    network = metrics["network"]
    yield "network", f"{network['name']} on {network['data']}, weights {network['weights_digest'][:12]}"
    yield "classified", f"{metrics['read']:,} of {count_of(metrics['files'], 'file')}"
    if "accuracy" in metrics:
        images = count_of(metrics["images"], "image")
        yield "accuracy", f"{metrics['accuracy']:.2%} of the {images} whose class is known"
    if new := metrics.get("new_images"):
        images = count_of(new["images"], "image")
        yield (
            "of new ones",
            f"{new['accuracy']:.2%} of the {images} in files that it has not learned from",
        )


def _comparison(made: Set[str], catalog: DataCatalog) -> Iterator[Table | str]:
    if "leaderboard" in made:
        # imports pandas, which takes half a second: only where something was compared
        from image_classification.hooks.summary.leaderboard import leaderboard_lines  # noqa: PLC0415

        tested = catalog.load("significance") if "significance" in made else None
        yield from leaderboard_lines(catalog.load("leaderboard"), tested)


def _overfitting(pipeline: Pipeline, made: Set[str], catalog: DataCatalog) -> str | None:
    statistics = [name for name in pipeline.datasets() if name.endswith("image_statistics")]
    if "history" not in made or not statistics:
        return None
    # pandas takes half a second to import: only where something was trained
    from image_classification.evaluation.overfitting import describe_overfitting  # noqa: PLC0415
    from image_classification.images.store.statistics import split_sizes  # noqa: PLC0415
    from image_classification.learning.options import EarlyStoppingOptions, TrainingOptions  # noqa: PLC0415

    images = split_sizes(catalog.load(statistics[0]))
    limits = (
        f"early stopping ({EarlyStoppingOptions.named('metric')}=validation/loss) "
        f"and {TrainingOptions.named('keep')}=best"
    )
    return describe_overfitting(catalog.load("history"), images, limits)


def _not_new(made: Set[str], catalog: DataCatalog) -> str | None:
    splits = catalog.load("inference_metrics").get("splits") if "inference_metrics" in made else None
    if not splits:
        return None
    # torch comes with it: only after something was classified
    from image_classification.inference.words import describe_splits  # noqa: PLC0415

    return describe_splits(splits, measured=True)


def _images(statistics: Any) -> Iterator[tuple[str, str]]:
    # torch comes with it, and its import takes two seconds: only where there are images to speak of
    from image_classification.images.store.statistics import split_sizes  # noqa: PLC0415

    sizes = split_sizes(statistics)
    yield "data", statistics["data_name"]
    yield "images", ", ".join(f"{count:,} {split}" for split, count in sizes.items())
    if left_out := statistics.get("left_out"):
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in left_out.items())
        yield "left out", f"{kinds} (why: image_index, column left_out_reason)"
    if corrections := statistics.get("corrections"):
        from image_classification.images.store.corrections import corrections_in_words  # noqa: PLC0415

        yield "corrections", corrections_in_words(corrections).partition(";")[0]


def _to_look_at(made: Set[str], catalog: DataCatalog) -> Iterator[str]:
    shown = {
        "report": "The report is",
        "trained_network": "The network is",
        "leaderboard_csv": "The leaderboard is",
        "cross_validation_report": "The report of the cross-validation is",
        "classifications_csv": "The classes are in",
        "exported_network": "The files for other programs, with how to check them, are in",
        "inference_report": "The report on these images is",
        "search_report": "The report of the search is",
        "best_parameters": "The best parameters are in",
        "stability_report": "The report of all seeds is",
        "label_review_page": "The pictures to look at are in",
    }
    for name, what in shown.items():
        if name in made and (file := file_of(name, catalog)):
            yield f"{what} {shown_path(file)}"

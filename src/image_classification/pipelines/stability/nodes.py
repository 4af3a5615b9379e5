"""Nodes of stability: one configuration with several seeds, summed up, drawn and reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.console import say
from image_classification.evaluation.figures.seeds import seed_curves_figure, seed_metrics_figure
from image_classification.evaluation.stability import INTERVAL, SPLITS, summarise_seeds
from image_classification.evaluation.stability_report import Stability, build_stability_report
from image_classification.evaluation.training_record import SeveralTrainingsRecord
from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.recipe import Recipe, Sets
from image_classification.origins.declared import depends_on
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.trainings.facts import facts_of
from image_classification.pipelines.trainings.record import record_of
from image_classification.pipelines.trainings.seed import HISTORY, SeedTask
from image_classification.tracking.announcement import go_on_in_run_of, live_metrics
from image_classification.trials.options import StabilityOptions
from image_classification.words import count_of

# the figures, and the section of the report that shows each
FIGURES = {"metrics": "results", "learning_curves": "training"}


@depends_on(named_files=True)
def train_with_seeds(
    train_set: ImageTensorDataset,
    validation_set: ImageTensorDataset,
    test_set: ImageTensorDataset,
    image_statistics: ImageStatistics,
    modelling: Mapping[str, Any],
    options: StabilityOptions,
    feature_cache: FeatureCache | None = None,
    studies: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, SeveralTrainingsRecord]:
    """Train one configuration with several seeds.

    Returns:
        A row per seed, with its metrics on validation and test images; a row per seed and epoch; and the
        record of the circumstances.
    """
    # Optuna and its database come with them: not for commands that train once, or not at all
    from image_classification.trials.command import folder_or_temporary, train_all  # noqa: PLC0415
    from image_classification.trials.study import StudyPlan  # noqa: PLC0415

    used = ModellingOptions.model_validate(modelling)
    like = new_network(used.network, used.seed, image_statistics)
    live_metrics(image_statistics, weights=like.description.pretrained)
    sets = Sets(train_set, validation_set, test_set, image_statistics)
    recipe = Recipe(used.seed, used.loss, used.optimizer, used.schedule, used.augmentation, used.training)
    facts = {
        **facts_of(recipe, like, image_statistics, SeedTask),
        "the calibration": used.calibration.model_dump_json(),
        "the evaluation": used.evaluation.model_dump_json(),
    }
    task = SeedTask(sets, used, options.seeds, feature_cache)
    with folder_or_temporary(studies) as folder:
        plan = StudyPlan("stability", facts)
        ledger, place = train_all(folder, plan, options, task, options.seeds, run_of=go_on_in_run_of)
        outcomes = list(ledger.outcomes(options.seeds).values())
    runs = pd.DataFrame([_row(outcome.numbers) for outcome in outcomes])
    history = pd.concat([outcome.tables[HISTORY] for outcome in outcomes], ignore_index=True)
    return runs, history, record_of(like, used, place)


def _row(numbers: Mapping[str, Any]) -> dict[str, Any]:
    measured = {f"{split}/{name}": value for split in SPLITS for name, value in numbers[split].items()}
    return {"seed": numbers["seed"], "seconds": numbers["seconds"], **measured}


def summarise_stability(runs: pd.DataFrame, image_statistics: ImageStatistics) -> dict[str, Any]:
    """Sum up the seeds: mean, deviation and interval of every metric, for each split by itself."""
    metrics = summarise_seeds(runs)
    for split in SPLITS:
        if accuracy := metrics.get(split, {}).get("accuracy"):
            say(
                f"{split.capitalize()} accuracy over {count_of(len(runs), 'seed')}: {accuracy['mean']:.2%} ± "
                f"{accuracy['std']:.2%} (95 % interval of the mean {max(accuracy['lower'], 0):.2%} to "
                f"{min(accuracy['upper'], 1):.2%})"
            )
    return {
        "data_name": image_statistics["data_name"],
        "index_digest": image_statistics["index_digest"],
        "seeds": [int(seed) for seed in runs["seed"]],
        "interval": INTERVAL,
        "metrics": metrics,
    }


def draw_stability(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    summary: Mapping[str, Any],
    record: SeveralTrainingsRecord,
) -> dict[str, Figure]:
    """Draw the learning curves as bands, and the metrics of each seed."""
    subject = f"{record['network']} on {summary['data_name']}, {count_of(len(runs), 'seed')}"
    return {
        "metrics": seed_metrics_figure(runs, summary["metrics"], subject),
        "learning_curves": seed_curves_figure(history, subject),
    }


def write_stability_report(
    summary: dict[str, Any],
    runs: pd.DataFrame,
    record: SeveralTrainingsRecord,
    image_statistics: ImageStatistics,
    **figures: Figure,
) -> str:
    """Put numbers, figures and parameters of all seeds into one page that opens anywhere."""
    by_section = {
        section: {name: figures[name] for name, shown_in in FIGURES.items() if shown_in == section}
        for section in dict.fromkeys(FIGURES.values())
    }
    return build_stability_report(Stability(summary, runs, record, image_statistics), by_section)

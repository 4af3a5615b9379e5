"""The search behind the recipe `accurate`: variants of it, each with several seeds, on held-back images.

    python -m tests.benchmarks.accurate_search --processes 15 --seeds 0 1 2 3

trains on 50,000 of the training images and prints how many of the other 10,000 each variant has right in the
end. `--all-images` trains on all of them and looks at the test images after every epoch: that is for the
variants that were chosen, and shows how much better a network seems if the epoch is chosen by what it is
tested on. Several processes may share a GPU; on a processor one is enough.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

import torch
from tests.benchmarks.accurate_variants import VARIANTS, Strokes
from tests.benchmarks.benchmark import Workspace
from tests.benchmarks.peeking_figure import draw_peeking
from tests.benchmarks.recipe import Recipe, prepare_recipe, quiet
from tests.benchmarks.runner import mnist_address

from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.loop import train
from image_classification.learning.recipe import Recipe as Training
from image_classification.learning.schedules import build_schedule
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.nodes import build_network

HELD_BACK = 10_000


def changed(parameters: ModellingOptions, variant: Mapping[str, Any]) -> ModellingOptions:
    """Return the recipe's parameters as the variant changes them."""
    dumped = parameters.model_dump(mode="json")
    for path, value in variant.items():
        place = dumped
        *folders, name = path.split(".")
        for folder in folders:
            place = place[folder]
        place[name] = value
    return ModellingOptions.model_validate(dumped)


def measure(recipe: Recipe, name: str, seed: int, *, all_images: bool) -> dict[str, Any]:
    """Train a variant with a seed; the accuracy after the last epoch, and after each on the test images."""
    own = {key: value for key, value in VARIANTS[name].items() if key in ("elastic", "thickness")}
    options = {key: value for key, value in VARIANTS[name].items() if key not in own}
    parameters = changed(recipe.parameters, options)
    update = {"report_test_each_epoch": all_images, "validate_every": parameters.training.epochs}
    training = Training(
        seed,
        parameters.loss,
        parameters.optimizer,
        parameters.schedule,
        parameters.augmentation,
        parameters.training.model_copy(update=update),
    )
    network = build_network(parameters.network, seed, recipe.statistics)
    order = torch.randperm(len(recipe.train_set), generator=torch.Generator().manual_seed(2026))
    rows = recipe.train_set.rows
    learn_on = rows if all_images else rows[order[HELD_BACK:]]
    hold_back = rows[:0] if all_images else rows[order[:HELD_BACK]]
    history = train(
        network,
        ImageTensorDataset(recipe.train_set.store, learn_on),
        ImageTensorDataset(recipe.train_set.store, hold_back),
        criterion=training.build_loss(recipe.statistics),
        make_optimizer=training.build_optimizer,
        make_schedule=lambda built, updates: build_schedule(
            training.schedule, built, epochs=training.training.epochs, updates=updates
        ),
        options=training.training,
        seed=seed,
        augment=Strokes(parameters.augmentation, **own),
        test_set=recipe.test_set if all_images else None,
    )
    column = "test/accuracy" if all_images else "validation/accuracy"
    measured = history[column].dropna().tolist()
    return {"variant": name, "seed": seed, "accuracies": measured, "seconds": float(history["seconds"].sum())}


def summary(results: Iterable[Mapping[str, Any]]) -> str:
    """Write a table, the best first: the accuracy after the last epoch, and after the best one if known."""
    by_variant: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        by_variant.setdefault(result["variant"], []).append(result)

    def in_percent(choose: Callable[[list[float]], float], found: list[Mapping[str, Any]]) -> list[float]:
        return [100 * choose(result["accuracies"]) for result in found]

    lines = ["| variant | seeds | after the last epoch | after the best epoch |", "| --- | --- | --- | --- |"]
    for name, found in sorted(
        by_variant.items(), key=lambda item: -mean(in_percent(lambda a: a[-1], item[1]))
    ):
        last, best = in_percent(lambda a: a[-1], found), in_percent(max, found)
        peeked = f"{mean(best):.3f} ± {pstdev(best):.3f}" if len(found[0]["accuracies"]) > 1 else "–"
        lines.append(f"| {name} | {len(found)} | {mean(last):.3f} ± {pstdev(last):.3f} | {peeked} |")
    return "\n".join(lines)


def work(jobs: Any, results: Any, mnist: str, threads: int, *, all_images: bool) -> None:
    """Measure what the queue holds, in a process of its own."""
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory(prefix="accurate-") as scratch:
        recipe = prepare_recipe(Workspace(Path(scratch), mnist, None, quick=False), "accurate")
        while (job := jobs.get()) is not None:
            with quiet():
                result = measure(recipe, *job, all_images=all_images)
            results.put(result)


def main() -> None:
    """Measure the variants that were asked for, and print the table of all results in the record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="VARIANT")
    parser.add_argument("--seeds", nargs="+", type=int, default=[42, 0, 1, 2, 3])
    parser.add_argument("--processes", type=int, default=1, help="that share a GPU")
    parser.add_argument(
        "--all-images", action="store_true", help="hold none back, and look at the test images"
    )
    parser.add_argument("--record", type=Path, help="a file that results are added to, a line of JSON each")
    parser.add_argument("--figure", type=Path, help="a picture of the test accuracies; with --all-images")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    todo = [(name, seed) for seed in arguments.seeds for name in arguments.only]
    for job in [*todo, *[None] * arguments.processes]:
        jobs.put(job)
    threads = max(1, torch.get_num_threads() // arguments.processes)
    options = {"all_images": arguments.all_images}
    for _ in range(arguments.processes):
        process = context.Process(
            target=work, args=(jobs, results, mnist_address(os.environ), threads), kwargs=options, daemon=True
        )
        process.start()
    found = []
    for _ in todo:
        found.append(results.get())
        print(json.dumps(found[-1]), flush=True)
        if arguments.record:
            with arguments.record.open("a") as record:
                record.write(json.dumps(found[-1]) + "\n")
    print(summary(found))
    if arguments.figure:
        shown = [result for result in found if result["variant"] == arguments.only[0]]
        draw_peeking(
            sorted(shown, key=lambda result: arguments.seeds.index(result["seed"])), arguments.figure
        )


if __name__ == "__main__":
    main()

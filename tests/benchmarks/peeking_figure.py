"""What it is worth to choose the epoch by the images that a network is tested on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from matplotlib.figure import Figure

EPOCHS = 15  # the last ones, where a person would choose
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#9d755d", "#72b7b2", "#e45756")


def draw_peeking(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the accuracy on the test images after each of the last epochs, a line per seed.

    Args:
        results: of one variant, as `accurate_search.measure` returns them with all images.
        path: of the picture.
    """
    figure = Figure(figsize=(7.5, 3.6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    chosen = []
    for result, colour in zip(results, COLOURS, strict=False):
        accuracies = [100 * accuracy for accuracy in result["accuracies"]]
        first = max(0, len(accuracies) - EPOCHS)
        epochs = range(first + 1, len(accuracies) + 1)
        best = max(accuracies)
        chosen.append(best)
        axes.plot(epochs, accuracies[first:], color=colour, linewidth=1.2, label=f"seed {result['seed']}")
        axes.plot(len(accuracies), accuracies[-1], "o", color=colour)
        if (place := accuracies.index(best)) >= first:
            axes.plot(place + 1, best, "^", color=colour, markersize=9, markerfacecolor="none")
    last = mean(100 * result["accuracies"][-1] for result in results)
    axes.axhline(last, color="#333333", linewidth=0.8, linestyle="--")
    axes.set_title(
        f"After the last epoch (●) {last:.3f} %, after the epoch chosen by the test images (△) "
        f"{mean(chosen):.3f} %",
        fontsize=10,
    )
    axes.set_xlabel("epoch")
    axes.set_ylabel("test images right, %")
    axes.legend(fontsize=8, loc="lower right", ncols=2)
    axes.grid(color="#dddddd", linewidth=0.6)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

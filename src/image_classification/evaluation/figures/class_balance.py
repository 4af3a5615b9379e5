"""How many images of each class there are in each split."""

from collections.abc import Mapping, Sequence
from typing import Any

from plotly.graph_objects import Bar, Figure

from image_classification.evaluation.figures.style import (
    MOST_CLASSES,
    SPLIT_COLOURS,
    buttons,
    class_ticks,
    finish,
)


def class_balance_figure(
    counts: Mapping[str, Mapping[str, int]], class_names: Sequence[str], subtitle: str
) -> Figure:
    """Draw the images of each class, stacked by split; a button compares the splits by their shares instead.

    Args:
        counts: images by split and class.
        class_names: in the order in which they are drawn.
        subtitle: which data it is.
    """
    splits = [split for split in SPLIT_COLOURS if sum(counts.get(split, {}).values())]
    totals = {split: sum(counts[split].values()) for split in splits}
    if len(class_names) > MOST_CLASSES:
        subtitle += f": the first {MOST_CLASSES} of {len(class_names)} classes"
        class_names = class_names[:MOST_CLASSES]
    places = list(range(len(class_names)))
    images = {split: [counts[split].get(name, 0) for name in class_names] for split in splits}
    shares = {split: [count / totals[split] for count in images[split]] for split in splits}
    figure = Figure(
        [
            Bar(
                x=images[split],
                y=places,
                orientation="h",
                name=f"{split} ({totals[split]:,})",
                marker={"color": SPLIT_COLOURS[split]},
                hovertemplate=_hover(",d"),
            )
            for split in splits
        ]
    )
    row = 26 if len(places) <= 40 else 16
    ticks = class_ticks(class_names, font_size=12 if row > 20 else 10)
    figure.update_yaxes(**ticks, range=[len(places) - 0.4, -0.6])
    figure.update_xaxes(title="images", rangemode="tozero")
    return finish(
        figure,
        "Images of each class",
        subtitle,
        height=row * len(places) + 220,
        least_width=460,
        barmode="stack",
        margin={"l": 60, "r": 30, "t": 80, "b": 90},
        # below, where it takes nothing from the bars of a narrow page
        legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "traceorder": "normal"},
        updatemenus=buttons(
            _button("images", [images[split] for split in splits], "stack", ",d"),
            _button("share of the split", [shares[split] for split in splits], "group", ".1%"),
        ),
    )


def _button(label: str, values: Sequence[Sequence[float]], barmode: str, tick_format: str) -> dict[str, Any]:
    data = {"x": values, "hovertemplate": _hover(tick_format)}
    layout = {"barmode": barmode, "xaxis.title.text": label, "xaxis.tickformat": tick_format}
    return {"label": label, "method": "update", "args": [data, layout]}


def _hover(number_format: str) -> str:
    return f"%{{y}}: %{{x:{number_format}}}"

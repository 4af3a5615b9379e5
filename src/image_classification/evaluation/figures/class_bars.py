"""A bar for each class: how many images it has, and how well it is recognised."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter

from image_classification.evaluation.figures.style import (
    MOST_CLASSES,
    NEUTRAL,
    SPLIT_COLOURS,
    buttons,
    caption,
    class_ticks,
    finish,
    new_figure,
)

_MARKS = {"precision": ("triangle-right", "#d1495b"), "recall": ("triangle-left", "#1b7f5f")}


def class_balance_figure(
    counts: Mapping[str, Mapping[str, int]], class_names: Sequence[str], subtitle: str
) -> Figure:
    """Draw the images of each class, stacked by split; a button compares the shares of the splits instead.

    Args:
        counts: images by split and class.
        class_names: in the order of their bars.
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
    figure = new_figure(
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
    bars = _classes_down(figure, class_names, height_of_few=26)
    figure.update_xaxes(title="images", rangemode="tozero")
    return finish(
        figure,
        "Images of each class",
        subtitle,
        height=bars + 220,
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


def class_metrics_figure(table: pd.DataFrame, subtitle: str, measured_on: str = "test images") -> Figure:
    """Draw the F1 score of each class as a bar, worst first, with precision and recall as marks on it.

    Args:
        table: as `class_metrics_table` returns it. A class without test images has a name and no bar.
        subtitle: which network was tested on which data.
        measured_on: what the images are called.
    """
    ordered = table.sort_values("f1", kind="stable", na_position="last").reset_index(drop=True)
    if len(ordered) > MOST_CLASSES:
        subtitle += f": {MOST_CLASSES} of {len(ordered)} classes"
        ordered = ordered.head(MOST_CLASSES)
    places = list(range(len(ordered)))
    figure = new_figure(
        Bar(
            x=_known(ordered["f1"]),
            y=places,
            orientation="h",
            name="F1",
            marker={"color": SPLIT_COLOURS["train"], "opacity": 0.55},
            customdata=ordered["images"].tolist(),
            hovertemplate="%{y}: F1 %{x:.1%} (%{customdata} images)<extra></extra>",
        )
    )
    for name, (symbol, colour) in _MARKS.items():
        figure.add_trace(
            Scatter(
                x=_known(ordered[name]),
                y=places,
                mode="markers",
                name=name,
                marker={"symbol": symbol, "color": colour, "size": 9},
                hovertemplate=f"%{{y}}: {name} %{{x:.1%}}<extra></extra>",
            )
        )
    for place in ordered.index[ordered["images"] == 0]:
        figure.add_annotation(caption(0, place, f"no {measured_on}", xanchor="left", font={"color": NEUTRAL}))
    bars = _classes_down(figure, ordered["class_name"].tolist(), height_of_few=24)
    # room for the marks at the very ends
    figure.update_xaxes(range=[-0.01, 1.02], tickformat=".0%", title=f"on the {measured_on}")
    return finish(
        figure,
        "Classes, worst first",
        subtitle,
        height=bars + 190,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
    )


def _known(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _classes_down(figure: Figure, class_names: Sequence[str], height_of_few: int) -> int:
    """Write the classes below each other; return the height of all their bars, pixels."""
    number = len(class_names)
    few = number <= 40
    ticks = class_ticks(class_names, font_size=12 if few else 10)
    figure.update_yaxes(**ticks, range=[number - 0.4, -0.6])
    return number * (height_of_few if few else 16)

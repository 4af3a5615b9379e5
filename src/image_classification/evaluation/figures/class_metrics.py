"""How well each class is recognised."""

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter

from image_classification.evaluation.figures.style import (
    MOST_CLASSES,
    NEUTRAL,
    SPLIT_COLOURS,
    class_ticks,
    finish,
)

_MARKS = {"precision": ("triangle-right", "#d1495b"), "recall": ("triangle-left", "#1b7f5f")}


def class_metrics_figure(table: pd.DataFrame, subtitle: str) -> Figure:
    """Draw the F1 score of each class as a bar, worst first, with precision and recall as marks on it.

    Args:
        table: of `class_metrics_table`. A class without test images has a name and no bar.
        subtitle: which network was tested on which data.
    """
    ordered = table.sort_values("f1", kind="stable", na_position="last").reset_index(drop=True)
    if len(ordered) > MOST_CLASSES:
        subtitle += f": {MOST_CLASSES} of {len(ordered)} classes"
        ordered = ordered.head(MOST_CLASSES)
    places = list(range(len(ordered)))
    figure = Figure(
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
        figure.add_annotation(
            x=0, y=place, text="no test images", showarrow=False, xanchor="left", font={"color": NEUTRAL}
        )
    row = 24 if len(places) <= 40 else 16
    # room for the marks at the very ends
    figure.update_xaxes(range=[-0.01, 1.02], tickformat=".0%", title="on the test images")
    ticks = class_ticks(ordered["class_name"].tolist(), font_size=12 if row > 20 else 10)
    figure.update_yaxes(**ticks, range=[len(places) - 0.4, -0.6])
    return finish(
        figure,
        "Classes, the worst first",
        subtitle,
        height=row * len(places) + 190,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
    )


def _known(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]

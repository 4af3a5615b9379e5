"""What all figures have in common."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from plotly.graph_objects import Figure

# shades that people with any kind of colour vision can tell apart, on white and on black
SPLIT_COLOURS = {"train": "#1f77b4", "validation": "#e6730b", "test": "#8f6bc4"}
RIGHT, WRONG, NEUTRAL = "#2a9d8f", "#d1495b", "#8a8f98"
# Beyond this many classes the numbers in the cells of a matrix would overlap.
MOST_CLASSES_WITH_NUMBERS = 25
# Beyond this many classes a figure shows some of them only, and says which.
MOST_CLASSES = 120
_LONGEST_NAME = 28


def shorten(text: str, limit: int = _LONGEST_NAME) -> str:
    """Cut the middle out of a text that is longer than `limit`: names often differ at their ends."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def literal(text: str, limit: int = _LONGEST_NAME) -> str:
    """Shorten a text and keep plotly from taking `<b>` in it for its own."""
    return escape(shorten(text, limit), quote=False)


def class_ticks(class_names: Sequence[str], font_size: float) -> dict[str, Any]:
    """The settings of an axis that has a class at each whole number.

    Numbers, because plotly would take classes named "1" or "2024-01-01" for numbers and dates.
    """
    return {
        "tickvals": list(range(len(class_names))),
        "ticktext": [literal(name) for name in class_names],
        "tickfont": {"size": font_size},
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }


def finish(
    figure: Figure, title: str, subtitle: str, *, height: float, least_width: int = 0, **layout: Any
) -> Figure:
    """Give a figure its title, height (pixels) and look; further settings of the layout take precedence.

    Args:
        figure: What is drawn.
        title: In bold.
        subtitle: Below it.
        height: Of the whole, in pixels.
        least_width: Pixels below which it is not readable: the report has a narrow page scroll it.
        layout: Of plotly.
    """
    look: Mapping[str, Any] = {
        "template": "plotly_white",
        "title": {
            "text": f"<b>{escape(title, quote=False)}</b><br><sup>{escape(subtitle, quote=False)}</sup>",
            # no y: kedro-viz counts it from another place, but the middle of the margin is right for both
            "x": 0.01,
            "font": {"size": 16},
        },
        "height": height,
        "margin": {"l": 60, "r": 30, "t": 80, "b": 60},
        "font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "meta": {"least_width": least_width},
    }
    figure.update_layout(**{**look, **layout})
    return figure


def buttons(*choices: dict[str, Any]) -> list[dict[str, Any]]:
    """A row of buttons above a figure at the right: label, method and args of each."""
    look = {"x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "pad": {"b": 6}}
    # colours of their own: those of a dark page do not suit the light ground that a chosen button has
    colours = {"bgcolor": "#e9edf2", "bordercolor": "#b8c0c9", "font": {"color": "#22262d", "size": 11}}
    return [{"type": "buttons", "direction": "right", **look, **colours, "buttons": list(choices)}]


def picture_layout(uri: str, width: int, height: int) -> dict[str, Any]:
    """The layout of a figure that is one picture, whose axes count its pixels from the top left corner."""
    hidden = {"visible": False, "constrain": "domain"}
    return {
        "height": height + 100,
        "least_width": round(0.75 * width),  # then captions touch
        "margin": {"l": 10, "r": 10, "t": 80, "b": 10},
        "images": [
            {
                "source": uri,
                "xref": "x",
                "yref": "y",
                "x": 0,
                "y": 0,
                "sizex": width,
                "sizey": height,
                "sizing": "stretch",
                "layer": "below",
            }
        ],
        "xaxis": {**hidden, "range": [0, width]},
        "yaxis": {**hidden, "range": [height, 0], "scaleanchor": "x"},
    }

"""What all figures have in common."""

import base64
import io
import sys
from collections.abc import Mapping, Sequence
from html import escape
from importlib import import_module
from threading import Lock
from typing import Any

from PIL import Image
from plotly import optional_imports
from plotly.basedatatypes import BaseTraceType
from plotly.graph_objects import Figure
from torch import Tensor

from image_classification.images.store.image_grid import paste_thumbnails
from image_classification.words import printable, shorten

# shades that people with any kind of colour vision can tell apart, on white and on black
SPLIT_COLOURS = {"train": "#1f77b4", "validation": "#e6730b", "test": "#8f6bc4"}
RIGHT, WRONG, NEUTRAL = "#2a9d8f", "#d1495b", "#8a8f98"
# with more classes the numbers in the cells of a matrix would overlap
MOST_CLASSES_WITH_NUMBERS = 25
# of more classes a figure shows some only, and says which
MOST_CLASSES = 120
LONGEST_NAME = 28
_LOADING = Lock()

_LINES = {"gridcolor": "#ebf0f8", "linecolor": "#ebf0f8", "zerolinecolor": "#ebf0f8", "zerolinewidth": 2}
_AXIS = {**_LINES, "ticks": "", "automargin": True, "title": {"standoff": 15}}
_BAR = {"outlinewidth": 0, "ticks": ""}
# What is here of plotly's white template: plotly checks and copies all of that one several times for each
# figure, and writes it into each file.
TEMPLATE = {
    "layout": {
        "autotypenumbers": "strict",
        "colorway": [
            *("#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a"),
            *("#19d3f3", "#ff6692", "#b6e880", "#ff97ff", "#fecb52"),
        ],
        "font": {"color": "#2a3f5f"},
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "shapedefaults": {"line": {"color": "#2a3f5f"}},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    },
    "data": {
        "bar": [{"marker": {"line": {"color": "white", "width": 0.5}}}],
        "heatmap": [{"colorbar": _BAR}],
        "parcoords": [{"line": {"colorbar": _BAR}}],
        "scatter": [{"marker": {"colorbar": _BAR}}],
    },
}


def plotly_text(text: str, limit: int = LONGEST_NAME) -> str:
    """Shorten a text and keep plotly from taking `<b>` in it for markup."""
    return escape(shorten(text, limit), quote=False)


def class_ticks(class_names: Sequence[str], font_size: float) -> dict[str, Any]:
    """Return the settings of an axis that has a class at each whole number.

    The values are numbers because plotly would take classes named "1" or "2024-01-01" for numbers and dates.
    """
    return {
        "tickvals": list(range(len(class_names))),
        "ticktext": [plotly_text(name) for name in class_names],
        "tickfont": {"size": font_size},
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }


def new_figure(data: BaseTraceType | Sequence[BaseTraceType] = ()) -> Figure:
    """Return a figure of what is drawn, without plotly's own template."""
    load_plotly()
    return Figure(data, layout={"template": TEMPLATE})


def load_plotly() -> None:
    """Load what plotly loads with its first figure, whoever draws that, but not IPython.

    That takes a tenth to a fifth of a second, and plotly's tools only keep a name of it that nothing uses.
    Where IPython is there already, as in notebooks, all stays as it is.
    """
    get_module = optional_imports.get_module

    def get_other(name: str, should_load: bool = True) -> Any:
        return None if name.partition(".")[0] == "IPython" else get_module(name, should_load)

    with _LOADING:
        if "plotly.tools" in sys.modules or "IPython" in sys.modules:
            return
        optional_imports.get_module = get_other
        try:
            import_module("plotly.tools")
        finally:
            optional_imports.get_module = get_module


def finish(
    figure: Figure, title: str, subtitle: str, *, height: float, least_width: int = 0, **layout: Any
) -> Figure:
    """Give a figure its title, height and look; further settings of the layout take precedence.

    Args:
        figure: what is drawn.
        title: in bold.
        subtitle: below it.
        height: of the whole, pixels.
        least_width: pixels below which it is unreadable: on a narrow page the report lets it scroll.
        layout: plotly's settings.
    """
    look: Mapping[str, Any] = {
        "title": {
            "text": f"<b>{escape(title, quote=False)}</b><br>"
            f"<sup>{escape(printable(subtitle), quote=False)}</sup>",
            # no y: kedro-viz counts it from elsewhere, but the middle of the margin suits both
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


def shows_anything(figure: Figure) -> bool:
    """Tell whether there is anything on a figure beside its title: traces, pictures, shapes or words."""
    layout = figure.layout
    return bool(figure.data or layout.images or layout.shapes or layout.annotations)


def buttons(*choices: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row of buttons for the top right of a figure, given label, method and args of each."""
    look = {"x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "pad": {"b": 6}}
    # fixed colours: those of a dark page do not suit the light ground of a chosen button
    colours = {"bgcolor": "#e9edf2", "bordercolor": "#b8c0c9", "font": {"color": "#22262d", "size": 11}}
    return [{"type": "buttons", "direction": "right", **look, **colours, "buttons": list(choices)}]


def caption(x: float, y: float, text: str, **look: Any) -> dict[str, Any]:
    """Return a text at a place of a figure, without plotly's arrow."""
    return {"x": x, "y": y, "text": text, "showarrow": False, **look}


def picture_layout(
    images: Tensor, places: Sequence[tuple[int, int]], size: tuple[int, int], side: int
) -> dict[str, Any]:
    """Lay out a figure that is one picture of many images; its axes count pixels from the top left corner.

    Args:
        images: (n, C, H, W) uint8, one or three channels.
        places: left and top of the square of each image, pixels.
        size: width and height of the whole.
        side: of the squares that the images are fitted into, pixels.
    """
    width, height = size
    hidden = {"visible": False, "constrain": "domain"}
    picture = {"source": _picture_uri(images, places, size, side), "sizing": "stretch", "layer": "below"}
    corner = {"xref": "x", "yref": "y", "x": 0, "y": 0, "sizex": width, "sizey": height}
    return {
        "height": height + 100,
        "least_width": round(0.75 * width),  # then captions touch
        "margin": {"l": 10, "r": 10, "t": 80, "b": 10},
        "images": [picture | corner],
        "xaxis": {**hidden, "range": [0, width]},
        "yaxis": {**hidden, "range": [height, 0], "scaleanchor": "x"},
    }


def _picture_uri(images: Tensor, places: Sequence[tuple[int, int]], size: tuple[int, int], side: int) -> str:
    """Return the picture on a transparent ground as a data URI that a browser shows.

    PNG for grey images, else WebP, a fifth of the size for photographs.
    """
    grey = images.shape[1] == 1
    ground = Image.new("LA" if grey else "RGBA", size)
    paste_thumbnails(ground, images, places, side)
    file = io.BytesIO()
    kind = "png" if grey else "webp"
    ground.save(file, format=kind)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"

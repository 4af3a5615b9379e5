"""The layers of a network, drawn one below the other."""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure

from image_classification.evaluation.figures.style import caption, finish, new_figure, plotly_text
from image_classification.networks.layers import Layer

_STEP = 46  # pixels from a layer to the next
_BOX = 34
_COLOURS = (
    (("Conv",), "#cfe3f6"),
    (("Linear", "Bilinear"), "#d5ecd9"),
    (("Norm", "Normalise"), "#f6ead0"),
    (("Pool",), "#f3d9dd"),
    (("Dropout",), "#e6e6e6"),
)
_OTHER_COLOUR = "#e7def3"
_INK, _LINE = "#22262d", "#9aa3ad"


def network_diagram_figure(layers: Sequence[Layer], total: int, subtitle: str) -> Figure:
    """Draw each layer as a box with its kind, its name, the shape of its output and its parameters.

    Args:
        layers: as `describe_layers` returns them.
        total: parameters of the whole network.
        subtitle: which network for which data.
    """
    shapes: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for place, layer in enumerate(layers):
        top = place * _STEP
        if place:
            shapes.append(_line(top - (_STEP - _BOX), top))
        shapes.append(_box(top, _colour(layer.kind)))
        name = f"<b>{plotly_text(layer.kind)}</b>  {plotly_text(layer.name, 36)}"
        output = " × ".join(map(str, layer.output_shape))
        parameters = f"{layer.parameters:,}" if layer.parameters else "–"
        texts += _row(top + _BOX / 2, (name, output, parameters), {"color": _INK})
        texts[-3]["hovertext"] = plotly_text(f"{layer.kind}({layer.details})", 200)
    height = len(layers) * _STEP
    texts += _row(-16, ("<i>layer</i>", "<i>output</i>", "<i>parameters</i>"), {})
    texts += _row(height + 4, ("", "", f"<b>{total:,}</b> in all"), {})
    return finish(
        new_figure(),
        "Network",
        subtitle,
        height=height + 150,
        least_width=640,
        margin={"l": 15, "r": 15, "t": 80, "b": 10},
        shapes=shapes,
        annotations=texts,
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={"visible": False, "range": [height + 20, -30]},
    )


def _row(y: float, columns: tuple[str, str, str], font: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the texts of a line: at the left, right of the middle, and at the right."""
    places = ((0.01, "left"), (0.66, "center"), (0.99, "right"))
    return [
        caption(x, y, text, xanchor=anchor, yanchor="middle", font={"size": 12, **font})
        for (x, anchor), text in zip(places, columns, strict=True)
    ]


def _box(top: float, colour: str) -> dict[str, Any]:
    edges = {"x0": 0, "x1": 1, "y0": top, "y1": top + _BOX}
    return {"type": "rect", **edges, "fillcolor": colour, "line": {"width": 1, "color": _LINE}}


def _line(top: float, bottom: float) -> dict[str, Any]:
    edges = {"x0": 0.5, "x1": 0.5, "y0": top, "y1": bottom}
    return {"type": "line", **edges, "line": {"width": 2, "color": _LINE}}


def _colour(kind: str) -> str:
    return next((colour for words, colour in _COLOURS if any(word in kind for word in words)), _OTHER_COLOUR)

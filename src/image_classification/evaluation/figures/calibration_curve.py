"""Whether the confidence of the network can be trusted."""

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter
from plotly.subplots import make_subplots

from image_classification.evaluation.figures.style import NEUTRAL, SPLIT_COLOURS, finish, new_figure
from image_classification.evaluation.scores import expected_calibration_error


def calibration_curve_figure(bins: pd.DataFrame, subtitle: str, curve: str = "this network") -> Figure:
    """Draw accuracy over confidence, and below it how many images have which confidence.

    Args:
        bins: as `calibration_bins` returns them.
        subtitle: which network was tested on which data.
        curve: what the curve is called.
    """
    filled = bins[bins["images"] > 0]
    diagonal = Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="perfect calibration",
        line={"color": NEUTRAL, "dash": "dash"},
        hoverinfo="skip",
    )
    measured = Scatter(
        x=filled["confidence"].tolist(),
        y=filled["accuracy"].tolist(),
        customdata=filled["images"].tolist(),
        mode="lines+markers",
        name=curve,
        line={"color": SPLIT_COLOURS["train"]},
        marker={"size": 8},
        hovertemplate="%{customdata} images: confidence %{x:.1%}, accuracy %{y:.1%}<extra></extra>",
    )
    bars = Bar(
        x=((bins["lower"] + bins["upper"]) / 2).tolist(),
        y=bins["images"].tolist(),
        width=(bins["upper"] - bins["lower"]).tolist(),
        marker={"color": SPLIT_COLOURS["train"], "line": {"width": 1, "color": "white"}},
        showlegend=False,
        hovertemplate="%{y} images with a confidence around %{x:.0%}<extra></extra>",
    )
    figure = make_subplots(
        figure=new_figure(), rows=2, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.06
    )
    figure.add_traces([diagonal, measured, bars], rows=[1, 1, 2], cols=[1, 1, 1])
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_xaxes(title="confidence of the prediction", row=2, col=1)
    figure.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%", row=1, col=1)
    figure.update_yaxes(title="images", row=2, col=1)
    error = f"; expected calibration error {expected_calibration_error(bins):.1%}" if len(filled) else ""
    legend = {"x": 0.02, "y": 0.99, "yanchor": "top"}
    return finish(figure, "Calibration", subtitle + error, height=560, legend=legend)

"""How the loss changed while the learning rate rose, before the training."""

from math import log10

import pandas as pd
from plotly.graph_objects import Figure, Scatter

from image_classification.evaluation.figures.style import NEUTRAL, RIGHT, SPLIT_COLOURS, finish, new_figure


def learning_rate_test_figure(test: pd.DataFrame, found: float | None, subtitle: str) -> Figure:
    """Draw the loss of each update over its learning rate; nothing where nothing was tested.

    Args:
        test: a row per update: rate, loss, smoothed.
        found: the rate at which the loss falls fastest, if it falls.
        subtitle: what was trained on which data.
    """
    figure = new_figure()
    for column, mode in (("loss", "markers"), ("smoothed", "lines")) if len(test) else ():
        look = {"marker": {"color": NEUTRAL, "size": 4}, "line": {"color": SPLIT_COLOURS["train"]}}
        x, y = test["rate"].tolist(), test[column].tolist()
        figure.add_trace(Scatter(x=x, y=y, mode=mode, name=column, hovertemplate="%{y:.4g}", **look))
    if found is not None:
        figure.add_vline(found, line={"color": RIGHT, "dash": "dash"})
        # on a logarithmic axis a text, unlike a line, is placed by the logarithm
        place = {"x": log10(found), "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top"}
        figure.add_annotation(text=f"{found:g}", showarrow=False, **place)
    figure.update_xaxes(title="learning rate", type="log", exponentformat="e", dtick=1)
    # what comes after an explosion would press the rest flat
    top = float(2 * test["smoothed"].head(max(5, len(test) // 10)).max()) if len(test) else 1.0
    bottom = min(0.0, float(test["smoothed"].min())) if len(test) else 0.0
    figure.update_yaxes(title="loss of the batch", range=[bottom, max(top, bottom + 1e-9)])
    said = f"falls fastest at {found:g}" if found is not None else "falls nowhere more than by chance"
    title = f"Test of learning rates: the loss {said}" if len(test) else "No test of learning rates"
    return finish(figure, title, subtitle, height=380, hovermode="x unified")

"""The documents of a run: the report, one HTML file that needs nothing else, and the model card."""

import base64
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure

from image_classification.evaluation.options import ModelCardOptions
from image_classification.evaluation.summary import accuracy_interval, describe_metrics
from image_classification.evaluation.training_record import (
    TrainingRecord,
    parameters_of,
    require_metrics_of,
    weights_digest,
)
from image_classification.images.store.corrections import corrections_in_words
from image_classification.images.store.statistics import ImageStatistics, split_sizes, untrained_classes
from image_classification.networks import Classifier
from image_classification.networks.answers.promises import promises_of
from image_classification.words import printable

# what the report is divided into, where figures are shown
SECTIONS = ("data", "training", "results", "mistakes", "network")
_WEAKEST = 5  # classes that the model card names
# what has a meaning in the middle of a line
_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")


@dataclass(frozen=True)
class EvaluatedNetwork:
    """A trained network and what is known of it.

    Args:
        network: the network.
        record: of its training.
        metrics: of its evaluation, by name.
        class_metrics: a row per class.
        statistics: of the data.

    Raises:
        UserError: the metrics are of other weights.
    """

    network: Classifier
    record: TrainingRecord
    metrics: Mapping[str, Any]
    class_metrics: pd.DataFrame
    statistics: ImageStatistics

    def __post_init__(self) -> None:
        require_metrics_of(self.network, self.metrics)


def build_report(
    evaluated: EvaluatedNetwork,
    history: pd.DataFrame,
    figures: Mapping[str, Mapping[str, Figure]],
    audit: pd.DataFrame | None = None,
) -> str:
    """Write the report as HTML.

    Args:
        evaluated: what it is about.
        history: a row per epoch.
        figures: by their name, in the sections that show them.
        audit: what was found wrong with the images, a row per finding, if somebody looked.

    Returns:
        The text of the file, about 2 MB, most of it plotly.js, which is compressed.
    """
    return _fill(
        "report.html.jinja",
        evaluated,
        parameters=parameters_of(evaluated.record, evaluated.metrics),
        history=history,
        interval=accuracy_interval(evaluated.metrics),
        classes=evaluated.class_metrics.to_dict("records"),
        audit=None if audit is None else _readable(audit),
        **in_a_page(figures),
    )


def build_model_card(evaluated: EvaluatedNetwork, words: ModelCardOptions, settings: str = "") -> str:
    """Write the model card in Markdown: what somebody has to know who is about to use the network.

    Its sections are those of Mitchell et al., "Model Cards for Model Reporting", 2019.

    Args:
        evaluated: what it is about.
        words: what only a person can say, such as what the network is for.
        settings: the file in which the words are set, if there is one.
    """
    tested = evaluated.class_metrics[evaluated.class_metrics["images"] > 0]
    weakest = tested.nsmallest(_WEAKEST, "f1").to_dict("records")
    return _fill("model_card.md.jinja", evaluated, weakest=weakest, words=words, settings=settings)


def _fill(template: str, evaluated: EvaluatedNetwork, **values: Any) -> str:
    calibration = evaluated.network.description.calibration
    return fill_template(
        template,
        network=evaluated.network,
        description=evaluated.network.description,
        record=evaluated.record,
        is_of_this_network=evaluated.record["weights_digest"] == weights_digest(evaluated.network),
        metrics=evaluated.metrics,
        described_metrics=describe_metrics(evaluated.metrics),
        statistics=evaluated.statistics,
        promises=promises_of(calibration) if calibration else [],
        split_sizes=split_sizes(evaluated.statistics),
        untrained=untrained_classes(evaluated.statistics),
        corrections=corrections_in_words(evaluated.statistics.get("corrections")),
        **values,
    )


def fill_template(template: str, **values: Any) -> str:
    """Fill a template of this package; what is put into a gap can never become part of the markup."""
    environment = Environment(
        loader=PackageLoader("image_classification.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters["markdown"] = _markdown
    environment.filters["code_block"] = _code_block
    return environment.get_template(template).render(**values)


def _shown(value: object) -> object:
    """What stands in a gap, with characters that nobody would see, or that turn lines around, written out."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return printable(value, keep="\n\t") if isinstance(value, str) and is_text else value


def _markdown(value: object) -> Markup:
    """A text as Markdown shows it literally, on one line."""
    text = _MARKDOWN.sub(r"\\\1", printable(" ".join(str(value).split())))
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704 none is left


def _code_block(value: object, indent: int = 0) -> Markup:
    """A text as a block of Markdown that shows it to the letter, so that it can be copied.

    Its fence is longer than any row of backticks in the text.
    """
    text = printable(str(value), keep="\n\t")
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    lines = [f"{fence}console", *text.splitlines(), fence]
    return Markup(("\n" + " " * indent).join(lines))  # noqa: S704 in a fence nothing is markup


def _readable(audit: pd.DataFrame) -> pd.DataFrame:
    """The findings as a person reads them: what does not apply to one is empty."""

    def shown(value: Any) -> Any:
        if isinstance(value, bool | np.bool_):
            return "yes" if value else ""
        return "" if pd.isna(value) or (isinstance(value, int | np.integer) and value < 0) else value

    return audit.astype("object").map(shown)


def in_a_page(figures: Mapping[str, Mapping[str, Figure]]) -> dict[str, Any]:
    """Return what `figures.html.jinja` and `parts.html.jinja` need to show figures.

    Args:
        figures: by their name, in the sections that show them.
    """
    return {
        "shown": figures,
        "figures": {
            name: script_safe(figure.to_json())
            for of_section in figures.values()
            for name, figure in of_section.items()
        },
        "plotly": _packed_plotly(),
    }


@cache
def _packed_plotly() -> str:
    """The library that draws the figures, compressed, in base64."""
    # plotly.offline has a function for it, but importing that changes the format of Python's warnings
    library = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return base64.b64encode(zlib.compress(library)).decode("ascii")


def script_safe(json: str) -> str:
    """JSON that no browser takes for the end of the script that it stands in."""
    return json.replace("<", "\\u003c")

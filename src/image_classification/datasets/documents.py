"""Documents and interactive figures as datasets: written whole or not at all, and shown by kedro-viz."""

import re
from typing import Any, ClassVar

import kedro_datasets.plotly
import kedro_datasets.text
from kedro_datasets._typing import HTMLPreview

from image_classification.datasets.atomic import AtomicSave

_INVISIBLE = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_PREFORMATTED = re.compile(r"<pre\b.*?</pre\s*>", re.DOTALL | re.IGNORECASE)


class _Document(AtomicSave, kedro_datasets.text.TextDataset):  # type: ignore[misc]
    """A text in UTF-8, whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {
        "open_args_save": {"mode": "w", "encoding": "utf-8", "newline": "\n"},
        "open_args_load": {"mode": "r", "encoding": "utf-8"},
    }


class HtmlDataset(_Document):
    """A page. Open its file in a browser to see it whole: kedro-viz shows its text and tables."""

    def preview(self) -> HTMLPreview:
        """The page without its scripts, which kedro-viz would not run, and their megabytes."""
        return _preview(_INVISIBLE.sub("", self.load()))


class MarkdownDataset(_Document):
    """A text in Markdown."""

    def preview(self) -> HTMLPreview:
        """The text as a page."""
        # only kedro-viz needs it
        from markdown_it import MarkdownIt  # noqa: PLC0415

        return _preview(MarkdownIt("commonmark").enable("table").render(self.load()))


def _preview(html: str) -> HTMLPreview:
    """A page that stays what it is when kedro-viz takes it for Markdown of its own kind.

    It makes line breaks of the ends of lines, and emphasis of what stands between two _ or *: so these are
    replaced by letters that look alike.
    """
    lines = _PREFORMATTED.sub(lambda found: found[0].replace("\n", "<br>"), html)
    return HTMLPreview(" ".join(lines.split()).replace("_", "\u02cd").replace("*", "\u2217"))


class PlotlyDataset(AtomicSave, kedro_datasets.plotly.JSONDataset):  # type: ignore[misc]
    """A figure of plotly in a JSON file, which kedro-viz draws."""

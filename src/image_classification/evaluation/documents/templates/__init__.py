"""The texts of the documents, with gaps, and how the gaps are filled."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

# what has a meaning in the middle of a line
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")


def fill(template: str, **values: Any) -> str:
    """Fill a template of this package; what is put into a gap can never become part of the markup.

    Args:
        template: its file name.
        values: for the gaps; one that is missing is an error.
    """
    environment = Environment(
        loader=PackageLoader(__name__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = _markdown
    environment.filters["code_block"] = _code_block
    return environment.get_template(template).render(**values)


def _code_block(value: object, indent: int = 0) -> Markup:
    """A text as a block of Markdown that shows it to the letter, so that it can be copied.

    Its fence is longer than any row of backticks in the text.
    """
    text = str(value)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    lines = [f"{fence}console", *text.splitlines(), fence]
    return Markup(("\n" + " " * indent).join(lines))  # noqa: S704 in a fence nothing is markup


def _markdown(value: object) -> Markup:
    """A text as Markdown shows it literally, on one line."""
    text = _MARKDOWN.sub(r"\\\1", " ".join(str(value).split()))
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704 none is left

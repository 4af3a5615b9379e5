"""The pages of the server: each is one document, which loads nothing from anywhere."""

import base64
import hashlib
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page(NamedTuple):
    """A document, and its content security policy: nothing runs in it but what it came with."""

    html: str
    policy: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("image_classification.serving", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def start_page() -> Page:
    """Return the page on which a person draws and drops images."""
    return _page("start.html.jinja", "start.js", "drawing.js")


def reference_page(schema: dict[str, Any], address: str) -> Page:
    """Return the description of the server, from its OpenAPI schema and its address."""
    return _page("reference.html.jinja", schema=schema, address=address)


def _page(template: str, *scripts: str, **values: Any) -> Page:
    environment = _environment()
    style = _source("style.css")
    code = "\n".join(map(_source, scripts))
    html = environment.get_template(template).render(style=style, script=code, **values)
    policy = _POLICY.format(script=_allowed(code) if code else "'none'", style=_allowed(style))
    return Page(html, policy)


@cache
def _source(name: str) -> str:
    """Return a file of the page as it stands."""
    environment = _environment()
    assert environment.loader  # noqa: S101  (it was given one)
    return environment.loader.get_source(environment, name)[0]


def _allowed(content: str) -> str:
    """Name a script or style by its digest: https://www.w3.org/TR/CSP3/#framework-directive-source-list."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

"""The libraries of ONNX, which not everybody has installed."""

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from image_classification.errors import UserError
from image_classification.export.options import ExportOptions, Format

_WRITES_ONNX = ("onnx", "onnxscript", "onnxruntime")
_NEEDED: dict[Format, tuple[str, ...]] = {"onnx": _WRITES_ONNX, "onnx_int8": _WRITES_ONNX}
_INSTALL = "pip install -e '.[export]'"


def formats_meant(options: ExportOptions) -> tuple[Format, ...]:
    """Return the formats that are to be written.

    Raises:
        UserError: a library that one of them needs is not installed.
    """
    if options.formats == "auto":
        return ("bundle", "pt2", *(("onnx",) if not _missing("onnx") else ()))
    for each in options.formats:
        if missing := _missing(each):
            others = [other for other in options.formats if not _missing(other)] or ["bundle", "pt2"]
            raise UserError(
                f"{ExportOptions.named('formats')} names {each}, which needs {', '.join(missing)}, not "
                f"installed here: {_INSTALL}\nOr leave it out: {ExportOptions.setting(formats=others)}"
            )
    return options.formats


def _missing(format_: Format) -> list[str]:
    return [name for name in _NEEDED.get(format_, ()) if find_spec(name) is None]


def onnx_library(name: str) -> Any:
    """Import a library of ONNX, or a part of one, quietly.

    Raises:
        UserError: it is not installed.
    """
    try:
        library = import_module(name)
    except ImportError as error:
        raise UserError(f"{name} is not installed: {_INSTALL}") from error
    for noisy in ("onnxscript", "torch.onnx", "onnx_ir"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return library


def can_run_onnx() -> bool:
    """Whether models of ONNX can be run here."""
    return find_spec("onnxruntime") is not None

"""Which errors are messages to a person, and what they say; all others are defects with a traceback."""

import re
import traceback
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path

import kedro
import pluggy
from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline

from image_classification.errors import UserError
from image_classification.suggestions import did_you_mean, nearest_names

# a child process sends its exceptions as they are, but what caused them as text only
_USER_ERROR_AS_TEXT = re.compile(
    rf"^{UserError.__module__}\.{UserError.__qualname__}: (.*?)(?=\n\n|\n\"\"\"|\Z)", re.DOTALL | re.MULTILINE
)
_NO_PIPELINE = re.compile(r"^Failed to find the pipeline named '(.*?)'")
_NOT_IN_PIPELINE = re.compile(
    r"^Pipeline does not contain (nodes|datasets)(?: named)? (?:with .*: )?(\[.*?\])"
)
# where every run passes through before it gets to the work
_PLUMBING = (
    Path(kedro.__file__).parent,
    Path(pluggy.__file__).parent,
    Path(__file__).with_name("cli.py"),
)
_NOTHING_LEFT = "Pipeline contains no nodes after applying all provided filters"


def user_message(error: BaseException) -> str | None:
    """The message to a person that an error is, or that it was caused by; None for a defect."""
    for cause in _causes(error):
        if isinstance(cause, UserError):
            return str(cause)
        as_text = (
            _USER_ERROR_AS_TEXT.search(str(cause)) if type(cause).__name__ == "_RemoteTraceback" else None
        )
        if as_text:
            return as_text[1].strip()
    return None


def command_line_message(error: BaseException, names: list[str]) -> str | None:
    """What is wrong with the pipelines, nodes or datasets that the command line names; None if nothing is.

    Args:
        error: what Kedro raised when it put the pipelines together.
        names: the pipelines that were to be run.
    """
    if type(error) is not ValueError:
        return None
    # the session has asked for some pipelines only; suggestions come from all of them
    pipelines.set_requested(None)
    if found := _NO_PIPELINE.match(str(error)):
        there = sorted(pipelines.keys())
        return (
            f"There is no pipeline {found[1]!r}{did_you_mean(nearest_names(found[1], there))} "
            f"There are: {', '.join(there)}."
        )
    if found := _NOT_IN_PIPELINE.match(str(error)):
        selected = sum((pipelines[name] for name in names or ["__default__"]), Pipeline([]))
        there = sorted(node.name for node in selected.nodes) if found[1] == "nodes" else _datasets(selected)
        missing = [str(name) for name in literal_eval(found[2])]
        nearest = list(dict.fromkeys(near for name in missing for near in nearest_names(name, there)))
        return (
            f"The pipeline has no {found[1]} {', '.join(missing)}{did_you_mean(nearest)} "
            f"There are: {', '.join(there)}."
        )
    if str(error).startswith(_NOTHING_LEFT):
        return "No node is left to run: the options of this command leave none of the pipeline's nodes."
    return None


def short_traceback(error: BaseException) -> str:
    """The traceback without its first frames, the plumbing that is the same for every error.

    An error that was raised in the plumbing itself keeps its whole traceback.
    """
    frames = error.__traceback__
    while frames and _is_plumbing(Path(frames.tb_frame.f_code.co_filename)):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))


def _is_plumbing(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in _PLUMBING)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def _datasets(pipeline: Pipeline) -> list[str]:
    return sorted(name for name in pipeline.datasets() if not name.startswith("param"))

"""Our messages and warnings that matter reach the console, everything reaches the file."""

import logging
import warnings

import pytest

from image_classification.cli import logs
from image_classification.cli.logs import LARGEST_FILE, run_logging


@pytest.fixture(autouse=True)
def own_warnings():
    """Python's warnings as in a fresh process: neither pytest's nor those that Kedro captures already."""
    logging.captureWarnings(capture=False)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield
        logging.captureWarnings(capture=False)
    logging.captureWarnings(capture=True)


def test_the_console_gets_ours_and_the_warnings_of_others(tmp_path, capsys):
    with run_logging(tmp_path):
        logging.getLogger("image_classification.images.idx.download").info("Downloading [1/4] %s", "a.gz")
        logging.getLogger("image_classification").debug("too much")
        logging.getLogger("a_library").info("chatter")
        logging.getLogger("a_library").warning("the server is slow")
        logging.getLogger("kedro.pipeline.node").error("said again by the exception")
        logging.getLogger("kedro.runner").warning("No nodes ran. Repeat the previous command.")
        logging.getLogger("kedro.runner").warning("There are 2 nodes that have not run.\n--from-nodes x")
        logging.getLogger("kedro.io").warning("a dataset is replaced")
        logging.getLogger("kedro_viz").warning("Workflow tracking is disabled")
    assert capsys.readouterr().out.splitlines() == [
        "Downloading [1/4] a.gz",
        "Warning: the server is slow",
        "Warning: a dataset is replaced",
    ]
    assert "INFO a_library: chatter" in (tmp_path / ".logs" / "info.log").read_text()


def test_a_long_line_is_not_broken(tmp_path, capsys):
    with run_logging(tmp_path):
        logging.getLogger("image_classification").info("word " * 100)
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("category", "text", "shown"),
    [
        (UserWarning, "the driver is too old", True),
        (RuntimeWarning, "overflow: 3:4", True),
        (DeprecationWarning, "old", False),
        (FutureWarning, "soon", False),
        (UserWarning, "f() is deprecated", False),
    ],
)
def test_python_warnings_are_for_those_who_can_act_on_them(tmp_path, capsys, category, text, shown):
    with run_logging(tmp_path):
        warnings.warn_explicit(text, category, "/somewhere/module.py", 12)
    assert capsys.readouterr().out.splitlines() == ([f"Warning: {text}"] if shown else [])
    assert text in (tmp_path / ".logs" / "info.log").read_text()


def test_they_are_known_in_the_form_that_plotly_gives_them(tmp_path, capsys, monkeypatch):
    def spaced(message, category, file, line, text=None):
        return f"{file}:{line}: {category.__name__}:\n\n{message}\n"

    monkeypatch.setattr(warnings, "formatwarning", spaced)
    with run_logging(tmp_path):
        warnings.warn_explicit("f() is deprecated", UserWarning, "/somewhere/module.py", 12)
        warnings.warn_explicit("the driver is too old", UserWarning, "/somewhere/module.py", 12)
    assert capsys.readouterr().out.splitlines() == ["Warning: the driver is too old"]


def test_kedros_advice_on_names_is_for_the_file(tmp_path, capsys):
    with run_logging(tmp_path):
        warnings.warn_explicit("dots are not recommended", UserWarning, "/lib/kedro/pipeline/node.py", 12)
    assert capsys.readouterr().out == ""


def test_logging_is_as_before_afterwards(tmp_path):
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with run_logging(tmp_path):
        assert root.handlers != before[0]
    assert (root.handlers, root.level) == before


def test_a_large_file_is_put_aside_before_the_run(tmp_path):
    folder = tmp_path / logs.FOLDER
    folder.mkdir()
    (folder / "info.log").write_bytes(b"x" * (LARGEST_FILE + 1))
    with run_logging(tmp_path):
        logging.getLogger("image_classification").info("new")
    assert (folder / "info.1.log").stat().st_size == LARGEST_FILE + 1
    assert len((folder / "info.log").read_text().splitlines()) == 1

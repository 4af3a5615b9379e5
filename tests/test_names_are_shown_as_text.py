"""Names of files and classes are shown as they are, and nothing in them is obeyed."""

import io
import logging
import os

import pytest
from rich.table import Table

from image_classification.cli.logs import ConsoleHandler
from image_classification.console import PlainConsole
from image_classification.files.paths import shortened
from image_classification.words import did_you_mean, literal, printable, shorten, some

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # "I want", which has a joiner inside
SHOWN = {
    "cat": "cat",
    "日本猫 é": "日本猫 é",
    "a\u00a0b\u3000c": "a\u00a0b\u3000c",
    "a\x1b[31mb": "a\\x1b[31mb",
    "a\nb\rc\td": "a\\nb\\rc\\td",
    "a\x07\x9b\x7f": "a\\x07\\x9b\\x7f",
    "a\u202egnp.exe": "a\\u202egnp.exe",
    "a\u200bb\ufeff": "a\\u200bb\\ufeff",
    "a\u2028b": "a\\u2028b",
    os.fsdecode(b"caf\xe9"): "caf\\xe9",
    "\ud800": "\\ud800",
    # joined letters and emoji stay whole; a joiner between others is only there to deceive
    PERSIAN: PERSIAN,
    "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
    "a\u200db\u200d": "a\\u200db\\u200d",
}


@pytest.mark.parametrize("name", SHOWN, ids=ascii)
def test_what_would_be_obeyed_or_unseen_is_written_out(name):
    shown = printable(name)

    assert shown == SHOWN[name]
    assert printable(shown) == shown
    shown.encode()
    for text in (some([name]), shorten(name, 99), shortened(name), literal(name, 99), did_you_mean([name])):
        assert shown in text


def test_a_layout_can_be_kept():
    assert printable("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


@pytest.fixture
def console():
    console = PlainConsole()
    console.file = io.StringIO()
    return console


@pytest.mark.parametrize("name", ["[bold]", "[/]", ":smile:", "[link=x]y[/link]", "\\[a]"])
def test_the_console_knows_no_markup(console, name):
    table = Table(show_header=False, title=name)
    table.add_row("name", name)

    console.print(table)
    console.print(f"{name} is a class")

    assert console.file.getvalue().count(name) == 3


def test_messages_are_no_commands_to_the_terminal(monkeypatch, console):
    monkeypatch.setattr("image_classification.cli.logs.console", console)
    for level in (logging.INFO, logging.WARNING):
        record = logging.LogRecord("x", level, "", 1, "%s and %s", ("\x1b]0;x\x07", "\udce9"), None)
        ConsoleHandler().emit(record)

    assert console.file.getvalue().count("\\x1b]0;x\\x07 and \\xe9\n") == 2

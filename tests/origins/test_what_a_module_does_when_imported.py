"""What the top level of a module does, beside defining things, counts for whoever may be changed by it."""

import pytest

REGISTRY = "THINGS = []\ndef keep(thing): THINGS.append(thing)"
TABLES = """
import functools
import logging
from {package}.registry import THINGS, keep

logger = logging.getLogger(__name__)
TABLE = {"a": 1}
LIST = []

class C:
    v = 3

def register(function):
    logger.info("%s", function.__name__)
    LIST.append(function)
    return function

def registered_as(name):
    def decorate(function):
        TABLE[name] = function
        return function
    return decorate

def say(function):
    @functools.wraps(function)
    def wrapped(*arguments):
        logger.info("%s", arguments)
        return function(*arguments)
    return wrapped

def table(): return TABLE

def listed(): return LIST

def things(): return THINGS

def of_class(): return C.v

def logged(): logger.info("here")

def helper(): return 10

"""


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("TABLE['a'] = 2", "= 2", "= 5"),
        ("TABLE.update(a=2)", "=2", "=5"),
        ("TABLE['b'], x = 2, 3", "2, 3", "5, 3"),
        ("del TABLE['a']", "del", "TABLE is"),
        ("if True:\n    TABLE['a'] = 2", "= 2", "= 5"),
        ("if True:\n    pass\nelse:\n    TABLE['a'] = 2", "= 2", "= 5"),
        ("for key in 'ab':\n    TABLE[key] = 2", "= 2", "= 5"),
        ("try:\n    TABLE['a'] = 2\nexcept KeyError:\n    pass", "= 2", "= 5"),
        ("try:\n    pass\nexcept KeyError:\n    TABLE['a'] = 2", "= 2", "= 5"),
        ("match 1:\n    case 1:\n        TABLE['a'] = 2", "= 2", "= 5"),
        ("with open(__file__):\n    TABLE['a'] = 2", "= 2", "= 5"),
        ("TABLE['a'] += 2", "+= 2", "+= 5"),
        ("TABLE |= {'b': 2}", "'b': 2", "'b': 5"),
        ("def setup(): TABLE['a'] = 2\nsetup()", "= 2", "= 5"),
        ("TABLE['a'] = helper()", "return 10", "return 20"),
        ("@registered_as('b')\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("@registered_as('b')\ndef entry(): return 2", "'b'", "'c'"),
        ("@registered_as('b')\ndef entry(): return helper()", "return 10", "return 20"),
        ("@registered_as('b')\nclass Entry:\n    value = 2", "value = 2", "value = 5"),
        (
            "class Base:\n    def __init_subclass__(cls): TABLE[cls] = 1\nclass D(Base):\n    w = 2",
            "w = 2",
            "w = 5",
        ),
    ],
)
def test_whatever_changes_a_table_counts_for_whoever_reads_it(package, line, old, new):
    steps = package(steps=TABLES + line, registry=REGISTRY)("steps")
    assert package.changes(steps.table, "steps.py", old, new)


@pytest.mark.parametrize(
    ("reader", "line", "old", "new"),
    [
        ("listed", "LIST.append(2)", "(2)", "(5)"),
        ("listed", "LIST[:] = [2]", "[2]", "[5]"),
        ("listed", "@register\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("listed", "@register\ndef one(): return 1\n@register\ndef two(): return 2", "n 2", "n 5"),
        ("of_class", "C.v = 4", "= 4", "= 5"),
        ("of_class", "setattr(C, 'v', 4)", "'v', 4", "'v', 5"),
        ("things", "@keep\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
    ],
)
def test_so_does_what_is_kept_in_lists_and_classes_and_other_modules(package, reader, line, old, new):
    steps = package(steps=TABLES + line, registry=REGISTRY)("steps")
    assert package.changes(getattr(steps, reader), "steps.py", old, new)


@pytest.mark.parametrize(
    ("reader", "line", "old", "new"),
    [
        ("table", "@register\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("listed", "@registered_as('b')\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("logged", "@register\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("logged", "@say\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("table", "@functools.cache\ndef entry(): return 2", "entry(): return 2", "entry(): return 5"),
        ("table", "if __name__ == '__main__':\n    TABLE['a'] = 2", "= 2", "= 5"),
        ("table", "'''Words, 2 of them.'''", "2 of", "5 of"),
        ("table", "OTHER = {'a': 2}", "2}", "5}"),
        ("table", "class D(C):\n    w = 2", "w = 2", "w = 5"),
    ],
)
def test_what_changes_nothing_that_is_read_does_not_count(package, reader, line, old, new):
    steps = package(steps=TABLES + line, registry=REGISTRY)("steps")
    assert not package.changes(getattr(steps, reader), "steps.py", old, new)


def test_functions_that_are_decorated_alike_do_not_depend_on_each_other(package):
    line = "@say\ndef two(): return 2\n@say\ndef three(): return 3"
    steps = package(steps=TABLES + line, registry=REGISTRY)("steps")
    assert not package.changes(steps.two, "steps.py", "return 3", "return 4")
    assert package.changes(steps.two, "steps.py", '%s", arguments', '%s!", arguments')
    assert package.changes(steps.two, "steps.py", "@say\ndef two", "@register\n@say\ndef two")


def test_two_statements_in_one_line_and_names_of_a_star(package):
    steps = package(
        steps="from {package}.leaf import *\nA = 1; B = [\n  2]\ndef step(): return A, B, value",
        leaf="value = 1",
    )("steps")
    assert package.changes(steps.step, "steps.py", "2]", "3]")
    assert package.changes(steps.step, "leaf.py", "1", "2")

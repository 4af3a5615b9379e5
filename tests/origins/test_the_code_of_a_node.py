"""Which files the code of a node consists of, however its function was made."""

import operator
from functools import partial

import pytest

from image_classification.origins.code import code_of
from image_classification.pipelines.modelling.nodes import evaluate_network, train_network
from image_classification.pipelines.reporting.documents import write_report

CALLABLES = """
import functools

def helper(): return 1

def plain(): return helper()

def decorator(function):
    @functools.wraps(function)
    def wrapped(*arguments): return function(*arguments)
    return wrapped

@decorator
def decorated(): return helper()

anonymous = lambda: helper()

def make():
    def inner(): return helper()
    return inner

made = make()

class Thing:
    def method(self): return helper()
    def __call__(self): return helper()

def with_argument(number): return helper() + number
"""


@pytest.mark.parametrize(
    "take",
    [
        lambda steps: steps.plain,
        lambda steps: steps.decorated,
        lambda steps: steps.anonymous,
        lambda steps: steps.made,
        lambda steps: steps.Thing().method,
        lambda steps: steps.Thing(),
        lambda steps: partial(steps.with_argument, 1),
        lambda steps: partial(partial(steps.with_argument), number=1),
    ],
)
def test_a_helper_counts_whatever_kind_of_function_uses_it(package, take):
    function = take(package(steps=CALLABLES)("steps"))
    assert package.changes(function, "steps.py", "helper(): return 1", "helper(): return 2")


def test_bound_arguments_count(package):
    steps = package(steps=CALLABLES)("steps")
    assert code_of(partial(steps.with_argument, 1)) != code_of(partial(steps.with_argument, 2))
    assert code_of(partial(steps.with_argument, 1)) == code_of(partial(steps.with_argument, 1))


@pytest.mark.parametrize(
    "line",
    [
        "import {package}.deep.leaf",
        "import {package}.deep.leaf as leaf",
        "from {package}.deep import leaf",
        "from {package}.deep.leaf import value",
        "from {package}.deep.leaf import value as other",
        "from .deep import leaf",
        "from .deep.leaf import value",
        "from {package}.deep import (\n    leaf,\n)",
        "from {package} import between",
        "if True:\n    from {package} import between",
        "try:\n    from {package} import between\nexcept ImportError:\n    between = None",
    ],
)
def test_a_module_that_is_reached_by_any_import(package, line):
    name = line.rsplit(" as ", 1)[-1] if " as " in line else ""
    used = name or ("value" if "import value" in line else "between" if "between" in line else "leaf")
    used = "coded" if line.startswith("import") and not name else used
    body = f"{line}\n\ndef step():\n    return {used if used != 'coded' else '{package}'}\n"
    steps = package(
        steps=body, deep__in__leaf="value = 1", deep__in__init="", between="from .deep import leaf"
    )
    (package.folder / "deep" / "__init__.py").write_text("")
    assert package.changes(steps("steps").step, "deep/leaf.py", "1", "2")


def test_an_import_inside_of_the_function(package):
    steps = package(
        steps="def step():\n    from {package} import leaf\n    return leaf.value", leaf="value = 1"
    )
    assert package.changes(steps("steps").step, "leaf.py", "1", "2")


@pytest.mark.parametrize("call", ["importlib.import_module", "import_module"])
def test_a_module_that_is_imported_by_a_call(package, call):
    steps = package(
        steps=f"import importlib\nfrom importlib import import_module\n"
        f"def step():\n    return {call}('{{package}}.leaf')",
        leaf="value = 1",
    )
    assert package.changes(steps("steps").step, "leaf.py", "1", "2")


def test_the_package_of_a_module_counts_as_importing_it_runs_it(package):
    steps = package(steps="from {package}.deep import leaf\n\ndef step(): return leaf", deep__in__leaf="")
    (package.folder / "deep" / "__init__.py").write_text("registered = 1")
    assert package.changes(steps("steps").step, "deep/__init__.py", "1", "2")


def test_modules_that_import_each_other(package):
    steps = package(
        steps="from {package} import one\n\ndef step(): return one",
        one="from {package} import two",
        two="import {package}.one\nvalue = 1",
    )
    assert package.changes(steps("steps").step, "two.py", "1", "2")


def test_a_neighbour_in_the_same_file_does_not_count(package):
    steps = package(steps="def step(): return 1\n\ndef other(): return 3", other="")
    assert not package.changes(steps("steps").step, "steps.py", "3", "4")


def test_data_that_a_module_names_counts_with_it(package):
    steps = package(steps="def step(): return leaf\nfrom {package} import leaf", leaf="page = 'page.txt'")
    (package.folder / "templates").mkdir()
    (package.folder / "templates" / "page.txt").write_text("one")
    before = code_of(steps("steps").step)
    (package.folder / "templates" / "page.txt").write_text("two")
    (package.folder / "leaf.py").touch()
    assert code_of(steps("steps").step) != before


@pytest.mark.parametrize("function", [len, operator.add, "".join, partial(max, 1)])
def test_functions_of_libraries_are_told_by_versions_alone(function):
    assert code_of(function) == code_of(function)
    assert code_of(function).libraries["python"]


def test_the_nodes_of_the_project_depend_on_what_they_use_and_not_on_each_other():
    training, evaluation, report = map(code_of, (train_network, evaluate_network, write_report))
    loss = "image_classification.learning.losses.cross_entropy"
    assert loss in training.parts
    assert loss in evaluation.parts
    assert loss not in report.parts
    assert not any(part.startswith("image_classification.evaluation") for part in training.parts)
    assert not any(part.startswith("image_classification.tracking") for part in training.parts)
    assert "torch" in training.libraries
    assert "jinja2" in report.libraries
    assert "jinja2" not in training.libraries

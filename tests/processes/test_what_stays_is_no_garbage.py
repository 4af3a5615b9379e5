"""While a command imports what it needs, Python looks for no garbage; when its first node runs it does."""

import gc
import runpy
import sys
from types import ModuleType

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession

from image_classification.processes.garbage import START, Start, without_collection


@pytest.fixture(autouse=True)
def enabled():
    yield
    START.is_over()
    assert gc.isenabled()


def test_the_start_ends_once():
    start, frozen = Start(), gc.get_freeze_count()
    start.begins()
    assert not gc.isenabled()
    made = [[] for _ in range(1000)]

    start.is_over()
    assert gc.isenabled()
    after = gc.get_freeze_count()
    assert after >= frozen + len(made)

    made += [[] for _ in range(1000)]
    start.is_over()
    assert gc.get_freeze_count() <= after


def test_one_that_has_not_begun_does_not_end():
    frozen = gc.get_freeze_count()
    gc.disable()
    Start().is_over()
    assert not gc.isenabled()
    gc.enable()
    assert gc.get_freeze_count() <= frozen


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_block_leaves_it_as_it_was(is_enabled):
    if not is_enabled:
        gc.disable()
    with without_collection(), without_collection():
        assert not gc.isenabled()
    with pytest.raises(ValueError, match="so"), without_collection():
        raise ValueError("so")
    assert gc.isenabled() == is_enabled
    gc.enable()


def test_nodes_run_with_it(project, tiny_mnist):
    seen = []

    class Hook:
        @hook_impl
        def before_node_run(self):
            seen.append(gc.isenabled())

    with KedroSession.create(project) as session:
        session._hook_manager.register(Hook())
        START.begins()
        session.run(pipeline_names=["mnist"])
    assert seen == [True] * len(seen) != []


@pytest.mark.slow
def test_a_command_begins_with_it(project, run_new_process):
    (project / "shown.py").write_text(
        "import atexit, gc, sys, runpy\n"
        "from image_classification.processes import garbage\n"
        "ends = garbage.Start.is_over\n"
        "def shown(start): print('before', gc.isenabled()); ends(start); print('after', gc.isenabled())\n"
        "garbage.Start.is_over = shown\n"
        "sys.argv[0] = 'kedro'\n"
        "runpy.run_module('kedro', run_name='__main__')\n"
    )

    done = run_new_process(project, "shown", "run", "--pipeline", "comparison", PYTHONPATH=str(project))
    assert "before False\nafter True\n" in done.stdout, done.stderr


def test_the_pipelines_are_imported_without_it(monkeypatch):
    seen = []

    class Sources(ModuleType):
        def __getattr__(self, name):
            seen.append((name, gc.isenabled()))
            return {}

    monkeypatch.setitem(sys.modules, "image_classification.images.sources", Sources("sources"))
    runpy.run_module("image_classification.pipeline_registry")
    assert ("SOURCES", False) in seen
    assert gc.isenabled()

"""Runs that write the same files wait for each other; others go on side by side."""

import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock, Timeout
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.project import pipelines

from image_classification.config_loader.data_folder import make_data_folder, remove_if_unused
from image_classification.errors import UserError
from image_classification.hooks.one_writer import OneWriterHook, stages


class Session:
    """The hooks of one run in a data folder."""

    def __init__(self, folder, *others):
        self.manager = _create_hook_manager()
        for hook in (*others, own := OneWriterHook()):
            self.manager.register(hook)
        loader = {"parameters": {"data_folder": "data"}}
        own.after_context_created(SimpleNamespace(config_loader=loader, project_path=folder))

    def begin(self, name="training"):
        self.manager.hook.before_pipeline_run(run_params={}, pipeline=pipelines[name], catalog=None)

    def end(self):
        self.manager.hook.after_pipeline_run(run_params={}, run_result={}, pipeline=None, catalog=None)

    def fail(self):
        self.manager.hook.on_pipeline_error(error=ValueError(), run_params={}, pipeline=None, catalog=None)


@pytest.fixture
def folder(project):
    shutil.rmtree(project / "data")
    return project


def is_free(folder, stage):
    try:
        with FileLock(folder / "data" / ".locks" / f"{stage}.lock", blocking=False):
            return True
    except Timeout:
        return False


def test_a_second_run_waits_for_the_end_of_the_first_and_says_for_whom(folder, heard):
    first = Session(folder)
    first.begin()
    second = threading.Thread(target=lambda: Session(folder).begin())
    second.start()
    told = heard()
    assert told.startswith("Waiting for `")
    assert f"(process {os.getpid()}, since " in told
    assert "which is at work on mnist in data. To run beside it: --params data_folder=" in told
    assert second.is_alive()
    first.end()
    second.join(60)
    assert not second.is_alive()
    assert heard() == "Going on."


@pytest.mark.parametrize("other", ["image_folder", "comparison", "inference"])
def test_runs_that_write_other_files_do_not_wait(folder, other):
    Session(folder).begin("training")
    beside = Session(folder)
    beside.begin(other)
    assert not is_free(folder, other)
    beside.end()
    assert is_free(folder, other)


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        ("training", {"mnist", "modelling", "reporting"}),
        ("folder_training", {"image_folder", "modelling", "reporting"}),
        ("modelling", {"mnist", "modelling"}),  # which reads several files of the images
        ("reporting", {"mnist", "modelling", "reporting"}),
        ("inference", {"inference"}),  # which reads one file, and that is replaced whole
        ("comparison", {"comparison"}),
        ("mnist", {"mnist"}),
    ],
)
def test_what_a_run_holds(folder, pipeline, expected):
    assert stages(pipelines[pipeline]) == expected


@pytest.mark.parametrize("end", [Session.end, Session.fail])
def test_the_end_of_a_run_frees_all(folder, end):
    session = Session(folder)
    session.begin()
    assert not is_free(folder, "modelling")
    end(session)
    assert all(is_free(folder, stage) for stage in ("mnist", "modelling", "reporting"))
    assert not list((folder / "data/.locks").glob("*.json"))


def test_a_run_that_another_hook_refuses_frees_all_and_leaves_nothing_behind(folder):
    class Refusing:
        @hook_impl
        def before_pipeline_run(self):
            raise UserError("no")

    with pytest.raises(UserError, match="no"):
        Session(folder, Refusing()).begin()
    assert not (folder / "data").exists()


class RefusedWhile:
    """The hook that refuses a run, after another run has done something."""

    def __init__(self, other):
        self.other = other

    @hook_impl
    def before_pipeline_run(self):
        self.other()
        raise UserError("no")


def test_a_run_that_is_refused_leaves_another_one_its_lock_and_folder(folder):
    other = Session(folder)
    with pytest.raises(UserError, match="no"):
        Session(folder, RefusedWhile(lambda: other.begin("inference"))).begin()
    assert not is_free(folder, "inference")
    assert list((folder / "data/.locks").glob("*.json"))
    assert (folder / "data/.gitignore").exists()


def test_a_folder_that_a_refused_run_has_left_is_gone_already(folder):
    with pytest.raises(UserError, match="no"):
        Session(folder, RefusedWhile(lambda: shutil.rmtree(folder / "data"))).begin()


def test_a_run_that_begins_while_a_refused_one_removes_the_folder_makes_it_again(folder, vanishing):
    removed = vanishing(folder / "data" / ".locks", 2)
    Session(folder).begin()
    assert len(removed) == 2
    assert not is_free(folder, "modelling")
    assert (folder / "data/.gitignore").exists()


def test_a_run_that_begins_in_the_last_moment_keeps_the_folder_as_git_leaves_it_alone(folder, monkeypatch):
    make_data_folder(folder / "data")
    rmdir = Path.rmdir

    def meanwhile(self):
        if self == folder / "data":
            Session(folder).begin()
        rmdir(self)

    monkeypatch.setattr(Path, "rmdir", meanwhile)
    remove_if_unused(folder / "data")
    assert not is_free(folder, "modelling")
    assert (folder / "data/.gitignore").exists()


def test_what_ctrl_c_left_in_a_process_that_lives_on_is_freed_by_its_next_run(folder):
    session = Session(folder)
    session.begin()
    session.begin()
    session.end()
    assert is_free(folder, "modelling")


def test_a_folder_that_cannot_be_written_to_is_one_clear_line(folder):
    (folder / "data").write_text("a file")
    with pytest.raises(UserError) as refused:
        Session(folder).begin()
    assert str(refused.value).splitlines()[0].startswith("The data folder data cannot be written to: ")
    assert "--params data_folder=<folder>" in str(refused.value)

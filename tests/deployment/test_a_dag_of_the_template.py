"""The project's template makes DAGs whose tasks are commands, one for each group of nodes."""

import shlex
import sys
from pathlib import Path

import pytest
from tests.deployment.airflow_stub import load
from tests.deployment.conftest import create_dag

from image_classification.deployment.groups import group_nodes
from image_classification.pipeline_registry import register_pipelines

TEMPLATE = ("--jinja-file", str(Path(__file__).parents[2] / "conf" / "airflow_dag.py.j2"))


def option(operator, name):
    words = shlex.split(operator.given["bash_command"])
    return words[words.index(name) + 1] if name in words else None


@pytest.mark.parametrize("name", ["training", "folder_label_review", "comparison"])
@pytest.mark.parametrize("by", ["namespace", "memory"])
def test_each_group_is_a_command(name, by, project, in_files, monkeypatch):
    pipeline = register_pipelines()[name]
    groups = group_nodes(pipeline, in_files(pipeline.datasets()), by)

    dag, operators = load(create_dag(project, "--pipelines", name, "--group-by", by, *TEMPLATE), monkeypatch)

    assert {each.given["task_id"]: option(each, "--nodes") for each in operators} == {
        group.name: ",".join(group.nodes) for group in groups
    }
    assert {
        each.given["task_id"]: {before.given["task_id"] for before in each.after} for each in operators
    } == {group.name: set(group.after) for group in groups}
    assert {option(each, "--pipeline") for each in operators} == {name}
    assert dag.given["max_active_runs"] == 1


def test_each_pipeline_and_environment_is_a_dag_of_its_own(project, monkeypatch):
    found = set()
    for arguments in (("-p", "training"), ("-p", "inference"), ("-p", "training", "-e", "fast"), ()):
        path = create_dag(project, *arguments, *TEMPLATE)
        found.add(load(path, monkeypatch)[0].given["dag_id"])
        path.unlink()

    assert len(found) == 4


def test_where_it_runs_is_configured(project, monkeypatch):
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/airflow.yml").write_text(
        "default:\n  folder: /srv/it's here\n  run_params: a.b=1\n  schedule: '@daily'\n  retries: 2\n"
        "comparison:\n  schedule: null\n"
    )

    dag, (operator, *_) = load(
        create_dag(project, "-p", "training", "--conf-source", "my conf.tar.gz", *TEMPLATE), monkeypatch
    )

    assert operator.given["cwd"] == "/srv/it's here"
    assert shlex.split(operator.given["bash_command"])[:3] == ["exec", ".venv/bin/python", "-m"]
    assert option(operator, "--conf-source") == "my conf.tar.gz"
    assert dag.params == {"run_params": "a.b=1"}
    assert (dag.given["schedule"], dag.given["default_args"]) == ("@daily", {"retries": 2})


def test_one_pipeline_has_settings_of_its_own(project, monkeypatch):
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/airflow.yml").write_text(
        "default: {retries: 2}\ncomparison: {schedule: '@daily'}\n"
    )
    found = {}
    for name in ("training", "comparison"):
        path = create_dag(project, "-p", name, *TEMPLATE)
        given = load(path, monkeypatch)[0].given
        found[name] = (given["schedule"], given["default_args"]["retries"])
        path.unlink()

    assert found == {"training": (None, 2), "comparison": ("@daily", 2)}


def test_parameters_are_no_commands(project, monkeypatch, tmp_path):
    given = f'"; touch {tmp_path}/harm; $(touch {tmp_path}/harm) `touch {tmp_path}/harm` "'
    path = create_dag(project, "-p", "mnist", "-g", "namespace", "--params", "python=echo", *TEMPLATE)
    _, (operator,) = load(path, monkeypatch)

    done = operator.run({"run_params": given})

    assert done.stdout.rstrip("\n").endswith(f"--params {given}")
    assert not (tmp_path / "harm").exists()


def test_a_copy_without_settings_runs_in_the_folder_above_it(project, monkeypatch):
    path = create_dag(project, *TEMPLATE, "--params", f"python={sys.executable}")

    _, (operator, *_) = load(path, monkeypatch)

    assert operator.given["cwd"] == str(project)

"""The tasks of a DAG file are found in its text, as `kedro airflow create` makes it; nothing is executed."""

from pathlib import Path

import pytest
from tests.deployment.conftest import create_dag, wired

from image_classification.deployment.dag_file import read_dag_file
from image_classification.errors import UserError
from image_classification.pipeline_registry import register_pipelines

TEMPLATE = Path(__file__).parents[2] / "conf" / "airflow_dag.py.j2"
OURS = ("--jinja-file", str(TEMPLATE))
BY_STAGE = ("--group-by", "namespace")


@pytest.mark.parametrize("template", [OURS, ()], ids=["ours", "of kedro-airflow"])
@pytest.mark.parametrize(
    ("name", "group_by", "by"), [("folder_training", BY_STAGE, "namespace"), ("inference", (), None)]
)
def test_of_both_templates(name, group_by, by, template, project):
    arguments = ("--pipelines", name, "--env", "fast", "--conf-source", "conf", *group_by, *template)
    path = create_dag(project, *arguments)
    pipeline = register_pipelines()[name]

    read = read_dag_file(path)

    assert (read.pipeline, read.env, read.conf_source) == (name, "fast", "conf")
    expected = {frozenset(each.nodes): set(each.dependencies) for each in pipeline.group_nodes_by(by)}
    groups = read.groups(pipeline)
    assert {frozenset(group.nodes) for group in groups} == expected.keys()
    for group in groups:
        waits = {each.replace(".", "-").replace("_", "-") for each in expected[frozenset(group.nodes)]}
        assert {each.replace(".", "-").replace("_", "-") for each in group.after} == waits


def test_namespaces_are_those_of_the_pipeline(tmp_path):
    path = tmp_path / "dag.py"
    path.write_text(
        'pipeline_name = "some"\n'
        "def build():\n"
        '    def first():\n        run(namespaces=["data"])\n'
        '    def second():\n        run(node_names=["last"])\n'
        '    tasks = {"first": first(), "second": second()}\n'
        '    tasks["first"] >> tasks["second"]\n'
    )
    pipeline = wired(
        data__one=("params:x", "a"), data__two=("a", "b"), datasets__three=("b", "c"), last=("c", "d")
    )

    first, second = read_dag_file(path).groups(pipeline)

    assert (first.name, first.nodes, first.after) == ("first", ("data.one", "data.two"), ())
    assert (second.name, second.nodes, second.after) == ("second", ("last",), ("first",))


def test_nothing_is_executed(tmp_path):
    path = tmp_path / "dag.py"
    tasks = "{'a': {'nodes': ['b'], 'after': []}}"
    path.write_text(f"open({str(tmp_path / 'written')!r}, 'w')\npipeline_name = 'x'\ntasks = {tasks}\n")

    assert [task.name for task in read_dag_file(path).tasks] == ["a"]
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "this is no Python",
        "pipeline_name = 'training'",
        "tasks = {'a': {'nodes': ['b'], 'after': []}}",
        "pipeline_name = 'x'\ntasks = ['a']",
        "pipeline_name = 'x'\ntasks = {'a': 'b'}",
        "pipeline_name = 1\ntasks = {'a': {'nodes': ['b'], 'after': []}}",
        "x = " + "(" * 5000,
        "\0",
    ],
)
def test_other_files_are_refused_in_a_line(text, tmp_path):
    path = tmp_path / "dag.py"
    path.write_text(text)

    with pytest.raises(UserError, match=r"dag.py (has no tasks of a Kedro pipeline|is no Python file)"):
        read_dag_file(path)


def test_a_file_in_another_encoding(tmp_path):
    path = tmp_path / "dag.py"
    path.write_bytes(b"pipeline_name = '\xe9'\n")

    with pytest.raises(UserError, match="is no Python file"):
        read_dag_file(path)

"""`check-deployment` says which tasks there would be, or what would go wrong, and its code says which."""

import json
import tarfile

import pytest
from click.testing import CliRunner

from image_classification.cli import check_deployment
from image_classification.pipeline_registry import register_pipelines


@pytest.mark.parametrize(("by", "code"), [("node", 1), ("namespace", 1), ("memory", 0)])
def test_what_is_kept_in_memory_only(by, code, small_project, check):
    done = check(small_project, "--pipeline", "training", "--group-by", by)

    assert done.exit_code == code, done.output
    is_told = "WRONG: doubled is not in the catalog: made by measure (task measure)" in done.stdout
    assert is_told is bool(code)
    assert ("training: 2 tasks, 1 dataset between them, none in memory." in done.stdout) is not bool(code)


def test_a_file_for_it_is_the_remedy(small_project, check):
    with (small_project / "conf/base/catalog.yml").open("a") as catalog:
        catalog.write("doubled: {type: kedro_datasets.json.JSONDataset, filepath: data/doubled.json}\n")

    done = check(small_project, "--group-by", "node")

    assert done.exit_code == 0, done.output
    assert "training: 3 tasks, 2 datasets between them, none in memory." in done.stdout


def test_an_environment_and_a_configuration_elsewhere(small_project, check, tmp_path):
    entry = "doubled: {type: kedro_datasets.json.JSONDataset, filepath: data/doubled.json}\n"
    (small_project / "conf/recipe/catalog.yml").write_text(entry)
    archive = tmp_path / "conf.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(small_project / "conf", "conf")

    for where in (("--env", "recipe"), ("--env", "recipe", "--conf-source", str(archive))):
        done = check(small_project, "-g", "node", *where)
        assert done.exit_code == 0, done.output


@pytest.mark.parametrize("by", ["node", "namespace", "memory"])
def test_every_pipeline_of_the_project_can_run_in_tasks(by, project, check):
    done = check(project, "--all", "--group-by", by)

    assert done.exit_code == 0, done.output
    assert done.stdout.count("none in memory") > 10
    assert "WRONG" not in done.stdout


def test_several_machines_need_a_folder_that_all_have(project, check):
    command = (project, "--several-machines", "--group-by", "node")

    alone = check(*command)
    together = check(*command, "--params", "data_folder=/shared/data")
    (project / "conf/local").mkdir()
    (project / "conf/local/mlflow.yml").write_text("tracking_uri: http://mlflow.example:5000")
    recorded = check(*command, "--params", "data_folder=/shared/data")

    assert alone.exit_code == together.exit_code == 1
    assert "which other machines and containers do not have" in alone.output
    assert "2 things would go wrong" in alone.output
    assert "The runs are recorded in" in together.output
    assert "1 thing would go wrong" in together.output
    assert recorded.exit_code == 0, recorded.output


def test_only_what_is_recorded_needs_a_server(project, check):
    done = check(project, "-p", "mnist", "--several-machines", "--params", "data_folder=/shared/data")

    assert done.exit_code == 0, done.output


def test_a_dag_has_parameters_of_its_own(project, check):
    tasks = {"all": {"nodes": [node.name for node in register_pipelines()["mnist"].nodes], "after": []}}
    text = f"pipeline_name = 'mnist'\nrun_params = 'data_folder=/shared/data'\ntasks = {tasks}\n"
    (project / "dag.py").write_text(text)
    (project / "wrong.py").write_text(text.replace("data_folder=", "data_folder_="))

    right, wrong = check(project, "dag.py", "--several-machines"), check(project, "wrong.py")

    assert right.exit_code == 0, right.output
    assert wrong.exit_code == 1
    assert "data_folder_" in wrong.output


def test_a_dag_that_is_older_than_its_pipeline(small_project, check):
    tasks = {"all": {"nodes": ["make_numbers", "measure", "forgotten"], "after": []}}
    (small_project / "dag.py").write_text(f'pipeline_name = "training"\ntasks = {json.dumps(tasks)}\n')

    done = check(small_project, "dag.py")

    assert done.exit_code == 1
    assert "No task runs conclude" in done.stdout
    assert "The pipeline has no forgotten" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pipeline", "trainign"), "There is no pipeline 'trainign'; did you mean training"),
        (("conf/base/catalog.yml",), "catalog.yml"),
        (("conf/base/catalog.yml", "--all"), "give one of them"),
        (("conf/base/catalog.yml", "--group-by", "node"), "leave --group-by out"),
    ],
)
def test_mistakes_are_one_message(arguments, said, small_project, check):
    done = check(small_project, *arguments)

    assert done.exit_code in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.slow
@pytest.mark.parametrize("program", ["kedro", "image_classification"])
def test_it_is_a_command_of_its_own(program, project_folder, run_command):
    done = run_command(project_folder, program, "check-deployment")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "training: 3 tasks, 11 datasets between them, none in memory." in done.stdout


def test_outside_of_a_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(check_deployment, [])

    assert done.exit_code == 2
    assert "--conf-source" in done.stderr

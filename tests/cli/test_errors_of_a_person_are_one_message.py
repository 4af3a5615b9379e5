"""What a person can put right is said in a line, without a traceback on the screen, before work is done."""

import pytest


def test_a_user_error_of_a_node_is_its_message_and_the_place_of_the_traceback(kedro_run, small_project):
    finished = kedro_run("--params", "modelling.training.batch_size=1")
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        "Error: The numbers are too small: found 1, expected 2.",
        "Give larger ones.",
        "(What was made before is kept: --only-missing-outputs makes the rest.)",
        "(The whole traceback: .logs/error.log)",
    ]
    assert "nodes" not in finished.stdout  # Kedro says how to go on before anybody knows what was wrong
    record = (small_project / ".logs" / "error.log").read_text()
    assert "modelling.training.batch_size=1" in record.splitlines()[0]
    assert "in measure" in record


def test_a_user_error_of_a_child_process_is_no_different(kedro_run):
    finished = kedro_run("-r", "ParallelRunner", "--params", "modelling.training.batch_size=1")
    assert finished.returncode == 1
    assert finished.stderr.startswith(
        "Error: The numbers are too small: found 1, expected 2.\nGive larger ones.\n("
    )


@pytest.mark.slow
def test_where_nothing_was_made_before_nothing_is_kept(kedro_run):
    kedro_run("--pipeline", "mnist")
    finished = kedro_run("--pipeline", "modelling", "--params", "modelling.training.batch_size=1")
    assert "(What was made" not in finished.stderr


def test_where_it_was_only_noted_what_is_where_nothing_is_kept(kedro_run):
    finished = kedro_run("--pipeline", "looking", "--params", "modelling.training.batch_size=1")
    assert finished.stderr.startswith("Error: The numbers are too small")
    assert "(What was made" not in finished.stderr


def test_a_defect_shows_where_it_is_without_the_plumbing(kedro_run, small_project):
    finished = kedro_run("--params", "modelling.training.batch_size=2")
    assert finished.returncode == 1
    assert "in measure" in finished.stderr
    assert "ZeroDivisionError: a defect of ours" in finished.stderr
    assert "site-packages/kedro" not in finished.stderr
    assert "site-packages/kedro" in (small_project / ".logs" / "error.log").read_text()


def test_ctrl_c_is_no_error(kedro_run):
    finished = kedro_run("--params", "modelling.training.batch_size=3")
    assert finished.returncode == 130
    assert finished.stderr.split() == ["Interrupted."]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--pipeline", "trainnig"],
            2,
            "There is no pipeline 'trainnig'; did you mean training? There are: __default__,",
        ),
        pytest.param(
            ["--from-nodes", "measre"],
            2,
            "The pipeline has no nodes measre; did you mean measure? There are: conclude,",
            marks=pytest.mark.slow,
        ),
        (
            ["--to-outputs", "metric"],
            2,
            "The pipeline has no datasets metric; did you mean metrics? There are: ",
        ),
        pytest.param(
            ["--runner", "ThreadRuner"],
            2,
            "There is no runner 'ThreadRuner'; did you mean ThreadRunner?",
            marks=pytest.mark.slow,
        ),
        (
            ["--env", "recipes"],
            1,
            "There is no configuration environment 'recipes' (named by --env or KEDRO_ENV); did",
        ),
        (
            ["--params", "modelling.epochs=3"],
            1,
            "There is no parameter modelling.epochs (from --params); did you mean",
        ),
        (["--params", "modelling.seed"], 2, "--params modelling.seed: expected key=value"),
        (
            ["--pipeline", "modelling"],
            1,
            "The run needs numbers, and its file data/numbers.json does not exist.",
        ),
        (["--from-nodes", "conclude"], 1, "The run needs doubled, and it is kept in memory only."),
    ],
)
def test_what_was_asked_for_cannot_be_done(kedro_run, small_project, arguments, code, message):
    finished = kedro_run(*arguments)
    assert finished.returncode == code
    assert finished.stderr.startswith(f"Error: {message}")
    assert "Traceback" not in finished.stderr + finished.stdout
    assert "Made" not in finished.stdout
    assert not (small_project / "data").exists()

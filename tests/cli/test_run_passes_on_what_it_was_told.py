"""`kedro run` does what its options say."""


def test_params_may_hold_lists_and_reach_the_nodes(kedro_run, metrics):
    params = "modelling.network.feed_forward.widths=[64,32],modelling.training.epochs=2"
    finished = kedro_run("--pipeline", "training", "--params", params)
    assert finished.returncode == 0, finished.stderr
    assert metrics()["widths"] == [64, 32]
    assert metrics()["epochs"] == 2


def test_a_recipe_is_an_environment(kedro_run, metrics):
    assert kedro_run("--env", "recipe").returncode == 0
    assert metrics()["epochs"] == 7


def test_it_runs_from_a_folder_inside_the_project(kedro_run, small_project, metrics):
    finished = kedro_run("-r", "ThreadRunner", folder=small_project / "conf")
    assert finished.returncode == 0, finished.stderr
    assert metrics()["epochs"] == 5


def test_python_dash_m_is_the_same_command(run_command, small_project, metrics):
    params = ("--params", "modelling.training.epochs=3")
    finished = run_command(small_project, "image_classification", "--pipeline", "training", *params)
    assert finished.returncode == 0, finished.stderr
    assert metrics()["epochs"] == 3


def test_outside_of_a_project_it_says_so(run_command, tmp_path):
    finished = run_command(tmp_path, "image_classification")
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"Error: {tmp_path} is not inside the project")

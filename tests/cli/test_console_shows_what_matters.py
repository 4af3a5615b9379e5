"""A run prints our own lines, warnings that somebody can act on, results, and where to look next."""


def test_a_normal_run_prints_only_what_a_person_can_use(run_new_process, small_project):
    finished = run_new_process(small_project, "kedro", "run", "--pipeline", "training")
    lines = finished.stdout.splitlines()
    assert lines[:2] == ["Made [some] numbers", "Warning: the driver is too old"]
    assert "test accuracy" in lines[3]
    assert "50.00% of 10 images" in lines[3]
    assert lines[-1] == "Look at the graph and its data:  kedro viz run"
    assert len(lines) == 7
    assert finished.stderr == ""


def test_everything_else_is_in_the_log_file(kedro_run, small_project):
    kedro_run(folder=small_project / "conf")
    log = (small_project / ".logs" / "info.log").read_text()
    for text in (
        "INFO kedro.io.data_catalog: Loading data from",
        "chatter of a library",
        "use another function",
    ):
        assert text in log


def test_a_log_that_cannot_be_written_is_no_reason_not_to_run(kedro_run, small_project):
    (small_project / ".logs").write_text("a file where the folder belongs")
    finished = kedro_run()
    assert finished.returncode == 0
    assert "There will be no log file" in finished.stdout

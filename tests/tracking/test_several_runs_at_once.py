"""Several trainings that record in one fresh database at the same moment have a whole record each."""

import os
import shutil

import pytest

PROGRAM = """
import os, sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

children = []
for path in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        os.chdir(path)
        bootstrap_project(path)
        with KedroSession.create(path) as session:
            session.run()
        sys.exit(0)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
print(codes)
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_on_first_use(tracked_project, loaded_process, tmp_path, count):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tracked_project.path / "mlflow.db").unlink()
    others = [tmp_path / f"project {number}" for number in range(1, count)]
    for other in others:
        shutil.copytree(tracked_project.path, other)
    variables = os.environ | {"MLFLOW_TRACKING_URI": tracked_project.tracking_uri}
    finished = loaded_process.run(
        tmp_path, ["program", str(tracked_project.path), *map(str, others)], variables
    )

    assert finished.stdout.splitlines()[-1] == str([0] * count), finished.stderr
    runs = tracked_project.runs()
    assert [run.info.status for run in runs] == ["FINISHED"] * count
    for run in runs:
        assert [
            point.step for point in tracked_project.client.get_metric_history(run.info.run_id, "train/loss")
        ] == [1, 2, 3]
        assert run.data.metrics["test/accuracy"] == 0.75
        assert run.data.params["network.name"] == "feed_forward"
        assert run.outputs.model_outputs
        files = [file.path for file in tracked_project.client.list_artifacts(run.info.run_id, "reporting")]
        assert "reporting/report.json" in files
    assert not list(tmp_path.glob("*/mlpending"))

"""A normal run, the very first one included, shows nothing of MLflow."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

bootstrap_project(sys.argv[1])
with KedroSession.create(sys.argv[1]) as session:
    session.run()
"""
CHATTER = ("mlflow", "alembic", "sqlalchemy", "torch", "🏃", "🧪", "deprecat", "warning")


@pytest.mark.slow
def test_in_a_process_of_its_own(tracked_project):
    (tracked_project.path / "mlflow.db").unlink()
    (tracked_project.path / "conf" / "logging.yml").write_text(
        "{version: 1, disable_existing_loggers: false, root: {level: WARNING}}"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore:register_new_resolver", "-c", PROGRAM, tracked_project.path],
        env=environment(tracked_project),
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines() == [f"epoch {epoch} is over" for epoch in (1, 2, 3)]
    assert [line for line in done.stderr.lower().splitlines() if any(word in line for word in CHATTER)] == []
    assert len(tracked_project.runs()) == 1


def environment(project):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return kept | {"KEDRO_LOGGING_CONFIG": str(project.path / "conf" / "logging.yml")}

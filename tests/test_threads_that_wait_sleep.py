"""Threads that wait leave the core to others; a training beside another program would take minutes."""

import pytest


@pytest.mark.parametrize(
    ("variables", "policy"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")]
)
def test_unless_a_person_has_said_otherwise(project, run_new_process, variables, policy, monkeypatch):
    monkeypatch.delenv(
        "OMP_WAIT_POLICY", raising=False
    )  # set by this process, which has imported the package
    # OpenMP says how it is set as soon as it is loaded
    done = run_new_process(project, "kedro", "run", "--tags", "none", OMP_DISPLAY_ENV="TRUE", **variables)
    if "OPENMP DISPLAY ENVIRONMENT BEGIN" not in done.stderr:
        pytest.skip("torch computes without OpenMP, or with one that says nothing")
    assert f"OMP_WAIT_POLICY = '{policy}'" in done.stderr

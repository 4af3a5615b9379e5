"""What this process may still take is the least of what is left in every control group that it is in."""

import pytest

from image_classification.images.reading.memory import MemoryBudget, TooLargeError
from image_classification.memory import available_memory

V2 = ("memory.max", "memory.current", "")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_")
KINDS = {"version 2": (V2, "0::{}", ""), "version 1": (V1, "7:cpu,memory:{}", "memory")}


@pytest.fixture(params=KINDS)
def groups(tmp_path, request):
    """`groups(own, {path: (limit, used, active, inactive)})`: what is available to a process in one."""
    (limit_name, used_name, prefix), line, folder = KINDS[request.param]

    def write(own, limits):
        mounted, said = tmp_path / "mounted", tmp_path / "cgroup"
        others = "12:pids:/elsewhere\n3:name=systemd:/\n"
        said.write_text(f"{others}{line.format(own)}\n")
        for path, (limit, used, active, inactive) in limits.items():
            group = mounted / folder / path
            group.mkdir(parents=True, exist_ok=True)
            (group / limit_name).write_text(f"{limit}\n")
            (group / used_name).write_text(f"{used}\n")
            statistics = f"anon 5\n{prefix}active_file {active}\n{prefix}inactive_file {inactive}\n"
            (group / "memory.stat").write_text(statistics)
        return available_memory(mounted, said)

    return write


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        # of a container with a namespace of its own
        ("/", {"": (1_000_000, 900_000, 0, 0)}, 100_000),
        ("/", {"": (1_000_000, 900_000, 4, 30)}, 100_034),
        # of a job: its own, one around it, and the least of several
        ("/slurm/job_7/step_0", {"slurm/job_7/step_0": (5000, 4000, 0, 0)}, 1000),
        (
            "/slurm/job_7/step_0",
            {"slurm/job_7": (5000, 4000, 1, 2), "slurm/job_7/step_0": (9000, 0, 0, 0)},
            1003,
        ),
        ("/slurm/job_7/step_0", {"slurm": (6000, 5900, 0, 0), "slurm/job_7/step_0": (5000, 4000, 0, 0)}, 100),
        ("/a b:c/d", {"a b:c/d": (70, 7, 0, 0)}, 63),
        # those of others do not count
        ("/slurm/job_7", {"slurm/job_8": (10, 10, 0, 0), "slurm/job_7": (5000, 4000, 0, 0)}, 1000),
        # more is used than there may be
        ("/job", {"job": (5000, 6000, 0, 0)}, 0),
        # a namespace that does not show where this process is
        ("/../../outside", {"": (5000, 4000, 0, 0)}, 1000),
        # what is mounted is the group itself, and said is its path outside
        ("/docker/0a1b", {"": (5000, 4000, 0, 0)}, 1000),
    ],
)
def test_the_least_of_all_counts(groups, own, limits, expected):
    assert groups(own, limits) == expected


@pytest.mark.parametrize("limit", ["max", 9223372036854771712, ""])
def test_without_a_limit_it_is_that_of_the_machine(groups, limit):
    assert groups("/job", {"job": (limit, 900_000, 0, 0), "": (limit, 900_000, 0, 0)}) > 10**8


@pytest.mark.parametrize("said", [None, "", "0::/job\n", "something else\n"])
def test_where_nothing_is_told_it_is_that_of_the_machine(tmp_path, said):
    own = tmp_path / "cgroup"
    if said is not None:
        own.write_text(said)
    assert available_memory(tmp_path / "nothing", own) > 10**8


def test_pictures_are_decoded_within_the_same(monkeypatch):
    monkeypatch.setattr("image_classification.images.reading.memory.available_memory", lambda: 1000)
    budget = MemoryBudget(10)
    with budget.held(1000, (1, 1)):
        pass
    with pytest.raises(TooLargeError), budget.held(1001, (1, 1)):
        pass

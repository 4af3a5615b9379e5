"""A training that goes on in another number of processes says so: the last bits of its weights may differ."""

import pytest

from image_classification.learning.checkpoints.folder import checkpoint_files
from image_classification.learning.checkpoints.storage import read_checkpoint, write_checkpoint


def rewrite(kept, processes):
    """Have the last checkpoint say that so many processes have computed it."""
    path = checkpoint_files(kept.path)[0]
    about, state = read_checkpoint(path)
    write_checkpoint(path, about | {"processes": processes}, state)


@pytest.mark.parametrize(
    ("before", "distributed", "said"),
    [
        (1, {}, ""),
        (2, {"processes_per_node": 2}, ""),
        (4, {"nodes": 2, "processes_per_node": 2}, ""),
        (3, {"nodes": "3:3"}, ""),
        (2, {}, "2 processes computed it before"),
        (1, {"processes_per_node": 2}, "1 process computed it before"),
        (2, {"nodes": "1:2"}, "2 processes computed it before"),
        (1, {"nodes": "1:2"}, "1 process computed it before"),
    ],
)
def test_it_is_told_where_it_may_be_another(
    interrupted, open_kept, fresh, bright_or_dark, capsys, before, distributed, said
):
    first = open_kept()
    interrupted(fresh(), bright_or_dark, after=9, checkpoints=first)
    rewrite(first, before)

    open_kept(resume=True, distributed=distributed)

    line = f"{said}: another number comes to the same, but for the last bits." if said else ""
    told = " ".join(capsys.readouterr().out.split())
    assert ("computed it before" in told, line in told) == (bool(said), True)

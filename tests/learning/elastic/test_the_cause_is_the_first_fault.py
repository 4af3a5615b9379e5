"""Of several processes that ended, the cause is the one that nobody of the training has ended."""

import signal

import pytest
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from image_classification.learning.elastic.agent import _cause


def failed(rank, code, at):
    failure = ProcessFailure(local_rank=rank, pid=1000 + rank, exitcode=code, error_file="nowhere")
    failure.timestamp = at
    return failure


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({0: (-signal.SIGTERM, 7), 1: (-signal.SIGKILL, 7)}, "process 1 was ended by SIGKILL"),
        ({0: (-signal.SIGTERM, 5), 1: (-signal.SIGSEGV, 7)}, "process 1 was ended by SIGSEGV"),
        ({0: (-signal.SIGTERM, 7), 1: (3, 8), 2: (-signal.SIGTERM, 6)}, "process 1 failed"),
        ({0: (-signal.SIGKILL, 9), 1: (-signal.SIGKILL, 7)}, "process 1 was ended by SIGKILL"),
        ({0: (-signal.SIGTERM, 9), 1: (-signal.SIGTERM, 7)}, "process 1 was ended by SIGTERM"),
        ({0: (1, 7), 1: (-signal.SIGKILL, 7)}, "process 1 was ended by SIGKILL"),
        ({0: (1, 7), 1: (1, 8), 2: (-signal.SIGSEGV, 9)}, "process 2 was ended by SIGSEGV"),
    ],
)
def test_which_it_is(ends, said):
    error = ChildFailedError("worker", {rank: failed(rank, *end) for rank, end in ends.items()})
    assert _cause(error).startswith(said)

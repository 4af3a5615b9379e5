"""Memory that runs out is said in words: what was done, what to lower; whoever noticed it."""

import errno
import os
import re
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
import torch

from image_classification.cli.explanations import user_message
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters

CPU = (
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: not enough memory: you tried to "
    "allocate 40000000000 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 29.8 GiB for an array with shape (4000000000,)"),
        RuntimeError(CPU),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has …"),
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"),
        RuntimeError("can't start new thread"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_whatever_says_so(error):
    message = user_message(error)

    assert message
    assert message.splitlines()[0].startswith("The memory ")
    assert "modelling.training.batch_size" in message
    assert "images.size" in message


def raised_by(function, *arguments):
    with pytest.raises(Exception) as raised:
        function(*arguments)
    return raised.value


def test_torch_itself_says_it():
    error = raised_by(torch.empty, 2**46)

    assert "you tried to allocate" in user_message(error).splitlines()[0]


def test_numpy_itself_says_it():
    assert "Unable to allocate" in user_message(raised_by(np.ones, 2**46))


def test_it_may_be_the_cause_of_another_error():
    error = ValueError("a node failed")
    error.__cause__ = MemoryError()

    assert "memory ran out" in user_message(error)


def test_the_part_that_was_at_work_decides_what_to_lower(tmp_path):
    def fill(block, advance):
        raise MemoryError

    plan = ImageDictPlan(["a"], np.zeros(1, np.int64), ["x"], [""], "made up", (1, 2, 2), "0", fill)
    error = raised_by(save_image_store, plan, tmp_path / "images.safetensors")

    assert "while images were prepared" in user_message(error)
    assert not list(tmp_path.iterdir())


def _kill_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_of_a_runner_that_the_system_killed():
    with ProcessPoolExecutor(1) as pool:
        error = raised_by(pool.submit(_kill_this_process).result)

    assert isinstance(error, BrokenProcessPool)
    message = user_message(error)
    assert message.splitlines()[0].startswith("A process of the runner was killed")
    assert "memory" in message.splitlines()[0]
    assert "SequentialRunner" in message


def test_every_option_that_is_named_exists():
    known = {".".join(place.path) for place in walk(Parameters)}
    for message in (user_message(MemoryError()), user_message(BrokenProcessPool())):
        named = re.findall(r"(?:modelling|inference)\.[\w.]*\w", message)
        assert named
        assert set(named) <= known


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes cannot be multiplied"), ValueError(), OSError(5, "x")]
)
def test_other_errors_are_not_taken_for_it(error):
    assert user_message(error) is None

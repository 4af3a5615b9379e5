"""Two hundred epochs take no more memory, files and threads than twenty."""

import gc

import psutil
import pytest


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"not_finite": "skip"}, {"keep": "best"}], ids=str)
def test_memory_files_and_threads_are_flat(learn, classifier, bright_or_dark, how):
    process, seen = psutil.Process(), {}

    def look(epoch, row):
        if epoch in (20, 200):
            gc.collect()
            seen[epoch] = process.memory_info().rss, process.num_fds(), process.num_threads()

    learn(classifier, bright_or_dark, bright_or_dark, epochs=200, how={"on_epoch": [look]}, **how)

    (memory, *others), (memory_later, *others_later) = seen[20], seen[200]
    assert others_later == others
    assert memory_later - memory < 8_000_000

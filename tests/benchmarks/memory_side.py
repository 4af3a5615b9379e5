"""Prepares an image folder and draws its training images; prints the most memory that this took."""

import json
import sys
from pathlib import Path
from threading import Event, Thread

import torch
from tests.benchmarks.image_preparation import prepare

EVERY = 0.002  # seconds
EPOCHS = 10  # until the heap of a small folder, too, has the holes that it comes to have


def private_megabytes() -> float:
    """Memory of this process alone; pages of files, which the system can take back at any time, are not."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024 / 1e6


def main(photos: str, store: str) -> None:
    """Sample the memory in a thread beside the work."""
    before = private_megabytes()
    samples, done = [before], Event()

    def watch() -> None:
        while not done.wait(EVERY):
            samples.append(private_megabytes())

    watcher = Thread(target=watch)
    watcher.start()
    try:
        train_set, _, _ = prepare(Path(photos), Path(store)).sets
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(train_set)).split(64):
                train_set[batch]
    finally:
        done.set()
        watcher.join()
    print(json.dumps({"before": before, "peak": max(samples), "samples": len(samples)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A program: run the pipeline `mnist` with Kedro's ParallelRunner, taking the archives of a mirror for MNIST.

    python run_mnist_in_parallel.py <folder of the mirror> <folder of the project's data>

It has a process of its own because the runner forks, and what OpenMP computes in the fork of a process that
has used OpenMP already never ends.
"""

import hashlib
import sys
from pathlib import Path

from kedro.io import SharedMemoryDataCatalog
from kedro.runner import ParallelRunner
from test_mnist_pipeline import make_catalog  # beside this file

from image_classification.images.idx import mnist
from image_classification.images.idx.download import RemoteFile
from image_classification.images.idx.options import MnistOptions
from image_classification.pipelines.idx import create_pipeline


def describe(archive: Path) -> RemoteFile:
    content = archive.read_bytes()
    return RemoteFile(archive.name, hashlib.md5(content).hexdigest(), len(content))


if __name__ == "__main__":
    mirror, folder = map(Path, sys.argv[1:])
    mnist.ARCHIVES = tuple(describe(mirror / file.name) for file in mnist.ARCHIVES)
    catalog = make_catalog(folder, MnistOptions(mirrors=[mirror.as_uri()]), SharedMemoryDataCatalog)
    ParallelRunner().run(create_pipeline("mnist"), catalog)

"""The other side: torchvision's ImageFolder, a DataLoader with two workers, the article's transforms."""

import sys
from time import perf_counter

from tests.benchmarks.worker import serve
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder


def drain(folder: str, size: int) -> dict[str, float]:
    """Take every image once, in a new order; returns the seconds, and images per second."""
    transform = transforms.Compose(
        [
            transforms.Resize((size, size)),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    started = perf_counter()
    dataset = ImageFolder(folder, transform)
    seen = sum(len(labels) for _, labels in DataLoader(dataset, batch_size=64, shuffle=True, num_workers=2))
    seconds = perf_counter() - started
    return {"seconds": seconds, "rate": seen / seconds}


if __name__ == "__main__":
    serve(lambda: drain(sys.argv[1], int(sys.argv[2])))

"""Lightning's side of `peers`: its Trainer with all that can be switched off switched off."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import lightning
import torch
from tests.benchmarks.networks import feed_forward
from tests.benchmarks.peer_arrays import BATCH_SIZE, RATE, WEIGHT_DECAY, read_arrays
from tests.benchmarks.worker import serve
from torch import Tensor
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader, TensorDataset


class Module(lightning.LightningModule):
    """The network with what Lightning has to know of its training."""

    def __init__(self) -> None:
        super().__init__()
        self.network = feed_forward()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The loss of a batch."""
        pixels, labels = batch
        return nll_loss(self.network(pixels), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer, in its fastest form."""
        return torch.optim.SGD(self.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY, fused=True)


def main(folder: str) -> None:
    """Train when asked to; every epoch is a fit of its own over the same network."""
    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.manual_seed(42)
    arrays = read_arrays(Path(folder))
    dataset = TensorDataset(torch.from_numpy(arrays.pixels), torch.from_numpy(arrays.labels))
    module, loader = Module(), DataLoader(dataset, batch_size=BATCH_SIZE)

    def measure() -> Mapping[str, float]:
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        module.train()
        started = perf_counter()
        trainer.fit(module, loader)
        seconds = perf_counter() - started
        module.eval()
        with torch.inference_mode():
            outputs = module.network(torch.from_numpy(arrays.test_pixels)).numpy()
        return {"seconds": seconds, "accuracy": arrays.accuracy(outputs)}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Images of different requests, classified together."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.inference.predictor import Answers

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What a network says of one image.

    probabilities: (classes,) float32.
    answer: the label, or "unsure"; None of a network that does not know its limits.
    set: the classes that it may be; None likewise.
    """

    probabilities: npt.NDArray[np.float32]
    answer: str | None
    set: list[str] | None


class _Waiting(NamedTuple):
    image: Tensor
    answer: "asyncio.Future[Answer]"


class Batcher:
    """Gathers the images of all requests, and has the network see many at once.

    A batch is closed when it is full, when no other image is on its way, or when its first image has waited
    long enough: who is alone waits for nobody. While the network computes, the next batch gathers.

    Args:
        network: from images (N, C, H, W) uint8 to their answers.
        size: images in a batch.
        wait: seconds.
        seen: is told the size of each batch.
    """

    def __init__(
        self,
        network: Callable[[Tensor], Answers],
        size: int,
        wait: float,
        seen: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._network, self._size, self._wait, self._seen = network, size, wait, seen
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._coming = 0
        # one: the network itself computes on all cores
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="network")

    @property
    def waiting(self) -> int:
        """How many images wait."""
        return self._waiting.qsize()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Say that an image is being made ready during the block, so that others wait for it."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    async def answer(self, image: Tensor) -> Answer:
        """Return the answer to one image (C, H, W) uint8."""
        waiting = _Waiting(image, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(waiting)
        return await waiting.answer

    async def in_turn(self, work: Callable[[], Result]) -> Result:
        """Do something else with the network, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def run(self) -> None:
        """Answer for ever, until cancelled."""
        while True:
            batch = [each for each in await self._gathered() if not each.answer.done()]  # others gave up
            if batch:
                await self._answer(batch)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _gathered(self) -> list[_Waiting]:
        batch = [await self._waiting.get()]
        until = asyncio.get_running_loop().time() + self._wait
        while len(batch) < self._size:
            if self._waiting.empty() and not self._coming:
                break
            try:
                async with asyncio.timeout_at(until):
                    batch.append(await self._waiting.get())
            except TimeoutError:
                break
        return batch

    async def _answer(self, batch: list[_Waiting]) -> None:
        images = torch.stack([each.image for each in batch])
        try:
            answers = await self.in_turn(lambda: self._network(images))
        except Exception as error:
            logger.exception("A batch of %d could not be classified.", len(batch))
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        self._seen(len(batch))
        for row, each in enumerate(batch):
            if not each.answer.done():
                each.answer.set_result(_row(answers, row))


def _row(answers: Answers, row: int) -> Answer:
    answer = answers.answers[row] if answers.answers is not None else None
    found = answers.sets[row] if answers.sets is not None else None
    return Answer(answers.probabilities[row], answer, found)

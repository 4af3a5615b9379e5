"""From a request to its answer: read, decoded in threads, classified with others, told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import Request
from torch import Tensor

from image_classification.images.reading.decode import UnreadableImageError
from image_classification.inference.given import GivenImage
from image_classification.serving.admission import Admission
from image_classification.serving.batching import Batcher
from image_classification.serving.explaining import explain
from image_classification.serving.metrics import Numbers
from image_classification.serving.model import ServedModel
from image_classification.serving.options import ServingOptions
from image_classification.serving.refusals import RefusedError, busy
from image_classification.serving.uploads import images_in, too_many
from image_classification.words import did_you_mean, nearest_names

logger = logging.getLogger(__name__)


class Answering:
    """Answers the requests of one server, in one event loop.

    Args:
        model: the network.
        options: the limits.
        numbers: where images are counted.
        decoders: the threads that decode.

    Attributes:
        batcher: gathers images for the network.
        task: in which it runs, once it does.
    """

    def __init__(
        self, model: ServedModel, options: ServingOptions, numbers: Numbers, decoders: Executor
    ) -> None:
        self._model, self._options, self._numbers, self._decoders = model, options, numbers, decoders
        self._admission = Admission(options)
        self.batcher = Batcher(
            model.answers, options.batch_size, options.wait_ms / 1000, numbers.batch.observe
        )
        self.task: asyncio.Task[None] | None = None
        numbers.under_way.set_function(lambda: self._admission.under_way)
        numbers.waiting.set_function(lambda: self.batcher.waiting)

    @property
    def is_ready(self) -> bool:
        """Whether images are answered."""
        return self.task is not None and not self.task.done()

    def about(self) -> dict[str, Any]:
        """Return what is told of the network and of the limits."""
        names = ("largest_request_mb", "most_images", "largest_image_megapixels", "timeout_s", "queue")
        return self._model.about() | {"limits": self._options.model_dump(include=set(names))}

    def counted(self) -> tuple[bytes, str]:
        """Return the numbers of the server as text, and its content type."""
        return self._numbers.written()

    async def predict(self, request: Request, top: int, *, invert: bool) -> dict[str, Any]:
        """Answer the images of a request.

        Raises:
            RefusedError: why not.
        """
        async with self._images(request, self._options.most_images) as images:
            told = await asyncio.gather(*(self._predicted(each, top, invert=invert) for each in images))
        return {"weights_digest": self._model.digest, "images": told}

    async def explain(self, request: Request, label: str | None, *, invert: bool) -> dict[str, Any]:
        """Show which pixels of the image of a request count.

        Raises:
            RefusedError: why not.
        """
        place = None if label is None else self._place_of(label)
        async with self._images(request, 1) as (image,):
            try:
                pixels = await self._read(image, invert=invert)
            except UnreadableImageError as error:
                raise RefusedError(422, f"The image cannot be read: {error}.") from error
            return await self.batcher.in_turn(partial(explain, self._model, pixels, place))

    @asynccontextmanager
    async def _images(self, request: Request, most: int) -> AsyncIterator[list[GivenImage]]:
        """Hold the images of a request during the block, which ends when its time is over."""
        if not self.is_ready:
            raise busy("No image is answered now: the server begins or ends.")
        seconds = self._options.timeout_s
        async with self._admission.content(request) as content:
            kind = request.headers.get("content-type", "")
            try:
                async with asyncio.timeout(seconds):
                    channels = self._model.description.image_shape[0]
                    images = await images_in(content, kind, most, channels)
                    if len(images) > most:
                        raise too_many(len(images), most)
                    yield images
            except TimeoutError:
                raise RefusedError(
                    504, f"The request could not be answered within {seconds:g} seconds."
                ) from None

    async def _predicted(self, image: GivenImage, top: int, *, invert: bool) -> dict[str, Any]:
        try:
            with self.batcher.coming():
                pixels = await self._read(image, invert=invert)
        except UnreadableImageError as error:
            self._numbers.images.labels("unreadable").inc()
            return {"name": image.name, "reason": str(error)}
        answer = await self.batcher.answer(pixels)
        told = self._model.told(answer, top)
        is_sure = told["answer"] in {None, told["label"]}
        self._numbers.images.labels("answered" if is_sure else "unsure").inc()
        negative = self._model.may_be_inverted(pixels)
        return {"name": image.name, "reason": ""} | told | {"may_be_negative": negative}

    async def _read(self, image: GivenImage, *, invert: bool) -> Tensor:
        read = partial(self._model.read, image, self._options.largest_image_megapixels, invert=invert)
        return await asyncio.get_running_loop().run_in_executor(self._decoders, read)

    def _place_of(self, label: str) -> int:
        names = self._model.description.class_names
        if label not in names:
            raise RefusedError(
                400, f"There is no class {label[:100]!r}{did_you_mean(nearest_names(label, names))}"
            )
        return names.index(label)

"""The plan of the image dict of MNIST."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from image_classification.errors import UserError
from image_classification.images.idx.mnist import MnistArchives
from image_classification.images.reading.pixels import resize_images
from image_classification.images.store.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, store_digest
from image_classification.images.store.options import ImageOptions


@dataclass(frozen=True)
class _FillFromArchives:
    archives: MnistArchives

    def __call__(self, block: ImageBlock, advance: Callable[[int], None]) -> Sequence[str]:
        count, channels, height, width = block.shape
        images = torch.from_numpy(self.archives.read_images()).unsqueeze(1)  # (N, 1, H, W)
        if len(images) != count:
            raise UserError(
                f"The archives in {self.archives.folder} hold {len(images)} images but {count} labels.\n"
                "Remove them and run the pipeline again: they are downloaded anew."
            )
        done = 0
        for chunk in resize_images(images, (height, width), channels):
            block.write(done, chunk.numpy())
            done += len(chunk)
            advance(len(chunk))
        return ["ok"] * count


def plan_mnist_images(archives: MnistArchives, parameters: ImageOptions) -> ImageDictPlan:
    """Plan an image dict of all images of the archives, in their order, at the size of the parameters."""
    names, labels, given_splits = archives.read_labels()
    size = parameters.height_and_width
    return ImageDictPlan(
        names=names,
        labels=labels,
        class_names=archives.class_names,
        given_splits=given_splits,
        data_name=archives.data_name,
        image_shape=(parameters.channels, *size),
        digest=store_digest(archives.digest, size=size, channels=parameters.channels),
        fill=_FillFromArchives(archives),
    )

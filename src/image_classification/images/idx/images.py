"""The plan of the image dict of a data set in MNIST's format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from image_classification.errors import UserError
from image_classification.images.idx.idx_set import IdxSet
from image_classification.images.reading.pixels import resize_images
from image_classification.images.store.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, store_digest
from image_classification.images.store.options import ImageOptions


@dataclass(frozen=True)
class _FillFromArchives:
    archives: IdxSet

    def __call__(self, block: ImageBlock, advance: Callable[[int], None]) -> Sequence[str]:
        count, channels, height, width = block.shape
        images = torch.from_numpy(self.archives.read_images()).unsqueeze(1)  # (N, 1, H, W)
        if len(images) != count:
            raise UserError(
                f"The archives in {self.archives.folder} hold {len(images)} images but {count} labels.\n"
                "Expected as many: are they of one data set? What was downloaded is downloaded again once it "
                "is removed."
            )
        done = 0
        for chunk in resize_images(images, (height, width), channels):
            block.write(done, chunk.numpy())
            done += len(chunk)
            advance(len(chunk))
        return ["ok"] * count


def plan_idx_images(archives: IdxSet, parameters: ImageOptions) -> ImageDictPlan:
    """Plan an image dict of all images of the archives, in their order, at the size of the parameters."""
    names, labels, given_splits, class_names = archives.read_labels()
    size = parameters.height_and_width
    return ImageDictPlan(
        names=names,
        labels=labels,
        class_names=class_names,
        given_splits=given_splits,
        data_name=archives.record.data_name,
        image_shape=(parameters.channels, *size),
        digest=store_digest(archives.record.digest, size=size, channels=parameters.channels),
        fill=_FillFromArchives(archives),
    )

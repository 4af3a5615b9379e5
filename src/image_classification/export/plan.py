"""How an export is made: written, and checked before it takes the place of another one."""

import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor
from torch.export import ExportedProgram

from image_classification import __version__
from image_classification.console import console
from image_classification.errors import UserError
from image_classification.export.comparison import evenly, int8_images
from image_classification.export.eight_bits import make_int8
from image_classification.export.formats.all_formats import FORMATS
from image_classification.export.formats.graph import graph_of, write_graph
from image_classification.export.formats.onnx_file import write_onnx
from image_classification.export.golden.choice import Chosen, Originals, choose
from image_classification.export.golden.files import GoldenSet, make_golden, write_golden
from image_classification.export.golden.made import made_pictures
from image_classification.export.golden.reading import compare_reading
from image_classification.export.libraries import formats_meant
from image_classification.export.options import ExportOptions, Format
from image_classification.export.preprocessing import Preprocessing, preprocessing_of
from image_classification.export.readme import readme_of
from image_classification.export.record import (
    ANSWERS,
    PREPROCESSING,
    README,
    ExportRecord,
    FormatRecord,
    Int8Record,
    write_record,
)
from image_classification.export.refusals import require_read_alike, require_right, telling
from image_classification.export.stages import Checked, largest_allowed
from image_classification.export.tables import formats_table, int8_table, reading_line
from image_classification.export.verify import verify_export
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.networks.answers import rule
from image_classification.networks.answers.probabilities import ProbabilityModel
from image_classification.networks.classifier import Classifier
from image_classification.networks.storage import save_classifier
from image_classification.words import count_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportPlan:
    """What is exported, and by what it is proved.

    network: the trained network, on any device and in any mode; it is left as it is.
    train_set, validation_set, test_set: of the images that it was made for.
    options: what is written.
    originals: from the name of an image to the content of its file, None where the source has none.
    """

    network: Classifier
    train_set: ImageTensorDataset
    validation_set: ImageTensorDataset
    test_set: ImageTensorDataset
    options: ExportOptions
    originals: Originals

    def run(self, folder: Path) -> None:
        """Write everything into a folder, and check it.

        Raises:
            UserError: a format cannot be written, or is not what the network is.
        """
        formats = formats_meant(self.options)
        writing = _Writing(self, folder)
        int8 = None
        for name in formats:
            with telling(name):
                int8 = writing.write(name) or int8
        if "onnx" not in formats:  # it was written as the source of the other one
            (folder / FORMATS["onnx"].file).unlink(missing_ok=True)
        golden = writing.golden(formats)
        write_golden(golden, folder)
        (folder / PREPROCESSING).write_text(writing.rule.model_dump_json(indent=1) + "\n", encoding="utf-8")
        if writing.rule.calibration:
            (folder / ANSWERS).write_bytes(Path(rule.__file__).read_bytes())
        record = writing.record(formats, int8, golden)
        (folder / README).write_text(readme_of(writing.rule, record), encoding="utf-8")
        write_record(record, folder)
        require_right(verify_export(folder, trusts=True))
        console.print(formats_table(record))
        if record.reading:
            console.print(reading_line(record.reading))
        if int8:
            console.print(int8_table(int8))


class _Writing:
    """An export while it is written."""

    def __init__(self, plan: ExportPlan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self.rule: Preprocessing = preprocessing_of(plan.network)
        # a copy, as it is moved; in training mode dropout would be exported as well, and with gradients the
        # exporters of torch take twice as long
        self.classifier = deepcopy(plan.network).cpu().eval().requires_grad_(False)
        calibration = plan.network.description.calibration
        self.model = ProbabilityModel(self.classifier, calibration).eval()

    @cached_property
    def graph(self) -> ExportedProgram:
        return graph_of(self.model, self.rule.image_shape)

    @cached_property
    def float_onnx(self) -> Path:
        """The file of the format onnx, which is the source of the other one even where it is not wanted."""
        path = self.folder / FORMATS["onnx"].file
        write_onnx(self.graph, path, self.rule)
        return path

    def write(self, name: Format) -> Int8Record | None:
        path = self.folder / FORMATS[name].file
        if name == "bundle":
            save_classifier(self.classifier, path)
        elif name == "pt2":
            write_graph(self.graph, path, self.rule)
        elif name == "onnx":
            _ = self.float_onnx
        else:
            plan = self.plan
            images = int8_images(plan.train_set, plan.validation_set, plan.options.int8)
            return make_int8(self.float_onnx, path, images, self.rule, plan.options)
        return None

    @cached_property
    def proof(self) -> tuple[ImageTensorDataset, str]:
        """The set that golden images are of, and its name; the test set unless it is empty."""
        plan = self.plan
        named = ((plan.test_set, "test"), (plan.validation_set, "validation"), (plan.train_set, "training"))
        images, name = next(((each, word) for each, word in named if len(each)), (None, ""))
        if images is None:
            raise UserError("There is no image that could prove an export: all three sets are empty.")
        if name != "test":
            logger.warning("There is no test image: the export is proved by %s images.", name)
        return images, name

    def golden(self, formats: tuple[Format, ...]) -> GoldenSet:
        images, _ = self.proof
        chosen = choose(images, self.plan.options.golden_images, self.plan.originals)
        made = made_pictures(_shown(chosen[0]))
        chosen += [Chosen(name, content, "", "", "made of the first") for name, content in made.items()]
        golden = make_golden(chosen, self.rule, self.model)
        require_read_alike(chosen, golden)
        if "onnx_int8" in formats:
            run = FORMATS["onnx_int8"].opens(self.folder / FORMATS["onnx_int8"].file).run
            golden.by_format["onnx_int8"] = run(golden.images)
        return golden

    def record(self, formats: tuple[Format, ...], int8: Int8Record | None, golden: GoldenSet) -> ExportRecord:
        images, name = self.proof
        places = evenly(len(images), self.plan.options.checked_images)
        originals = sum(each.facts.what == "original file" for each in golden.pictures)
        made = sum(each.facts.name == "" for each in golden.pictures)
        words = f"{count_of(len(golden.pictures) - made, f'{name} image')} ({originals} as their files)"
        return ExportRecord(
            version=__version__,
            network=self.rule.network,
            data_name=self.rule.data_name,
            formats=self._compare(formats, images[places][0]),
            int8=int8,
            reading=compare_reading(images, places.tolist(), self.plan.originals, self.rule, self.model),
            golden_images=f"{words} and {made} made of the first",
            compared_on=count_of(len(places), f"{name} image"),
            libraries=_versions(),
        )

    @torch.inference_mode()
    def _compare(self, formats: tuple[Format, ...], images: Tensor) -> Mapping[Format, FormatRecord]:
        # one alone, then the others: the number of images at once is free
        batches = [images[:1], *images[1:].split(self.plan.options.batch_size)]
        batches = [batch for batch in batches if len(batch)]
        expected = torch.cat([self.model(batch) for batch in batches])
        return {name: self._compare_one(name, batches, expected) for name in formats}

    def _compare_one(self, name: Format, batches: list[Tensor], expected: Tensor) -> FormatRecord:
        path = self.folder / FORMATS[name].file
        run = FORMATS[name].opens(path).run
        found = torch.cat([run(batch) for batch in batches])
        largest = (found - expected).abs().max().item()
        allowed = largest_allowed(name, self.rule.views)
        if name != "onnx_int8" and not largest <= allowed:  # that is judged by its accuracy
            trouble = f"a probability differs by {largest:.2g}, and {allowed:g} is allowed"
            require_right([Checked("network", name, largest, allowed, trouble)])
        agreement = (found.argmax(dim=1) == expected.argmax(dim=1)).double().mean().item()
        return FormatRecord(
            file=FORMATS[name].file,
            bytes=path.stat().st_size,
            largest_difference=largest,
            agreement=agreement,
            images=len(expected),
        )


def _shown(first: Chosen) -> Tensor:
    assert first.stored is not None  # noqa: S101  (of images of a set it is known)
    return first.stored


def _versions() -> dict[str, str]:
    found = {}
    for package in ("torch", "onnx", "onnxscript", "onnxruntime", "pillow", "simplejpeg"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

"""What is written for people about an export: what is in it, and what has to be done to any picture."""

from collections.abc import Iterator

from image_classification.export.formats.all_formats import FORMATS
from image_classification.export.preprocessing import Preprocessing
from image_classification.export.record import ANSWERS, PREPROCESSING, RECORD, ExportRecord
from image_classification.export.stages import (
    INT8_LARGEST,
    LOSSY_LARGEST,
    LOSSY_MEAN,
    RESIZE_LARGEST,
    largest_allowed,
)
from image_classification.networks.answers.promises import promises_of
from image_classification.words import count_of, in_bytes, printable

_CONTENT = {
    "bundle": "the network in safetensors, its description in the metadata; opened by this project's "
    "`load_classifier`",
    "pt2": "the network as a graph: `torch.export.load(file).module()(images)`. torch may run what is in "
    "such a file: open it only if you trust whoever sent it",
    "onnx": "the network for ONNX runtimes; every fact below is in its metadata too, as JSON",
    "onnx_int8": "the same in whole numbers of 8 bits, for processors",
}
_RESIZED = {
    "stretch": "Resize all of it to {height} × {width} pixels, whatever its proportions.",
    "crop": "Keep the largest part in its middle with the proportions of {height} × {width} (its height and "
    "width rounded to whole pixels, its upper left corner rounded down), and resize that to "
    "{height} × {width} pixels.",
    "letterbox": "Resize all of it by one factor, so that it just fits into {height} × {width} pixels (sides "
    "rounded to whole pixels), and put it in the middle of a black image of that size (an odd pixel of the "
    "bars is below and on the right).",
}

_EXAMPLE = """
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

import answers  # answers.py beside this page

facts = json.loads(Path("preprocessing.json").read_text(encoding="utf-8"))
golden = json.loads(Path("golden/golden.json").read_text(encoding="utf-8"))
numbers = load_file("golden/golden.safetensors")
images = np.stack([numbers[f"{{place}}.resized"] for place in range(len(golden))])  # uint8, or your own

{probabilities}
looks = answers.looks_of(images)
words, sets = answers.answers(probabilities, looks, facts["calibration"], facts["class_names"])
for picture, word, names in zip(golden, words, sets):
    print(picture["file"], json.dumps(word), names)
"""
_ON_RECORD = 'probabilities = numbers["probabilities"]  # or those of your program'
_BY_ONNX = """import onnxruntime

session = onnxruntime.InferenceSession("{file}")
[probabilities] = session.run(["probabilities"], {{"images": images}})"""


def readme_of(rule: Preprocessing, record: ExportRecord) -> str:
    """Write the page of an export."""
    parts = [_title(rule), _files(record, rule), _steps(rule, record), _output(rule), _proof(record, rule)]
    if rule.calibration:
        parts.insert(-1, _answers(record))
    return "\n".join(line for part in parts for line in part)


def _title(rule: Preprocessing) -> Iterator[str]:
    names = len(rule.class_names)
    yield f"# {printable(rule.network)}, trained on {printable(rule.data_name)}"
    yield ""
    yield f"A classifier of images into {names} classes. Their names, in the order of the probabilities, are"
    yield f"`class_names` in `{PREPROCESSING}`."
    yield ""


def _files(record: ExportRecord, rule: Preprocessing) -> Iterator[str]:
    yield "| file | what it is | size |"
    yield "|---|---|---|"
    for name, each in record.formats.items():
        yield f"| `{FORMATS[name].file}` | {_CONTENT[name]} | {in_bytes(each.bytes)} |"
    yield f"| `{PREPROCESSING}` | everything below as data | |"
    if rule.calibration:
        yield f"| `{ANSWERS}` | how answers and sets are made of probabilities; needs numpy alone | |"
    yield f"| `golden/` | {record.golden_images}, and what each step makes of them | |"
    yield f"| `{RECORD}` | what was measured, versions of libraries, SHA-256 of every file | |"
    yield ""


def _steps(rule: Preprocessing, record: ExportRecord) -> Iterator[str]:
    channels, height, width = rule.image_shape
    yield "## From any picture to the input"
    yield ""
    yield "1. **Decode** it at full size to 8 bits a channel, and turn it upright as EXIF says."
    yield "   Transparent parts become white."
    if channels == 1:
        yield "   Colours become grey by ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue."
    else:
        yield "   Grey is repeated in all three channels; their order is red, green, blue."
    yield f"   In pictures of more than 8 bits, {_range(rule)} becomes 0…255, and what is outside is clipped."
    yield "   (This project itself decodes large JPEG pictures at 1/2, 1/4 or 1/8 of their size, the smallest"
    yield "   that is not below what step 2 makes of them: `i.read` is what comes of it."
    yield f"   {_reading(record)})"
    yield f"2. **Resize** ({rule.resize}): {_RESIZED[rule.resize].format(height=height, width=width)}"
    yield f"   The interpolation is {rule.interpolation}, antialiased (as Pillow's, and torch's with"
    yield "   `antialias=True`), and rounded to whole numbers."
    yield f"3. **The input** is `images`, uint8, (N, {channels}, {height}, {width}): any number of images."
    yield f"4. **Normalise**: (x / {rule.scale:g} - mean) / std. Every format does this itself."
    yield f"   mean {list(rule.mean)}, std {list(rule.std)}."
    yield ""


def _reading(record: ExportRecord) -> str:
    if record.reading is None:
        return "There were no such pictures among those that this network was made for."
    found = record.reading
    return (
        f"Of {count_of(found.images, 'JPEG file')} its probabilities differ by at most "
        f"{found.largest_difference:.2g} from those of these steps, and {found.agreement:.2%} have the same "
        "class."
    )


def _range(rule: Preprocessing) -> str:
    return str(rule.value_range) if rule.value_range else "all that their type holds (of floats 0…1)"


def _output(rule: Preprocessing) -> Iterator[str]:
    yield "## The output"
    yield ""
    yield f"`probabilities`, float32, (N, {len(rule.class_names)}): each row sums to 1."
    if rule.calibration is None:
        yield "They are as the network gives them: it was not calibrated."
    else:
        yield "Temperature and views are part of every format."
        yield ""
        yield from (f"- {sentence}" for sentence in promises_of(rule.calibration))
    yield ""


def _answers(record: ExportRecord) -> Iterator[str]:
    yield "## From probabilities to `answer` and `set`"
    yield ""
    yield f"All numbers are in `calibration` of `{PREPROCESSING}`. `answer` is the most probable class where"
    yield "its probability is above `answer_above` and the image is no stranger, else `unsure` (of all images"
    yield "where `answer_above` is null). An image is a stranger where a squared Mahalanobis distance, by"
    yield "`mean` and `inverse`, is above `farthest`: that of its `pixels` (brightness, contrast, differences"
    yield "of neighbours) or of its `outputs` (logarithms of its largest probabilities); null says nothing."
    yield "`set` has the classes whose probability is at least `set_least`, and always the most probable one."
    yield f"`{ANSWERS}` does this with numpy alone; in this folder:"
    yield ""
    yield "```python"
    yield from _EXAMPLE.format(probabilities=_probabilities(record)).strip().splitlines()
    yield "```"
    yield ""
    yield "prints for each golden picture the `answer` and the `set` of `golden/golden.json`."
    yield ""


def _probabilities(record: ExportRecord) -> str:
    """Return how an example gets its probabilities: by ONNX where that was written, else from the record."""
    name = next((each for each in ("onnx", "onnx_int8") if each in record.formats), None)
    return _BY_ONNX.format(file=FORMATS[name].file) if name else _ON_RECORD


def _proof(record: ExportRecord, rule: Preprocessing) -> Iterator[str]:
    probability = largest_allowed("onnx", rule.views)
    yield "## Is it right here too?"
    yield ""
    yield "```console"
    yield "image-classification verify <this folder>"
    yield "```"
    yield ""
    yield "repeats the check that was made of it (of a pt2 file with `--trust`, as it may hold code): every"
    yield "file has the digest that it was written with, and every step makes of the golden pictures what it"
    yield "made of them then. `golden/golden.safetensors` has, for picture number i of `golden/golden.json`,"
    yield "`i.decoded`, `i.resized`, `i.normalised`, `i.read`, and row i of `probabilities`. To check a"
    yield "program of your own, give it a golden picture and compare"
    yield f"after each step; allowed are, in levels of 0 to 255, {LOSSY_LARGEST:g} for a decoded JPEG (mean "
    yield f"{LOSSY_MEAN:g}), 0 for PNG, {RESIZE_LARGEST:g} for resizing; and {probability:g} for "
    yield "probabilities."
    if "onnx_int8" in record.formats:
        yield f"For the network in 8 bits {INT8_LARGEST:g} is allowed, from the rows of"
        yield "`probabilities.onnx_int8`: those of this format itself, as other processors round otherwise."
    yield ""
    yield f"The formats were compared on {record.compared_on}; `{RECORD}` has the largest differences."

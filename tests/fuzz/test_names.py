"""Files, folders and classes may have any name that a system allows, in everything that is made of them."""

import csv
import io
import logging
import os
import re
import tempfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure
from PIL import Image
from tests.evaluation.conftest import (  # noqa: F401  (fixtures)
    image_statistics,
    make_evaluated,
    make_predictions,
    trained_classifier,
    training_record,
)

from image_classification.datasets.atomic import CSVDataset
from image_classification.datasets.spreadsheet import unguarded
from image_classification.errors import UserError
from image_classification.evaluation import documents
from image_classification.evaluation.documents import build_model_card, build_report
from image_classification.evaluation.figures.class_bars import class_metrics_figure
from image_classification.evaluation.options import ModelCardOptions
from image_classification.images.folder.folder_images import plan_folder_images
from image_classification.images.folder.found_files import HIDDEN, find_files, shown_name
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_pictures import read_new_images
from image_classification.images.folder.options import TableOptions
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_store import open_image_store, save_image_store
from image_classification.words import literal, printable

FRAGMENTS = [
    *(
        "$5_$10",
        "$\\frac$",
        "[bold]",
        "[/]",
        "=1+1",
        "-",
        "@",
        "+",
        "'",
        "</script>",
        "<b>",
        "{{",
        "}}",
        "${x}",
    ),
    *(
        "%s",
        "%(a)s",
        "|",
        "`",
        "\\",
        "\n",
        "\r",
        "\t",
        "\x1b[31m",
        "\x07",
        "\u202e",
        "\u200b",
        "\u200d",
        "\ufeff",
    ),
    *(
        "__proto__",
        "\udce9",
        "\ud800",
        "e\u0301",
        "é",
        " ",
        "#",
        "*",
        "_",
        "~",
        ".",
        ",",
        '"',
        ";",
        "nan",
        "None",
    ),
    *("x" * 255, "😀", "&#39;", "&lt;", "007", "1.0", ":smile:", "\x85", "\u2028", "train", "test", "\x00"),
]
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4).map("".join),
    st.binary(max_size=20).map(os.fsdecode),
)
# what a table or a class may be called: text that can be written to a file
TEXTS = NAMES.map(lambda name: name.encode("utf-8", "replace").decode())
PICTURE = io.BytesIO()
Image.new("L", (2, 2), 255).save(PICTURE, "PNG")

# what writes files takes long: fewer cases of it
FEWER = settings(max_examples=max(settings.default.max_examples // 5, 1))
FEW = settings(max_examples=max(settings.default.max_examples // 20, 1))


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    """What is said of thousands of cases is not kept."""
    package = logging.getLogger("image_classification")
    level = package.level
    package.setLevel(logging.CRITICAL)
    yield
    package.setLevel(level)


def made(folder: Path, name: str, content: bytes = PICTURE.getvalue()) -> bool:
    """Write a file; whether the system takes the name."""
    if "/" in name:
        return False
    try:
        with (folder / name).open("xb") as file:
            file.write(content)
    except (OSError, ValueError):  # too long, a folder, there already, a NUL, or a surrogate of no byte
        return False
    return True


def entered(folder: Path, name: str) -> Path | None:
    """Make a folder; None where the system does not take the name."""
    if "/" in name or name in ("", ".", ".."):
        return None
    try:
        (folder / name).mkdir()
    except (OSError, ValueError):
        return None
    return folder / name


@given(st.lists(NAMES, min_size=1, max_size=6), NAMES)
@FEWER
def test_every_file_is_a_row_of_new_images(names: list[str], folder: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        inner = entered(Path(root), folder) or Path(root)
        count = sum(made(inner, name) for name in names)
        assume(count)
        content = find_files(Path(root))
        hidden = sum(file.status == HIDDEN for file in content.files)
        assume(hidden < len(content.files))

        found = find_new_images(Path(root))
        (batch,) = read_new_images([found.files], (1, 2, 2), "stretch")

        assert hidden + len(batch.files) >= min(count, len(content.files))
        assert list(batch.reasons) == [""] * len(batch.files)
        assert len(batch.images) == len(batch.files)
        for name in (file.name for file in batch.files):
            name.encode()


@given(st.lists(NAMES, min_size=2, max_size=4, unique=True), st.lists(NAMES, min_size=1, max_size=3))
@FEWER
def test_folders_of_classes_become_a_store(classes: list[str], names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "images"
        path.mkdir()
        for folder in filter(None, [entered(path, name) for name in classes]):
            for file in names:
                made(folder, file)
        try:
            index = index_image_files(path)
        except UserError as error:  # a single class is left, or the folders are called like splits
            printable(str(error)).encode()
            return
        index.to_parquet(Path(place) / "t.parquet")
        assert pd.read_parquet(Path(place) / "t.parquet").equals(index)
        plan = plan_folder_images(index, path, FolderImageOptions(size=2, channels=1))
        save_image_store(plan, Path(place) / "store.safetensors")
        store = open_image_store(Path(place) / "store.safetensors")
        assert store.names == index["name"][index["header_status"] == "ok"].tolist()
        assert set(store.status) == {"ok"}
        assert store.class_names == list(plan.class_names)


@given(
    st.lists(TEXTS, min_size=2, max_size=5),
    st.sampled_from((",", ";", "\t")),
    st.sampled_from(("csv", "parquet")),
)
@FEWER
def test_labels_of_a_table(labels: list[str], separator: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        files = [f"{number}.png" for number in range(len(labels))]
        for file in files:
            made(Path(root), file)
        path = Path(root) / f"t.{kind}"
        table = pd.DataFrame({"path": files, "label": labels})
        if kind == "csv":
            with path.open("w", encoding="utf-8", newline="") as target:
                writer = csv.writer(target, delimiter=separator, quoting=csv.QUOTE_ALL)
                writer.writerows([["path", "label"], *zip(files, labels, strict=True)])
        else:
            table.to_parquet(path)
        try:
            index = index_image_files(
                path, table_parameters=TableOptions(path="path", label="label", split="none")
            )
        except UserError as error:
            printable(str(error)).encode()
            return
        kept = index["class_name"].tolist()
        assert len(kept) == len(labels)
        for label, class_name in zip(labels, kept, strict=True):
            assert "\n" not in class_name
            assert class_name == "" or _letters(class_name) == _letters(label)


def _letters(text: str) -> str:
    return "".join(pd.Series([text]).str.normalize("NFC")[0].split())


@given(TEXTS)
def test_a_figure_of_matplotlib_shows_them_to_the_letter(name: str) -> None:
    shown = literal(name, 40)
    figure = Figure(figsize=(1, 1))
    text = figure.text(0, 0, shown)
    assert text._preprocess_math(shown) == (shown.replace("\\$", "$"), False)
    assert printable(shown) == shown


@given(NAMES)
def test_shown_they_can_be_written_anywhere(name: str) -> None:
    shown = printable(name)

    shown.encode()
    assert printable(shown) == shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert shown_name(name) == name or not _is_text(name)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in name)


@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
@FEWER
def test_csv_files_keep_them_and_hold_no_formula(texts: list[str], heading: str) -> None:
    # NUL ends a text for many readers; names of files have none, and labels with one are refused
    assume(not any("\0" in text for text in [heading, *texts]) and heading not in ("", "number"))
    table = pd.DataFrame({"number": range(len(texts)), heading: texts})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        dataset = CSVDataset(
            filepath=str(path), load_args={"dtype": {heading: "str"}}, save_args={"index": False}
        )
        dataset.save(table)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) == len(texts) + 1
        for row in rows:
            assert not re.match(r"[=+\-@\t\r\n](?!\d+(\.\d+)?$)", row[1])
        loaded = pd.read_csv(path, dtype="str", keep_default_na=False)
        assert [unguarded(text) for text in loaded.iloc[:, 1]] == texts


class Page(HTMLParser):
    """Collects the tags and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def documents_of(make_evaluated, monkeypatch):  # noqa: F811
    """Writes report and model card of a run with classes and data of some names."""
    monkeypatch.setattr(documents, "_packed_plotly", lambda: "")
    evaluated = make_evaluated()

    def write(names):
        tested = evaluated.class_metrics.iloc[:1]
        table = pd.concat([tested.assign(class_name=name) for name in names], ignore_index=True)
        statistics = {**evaluated.statistics, "data_name": names[0], "class_names": names}
        named = replace(evaluated, class_metrics=table, statistics=statistics)
        figures = {"results": {"class_scores": class_metrics_figure(table, names[0])}}
        history = pd.DataFrame({"seconds": [1.0]})
        return build_report(named, history, figures), build_model_card(named, ModelCardOptions(), "f.yml")

    report, card = write(list("abcde"))
    write.tags, write.kinds = Page(report).tags, kinds(card)
    return write


def kinds(card: str) -> list[str]:
    """What a card consists of, as a reader of Markdown sees it."""
    return [token.type for token in MarkdownIt("commonmark").enable("table").parse(card)]


@given(st.lists(TEXTS, min_size=5, max_size=5, unique=True))
@settings(FEW, suppress_health_check=list(HealthCheck))
def test_documents_show_them_and_stay_whole(documents_of, names: list[str]) -> None:
    report, card = documents_of(names)

    page = Page(report)
    assert page.tags == documents_of.tags
    assert kinds(card) == documents_of.kinds
    shown = Page(MarkdownIt("commonmark").enable("table").render(card)).words
    for name in names:
        assert printable(name, keep="\n\t") in page.words
        assert printable(" ".join(name.split())).strip() in shown

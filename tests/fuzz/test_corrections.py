"""Whatever a table of corrections is, it is read as it is meant, or refused in one line."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from image_classification.datasets.spreadsheet import guarded
from image_classification.errors import UserError
from image_classification.images.folder.corrections.table import read_corrections

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
NAMES = st.lists(TEXTS.filter(lambda name: name == name.strip()), min_size=1, max_size=6, unique=True)


def read(content, names, classes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fixes.csv"
        path.write_bytes(content)
        return read_corrections(path, names, classes, Path(folder))


@given(content=st.one_of(st.binary(max_size=200), TEXTS.map(lambda text: f"file,label\n{text}".encode())))
def test_anything_is_refused_in_one_line_or_read(content):
    try:
        found = read(content, ["a.png", "b.png"], ["cat", "dog"])
    except UserError as error:
        assert 20 < len(str(error).splitlines()[0]) < 1000
    else:
        assert set(found) <= {0, 1}


@given(names=NAMES, classes=NAMES)
def test_what_is_written_as_the_page_writes_it_is_read_to_the_letter(names, classes):
    rows = [(name, classes[place % len(classes)]) for place, name in enumerate(names)]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("file", "label"), *(map(guarded, row) for row in rows)])

    found = read(file.getvalue().encode("utf-8-sig"), names, set(classes))

    assert {names[place]: each.label for place, each in found.items()} == dict(rows)

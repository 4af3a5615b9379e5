"""The columns of a table are found by name and content; what is unclear is asked, what is unused is told."""

import logging
import random
import shlex
from pathlib import Path

import pytest

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.columns import choose_columns, choose_path_column
from image_classification.images.folder.tables.splits import read_splits
from image_classification.images.folder.tables.table import Table
from image_classification.options import Speech, speak
from image_classification.parameters.command_line import speak_of_parameters

FILES = ["a.jpg", "b/c.PNG", "d.tiff", "e.webp"]
IDS = ["0a1", "0b2", "0c3", "0d4"]
CLASSES = ["cat", "dog", "cat", "dog"]


@pytest.fixture(autouse=True)
def command_line():
    """Have messages say what to type, as its answers are typed here."""
    speak_of_parameters()


def table(nested=(), **columns):
    """Names are written with _ for a space."""
    named = {name.replace("_", " "): values for name, values in columns.items()}
    return Table(Path("t.csv"), named, range(2, 2 + len(FILES)), nested=dict(nested))


def shuffled(seed, columns):
    names = random.Random(seed).sample(list(columns), len(columns))
    return {name: columns[name] for name in names}


def choose(given, **parameters):
    return choose_columns(given, TableOptions(**parameters))


def question(given, **parameters):
    with pytest.raises(UserError) as caught:
        choose(given, **parameters)
    return str(caught.value)


def answers(message):
    """The parameters of a message, as the command line reads them."""
    commands = [line[line.index("--params") :] for line in message.splitlines() if "--params" in line]
    given = [parse_params(None, None, shlex.split(command)[1]) for command in commands if "<" not in command]
    return [each["image_folder"]["table"] for each in given]


def test_path_label_and_split_need_no_guess(caplog):
    rows = {
        "path": IDS,
        "label": CLASSES,
        "split": ["train", "", "test", ""],
        "file": FILES,
        "class": CLASSES,
    }
    with caplog.at_level(logging.INFO):
        for seed in range(5):
            assert choose(table(**shuffled(seed, rows))) == ("path", "label", "split", "")

    assert "taking" not in caplog.text


@pytest.mark.parametrize("values", [FILES, IDS])
@pytest.mark.parametrize(
    "path",
    ["id", "image_id", "ImageId", "filename", "file_name", "image", "img", "Image_Index", "fname", "Path"],
)
@pytest.mark.parametrize(
    "label", ["Label", "class", "category", "breed", "target", "diagnosis", "Finding_Labels", "dx", "species"]
)
def test_usual_names_are_taken_and_told(path, label, values, caplog):
    rows = {path: values, label: CLASSES, "age": ["1", "2", "3", "4"], "sex": ["f", "m", "f", "m"]}
    path, label = path.replace("_", " "), label.replace("_", " ")
    with caplog.at_level(logging.INFO):
        chosen = choose(table(**shuffled(path + label, rows)))

    assert chosen == (path, label, "", "")
    assert f"{path!r} as path (image_folder.table.path)" in caplog.text
    assert f"{label!r} as label (image_folder.table.label)" in caplog.text
    (unused,) = [each.message for each in caplog.records if "not used" in each.message]
    assert "age" in unused
    assert "sex" in unused


def test_names_of_pictures_tell_more_than_the_name_of_a_column():
    assert choose(table(id=IDS, Bild=FILES, Sorte=CLASSES), label="Sorte").path == "Bild"
    assert choose(table(image=FILES, mask=FILES, label=CLASSES)).path == "image"


def test_the_only_column_that_is_left_is_the_label():
    assert choose(table(path=FILES, Sorte=CLASSES)).label == "Sorte"
    # not if it is different everywhere
    assert "no column 'label'" in question(table(path=FILES, Sorte=IDS))


@pytest.mark.parametrize(
    ("columns", "role", "candidates"),
    [
        ({"id": IDS, "name": IDS, "label": CLASSES}, "path", ["id", "name"]),
        ({"front": FILES, "back": FILES, "label": CLASSES}, "path", ["front", "back"]),
        ({"path": FILES, "class": CLASSES, "breed": CLASSES}, "label", ["class", "breed"]),
        ({"path": FILES, "one": CLASSES, "two": IDS}, "label", ["one", "two"]),
        ({"path": FILES, "yes": CLASSES, "1": CLASSES, "a,b'c": CLASSES}, "label", ["yes", "1", "a,b'c"]),
    ],
)
def test_what_is_not_clear_is_asked_with_the_answers(columns, role, candidates):
    message = question(table(**columns))

    assert message.startswith(f"The table t.csv has no column {role!r}, and none that clearly ")
    assert all(f"  {name}: {values[0]!r}, " in message for name, values in columns.items())
    assert answers(message) == [{role: name} for name in candidates]
    for answer in answers(message):
        assert getattr(choose(table(**columns), **answer), role) == answer[role]


def test_a_missing_header_is_thought_of():
    assert "the first line is missing: path,label" in question(table(a=["b", "c", "d", "e"], cat=CLASSES))


SPLIT_COLUMNS = {
    "Split": ["train", "test", "train", "validation"],
    "subset": ["TRAIN", "TEST", "", "VAL"],
    "set": ["training", "testing", "training", "valid"],
    "dataset": ["train", "train", "dev", "test"],
    "Usage": ["Training", "PublicTest", "PrivateTest", "Training"],
    "kind": ["train_set", "test-set", "Validation set", "train data"],
    "source": ["train2017", "val2017", "train2017", "test2017"],
    "is_train": ["1", "0", "1", "1"],
    "Is_Test": ["True", "False", "", "False"],
    "in_train_set": ["yes", "no", "yes", "no"],
    "is_training_image": ["1.0", "0.0", "1.0", "1.0"],
    "partition": ["0", "1", "2", "0"],
    "fold": ["1", "2", "1", "2"],
    "Set_Id": ["a", "b", "a", "b"],
}


@pytest.mark.parametrize("name", SPLIT_COLUMNS)
@pytest.mark.parametrize("label", ["label", "breed", "Sorte"])
def test_a_split_under_another_name_is_asked_about(name, label):
    rows = {"path": FILES, label: CLASSES, name: SPLIT_COLUMNS[name]}
    given = table(**shuffled(name + label, rows))
    name = name.replace("_", " ")

    message = question(given)

    assert "has no column 'split', but one that looks like it" in message
    assert f"did you mean {name}?" in message
    use, do_not = answers(message)
    assert use["split"] == name
    assert do_not == {"split": "none"}
    assert ("split_values" in use) == (name in ("partition", "fold", "Set Id"))
    assert choose(given, **use) == ("path", label, name, "")
    assert all(read_splits(given, name, TableOptions(**use))[row] for row in (0, 1))
    assert choose(given, split="none") == ("path", label, "", "")


@pytest.mark.parametrize("name", SPLIT_COLUMNS)
def test_beside_a_split_it_is_only_told(name, caplog):
    rows = {"path": FILES, "label": CLASSES, "split": ["train", "", "", "test"], name: SPLIT_COLUMNS[name]}
    with caplog.at_level(logging.INFO):
        assert choose(table(**rows)).split == "split"
    assert f"not used are the columns {name.replace('_', ' ')}." in caplog.text
    # an empty one is none
    assert "looks like it" in question(table(**rows | {"split": ["", "", "", ""]}))


def test_other_columns_are_no_splits():
    others = {
        "dataset": ["ham10000", "isic", "isic", "bcn"],
        "age": ["0", "1", "1", "0"],
        "trained": ["0", "1", "1", "0"],
        "vehicle": ["train", "bus", "car", "train"],
        "fold": ["", "", "", ""],
        "set": ["1", "1", "1", "1"],
        "part": ["1", "2", "3", "4"],
    }
    assert choose(table(path=FILES, label=CLASSES, **others)) == ("path", "label", "", "")


@pytest.mark.parametrize("name", ["patient_id", "Patient_ID", "subject", "lesion_id", "case"])
def test_a_group_is_never_guessed_but_told_of(name, caplog):
    given = table(path=FILES, label=CLASSES, **{name: ["1", "1", "2", "2"]})
    name = name.replace("_", " ")
    with caplog.at_level(logging.INFO):
        assert choose(given).group == ""

    assert answers(caplog.messages[-1]) == [{"group": name}]
    assert choose(given, group=name).group == name


@pytest.mark.parametrize(
    "values", [["0", "1", "1", "0"], ["0.0", "1.0", "1.0", "0.0"], ["False", "True"] * 2]
)
def test_a_column_for_each_class(values):
    other = list(reversed(values))

    assert "columns of 0 and 1 (MEL, NV)" in question(table(image=FILES, MEL=values, NV=other))

    message = question(table(image=FILES, MEL=["0", "1"] * 2, NV=["1", "0"] * 2))
    assert "a single 1 in each row, one label in several columns" in message
    assert "table['label'] = table[['MEL', 'NV']].idxmax(axis=1)" in message
    assert "multi-label" not in message
    assert choose(table(image=FILES, MEL=values, NV=other), label="MEL").label == "MEL"
    assert choose(table(image=FILES, MEL=values, NV=other, dx=CLASSES)).label == "dx"


@pytest.mark.parametrize("name", ["label", "labels", "classes", "tags"])
def test_lists_of_labels(name):
    message = question(table(path=FILES, nested={name: "lists"}))

    assert f"The column {name!r} of the table t.csv holds lists: several labels" in message
    assert "(multi-label) are not supported" in message


def test_structures_are_no_paths():
    assert "holds structures: no paths" in question(table(label=CLASSES, nested={"path": "structures"}))


def test_new_images_need_their_paths_alone():
    given = table(Image_Index=IDS, subset=["train", "test", "train", "test"])
    assert choose_path_column(given, PathTableOptions()) == "Image Index"


def test_meanings_of_values_need_a_column():
    message = question(table(path=FILES, label=CLASSES), split_values={0: "train"})
    assert "there is no column 'split'" in message
    assert message.endswith('--params "image_folder.table.split=<column>"')


def test_a_script_reads_the_options_to_give():
    speak(Speech())
    message = question(table(path=FILES, label=CLASSES, fold=["1", "2"] * 2))

    assert "TableOptions(split='fold', split_values={'1': 'train', '2': 'test'})" in message
    assert "to have splits drawn: TableOptions(split='none')" in message

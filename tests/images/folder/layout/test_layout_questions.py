"""Where folders may mean two things the command stops, and typing any of the answers gives that reading."""

import re
import shlex
from pathlib import Path

import pytest

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.images.folder.found_files import FolderContent, FoundFile
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.layout.files import read_layout
from image_classification.options import Speech, speak
from image_classification.parameters.command_line import params_option, speak_of_parameters
from image_classification.parameters.root import validate_parameters

ROOT = Path("/data/my set")


@pytest.fixture(autouse=True)
def command_line():
    """Have messages say what to type, as its answers are typed here."""
    speak_of_parameters()


def question(content):
    with pytest.raises(UserError) as caught:
        read_layout(content, path=ROOT)
    message = str(caught.value)
    assert message.startswith(f"{ROOT}: two readings are likely: ")
    return message


def answers(content):
    """Type each of the answers: what they say, with class and split of the files that they keep."""
    lines = [line for line in question(content).splitlines() if line.startswith("  - ")]
    assert len(lines) >= 2
    return [read_so(content, line.partition(": --params ")[2]) for line in lines]


def read_so(content, option):
    [text] = shlex.split(option)
    given = validate_parameters(parse_params(None, None, text)).image_folder
    inside = Path(given.path).relative_to(ROOT).as_posix() if given.path else "."
    if inside != ".":
        prefix = f"{inside}/"
        content = FolderContent(
            [
                FoundFile(name.removeprefix(prefix), ok)
                for name, ok in content.files
                if name.startswith(prefix)
            ],
            [name.removeprefix(prefix) for name in content.folders if name.startswith(prefix)],
        )
    files = read_layout(content, LayoutChoice(given.layout, given.splits.folders), ROOT / inside).files
    return {(file.class_name, file.given_split) for file in files if file.status == "ok"}


def classes(*names):
    return {(name, "") for name in names}


def in_splits(names, *splits):
    return {(name, split) for name in names for split in splits}


@pytest.mark.parametrize("wrapper", ["", "dataset/", "some/thing/"])
@pytest.mark.parametrize(
    ("first", "second", "inner"),
    [
        ("foo", "bar", "a,b"),
        ("learn", "check", "cat,dog,hen,cow"),
        ("entrenamiento", "prueba", "gato,perro"),
        ("train", "prueba", "a,b"),
        ("cat", "dog", "day,night"),
        ("Käse, alt", "it's {new}", "x y,yes"),
        ("2019", "2020", "1,2"),
    ],
)
def test_the_same_folders_in_each(tree, first, second, inner, wrapper):
    folders = [f"{wrapper}{folder}/{name}" for folder in (first, second) for name in inner.split(",")]
    content = FolderContent(
        [FoundFile(f"{folder}/{n}.jpg", "ok") for folder in folders for n in range(3)],
        [*_parents(wrapper), f"{wrapper}{first}", f"{wrapper}{second}", *folders],
    )

    readings = answers(content)

    assert readings[0] == classes(first, second)
    assert readings[1] == in_splits(inner.split(","), "train", "test")
    assert readings[2] == in_splits(inner.split(","), "train")
    if inner.count(",") == 1:
        assert readings[3] == in_splits([first, second], "train", "test")


def _parents(wrapper):
    parts = wrapper.rstrip("/").split("/") if wrapper else []
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_any_number_of_folders_with_the_same_inside(tree, count):
    names = [f"part{number}" for number in range(count)]

    readings = answers(tree(f"{{{','.join(names)}}}/{{a,b,c,d}}"))

    assert readings[0] == classes(*names)
    splits = {split for _, split in readings[1]}
    assert splits == ({"train", "test"} if count == 2 else {"train", "validation", "test"})


def test_a_folder_may_lack_few_of_the_classes(tree):
    question(tree("foo/{a,b,c,d,e}", "bar/{a,b,c,d}"))
    question(tree("{foo,bar}/{a,b}", "docs"))


def test_a_larger_part_is_taken_for_training(tree):
    assert "splits={train: zoo, test: ape}" in question(tree("ape/{a,b}", "zoo/{a,b}/{1,2}.jpg"))


@pytest.mark.parametrize(
    "names",
    [
        ["cat/{anna,bob}", "dog/{carl,dora}"],
        ["cat/{anna,bob}", "dog/{bob,carl}"],
        ["cat/{2019,2020,2021}", "dog/{2021,2022}"],
        ["cat/images", "dog/images"],
        ["cat/{indoor,outdoor}", "dog", "hen"],
        ["cat/{indoor,outdoor}", "dog/{indoor,outdoor}", "hen", "cow", "fox"],
        ["rail/{train,tram}", "road/{car,bus}"],
        ["train/{steam,electric}", "car/{sedan,van}", "bus/{red,blue}"],
    ],
)
def test_folders_inside_classes_that_differ_raise_no_question(tree, names):
    files = read_layout(tree(*names)).files

    assert {(file.class_name, file.given_split) for file in files} == classes(
        *(name.split("/")[0] for name in names)
    )


@pytest.mark.parametrize("holder", ["data", "pets", "images/cut", "train"])
@pytest.mark.parametrize("aside", ["examples", "samples", "preview/{1,2}.jpg", "unlabeled/{x,y}/1.jpg"])
def test_a_folder_of_folders_beside_what_is_no_class(tree, holder, aside):
    first, second = holder.split("/")[0], aside.split("/")[0]

    readings = answers(tree(f"{holder}/{{cat,dog}}", aside))

    assert readings[0] == classes(first, second)
    assert readings[1] == in_splits(["cat", "dog"], "train" if first == "train" else "")


@pytest.mark.parametrize("holder", ["data", "images", "dataset", "train"])
def test_a_folder_that_only_holds_beside_any_other(tree, holder):
    readings = answers(tree(f"{holder}/{{cat,dog}}", "whatever"))

    assert readings[0] == classes(holder, "whatever")
    assert {name for name, _ in readings[1]} == {"cat", "dog"}


@pytest.mark.parametrize("folder", ["test", "Testing_set", "more"])
def test_a_folder_of_its_neighbours(tree, folder):
    readings = answers(tree("cat", "dog", "hen", f"{folder}/{{cat,dog,hen}}"))

    assert readings[0] == classes("cat", "dog", "hen", folder)
    assert readings[1] == in_splits(["cat", "dog", "hen"], "train", "test")
    assert readings[2] == classes("cat", "dog", "hen")


def test_a_training_folder_beside_the_classes_of_the_test(tree):
    readings = answers(tree("a", "b", "train/{a,b}"))

    assert readings[1] == in_splits(["a", "b"], "train", "test")


def test_splits_in_few_of_the_classes(tree):
    readings = answers(tree("cat/{train,test}", "dog"))

    assert readings == [classes("cat", "dog"), {("cat", "train"), ("cat", "test"), ("dog", "")}]


def test_a_set_with_splits_beside_something(tree):
    readings = answers(tree("New Set (v2)/{train,valid}/{a,b}", "test/test/{1,2}.jpg"))

    assert readings[0] == classes("New Set (v2)", "test")
    assert readings[1] == in_splits(["a", "b"], "train", "validation")


def test_two_sets_with_splits(tree):
    readings = answers(tree("{one,two}/{train,test}/{cat,dog}"))

    assert readings[0] == in_splits(["one", "two"], "train", "test")
    assert readings[1] == in_splits(["cat", "dog"], "train", "test")


def test_pictures_beside_their_masks(tree):
    readings = answers(tree("{images,masks}/{a,b}"))

    assert classes("a", "b") in readings


def test_what_is_asked_and_how(tree):
    message = question(tree("{foo,bar}/{a,b}"))

    assert re.sub(r"\n.*day.*", "", message) == (
        "/data/my set: two readings are likely: bar and foo hold folders of the same names (a and b).\n"
        "Say which is meant:\n"
        "  - bar and foo are classes, whatever folders they have inside: "
        "--params image_folder.layout=classes\n"
        "  - bar and foo are splits, a and b the classes: "
        '--params "image_folder.splits={train: bar, test: foo}"\n'
        "  - bar and foo are parts of one set with the classes a and b, whose splits are to be drawn: "
        '--params "image_folder.splits={train: [bar, foo]}"\n'
        "  - bar and foo are classes, a and b the splits in them: "
        '--params "image_folder.splits={train: a, test: b}"'
    )


def test_a_script_reads_the_options_to_give(tree):
    speak(Speech())
    content = tree("{foo,bar}/{a,b}")

    options = [line.partition(": Image")[2] for line in question(content).splitlines() if " - " in line]

    assert options[:2] == [
        "FolderOptions(layout='classes')",
        "FolderOptions(splits={'train': 'bar', 'test': 'foo'})",
    ]


@pytest.mark.parametrize(
    ("folders", "guess"),
    [
        ("dev_test,development", {"train": "development", "test": "dev_test"}),
        ("train,dev_test", {"train": "train", "test": "dev_test"}),
        ("train,val_test", {"train": "train", "test": "val_test"}),
        ("train,test,dev_test", {"train": "train", "validation": "dev_test", "test": "test"}),
        ("Train,Test,train vs test", {"train": ["Train"], "test": ["Test", "train vs test"]}),
        ("train,val,test,test-dev", {"train": "train", "validation": ["val", "test-dev"], "test": "test"}),
    ],
)
def test_a_folder_with_the_words_of_several_splits(tree, folders, guess):
    content = tree(f"{{{folders}}}/{{cat,dog}}")

    message = question(content)

    assert params_option({"image_folder.splits": _as_shown(guess)}) in message
    assert any({name for name, _ in reading} == {"cat", "dog"} for reading in answers(content))


def _as_shown(splits):
    single = {split: each[0] for split, each in splits.items() if isinstance(each, list) and len(each) == 1}
    return splits | single


@pytest.mark.parametrize("other", ["augmented", "extra photos", "2020"])
def test_what_is_left_out_beside_splits_can_be_trained_on(tree, other):
    content = tree(f"{{train,val,{other}}}/{{cat,dog}}")

    (warning,) = read_layout(content, path=ROOT).warnings

    option = warning.partition("To train on them as well: --params ")[2]
    assert read_so(content, option) == in_splits(["cat", "dog"], "train", "validation")
    assert len(option) > 0


@pytest.mark.parametrize("other", ["trainval", "train_val", "train+val"])
def test_nobody_is_told_to_train_on_the_validation_images(tree, other):
    (warning,) = read_layout(tree(f"{{train,val,test,{other}}}/{{cat,dog}}"), path=ROOT).warnings

    assert "Left out" in warning
    assert "To train on them" not in warning


def test_thousands_of_classes(tree):
    content = tree(*(f"c{number}/{{{number},x{number}}}" for number in range(3000)))

    assert len(read_layout(content).class_folders) == 3000


@pytest.mark.parametrize(
    ("folders", "answer"),
    [
        ("tr,te", "{train: tr, test: te}"),
        ("TE,TR,VA", "{train: TR, validation: VA, test: TE}"),
        ("test,train,train_val_test", "{train: train, test: test}"),
        ("test,train,test_and_train", "{train: train, test: test}"),
    ],
)
def test_the_likely_answer_is_the_first_with_splits(tree, folders, answer):
    with pytest.raises(UserError) as caught:
        read_layout(tree(f"{{{folders}}}/{{cat,dog}}"))

    first = next(line for line in str(caught.value).splitlines() if "image_folder.splits=" in line)
    assert f"image_folder.splits={answer}" in first


@pytest.mark.parametrize("pictures", ["images", "Data", "img"])
@pytest.mark.parametrize("masks", ["masks", "GT", "label_masks"])
def test_of_pictures_and_masks_in_each_class_the_first_answer_keeps_the_pictures(tree, pictures, masks):
    content = tree(f"{{covid,normal,other}}/{{{pictures},{masks}}}")

    assert answers(content)[0] == in_splits(["covid", "normal", "other"], "train")
    files = read_layout(content, LayoutChoice("auto", {"train": [pictures]})).files
    assert {file.name.split("/")[1] for file in files if file.status == "ok"} == {pictures}

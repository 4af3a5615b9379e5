"""Folders are classes, or splits of classes; files that are in neither are left out with the reason."""

import random
import unicodedata

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.found_files import FolderContent, FoundFile
from image_classification.images.folder.layout.files import read_layout


def layout(*names):
    folders = {}
    for name in names:
        parts = name.split("/")
        folders |= {"/".join(parts[:depth]): None for depth in range(1, len(parts))}
    files = [FoundFile(name, "ok") for name in names if not name.endswith("/")]
    return read_layout(FolderContent(files, list(folders)))


def labels(*names):
    return [(file.class_name, file.given_split) for file in layout(*names).files]


def test_a_folder_per_class_nested_to_any_depth():
    assert labels("cat/1.jpg", "cat/indoor/new/2.jpg", "dog/1.jpg") == [("cat", ""), ("cat", ""), ("dog", "")]


def test_splits_by_any_of_their_names():
    assert labels(
        "Train/cat/1.jpg", "val/cat/1.jpg", "valid/cat/x/2.jpg", "validation/dog/1", "test/dog/2"
    ) == [
        ("cat", "train"),
        ("cat", "validation"),
        ("cat", "validation"),
        ("dog", "validation"),
        ("dog", "test"),
    ]


def test_a_single_split_is_a_split():
    assert labels("train/cat/1.jpg", "train/dog/1.jpg") == [("cat", "train"), ("dog", "train")]


def test_a_class_may_be_called_train_or_test():
    assert labels("car/1.jpg", "train/1.jpg", "plane/1.jpg") == [("car", ""), ("train", ""), ("plane", "")]
    assert labels("pass/1.jpg", "test/1.jpg") == [("pass", ""), ("test", "")]


def test_what_lies_beside_classes_or_splits_is_left_out():
    beside_splits = layout("train/cat/1.jpg", "test/cat/1.jpg", "extra/1.jpg", "train/2.jpg", "3.jpg").files

    assert [file.status for file in beside_splits] == [
        "ok",
        "ok",
        "ignored: in none of the folders of splits",
        "ignored: in no folder of a class",
        "ignored: in no folder of a class",
    ]
    assert layout("cat/1.jpg", "2.jpg").files[1].status == "ignored: in no folder of a class"


def test_an_accent_is_one_class_however_it_is_written():
    composed, decomposed = (unicodedata.normalize(form, "Käfer") for form in ("NFC", "NFD"))
    assert composed != decomposed

    files = layout(f"train/{composed}/1.jpg", f"test/{decomposed}/1.jpg").files

    assert [file.class_name for file in files] == [composed, composed]
    assert files[1].name == f"test/{decomposed}/1.jpg"


def test_classes_without_files_are_known():
    assert layout("train/cat/1.jpg", "train/bird/", "test/cat/1.jpg").class_folders == ["cat", "bird"]


def expected(content, **labels):
    """Class and split of each file by what is said of folders: `{"train/cat": ("cat", "train")}`."""
    return {
        file.name: next((label for start, label in labels.items() if file.name.startswith(f"{start}/")), None)
        for file in content.files
    }


def read(content, **labels):
    return {
        file.name: (file.class_name, file.given_split) if file.status == "ok" else None
        for file in read_layout(content).files
    }


def in_splits(*folders, classes=("a", "b")):
    """What is expected of folders of classes inside folders of splits, given as pairs."""
    return {f"{folder}/{name}": (name, split) for folder, split in folders for name in classes}


PAIRS = [
    ("training_set", "test_set"),
    ("seg_train", "seg_test"),
    ("Train_data", "Test_data"),
    ("train-images", "test-images"),
    ("images_train", "images_test"),
    ("01_train", "02_test"),
    ("train2017", "test2017"),
    ("xray_train", "xray_test"),
    ("TRAINING", "TESTING"),
    ("trainset", "testset"),
    ("train", "holdout"),
    ("my_train", "hold-out"),
    ("Training Data", "Testing Data"),
    ("trainval", "test"),
    ("TrainImages", "TestImages"),
    ("train", "xray_test"),
]
WRAPPERS = ["", "dataset/", "archive/data/", "cats_and_dogs_filtered/", "a/b/c/"]


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize(("train", "test"), PAIRS)
def test_splits_in_the_usual_dress_and_behind_what_holds_everything(tree, train, test, wrapper):
    content = tree(f"{wrapper}{{{train},{test}}}/{{a,b}}")

    assert read(content) == expected(
        content, **in_splits((f"{wrapper}{train}", "train"), (f"{wrapper}{test}", "test"))
    )


@pytest.mark.parametrize("inner", ["{split}", "images", "data/{split}_images", "{split}/{split}"])
@pytest.mark.parametrize("others", [("test",), ("validation",), ("validation", "test")])
def test_a_split_with_another_folder_around_its_classes(tree, inner, others):
    splits = ("train", *others)
    folders = [(f"seg_{split}/{inner.format(split=split)}", split) for split in splits]
    content = tree(*(f"{folder}/{{a,b}}" for folder, _ in folders))

    assert read(content) == expected(content, **in_splits(*folders))


def test_only_one_split_has_another_folder_inside(tree):
    content = tree("train/{a,b}", "test/everything/{a,b}")

    assert read(content) == expected(content, **in_splits(("train", "train"), ("test/everything", "test")))


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (("train1", "train2", "validation"), ("train", "train", "validation")),
        (("train_a", "train_b", "test_a"), ("train", "train", "test")),
        (("train", "val", "valid", "validation"), ("train", "validation", "validation", "validation")),
    ],
)
def test_several_folders_of_one_split(tree, folders, splits):
    content = tree(f"{{{','.join(folders)}}}/{{a,b}}")

    assert read(content) == expected(content, **in_splits(*zip(folders, splits, strict=True)))


def test_training_and_validation_together_are_left_out_beside_the_two(tree):
    content = tree("{train,val,trainval}/{a,b}")

    assert read(content) == expected(content, **in_splits(("train", "train"), ("val", "validation")))


def test_a_training_folder_that_is_divided_again(tree):
    content = tree("train/{train,valid}/{a,b}", "test/{a,b}")

    folders = ("train/train", "train"), ("train/valid", "validation"), ("test", "test")
    assert read(content) == expected(content, **in_splits(*folders))


@pytest.mark.parametrize("project", ["training_data", "test_project", "eval set"])
def test_what_holds_everything_may_sound_like_a_split(tree, project):
    content = tree(f"{project}/{{train,val}}/{{a,b}}")

    folders = (f"{project}/train", "train"), (f"{project}/val", "validation")
    assert read(content) == expected(content, **in_splits(*folders))


@pytest.mark.parametrize("between", ["", "/photos", "/2019"])
@pytest.mark.parametrize("wrapper", ["", "data/", "pets/"])
def test_splits_inside_classes(tree, wrapper, between):
    content = tree(
        f"{wrapper}{{cat,dog}}{between}/{{Training,test}}", f"{wrapper}cat{between}/test/old/2.jpg"
    )

    assert read(content) == {
        f"{wrapper}{name}{between}/{folder}/{file}": (name, split)
        for name in ("cat", "dog")
        for folder, split in (("Training", "train"), ("test", "test"))
        for file in ("1.jpg", "old/2.jpg")
        if file == "1.jpg" or (name, split) == ("cat", "test")
    }


def test_beside_splits_inside_classes(tree):
    content = tree("{cat,dog,hen}/{train,test}", "hen/misc", "cat/2.jpg", "fox/{test,rest}", "cow")

    labels = read(content)

    assert labels["hen/misc/1.jpg"] is None
    assert labels["cat/2.jpg"] == ("cat", "")
    assert labels["fox/test/1.jpg"] == ("fox", "test")
    assert labels["fox/rest/1.jpg"] is None
    assert labels["cow/1.jpg"] == ("cow", "")


@pytest.mark.parametrize(
    "names",
    [
        ("car", "train", "bus"),
        ("control", "test"),
        ("test", "pass", "fail"),
        ("valve", "contest"),
        ("trained_dog", "stray_dog"),
        ("training_shoes", "dress_shoes"),
        ("training_shoes", "test_tube"),
        ("training_shoes", "test_tube", "valley"),
        ("valid", "invalid"),
        ("dev_board", "test_board"),
        ("train_station", "bus_station"),
        ("A", "B", "C"),
        ("0", "1", "10"),
    ],
)
@pytest.mark.parametrize("inside", ["", "/{0}{1}"])
def test_classes_that_sound_like_splits(tree, names, inside):
    content = tree(*(name + inside.replace("{0}", name).replace("{1}", "s") for name in names))

    assert set(read(content).values()) == {(name, "") for name in names}


@pytest.mark.parametrize("holder", ["data", "Images", "archive (2)", "dataset/images"])
@pytest.mark.parametrize("beside", ["annotations/a.xml", "labels.csv", "models/", "cover.jpg"])
def test_classes_behind_a_folder_whose_name_says_nothing(tree, holder, beside):
    content = tree(f"{holder}/{{cat,dog}}", beside)

    assert read(content) == expected(content, **{f"{holder}/cat": ("cat", ""), f"{holder}/dog": ("dog", "")})


def test_a_folder_that_may_be_a_class_is_not_passed_by(tree):
    assert set(read(tree("pets/{cat,dog}")).values()) == {("pets", "")}
    assert set(read(tree("train/pets/{cat,dog}")).values()) == {("pets", "train")}


UNLABELLED = ["test", "test1", "Test_images", "test/test", "test/unknown", "test/images", "testing/test1/x"]


@pytest.mark.parametrize("folder", UNLABELLED)
def test_a_test_folder_without_labels_is_left_out_for_inference(tree, folder):
    content = tree("train/{cat,dog}", f"{folder}/{{1,2,3}}.jpg")

    layout = read_layout(content)

    assert read(content) == expected(content, **in_splits(("train", "train"), classes=("cat", "dog")))
    [warning] = layout.warnings
    assert warning.startswith(f"Left out: 3 pictures (such as {folder}/1.jpg) in {folder.split('/')[0]}")
    assert [folder.split("/")[0]] == [place.split("/")[0] for place in layout.unlabelled]
    assert "test" not in layout.decision.replace("test/unknown", "")


def test_a_single_class_of_the_others_is_a_class(tree):
    assert read(tree("train/{cat,dog}", "test/cat"))["test/cat/1.jpg"] == ("cat", "test")
    assert read(tree("train/{control,test}", "test/test"))["test/test/1.jpg"] == ("test", "test")


def test_splits_with_some_classes_of_their_own_have_all(tree):
    content = tree("train/{cat,dog}", "test/{cat,hen}", "val/dog")

    assert set(read(content).values()) == {
        ("cat", "train"),
        ("dog", "train"),
        ("cat", "test"),
        ("hen", "test"),
        ("dog", "validation"),
    }


def test_empty_folders_decide_nothing(tree):
    assert set(read(tree("train/{a,b}", "notes/", "test/")).values()) == {("a", "train"), ("b", "train")}
    assert set(read(tree("a", "b", "train/", "test/")).values()) == {("a", ""), ("b", "")}


def any_tree(seed):
    """A tree whose meaning is known: files, and class and split of each or None."""
    chance = random.Random(seed)
    wrapper = "".join(
        f"{name}/" for name in chance.sample(["pets", "data", "v2", "Käse"], chance.randrange(4))
    )
    classes = chance.sample(["cat", "dog", "train", "test", "valve", "Ärmel", "a", "7", "dress shoes"], 4)
    classes = classes[: chance.choice([2, 3, 4])]
    dress = chance.choice(["{}", "seg_{}", "{}_data", "0_{}", "{} (1)", "{}2017", "x-{}"])
    case = chance.choice([str.lower, str.upper, str.title])
    words = {
        "train": ["train", "training"],
        "validation": ["val", "valid", "dev"],
        "test": ["test", "holdout"],
    }
    splits = ["train", *chance.choice([["test"], ["validation"], ["validation", "test"]])]
    folder_of = {split: case(dress.format(chance.choice(words[split]))) for split in splits}
    above = chance.random() < 0.6
    if not above and "train" in classes:  # nobody could tell train/test/… from its opposite
        classes = [name for name in classes if name != "test"] + ["hen"]
    labels = {}
    for place, split in enumerate(splits):
        inner = f"/{folder_of[split]}" if above and chance.random() < 0.3 else ""
        for name in classes if place == 0 else classes[: chance.choice([2, len(classes)])]:
            parts = chance.choice(["", "", f"{name} by anna/", f"{seed}/x/"])
            folder = f"{folder_of[split]}{inner}/{name}" if above else f"{name}/{folder_of[split]}"
            for number in range(chance.choice([1, 3])):
                labels[f"{wrapper}{folder}/{parts}{number}.jpg"] = (name, split)
        if above and chance.random() < 0.3:
            labels[f"{wrapper}{folder_of[split]}/stray.png"] = None
    if above and chance.random() < 0.3:
        labels[f"{wrapper}examples/1.jpg"] = None
    if chance.random() < 0.3:
        labels["cover.jpg"] = None
    names = list(labels)
    chance.shuffle(names)
    return [*names, *(["empty/", f"{wrapper}notes.txt"] if chance.random() < 0.3 else [])], labels


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_any_tree_is_read_as_it_was_meant(tree, start):
    for seed in range(start, start + 100):
        names, labels = any_tree(seed)
        found = {name: label for name, label in read(tree(*names)).items() if name in labels}

        assert found == labels, f"seed {seed}: {names}"


def test_what_is_left_out_is_named_with_place_and_number(tree):
    layout = read_layout(
        tree("train/{a,b}", "test/{a,b}", "extra/x/{1,2}.jpg", "train/3.jpg", "{4,5}.png", "readme.txt")
    )

    assert list(layout.warnings) == [
        "Left out: 2 pictures (such as extra/x/1.jpg) in extra, which is none of the folders of splits.",
        "Left out: 1 picture (such as train/3.jpg) in train, in no folder of a class.",
        "Left out: 2 pictures (such as 4.png) in ., in no folder of a class.",
    ]
    assert layout.unlabelled == ("extra",)


def test_a_class_with_all_its_pictures_deeper_than_the_others_is_warned_of(tree):
    layout = read_layout(tree("pets/{cat,dog}", "birds"))

    assert set(layout.class_folders) == {"pets", "birds"}
    [warning] = layout.warnings
    assert warning.endswith("ImageFolderOptions(path='pets')")


@pytest.mark.parametrize(
    ("names", "decision"),
    [
        (["{a,b,c}"], "3 classes from the first level of folders; no splits given"),
        (
            ["{a,b}", "a/x"],
            "2 classes from the first level of folders; no splits given; folders inside a class belong to it",
        ),
        (["data/{a,b}"], "2 classes from the second level of folders, inside data; no splits given"),
        (
            ["{training_set,test_set}/{a,b}"],
            "2 classes from the second level of folders; splits from the first level: train = training_set, "
            "test = test_set",
        ),
        (
            ["{a,b}/{train,test}"],
            "2 classes from the first level of folders; splits from the second level: train = train, "
            "test = test",
        ),
        (
            ["train/{a,b}", "val/val/{a,b}", "test/1.jpg"],
            "2 classes from the second and third levels of folders; splits from the first level: "
            "train = train, validation = val",
        ),
    ],
)
def test_the_decision_in_a_line(tree, names, decision):
    assert read_layout(tree(*names)).decision == decision


@pytest.mark.parametrize(
    "names",
    [
        ["{train,test}"],
        ["train"],
        ["train/photos", "test/photos"],
        ["data/{train,val}"],
        ["images/{train,val}", "labels/{train,val}/1.txt"],
        ["{train_cat,test_cat,train_dog,test_dog}"],
        ["train", "test/{a,b}"],
    ],
)
def test_nothing_to_train_on_in_folders_of_splits(tree, names):
    with pytest.raises(UserError, match="but no folders of classes: nothing says what they show"):
        read_layout(tree(*names))


@pytest.mark.parametrize(("split", "classes"), [("test", "{Cat,Dog}"), ("val", "{CAT,dOG}")])
def test_classes_of_another_case_in_a_split_are_to_be_renamed(tree, split, classes):
    with pytest.raises(UserError, match="differ in upper and lower case") as caught:
        read_layout(tree("train/{cat,dog}", f"{split}/{classes}"))

    assert str(caught.value).endswith("rename them.")


@pytest.mark.parametrize("classes", ["{hen,cow}", "{cats,dogs,hens}"])
def test_a_split_of_other_classes_only_stops(tree, classes):
    with pytest.raises(UserError, match="the test split has other classes") as caught:
        read_layout(tree("train/{cat,dog}", f"test/{classes}"))

    assert "To leave it out: ImageFolderOptions(splits={'train': 'train'})" in str(caught.value)


@pytest.mark.parametrize("name", ["train_{}", "foo_train_{}", "{} train"])
def test_thousands_of_folders_of_one_split(tree, name):
    folders = [name.format(number) for number in range(2000)]
    content = tree(f"{{{','.join(folders)}}}/{{a,b}}", "test/{a,b}")

    splits = {file.name.partition("/")[0]: file.given_split for file in read_layout(content).files}

    assert splits == dict.fromkeys(folders, "train") | {"test": "test"}


@pytest.mark.parametrize("masks", ["Train_masks", "train labels", "training-annotations", "TrainGT"])
@pytest.mark.parametrize("train", ["train", "Training"])
def test_masks_of_a_split_are_no_part_of_it(tree, train, masks):
    content = tree(f"{{{train},test,{masks}}}/{{a,b}}")

    with pytest.raises(UserError) as caught:
        read(content)

    assert f"{masks} beside the splits" in str(caught.value)
    # other words beside that of a split say nothing of masks
    content = tree("{seg_train,seg_test}/{a,b}")
    assert read(content) == expected(content, **in_splits(("seg_train", "train"), ("seg_test", "test")))

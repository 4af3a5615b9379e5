"""Given splits stay, missing ones are drawn by content: stable, repeatable, in about the wanted shares."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.folder.checks import one_class_left
from image_classification.images.folder.folder_split import make_folder_index
from image_classification.images.folder.options import FolderSplitOptions
from image_classification.images.store.image_dict import ImageDict


def files(count=1000, given="", classes=4, **columns):
    return pd.DataFrame(
        {
            "name": [f"{row}.png" for row in range(count)],
            "class_name": [str(row % classes) for row in range(count)],
            "given_split": given,
            "group": "",
            "sha256": [f"content {row}" for row in range(count)],
            "width": 1,
            "height": 1,
            "mode": "L",
            "header_status": "ok",
        }
        | columns
    )


def images_of(table, status=None):
    table = table[table["header_status"] == "ok"]
    names = sorted(set(table["class_name"]))
    return ImageDict(
        images=torch.zeros((len(table), 1, 1, 1), dtype=torch.uint8),
        labels=torch.tensor([names.index(name) for name in table["class_name"]], dtype=torch.int64),
        names=table["name"].tolist(),
        class_names=names,
        status=status,
    )


def index(table, status=None, marks=None, **parameters):
    return make_folder_index(
        table, images_of(table, status), FolderSplitOptions(**parameters), marks=marks
    ).index


def marks_of(table, groups=None, reasons=None):
    """As the audit gives them: an image without copies is a group of its own."""
    names = table["name"][table["header_status"] == "ok"].tolist()
    return pd.DataFrame(
        {
            "name": names,
            "duplicate_group": [(groups or {}).get(name, 1000 + row) for row, name in enumerate(names)],
            "copies": "near duplicates from 0.93",
            "left_out_reason": [(reasons or {}).get(name, "") for name in names],
        }
    )


def splits(table, **options):
    return index(table, **options).set_index("name")["split"]


def test_every_class_gives_about_its_share():
    made = index(files(8000), validation=0.1, test=0.2)

    shares = pd.crosstab(made["class_name"], made["split"], normalize="index")
    assert shares["validation"].between(0.08, 0.12).all()
    assert shares["test"].between(0.17, 0.23).all()


def test_adding_images_moves_none_of_the_old_ones():
    few, many = splits(files(500)), splits(files(1500, classes=7))

    pd.testing.assert_series_equal(many[few.index], few)


def test_the_name_and_the_class_do_not_matter_but_the_content_does():
    table = files()
    renamed = table.assign(name=[f"other/{name}" for name in table["name"]])

    assert splits(renamed).tolist() == splits(table).tolist()
    assert splits(table.assign(sha256=table["sha256"] + "!")).tolist() != splits(table).tolist()


def test_the_seed_decides():
    assert splits(files(), seed=1).tolist() != splits(files(), seed=2).tolist()
    assert splits(files(), seed=1).tolist() == splits(files(), seed=1).tolist()


def test_another_share_of_one_split_leaves_the_other_as_it_was():
    small, large = splits(files(), validation=0.1), splits(files(), validation=0.3)

    assert (small[small == "validation"].index.isin(large[large == "validation"].index)).all()
    assert (small[small == "test"].index == large[large == "test"].index).all()


def test_shares_of_nothing():
    assert set(splits(files(), validation=0, test=0)) == {"train"}


def test_given_splits_stay_and_only_missing_ones_are_drawn():
    given = ["train"] * 800 + ["test"] * 200
    made = splits(files(given=given), validation=0.1, test=0.5)

    assert set(made[800:]) == {"test"}
    assert set(made[:800]) == {"train", "validation"}
    assert set(splits(files(given=["train"] * 500 + ["validation"] * 500))[:500]) == {"train", "test"}
    everything = ["train"] * 500 + ["validation"] * 250 + ["test"] * 250
    assert splits(files(given=everything)).tolist() == everything


def test_the_same_content_is_in_one_split():
    made = index(files(sha256=[f"content {row % 100}" for row in range(1000)]))

    assert (made.groupby("sha256")["split"].nunique() == 1).all()


def test_a_group_is_in_one_split():
    made = index(files(group=[f"patient {row % 50}" for row in range(1000)]))

    assert (made.groupby("group")["split"].nunique() == 1).all()
    assert set(made["split"]) == {"train", "validation", "test"}


@pytest.mark.slow
def test_near_duplicates_and_groups_hold_together_along_a_chain():
    # 0 and 1 are of one patient, 1 and 2 near duplicates, 2 and 3 of another patient
    table = files(200, group=["a", "a", "b", "b", *[""] * 196])
    near = marks_of(table, groups={"1.png": 7, "2.png": 7})

    for seed in range(20):
        made = splits(table, seed=seed, marks=near)
        assert made.iloc[:4].nunique() == 1


def test_what_is_left_out_is_in_no_split_and_says_why():
    table = files(100, header_status=["ignored: hidden", *["ok"] * 99])
    status = ["unreadable: truncated", *["ok"] * 98]

    made = index(table, status, marks_of(table, reasons={"2.png": "leak: as 3.png"})).set_index("name")

    assert made["left_out_reason"].tolist()[:4] == [
        "ignored: hidden",
        "unreadable: truncated",
        "leak: as 3.png",
        "",
    ]
    assert made["split"].tolist()[:3] == ["", "", ""]
    assert (made["split"][3:] != "").all()
    assert made["decode_status"].tolist()[:3] == ["", "unreadable: truncated", "ok"]
    assert made["label"].tolist()[:3] == [-1, 1, 2]
    assert made["label"].dtype == np.int64
    assert made["duplicate_group"].tolist()[:3] == [-1, 1000, 1001]


def test_a_given_test_set_that_cannot_be_read_is_drawn_anew():
    table = files(given=["test", *["train"] * 999])

    made = index(table, ["unreadable: truncated", *["ok"] * 999])

    assert (made["split"] == "test").sum() > 100


def test_no_image_for_training():
    with pytest.raises(UserError, match="No image remains for training, of 1000 that can be read"):
        index(files(given="test"))


def test_a_class_that_a_split_lacks_is_warned_of(caplog):
    given = ["train", "train", "test", "validation"]
    with caplog.at_level(logging.WARNING):
        index(files(4, given=given, classes=2))

    assert "There is no image of 1 in the test set." in caplog.text
    assert "There is no image of 0 in the validation set." in caplog.text


def test_a_set_without_images_is_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        index(files(4), test=0, validation=0)

    assert "There is no image in the test set." in caplog.text


def test_an_older_table_is_refused():
    with pytest.raises(UserError, match="older"):
        make_folder_index(files(10), images_of(files(11)), FolderSplitOptions())


def test_what_was_drawn_is_said(caplog):
    with caplog.at_level(logging.INFO):
        made = index(files(given=["train"] * 900 + ["validation"] * 100))

    taken = (made["split"] == "test").sum()
    assert f"No test set is given: of the 900 training images {taken} for test are taken." in caplog.text


def test_that_no_split_is_given_is_said(caplog):
    with caplog.at_level(logging.INFO):
        counts = index(files())["split"].value_counts()

    taken = f"{counts['validation']} for validation and {counts['test']} for test"
    assert f"No validation or test set is given: of the 1,000 images {taken} are taken." in caplog.text


def test_given_splits_need_no_announcement(caplog):
    with caplog.at_level(logging.INFO):
        index(files(6, given=["train", "train", "validation", "validation", "test", "test"], classes=2))

    assert caplog.text == ""


def test_that_copies_decide_the_splits_is_said(caplog):
    table = files(160, classes=2, sha256=[f"content {row % 4}" for row in range(160)])
    with caplog.at_level(logging.WARNING):
        index(table)

    assert "stay in one split" in caplog.text
    assert "'0' (80 images of 2), '1' (80 images of 2)" in caplog.text


@pytest.mark.parametrize("lost", ["copies", "given"])
def test_a_training_set_of_one_class_is_refused(lost):
    table = files(40, classes=2, given="train" if lost == "copies" else "")
    if lost == "given":
        table["given_split"] = ["train" if row % 2 else "test" for row in range(40)]
    reasons = {f"{row}.png": "leak: as in the test set" for row in range(0, 40, 2)}

    with pytest.raises(UserError) as refused:
        index(table, marks=marks_of(table, reasons=reasons if lost == "copies" else {}))

    message = str(refused.value)
    assert message.startswith(
        "All images that remain for training are of one class, '1': nothing to tell apart."
    )
    assert ("0: 20 leak" if lost == "copies" else "0: 20 in the test set") in message


def one_class_message(table, status=None, **marks):
    with pytest.raises(UserError, match="of one class, '1': nothing to tell apart") as refused:
        index(table, status, marks=marks_of(table, **marks))
    return str(refused.value)


@pytest.mark.parametrize("count", [20, 60])
@pytest.mark.parametrize("others", [1, 3])
def test_the_advice_on_one_class_fits_what_became_of_the_others(count, others):
    classes = ["1" if row % 2 else f"x{row // 2 % others}" for row in range(count)]
    lost = [row for row in range(count) if row % 2 == 0]
    given = files(
        count, class_name=classes, given_split=["test" if row in lost else "train" for row in range(count)]
    )
    train = files(count, class_name=classes, given="train")
    near = {f"{row}.png": 7 for row in range(count)}

    by_split = one_class_message(given)
    unreadable = one_class_message(
        train, ["unreadable: broken" if row in lost else "ok" for row in range(count)]
    )
    equal = [f"content {row // 2}" for row in range(count)]
    copies = {f"{row}.png": "label conflict: the same picture is labelled 1" for row in lost}
    of_equal_files = one_class_message(
        train.assign(sha256=equal), groups={f"{row}.png": row // 2 for row in range(count)}, reasons=copies
    )
    of_near_copies = one_class_message(train, groups=near, reasons=copies)

    told = {
        "training images of every class are needed": by_split,
        "Mend or replace": unreadable,
        "AuditOptions(leaks='warn')": of_equal_files,
    }
    for advice, message in told.items():
        assert [text for text in told if text in message] == [advice]
        assert "near_duplicates" not in message
    assert "AuditOptions(leaks='warn')" in of_near_copies
    assert "AuditOptions(near_duplicates=False)" in of_near_copies
    assert "Mend or replace" not in of_near_copies


@pytest.mark.parametrize("tied", ["group", "near copies", "nothing"])
@pytest.mark.parametrize("count", [2, 5])
def test_the_advice_on_a_class_whose_images_are_drawn_into_another_split(tied, count):
    table = files(count + 6, class_name=["0"] * count + ["1"] * 6)
    table["group"] = ["g"] * count + [""] * 6 if tied == "group" else ""
    one_copy = {f"{row}.png": 7 for row in range(count)} if tied == "near copies" else {}
    made = index(table, marks=marks_of(table, groups=one_copy))
    made["split"] = ["test"] * count + ["train"] * 6

    message = one_class_left(made, "1")

    assert "give the splits yourself" in message
    assert ("TableOptions.group" in message) == (tied == "group")
    assert ("near_duplicates=False" in message) == (tied == "near copies")
    assert "Mend or replace" not in message
    assert "leaks=" not in message


def test_the_index_is_the_same_in_the_next_run():
    table = files(60, classes=10)
    first = make_folder_index(table, images_of(table), FolderSplitOptions(), marks=marks_of(table))
    again = make_folder_index(
        table, images_of(table), FolderSplitOptions(), marks=marks_of(table), memory=first.memory
    )

    pd.testing.assert_frame_equal(first.index, again.index)
    pd.testing.assert_frame_equal(first.memory, again.memory)


@pytest.mark.parametrize("seed", range(5))
def test_a_group_that_is_larger_than_its_split_is_warned_of(caplog, seed):
    table = files(60)
    table["group"] = ["all of these" if row < 40 else "" for row in range(60)]

    made = index(table, marks=marks_of(table), seed=seed)

    shares = made["split"].value_counts()
    for name in ("validation", "test"):
        text = f"The {name} set has {100 * shares.get(name, 0) / 60:.0f} % of the images"
        assert (text in caplog.text) == (shares.get(name, 0) >= 40)
    if shares.get("train", 0) < 40:
        assert "the largest group has 40 images" in caplog.text


def test_a_class_that_an_earlier_reading_left_out_of_a_split_comes_with_the_remedy(caplog):
    table = files(40, classes=2)
    first = make_folder_index(table, images_of(table), FolderSplitOptions(), marks=marks_of(table))
    again = table.copy()
    trained = first.index.index[first.index["split"] == "train"][:5]
    again["class_name"] = ["rare" if row in trained else "usual" for row in again.index]
    caplog.clear()

    make_folder_index(
        again, images_of(again), FolderSplitOptions(), marks=marks_of(again), memory=first.memory
    )

    assert "There is no image of rare in the test set. Its images are where an earlier run put them" in (
        caplog.text
    )
    assert "To draw all of them anew: FolderSplitOptions(seed=1)" in caplog.text


def test_a_class_that_the_folder_itself_left_out_comes_without_it(caplog):
    """A seed draws nothing anew of what is given."""
    table = files(40, classes=2)
    table["class_name"] = [
        "rare" if row < 3 else "usual" if row % 2 else "other" for row in range(len(table))
    ]
    table["given_split"] = ["test" if row < 10 else "train" for row in range(len(table))]
    first = make_folder_index(table, images_of(table), FolderSplitOptions(), marks=marks_of(table))
    caplog.clear()

    make_folder_index(
        table, images_of(table), FolderSplitOptions(), marks=marks_of(table), memory=first.memory
    )

    said = [record.message for record in caplog.records if "no image of rare" in record.message]
    assert said == [
        "There is no image of rare in the train set.",
        "There is no image of rare in the validation set.",
    ]

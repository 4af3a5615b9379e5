"""Corrected images stay in their splits, and so do all others; withdrawn, everything is as it was."""

import numpy as np
import pandas as pd
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.folder.folder_split import make_folder_index
from image_classification.images.folder.options import FolderSplitOptions
from image_classification.images.store.corrections import without_corrections
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import index_digest, summarise_images

CLASSES = ["2", "10", "dog"]  # in natural order


def files(count=90, groups=0):
    rows = range(count)
    return pd.DataFrame(
        {
            "name": [f"{row}.png" for row in rows],
            "class_name": [CLASSES[row % 3] for row in rows],
            "given_split": "",
            "group": [f"g{row % groups}" if groups else "" for row in rows],
            "sha256": [f"content {row}" for row in rows],
            "width": 1,
            "height": 1,
            "mode": "L",
            "header_status": "ok",
        }
    )


def corrected(table, changes):
    """Give images other classes, or leave them out where the class is None."""
    after = table.assign(correction="", class_before=table["class_name"])
    for row, name in changes.items():
        after.loc[row, "correction"] = "relabelled" if name else "left out"
        after.loc[row, "class_name"] = name or table["class_name"][row]
    return after


def images_of(table):
    names = [name for name in CLASSES if (table["class_name"] == name).any()]
    return ImageDict(
        images=torch.arange(len(table), dtype=torch.uint8).reshape(-1, 1, 1, 1),
        labels=torch.tensor([names.index(name) for name in table["class_name"]]),
        names=table["name"].tolist(),
        class_names=names,
    )


def marks_of(table, now=(), before=()):
    marks = pd.DataFrame(
        {
            "name": table["name"],
            "duplicate_group": np.arange(len(table)),
            "copies": "near",
            "left_out_reason": "",
        }
    )
    marks.loc[list(now), "left_out_reason"] = "label conflict"
    if "correction" in table:
        marks["left_out_before"] = ""
        marks.loc[list(before), "left_out_before"] = "label conflict"
    return marks


def made(table, marks=None, **options):
    parameters = FolderSplitOptions(seed=options.pop("seed", 0))
    return make_folder_index(table, images_of(table), parameters, marks=marks, **options)


def trained(index):
    return index[index["split"].isin(["train", "validation"])].index


@pytest.mark.parametrize("groups", [0, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_splits_stay_however_much_is_corrected(groups, seed):
    table = files(groups=groups)
    before = made(table, seed=seed)
    rows = trained(before.index).tolist()
    # all images of one class but one, which decides what small classes need
    changes = {row: "dog" for row in rows[1:] if table["class_name"][row] == "10"}
    changes |= {row: None for row in rows if table["class_name"][row] == "2" and row % 2}

    after = made(corrected(table, changes), seed=seed)

    index = after.index
    out = [row for row, name in changes.items() if name is None]
    expected = before.index["split"].copy()
    expected[out] = ""
    assert index["split"].tolist() == expected.tolist()
    assert index["left_out_reason"][out].str.startswith("corrected: ").all()
    assert index.loc[list(set(changes) - set(out)), "class_name"].eq("dog").all()
    assert index["label"].tolist() == images_of(corrected(table, changes)).labels.tolist()
    pd.testing.assert_frame_equal(after.memory, before.memory)
    pd.testing.assert_frame_equal(without_corrections(index), before.index)


def test_a_class_that_vanishes_changes_no_split():
    table = files()
    before = made(table)
    changes = dict.fromkeys(table.index[table["class_name"] == "10"], "dog")

    after = made(corrected(table, changes), corrections_of_test="allow")

    assert after.index["split"].tolist() == before.index["split"].tolist()
    pd.testing.assert_frame_equal(without_corrections(after.index), before.index)


def test_drawn_test_images_are_refused_unless_allowed():
    table = files()
    tests = made(table).index.query("split == 'test'").index
    after = corrected(table, {tests[0]: "dog" if table["class_name"][tests[0]] != "dog" else "2"})

    with pytest.raises(UserError, match=rf"1 test image: {table['name'][tests[0]]}"):
        made(after)
    index = made(after, corrections_of_test="allow").index
    assert summarise_images(images_of(after), index)["corrections"]["of_test"] == 1


def test_copies_whose_conflict_is_settled_are_training_images():
    table = files()
    pair = [3, 4]
    before = made(table, marks_of(table, now=pair))
    after = corrected(table, {4: table["class_name"][3]})

    index = made(after, marks_of(after, before=pair)).index

    assert index["split"][pair].tolist() == ["train", "train"]
    assert (index["left_out_reason"] == "").all()
    rest = table.index.difference(pair)
    assert index["split"][rest].tolist() == before.index["split"][rest].tolist()
    pd.testing.assert_frame_equal(without_corrections(index), before.index)


def test_statistics_count_corrections_and_know_the_data_without():
    table = files()
    before = made(table).index
    rows = trained(before).tolist()
    change = {rows[0]: "dog" if table["class_name"][rows[0]] != "dog" else "2", rows[1]: None}
    after = corrected(table, change)
    after.loc[rows[2], "correction"] = "confirmed"

    plain = summarise_images(images_of(table), before)
    statistics = summarise_images(images_of(after), made(after).index)

    found = statistics["corrections"]
    assert "corrections" not in plain
    assert (found["relabelled"], found["left_out"], found["confirmed"], found["of_test"]) == (1, 1, 1, 0)
    assert found["uncorrected_digest"] == plain["index_digest"] == index_digest(before)
    assert statistics["left_out"] == {"corrected": 1}
    after.loc[rows[2], "correction"] = ""
    assert summarise_images(images_of(after), made(after).index)["corrections"]["digest"] == found["digest"]

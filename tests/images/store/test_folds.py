"""Folds hold every image once, each class in its share, what belongs together in one of them."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from image_classification.errors import UserError
from image_classification.images.store.folds import CrossValidationOptions, assign_folds, index_of_fold
from image_classification.images.store.image_dict import ImageDict


def source(labels, *, splits=None, seed=0, copies=(), **columns):
    """An image dict of noise and its index; `copies` are pairs of rows that have the same pixels."""
    count, classes = len(labels), max(labels) + 1
    pixels = torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, 1, 4, 4), dtype=np.uint8))
    for first, second in copies:
        pixels[second] = pixels[first]
    names = [f"{row:04d}.png" for row in range(count)]
    class_names = [f"c{label}" for label in range(classes)]
    images = ImageDict(
        images=pixels, labels=torch.tensor(labels), names=names, class_names=class_names, digest="d"
    )
    index = pd.DataFrame(
        {
            "name": names,
            "label": labels,
            "class_name": [class_names[label] for label in labels],
            "decode_status": "ok",
            "split": splits or ["train"] * count,
            "left_out_reason": "",
            **columns,
        }
    )
    return images, index


def assigned(images, index, **options):
    return assign_folds(images, index, CrossValidationOptions(**options))


@pytest.mark.parametrize("folds", [2, 3, 5, 7])
@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("counts", [(40, 40), (60, 21, 7), (7, 7, 7, 7)])
def test_each_class_is_in_each_fold_in_its_share(folds, repeats, counts):
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    table = assigned(*source(labels), folds=folds, repeats=repeats)
    assert len(table) == repeats * len(labels)
    for repeat in range(repeats):
        of_repeat = table[table["repeat"] == repeat]
        assert of_repeat["name"].is_unique
        shares = of_repeat.groupby(["class_name", "fold"]).size().unstack(fill_value=0)
        assert list(shares.columns) == list(range(folds))
        assert (shares.max(axis=1) - shares.min(axis=1) <= 1).all()
        totals = shares.sum()
        assert totals.max() - totals.min() <= 1


def test_each_repeat_has_other_folds():
    table = assigned(*source([0, 1] * 30), folds=3, repeats=3)
    drawn = [table.loc[table["repeat"] == repeat, "fold"].tolist() for repeat in range(3)]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
    assert drawn[0] != assigned(*source([0, 1] * 30), folds=3, seed=1)["fold"].tolist()


def test_names_and_order_of_the_images_decide_nothing():
    images, index = source([0, 1, 2] * 20)
    by_content = {}
    for order in (range(60), np.random.default_rng(1).permutation(60)):
        rows = torch.tensor(list(order))
        names = [f"other/{number}" for number in range(60)]
        moved = ImageDict(
            images=images.images[rows],
            labels=images.labels[rows],
            names=names,
            class_names=images.class_names,
            digest="d",
        )
        table = assigned(moved, index.iloc[list(order)].assign(name=names), folds=4)
        pixels = [images.images[row].numpy().tobytes() for row in order]
        found = dict(zip(pixels, table["fold"], strict=True))
        by_content = by_content or found
        assert found == by_content


def test_test_images_and_those_left_out_are_in_no_fold():
    splits = ["train", "validation", "test", ""] * 10
    table = assigned(*source([0] * 20 + [1] * 20, splits=splits), folds=2)
    assert len(table) == 20
    assert set(table["name"]) == {f"{row:04d}.png" for row in range(40) if row % 4 < 2}


def together(table, *rows):
    folds = table.set_index("name")["fold"]
    return len({folds[f"{row:04d}.png"] for row in rows}) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_what_belongs_together_is_never_parted(seed):
    draw = np.random.default_rng(seed)
    count = 60
    group = [f"g{draw.integers(12)}" if draw.random() < 0.4 else "" for _ in range(count)]
    duplicates = [int(draw.integers(8)) if draw.random() < 0.3 else -1 for _ in range(count)]
    copies = [(int(draw.integers(count)), int(draw.integers(count))) for _ in range(4)]
    columns = {"group": group, "duplicate_group": duplicates}
    labels = [int(each) for each in draw.integers(0, 2, count)]
    images, index = source(labels, seed=seed, copies=copies, **columns)
    try:
        table = assigned(images, index, folds=2)
    except UserError:
        return  # all images of a class belong together
    for values, nothing in ((group, ""), (duplicates, -1)):
        for value in set(values) - {nothing}:
            assert together(table, *(row for row in range(count) if values[row] == value))
    pixels = [images.images[row].numpy().tobytes() for row in range(count)]
    for value in set(pixels):
        assert together(table, *(row for row in range(count) if pixels[row] == value))


@pytest.mark.parametrize(
    ("labels", "columns", "message"),
    [
        (
            [0] * 10 + [1] * 3,
            {},
            r"folds is 5, and not every class .*: 'c1' has 3 images\.\nExpected .*folds=3",
        ),
        (
            [0] * 10 + [1] * 9,
            {"group": ["a"] * 10 + ["b"] * 4 + ["c"] * 5},
            "10 images, 1 group of what belongs",
        ),
        ([0] * 10 + [1], {}, "'c1' has 1 image.\nExpected one at least for each fold: add images of it"),
    ],
)
def test_too_few_images_of_a_class_are_refused(labels, columns, message):
    with pytest.raises(UserError, match=message):
        assigned(*source(labels, **columns), folds=5)


def test_no_images_at_all_are_said():
    with pytest.raises(UserError, match="There are no training or validation images that could be divided"):
        assigned(*source([0, 1], splits=["test", "test"]), folds=2)


def test_the_index_of_a_fold_has_it_for_validation():
    images, index = source([0, 1] * 9 + [0, 1], splits=["train", "validation"] * 9 + ["test", ""])
    table = assigned(images, index, folds=3)
    fold = table.set_index("name")["fold"]
    for number in range(3):
        alone = index_of_fold(index, table, validation=number)
        assert set(alone.loc[alone["split"] == "validation", "name"]) == set(fold.index[fold == number])
        assert set(alone.loc[alone["split"] == "train", "name"]) == set(fold.index[fold != number])
        assert alone["split"].tolist()[-2:] == ["test", ""]
        without = index_of_fold(index, table, validation=number, test=(number + 1) % 3)
        assert set(without.loc[without["split"] == "train", "name"]) == set(
            fold.index[fold == (number + 2) % 3]
        )

"""Adding images never moves old ones, whatever is added; another word on what belongs together moves what it
has to; and each class has an image in each split if it can.
"""

import numpy as np
import pandas as pd
import pytest

from image_classification.images.folder.drawn_split import draw_splits, empty_memory, remembered
from image_classification.images.folder.options import FolderSplitOptions

BOTH = {"validation", "test"}


def files(contents, classes="a", groups="", copies=None, rule="near duplicates from 0.93"):
    """Images by their content; `copies` says which of them lead a group of copies with others."""
    contents = list(contents)
    table = pd.DataFrame({"sha256": contents, "copies": rule}, dtype="str")
    table["class_name"] = pd.Series(classes, index=table.index, dtype="str")
    table["group"] = pd.Series(groups, index=table.index, dtype="str")
    leader = [(copies or {}).get(content, content) for content in contents]
    table["duplicate_group"] = pd.factorize(np.array(leader, dtype=object))[0].astype("int64")
    return table


class Folder:
    """A folder that is split again and again."""

    def __init__(self, **parameters):
        self.parameters = FolderSplitOptions(**parameters)
        self.memory = empty_memory()

    def split(self, table, drawn=BOTH):
        made = draw_splits(table, self.parameters, drawn, self.memory)
        self.memory, self.moved, self.torn = made.memory, made.moved, made.torn
        return pd.Series(made.split.to_numpy(), index=table["sha256"])


def assert_none_moved(before, after):
    pd.testing.assert_series_equal(after[before.index], before, check_names=False)


@pytest.mark.parametrize("seed", range(10))
def test_copies_of_any_image_move_none(seed):
    generator = np.random.default_rng(seed)
    old = [f"old {generator.integers(1 << 60)}" for _ in range(60)]
    folder = Folder(seed=seed)
    before = folder.split(files(old))
    # names of any order: before, among and after those that were there; each the leader of its group
    new = [f"{generator.choice(['a', 'old 5', 'z'])} {number}" for number in range(60)]
    copies = dict(zip(old, new, strict=True))

    after = folder.split(files(generator.permutation(old + new), copies=copies))

    assert_none_moved(before, after)
    assert all(after[copy] == after[original] for original, copy in copies.items())


@pytest.mark.slow
def test_a_copy_of_two_pictures_moves_neither():
    for seed in range(20):
        folder = Folder(seed=seed, validation=0.3, test=0.3)
        before = folder.split(files(f"old {number}" for number in range(30)))
        joined = {f"old {number}": "new" for number in range(30)}

        after = folder.split(files([*before.index, "new"], copies=joined))

        assert_none_moved(before, after)
        assert folder.torn == 1
        assert folder.moved == 0


def together(splits, keys):
    """Whether images of one key have one split."""
    return splits.groupby(list(keys)).nunique().eq(1).all()


@pytest.mark.parametrize("size", [2, 5, 10])
@pytest.mark.parametrize("seed", range(5))
def test_groups_that_are_named_later_are_kept_whole_and_move_no_more_than_they_have_to(size, seed):
    folder = Folder(seed=seed, validation=0.2, test=0.2)
    contents = [f"image {number}" for number in range(120)]
    patients = [f"patient {number // size}" for number in range(120)]
    before = folder.split(files(contents))

    after = folder.split(files(contents, groups=patients))

    assert together(after, patients)
    assert set(after) == {"train", "validation", "test"}
    was_whole = before.groupby(patients).transform("nunique") == 1
    assert_none_moved(before[was_whole], after)
    assert folder.moved == (before != after).sum() > 0
    # and now they stay, whoever comes, and when the column is not named again
    more = [f"new {number}" for number in range(120)]
    assert_none_moved(after, folder.split(files([*more, *contents], groups=patients * 2)))
    assert_none_moved(after, folder.split(files(contents)))
    assert folder.moved == 0


@pytest.mark.parametrize("seed", range(5))
def test_an_image_that_is_given_to_another_group_takes_that_group_along(seed):
    folder = Folder(seed=seed, validation=0.3, test=0.3)
    contents = [f"image {number}" for number in range(40)]
    groups = [f"film {number % 10}" for number in range(40)]
    before = folder.split(files(contents, groups=groups))
    corrected = [groups[1], *groups[1:]]

    after = folder.split(files(contents, groups=corrected))

    assert together(after, corrected)
    untouched = [group not in groups[:2] for group in groups]
    assert_none_moved(before[untouched], after)


@pytest.mark.parametrize(("first", "second"), [("equal files", "near 0.93"), ("near 0.99", "near 0.8")])
@pytest.mark.parametrize("seed", range(5))
def test_copies_that_another_rule_finds_are_brought_together(first, second, seed):
    folder = Folder(seed=seed, validation=0.3, test=0.3)
    contents = [f"image {number}" for number in range(60)]
    copies = {content: f"image {row % 20}" for row, content in enumerate(contents)}
    before = folder.split(files(contents, rule=first))

    after = folder.split(files(contents, copies=copies, rule=second))

    assert together(after, copies.values())
    assert folder.moved > 0
    assert folder.torn == 0
    was_whole = before.groupby(list(copies.values())).transform("nunique") == 1
    assert_none_moved(before[was_whole], after)
    # a rule that finds fewer copies tears none of them apart
    assert_none_moved(after, folder.split(files(contents, rule=first)))


@pytest.mark.slow
def test_the_copy_of_a_picture_stays_when_the_picture_is_deleted_and_takes_its_next_copy():
    for seed in range(20):
        folder = Folder(seed=seed, validation=0.3, test=0.3)
        before = folder.split(files(["a", "b", *"cdefgh"], copies={"b": "a"}))
        after = folder.split(files(["b", "next", *"cdefgh"], copies={"next": "b"}))

        assert after["next"] == after["b"] == before["a"]


def test_a_memory_remembers_the_latest_split_and_the_oldest_age():
    table = files("abc")
    memory = remembered(empty_memory(), table, pd.Series(["train", "test", "train"]), "draw")
    memory = remembered(memory, files("b"), pd.Series(["test"]), "other")

    later = remembered(memory, files("xca"), pd.Series(["test", "train", "validation"]), "draw")

    assert later[["sha256", "split", "draw"]].values.tolist() == [
        ["a", "validation", "draw"],
        ["b", "test", "draw"],
        ["c", "train", "draw"],
        ["b", "test", "other"],
        ["x", "test", "draw"],
    ]


@pytest.mark.parametrize("seed", range(5))
def test_more_images_of_groups_move_none_and_follow(seed):
    folder = Folder(seed=seed)
    groups = [f"patient {number % 12}" for number in range(60)]
    before = folder.split(files((f"old {number}" for number in range(60)), groups=groups))
    new = files(
        (f"a new {number}" for number in range(36)), groups=[f"patient {number % 18}" for number in range(36)]
    )

    after = folder.split(pd.concat([new, files(before.index, groups=groups)], ignore_index=True))

    assert_none_moved(before, after)
    split_of = dict(zip(groups, before, strict=True))
    for number in range(36):
        if number % 18 < 12:
            assert after[f"a new {number}"] == split_of[f"patient {number % 18}"]


@pytest.mark.parametrize("seed", range(5))
def test_more_images_of_small_classes_and_new_classes_move_none(seed):
    folder = Folder(seed=seed)
    before = folder.split(
        files((f"old {n}" for n in range(12)), classes=[f"class {n % 4}" for n in range(12)])
    )
    table = files((f"new {n}" for n in range(40)), classes=[f"class {n % 8}" for n in range(40)])
    relabelled = files(before.index, classes=[f"class {n % 3}" for n in range(12)])

    after = folder.split(pd.concat([table, relabelled], ignore_index=True))

    assert_none_moved(before, after)


def test_images_that_go_and_come_back_are_where_they_were():
    folder = Folder()
    before = folder.split(files((f"old {n}" for n in range(40)), classes=[str(n % 10) for n in range(40)]))
    folder.split(files(f"other {n}" for n in range(40)))

    assert_none_moved(before, folder.split(files(before.index, classes=[str(n % 10) for n in range(40)])))


def test_another_draw_is_drawn_anew_and_the_first_is_not_forgotten():
    folder = Folder()
    table = files(f"old {n}" for n in range(200))
    before = folder.split(table)
    folder.parameters = FolderSplitOptions(seed=1)
    other = folder.split(table)
    folder.parameters = FolderSplitOptions()

    assert (other != before).any()
    assert_none_moved(before, folder.split(table))


def test_without_a_memory_the_splits_of_the_same_images_are_the_same():
    table = files((f"old {n}" for n in range(30)), classes=[str(n % 10) for n in range(30)])

    assert_none_moved(Folder().split(table), Folder().split(table.sample(frac=1, random_state=3)))


@pytest.mark.parametrize("images", [3, 4, 8, 20])
@pytest.mark.parametrize("seed", range(10))
def test_each_class_has_an_image_in_each_split(images, seed):
    count = 5 * images
    split = Folder(seed=seed).split(files(map(str, range(count)), classes=[str(n % 5) for n in range(count)]))

    table = pd.crosstab([int(name) % 5 for name in split.index], split.to_numpy())
    assert list(table.columns) == ["test", "train", "validation"]
    assert (table > 0).all(axis=None)


@pytest.mark.parametrize("seed", range(10))
def test_of_two_images_one_is_trained_on_and_one_tests(seed):
    split = Folder(seed=seed).split(files("abcd", classes=list("xxyy")))

    assert sorted(split[["a", "b"]]) == sorted(split[["c", "d"]]) == ["test", "train"]


@pytest.mark.parametrize("seed", range(10))
def test_an_only_picture_is_trained_on(seed):
    split = Folder(seed=seed).split(files("abcdefgh", classes=list("xyyyyyyy")))

    assert split["a"] == "train"


@pytest.mark.parametrize("seed", range(10))
def test_bursts_of_few_pictures_leave_each_class_something_to_train_on(seed):
    # 40 copies of each of two pictures of each of two classes
    contents = [f"{picture} {copy}" for picture in range(4) for copy in range(40)]
    copies = {content: f"{content[0]} 0" for content in contents}
    table = files(contents, classes=[str(int(content[0]) // 2) for content in contents], copies=copies)

    split = Folder(seed=seed).split(table)

    assert split.groupby([content[0] for content in split.index]).nunique().eq(1).all()
    for label in ("01", "23"):
        assert set(split[[content for content in split.index if content[0] in label]]) == {"train", "test"}


def test_only_what_is_wanted_is_filled():
    table = files(map(str, range(12)), classes=[str(n % 4) for n in range(12)])

    assert set(Folder(validation=0).split(table)) == {"train", "test"}
    assert set(Folder().split(table, drawn={"validation"})) == {"train", "validation"}


def test_the_shares_of_large_classes_are_not_touched():
    split = Folder(validation=0.1, test=0.2).split(
        files(map(str, range(4000)), classes=[str(n % 4) for n in range(4000)])
    )

    assert split.value_counts()["test"] == pytest.approx(800, abs=80)
    assert split.value_counts()["validation"] == pytest.approx(400, abs=60)


def test_a_large_class_that_lacks_a_split_because_its_images_are_known_gets_one():
    folder = Folder(validation=0.0001, test=0.2)
    table = files(map(str, range(20_000)), classes="a")

    split = folder.split(table)

    assert split.value_counts()["validation"] >= 1
    assert split.value_counts()["test"] == pytest.approx(4000, abs=200)

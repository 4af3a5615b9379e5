"""Corrections change what the table of files says, as far as that is allowed."""

import pandas as pd
import pytest

from image_classification.errors import UserError
from image_classification.images.folder.corrections.corrected import correct_files, uncorrected_files


def files(splits=("", "", "", "", "")):
    return pd.DataFrame(
        {
            "name": ["a.png", "b.png", "c.png", "notes.txt", "d.png"],
            "class_name": ["cat", "cat", "dog", "", "hen"],
            "given_split": splits,
            "group": "",
            "header_status": ["ok", "ok", "ok", "ignored: not an image", "ok"],
        }
    )


def correct(tmp_path, rows, table=None, **allowed):
    path = tmp_path / "fixes.csv"
    path.write_text("file,label\n" + "".join(f"{row}\n" for row in rows))
    return correct_files(files() if table is None else table, path, tmp_path, **allowed)


def test_labels_change_and_the_given_ones_are_kept(tmp_path, caplog):
    caplog.set_level("INFO")
    corrected = correct(tmp_path, ["a.png,dog", "c.png,dog", "d.png,leave_out"], of_classes="allow")

    assert corrected["class_name"].tolist() == ["dog", "cat", "dog", "", "hen"]
    assert corrected["class_before"].tolist() == ["cat", "cat", "dog", "", "hen"]
    assert corrected["correction"].tolist() == ["relabelled", "", "confirmed", "", "left out"]
    assert "fixes.csv: 1 label changed, 1 image left out, 1 label confirmed." in caplog.text
    pd.testing.assert_frame_equal(uncorrected_files(corrected), files())


def test_a_table_without_rows_changes_nothing(tmp_path):
    pd.testing.assert_frame_equal(correct(tmp_path, []), files())


def test_what_is_no_image_is_told_and_not_heeded(tmp_path, caplog):
    pd.testing.assert_frame_equal(correct(tmp_path, ["notes.txt,cat"]), files())
    assert "1 correction of fixes.csv is of what is no image, such as notes.txt" in caplog.text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.png,cta"], r"a.png \(line 2\) the label 'cta', which is none of the classes; did you mean cat"),
        (["a.png,cow", "b.png,owl"], "So are those of 1 other row"),
        (["c.png,cat"], "leave no image of 'dog'"),
        (["a.png,leave_out", "b.png,dog"], "leave no image of 'cat'"),
    ],
)
def test_classes_stay_unless_it_is_allowed_to_change_them(tmp_path, rows, message):
    with pytest.raises(UserError, match=message) as refused:
        correct(tmp_path, rows)
    assert "corrections_of_classes" in str(refused.value)

    corrected = correct(tmp_path, rows, of_classes="allow")
    assert (corrected["correction"] != "").sum() == len(rows)


def test_a_class_may_not_be_called_as_what_is_left_out(tmp_path):
    table = files().assign(class_name=["leave_out", "leave_out", "dog", "", "hen"])

    with pytest.raises(UserError, match="Rename the class"):
        correct(tmp_path, ["a.png,leave_out"], table)


@pytest.mark.parametrize("row", ["a.png,dog", "a.png,leave_out"])
def test_given_test_images_are_refused_unless_allowed(tmp_path, row):
    table = files(splits=("test", "train", "train", "", ""))

    with pytest.raises(UserError, match=r"would change 1 test image: a.png(.|\n)*look better"):
        correct(tmp_path, [row], table)
    assert correct(tmp_path, [row], table, of_test="allow")["correction"].tolist()[0] != ""
    assert correct(tmp_path, ["a.png,cat"], table)["correction"].tolist()[0] == "confirmed"

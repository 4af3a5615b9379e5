"""Report and model card say how many labels were corrected, and nothing where none was."""

import pandas as pd
import pytest

from image_classification.evaluation.documents import build_model_card, build_report
from image_classification.evaluation.options import ModelCardOptions

NONE = dict.fromkeys(["relabelled", "left_out", "confirmed", "of_test"], 0) | {"digest": "0a" * 32}
HISTORY = pd.DataFrame({"epoch": [1], "seconds": [1.0]})


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"relabelled": 1, "left_out": 2}, "1 label changed, 2 images left out; digest 0a0a"),
        ({"confirmed": 3}, "3 labels confirmed; digest"),
        ({"relabelled": 1200, "of_test": 2}, "1,200 labels changed, 2 test images among them; digest"),
        (None, None),
    ],
)
def test_both_documents_say_it(make_evaluated, image_statistics, counts, said):
    if counts is not None:
        image_statistics["corrections"] = NONE | counts
    evaluated = make_evaluated(statistics=image_statistics)

    report = build_report(evaluated, HISTORY, {})
    card = build_model_card(evaluated, ModelCardOptions())

    assert ("corrections of labels" in report) == ("Corrections of labels" in card) == (said is not None)
    assert said is None or (said in report and said in card)

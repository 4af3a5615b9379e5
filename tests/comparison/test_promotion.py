"""A network takes the champion's place if it is better on the same images, and never without a comparison."""

import numpy as np
import pandas as pd
import pytest

from image_classification.comparison.promotion import Contender, decide
from image_classification.comparison.significance import mcnemar

DIGEST = "a" * 64


def predictions(correct, labels=None, names=None):
    count = len(correct)
    return pd.DataFrame(
        {
            "name": names if names is not None else [f"test/{number:05d}" for number in range(count)],
            "label": labels if labels is not None else ["cat"] * count,
            "correct": correct,
        }
    )


def contender(shown, correct, digest=DIGEST, data_name="pets", trouble="", **others):
    table = None if correct is None else predictions(correct, **others)
    return Contender(shown, data_name, digest, table, trouble)


def right(both=80, only_new=0, only_old=0, neither=10):
    counts = (both, only_new, only_old, neither)
    return (
        np.repeat([True, True, False, False], counts),
        np.repeat([True, False, True, False], counts),
    )


def outcome(new, old, **settings):
    return decide(contender("version 2", new), contender("version 1", old), **settings)


@pytest.mark.parametrize(
    ("only_new", "only_old", "expected"),
    [
        (12, 0, "promoted"),
        (30, 10, "promoted"),
        (0, 12, "not better"),
        (6, 5, "not better"),
        (5, 0, "not better"),  # p = 0.0625
        (6, 0, "promoted"),  # p = 0.03125
        (0, 0, "not better"),
        (7, 7, "not better"),
    ],
)
def test_better_is_more_of_the_same_images_beyond_chance(only_new, only_old, expected):
    new, old = right(only_new=only_new, only_old=only_old)

    decision = outcome(new, old)

    assert decision.outcome == expected
    facts = decision.facts
    assert (facts["only_new_right"], facts["only_champion_right"]) == (only_new, only_old)
    assert facts["images"] == len(new)
    assert facts["p"] == mcnemar(pd.Series(new), pd.Series(old)).p_exact
    assert facts["accuracy"] == new.mean()
    assert facts["champion_accuracy"] == old.mean()
    assert f"p = {facts['p']:.2g}" in decision.reason
    assert decision.changes_the_champion == (expected == "promoted")


def test_the_level_decides():
    new, old = right(only_new=6)

    assert outcome(new, old, level=0.05).outcome == "promoted"
    assert outcome(new, old, level=0.03).outcome == "not better"


def test_the_order_of_the_images_does_not_matter():
    new, old = right(only_new=12, only_old=1)
    order = np.random.default_rng(0).permutation(len(new))
    shuffled = Contender("version 2", "pets", DIGEST, predictions(new).iloc[order])

    assert decide(shuffled, contender("version 1", old)) == outcome(new, old)


def test_the_first_is_champion_if_it_can_be_compared_later():
    new, _ = right()

    first = decide(contender("version 1", new), None)
    blind = decide(contender("version 1", None), None)

    assert (first.outcome, first.changes_the_champion) == ("first", True)
    assert first.facts["accuracy"] == new.mean()
    assert (blind.outcome, blind.changes_the_champion) == ("not compared", False)


NEW, OLD = right(only_new=20)
REFUSED = {
    "other data (cats, index bbbbbbbb) than version 1 (pets, index aaaaaaaa)": contender(
        "version 2", NEW, digest="b" * 64, data_name="cats"
    ),
    "other labels": contender("version 2", NEW, labels=["dog"] * len(NEW)),
    "different images": contender("version 2", NEW[:-1]),
    "different images ": contender("version 2", NEW, names=[f"validation/{n}" for n in range(len(NEW))]),
    "no predictions of version 2": contender("version 2", None),
    "the disk was full": contender("version 2", NEW, trouble="the disk was full"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_not_of_the_same_images_is_never_compared(reason):
    new, champion = REFUSED[reason], contender("version 1", OLD)

    decision = decide(new, champion)

    assert decision.outcome == "not compared"
    assert not decision.changes_the_champion
    assert reason.strip() in decision.reason
    assert "p" not in decision.facts
    # the other way round, and forced
    assert decide(champion, new).outcome == "not compared"
    forced = decide(new, champion, "force")
    assert (forced.outcome, forced.changes_the_champion) == ("forced", True)
    assert reason.strip() in forced.reason


@pytest.mark.parametrize(("images", "expected"), [("", "not compared"), ("c" * 64, "promoted")])
def test_other_images_may_have_been_held_back_from_the_training(images, expected):
    new = Contender("version 2", "pets", "b" * 64, predictions(NEW), images_digest=images)
    champion = Contender("version 1", "pets", DIGEST, predictions(OLD), images_digest=images)

    assert decide(new, champion).outcome == expected


@pytest.mark.parametrize(("count", "expected"), [(29, "not compared"), (30, "promoted")])
def test_of_few_images_nothing_is_concluded(count, expected):
    new, old = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)

    assert outcome(new, old, least_images=30).outcome == expected


def test_never_and_forced_record_the_comparison_too():
    new, old = right(only_new=3, only_old=9)

    never, forced = outcome(new, old, promote="never"), outcome(new, old, promote="force")

    assert (never.outcome, never.changes_the_champion) == ("not asked", False)
    assert (forced.outcome, forced.changes_the_champion) == ("forced", True)
    assert never.facts["p"] == forced.facts["p"] > 0.05
    assert forced.reason.startswith("it was forced; accuracy 81.37% against 87.25%")

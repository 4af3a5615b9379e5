"""Several processes come to the weights, and the history, of one."""

import pytest
from tests.learning.elastic.conftest import assert_same, make_network, make_sets, processes_of

EVERYTHING = {
    "epochs": 6,
    "accumulate_batches": 3,
    "average_weights": {"decay": 0.9},
    "gradient_clipping": {"norm": 0.5, "value": 0.2},
    "schedule": {"name": "one_cycle"},
    "augmentation": {"rotation": 10.0, "brightness": 0.2, "erase": 0.5, "mixup": 0.3, "cutmix": 0.3},
    "early_stopping": {"metric": "validation/loss", "patience": 2},
    "keep": "best",
    "loss": {"name": "cross_entropy", "cross_entropy": {"class_weights": [1.0, 2.0, 0.5]}},
}


def test_two_processes_with_everything_that_goes_on_between_updates(training, tmp_path):
    # 61 images in batches of 16: the last has 13, and the parts of a batch differ
    expected = training(**EVERYTHING)

    assert_same(training({"processes_per_node": 2}, **EVERYTHING), expected)
    assert processes_of() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "count", "options"),
    [
        (3, 61, {}),
        (2, 49, {}),  # the last batch has one image, and the other process none
        (3, 33, {"optimizer": {"name": "sgd", "sgd": {"lr": 0.1, "momentum": 0.9}}}),
        (2, 61, {"sampler": "balanced", "drop_last": True, "schedule": {"name": "reduce_on_plateau"}}),
        (2, 61, {"loss": {"name": "mean_squared_error"}, "shuffle": False}),
    ],
)
def test_other_numbers_of_processes_and_images(training, processes, count, options):
    expected = training(sets=make_sets(count), **options)

    assert_same(training({"processes_per_node": processes}, sets=make_sets(count), **options), expected)


@pytest.mark.slow
def test_a_network_without_batch_normalisation(training):
    expected = training(network=make_network("feed_forward"), batch_size=20)

    again = training({"processes_per_node": 2}, network=make_network("feed_forward"), batch_size=20)

    assert_same(again, expected)

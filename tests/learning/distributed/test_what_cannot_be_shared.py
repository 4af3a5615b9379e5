"""What several processes cannot share is refused with its reason, before anything starts."""

import sys
from pathlib import Path

import pytest
import torch
from tests.learning.elastic.conftest import make_network, make_recipe, make_sets, processes_of
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.distributed.refusals import is_mean_of_images
from image_classification.learning.losses.cross_entropy import CrossEntropy
from image_classification.learning.recipe import train_by

TWO = {"processes_per_node": 2}


def train(recipe, network=None, criterion=None):
    sets = make_sets(20)
    loss = criterion or recipe.build_loss(sets.statistics)
    return train_by(recipe, network or make_network(), loss, sets, may_share=True)


class OfTheWholeBatch(CrossEntropy):
    """A loss that compares images with one another."""

    def while_training(self, logits, labels, images):
        return self(logits, labels) + logits.var(dim=0, correction=0).sum()


def of_the_whole_batch() -> OfTheWholeBatch:
    usual = make_recipe().build_loss(make_sets(20).statistics)
    made = OfTheWholeBatch.__new__(OfTheWholeBatch)
    made.__dict__ = usual.__dict__
    return made


class NormaliseAndClip(nn.BatchNorm2d):
    """A batch normalisation that does more, as some of timm do."""

    def forward(self, images):
        return super().forward(images).clamp(min=0)


def with_other_batch_norm():
    network = make_network()
    network.body.features[0][2] = NormaliseAndClip(4).double()
    return network


def test_the_optimizer_that_asks_for_all_images():
    with pytest.raises(UserError, match=r"lbfgs asks for the loss of all images.*\(OptimizerOptions"):
        train(make_recipe(TWO, optimizer={"name": "lbfgs"}))
    assert processes_of() == []


def test_a_loss_that_needs_the_whole_batch():
    with pytest.raises(UserError, match="OfTheWholeBatch of a batch is not the mean of its images' losses"):
        train(make_recipe(TWO), criterion=of_the_whole_batch())


def test_a_batch_normalisation_that_does_more():
    with pytest.raises(UserError, match=r"NormaliseAndClip, which see .* Freeze their statistics"):
        train(make_recipe(TWO), with_other_batch_norm())


def test_a_choice_by_validation_images_that_there_are_not(monkeypatch):
    recipe = make_recipe(TWO, keep="best")
    sets = make_sets(20)
    empty = type(sets)(sets.train, sets.test, sets.test, sets.statistics)

    with pytest.raises(UserError, match="needs validation images"):
        train_by(recipe, make_network(), recipe.build_loss(sets.statistics), empty, may_share=True)


def test_an_address_that_this_machine_has_not():
    with pytest.raises(UserError, match=r"no address 192\.0\.2\.1"):
        train(make_recipe({"nodes": 2, "endpoint": "192.0.2.1:29400"}))


@pytest.mark.parametrize("token", ["short", "with a space in between", "näher ist es auch nicht"])
def test_a_token_that_could_be_guessed_or_sent_by_nobody(monkeypatch, token):
    monkeypatch.setenv("IMAGE_CLASSIFICATION_JOIN_TOKEN", token)

    with pytest.raises(UserError, match="16 letters and digits"):
        train(make_recipe(TWO))


@pytest.mark.parametrize(
    "loss",
    [
        {},
        {"name": "cross_entropy", "cross_entropy": {"label_smoothing": 0.1, "class_weights": "balanced"}},
        {"name": "negative_log_likelihood"},
        {"name": "kullback_leibler"},
        {"name": "mean_squared_error"},
        {"name": "cosine_distance"},
        {"name": "weighted_sum", "weighted_sum": {"terms": [{"name": "cross_entropy"}]}},
    ],
)
@pytest.mark.parametrize("count", [1, 2, 20])
def test_every_loss_of_the_project_may_be_shared(loss, count):
    sets = make_sets(count) if count > 3 else make_sets(20)
    images, labels = sets.train[torch.arange(count)]

    criterion = make_recipe(loss=loss).build_loss(sets.statistics)

    assert is_mean_of_images(criterion, torch.utils.data.TensorDataset(images, labels), 3)


@pytest.mark.slow
def test_one_process_loads_nothing_of_it(run_new_process, tmp_path):
    program = tmp_path / "one.py"
    program.write_text(
        "import sys\n"
        "from tests.learning.elastic.conftest import Training, Path\n"
        "Training(Path('checkpoints'))()\n"
        "print([name for name in sys.modules if '.elastic' in name or 'process_team' in name])\n"
    )
    path = ":".join([str(Path(__file__).parents[3]), *filter(None, sys.path)])
    done = run_new_process(tmp_path, "one", PYTHONPATH=path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['tests.learning.elastic', 'tests.learning.elastic.conftest']"

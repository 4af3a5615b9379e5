"""A training that was interrupted goes on to weights and history that are, bit for bit, those without it."""

import pytest
import torch
from tests.learning.checkpoints.conftest import same
from tests.learning.conftest import BAD

from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.schedules import ScheduleOptions

CONVNET = {"network": "convnet", "widths": [4, 4], "dropout": 0.1}
# which kind of thing -> network, and options of the training
KINDS = {
    "dropout": ({}, {}),
    "batch statistics": (CONVNET, {}),
    "several batches an update": (CONVNET, {"accumulate_batches": 4}),
    "an average": (CONVNET, {"average_weights": {"decay": 0.9}}),
    "asgd's average": ({}, {"optimizer": "asgd", "optimizer_options": {"t0": 3.0}}),
    "the best weights": (
        CONVNET,
        {"keep": "best", "optimizer_options": {"lr": 0.3}, "average_weights": {"decay": 0.5}},
    ),
    "early stopping": (
        {},
        {"epochs": 20, "early_stopping": {"metric": "validation/accuracy", "patience": 2}},
    ),
    "float16": (CONVNET, {"precision": "float16"}),
    "bfloat16": (CONVNET, {"precision": "bfloat16"}),
    "a balanced sampler": ({}, {"sampler": "balanced"}),
    "in order": ({}, {"shuffle": False}),
    "rare validation": ({}, {"validate_every": 3, "keep": "best"}),
    "a last batch left out": ({}, {"batch_size": 20, "drop_last": True}),
    "a shorter last batch": ({}, {"batch_size": 20}),
    "a warm-up": ({}, {"warmup": {"updates": 11}, "schedule": "cosine"}),
    "a frozen layer": ({}, {"freeze": ["body.hidden.0.*"]}),
    "limits": ({}, {"gradient_clipping": {"norm": 0.1}}),
    "no decay of biases": ({}, {"optimizer": "adamw"}),
    "a body that waits, and learns more slowly": (
        {"network": "timm", "model": "test_resnet", "weights": None},
        {"fine_tuning": {"head_epochs": 1, "epochs_per_stage": 1, "layer_decay": 0.5}},
    ),
    # with a loss that is no number for two or three batches of each epoch
    "skip": (CONVNET, {"not_finite": "skip"}),
    "skip, several batches an update": ({}, {"not_finite": "skip", "accumulate_batches": 2}),
}
OPTIMIZERS = {f"optimizer {name}": ({}, {"optimizer": name}) for name in OptimizerOptions.names()}
MOMENTUM = {
    "optimizer sgd with momentum": (CONVNET, {"optimizer": "sgd", "optimizer_options": {"momentum": 0.9}}),
    "optimizer lbfgs, convolutions": (CONVNET, {"optimizer": "lbfgs", "optimizer_options": {"max_iter": 3}}),
}
SCHEDULES = {
    f"schedule {name}": (
        {},
        {
            "schedule": name,
            "schedule_options": {"patience": 0, "threshold": 0.5} if name == "reduce_on_plateau" else {},
        },
    )
    for name in ScheduleOptions.names()
}
CYCLED = {
    "one cycle of momentum": ({}, {"schedule": "one_cycle", "schedule_options": {"cycle_momentum": True}})
}
ALL = KINDS | OPTIMIZERS | MOMENTUM | SCHEDULES | CYCLED
# one of each mechanism; the others, and other moments, are tried where there is time
QUICK = ("batch statistics", "an average", "float16", "optimizer lbfgs", "schedule one_cycle", "skip")


def _cases():
    for kind in ALL:
        moments = (1, 9, 13) if kind in QUICK else (4, 7)
        for after in moments:
            is_quick = kind in QUICK and after == 9
            yield pytest.param(kind, after, id=f"{kind}-{after}", marks=[] if is_quick else pytest.mark.slow)


@pytest.mark.parametrize(("kind", "after"), _cases())
def test_resumed(learn, interrupted, open_kept, fresh, bright_or_dark, breaking, kind, after):
    network, training = ALL[kind]
    if training.get("not_finite") == "skip":
        bright_or_dark.tensors[0][[3, 40, 70], 0, 0, 0] = BAD
        training = training | {"loss": breaking}
    sets = (bright_or_dark, bright_or_dark)
    whole = fresh(**network)
    expected = learn(whole, *sets, **training)

    interrupted(fresh(**network), *sets, after=after, **training)
    resumed = fresh(**network)
    checkpoints = open_kept(resume=True, epochs=training.get("epochs", 4))
    history = learn(resumed, *sets, how={"checkpoints": checkpoints}, **training)

    assert bool(checkpoints._about.resumed) == (after > 1)
    same(resumed, whole, history, expected)


@pytest.mark.filterwarnings("error")
def test_a_schedule_that_is_stepped_next_does_not_warn(learn, interrupted, open_kept, fresh, bright_or_dark):
    kept = open_kept(every_epochs=100)
    interrupted(fresh(), bright_or_dark, after=7, checkpoints=kept, schedule="exponential")
    again = open_kept(resume=True)
    assert "after 6 of 6 batches" in again._about.resumed[0]
    learn(fresh(), bright_or_dark, schedule="exponential", how={"checkpoints": again})


@pytest.mark.parametrize("after", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_images_vary_as_they_would_have(learn, interrupted, open_kept, fresh, bright_or_dark, after):
    augmentation = build_augmentation(AugmentationOptions(shift=0.2, mixup=0.5, erase=0.3, brightness=0.2))

    def augment(images, labels, *, generator):
        return augmentation(images, labels, num_classes=2, generator=generator)

    whole, resumed = fresh(), fresh()
    expected = learn(whole, bright_or_dark, how={"augment": augment})
    interrupted(fresh(), bright_or_dark, after=after, how={"augment": augment})
    how = {"augment": augment, "checkpoints": open_kept(resume=True)}
    same(resumed, whole, learn(resumed, bright_or_dark, how=how), expected)


def test_as_often_as_it_is_interrupted(learn, interrupted, open_kept, fresh, bright_or_dark):
    whole = fresh()
    expected = learn(whole, bright_or_dark)
    interrupted(fresh(), bright_or_dark, after=2)
    for after in (2, 6, 7):
        interrupted(fresh(), bright_or_dark, after=after, checkpoints=open_kept(resume=True))
    resumed = fresh()
    history = learn(resumed, bright_or_dark, how={"checkpoints": open_kept(resume=True)})
    same(resumed, whole, history, expected)


def test_batches_that_were_seen_are_not_gathered_again(learn, interrupted, open_kept, fresh, bright_or_dark):
    interrupted(fresh(), bright_or_dark, after=5)
    images, labels = bright_or_dark.tensors
    seen = []

    class Watched(torch.utils.data.TensorDataset):
        def __getitem__(self, indices):
            seen.append(indices.numel() if isinstance(indices, torch.Tensor) else 0)  # its shape is asked for
            return super().__getitem__(indices)

    learn(fresh(), Watched(images, labels), epochs=4, how={"checkpoints": open_kept(resume=True)})
    assert sum(seen) == 4 * 96 - 4 * 16


def test_what_draws_random_numbers_beside_it_is_left_alone(
    learn, interrupted, open_kept, fresh, bright_or_dark
):
    interrupted(fresh(), bright_or_dark, after=5)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    learn(fresh(), bright_or_dark, how={"checkpoints": open_kept(resume=True)})
    assert torch.equal(torch.get_rng_state(), before)

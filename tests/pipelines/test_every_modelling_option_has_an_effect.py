"""Each option of the modelling parameters changes training or evaluation where it counts, or is refused.

Options are found by walking the parameters: a new one fails here until it is said where it counts.
"""

import hashlib
import json
from functools import reduce

import numpy as np
import pytest
import torch
from timm import create_model
from torch.utils.data import TensorDataset
from torchvision.models import resnet18

from image_classification.errors import UserError
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.storage import save_classifier
from image_classification.options import Section
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.learning_rate import find_learning_rate
from image_classification.pipelines.modelling.nodes import build_network, evaluate_network, train_network
from image_classification.registry import Choice

pytestmark = pytest.mark.slow

CLASSES = ("ant", "bee", "cat", "dog")
SHAPE = (3, 28, 28)
# short, small, and the same on every machine
USUAL = {
    "network.convnet.widths": [4, 4],
    "network.feed_forward.widths": [8],
    "optimizer.adam.lr": 0.01,
    "training.epochs": 4,
    "training.batch_size": 16,
    "training.device": "cpu",
    "training.precision": "float32",
    "evaluation.top_k": 2,
}
MOMENTUM = {"optimizer.sgd.momentum": 0.9, "optimizer.sgd.lr": 0.05}
OPTIMIZERS = OptimizerOptions.names()
HAVE_BETAS = ("adam", "adamw", "adamax", "nadam", "radam")
HAVE_EPS = (*HAVE_BETAS, "adadelta", "adagrad", "rmsprop")
PLATEAU = {"schedule.reduce_on_plateau.patience": 0, "schedule.reduce_on_plateau.threshold": 0.9}
WAVE = {"schedule.cyclic.step_size_up": 2}
FOUND = {"training.find_learning_rate.updates": 50}
FOUND_AND_USED = {"training.find_learning_rate.mode": "use"}
ENDS_EARLY = {"training.early_stopping.metric": "validation/loss", "training.early_stopping.min_delta": 10.0}
# few enough images that they can be kept, and a network that is not always right
PROMISES = {
    "calibration.coverage": 0.6,
    "calibration.right": 0.6,
    "calibration.confidence": 0.6,
    "optimizer.adam.lr": 0.001,
}
TEACHER = {"loss.name": "distillation", "loss.distillation.teacher": "<teacher>"}
DRAWN = {"network.timm.model": "test_resnet", "network.timm.weights": None, "training.epochs": 2}
TUNED = DRAWN | {"network.name": "timm"}

# option -> another value, and what else has to be set for it to count (its block is chosen by itself)
CHANGES = {
    "seed": (1, {}),
    "network.name": ("lenet", {}),
    "network.convnet.widths": ([4, 5], {}),
    "network.convnet.depths": ([1, 2], {}),
    "network.convnet.first_padding": ("valid", {}),
    "network.convnet.dropout": (0.5, {}),
    "network.feed_forward.widths": ([9], {}),
    "network.feed_forward.dropout": (0.5, {}),
    "network.feed_forward.log_softmax": (
        False,
        {"loss.name": "mean_squared_error", "loss.mean_squared_error.of": "logits"},
    ),
    "network.torchvision.model": ("mobilenet_v3_small", {"training.epochs": 1}),
    "network.torchvision.weights": ("<weights>", {"training.epochs": 1}),
    "network.torchvision.freeze": (
        "body",
        {"training.epochs": 1, "network.torchvision.weights": "<weights>"},
    ),
    "network.timm.model": ("test_efficientnet", DRAWN),
    "network.timm.weights": ("<timm weights>", DRAWN),
    "network.timm.freeze": (2, DRAWN | {"network.timm.weights": "<timm weights>"}),
    "network.timm.dropout": (0.5, DRAWN),
    "network.timm.drop_path": (0.5, DRAWN),
    "network.normalisation": ({"mean": [0.5, 0.5, 0.5], "std": [0.1, 0.1, 0.1]}, {}),
    "loss.name": ("kullback_leibler", {"loss.cross_entropy.label_smoothing": 0.1}),
    "loss.cross_entropy.class_weights": ("balanced", {}),
    "loss.cross_entropy.targets": ("probabilities", {"loss.cross_entropy.label_smoothing": 0.1}),
    "loss.cross_entropy.label_smoothing": (0.1, {}),
    "loss.negative_log_likelihood.class_weights": ([1.0, 2.0, 0.0, 1.0], {"network.name": "feed_forward"}),
    "loss.mean_squared_error.of": ("logits", {}),
    "loss.euclidean_distance.of": ("logits", {}),
    "loss.cosine_distance.of": ("logits", {}),
    "loss.distillation.teacher": ("<other teacher>", TEACHER),
    "loss.distillation.temperature": (1.0, TEACHER),
    "loss.distillation.teacher_weight": (0.1, TEACHER),
    "loss.weighted_sum.terms": (
        [{"name": "cross_entropy"}, {"name": "cosine_distance", "weight": 0.5}],
        {"loss.weighted_sum.terms": [{"name": "cross_entropy"}]},
    ),
    "optimizer.name": ("sgd", {}),
    "optimizer.weight_decay_on": ("weights", {"optimizer.adam.weight_decay": 0.1}),
    **{f"optimizer.{name}.lr": (0.03, {}) for name in OPTIMIZERS},
    **{f"optimizer.{name}.weight_decay": (0.1, {}) for name in OPTIMIZERS if name not in ("lbfgs", "rprop")},
    **{f"optimizer.{name}.eps": (0.1, {}) for name in HAVE_EPS},
    **{f"optimizer.{name}.betas": ([0.5, 0.9], {}) for name in HAVE_BETAS},
    **{
        f"optimizer.{name}.amsgrad": (True, {f"optimizer.{name}.betas": [0.9, 0.5]})
        for name in ("adam", "adamw")
    },
    **{
        f"optimizer.{name}.decoupled_weight_decay": (True, {f"optimizer.{name}.weight_decay": 0.1})
        for name in ("adam", "nadam", "radam")
    },
    "optimizer.sgd.momentum": (0.9, {}),
    "optimizer.sgd.dampening": (0.5, MOMENTUM),
    "optimizer.sgd.nesterov": (True, MOMENTUM),
    "optimizer.asgd.lambd": (0.1, {}),
    "optimizer.asgd.alpha": (0.1, {"optimizer.asgd.lambd": 0.5}),
    "optimizer.asgd.t0": (3.0, {}),
    "optimizer.adadelta.rho": (0.5, {}),
    "optimizer.adafactor.beta2_decay": (-0.1, {}),
    "optimizer.adafactor.eps": ([0.1, 0.1], {}),
    "optimizer.adafactor.d": (10.0, {"optimizer.adafactor.beta2_decay": -0.01}),
    "optimizer.adagrad.lr_decay": (0.5, {}),
    "optimizer.adagrad.initial_accumulator_value": (1.0, {}),
    "optimizer.lbfgs.max_iter": (2, {}),
    "optimizer.lbfgs.max_eval": (3, {}),
    "optimizer.lbfgs.tolerance_grad": (10.0, {}),
    "optimizer.lbfgs.tolerance_change": (1.0, {}),
    "optimizer.lbfgs.history_size": (1, {}),
    "optimizer.lbfgs.line_search_fn": ("strong_wolfe", {}),
    "optimizer.nadam.momentum_decay": (0.5, {}),
    "optimizer.rmsprop.alpha": (0.5, {}),
    "optimizer.rmsprop.momentum": (0.9, {}),
    "optimizer.rmsprop.centered": (True, {}),
    "optimizer.rprop.etas": ([0.1, 3.0], {}),
    "optimizer.rprop.step_sizes": ([1e-6, 0.01], {}),
    "schedule.name": ("exponential", {}),
    "schedule.warmup.epochs": (1.5, {}),
    "schedule.warmup.updates": (3, {}),
    "schedule.warmup.start_factor": (0.5, {"schedule.warmup.updates": 3}),
    "schedule.one_cycle.pct_start": (0.5, {}),
    "schedule.one_cycle.anneal_strategy": ("linear", {}),
    "schedule.one_cycle.cycle_momentum": (True, {}),
    "schedule.one_cycle.base_momentum": (0.5, {"schedule.one_cycle.cycle_momentum": True}),
    "schedule.one_cycle.max_momentum": (0.99, {"schedule.one_cycle.cycle_momentum": True}),
    "schedule.one_cycle.div_factor": (2.0, {}),
    "schedule.one_cycle.final_div_factor": (2.0, {}),
    "schedule.one_cycle.three_phase": (True, {}),
    "schedule.step.step_size": (1, {}),
    "schedule.step.gamma": (0.5, {"schedule.step.step_size": 1}),
    "schedule.multi_step.milestones": ([1], {}),
    "schedule.multi_step.gamma": (0.5, {}),
    "schedule.exponential.gamma": (0.5, {}),
    "schedule.cosine.T_max": (2, {}),
    "schedule.cosine.eta_min": (0.005, {}),
    "schedule.cosine_warm_restarts.T_0": (2, {}),
    "schedule.cosine_warm_restarts.T_mult": (2, {"schedule.cosine_warm_restarts.T_0": 1}),
    "schedule.cosine_warm_restarts.eta_min": (0.005, {}),
    "schedule.linear.start_factor": (0.5, {}),
    "schedule.linear.end_factor": (0.5, {}),
    "schedule.linear.total_iters": (2, {}),
    "schedule.constant_factor.factor": (0.5, {}),
    "schedule.constant_factor.total_iters": (2, {}),
    "schedule.polynomial.total_iters": (2, {}),
    "schedule.polynomial.power": (2.0, {}),
    "schedule.cyclic.base_lr": (0.005, WAVE),
    "schedule.cyclic.max_lr": (0.02, WAVE),
    "schedule.cyclic.step_size_up": (3, WAVE),
    "schedule.cyclic.step_size_down": (3, WAVE),
    "schedule.cyclic.mode": ("triangular2", WAVE),
    "schedule.cyclic.gamma": (0.5, WAVE | {"schedule.cyclic.mode": "exp_range"}),
    "schedule.cyclic.cycle_momentum": (True, WAVE),
    "schedule.cyclic.base_momentum": (0.5, WAVE | {"schedule.cyclic.cycle_momentum": True}),
    "schedule.cyclic.max_momentum": (0.99, WAVE | {"schedule.cyclic.cycle_momentum": True}),
    "schedule.reduce_on_plateau.factor": (0.5, PLATEAU),
    "schedule.reduce_on_plateau.patience": (1, PLATEAU),
    "schedule.reduce_on_plateau.threshold": (0.0, PLATEAU),
    "schedule.reduce_on_plateau.threshold_mode": (
        "abs",
        # of a loss around 0.2 a share of it is little, and as a difference much
        PLATEAU | {"schedule.reduce_on_plateau.threshold": 0.1, "loss.name": "mean_squared_error"},
    ),
    "schedule.reduce_on_plateau.cooldown": (2, PLATEAU),
    "schedule.reduce_on_plateau.min_lr": (0.005, PLATEAU),
    "schedule.reduce_on_plateau.eps": (1.0, PLATEAU),
    "augmentation.shift": (0.3, {}),
    "augmentation.rotation": (30.0, {}),
    "augmentation.scale": (0.3, {}),
    "augmentation.shear": (30.0, {}),
    "augmentation.crop": (0.5, {}),
    "augmentation.crop_aspect": (2.0, {"augmentation.crop": 0.5}),
    "augmentation.horizontal_flip": (0.5, {}),
    "augmentation.vertical_flip": (0.5, {}),
    "augmentation.fill": ("edge", {"augmentation.shift": 0.3}),
    "augmentation.brightness": (0.5, {}),
    "augmentation.contrast": (0.5, {}),
    "augmentation.saturation": (0.5, {}),
    "augmentation.erase": (0.5, {}),
    "augmentation.erase_area": ([0.4, 0.5], {"augmentation.erase": 0.5}),
    "augmentation.mixup": (0.4, {}),
    "augmentation.cutmix": (1.0, {}),
    "training.epochs": (3, {}),
    "training.batch_size": (17, {}),
    "training.drop_last": (True, {}),
    "training.accumulate_batches": (2, {}),
    "training.shuffle": (False, {}),
    "training.sampler": ("balanced", {}),
    "training.device": ("mtia:7", {}),  # which no machine that runs this has
    "training.precision": ("bfloat16", {}),
    "training.freeze": (["body.*.weight"], {}),
    "training.gradient_clipping.norm": (0.01, {}),
    "training.gradient_clipping.value": (0.001, {}),
    "training.fine_tuning.body_lr_factor": (0.1, TUNED),
    "training.fine_tuning.layer_decay": (0.5, TUNED),
    "training.fine_tuning.head_start": (True, TUNED),
    "training.fine_tuning.frozen_statistics": (True, TUNED),
    "training.fine_tuning.head_epochs": (1, TUNED),
    "training.fine_tuning.epochs_per_stage": (1, TUNED),
    "training.fine_tuning.views": (
        2,
        TUNED
        | {
            "network.timm.weights": "<timm weights>",
            "network.timm.freeze": "body",
            "augmentation.horizontal_flip": 0.5,
        },
    ),
    "training.find_learning_rate.mode": ("use", FOUND),
    "training.find_learning_rate.lowest": (0.02, FOUND_AND_USED),
    "training.find_learning_rate.highest": (0.002, FOUND_AND_USED),
    "training.find_learning_rate.updates": (20, FOUND_AND_USED),
    "training.average_weights.decay": (0.9, {}),
    "training.validate_every": (2, {}),
    "training.early_stopping.metric": (
        "validation/loss",
        {**ENDS_EARLY, "training.early_stopping.patience": 1},
    ),
    "training.early_stopping.patience": (1, ENDS_EARLY),
    "training.early_stopping.min_delta": (
        10.0,
        {**ENDS_EARLY, "training.early_stopping.patience": 1, "training.early_stopping.min_delta": 0.0},
    ),
    "training.keep": ("best", {"optimizer.adam.lr": 0.3}),
    "training.report_test_each_epoch": (True, {}),
    "training.log_every_batches": (1, {}),
    "calibration.enabled": (False, PROMISES),
    "calibration.coverage": (0.9, PROMISES),
    "calibration.right": (0.8, PROMISES),
    "calibration.confidence": (0.9, PROMISES),
    "calibration.strangers": (0.4, PROMISES | {"calibration.strangers": 0.0}),
    "evaluation.views": (["vertical_flip"], {}),
    "evaluation.top_k": (3, {}),
    "evaluation.calibration_bins": (2, {"optimizer.adam.lr": 0.1}),
}
# what its description promises to change nothing: always, or as long as all losses are finite numbers
WITHOUT_RESULT = {
    "evaluation.batch_size": 7,
    "training.not_finite": "skip",
    "training.resume": True,
    "training.checkpoint.enabled": False,
    "training.checkpoint.every_epochs": 2,
    "training.checkpoint.every_minutes": 0.1,
    "training.checkpoint.keep": 1,
    "training.checkpoint.trainings": 1,
    "training.checkpoint.more_epochs": "refuse",
    "training.checkpoint.changed_code": "allow",
}

# how many processes share a training, which tests/learning/elastic tries: they come to the result of one
OF_PROCESSES = "training.distributed."


def leaves(section=ModellingOptions, prefix=""):
    """The path of each option, with the choices that it is inside of: {`optimizer.name`: `adam`}."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            is_block = issubclass(section, Choice) and name in section.names()
            for path, chosen in leaves(kind, f"{prefix}{name}."):
                yield path, ({f"{prefix}name": name} if is_block else {}) | chosen
        else:
            yield prefix + name, {}


CHOSEN = dict(leaves())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Networks in files, by what stands for them above."""
    folder = tmp_path_factory.mktemp("networks")
    for seed, name in enumerate(("teacher", "other teacher")):
        save_classifier(classifier("convnet", {"widths": [4]}, seed), folder / f"{name}.safetensors")
    torch.save(resnet18().state_dict(), folder / "weights.pth")
    torch.save(create_model("test_resnet").state_dict(), folder / "timm.pth")
    return {
        "<teacher>": str(folder / "teacher.safetensors"),
        "<other teacher>": str(folder / "other teacher.safetensors"),
        "<weights>": str(folder / "weights.pth"),
        "<timm weights>": str(folder / "timm.pth"),
    }


def classifier(network, options, seed):
    description = NetworkDescription(
        network=network,
        options=options,
        image_shape=SHAPE,
        class_names=CLASSES,
        mean=(0.4,) * 3,
        std=(0.2,) * 3,
        data_name="made up",
        index_digest="0" * 64,
    )
    return build_classifier(description, seed)


class Images(TensorDataset):
    """Images (n, 3, 28, 28) uint8 of noise, each class of a colour of its own, and of other numbers."""

    def __init__(self, seed, counts):
        labels = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
        generator = torch.Generator().manual_seed(seed)
        images = torch.randint(0, 160, (len(labels), *SHAPE), generator=generator)
        shades = torch.tensor([[60, 0, 0], [0, 60, 0], [0, 0, 60], [40, 40, 0]])
        super().__init__((images + shades[labels][:, :, None, None]).to(torch.uint8), labels)
        self.names = [f"{row}.png" for row in range(len(labels))]


TRAIN, VALIDATION, TEST = Images(0, [20, 10, 8, 7]), Images(1, [12, 11, 10, 9]), Images(2, [8, 8, 8, 8])
STATISTICS = {
    "data_name": "made up",
    "class_names": list(CLASSES),
    "image_shape": list(SHAPE),
    "mean": [0.4, 0.4, 0.4],
    "std": [0.2, 0.2, 0.2],
    "index_digest": "0" * 64,
    "counts": {"train": dict(zip(CLASSES, [20, 10, 8, 7], strict=True))},
}


def outcome(options, capsys):
    """Everything that a training with these options leaves: weights, history, words and measurements."""
    parameters = ModellingOptions.model_validate(nested(options))
    network = build_network(parameters.network, parameters.seed, STATISTICS)
    chosen = (STATISTICS, parameters.seed, parameters.loss, parameters.optimizer, parameters.schedule)
    chosen = (*chosen, parameters.augmentation, parameters.training)
    tested = find_learning_rate(network, TRAIN, *chosen, parameters.training.find_learning_rate.model_dump())
    capsys.readouterr()
    trained, history = train_network(
        network,
        *(TRAIN, VALIDATION, TEST, *chosen),
        learning_rate_test=tested,
        calibration=parameters.calibration,
        views=parameters.evaluation.views,
    )
    printed = capsys.readouterr().out.count("\n")
    _, metrics, _ = evaluate_network(
        trained, TEST, STATISTICS, parameters.loss, parameters.training, parameters.evaluation
    )
    digest = hashlib.sha256()
    for tensor in trained.state_dict().values():
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return (
        digest.hexdigest(),
        history.drop(columns="seconds").to_json(),
        printed,
        # what was measured; that the options are written beside it is no effect
        repr(sorted(item for item in metrics.items() if item[0] != "evaluation")),
    )


KNOWN = {}


def outcome_once(options, capsys):
    """The same, trained once for all options that are compared with it."""
    key = json.dumps(options, sort_keys=True)
    if key not in KNOWN:
        KNOWN[key] = outcome(options, capsys)
    return KNOWN[key]


def nested(options):
    made = {}
    for path, value in options.items():
        *groups, name = path.split(".")
        reduce(lambda group, key: group.setdefault(key, {}), groups, made)[name] = value
    return made


def filled_in(options, files):
    return {
        path: files.get(value, value) if isinstance(value, str) else value for path, value in options.items()
    }


def test_nothing_is_left_out():
    chosen = {option for option in CHOSEN if not option.startswith(OF_PROCESSES)}
    assert set(CHANGES) | set(WITHOUT_RESULT) == chosen


@pytest.mark.parametrize("option", CHANGES)
def test_an_effect_or_a_refusal(option, files, capsys):
    value, needed = CHANGES[option]
    before = USUAL | CHOSEN[option] | needed
    if before.get(option) == value:
        del before[option]
    usual = outcome_once(filled_in(before, files), capsys)

    try:
        assert outcome(filled_in(before | {option: value}, files), capsys) != usual
    except UserError as error:
        assert option == "training.device", error


@pytest.mark.parametrize("option", WITHOUT_RESULT)
def test_what_is_to_change_nothing_does_so(option, capsys):
    assert outcome(USUAL | {option: WITHOUT_RESULT[option]}, capsys) == outcome_once(USUAL, capsys)

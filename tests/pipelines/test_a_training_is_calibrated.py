"""The node that trains calibrates the network in the end, on the validation images and nothing else."""

import pandas as pd
import pytest
import torch
from kedro.framework.session import KedroSession
from PIL import Image
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.digest import weights_digest
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.nodes import evaluate_network, train_network

CLASSES = ("ant", "bee", "cat")
STATISTICS = {
    "data_name": "made up",
    "class_names": list(CLASSES),
    "image_shape": [1, 6, 6],
    "index_digest": "0" * 64,
    "counts": {"train": dict.fromkeys(CLASSES, 20)},
}


class Images(TensorDataset):
    """Images (n, 1, 6, 6) uint8 of noise, their left as bright as their class; a tenth are labelled wrong."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(seed)
        labels = torch.arange(count) % 3
        images = torch.randint(0, 120, (count, 1, 6, 6), generator=generator)
        images[..., :3] += 60 * labels[:, None, None, None]
        moved = torch.rand(count, generator=generator) < 0.1
        super().__init__(images.to(torch.uint8), torch.where(moved, (labels + 1) % 3, labels))
        self.names = [f"{row}.png" for row in range(count)]


def network():
    return build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [8], "dropout": 0.0, "log_softmax": True},
            image_shape=(1, 6, 6),
            class_names=CLASSES,
            mean=(0.4,),
            std=(0.2,),
            data_name="made up",
            index_digest="0" * 64,
        )
    )


def train(validation=90, *, views=(), **calibration):
    parameters = ModellingOptions.model_validate(
        {"training": {"epochs": 20, "batch_size": 10, "device": "cpu"}, "optimizer": {"name": "adam"}}
    )
    trained, _ = train_network(
        network(),
        *(Images(60, 0), Images(validation, 1), Images(0, 2), STATISTICS, 0),
        *(parameters.loss, parameters.optimizer, parameters.schedule, parameters.augmentation),
        parameters.training,
        calibration=CalibrationOptions(**{"right": 0.75} | calibration),
        views=views,
    )
    return trained


def evaluate(trained, views=()):
    parameters = ModellingOptions.model_validate({"evaluation": {"views": list(views)}})
    return evaluate_network(
        trained, Images(200, 3), STATISTICS, parameters.loss, parameters.training, parameters.evaluation
    )


def test_the_weights_are_the_same(caplog):
    calibrated, off = train(), train(enabled=False)

    assert weights_digest(calibrated) == weights_digest(off)
    assert off.description.calibration is None
    assert calibrated.description.calibration.images == 90
    without = {"calibration": None}
    assert calibrated.description.model_copy(update=without) == off.description
    assert not caplog.records


def test_the_same_training_is_calibrated_equally():
    assert train().description == train().description


def test_too_few_are_refused_before_the_training(capsys):
    with pytest.raises(UserError, match=r"there are 12 validation images: 19 are needed"):
        train(12, enabled=True)
    assert "Epoch" not in capsys.readouterr().out


@pytest.mark.parametrize(("validation", "said"), [(0, 0), (12, 1), (90, 0)])
def test_where_there_are_too_few_one_line_says_so(validation, said, caplog):
    with caplog.at_level("INFO"):
        trained = train(validation)

    lines = [each.message for each in caplog.records if "alibrated" in each.message]
    assert len(lines) == said
    assert all("12 validation images, and 19 are needed" in line for line in lines)
    assert (trained.description.calibration is None) == (validation < 19)


def test_what_cannot_be_promised_is_said(caplog):
    trained = train(600, right=0.99)

    assert trained.description.calibration.answer_above is None
    (line,) = [each.message for each in caplog.records]
    assert "Every answer will be 'unsure': the 600 validation images do not show that 99 %" in line
    assert set(evaluate(trained)[0]["answer"]) == {"unsure"}


def test_the_evaluation_is_of_calibrated_probabilities():
    trained = train()
    predictions, metrics, _ = evaluate(trained)

    assert {"answer", "set"} <= set(predictions)
    assert metrics["raw_log_loss"] == pytest.approx(metrics["loss"], rel=1e-5)
    assert metrics["raw_log_loss"] != metrics["log_loss"]
    assert 0 < metrics["answered"] <= 1
    predictions, metrics, _ = evaluate(train(enabled=False))
    assert not {"answer", "set"} & set(predictions)
    assert not {"answered", "raw_log_loss"} & set(metrics)


def test_views_of_the_calibration_and_of_the_evaluation(caplog):
    views = ("vertical_flip",)
    trained = train(views=views)
    assert trained.description.calibration.views == views

    same, *_ = evaluate(trained, views)
    assert "answer" in same
    assert not caplog.records
    other, *_ = evaluate(trained)
    assert "answer" not in other
    assert "there are no answers" in caplog.text
    assert not same["confidence"].equals(other["confidence"])


def test_views_that_change_the_class_are_told(caplog):
    evaluate(train(views=("horizontal_flip",)), ("horizontal_flip",))

    assert "fewer are right of 200 images" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("views", [None, [], ["vertical_flip"]])
def test_inference_sees_images_as_the_network_was_calibrated(views, project, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    for row, image in enumerate(Images(12, 5).tensors[0]):
        Image.fromarray(image[0].numpy()).save(folder / f"{row:02d}.png")
    trained = train(views=("vertical_flip",))
    values = {"inference": {"images": str(folder), "views": views}}
    with KedroSession.create(project, runtime_params=values) as session:
        session.load_context().catalog["trained_network"].save(trained)
        session.run(pipeline_names=["inference"])

    table = pd.read_csv(project / "data" / "07_model_output" / "inference.csv", keep_default_na=False)
    assert ("answer" in table) == (views != [])
    assert set(table.get("answer", ())) <= {*CLASSES, "unsure"}

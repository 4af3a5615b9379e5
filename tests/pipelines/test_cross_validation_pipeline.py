"""Cross-validation: every image is predicted by a network that has not seen it."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner
from mlflow import MlflowClient
from tests.images.store.test_folds import source
from tests.pipelines.test_image_folder_pipeline import make_folder

from image_classification.errors import UserError
from image_classification.images.store.folds import CrossValidationOptions, assign_folds, index_of_fold
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import make_tensor_sets
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.cross_validation.nodes import cross_validate
from image_classification.pipelines.modelling.nodes import build_network, evaluate_network, train_network
from image_classification.pipelines.trainings.fold import sets_of_fold

MODELLING = {
    "network": {"name": "convnet", "convnet": {"widths": [4]}},
    "training": {"epochs": 2, "batch_size": 16, "device": "cpu", "precision": "float32"},
}


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "shades", per_class=15)


def run(project, folder, runner=None, only_missing_outputs=False, modelling=MODELLING, **options):
    values = {
        "image_folder": {"path": str(folder), "images": {"size": 8}},
        "modelling": modelling,
        "cross_validation": {"folds": 3} | options,
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(
            pipeline_names=["folder_cross_validation"],
            runner=runner or SequentialRunner(),
            only_missing_outputs=only_missing_outputs,
        )
        return session.load_context().catalog


@pytest.mark.slow
def test_what_it_says_is_what_separate_trainings_say_and_all_of_it_is_recorded(project, folder):
    catalog = run(project, folder)
    held_out, measured = catalog["out_of_fold"].load(), catalog["fold_metrics"].load()
    index, folds = catalog["image_folder.image_index"].load(), catalog["folds"].load()
    assert sorted(held_out["name"]) == sorted(index.loc[index["split"].isin(["train", "validation"]), "name"])
    for fold in range(3):
        expected, accuracy, trained_on = trained_alone(catalog, index_of_fold(index, folds, validation=fold))
        found = held_out[held_out["fold"] == fold].drop(columns=["fold", "repeat"]).reset_index(drop=True)
        assert set(found["name"]) == set(folds.loc[folds["fold"] == fold, "name"])
        pd.testing.assert_frame_equal(found, expected[found.columns])
        assert measured.iloc[fold]["accuracy"] == accuracy
        assert measured.iloc[fold]["training_images"] == trained_on
    recorded_as(project, measured, count=3, seeds={"42"})


def trained_alone(catalog, index):
    """Train and evaluate by the nodes of the modelling pipeline on an index with one fold for validation."""
    images = catalog["image_folder.images"].load()
    options = ModellingOptions.model_validate(catalog["params:modelling"].load())
    sets, statistics = make_tensor_sets(images, index), summarise_images(images, index)
    network, _ = train_network(
        build_network(options.network, options.seed, statistics),
        *(sets[split] for split in ("train", "validation", "test")),
        *(statistics, options.seed, options.loss, options.optimizer, options.schedule),
        *(options.augmentation, options.training),
    )
    predictions, metrics, _ = evaluate_network(
        network, sets["validation"], statistics, options.loss, options.training, options.evaluation
    )
    return predictions, metrics["accuracy"], len(sets["train"])


def recorded_as(project, measured, *, count, seeds):
    """Look at the record: a run, and so many in it."""
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("image-classification")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [each for each in runs if "mlflow.parentRunId" not in each.data.tags]
    children = [each for each in runs if each.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {each.info.status for each in runs} == {"FINISHED"}
    assert len(children) == count
    assert {each.data.params["seed"] for each in children} == seeds
    assert all({"train/loss", "test/accuracy"} <= each.data.metrics.keys() for each in children)
    mean = np.mean([each.data.metrics["test/accuracy"] for each in children])
    assert measured["accuracy"].mean() == pytest.approx(mean)
    summary = json.loads((project / "data" / "08_reporting" / "cross_validation.json").read_text())
    assert summary["metrics"]["accuracy"]["mean"] == pytest.approx(mean)
    assert parent.data.metrics["cross_validation/accuracy"] == pytest.approx(mean)
    assert parent.data.params["cross_validation.folds"] == "3"
    files = {file.path for file in client.list_artifacts(parent.info.run_id, "model_output")}
    assert "model_output/out_of_fold.parquet" in files
    page = (project / "data" / "08_reporting" / "cross_validation.html").read_text(encoding="utf-8")
    assert f"{mean:.2%} ± " in page
    assert "Cross-validation of convnet on shades" in page
    assert f"MLflow run {parent.info.run_id}" in page
    pages = {file.path for file in client.list_artifacts(parent.info.run_id, "reporting")}
    assert "reporting/cross_validation.html" in pages


@pytest.mark.slow
@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_repeats_have_folds_and_seeds_of_their_own(project, folder, runner):
    catalog = run(project, folder, runner(), repeats=2)
    recorded_as(project, catalog["fold_metrics"].load(), count=6, seeds={"42", "43"})
    summary = json.loads((project / "data" / "08_reporting" / "cross_validation.json").read_text())
    assert summary["all_images"]["images"] == len(catalog["out_of_fold"].load()) / 2


@pytest.mark.slow
def test_in_processes_of_their_own(project, folder, run_command):
    parameters = f"image_folder.path={folder},image_folder.images.size=8,cross_validation.folds=3"
    command = ["run", "--pipeline", "folder_cross_validation", "--runner", "ParallelRunner"]
    ended = run_command(project, "kedro", *command, "--params", f"{parameters},modelling.training.epochs=1")
    assert ended.returncode == 0, ended.stderr
    measured = pd.read_parquet(project / "data" / "07_model_output" / "fold_metrics.parquet")
    recorded_as(project, measured, count=3, seeds={"42"})


@pytest.mark.slow
def test_nothing_is_done_again_where_nothing_has_changed(project, folder, capsys):
    run(project, folder)
    before = (project / "data" / "07_model_output" / "out_of_fold.parquet").stat().st_mtime_ns
    capsys.readouterr()
    run(project, folder, only_missing_outputs=True)
    assert (project / "data" / "07_model_output" / "out_of_fold.parquet").stat().st_mtime_ns == before
    assert "Training 1" not in capsys.readouterr().out
    run(project, folder, only_missing_outputs=True, seed=3)
    assert (project / "data" / "07_model_output" / "out_of_fold.parquet").stat().st_mtime_ns != before


CHOOSES = {
    "keep=best": {"training": {"keep": "best"}},
    "metric=validation/loss": {"training": {"early_stopping": {"metric": "validation/loss"}}},
    "name=reduce_on_plateau": {"schedule": {"name": "reduce_on_plateau"}},
}


@pytest.mark.parametrize("named", CHOOSES)
def test_what_chooses_by_validation_images_needs_a_fold_more(named):
    options = ModellingOptions.model_validate(CHOOSES[named])
    folds = pd.DataFrame({"name": ["a", "b"], "repeat": 0, "fold": [0, 1]})
    with pytest.raises(
        UserError, match=named.replace("=", "='") + r".*CrossValidationOptions\.folds has to be 3"
    ):
        cross_validate(
            *(None, None, None, folds, options.network, options.seed, options.loss, options.optimizer),
            *(options.schedule, options.augmentation, options.training, options.evaluation),
        )


def test_what_is_measured_has_chosen_nothing():
    """With another fold to choose by, the held out images are in no set of the training."""
    images, index = source([0, 1] * 20, splits=["train", "validation", "test", "train"] * 10)
    folds = assign_folds(images, index, CrossValidationOptions(folds=4))
    for fold in range(4):
        held_out, sets = sets_of_fold(images, index, folds, fold, chooses=True)
        train, validation, test = (set(each.names) for each in (sets.train, sets.validation, sets.test))
        assert set(held_out.names) == set(folds.loc[folds["fold"] == fold, "name"])
        assert not set(held_out.names) & (train | validation | test)
        assert validation == set(folds.loc[folds["fold"] == (fold + 1) % 4, "name"])
        assert train == set(folds["name"]) - set(held_out.names) - validation
        assert test == set(index.loc[index["split"] == "test", "name"])


@pytest.mark.slow
def test_features_of_a_frozen_body_are_computed_once(project, folder, tmp_path):
    from timm import create_model  # noqa: PLC0415

    torch.save(create_model("test_resnet").state_dict(), tmp_path / "weights.pth")
    network = {"model": "test_resnet", "weights": str(tmp_path / "weights.pth"), "freeze": "body"}
    run(project, folder, modelling=MODELLING | {"network": {"name": "timm", "timm": network}})
    (file,) = (project / "data" / "05_model_input" / "features").glob("*")
    from safetensors.torch import load_file  # noqa: PLC0415

    table = pd.read_parquet(project / "data" / "07_model_output" / "out_of_fold.parquet")
    assert len(load_file(file)["rows"]) == len(table)


@pytest.mark.slow
def test_each_training_finds_its_own_learning_rate(project, folder):
    find = {"mode": "use", "updates": 30}
    training = MODELLING["training"] | {"find_learning_rate": find}
    modelling = MODELLING | {"training": training, "schedule": {"name": "constant"}}
    run(project, folder, modelling=modelling)
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("image-classification")
    found = [
        (float(each.data.tags["optimizer.found_lr"]), each.data.metrics["learning_rate"])
        for each in client.search_runs([experiment.experiment_id])
        if "mlflow.parentRunId" in each.data.tags
    ]
    assert len(found) == 3
    assert all(rate == pytest.approx(trained_at) for rate, trained_at in found)

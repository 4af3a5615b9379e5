"""What a command that trains several times cannot do is refused before an image is prepared."""

import pytest
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner
from mlflow import MlflowClient
from tests.pipelines.test_image_folder_pipeline import make_folder

from image_classification.errors import UserError

SPACE = {"optimizer.adam.lr": [0.01, 0.1]}
SHARED = {"modelling": {"training": {"distributed": {"processes_per_node": 2}}}}
MACHINES = {"modelling": {"training": {"distributed": {"nodes": "1:3"}}}}
BEST = {"modelling": {"training": {"keep": "best"}}}
PLATEAU = {"modelling": {"schedule": {"name": "reduce_on_plateau"}}}
NO_SERVER = {"storage": "postgresql://127.0.0.1:1/trials"}

REFUSED = {
    "no space": ("search", {}, r"search\.space is empty"),
    "a name that there is not": ("search", {"search": {"space": {"optimiser.adam.lr": [1, 2]}}}, "optimiser"),
    "machines": ("stability", MACHINES, r"nodes is 1:3.*stability\.storage=.postgresql"),
    "machines that search": ("search", MACHINES | {"search": {"space": SPACE}}, r"search\.storage"),
    "two ways": (
        "stability",
        SHARED | {"stability": {"processes": 2}},
        "Choose one: .*stability.proc",
    ),
    "two ways of folds": (
        "cross_validation",
        SHARED | {"cross_validation": {"processes": 3}},
        r"cross_validation\.processes is 3",
    ),
    "too few folds": (
        "cross_validation",
        BEST | {"cross_validation": {"folds": 2}},
        r"keep=best\), .*folds ",
    ),
    "too few folds for a schedule": (
        "cross_validation",
        PLATEAU | {"cross_validation": {"folds": 2}},
        "reduce_on_plateau",
    ),
    "no database": ("stability", {"stability": NO_SERVER}, "cannot be used"),
    "no database for a search": ("search", {"search": NO_SERVER | {"space": SPACE}}, "cannot be used"),
}


def run(project, pipeline, values, runner=None):
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=[pipeline], runner=runner or SequentialRunner())


def require_nothing_prepared(project, *, runs):
    assert not [path for path in (project / "data").glob("0[34]*/**/*") if path.is_file()]
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    assert len(client.search_runs([each.experiment_id for each in client.search_experiments()])) == runs


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("source", ["", "folder_"])
def test_before_a_run_is_opened(project, tmp_path, what, source):
    pipeline, values, said = REFUSED[what]
    images = {"image_folder": {"path": str(make_folder(tmp_path / "shades", per_class=3))}} if source else {}
    with pytest.raises(UserError, match=said):
        run(project, f"{source}{pipeline}", values | images)
    require_nothing_prepared(project, runs=0)


def test_no_validation_images_of_digits(project, tiny_mnist):
    values = {"mnist": {"split": {"validation": 0}}, "search": {"space": SPACE}}
    with pytest.raises(UserError, match=r"the split leaves none.*--params mnist\.split\.validation=0\.1"):
        run(project, "search", values)
    require_nothing_prepared(project, runs=0)


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_no_validation_images_of_a_folder(project, tmp_path, runner):
    folder = make_folder(tmp_path / "shades", per_class=3)
    values = {
        "image_folder": {"path": str(folder), "split": {"validation": 0}},
        "search": {"space": SPACE},
    }
    with pytest.raises(UserError, match=r"the split leaves none.*image_folder\.split\.validation=0\.1"):
        run(project, "folder_search", values, runner())
    require_nothing_prepared(project, runs=1)

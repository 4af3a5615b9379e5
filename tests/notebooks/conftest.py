"""The notebooks, and a project in which something was trained for them to look at."""

import os
import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from tests.leaking import LEAKING

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# every request is refused at once, so that the bundled digits are taken; nothing else leaks in
NO_NETWORK = {
    "https_proxy": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "no_proxy": "127.0.0.1",
}


@pytest.fixture(scope="session")
def trained_project(shared_by_workers, make_project) -> Path:
    """A project after two short trainings, with the notebooks in their folder."""
    return shared_by_workers("notebooks", lambda folder: _train(make_project(folder / "project"))) / "project"


def _train(folder: Path) -> None:
    (folder / "notebooks").mkdir()
    for notebook in NOTEBOOKS:
        shutil.copy(notebook, folder / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in LEAKING:
            patch.delenv(name, raising=False)
        for name, value in NO_NETWORK.items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        bootstrap_project(folder)
        for pipeline, network in (("training", "convnet"), ("modelling", "feed_forward")):
            parameters = {"modelling": {"network": {"name": network}, "training": {"epochs": 1}}}
            with KedroSession.create(folder, runtime_params=parameters) as session:
                session.run(pipeline_names=[pipeline])

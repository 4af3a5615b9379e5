"""After Ctrl-C a person reads how to go on, and that is what goes on."""

import os
import signal

import pytest
from tests.pipelines.test_commands_share_trainings import Command
from tests.pipelines.test_image_folder_pipeline import make_folder

pytestmark = pytest.mark.slow

COMMON = "image_folder.images.size=8,modelling.network.convnet.widths=[4]"


@pytest.fixture
def interrupted(project, loaded_process, tmp_path):
    """`interrupted(pipeline, options, said)`: interrupt a command at a line; its last words."""
    folder = make_folder(tmp_path / "shades", per_class=15)

    def run(pipeline: str, options: str, said: str) -> str:
        params = f"image_folder.path={folder},{COMMON},{options}"
        command = Command(loaded_process, project, pipeline, pipeline, params)
        command.until(said)
        os.kill(command.number, signal.SIGINT)
        assert command.end() == 130
        return (project / f"{pipeline}.err").read_text().strip()

    return run


def test_a_training(interrupted, run_command, project):
    options = "modelling.training.epochs=100000,modelling.training.checkpoint.every_epochs=1"
    words = interrupted("training", options, "/100000")
    assert words == (
        "Interrupted. The same command goes on from here with --params modelling.training.resume=true"
    )


def test_a_training_without_checkpoints(interrupted):
    options = "modelling.training.epochs=100000,modelling.training.checkpoint.enabled=false"
    assert interrupted("training", options, "/100000") == "Interrupted."


def test_trainings_of_one_command(interrupted):
    words = interrupted("stability", "stability.seeds=100,modelling.training.epochs=1", "Training 1 of")
    assert words == "Interrupted. The same command goes on from here."

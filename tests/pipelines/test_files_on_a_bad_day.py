"""A run on files that are damaged, closed or do not fit on the disk ends with one clear line."""

import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from tests.disk import files_of_at_most

from image_classification.cli.explanations import user_message


@pytest.fixture
def trained(project, train_once) -> Path:
    """A project of this process in which a network was trained."""
    shutil.copytree(train_once(epochs=1) / "data", project / "data", dirs_exist_ok=True)
    return project


def refusal(project: Path, pipeline: str, **options: object) -> str:
    """Run a pipeline that fails; return what the command says."""
    with pytest.raises(Exception) as failed, KedroSession.create(project) as session:
        session.run(pipeline_names=[pipeline], **options)
    message = user_message(failed.value)
    assert message is not None, failed.value
    return message


@pytest.mark.slow
def test_a_damaged_table_says_which_node_makes_it(trained):
    (trained / "data" / "07_model_output" / "history.parquet").write_bytes(b"PAR1")
    message = refusal(trained, "reporting", node_names=["reporting.plot_learning_curves"])
    file = "data/07_model_output/history.parquet"
    assert message.startswith(f"history cannot be loaded: {file} is damaged, or of another kind: ")
    assert "smaller than the minimum file footer" in message
    assert "Make it again: kedro run --pipeline modelling (node modelling.train_network)" in message
    assert len(message.splitlines()) == 1


def test_images_that_have_changed_are_not_learned(trained):
    path = trained / "data" / "03_primary" / "mnist" / "images.safetensors"
    content = bytearray(path.read_bytes())
    content[10_000] ^= 255
    path.write_bytes(content)
    message = refusal(trained, "modelling", node_names=["modelling.evaluate_network"])
    assert message.endswith(
        "its bytes are not those that were written. Run again: kedro run --pipeline mnist"
    )


def test_statistics_of_other_images_are_not_taken(trained):
    path = trained / "data" / "04_feature" / "mnist" / "image_statistics.json"
    text = path.read_text()
    digest = text.partition('"images_digest": "')[2][:64]
    path.write_text(text.replace(digest, "ab" * 32))
    message = refusal(trained, "modelling", node_names=["modelling.evaluate_network"])
    assert message.startswith("mnist.image_statistics has changed since it was made (")
    assert "make it again: kedro run --pipeline mnist --from-nodes mnist.compute_image" in message.lower()

    for record in (trained / "data").rglob(".origins/*.json"):
        record.unlink()
    message = refusal(trained, "modelling", node_names=["modelling.evaluate_network"])
    assert message.startswith(
        "The image statistics are not those of the images of mnist: digest abababababab "
    )


def test_a_report_that_does_not_fit_on_the_disk(trained):
    path = trained / "data" / "08_reporting" / "report.html"
    before = path.read_bytes()
    with files_of_at_most(1_000_000):
        message = refusal(trained, "reporting", node_names=["reporting.write_report"])
    assert message.startswith(
        f"There is no room for {path}: a file may have 1.0 MB (ulimit -f), and it needs"
    )
    assert path.read_bytes() == before


@pytest.mark.slow  # processes of its own
def test_it_is_no_different_in_a_process_of_its_own(trained, run_command):
    (trained / "data" / "07_model_output" / "history.parquet").write_bytes(b"")
    finished = run_command(trained, "kedro", "run", "--pipeline", "reporting", "--runner", "ParallelRunner")
    assert finished.returncode == 1
    errors = [line for line in finished.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert errors[0].startswith(
        "Error: history cannot be loaded: data/07_model_output/history.parquet is empty. Make it again: "
    )
    assert "Traceback" not in finished.stderr

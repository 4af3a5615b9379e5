"""The example on an export's own page answers as this project does, in a process that has nothing of it."""

import json
import os
import re
import subprocess
import sys

import pytest
from tests.export.conftest import calibration, export, make_network, make_sets, wrong_stages

from image_classification.networks.answers.rule import looks_of
from image_classification.networks.answers.strangers import fit_profile

WITHOUT_THE_PROJECT = "import sys; sys.modules['image_classification'] = None; exec(sys.stdin.read())"


def example(folder):
    (code,) = re.findall(
        r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return code


def said(folder):
    """Run the example, in the folder of an export; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_PROJECT],
        input=example(folder),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def recorded(folder):
    facts = json.loads((folder / "golden" / "golden.json").read_text(encoding="utf-8"))
    return [f"{each['file']} {json.dumps(each['answer'])} {each['set']}" for each in facts]


def test_with_onnx(exported_once):
    assert "network.onnx" in example(exported_once)
    assert said(exported_once) == recorded(exported_once)
    page = (exported_once / "README.md").read_text(encoding="utf-8")
    assert "For the network in 8 bits 0.1 is allowed" in page
    assert "`probabilities.onnx_int8`" in page


@pytest.mark.parametrize("answer_above", [None, 0.35])
def test_strangers_and_no_onnx(tmp_path, answer_above):
    sets = make_sets((1, 8, 8), (12, 90, 15))
    profile = fit_profile(looks_of(sets[1].tensors[0].numpy()), 0.1)
    assert profile
    network = make_network(
        shape=(1, 8, 8), calibration=calibration(pixels=profile, answer_above=answer_above)
    )
    folder = export(tmp_path / "export", network, sets, golden_images=5)

    assert said(folder) == recorded(folder)
    words = {line.split()[1] for line in said(folder)}
    assert '"unsure"' in words
    assert (len(words) > 1) == (answer_above is not None)
    assert wrong_stages(folder) == set()
    (folder / "answers.py").write_text("changed")
    assert wrong_stages(folder) == {"files"}


def test_a_network_that_does_not_know_its_limits_has_none(tmp_path):
    folder = export(tmp_path / "export", make_network(), make_sets())

    assert not (folder / "answers.py").exists()
    assert "answers.py" not in (folder / "README.md").read_text(encoding="utf-8")

"""The Dockerfile names what there is, pins it, and leaves out a person's own files; it is built elsewhere."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from image_classification.cli import promote, replay, run, serve, verify

ROOT = Path(__file__).parents[2]
README = ROOT / "src" / "image_classification" / "deployment" / "README.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMMANDS = {"run": run, "serve": serve, "verify": verify, "promote": promote, "replay": replay}


def instructions():
    """The instructions in their order, each with what follows it on one line."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text().splitlines() if line[:1] != "#")
    return [tuple(line.split(None, 1)) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def given(name):
    return [rest for each, rest in instructions() if each == name]


def last_stage():
    found = instructions()
    first = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[first:]


def is_left_out(path):
    """As Docker reads .dockerignore: the last pattern that a path or one of its folders matches decides."""
    parts, left_out = path.split("/"), False
    paths = {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not line.startswith("#"):
            names = {each.split("/")[-1] for each in paths} if pattern.startswith("**/") else paths
            if any(fnmatch(each, pattern.removeprefix("**/")) for each in names):
                left_out = not line.startswith("!")
    return left_out


def test_the_base_is_pinned_and_fits_the_project():
    bases = [rest.split(" AS ")[0] for rest in given("FROM")]

    assert len(set(bases)) == 1  # an environment is moved from one to the other
    pinned = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-[\w-]+(@sha256:[0-9a-f]{64})?", bases[0])
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert pinned and least
    assert tuple(map(int, pinned.groups()[:2])) >= tuple(map(int, least.groups()))


def test_what_is_copied_is_there_and_goes_to_the_build():
    copied = [rest.split()[:-1] for rest in given("COPY") if not rest.startswith("--from")]

    for source in (each for sources in copied for each in sources):
        assert (ROOT / source).exists(), source
        assert not is_left_out(source), source
    assert {"src", "conf", "pyproject.toml", "constraints.txt"} <= {
        each for sources in copied for each in sources
    }


OWN = """
data data/06_models/a.safetensors mlflow.db mlartifacts .git/config .venv/bin/python tests conf/local .logs
conf/local/credentials.yml src/image_classification/__pycache__/a.pyc notebooks shared secret.env
"""
OF_THE_PROJECT = "src/image_classification/py.py conf/base/catalog.yml conf/airflow_dag.py.j2"


@pytest.mark.parametrize("path", OWN.split())
def test_what_is_a_persons_own_stays_out(path):
    assert is_left_out(path)


@pytest.mark.parametrize("path", OF_THE_PROJECT.split())
def test_what_belongs_to_the_project_goes_in(path):
    assert not is_left_out(path)


def test_every_library_is_of_the_lock_file():
    commands = [each for rest in given("RUN") for each in re.findall(r"pip install [^;&|]*", rest)]

    assert len(commands) == 3
    for command in commands:
        own = "--no-deps ." in command
        assert own or "--constraint constraints.txt" in command, command
    assert "PIP_NO_CACHE_DIR=1" in " ".join(given("ENV"))


def test_torch_and_torchvision_come_from_one_place():
    (command,) = [
        each for rest in given("RUN") for each in re.findall(r"pip install [^;&|]*torch[^;&|]*", rest)
    ]

    words = shlex.split(command)
    assert words[-2:] == ["torch", "torchvision"]
    assert words[words.index("--index-url") + 1] == "$TORCH_INDEX"
    assert 'TORCH_INDEX=""' in given("ARG")
    locked = (ROOT / "constraints.txt").read_text()
    assert all(
        re.search(rf"^{name}==[\d.]+$", locked, re.MULTILINE) for name in words[-2:]
    )  # of whichever build


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore"])
def test_no_address_is_written_down(name):
    assert not re.search(r"://|\w\.(org|com|io|net|dev)\b", (ROOT / name).read_text())


def test_the_libraries_are_those_of_the_project():
    (step,) = [rest for rest in given("RUN") if "tomllib" in rest]
    (extras,) = [rest.removeprefix("EXTRAS=").strip('"').split() for rest in given("ARG") if "EXTRAS" in rest]
    words = shlex.split(step.split(">")[0])
    assert words[-1] == "$EXTRAS"

    command = [sys.executable, *words[1:-1], *extras]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    expected = [
        *PROJECT["dependencies"],
        *(each for name in extras for each in PROJECT["optional-dependencies"][name]),
    ]
    assert done.stdout.splitlines() == expected


def test_it_does_not_run_as_root():
    names = [name for name, _ in last_stage()]
    (user,) = [rest for name, rest in last_stage() if name == "USER"]

    assert int(user) > 0
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    assert f"--uid {user} " in " ".join(rest for name, rest in last_stage() if name == "RUN")


def test_it_trains_in_its_volume_unless_told_otherwise():
    ends = dict(last_stage())
    (program,), words = json.loads(ends["ENTRYPOINT"]), json.loads(ends["CMD"])

    assert program in PROJECT["scripts"]
    assert json.loads(ends["VOLUME"]) == [ends["WORKDIR"]]
    command = COMMANDS[words[0]]
    arguments = [str(ROOT / "conf") if word == "/conf" else word for word in words[1:]]
    options = command.make_context(words[0], arguments).params
    assert options["pipeline"] == "training"
    assert options["conf_source"] == str(ROOT / "conf")


def documented():
    text = README.read_text(encoding="utf-8")
    return [shlex.split(line) for line in text.splitlines() if line.startswith("docker run ")]


@pytest.mark.parametrize("words", documented(), ids=lambda words: words[-1])
def test_documented_commands_are_understood(words):
    asked = words[words.index("image-classification") + 1 :]
    assert words[words.index("--volume") + 1].endswith(":/work")

    if asked:
        arguments = [str(ROOT / "conf") if word == "/conf" else word for word in asked[1:]]
        COMMANDS[asked[0]].make_context(asked[0], arguments)

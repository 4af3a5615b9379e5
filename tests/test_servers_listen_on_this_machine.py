"""Whatever the Makefile and the documents tell to start listens on 127.0.0.1 alone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# not in the environment, which has thousands
FOLDERS = [path for path in sorted(ROOT.iterdir()) if path.is_dir() and path.name not in {".venv", "build"}]
DOCUMENTS = [
    ROOT / "Makefile",
    *ROOT.glob("*.md"),
    *(path for folder in FOLDERS for path in sorted(folder.rglob("*.md"))),
]
STARTS = re.compile(
    r"(kedro viz run|(kedro|image-classification) serve|mlflow (server|ui)|-m http\.server"
    r"|jupyter (lab|notebook)|uvicorn )"
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_server_is_bound_to_it(path):
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")

    for line in text.splitlines():
        if "docker run" in line and "--publish 127.0.0.1:" in line:
            continue  # it listens in a container, whose port is published to this machine alone
        assert not re.search(r"(host|bind)\W{1,3}0\.0\.0\.0", line), line
        # of kedro viz and Jupyter 127.0.0.1 is the default, as it is of MLflow
        if STARTS.search(line) and ("--host" in line or "--bind" in line or "http.server" in line):
            assert re.search(r"(--host|--bind) 127\.0\.0\.1", line), line

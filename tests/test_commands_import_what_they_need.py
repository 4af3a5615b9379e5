"""What takes long to import, and which command imports it: nobody waits for what a command does not need.

`python -m tests.benchmarks --only imports` says how long, `python -X importtime -m kedro …` by whom.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.fixtures.project import Train, write_tiny_mnist

# half a tenth of a second or more each, by themselves or with what they bring
WATCHED = (
    *("IPython", "PIL", "aiohttp", "alembic", "boto3", "cleanlab", "datasets", "fastapi", "huggingface_hub"),
    *("kedro_viz.server", "matplotlib", "matplotlib.pyplot", "mlflow", "mlflow.pytorch", "networkx", "onnx"),
    *("onnxruntime", "onnxscript", "optuna", "optuna.visualization", "pandas", "plotly", "plotly.express"),
    *("prometheus_client", "psycopg", "pyarrow", "s3fs", "scipy", "scipy.stats", "sklearn", "sqlalchemy"),
    *("sympy", "timm", "torch", "torch._dynamo", "torch._inductor", "torchvision", "transformers", "uvicorn"),
)
# nodes are functions of torch and pandas, and their types are those of torch, pandas and plotly
PIPELINES = {"PIL", "pandas", "plotly", "pyarrow", "torch"}
# the package of pandas' datasets in kedro-datasets imports all of them, that for SQL too
TABLES = PIPELINES | {"sqlalchemy"}
# the record of a run: MLflow with its database, and with what it imports itself
RUNS = TABLES | {"alembic", "fastapi", "mlflow", "scipy"}
DRAWN = {"plotly.express"}
PICTURE = {"matplotlib", "matplotlib.pyplot"}
# torch imports its compiler with the first optimizer, and exports what MLflow records by more of it
LEARNING = {"mlflow.pytorch", "sympy", "torch._dynamo", "torch._inductor"}
EXPORT = {"networkx"}
# figures of a search: Optuna imports what it draws with Matplotlib, too; importances are of scikit-learn
SEARCH = {"optuna", "optuna.visualization", "scipy.stats", "sklearn"}

WITHOUT_PIPELINES = {"--help": set(), "run --help": set(), "viz --help": set()}
WITH_PIPELINES = {
    "registry list": PIPELINES,
    "run --pipeline mnist": TABLES,
    "run --pipeline image_folder": TABLES | PICTURE,
    "run --pipeline training": RUNS | DRAWN | PICTURE | LEARNING | EXPORT,
    "run --pipeline inference": TABLES | DRAWN,
    "run --pipeline comparison": RUNS | DRAWN | {"scipy.stats"},  # tests of significance
    "viz run": TABLES | DRAWN | PICTURE | {"fastapi", "kedro_viz.server", "uvicorn"},
    "serve": PIPELINES | {"fastapi", "prometheus_client", "uvicorn"},
}
SLOW = {"run --pipeline search": RUNS | DRAWN | PICTURE | LEARNING | SEARCH}
OPTIONS = {
    "run --pipeline image_folder": ("--params", "image_folder.path={pictures},image_folder.images.size=28"),
    "run --pipeline training": ("--params", "modelling.training.epochs=1"),
    "run --pipeline search": (
        "--params",
        "mnist.split.validation=0.1,modelling.training.epochs=1,search.trials=2,"
        "search.space={'optimizer.adam.lr': [0.001, 0.01]}",
    ),
    "run --pipeline inference": ("--params", "inference.images={pictures}"),
    "serve": ("--port", "0"),
}


Commands = dict[str, set[str]]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(12):
        path = tmp_path / "pictures" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "pictures"


@pytest.fixture
def require_imports(
    tmp_path: Path, pictures: Path, train_once: Train, clean_environment: None
) -> Callable[[Commands, Commands], None]:
    """`require_imports(early, late)`: commands without the pipelines, and with them, import just that."""
    project = shutil.copytree(train_once(epochs=1), tmp_path / "project")
    archives, target = write_tiny_mnist(tmp_path / "mirror"), tmp_path / "told.json"

    def typed(names: Commands) -> dict[str, list[str]]:
        return {
            name: [
                *name.split(),
                *(each.replace("{pictures}", str(pictures)) for each in OPTIONS.get(name, ())),
            ]
            for name in names
        }

    def require(early: Commands, late: Commands) -> None:
        first = {"name": "kedro", "modules": [], "commands": typed(early)}
        second = {
            "name": "the pipelines",
            "modules": ["image_classification.pipeline_registry"],
            "archives": [archive[:3] for archive in archives],
            "commands": typed(late),
        }
        request = {"watched": WATCHED, "outputs": str(tmp_path), "target": str(target)}
        subprocess.run(
            [sys.executable, "-P", str(Path(__file__).with_name("importing_commands.py"))],
            input=json.dumps(request | {"stages": [first, second]}),
            cwd=project,
            env=os.environ | {"MNIST_MIRROR": (tmp_path / "mirror").as_uri(), "OMP_NUM_THREADS": "1"},
            text=True,
            check=True,
            timeout=300,
        )
        stages = {"kedro": set[str](), "the pipelines": PIPELINES}
        compare(json.loads(target.read_text()), stages | early | late)

    return require


def compare(found: dict[str, Any], needed: Commands) -> None:
    """Fail with what to do about each difference."""
    wrong = []
    for name, modules in needed.items():
        if not isinstance(found[name], list):
            wrong.append(f"kedro {name} failed:\n{found[name]}")
            continue
        if new := set(found[name]) - modules:
            wrong.append(f"kedro {name} now imports {sorted(new)}: import that where it is used, or list it")
        if gone := modules - set(found[name]):
            wrong.append(f"kedro {name} no longer imports {sorted(gone)}: take that from the list here")
    assert not wrong, "\n".join(wrong)


def test_every_command_imports_what_is_listed(require_imports):
    require_imports(WITHOUT_PIPELINES, WITH_PIPELINES)


@pytest.mark.slow
def test_a_search_imports_what_is_listed(require_imports):
    require_imports({}, SLOW)

"""What `loaded_process.py` starts: it forks a process for each that connects, which forks commands.

There are two, that with the libraries and, for `kedro` with the package as it is installed, that with both.
They end when all that they have forked have ended, and those when their connections do.
"""

import gc
import json
import os
import runpy
import select
import shutil
import socket
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

LIBRARIES = (
    "IPython",
    "alembic.config",
    "cryptography.hazmat.primitives.ciphers.aead",
    "dynaconf",
    "flask",
    "fsspec.implementations.chained",
    "jinja2",
    "kedro.io",
    "kedro.pipeline",
    "kedro_datasets.json.json_dataset",
    "kedro_datasets.matplotlib.matplotlib_dataset",
    "kedro_datasets.pandas.csv_dataset",
    "kedro_datasets.pandas.parquet_dataset",
    "kedro_datasets.plotly.json_dataset",
    "kedro_datasets.text.text_dataset",
    "matplotlib.pyplot",
    "mlflow.pyfunc",
    "mlflow.pytorch",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "mlflow.system_metrics.metrics.cpu_monitor",
    "mlflow.utils.search_logged_model_utils",
    "networkx",
    "omegaconf._impl",
    "optuna.importance",
    "pandas.core.methods.to_dict",
    "pathspec",
    "plotly.express",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "rich.logging",
    "scipy.stats",
    "sklearn.datasets",
    "sklearn.metrics",
    "sqlalchemy.dialects.sqlite",
    "sympy.tensor.tensor",
    "torch._dynamo",
    "torch._inductor.ir",
    "torch.distributed",
    "torch.export._trace",
    "torch.onnx",
    "webbrowser",
)
# what the command `kedro` loads; the package's own says first how Kedro is to log
KEDRO = (
    "kedro.framework.cli.cli",
    "kedro.framework.session.store",
    "kedro.runner",
    "kedro_airflow.plugin",
    "kedro_viz.integrations.kedro.run_hooks",
    "kedro_viz.launchers.cli.main",
)
# with all that is in them: commands load the most of it
ROOMS = (
    "",
    "datasets",
    "evaluation",
    "hooks",
    "origins",
    "tracking",
    "tracking.beginning",
    "tracking.delivery",
)
ROOMS += ("tracking.logged_model", "tracking.registry", "tracking.store")
PACKAGE = "image_classification"
PATIENCE = 60  # seconds in which the first has to connect
LOOK = 0.5  # seconds between two looks at who has ended


def serve(listener: socket.socket) -> None:
    """Fork a process for each that connects, until all of them have ended."""
    living, patience = set[int](), PATIENCE
    while living or patience:
        living -= {child for child in living if os.waitpid(child, os.WNOHANG)[0]}
        if not select.select([listener], [], [], patience or LOOK)[0]:
            patience = 0
            continue
        connection, _ = listener.accept()
        child = os.fork()
        if not child:
            listener.close()
            serve_one(connection)
            return
        connection.close()
        living.add(child)
        patience = 0


def serve_one(connection: socket.socket) -> None:
    """Start what a line asks for and answer with its number; answer a number with its code."""
    with connection, connection.makefile("rw", encoding="utf-8") as file:
        print("ready", file=file, flush=True)
        for line in file:
            request = json.loads(line)
            if isinstance(request, int):
                print(os.waitstatus_to_exitcode(os.waitpid(request, 0)[1]), file=file, flush=True)
                continue
            child = os.fork()
            if not child:
                os.close(connection.detach())
                become(**request)
                return
            print(child, file=file, flush=True)
    os._exit(0)  # some libraries have last words where Python takes them apart


def load_libraries() -> None:
    """Load the libraries, and do once what the first use of some does."""
    for library in LIBRARIES:
        import_module(library)
    from matplotlib.figure import Figure  # noqa: PLC0415
    from plotly import graph_objects  # noqa: PLC0415
    from sqlalchemy.orm import configure_mappers  # noqa: PLC0415

    configure_mappers()
    graph_objects.Figure(graph_objects.Scatter(x=[0], y=[0])).to_json()
    shortcuts = runpy.run_path(str(Path(__file__).with_name("shortcuts.py")))
    shortcuts["take"]()
    Figure.savefig = shortcuts["save_undrawn"]
    import_module("mlflow.store.db.utils")._get_latest_schema_revision()
    # asked for by each model: which package each of a thousand modules is of
    import_module("mlflow.utils.requirements_utils")._init_packages_to_modules_map()
    gc.freeze()  # or the first collection of each command would copy all of it


def load_package() -> None:
    """Load Kedro's commands and the package, without what few commands use."""
    for library in KEDRO:
        import_module(library)
    for room in ROOMS:
        package = import_module(f"{PACKAGE}.{room}".rstrip("."))
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(".__main__"):
                import_module(module.name)
    gc.freeze()


def become(folder: str, arguments: list[str], environment: dict[str, str], outputs: list[str]) -> None:
    """Be a process that was started as `python -m <arguments>` in a folder."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv[:] = arguments
    if tracking := sys.modules.get(f"{PACKAGE}.tracking"):
        # what the first imports do, by the environment and the folder
        tracking.quieten_mlflow()
        sys.modules["kedro.framework.project"].LOGGING.__init__()
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def main() -> None:
    listener = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir("/")
    folder = Path(listener.getsockname()).parent
    with_package = socket.socket(socket.AF_UNIX)
    with_package.bind(str(folder / "package"))
    with_package.listen()
    load_libraries()
    is_without = os.fork()
    if is_without:
        with_package.close()
    else:
        listener.close()
        load_package()
    server = os.getpid()
    try:
        serve(listener if is_without else with_package)
    finally:
        if os.getpid() == server:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)


if __name__ == "__main__":
    main()

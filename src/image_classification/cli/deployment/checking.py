"""What `check-deployment` does and prints."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from rich.table import Table

from image_classification.catalog_files import registered
from image_classification.cli.choice.selection import DEFAULT
from image_classification.cli.params import parse_params
from image_classification.console import console, say
from image_classification.deployment.check import of_one_machine, troubles
from image_classification.deployment.dag_file import DagFile, read_dag_file
from image_classification.deployment.groups import Group, GroupBy, circle, group_nodes, handovers, in_order
from image_classification.errors import UserError
from image_classification.tracking.hook import TRAINED
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import load_settings
from image_classification.words import count_of, did_you_mean, nearest_names, printable, some


class Asked(NamedTuple):
    """What a person asks to be checked."""

    project: Path
    files: tuple[Path, ...]
    names: tuple[str, ...]
    of_all: bool
    group_by: str
    on_several_machines: bool


class Configured(NamedTuple):
    """What the tasks will read of the configuration."""

    catalog: DataCatalog
    store: Path | None  # the file with the record of runs, if it is one


class Tasks(NamedTuple):
    """The tasks of one pipeline."""

    title: str
    pipeline: Pipeline
    groups: list[Group]
    configured: Configured


def check(asked: Asked, env: str | None, conf_source: str | None, params: Mapping[str, Any]) -> bool:
    """Check everything that is asked, and print what was found; return whether all of it can run.

    Raises:
        UserError: there is no such pipeline, or a file is no DAG.
    """
    found = (
        _of_files(asked, env, conf_source, params)
        if asked.files
        else _of_pipelines(asked, _configured(asked.project, env, conf_source, params))
    )
    results = [_is_right(tasks, asked) for tasks in found]
    return all(results)


def _of_files(
    asked: Asked, env: str | None, conf_source: str | None, params: Mapping[str, Any]
) -> Iterator[Tasks]:
    for file in [read_dag_file(path) for path in asked.files]:
        source = conf_source or _source(file, asked.project)
        given = params or parse_params(None, None, file.run_params)
        configured = _configured(asked.project, env or file.env, source, given)
        pipeline = _pipeline(file.pipeline)
        yield Tasks(f"{file.path.name}: {file.pipeline}", pipeline, file.groups(pipeline), configured)


def _source(file: DagFile, project: Path) -> str | None:
    """Return the file's configuration, if it is here: the file may be for another machine."""
    return file.conf_source if file.conf_source and (project / file.conf_source).exists() else None


def _of_pipelines(asked: Asked, configured: Configured) -> Iterator[Tasks]:
    names = sorted(registered().keys() - {DEFAULT}) if asked.of_all else asked.names or ("training",)
    for name in names:
        pipeline = _pipeline(name)
        groups = group_nodes(pipeline, configured.catalog, cast("GroupBy", asked.group_by))
        yield Tasks(name, pipeline, groups, configured)


def _configured(
    project: Path, env: str | None, conf_source: str | None, params: Mapping[str, Any]
) -> Configured:
    create: Any = KedroSession.create
    given = {"env": env or None, "conf_source": conf_source, "runtime_params": dict(params) or None}
    with create(project, **given) as session:
        context = session.load_context()
        settings = load_settings(context.config_loader)
        store = locate_store(settings, project).database if settings.enabled else None
        return Configured(context.catalog, store)


def _pipeline(name: str) -> Pipeline:
    available = registered()
    if name not in available:
        nearest = did_you_mean(nearest_names(name, available))
        raise UserError(f"There is no pipeline {name!r}{nearest} There are: {', '.join(sorted(available))}.")
    return available[name]


def _is_right(tasks: Tasks, asked: Asked) -> bool:
    """Print the tasks, or what would go wrong; return whether nothing would."""
    title, pipeline, groups, (catalog, store) = tasks
    several = asked.on_several_machines
    found = troubles(pipeline, groups, catalog, asked.project, on_several_machines=several)
    found += _of_the_record(pipeline, store) if several else []
    if not asked.of_all and not circle(groups):
        console.print(_table(groups))
    for trouble in found:
        say(f"WRONG: {trouble}")
    if found:
        say(f"{printable(title)}: {count_of(len(found), 'thing')} would go wrong.")
        return False
    handed = {each.saved for each in handovers(pipeline, groups)}
    between = f"{count_of(len(handed), 'dataset')} between them, none in memory"
    alone = "nothing to hand over"
    say(f"{printable(title)}: {count_of(len(groups), 'task')}, {between if handed else alone}.")
    if not several and not asked.of_all and of_one_machine(pipeline, groups, catalog, asked.project):
        say("On one machine. For others: --several-machines --params data_folder=<a folder that all have>")
    return True


def _of_the_record(pipeline: Pipeline, store: Path | None) -> list[str]:
    """Say where runs would be recorded, if each machine had a record of its own."""
    if store is None or not set(TRAINED) & pipeline.all_outputs():
        return []
    return [
        f"The runs are recorded in {printable(str(store))}, of which each machine would have its own.\n"
        "Name a server: tracking_uri in conf/base/mlflow.yml, or MLFLOW_TRACKING_URI wherever tasks run."
    ]


def _table(groups: list[Group]) -> Table:
    table = Table()
    table.add_column("task", overflow="fold")
    table.add_column("nodes", justify="right", no_wrap=True)
    table.add_column("after", overflow="fold")
    for group in in_order(groups):
        table.add_row(group.name, str(len(group.nodes)), some(group.after))
    return table

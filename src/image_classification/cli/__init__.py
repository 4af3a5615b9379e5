"""`kedro run`, with Kedro's own options and a friendlier console, and the commands of the project.

Kedro finds this package by its name: https://docs.kedro.org/en/stable/extend/common_use_cases/
"""

import click
from kedro.framework.cli.hooks.manager import get_cli_hook_manager
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.command import run
from image_classification.cli.deployment import check_deployment
from image_classification.cli.distributed.join import join
from image_classification.cli.package import package
from image_classification.cli.process import LeavingHook
from image_classification.cli.promote import promote
from image_classification.cli.recorded_runs import show_runs
from image_classification.cli.replay import replay
from image_classification.cli.serve import serve
from image_classification.cli.verify import verify

__all__ = [
    "check_deployment",
    "cli",
    "join",
    "package",
    "promote",
    "replay",
    "run",
    "serve",
    "show_runs",
    "verify",
]

# Kedro merges groups of one name, and takes a command from the first that has it: `run` is listed once.
cli = click.Group(name="kedro", context_settings=CONTEXT_SETTINGS)
cli.add_command(run)
cli.add_command(join)
cli.add_command(package)
cli.add_command(replay)
cli.add_command(promote)
cli.add_command(show_runs)
cli.add_command(serve)
cli.add_command(verify)
cli.add_command(check_deployment)
get_cli_hook_manager().register(LeavingHook(), name="image_classification.leaving")

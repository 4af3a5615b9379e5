"""The command in this process: to start one takes longer than the check."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.fixtures.project import enter

from image_classification.cli import check_deployment

Check = Callable[..., Result]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Check:
    """Run `check-deployment <arguments>` in the folder of a project."""

    def run(folder: Path, *arguments: str) -> Result:
        enter(folder, monkeypatch)
        return CliRunner().invoke(check_deployment, arguments)

    return run

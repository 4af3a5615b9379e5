"""A database that is lost while trainings go on is named in one line, with the way on."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest
from tests.trials.counting import PLAN, Counting, in_a_fork

from image_classification.errors import UserError
from image_classification.processes.sharing import SharedWorkOptions
from image_classification.trials.command import train_all


@dataclass(frozen=True)
class Losing(Counting):
    """A training in which the database loses a table, as in the hands of somebody else."""

    database: str = ""
    table: str = ""
    at: int = 0

    def __call__(self, index, trial, kept):
        if index == self.at:
            with closing(sqlite3.connect(self.database)) as connection:
                connection.execute(f"ALTER TABLE {self.table} RENAME TO away")
        return super().__call__(index, trial, kept)


@pytest.mark.parametrize("table", ["trials", "trial_values", "studies"])
@pytest.mark.parametrize("at", [0, 2])
def test_it_is_named_and_the_same_command_goes_on(tmp_path, table, at):
    database = tmp_path / "trials.db"
    losing = Losing(database=str(database), table=table, at=at)

    def command():
        with pytest.raises(UserError) as caught:
            train_all(tmp_path, PLAN, SharedWorkOptions(), losing, 4)
        (tmp_path / "said").write_text(str(caught.value))

    assert in_a_fork(command) == 0  # or what it left would be taken for work of this process
    first, second = (tmp_path / "said").read_text().splitlines()
    assert first.startswith(f"The database sqlite:///{database}, which says who trains what, was lost: ")
    assert f"no such table: {table}" in first
    assert second.endswith("the same command goes on from there.")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"ALTER TABLE away RENAME TO {table}")
    ledger, _ = train_all(tmp_path, PLAN, SharedWorkOptions(), Counting(), 4)
    assert sorted(ledger.outcomes(4)) == [0, 1, 2, 3]

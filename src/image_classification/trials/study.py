"""Which study a command works on: one of just the same trainings that goes on, or a new one."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna import Study
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import RDBStorage

from image_classification.trials.address import file_of
from image_classification.trials.storage import alone, open_storage

# closed is set once the command that works on a study is over
_CLOSED, _FACTS, _RUNS = "closed", "facts", "runs"
# studies of a kind that are over are kept in a file, this one apart; those that were interrupted always are
_KEPT = 5
Resume = Literal["auto"] | bool


@dataclass(frozen=True)
class StudyPlan:
    """What a command is about to train.

    kind: the command, in letters and underscores.
    facts: all that the results depend on, in words; other facts make another study.
    direction: which values are better, where they are compared.
    """

    kind: str
    facts: Mapping[str, str]
    direction: Literal["minimize", "maximize"] = "minimize"

    @property
    def identity(self) -> str:
        """What the names of its studies begin with."""
        text = json.dumps(dict(self.facts), sort_keys=True, ensure_ascii=True)
        return f"{self.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is found by every process that works on it.

    address: of the database.
    name: of the study in it.
    """

    address: str
    name: str

    def open(
        self, sampler: BaseSampler | None = None, pruner: BasePruner | None = None
    ) -> tuple[Study, RDBStorage]:
        """Open the study and its database."""
        storage = open_storage(self.address)
        study = optuna.load_study(
            study_name=self.name,
            storage=storage,
            sampler=sampler or RandomSampler(),
            pruner=pruner or NopPruner(),
        )
        return study, storage


def begin_or_join(address: str, plan: StudyPlan, resume: Resume) -> StudyPlace:
    """Find the study of a plan that is to go on, or begin one.

    A study is closed when the command that collects its results is over. One that is not was interrupted, or
    somebody is at work on it.

    Args:
        address: of the database.
        plan: what is to be trained.
        resume: auto: what is not closed goes on; True: what is closed, too; False: nothing.

    Raises:
        UserError: the database cannot be used.
    """
    storage = open_storage(address)
    last, is_closed = _last_of(storage, plan)
    goes_on = last > 0 and (resume is True or (resume == "auto" and not is_closed))
    name = f"{plan.identity}-{last if goes_on else last + 1}"
    study = optuna.create_study(
        storage=storage, study_name=name, direction=plan.direction, load_if_exists=True
    )
    if goes_on and is_closed:
        study.set_user_attr(_CLOSED, False)
    if not goes_on:
        study.set_user_attr(_FACTS, dict(plan.facts))
        _forget(address, storage, plan.kind, name)
    return StudyPlace(address, name)


def share_run(place: StudyPlace, choose: Callable[[Sequence[str]], str | None]) -> None:
    """Have all commands that work on a study recorded in one run, as far as they reach the same record.

    Args:
        place: of the study.
        choose: gets the runs that its commands have been recorded in, and returns that of this one.
    """
    with alone(place.address):
        study = optuna.load_study(study_name=place.name, storage=open_storage(place.address))
        runs = list(study.user_attrs.get(_RUNS, ()))
        chosen = choose(runs)
        if chosen and chosen not in runs:
            study.set_user_attr(_RUNS, [*runs, chosen])


def close_study(place: StudyPlace) -> None:
    """Note that the results of a study have been collected: the same command begins another one."""
    storage = open_storage(place.address)
    optuna.load_study(study_name=place.name, storage=storage).set_user_attr(_CLOSED, True)


def _last_of(storage: RDBStorage, plan: StudyPlan) -> tuple[int, bool]:
    """Return the number of the last study of a plan, 0 if there is none, and whether it is closed."""
    form = re.compile(rf"{re.escape(plan.identity)}-(\d+)")
    numbers = {int(found[1]): study for study in storage.get_all_studies() if (found := _number(form, study))}
    if not numbers:
        return 0, False
    last = max(numbers)
    return last, bool(numbers[last].user_attrs.get(_CLOSED))


def _number(form: re.Pattern[str], study: Any) -> re.Match[str] | None:
    return form.fullmatch(study.study_name)


def _forget(address: str, storage: RDBStorage, kind: str, name: str) -> None:
    """Remove old studies of this kind that are over from a file; a server is for others to keep in order."""
    file = file_of(address)
    if file is None:
        return
    over = [
        study
        for study in storage.get_all_studies()
        if study.study_name.startswith(f"{kind}-")
        and study.study_name != name
        and study.user_attrs.get(_CLOSED)
    ]
    for study in sorted(over, key=lambda each: each._study_id)[:-_KEPT]:
        optuna.delete_study(study_name=study.study_name, storage=storage)
        shutil.rmtree(file.with_suffix("") / study.study_name, ignore_errors=True)

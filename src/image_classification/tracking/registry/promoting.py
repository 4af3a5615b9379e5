"""The gate: whether a version becomes the champion, decided, carried out and recorded. Imports MLflow.

Two processes may promote at once, and MLflow has no way to change an alias only if it is what it was. On one
machine a lock lets them take turns. For those on several machines the alias is read again before it is set:
where it has changed meanwhile, the decision is made anew against the new champion; and once more afterwards,
where another version is found, it is told. So a version is never compared with one that is the champion no
longer, up to the moment between two calls of a server.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from image_classification.comparison.promotion import Contender, Decision, decide
from image_classification.errors import UserError
from image_classification.tracking.registry.names import registered_model
from image_classification.tracking.registry.settings import Promotion, RegistrySettings
from image_classification.tracking.results import INCOMPLETE
from image_classification.tracking.store.past_runs import read_predictions
from image_classification.tracking.store.place import Store
from image_classification.words import printable

_TAG = "promotion."
_MOST_TRIES = 5
_LOCK_TIMEOUT = 60.0  # seconds
_MOST_TEXT = 5000  # of a description: MLflow keeps so many characters of one


@dataclass(frozen=True)
class Promoted:
    """A version of which was decided whether it becomes the champion.

    Attributes:
        name, version: of it.
        decision: what was decided, and why.
        champion: the version that is the champion now, "" if none is.
        alias: that the champion has.
    """

    name: str
    version: str
    decision: Decision
    champion: str
    alias: str

    @property
    def line(self) -> str:
        """Say in one line what has happened: "digits version 3; champion stays version 2 (p = 0.31)"."""
        subject = f"{printable(self.name)} version {self.version}"
        if self.champion == self.version and self.decision.changes_the_champion:
            return f"{subject}, which is the {self.alias} now ({self.decision.reason})"
        stays = (
            f"{self.alias} stays version {self.champion}" if self.champion else f"there is no {self.alias}"
        )
        if self.champion == self.version:
            stays = f"it is the {self.alias} already"
        return f"{subject}; {stays} ({self.decision.reason})"


def promote(
    client: MlflowClient,
    store: Store,
    version: ModelVersion,
    settings: RegistrySettings,
    how: Promotion | None = None,
) -> Promoted:
    """Decide whether a version becomes the champion, have it be so, and record why.

    Args:
        client: of the store.
        store: where it is.
        version: of a registered model.
        settings: the alias, and what better means.
        how: instead of what is set.

    Raises:
        UserError: other processes changed the champion again and again.
    """
    with _turn(store, version.name):
        for _ in range(_MOST_TRIES):
            before = _champion(client, version.name, settings.alias)
            number = str(version.version)
            if before and str(before.version) == number:
                already = Decision("not asked", "nothing to decide")
                return Promoted(version.name, number, already, number, settings.alias)
            new = _contender(client, version)
            present = _contender(client, before) if before else None
            decision = decide(new, present, how or settings.promote, settings.level, settings.least_images)
            now = _champion(client, version.name, settings.alias)
            if _number(now) != _number(before):
                continue  # another machine was faster
            if decision.changes_the_champion:
                client.set_registered_model_alias(version.name, settings.alias, number)
                now = _champion(client, version.name, settings.alias)
            _record(client, version, decision, _number(before), settings.alias)
            return Promoted(version.name, number, decision, _number(now), settings.alias)
    raise UserError(
        f"The {settings.alias} of {version.name} was changed by others {_MOST_TRIES} times while this was "
        "decided. Try again: kedro promote models:/"
        f"{version.name}/{version.version}"
    )


@contextmanager
def _turn(store: Store, name: str) -> Iterator[None]:
    """Let the processes of this machine take turns."""
    if store.database:
        path = store.database.with_name(f"{store.database.name}.registry.lock")
    else:
        place = hashlib.sha256(f"{store.uri} {name}".encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"image-classification-{place}.lock"
    with FileLock(path, timeout=_LOCK_TIMEOUT):
        yield


def _number(version: ModelVersion | None) -> str:
    return str(version.version) if version else ""


def _champion(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    model = registered_model(client, name)
    number = model.aliases.get(alias) if model else None
    return client.get_model_version(name, str(number)) if number is not None else None


def _contender(client: MlflowClient, version: ModelVersion) -> Contender:
    """Return what is on record of the run that a version comes from."""
    shown, run_id = f"version {version.version}", version.run_id
    if not run_id:
        return Contender(shown, "", "", None, f"{shown} comes from no run")
    try:
        run = client.get_run(run_id)
    except MlflowException:
        return Contender(shown, "", "", None, f"the run of {shown} ({run_id}) is not there any more")
    trouble = ""
    if run.info.lifecycle_stage == "deleted":
        trouble = f"the run of {shown} ({run_id}) is deleted"
    elif run.info.status != "FINISHED":
        trouble = f"the run of {shown} ({run_id}) is {run.info.status}"
    elif missing := run.data.tags.get(INCOMPLETE):
        trouble = f"the run of {shown} ({run_id}) is incomplete: {missing}"
    found = run.data.params
    # corrections of training labels leave the test images as they were
    digest = found.get("data.uncorrected_digest") or found.get("data.index_digest", "")
    predictions = None if trouble else read_predictions(client, run_id)
    return Contender(shown, found.get("data.name", ""), digest, predictions, trouble)


def _record(client: MlflowClient, version: ModelVersion, decision: Decision, before: str, alias: str) -> None:
    """Write a decision into the tags and the description of a version."""
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    facts = {name: _text(value) for name, value in decision.facts.items()}
    tags = {"outcome": decision.outcome, "reason": decision.reason, "at": at} | facts
    tags |= {"alias": alias, "champion_before": before or "none", "version": str(version.version)}
    recorded = client.get_model_version(version.name, version.version)
    for name in recorded.tags:  # those of an earlier decision
        if name.startswith(_TAG) and name.removeprefix(_TAG) not in tags:
            client.delete_model_version_tag(version.name, version.version, name)
    for name, value in tags.items():
        client.set_model_version_tag(version.name, version.version, f"{_TAG}{name}", value)
    against = f"against version {before}" if before else "without a champion before"
    line = f"- {at}, {against}: **{decision.outcome}**. {decision.reason[:1].upper()}{decision.reason[1:]}."
    if "test" in facts and "p" in facts:
        line += f" ({facts['test']})"
    text = f"{line}\n{recorded.description or ''}"[:_MOST_TEXT].strip()
    client.update_model_version(version.name, version.version, text)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

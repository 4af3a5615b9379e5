"""The gate: whether a version becomes the champion, decided, carried out and recorded. Imports MLflow.

Two processes may promote at once, and MLflow has no way to change an alias only if it is what it was. On one
machine a lock lets them take turns. For those on several machines the alias is read again before it is set:
where it has changed meanwhile, the decision is made anew against the new champion; and once more afterwards,
where another version is found, it is told. So a version is never compared with one that is the champion no
longer, up to the moment between two calls of a server.
"""

import hashlib
import json
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Run
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


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True)
class Promoted:
    """A version of which was decided whether it becomes the champion.

    Attributes:
        name, version: of it.
        decision: what was decided, and why.
        champion: the version that is the champion now, "" if none is.
        alias: that the champion has.
        at: when, in ISO's format.
    """

    name: str
    version: str
    decision: Decision
    champion: str
    alias: str
    at: str = field(default_factory=_now)

    @property
    def is_decided(self) -> bool:
        """Whether anything was decided: not where the version is the champion already."""
        return self.champion != self.version or self.decision.changes_the_champion

    @property
    def subject(self) -> str:
        """The version: "digits version 3"."""
        return f"{printable(self.name)} version {self.version}"

    @property
    def record(self) -> str:
        """Say in one line what has happened, so that it stays true whatever becomes of the champion later."""
        if self.champion == self.version and self.decision.changes_the_champion:
            return f"{self.subject}: became the {self.alias} at {self.at} ({self.decision.reason})"
        other = (
            f"the {self.alias} was version {self.champion}" if self.champion else f"there was no {self.alias}"
        )
        return (
            f"{self.subject}: did not become the {self.alias} at {self.at}; {other} ({self.decision.reason})"
        )

    @property
    def hint(self) -> str:
        """Say how it becomes the champion all the same; "" where it is, or nothing was compared."""
        if self.decision.outcome not in {"not better", "not compared"}:
            return ""
        name = f"models:/{printable(self.name)}/{self.version}"
        return f"To promote it all the same: kedro promote {shlex.quote(name)} --force"

    @property
    def line(self) -> str:
        """Say in one line what has happened: "digits version 3; champion stays version 2 (p = 0.31)"."""
        subject = self.subject
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
            _record(client, version, decision, _number(before))
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
    name, images = found.get("data.name", ""), _images_digest(run)
    return Contender(shown, name, digest, predictions, trouble, images)


def _images_digest(run: Run) -> str:
    """Return the digest of the pixels that a run has on record; "" if it has none."""
    for each in run.inputs.dataset_inputs if run.inputs else []:
        try:
            return str(json.loads(each.dataset.profile or "{}").get("images_digest", ""))
        except (ValueError, AttributeError):  # of another program
            continue
    return ""


def _record(client: MlflowClient, version: ModelVersion, decision: Decision, before: str) -> None:
    """Write a decision into the tags and the description of a version."""
    at = _now()
    # few: the page of all versions shows every one of them
    facts = {name: _text(value) for name, value in decision.facts.items()}
    tags = {"outcome": decision.outcome, "reason": decision.reason, "at": at} | facts
    tags |= {"champion_before": before or "none"}
    recorded = client.get_model_version(version.name, version.version)
    for name in recorded.tags:  # those of an earlier decision
        if name.startswith(_TAG) and name.removeprefix(_TAG) not in tags:
            client.delete_model_version_tag(version.name, version.version, name)
    for name, value in tags.items():
        client.set_model_version_tag(version.name, version.version, f"{_TAG}{name}", value)
    against = f"against version {before}" if before else "without a champion before"
    by = f" ({facts['test']})" if "p" in facts else ""
    reason = f"{decision.reason[:1].upper()}{decision.reason[1:]}{by}"
    line = f"- {at}, {against}: **{decision.outcome}**. {reason}."
    text = f"{line}\n{recorded.description or ''}"[:_MOST_TEXT].strip()
    client.update_model_version(version.name, version.version, text)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

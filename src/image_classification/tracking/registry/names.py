"""Versions in the registry, found by what a person has typed. Imports MLflow."""

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.tracking.registry.spelling import Reference
from image_classification.tracking.store.place import Store
from image_classification.words import did_you_mean, nearest_names, some

# MLflow's own word for the highest version
LATEST = "latest"
_MOST_NAMES = 1000  # of the registry that are looked through for one that a person may have meant


@dataclass(frozen=True)
class Version:
    """A version of a registered model.

    Attributes:
        name, version: of it.
        run_id: of the run that it comes from, "" if none is known.
        aliases: that it has.
    """

    name: str
    version: str
    run_id: str
    aliases: tuple[str, ...] = ()


def found_version(client: MlflowClient, store: Store, asked: Reference) -> Version:
    """Return the version that a reference names by its number, by `latest` or by an alias.

    Raises:
        UserError: there is no such name, version or alias; those that there are are named.
    """
    model = registered_model(client, asked.name)
    if model is None:
        names = [each.name for each in client.search_registered_models(max_results=_MOST_NAMES)]
        guess = did_you_mean(nearest_names(asked.name, names))
        there = f" There are: {some(sorted(map(str, names)))}." if names else " It has no names yet."
        raise UserError(
            f"{asked.text}: the registry at {store.shown} has no model of this name{guess}{there}"
        )
    version = _by_alias(model, asked) if asked.alias else asked.version
    found = _by_number(client, model, version)
    if found is None:
        raise _no_such_version(client, asked)
    return described(found, model)


def registered_model(client: MlflowClient, name: str) -> RegisteredModel | None:
    """Return a registered model, None if there is none of this name."""
    try:
        return client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def described(found: ModelVersion, model: RegisteredModel) -> Version:
    """Return what there is to know of a version."""
    number = str(found.version)
    aliases = sorted(alias for alias, version in model.aliases.items() if str(version) == number)
    return Version(found.name, number, found.run_id or "", tuple(aliases))


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Return all versions of a model, the oldest first."""
    mark = '"' if "'" in name else "'"
    found: list[ModelVersion] = []
    token: str | None = None
    while True:
        page = client.search_model_versions(f"name = {mark}{name}{mark}", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda each: int(each.version))


def _by_alias(model: RegisteredModel, asked: Reference) -> str:
    if asked.alias.lower() == LATEST:
        return LATEST
    version = model.aliases.get(asked.alias)
    if version is None:
        guess = did_you_mean(nearest_names(asked.alias, model.aliases))
        there = f" It has: {some(sorted(model.aliases))}." if model.aliases else " It has no alias yet."
        raise UserError(f"{asked.text}: {model.name} has no alias {asked.alias}{guess}{there}")
    return str(version)


def _by_number(client: MlflowClient, model: RegisteredModel, version: str) -> ModelVersion | None:
    if version.lower() == LATEST:
        versions = versions_of(client, model.name)
        return versions[-1] if versions else None
    try:
        return client.get_model_version(model.name, version)
    except MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def _no_such_version(client: MlflowClient, asked: Reference) -> UserError:
    numbers = [str(each.version) for each in versions_of(client, asked.name)]
    there = f"It has: {some(numbers[::-1], 10)}." if numbers else "It has no version."
    hint = "" if asked.version.isdigit() else f" An alias is named by models:/{asked.name}@{asked.version}."
    return UserError(
        f"{asked.text}: {asked.name} has no version {asked.version or asked.alias}. {there}{hint}"
    )

"""An epoch of an earlier training is trained again from a checkpoint, to see that it comes to the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from image_classification.console import say, shown_path
from image_classification.errors import UserError
from image_classification.learning.checkpoints.facts import FORMAT_FACT, Facts, differences, version_facts
from image_classification.learning.checkpoints.folder import About, CheckpointFolder, KeptTraining
from image_classification.learning.checkpoints.foreign import reading_what_was_written
from image_classification.learning.checkpoints.opening import newest_whole
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.options import CheckpointOptions
from image_classification.learning.recipe import Recipe, Sets, starting_facts, train_by
from image_classification.networks import Classifier, NetworkDescription, build_classifier
from image_classification.networks.digest import weights_digest
from image_classification.words import count_of

_THEN = "Replay it with the version and the code that trained it."


@dataclass(frozen=True)
class Replayed:
    """What the epoch came to.

    digest: of the weights after it.
    differing: what is not as it was then, in words; the bits may differ for it.
    """

    digest: str
    differing: list[str]


class _EpochReachedError(Exception):
    """Ends a training after the epoch that was asked for."""


def replay_epoch(
    training: KeptTraining,
    epoch: int,
    sets: Sets,
    networks: Iterable[Classifier] = (),
    *,
    code: Facts,
    from_start: bool = False,
) -> Replayed:
    """Train an epoch again, from the last checkpoint before its end; nothing is written.

    Args:
        training: with the checkpoints.
        epoch: 1, 2, …
        sets: the same images.
        networks: among which that with the training's first weights may be.
        code: that trains now.
        from_start: begin with the first weights instead of a checkpoint.

    Raises:
        UserError: the checkpoint is gone, or the first weights are where they are needed; or another version
            wrote what this one cannot read.
    """
    about = training.about
    if not 1 <= epoch <= about.epochs:
        raise UserError(f"There is no epoch {epoch}: the training has epochs 1 to {about.epochs}.")
    if differing := differences(_format(about.facts), _format(version_facts())):
        raise UserError(f"The checkpoints of this training cannot be read: {'; '.join(differing)}.\n{_THEN}")
    with reading_what_was_written("The recipe of this training", about.facts, _THEN):
        recipe = Recipe.load(about.recipe)
        description = NetworkDescription.model_validate(about.network)
        rebuilt = build_classifier(description, recipe.seed)
        criterion = recipe.build_loss(sets.statistics)
    state = None if from_start or epoch == 1 else _state_before(training, epoch)
    network = _first_network(about, rebuilt, networks, state)
    now = {**version_facts(), **code, **starting_facts(recipe, network, criterion)}
    digests: list[str] = []

    def end(number: int, row: Mapping[str, float]) -> None:  # noqa: ARG001
        if number == epoch:
            digests.append(weights_digest(network))
            raise _EpochReachedError

    nothing_saved = CheckpointOptions(enabled=False)
    checkpoints = KeptCheckpoints(
        CheckpointFolder(training.path.parent), training.path, about, nothing_saved, state
    )
    try:
        train_by(recipe, network, criterion, sets, checkpoints=checkpoints, on_epoch=[end])
    except _EpochReachedError:
        differing = differences(about.facts, now, partly=True)
        several = [f"{about.processes} processes trained it, and one does now"] if about.processes > 1 else []
        return Replayed(digests[0], [*several, *differing])
    raise UserError(
        f"There is no epoch {epoch}: the training ended after {count_of(about.epochs_done, 'epoch')}."
    )


def _state_before(training: KeptTraining, epoch: int) -> Mapping[str, Any]:
    """Read the last checkpoint from which the epoch has yet to be completed."""
    files = [file for file in training.files if training.position_of(file)[0] < epoch]
    found = newest_whole(files)
    if found is None:
        kept = sorted({training.position_of(file)[0] for file in training.files})
        raise UserError(
            f"The checkpoint before epoch {epoch} is gone: those after the epochs "
            f"{', '.join(map(str, kept))} are kept. More of a training are kept by "
            f"{CheckpointOptions.setting(keep=2 * training.about.epochs)}, with "
            f"{CheckpointOptions.setting(every_epochs=1)}\n"
            "This epoch can be trained again from the beginning of the training only (--from-start)."
        )
    about, state = found
    file = shown_path(training.path / about.file_name)
    say(f"From {file}, {about.position}.")
    return dict(state)


def _format(facts: Facts) -> dict[str, str]:
    return {FORMAT_FACT: facts.get(FORMAT_FACT, "")}


def _first_network(
    about: About, rebuilt: Classifier, networks: Iterable[Classifier], state: Mapping[str, Any] | None
) -> Classifier:
    """Return the network as it was at first, or one of its shape if a checkpoint has all weights."""
    first = about.facts.get("the digest of the first weights")
    for network in (rebuilt, *networks):
        if weights_digest(network) == first:
            return network
    if state and set(state["parts"]["network"]) == set(rebuilt.state_dict()):
        return rebuilt
    raise UserError(
        "The first weights of this training are gone: they were read from a file, or are not those of the "
        "network that was built last."
    )

"""How a training begins: anew, or from the checkpoints of one that was interrupted; what is said then."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from image_classification.console import say, shown_path
from image_classification.errors import UserError
from image_classification.learning.checkpoints.facts import EPOCHS, changed_code, differences
from image_classification.learning.checkpoints.folder import (
    About,
    CheckpointFolder,
    KeptTraining,
    checkpoint_files,
    parsed,
)
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.checkpoints.storage import DamagedCheckpointError, Tree, read_checkpoint
from image_classification.learning.options import CheckpointOptions, TrainingOptions
from image_classification.words import count_of, some

logger = logging.getLogger(__name__)


def open_checkpoints(
    folder: CheckpointFolder,
    options: TrainingOptions,
    *,
    facts: dict[str, str],
    recipe: dict[str, Any],
    network: dict[str, Any],
    run_id: str | None = None,
    commit: str = "",
) -> KeptCheckpoints:
    """Begin a training: resume the one that was interrupted if the options ask for it, and say so.

    Args:
        folder: of the checkpoints of all trainings.
        options: of the training.
        facts: what has to be the same in a training that is resumed.
        recipe: the options of the training, nested, as JSON.
        network: its description, as JSON.
        run_id: of the record.
        commit: of the code, in words, to be noted where a training goes on with it.

    Raises:
        UserError: a training was interrupted, and another one is asked for; the message names what differs.
    """
    about = About(
        facts=facts,
        recipe=recipe,
        network=network,
        run_id=run_id,
        started=_now(),
        epochs=options.epochs,
        threads=torch.get_num_threads(),
    )
    interrupted = next((each for each in folder.trainings() if not each.about.is_over), None)
    if not options.resume:
        if interrupted:
            say(_what_was_interrupted(interrupted, facts))
        return KeptCheckpoints(folder, folder.new_training(), about, options.checkpoint)
    any_code = options.checkpoint.changed_code == "allow"
    chosen = folder.that_fits(facts, run_id=run_id, any_code=any_code) or interrupted
    if chosen is None:
        say("There is no interrupted training to resume: this one begins at its beginning.")
        return KeptCheckpoints(folder, folder.new_training(), about, options.checkpoint)
    if differing := differences(chosen.about.facts, facts, any_code=any_code):
        changed = [] if any_code else changed_code(chosen.about.facts, facts)
        raise UserError(_refusal(chosen, differing, is_code_changed=bool(changed)))
    found = newest_whole(checkpoint_files(chosen.path))
    if found is None:
        return KeptCheckpoints(folder, chosen.path, about, options.checkpoint)
    last, state = found
    for line in _resumption(last, about, options.distributed.processes):
        say(line)
    where = f"{_now()} {last.position}{f', {commit}' if commit else ''}"
    resumed = [*last.resumed, *([] if _is_done(last, about) else [where])]
    about = about.model_copy(update={"started": last.started, "resumed": resumed})
    return KeptCheckpoints(folder, chosen.path, about, options.checkpoint, state, last.run_id)


def newest_whole(files: list[Path]) -> tuple[About, Tree] | None:
    """Read the first of the checkpoints that is whole, and warn of the damaged ones before it."""
    damaged: list[str] = []
    for file in files:
        try:
            raw, state = read_checkpoint(file)
            about = parsed(raw)
        except DamagedCheckpointError as error:
            damaged.append(f"The checkpoint {shown_path(file)} is damaged: {error}.")
            continue
        if damaged:
            logger.warning("%s Going on from the one before it, %s.", " ".join(damaged), shown_path(file))
        return about, state
    if damaged:
        logger.warning("%s There is none before it: the training begins anew.", " ".join(damaged))
    return None


def _resumption(last: About, now: About, processes: int | None) -> list[str]:
    if last.is_over and now.epochs > last.epochs and last.epochs_done < last.epochs:
        return [f"The training ended by itself {last.position}: more epochs change nothing."]
    if _is_done(last, now):
        return [
            f"The training is over already, {last.position}: nothing is left to learn. "
            f"To go on: {TrainingOptions.setting(epochs=2 * now.epochs)}"
        ]
    longer = f", now of {now.epochs}" if now.epochs != last.epochs else ""
    lines = [f"Resumed {last.position}{longer} (saved {last.saved})."]
    if changed := changed_code(last.facts, now.facts):
        lines.append(
            f"The code has changed since then ({some(changed)}), which "
            f"{CheckpointOptions.named('changed_code')} allows: it goes on with the code of now."
        )
    if last.processes != processes:
        computed = count_of(last.processes, "process", "processes")
        lines.append(
            f"{computed} computed it before: another number comes to the same, but for the last bits."
        )
    elif last.processes == 1 and last.threads != now.threads:
        lines.append(
            f"It computed with {last.threads} threads before and with {now.threads} now: its weights may "
            "differ in the last bits from those of a training without interruption."
        )
    return lines


def _is_done(last: About, now: About) -> bool:
    return last.is_over and (last.epochs_done >= now.epochs or last.epochs_done < last.epochs)


def _what_was_interrupted(training: KeptTraining, facts: dict[str, str]) -> str:
    about = training.about
    differing = differences(about.facts, facts)
    how = f", with what it had ({'; '.join(differing)})" if differing else ""
    of_run = f" (run {about.run_id})" if about.run_id else ""
    return (
        f"A training{of_run} was interrupted {about.position}; its last checkpoint is of {about.saved}. To "
        f"resume it{how}: {TrainingOptions.setting(resume=True)}. This training begins anew; the checkpoints "
        f"of the other one stay in {shown_path(training.path)} until it is resumed, or another one is "
        "interrupted after it."
    )


def _refusal(training: KeptTraining, differing: list[str], *, is_code_changed: bool) -> str:
    about = training.about
    of_run = f" of the run {about.run_id}" if about.run_id else ""
    is_shorter = any(each.startswith(EPOCHS) for each in differing)
    go_on = f"go on with the code as it is now: {CheckpointOptions.setting(changed_code='allow')}, "
    return (
        f"The training{of_run} that was interrupted {about.position} cannot go on: {'; '.join(differing)}.\n"
        f"Resume it with what it had{' (only more epochs may be asked for)' if is_shorter else ''}, "
        f"{go_on if is_code_changed else ''}or begin anew: {TrainingOptions.setting(resume=False)}"
    )


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")

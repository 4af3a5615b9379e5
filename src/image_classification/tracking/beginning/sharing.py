"""One run for all commands that do the same trainings: together, or one after another that was interrupted.

A command opens a run before it knows which trainings are its own, as that depends on its data. Where others
have begun them, it goes on in their run; its own stands in for it until the command is over, so that others
know that it lives, and is deleted then.
"""

from collections.abc import Sequence

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag

from image_classification.processes.identity import IDENTITY, is_gone, this_process
from image_classification.tracking.announcement import move_to
from image_classification.tracking.beginning.resuming import note_resumed, without_end
from image_classification.tracking.failures import UNREAD
from image_classification.tracking.run import CONTINUES, PARENT_RUN, TrackedRun
from image_classification.words import shorten, some

# our tag of a run that stands in for another one
STANDS_IN = "stands_in_for_run"
_LIVES = "ACTIVE"


def go_on(run_id: str, store_uri: str, earlier: Sequence[str]) -> str:
    """Go on in the run of commands that have begun the same trainings; return the run of this command.

    One that is finished stays as it is: the run that is open says that it continues it.

    Args:
        run_id, store_uri: of the run that is open.
        earlier: the runs of the trainings, the first one first; those that are elsewhere are passed over.
    """
    own = TrackedRun(run_id, store_uri)
    return own.attempt("The run of the same trainings", lambda: _go_on(own, earlier)) or run_id


def _go_on(own: TrackedRun, earlier: Sequence[str]) -> str:
    for run_id in reversed(earlier):
        if run_id == own.run_id:
            return run_id
        before = _found(own.client, run_id)
        if before is None:
            continue
        if before.info.status == "FINISHED":
            own.set_tags({CONTINUES: run_id})
            return own.run_id
        _join(own, before)
        return run_id
    return own.run_id


def _found(client: MlflowClient, run_id: str) -> Run | None:
    try:
        found = client.get_run(run_id)
    except Exception:  # each kind of store has its own for a run that is not there
        return None
    return found if found.info.lifecycle_stage.upper() == _LIVES else None


def _join(own: TrackedRun, before: Run) -> None:
    record, client, run_id = own.client.get_run(own.run_id), own.client, before.info.run_id
    # first that somebody is at it: whoever ends it now leaves it open
    client.set_tag(own.run_id, STANDS_IN, run_id)
    whole = TrackedRun(run_id, own.store.uri)
    if before.info.status != "RUNNING" or is_gone(before.data.tags):
        _hand_over(client, run_id, record)
        without_end(whole, before)
    recorded, now = before.data.params, record.data.params
    other = [
        f"{name} = {shorten(now[name], 60)}"
        for name in sorted(now)
        if recorded.get(name, now[name]) != now[name]
    ]
    note_resumed(whole, before, some(other, most=3) if other else "", record.data.tags)
    whole.log_parameters({name: value for name, value in now.items() if name not in recorded})
    whole.close()
    move_to(run_id)


def whole_of(stand_in: TrackedRun) -> TrackedRun | None:
    """Return the run that this one stands in for, None if it stands for itself."""
    record = stand_in.read()
    run_id = record.data.tags.get(STANDS_IN) if record else None
    return TrackedRun(run_id, stand_in.store.uri) if run_id else None


def leave_to_others(run: TrackedRun, own_id: str) -> bool:
    """Leave a run, and with it what this command had begun, to others that are at it; return whether any are.

    Args:
        run: that is not to end.
        own_id: the run that this command has opened.
    """
    what = "Who goes on with it"
    return bool(run.attempt(what, lambda: _leave(run, own_id), is_lost=False, then=UNREAD))


def _leave(run: TrackedRun, own_id: str) -> bool:
    others = [each for each in stand_ins_of(run.client, run.run_id) if each.info.run_id != own_id]
    owner = run.client.get_run(run.run_id).data.tags
    is_mine = own_id == run.run_id or is_gone(owner) or _is_of(run.client.get_run(own_id), owner)
    if is_mine and not others:
        return False
    if is_mine:
        _hand_over(run.client, run.run_id, others[0])
    run.end_children("KILLED", lambda child: is_gone(child.data.tags) or _is_of(child, this_process()))
    return True


def _is_of(run: Run, process: object) -> bool:
    tags = dict(process)  # type: ignore[call-overload]
    return all(run.data.tags.get(name) == tags.get(name) for name in IDENTITY)


def stand_ins_of(client: MlflowClient, run_id: str) -> list[Run]:
    """Return the runs that stand in for another one, and whose processes live as far as is known."""
    experiment = client.get_run(run_id).info.experiment_id
    marked = f"attributes.status = 'RUNNING' and tags.`{STANDS_IN}` = '{run_id}'"
    return [each for each in client.search_runs([experiment], marked) if not is_gone(each.data.tags)]


def _hand_over(client: MlflowClient, run_id: str, to: Run) -> None:
    """Have a run belong to the process of another one, and go on."""
    tags = [RunTag(name, to.data.tags.get(name, "")) for name in IDENTITY]
    client.log_batch(run_id, tags=tags)
    client.update_run(run_id, status="RUNNING")


def settle_shared(client: MlflowClient, gone: Run) -> bool:
    """Settle a run whose process has died, if it shares its trainings; return whether it did.

    One that stood in for another is deleted; one that others are at is handed over to one of them.
    """
    if STANDS_IN in gone.data.tags:
        withdraw(client, gone.info.run_id)
        return True
    others = [] if PARENT_RUN in gone.data.tags else stand_ins_of(client, gone.info.run_id)
    if others:
        _hand_over(client, gone.info.run_id, others[0])
    return bool(others)


def withdraw(client: MlflowClient, run_id: str) -> None:
    """Delete a run that stood in for another one."""
    client.set_terminated(run_id, "FINISHED")
    client.delete_run(run_id)

"""Commands that train several times: what in their parameters they cannot do, said before they begin."""

from collections.abc import Iterable

from image_classification.errors import UserError
from image_classification.images.store.folds import CrossValidationOptions
from image_classification.learning.distributed.options import DistributedOptions, node_limits
from image_classification.learning.options import TrainingOptions
from image_classification.learning.schedules import ScheduleOptions
from image_classification.processes.sharing import SharedWorkOptions
from image_classification.trials.options import SearchOptions


def require_space(search: SearchOptions) -> None:
    """Refuse a search for nothing.

    Raises:
        UserError: with an example of what may be tried.
    """
    if not search.space:
        example = "{optimizer.adam.lr: {low: 1e-4, high: 0.1, log: true}, training.batch_size: [32, 64, 128]}"
        raise UserError(
            f"{SearchOptions.named('space')} is empty: nothing is to be tried. Say what, in a file of "
            f"parameters such as conf/base/parameters_search.yml:\nsearch:\n  space: {example}"
        )


def require_validation_images(splits: Iterable[str], source: str = "") -> None:
    """Refuse a search without validation images.

    Args:
        splits: in which there are images.
        source: of the images, where that is known.

    Raises:
        UserError: there is no "validation" among them.
    """
    if "validation" not in set(splits):
        raise UserError(
            "A search compares trainings by validation images, and the split leaves none (it never looks at "
            "test images). Set a share for them: "
            + (f"--params {source}.split.validation=0.1" if source else "split.validation of the source.")
        )


def require_folds(folds: int, training: TrainingOptions, schedule: ScheduleOptions) -> str:
    """Name the option that chooses something by validation images, for which a fold is held back; "" if none.

    Raises:
        UserError: too few folds would be left.
    """
    chooses = _chooses_by_validation(training, schedule)
    if chooses and folds < 3:
        raise UserError(
            f"The training chooses by validation images ({chooses}), for which one more fold is held back: "
            f"{CrossValidationOptions.named('folds')} has to be 3 at least."
        )
    return chooses


def _chooses_by_validation(training: TrainingOptions, schedule: ScheduleOptions) -> str:
    if training.keep == "best":
        return TrainingOptions.setting(keep="best")
    if training.early_stopping.metric:
        return type(training.early_stopping).setting(metric=training.early_stopping.metric)
    return ScheduleOptions.setting(name=schedule.name) if schedule.name == "reduce_on_plateau" else ""


def require_one_way_of_sharing(shared: SharedWorkOptions, distributed: DistributedOptions) -> None:
    """Refuse processes that share a training in processes that share the trainings.

    Raises:
        UserError: naming both options, and what each of them is good for.
    """
    kind, of_one = type(shared), DistributedOptions
    if node_limits(distributed.nodes)[1] > 1:
        raise UserError(
            f"{of_one.named('nodes')} is {distributed.nodes}, and several machines share one training, not a "
            f"list of them: they would join each anew. Leave it at 1 ({of_one.setting(nodes=1)}), and "
            f"have the machines share the list: {kind.setting(storage='postgresql://<host>/<database>')}"
        )
    if distributed.is_on and shared.processes > 1:
        raise UserError(
            f"{kind.named('processes')} is {shared.processes} and {of_one.named('processes_per_node')} is "
            f"{distributed.processes_per_node}: either several trainings go on at the same time, or each is "
            f"shared by several processes. Choose one: {kind.setting(processes=1)}, or "
            f"{of_one.setting(processes_per_node=1)} (quicker, where a training has room beside others)."
        )

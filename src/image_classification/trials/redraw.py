"""What is drawn for a training is drawn again where another one has the same: it would come to the same."""

from optuna import Study
from optuna.trial import Trial, TrialState

from image_classification.trials.ledger import INDEX, Ledger, is_suggested

_AGAIN = "drawn_again"
# times that something else is drawn before a training is left out
MOST = 20


class DrawnBeforeError(Exception):
    """What was drawn for a training is what another one has.

    Args:
        twin: the place of the other one.
    """

    def __init__(self, twin: int) -> None:
        super().__init__(twin)
        self.twin = twin


def require_new(trial: Trial) -> None:
    """Refuse what was drawn, unless no other training has it, or it was decided before an interruption.

    Raises:
        DrawnBeforeError: naming the other training.
    """
    index, trials = trial.user_attrs.get(INDEX), trial.study.get_trials(deepcopy=False)
    if any(each.user_attrs.get(INDEX) == index and is_suggested(each) for each in trials):
        return
    for each in trials:
        is_tried = each.state != TrialState.WAITING and is_suggested(each)
        if is_tried and each.user_attrs.get(INDEX) != index and each.params == trial.params:
            raise DrawnBeforeError(each.user_attrs[INDEX])


def draw_again(ledger: Ledger, trial: Trial, twin: int) -> str:
    """Have something else be drawn for a training; return why not where that was done again and again."""
    if draws_before(ledger.study, trial.user_attrs.get(INDEX)) >= MOST:
        return (
            f"{MOST + 1} times the values of other trainings were drawn for it, at last those of training "
            f"{twin + 1}: search.space has hardly any others"
        )
    trial.set_user_attr(_AGAIN, True)
    ledger.give_back(trial)
    return ""


def draws_before(study: Study, index: int | None) -> int:
    """Return how often something was drawn for a training that another one had."""
    trials = study.get_trials(deepcopy=False)
    return sum(bool(each.user_attrs.get(_AGAIN)) for each in trials if each.user_attrs.get(INDEX) == index)

"""What the trainings of one command have in common, for its record."""

from typing import TYPE_CHECKING

from image_classification.evaluation.training_record import SeveralTrainingsRecord
from image_classification.networks import Classifier
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.parameters.used import used_parameters
from image_classification.pipelines.modelling.record import circumstances

if TYPE_CHECKING:
    # Optuna comes with it
    from image_classification.trials.study import StudyPlace


def record_of(like: Classifier, options: ModellingOptions, place: "StudyPlace") -> SeveralTrainingsRecord:
    """Record what the trainings of a command have in common, `like` being a network as they have.

    Args:
        like: the network.
        options: those that were given are recorded.
        place: where the trainings were shared.
    """
    weights = like.description.pretrained
    plain = {"modelling": options.model_dump(mode="json")}
    used = [f"params:modelling.{name}" for name in options.model_fields_set]
    return {
        **circumstances(like, options),
        "parameters": used_parameters(plain, used, Parameters),
        "network": like.description.shown_name,
        "num_parameters": like.num_parameters,
        "weights": weights.model_dump() if weights else None,
        "study": {"address": place.address, "name": place.name},
    }

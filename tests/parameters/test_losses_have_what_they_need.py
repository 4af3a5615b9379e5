"""A weighted sum has terms as strict as the losses, and a teacher has to be named."""

import pytest

from image_classification.errors import UserError
from image_classification.parameters.root import validate_parameters


def message(**loss):
    with pytest.raises(UserError) as refused:
        validate_parameters({"modelling": {"loss": loss}})
    return str(refused.value)


def of_terms(*terms):
    return message(name="weighted_sum", weighted_sum={"terms": list(terms)})


def test_a_term_has_the_options_of_its_loss_beside_name_and_weight():
    terms = [{"name": "cross_entropy", "label_smoothing": 0.1}, {"name": "mean_squared_error", "weight": 0.5}]
    raw = {"modelling": {"loss": {"name": "weighted_sum", "weighted_sum": {"terms": terms}}}}
    first, second = validate_parameters(raw).modelling.loss.weighted_sum.terms
    assert first.model_dump() == {
        "name": "cross_entropy",
        "weight": 1.0,
        "targets": "indices",
        "label_smoothing": 0.1,
        "class_weights": None,
    }
    assert second.model_dump() == {"name": "mean_squared_error", "weight": 0.5, "of": "probabilities"}


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (
            {"name": "mean_squared_error", "label_smoothing": 0.1},
            "no parameter modelling.loss.weighted_sum.terms[0].label_smoothing",
        ),
        ({"name": "mean_squared_error", "label_smoothing": 0.1}, "Allowed there: of, name, weight."),
        (
            {"name": "mean_squared_error", "of": "pixels"},
            "terms[0].of is 'pixels': expected 'probabilities' or",
        ),
        ({"name": "cross_entropi"}, "to be one of 'cross_entropy', 'negative_log_likelihood'"),
        ({"weight": 1.0}, "expected a group with 'name'"),
        ({"name": "cross_entropy", "weight": -1}, "terms[0].weight is -1: expected at least 0."),
        ({"name": "distillation"}, "as teacher of the term distillation"),
        ({"name": "weighted_sum"}, "to be one of"),
    ],
)
def test_a_wrong_term_is_refused(term, text):
    assert text in of_terms(term)


def test_a_sum_of_nothing_and_a_missing_teacher_are_refused():
    assert "expected the losses to add in weighted_sum.terms" in of_terms()
    assert "expected the path of a trained network in distillation.teacher" in message(name="distillation")


def test_class_weights_are_balanced_or_a_number_per_class():
    assert "did you mean balanced?" in message(cross_entropy={"class_weights": "balance"})
    assert "class_weights[1] is -1: expected at least 0" in message(cross_entropy={"class_weights": [1, -1]})

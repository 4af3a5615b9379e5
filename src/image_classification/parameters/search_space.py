"""The space of a search: its names and bounds are those of the parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from image_classification.errors import UserError
from image_classification.options import ModellingSection, Section
from image_classification.parameters.effect import with_values
from image_classification.parameters.grid import require_grid
from image_classification.parameters.idle_dimensions import require_effect
from image_classification.parameters.known import group_at, nearest_paths
from image_classification.parameters.messages import describe_errors
from image_classification.parameters.used import parameter_text
from image_classification.registry import Choice
from image_classification.trials.options import RANGE, SearchOptions
from image_classification.trials.search.dimensions import Dimension, Range, Values
from image_classification.words import did_you_mean, nearest_names

# parts of modelling that come after the training, of which no metric of a search tells anything
_AFTER = ("calibration", "evaluation")


def read_space(space: Mapping[str, Any], modelling: BaseModel) -> dict[str, Dimension]:
    """Return the dimensions of a search, those first that others depend on.

    Args:
        space: a list or a range for each name, as the options have it.
        modelling: the parameters of which some are replaced.

    Raises:
        UserError: naming every parameter that is unknown, and every value that is not allowed.
    """
    model, plain = type(modelling), modelling.model_dump(mode="json")
    found: dict[str, Dimension] = {}
    problems: list[str] = []
    for name, given in space.items():
        try:
            found[name] = _dimension(name, given, model, plain)
        except UserError as error:
            problems += str(error).splitlines()
    if problems:
        several = [f"{len(problems)} parts of the search are wrong:", *(f"  - {line}" for line in problems)]
        raise UserError("\n".join(several if len(problems) > 1 else problems))
    return dict(sorted(found.items(), key=lambda item: _rank(item[0], item[1], model)))


def require_search(search: SearchOptions, modelling: ModellingSection) -> None:
    """Refuse a search that cannot be made.

    Raises:
        UserError: naming what is unknown, not allowed, or without an effect.
    """
    space = read_space(search.space, modelling)
    require_effect(space, modelling)
    if search.sampler == "grid":
        require_grid(space, modelling, search.trials)
    metric, name = search.metric, search.metric.partition("/")[2]
    if name not in (names := measured_names()):
        nearest = did_you_mean(nearest_names(name, names))
        raise UserError(f"search.metric is {metric!r}, which is not measured on validation images{nearest}")
    finds_rate = group_value(modelling, "training.find_learning_rate.mode") == "use"
    if finds_rate and (rates := [name for name in space if name.endswith(".lr")]):
        raise UserError(
            f"search.space has {rates[0]}, and each training finds its own learning rate "
            "(modelling.training.find_learning_rate.mode is use): leave one of them out."
        )


def measured_names() -> list[str]:
    """Return the metrics that can be measured on validation images, by their names after validation/."""
    # imports pandas, which takes half a second: only for a search
    from image_classification.evaluation.metric_table import METRICS  # noqa: PLC0415

    beside = ("raw_", "answered", "set_", "top_")
    return [metric.name for metric in METRICS if not metric.name.startswith(beside)]


def group_value(model: BaseModel, name: str) -> Any:
    """Return the value at a dotted name."""
    return reduce(getattr, name.split("."), model)


def _rank(name: str, dimension: Dimension, model: type[BaseModel]) -> tuple[int, int]:
    """Names of blocks come first, then other values of lists: they may say what else has an effect."""
    path = name.split(".")
    owner = group_at(path[:-1], model)
    chooses = path[-1] == "name" and owner is not None and issubclass(owner, Choice)
    return (0, len(path)) if chooses else (1 if isinstance(dimension, Values) else 2, 0)


def _dimension(name: str, given: Any, model: type[BaseModel], plain: Mapping[str, Any]) -> Dimension:
    path = tuple(name.split("."))
    field = _field(path, model)
    if isinstance(given, Mapping):
        return _range(name, path, given, field, model, plain)
    labels = [parameter_text(value) for value in given]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise UserError(f"search.space: {name} has {min(twice)} twice.")
    _require_allowed(name, path, given, model, plain)
    return Values.of(given, labels)


def _field(path: Sequence[str], model: type[BaseModel]) -> FieldInfo:
    """Return the field that a path leads to.

    Raises:
        UserError: there is none, or it is a group, or of no effect on a training.
    """
    name = ".".join(path)
    owner = group_at(path[:-1], model)
    if owner is None or path[-1] not in owner.model_fields:
        nearest = did_you_mean(nearest_paths(list(path), model))
        raise UserError(f"search.space: there is no parameter modelling.{name}{nearest}")
    annotation = owner.model_fields[path[-1]].annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        raise UserError(
            f"search.space: modelling.{name} is a group; name one of its parameters: "
            f"{', '.join(annotation.model_fields)}."
        )
    parents = [group_at(path[:depth], model) for depth in range(len(path))]
    idle = any(
        issubclass(group, Section) and part in group.WITHOUT_EFFECT
        for group, part in zip(parents, path, strict=True)
        if group
    )
    if path[0] in _AFTER or idle:
        raise UserError(f"search.space: modelling.{name} changes nothing in a training: leave it out.")
    return owner.model_fields[path[-1]]


def _range(
    name: str,
    path: Sequence[str],
    given: Mapping[str, Any],
    field: FieldInfo,
    model: type[BaseModel],
    plain: Mapping[str, Any],
) -> Range:
    kinds = set(_numbers(field.annotation))
    low, high, log, step = map(cast("Callable[[str], Any]", given.get), RANGE)
    kind = "float" if float in kinds else "int"
    if not kinds:
        raise UserError(f"search.space: modelling.{name} is no number: expected a list of values.")
    allowed = (int,) if kind == "int" else (int, float)
    for key, value in {"low": low, "high": high, "step": step}.items():
        is_number = isinstance(value, allowed) and not isinstance(value, bool)
        if not is_number and (value is not None or key != "step"):
            expected = "a whole number" if kind == "int" else "a number"
            raise UserError(f"search.space: {key} of {name} is {value!r}: expected {expected}.")
    if not isinstance(log, bool | None):
        raise UserError(f"search.space: log of {name} is {log!r}: expected true or false.")
    if not low < high:
        raise UserError(f"search.space: low of {name} is {low:g}, high {high:g}: expected low to be less.")
    if log and (low <= 0 or step is not None):
        raise UserError(f"search.space: {name} has log: expected low to be more than 0, and no step.")
    if step is not None and not 0 < step <= high - low:
        most = f"{high - low:g}"
        raise UserError(f"search.space: step of {name} is {step:g}: expected more than 0, at most {most}.")
    _require_allowed(name, path, [low, high], model, plain)
    return Range("float" if kind == "float" else "int", low, high, bool(log), step)


def _numbers(annotation: object) -> Iterator[type]:
    """Yield which kinds of numbers a value may be."""
    if annotation in (int, float):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _numbers(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from _numbers(part)


def _require_allowed(
    name: str, path: Sequence[str], values: Sequence[Any], model: type[BaseModel], plain: Mapping[str, Any]
) -> None:
    """Refuse values that the parameter itself may not have.

    Raises:
        UserError: naming the value, and what is allowed.
    """
    for value in values:
        raw = with_values(plain, {name: value})
        try:
            model.model_validate(raw)
        except ValidationError as error:
            own = [detail for detail in error.errors() if detail["loc"][: len(path)] == tuple(path)]
            if own:
                line = describe_errors(error, raw, model, lambda _: None)
                wrong = [each for each in line.splitlines() if f" {name}" in each] or [line]
                raise UserError(f"search.space: {wrong[0].strip().removeprefix('- ')}") from None

"""Parameters of a search that have no effect, whatever is tried of the others."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from pydantic import BaseModel

from image_classification.errors import UserError
from image_classification.parameters.effect import has_effect, with_values
from image_classification.parameters.known import group_at
from image_classification.registry import Choice
from image_classification.trials.search.dimensions import Range, Space

# combinations of the others that are looked at
_MOST = 5_000


def require_effect(space: Space, modelling: BaseModel) -> None:
    """Refuse a search over parameters that change nothing.

    Args:
        space: of the search.
        modelling: the parameters of which some are replaced.

    Raises:
        UserError: naming the parameter, and the choice that leaves it without an effect where it is one.
    """
    model, plain = type(modelling), modelling.model_dump(mode="json")
    for name in space:
        others = {other: dimension for other, dimension in space.items() if other != name}
        if not any(has_effect(name, values, model) for values in islice(_tried(others, plain), _MOST)):
            raise UserError(
                f"search.space: modelling.{name} has no effect{_why(name, plain, model)}: leave it out, or "
                "give the parameter that it depends on another value."
            )


def _tried(space: Space, plain: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters with each combination of values; of a range with its ends."""
    of_each = [
        (dimension.low, dimension.high) if isinstance(dimension, Range) else dimension.values
        for dimension in space.values()
    ]
    for values in product(*of_each):
        yield with_values(plain, dict(zip(space, values, strict=True)))


def _why(name: str, plain: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Say which choice leaves a parameter without an effect; "" if it is something else."""
    path, value = name.split("."), plain
    for depth, part in enumerate(path):
        group = group_at(path[:depth], model)
        if group and issubclass(group, Choice) and part in group.names() and part != value["name"]:
            return f", as modelling.{'.'.join([*path[:depth], 'name'])} is {value['name']}"
        value = value[part] if isinstance(value, Mapping) and isinstance(value.get(part), Mapping) else {}
    return ""

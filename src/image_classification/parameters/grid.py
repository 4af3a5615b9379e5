"""The grid of a search: every combination of the values that are tried, once."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic import BaseModel

from image_classification.errors import UserError
from image_classification.parameters.effect import has_effect, with_values
from image_classification.trials.options import MOST_TRIALS, SearchOptions
from image_classification.trials.search.dimensions import Space
from image_classification.words import either


def grid_of(space: Space, modelling: BaseModel) -> Iterator[dict[str, Any]]:
    """Yield what is tried, as it stands in a table, the last parameter changing first.

    A parameter that has no effect beside the others is left out, so that no two trainings are the same.

    Args:
        space: of ranges that have a step, and lists.
        modelling: the parameters of which some are replaced.
    """
    plain = modelling.model_dump(mode="json")

    def complete(begun: dict[str, Any], left: list[str]) -> Iterator[dict[str, Any]]:
        if not left:
            yield begun
            return
        name, *rest = left
        values = {each: space[each].value(shown) for each, shown in begun.items()}
        if not has_effect(name, with_values(plain, values), type(modelling)):
            yield from complete(begun, rest)
            return
        for shown in space[name].all_shown() or []:
            yield from complete(begun | {name: shown}, rest)

    yield from complete({}, list(space))


def require_grid(space: Space, modelling: BaseModel, trials: int) -> None:
    """Refuse a grid that has no end, or more combinations than there may be trainings.

    Raises:
        UserError: naming the parameter, or the number of trainings that it takes.
    """
    if endless := [name for name, dimension in space.items() if dimension.all_shown() is None]:
        raise UserError(
            f"search.sampler is grid, and {either(endless)} may be any number of a range: give a list of "
            "values, or a step (without log), or choose another sampler."
        )
    count = sum(1 for _ in islice(grid_of(space, modelling), MOST_TRIALS + 1))
    if count > MOST_TRIALS:
        raise UserError(
            f"search.sampler is grid, and search.space has more than {MOST_TRIALS:,} combinations: leave "
            "values out, or choose another sampler."
        )
    if count > trials:
        raise UserError(
            f"search.space has {count:,} combinations, and search.trials is {trials:,}: a grid tries all of "
            f"them ({SearchOptions.setting(trials=count)}), another sampler some."
        )


def trainings_of(search: SearchOptions, space: Space, modelling: BaseModel) -> list[Mapping[str, Any]] | None:
    """Return what each training of a grid is to try; None where it is drawn."""
    return list(grid_of(space, modelling)) if search.sampler == "grid" else None

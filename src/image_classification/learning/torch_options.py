"""Make the block of a torch object's options from the signature of its class.

So a block has exactly the options, under the names and with the defaults, that the installed torch knows.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import EllipsisType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model
from torch import Tensor

from image_classification.options import LARGEST_COUNT, LARGEST_FLOAT, ModellingSection


@dataclass(frozen=True)
class Option:
    """What a signature does not tell of an option.

    Args:
        description: for the person who sets it.
        kind: its type with bounds, where the annotation of the signature says less.
        default: where torch has none, or one that suits no whole training.
    """

    description: str
    kind: Any = None
    default: Any = ...


def options_block(
    torch_class: type,
    options: Mapping[str, Option],
    *,
    left_out: Collection[str],
    module: str,
    base: type[ModellingSection] = ModellingSection,
) -> type[ModellingSection]:
    """Return the section of a torch class's options, all of which have defaults.

    Args:
        torch_class: an optimizer or a scheduler; its first argument, what it works on, is not an option.
        options: what is known of the options beyond the signature.
        left_out: arguments that are not configurable.
        module: where the section is found under its `__name__`, without which no process could send one to
            another.
        base: a section that checks options against each other.
    """
    hints = get_type_hints(
        torch_class.__init__,  # type: ignore[misc]
        # names that some of torch's modules import for type checkers alone
        localns={"Optimizer": object, "Callable": Callable, "Iterable": Iterable, "Tensor": Tensor},
    )
    fields: dict[str, Any] = {}
    for name, argument in list(inspect.signature(torch_class).parameters.items())[1:]:
        if name in left_out:
            continue
        option = options.get(name, Option(f"As in torch's documentation of {torch_class.__name__}."))
        kind = option.kind if option.kind is not None else _plain(hints[name])
        default = argument.default if isinstance(option.default, EllipsisType) else option.default
        fields[name] = (kind, Field(default=_as_float(default, kind), description=option.description))
    block: type[ModellingSection] = create_model(
        f"{torch_class.__name__}Options",
        __base__=base,
        __module__=module,
        __doc__=f"Options of {torch_class.__module__.split('._')[0]}.{torch_class.__name__}.",
        **fields,
    )
    return block


def _plain(annotation: Any) -> Any:
    """Strip tensors, which no file can hold, from an annotation; let YAML's lists pass for tuples."""
    if get_origin(annotation) in (Union, UnionType):
        return reduce(or_, (_plain(part) for part in get_args(annotation) if part is not Tensor))
    if get_origin(annotation) is tuple:
        parts = tuple(_plain(part) for part in get_args(annotation))
        return Annotated[tuple.__class_getitem__(parts), Field(strict=False)]
    if annotation is float:
        return Annotated[float, Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT, allow_inf_nan=False)]
    return Annotated[int, Field(ge=-LARGEST_COUNT, le=LARGEST_COUNT)] if annotation is int else annotation


def _as_float(default: Any, kind: Any) -> Any:
    """Turn torch's 0 into 0.0 where a float is meant, or the records of two runs would differ by that."""
    is_float = kind is float or (get_origin(kind) is Annotated and get_args(kind)[0] is float)
    return float(default) if is_float and isinstance(default, int) else default

"""The one pattern of a choice: `{name: adam, adam: {lr: 0.01}, sgd: {…}}`.

Every block keeps its own options and defaults and only the named one is used, so switching the name leaves
nothing of the other blocks behind; yet a mistake in a block that is not used is refused as well.
"""

from typing import Any, Literal, get_args, get_origin

from pydantic import ConfigDict
from pydantic.fields import FieldInfo

from image_classification.parameters.base import Section


class Choice(Section):
    """A section whose field `name` says which of its blocks is used.

    A subclass declares `name` as a `Literal` with a default, and for each of its values a block: a field of
    that name which is a `Section` with a default for every option. Further fields belong to every choice
    alike. Classes made by `pydantic.create_model(..., __base__=Choice)` are treated no differently.

    Raises:
        TypeError: when a subclass is defined with a name that has no block or a block that has no defaults.
    """

    model_config = ConfigDict(strict=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        names = cls.names()
        if not names or cls.model_fields["name"].is_required():
            raise TypeError(f"{cls.__name__}.name has to be a Literal with a default")
        for name in names:
            block = cls.model_fields.get(name)
            if block is None or not _is_section(block):
                raise TypeError(f"{cls.__name__} offers the name {name!r}, but has no section of that name")
            if block.is_required():
                raise TypeError(f"{cls.__name__}.{name} has to have a default for every option")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names that can be chosen, in the order of their declaration."""
        field = cls.model_fields.get("name")
        if field is None or get_origin(field.annotation) is not Literal:
            return ()
        return get_args(field.annotation)

    @property
    def chosen(self) -> Section:
        """The block that `name` says."""
        # by way of a variable: each subclass declares `name` with a type of its own, this base cannot
        field = "name"
        block: Section = getattr(self, getattr(self, field))
        return block

    @property
    def options(self) -> dict[str, Any]:
        """The options of the chosen block by name, ready to be keyword arguments."""
        return {option: getattr(self.chosen, option) for option in type(self.chosen).model_fields}


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)

"""Things that are chosen by name: registries of them, and the sections of parameters that these make."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import get_annotations
from typing import Any, Generic, Literal, Self, TypeVar, Unpack, get_args

from pydantic import ConfigDict, Field

from image_classification.options import Section

Thing = TypeVar("Thing")
AnyThing = TypeVar("AnyThing")


class Registry(Mapping[str, Thing], Generic[Thing]):
    """Names to things of one kind; a name that is taken is an error, so nothing is replaced unseen.

    Args:
        kind: what the things are, for messages, such as "network".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.options: dict[str, type[Section]] = {}
        self._things: dict[str, Thing] = {}

    def add(self, name: str, thing: Thing, options: type[Section]) -> None:
        """Add a thing and what can be set of it, every option with a default.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._things:
            raise ValueError(f"A {self.kind} named '{name}' is registered already: {self._things[name]!r}")
        self._things[name] = thing
        self.options[name] = options

    def register(self, name: str, options: type[Section] | None = None) -> Callable[[AnyThing], AnyThing]:
        """Decorate a class that holds its `Options`, or a function whose options are given."""

        def decorate(thing: AnyThing) -> AnyThing:
            self.add(name, thing, options or thing.Options)  # type: ignore[arg-type,attr-defined]
            return thing

        return decorate

    def options_class(self, class_name: str) -> type[Section]:
        """Return the options whose class is called so: those made at run time are found by this (pickle).

        Raises:
            AttributeError: there are none.
        """
        for options in self.options.values():
            if options.__name__ == class_name:
                return options
        raise AttributeError(f"no {self.kind} has options called {class_name}")

    def __getitem__(self, name: str) -> Thing:
        """Return what has this name; KeyError lists the names that exist."""
        if name not in self._things:
            raise KeyError(f"No {self.kind} named '{name}'; there are: {', '.join(sorted(self._things))}")
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)


def _add_blocks(cls: type[Section], registry: Registry[Any], names: Sequence[str]) -> None:
    """Give a class that is being defined a field for the options of each thing, before its own fields."""
    for name in names:
        options = registry.options[name]
        if required := [key for key, field in options.model_fields.items() if field.is_required()]:
            raise TypeError(
                f"The {registry.kind} '{name}' has options without a default: {', '.join(required)}"
            )
        setattr(cls, name, Field(default=options(), description=(options.__doc__ or "").split("\n")[0]))
    cls.__annotations__ = {name: registry.options[name] for name in names} | get_annotations(cls)


class Blocks(Section):
    """A section with a block for each thing that is registered: `class Parameters(Blocks, of=SOURCES)`.

    Raises:
        TypeError: a class is defined with options that have no defaults.
    """

    def __init_subclass__(cls, *, of: Registry[Any] | None = None, **config: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**config)
        if of is not None:
            _add_blocks(cls, of, list(of))


class Choice(Section):
    """A section whose field `name` says which of its blocks is used: `{name: adam, adam: {…}, sgd: {…}}`.

    `class LossOptions(Choice, of=LOSSES, default="cross_entropy")` has a block for each thing that is
    registered. Every block keeps its own options and defaults and only the named one is used, so switching
    the name leaves nothing of the other blocks behind; yet a mistake in a block that is not used is refused
    as well. Further fields belong to every choice alike.

    Raises:
        TypeError: a class is defined with options that have no defaults, or a default that is not registered.
    """

    model_config = ConfigDict(strict=True)
    name: str = ""  # a subclass has a Literal of the names here

    def __init_subclass__(
        cls, *, of: Registry[Any] | None = None, default: str = "", **config: Unpack[ConfigDict]
    ) -> None:
        super().__init_subclass__(**config)
        if of is None:
            return
        if default not in of:
            raise TypeError(f"{cls.__name__}: there is no {of.kind} '{default}' to be the default")
        names = sorted(of, key=lambda name: name != default)  # the usual one first, wherever they are listed
        _add_blocks(cls, of, names)
        cls.__annotations__ = {"name": Literal[tuple(names)]} | cls.__annotations__
        cls.name = Field(default=default, description=f"The {of.kind} to use.")

    @classmethod
    def select(cls, name: str, **options: Any) -> Self:
        """Choose by name, with options of that block: `OptimizerOptions.select("adam", lr=0.01)`."""
        return cls.model_validate({"name": name, name: options})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names that can be chosen, the default first."""
        return get_args(cls.model_fields["name"].annotation)

    @property
    def chosen(self) -> Section:
        """The block that `name` says."""
        block: Section = getattr(self, self.name)
        return block

    @property
    def options(self) -> dict[str, Any]:
        """The options of the chosen block by name, ready to be keyword arguments."""
        return {option: getattr(self.chosen, option) for option in type(self.chosen).model_fields}

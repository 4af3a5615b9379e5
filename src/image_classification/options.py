"""What configurable things are declared with: sections, kinds of numbers, registries, and choices.

A message names an option by `Section.named` and tells how to set it by `Section.setting`, which name
classes to the writer of a script, and paths and `--params` once `speak` was given a speech that knows them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import get_annotations
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, Unpack, get_args

from pydantic import BaseModel, ConfigDict, Field


class Speech:
    """The way options are named to a reader: here, to one who creates the sections in a script."""

    def name(self, section: "type[Section]", option: str) -> str:
        """Name an option: `TrainingOptions.batch_size`."""
        return f"{section.__qualname__}.{option}"

    def setting(self, section: "type[Section]", values: Mapping[str, Any]) -> str:
        """Tell how to set options of a section: `TrainingOptions(batch_size=64)`."""
        return f"{section.__qualname__}({', '.join(f'{key}={value!r}' for key, value in values.items())})"


_speech = Speech()


def speak(speech: Speech) -> None:
    """Name options in another way from now on, in all threads of this process."""
    global _speech  # noqa: PLW0603
    _speech = speech


class Section(BaseModel):
    """A group of parameters that knows exactly which keys it has; every other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @classmethod
    def named(cls, option: str) -> str:
        """Name one of the options in a message.

        Raises:
            KeyError: there is no such option.
        """
        return _speech.name(cls, cls._known(option))

    @classmethod
    def setting(cls, **values: Any) -> str:
        """Tell in a message how to set options to these values.

        Raises:
            KeyError: there is no such option.
        """
        return _speech.setting(cls, {cls._known(option): value for option, value in values.items()})

    @classmethod
    def _known(cls, option: str) -> str:
        if option not in cls.model_fields:
            raise KeyError(f"{cls.__qualname__} has no option {option}")
        return option

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG003
        """The options that do nothing beside these values, as what they belong to is off.

        They are left out of the record of a run: two runs that differ in nothing else are the same.
        """
        return frozenset()


class ModellingSection(Section):
    """A section whose numbers are numbers: neither `true` nor `"5"` passes for one."""

    model_config = ConfigDict(strict=True)


Width = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
# YAML knows lists only; torch wants a pair
Betas = Annotated[tuple[Probability, Probability], Field(strict=False)]


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

"""What configurable things are declared with: sections, and kinds of numbers.

A message names an option by `Section.named` and tells how to set it by `Section.setting`, which name
classes to the writer of a script, and paths and `--params` once `speak` was given a speech that knows them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


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
    # options that change nothing in what is made, only what is said or kept on the way
    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset()

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


# More than anybody counts, and little enough for torch: the product of two still fits into its int64.
LARGEST_COUNT = 10**9
# Numbers of float32, in which networks compute, and their inverses too.
LARGEST_FLOAT = 1e30
SMALLEST_FLOAT = 1e-30


def _is_no_zero_of_float32(value: float) -> float:
    if 0 < value < SMALLEST_FLOAT:
        raise ValueError(f"expected at least {SMALLEST_FLOAT:g}: networks compute in numbers of 32 bits")
    return value


def of_the_form(pattern: str, expected: str) -> AfterValidator:
    """Require a text to match a regular expression as a whole; if not, say in words what is expected."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


class NamesPlace:
    """Marks the type of an option that names files to be read: `Annotated[str, NamesPlace()]`.

    Where it is the address of something remote, that is fetched before a run does anything else.

    Args:
        on_the_web: whether an address that begins with http means a file to fetch so.
        inside: the path in a folder of what alone is read of it, where that is there.
    """

    def __init__(self, *, on_the_web: bool = True, inside: str = "") -> None:
        self.on_the_web = on_the_web
        self.inside = inside


class NamesFile(NamesPlace):
    """Marks the type of an option that names a file to be read: `Annotated[str, NamesFile()]`.

    What is made with such an option depends on the content of the file.
    """


NoZero = AfterValidator(_is_no_zero_of_float32)

Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
CountOrZero = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, le=LARGEST_FLOAT, allow_inf_nan=False)]
Positive = Annotated[
    float,
    Field(gt=0.0, le=LARGEST_FLOAT, allow_inf_nan=False),
    NoZero,
]
Factor = Annotated[float, Field(gt=0.0, le=1.0), NoZero]
# YAML knows lists only; torch wants a pair
Betas = Annotated[tuple[Probability, Probability], Field(strict=False)]

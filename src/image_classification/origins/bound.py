"""What a function is made of beside its text: what it wraps, and the values that are bound to it."""

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property, partial
from types import ModuleType
from typing import Any

import numpy as np

from image_classification.origins.source import source_of

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DEEPEST = 20
_NOTHING = ("list()", "tuple(None,None)", "tuple(tuple(),list())")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis), type(NotImplemented))


def unfold(function: Any) -> tuple[list[Any], str]:
    """Return the functions and classes that make up something callable, and a text of the values in it.

    Partials, decorators, closures, methods and objects are followed, and functions among the values as well.
    The text is the same in every process. Equal values make equal texts; objects of the project are told by
    their attributes, those of libraries by their `repr` without addresses.
    """
    found = _Unfolding()
    found.follow(function)
    return found.targets, "".join(found.texts)


def unfold_code(function: Any) -> list[Any]:
    """Return the functions and classes that make up something callable, whatever the values in it are."""
    found = _Unfolding(with_values=False)
    found.follow(function)
    return found.targets


def described(value: Any) -> tuple[list[Any], str]:
    """Return the functions and classes in a value, and a text of it, likewise."""
    found = _Unfolding()
    text = found.describe(value)
    return found.targets, "".join([text, *found.texts])


class _Unfolding:
    def __init__(self, *, with_values: bool = True) -> None:
        self._with_values = with_values
        self.targets: list[Any] = []
        self.texts: list[str] = []
        self._seen: set[int] = set()
        self._kept: list[Any] = []  # an id is that of one object as long as it lives
        self._within: set[int] = set()  # what is being described, against circles

    def follow(self, function: Any, depth: int = 0) -> None:
        """Collect what something callable is made of."""
        if not self._is_new(function):
            return
        if isinstance(function, partial):
            self._note((function.args, sorted(function.keywords.items())), depth)
            self.follow(function.func, depth)
        elif inspect.ismethod(function):
            self._note(function.__self__, depth)
            self.follow(function.__func__, depth)
        elif inspect.isclass(function):
            self.targets.append(function)
        elif wrapped := getattr(function, "__wrapped__", None):
            if inspect.isfunction(function):  # else of a library, such as a cache
                self._note_function(function, depth, but=wrapped)
            self.follow(wrapped, depth)
        elif inspect.isfunction(function):
            self._note_function(function, depth)
        elif inspect.isroutine(function):
            self.targets.append(function)
        else:  # an object that can be called
            self.targets.append(type(function))
            self._note(function, depth)

    def _note_function(self, function: Any, depth: int, but: Any = None) -> None:
        self.targets.append(function)
        if "<locals>" in function.__qualname__ or "<lambda>" in function.__qualname__:
            # those of others are in the text
            self._note((function.__defaults__, function.__kwdefaults__), depth)
        values = (content for cell in function.__closure__ or () for content in _content(cell))
        self._note([value for value in values if value is not but and value is not function], depth)

    def _note(self, value: Any, depth: int) -> None:
        if not self._with_values:
            for inner in value if isinstance(value, list | tuple) else ():
                if _is_code(inner):
                    self.follow(inner, depth + 1)
            return
        text = self.describe(value, depth)
        if text not in _NOTHING:
            self.texts.append(text)

    def _is_new(self, value: Any) -> bool:
        if id(value) in self._seen:
            return False
        self._seen.add(id(value))
        self._kept.append(value)
        return True

    def describe(self, value: Any, depth: int = 0) -> str:
        """Return a text of a value, and collect the functions and classes in it."""
        if isinstance(value, _PLAIN):
            return repr(value)
        if isinstance(value, ModuleType):
            return value.__name__
        if _is_code(value):
            self.follow(value, depth + 1)
            return f"<{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', 'partial')}>"
        if id(value) in self._within or depth > _DEEPEST:
            return f"<{type(value).__qualname__}>"
        self._within.add(id(value))
        try:
            return self._of_object(value, lambda inner: self.describe(inner, depth + 1))
        finally:
            self._within.discard(id(value))

    def _of_object(self, value: Any, describe: Callable[[Any], str]) -> str:
        kind = type(value)
        if isinstance(value, Mapping):
            return "{" + ",".join(f"{describe(key)}:{describe(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list | tuple):
            return f"{kind.__name__}({','.join(map(describe, value))})"
        if isinstance(value, Set):
            return f"{kind.__name__}({','.join(sorted(map(describe, value)))})"
        if isinstance(value, np.ndarray):  # whose repr leaves numbers out
            numbers = value.tolist() if value.dtype.hasobject else hashlib.sha256(value.tobytes()).hexdigest()
            return f"<{value.dtype} {value.shape} {describe(numbers)}>"
        shown: Any = kind.__repr__
        if source_of(kind.__module__) is None and shown is not object.__repr__:
            return _ADDRESS.sub("", repr(value))
        self.follow(kind)
        return f"<{kind.__qualname__} {describe(_attributes(value))}>"


def _is_code(value: Any) -> bool:
    return inspect.isroutine(value) or inspect.isclass(value) or isinstance(value, partial)


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object, but for what it has computed from others."""
    kind = type(value)
    slots = {name for each in kind.__mro__ for name in _names(getattr(each, "__slots__", ()))}
    names = [*sorted(slots), *getattr(value, "__dict__", ())]
    own = [name for name in names if not isinstance(getattr(kind, name, None), cached_property)]
    return {name: getattr(value, name) for name in own if not name.startswith("__") and hasattr(value, name)}


def _names(slots: Any) -> Iterator[str]:
    yield from [slots] if isinstance(slots, str) else slots


def _content(cell: Any) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # not filled yet
        return []

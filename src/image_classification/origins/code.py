"""What the code of a node is: its function, the modules that it uses, the libraries that those import."""

import builtins
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from typing import Any

from image_classification.origins.source import Source, digest, source_of

# What records and shows what happens, and the tree of parameters, whose values count by themselves: no result
# depends on these modules.
OBSERVERS = tuple(f"image_classification.{room}" for room in ("tracking", "console", "origins", "parameters"))


@dataclass(frozen=True)
class Code:
    """What the result of a function depends on beside its arguments.

    parts: a digest for each module of the project that the function uses, and for the function itself.
    libraries: the version of every distribution that these import, and Python's.
    """

    parts: dict[str, str]
    libraries: dict[str, str]


def code_of(function: Callable[..., Any]) -> Code:
    """Follow a function through the source of the project, reading files and importing nothing.

    In the function's own module only those statements count that it needs by name, so that a node does not
    depend on its neighbours; of every other module all of it counts, with all that it imports.
    """
    target, bound = _unwrapped(function)
    module, _, _ = _place(target)
    source = source_of(module)
    parts = {"arguments": digest(bound.encode())} if bound else {}
    if source is None:  # compiled, or typed into a session
        text = _text(target)
        return Code(parts | ({module: digest(text.encode())} if text else {}), _versions({module}))
    name = _place(target)[1]
    own, used = source.needed_for(name)
    parts[f"{module}:{name}"] = digest(own.encode())
    reached, libraries = _closure(used)
    return Code(parts | {name: file.digest for name, file in reached.items()}, _versions(libraries))


def _unwrapped(function: Any) -> tuple[Any, str]:
    """Return what a partial or a decorated function is made of, and the arguments that are bound to it."""
    bound = []
    while isinstance(function, partial):
        bound.append(repr((function.args, sorted(function.keywords.items()))))
        function = function.func
    function = inspect.unwrap(function)
    if not (inspect.isroutine(function) or inspect.isclass(function)):
        bound.append(repr(vars(function)) if hasattr(function, "__dict__") else "")
        function = type(function)  # an object that can be called
    return function, "".join(bound)


def _place(target: Any) -> tuple[str, str, str]:
    """Return module, name at the module's top level, and full name of a function or class."""
    qualified = getattr(target, "__qualname__", type(target).__qualname__)
    return target.__module__ or builtins.__name__, qualified.partition(".")[0], qualified


def _text(target: Any) -> str:
    try:
        return inspect.getsource(target)
    except (OSError, TypeError):
        code = getattr(target, "__code__", None)
        return repr((code.co_code, code.co_consts, code.co_names)) if code else ""


def _closure(modules: Iterable[str]) -> tuple[dict[str, Source], set[str]]:
    """Follow imports; return the sources of the project's modules, and the names of all other modules."""
    reached: dict[str, Source] = {}
    others: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in reached or module in others or module.startswith(OBSERVERS):
            continue
        source = source_of(module)
        if source is None:
            others.add(module)
            continue
        reached[module] = source
        waiting += source.imports
        if parent := module.rpartition(".")[0]:
            waiting.append(parent)  # importing a module runs its packages too, which may register things
    return dict(sorted(reached.items())), others


def _versions(modules: Iterable[str]) -> dict[str, str]:
    roots = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names) - {"__main__"}
    found = {name: version for root in roots for name, version in [_version(root)] if version}
    return dict(sorted(found.items())) | {"python": ".".join(map(str, sys.version_info[:2]))}


@cache
def _version(root: str) -> tuple[str, str]:
    try:
        return root, metadata.version(root)
    except metadata.PackageNotFoundError:
        # a distribution may be called otherwise than its package: to look for it takes half a second
        loaded = getattr(sys.modules.get(root), "__version__", None)
        if isinstance(loaded, str):
            return root, loaded
        names = _distributions().get(root, [])
        return (names[0], metadata.version(names[0])) if names else (root, "")


@cache
def _distributions() -> dict[str, list[str]]:
    return {name: list(found) for name, found in metadata.packages_distributions().items()}

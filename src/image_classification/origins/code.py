"""What the code of a node is: its function, the modules that it uses, the libraries that those import."""

import builtins
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from image_classification.origins.bound import unfold, unfold_code
from image_classification.origins.source import Source, digest, source_of

# What records, shows and explains what happens, and the tree of parameters, whose values count by themselves:
# no result depends on these modules.
OBSERVERS = tuple(
    f"image_classification.{room}"
    for room in ("tracking", "console", "origins", "parameters", "datasets.messages")
)
# it imports what is behind it only when somebody asks for that
_DOOR = "image_classification"


@dataclass(frozen=True)
class Code:
    """What the result of a function depends on beside its arguments.

    parts: a digest for each module of the project that the function uses, for the function itself and for
        what is bound to it.
    libraries: the version of every package that these import, by the name in the import, and Python's.
    """

    parts: dict[str, str]
    libraries: dict[str, str]


def code_of(function: Any) -> Code:
    """Follow a function or class through the source of the project, reading files and importing nothing.

    In the function's own module only those statements count that it needs by name, so that a node does not
    depend on its neighbours; of every other module all of it counts, with all that it imports. What is bound
    to the function counts too: arguments of a partial, what a closure has kept, the state of an object.
    """
    targets, bound = unfold(function)
    parts = {"arguments": digest(bound.encode("utf-8", "surrogateescape"))} if bound else {}
    return _merged(parts, targets)


def code_alone_of(function: Any) -> Code:
    """Return the same without the values that are bound to the function."""
    return _merged({}, unfold_code(function))


def _merged(parts: dict[str, str], targets: Iterable[Any]) -> Code:
    used, libraries = set[str](), set[str]()
    for target in targets:
        module, name = _place(target)
        source = source_of(module)
        if source is None:  # compiled, or typed into a session
            text = _text(target)
            parts |= {f"{module}:{name}": digest(text.encode())} if text else {}
            libraries.add(module)
            continue
        own, needed = source.needed_for(name)
        parts[f"{module}:{name}"] = digest(own.encode())
        used |= needed
    reached, others = _closure(used)
    return Code(parts | {name: file.digest for name, file in reached.items()}, _versions(libraries | others))


def _place(target: Any) -> tuple[str, str]:
    """Return the module of a function or class, and the name at the module's top level."""
    qualified: str = getattr(target, "__qualname__", type(target).__qualname__)
    return getattr(target, "__module__", None) or builtins.__name__, qualified.partition(".")[0]


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
        if module != _DOOR:
            waiting += source.imports
        if parent := module.rpartition(".")[0]:
            waiting.append(parent)  # importing a module runs its packages too, which may register things
    return dict(sorted(reached.items())), others


def _versions(modules: Iterable[str]) -> dict[str, str]:
    roots = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names) - {"__main__"}
    found = {root: version for root in roots if (version := _version(root))}
    return dict(sorted(found.items())) | {"python": ".".join(map(str, sys.version_info[:2]))}


@cache
def _version(root: str) -> str:
    """Return the version of what a package is installed with, "" if it is not, whatever is loaded."""
    try:
        return metadata.version(root)
    except metadata.PackageNotFoundError:  # called otherwise than its package
        names = sorted({each.name for each, packages in _installed() if root in packages})
    versions = [metadata.version(name) for name in names]
    if len(names) < 2:
        return "".join(versions)
    return ", ".join(f"{name} {version}" for name, version in zip(names, versions, strict=True))


@cache
def _installed() -> list[tuple[metadata.Distribution, frozenset[str]]]:
    """All distributions, with their packages; `metadata.packages_distributions` takes ten times as long."""
    return [(each, _packages(each)) for each in metadata.distributions()]


def _packages(distribution: metadata.Distribution) -> frozenset[str]:
    if listed := distribution.read_text("top_level.txt"):
        return frozenset(listed.split())
    files = (line.partition(",")[0] for line in (distribution.read_text("RECORD") or "").splitlines())
    return frozenset(file.partition("/")[0].removesuffix(".py") for file in files)

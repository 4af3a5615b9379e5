"""The files of a project's own modules: what they define, need and import, without importing them."""

import ast
import hashlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

from image_classification.files.stamp import Stamp, stamp_of_file
from image_classification.origins.statements import (
    acts,
    is_definition,
    modules_called,
    names_applied,
    names_changed,
    names_decorating,
    names_mentioned,
    names_set,
    statements_in,
)
from image_classification.processes.garbage import without_collection


def digest(content: bytes) -> str:
    """Return a digest that is long enough to tell contents apart, and short enough to be written often."""
    return hashlib.sha256(content).hexdigest()[:24]


class Source:
    """One file of the project: its digest, and what its statements define, need and import."""

    def __init__(self, module: str, path: Path) -> None:
        self.module = module
        content = path.read_bytes()
        self.digest = digest(b"".join([content, *_data_beside(path, content)]))
        self._package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        self._text = content.decode("utf-8")
        # every module that is imported anywhere in the file
        self.imports = self._modules_in(self._parse())

    def _parse(self) -> ast.Module:
        with without_collection():
            return ast.parse(self._text.encode("utf-8"))  # a mark of the encoding is none of a text's

    @cached_property
    def _tree(self) -> ast.Module:
        """The whole file: of most only the imports are asked for, and trees are large."""
        return self._parse()

    @cached_property
    def _names(self) -> tuple[dict[str, list[ast.stmt]], dict[str, set[str]]]:
        """Which statements define the names at the top level, and which modules imported ones stand for."""
        defined: dict[str, list[ast.stmt]] = {}
        imported: dict[str, set[str]] = {}
        for statement in self._tree.body:
            for node in [statement] if is_definition(statement) else [statement, *statements_in(statement)]:
                for module, alias in self._imported(node):
                    imported.setdefault(alias, set()).add(module)
            for name in names_set(statement):
                defined.setdefault(name, []).append(statement)
        return defined, imported

    @cached_property
    def _handed_on(self) -> list[tuple[set[str], set[str]]]:
        """Definitions that something else may keep, by their names, and what may keep them, as `_places`."""
        found = []
        for statement in self._tree.body:
            if applied := names_applied(statement):
                _, reached, _ = self._reach(applied)
                keeping = names_decorating(statement).union(*map(names_changed, reached))
                found.append((names_set(statement), self._places(keeping)))
        return [(names, places) for names, places in found if places]

    def _places(self, names: set[str]) -> set[str]:
        """Return the names that are defined here, and the project's modules where the others are."""
        defined, imported = self._names
        modules = {module for name in names for module in imported.get(name, ())}
        return (names & defined.keys()) | set(filter(_source_path, modules))

    def needed_for(self, name: str) -> tuple[str, set[str]]:
        """Return the text of the statements that a name needs in this module, and the modules they use.

        They are those that define it and what it mentions; all that neither define nor import, such as
        `TABLE.update(a=1)`, as nobody knows what they change; and definitions that are handed by a decorator,
        or by the base of a class, to something of these.
        """
        if name not in self._names[0]:  # a lambda, or made by a call
            return self._text, self.imports
        acting = [statement for statement in self._tree.body if acts(statement)]
        names, before = {name}.union(*map(names_mentioned, acting)), set[str]()
        while names != before:
            before = names
            used, statements, modules = self._reach(names)
            kept = self._places(used)
            names = names.union(*(handed for handed, places in self._handed_on if places & kept))
        lines = {(each.lineno, each.end_lineno): each for each in [*statements, *acting]}
        for statement in acting:
            modules |= self._modules_in(statement)
        return "\n".join(self._text_of(each) for _, each in sorted(lines.items())), modules

    def _reach(self, names: Iterable[str]) -> tuple[set[str], list[ast.stmt], set[str]]:
        """Return what these names use, the statements that define all that they need, and its modules.

        What only decorates something, and base classes, are needed and not used: what else they decorate
        does not matter.
        """
        defined, imported = self._names
        used, seen = set(names), set[str]()
        modules = set(imported.get("*", ()))  # which names are from there is not known
        statements: dict[int, ast.stmt] = {}
        waiting = list(used)
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            modules |= imported.get(current, set())
            for statement in defined.get(current, []):
                statements[id(statement)] = statement
                mentioned, applied = names_mentioned(statement), names_applied(statement)
                waiting += mentioned | applied
                used |= mentioned
                modules |= self._modules_in(statement)
        return used, list(statements.values()), modules

    def _modules_in(self, part: ast.AST) -> set[str]:
        found = {module for node in statements_in(part) for module, _ in self._imported(node)}
        # in few files: to look for calls takes ten times as long
        return found | modules_called(part) if "import_module" in self._text else found

    def _text_of(self, statement: ast.stmt) -> str:
        """Return the lines of a statement, with those of its decorators."""
        first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
        return "\n".join(self._lines[first - 1 : statement.end_lineno])

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _imported(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield modules that an import statement reaches, each with the name that it gets here."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = self._package.split(".")
                base = ".".join(parents[: len(parents) - node.level + 1])
                module = f"{base}.{module}" if module else base
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                # `from package import module` names the module, else what the module holds
                yield (inner if _source_path(inner) else module), (alias.asname or alias.name)


def _data_beside(path: Path, source: bytes) -> Iterator[bytes]:
    """Yield the content of the data of the same package that a module names, such as templates."""
    folders = [
        each for each in path.parent.iterdir() if each.is_dir() and not (each / "__init__.py").exists()
    ]
    for folder in sorted(each for each in folders if each.name != "__pycache__"):
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        if any(file.name.encode() in source for file in files):
            yield from (file.read_bytes() for file in files)


def source_of(module: str) -> Source | None:
    """Return the source of a module of the project, None for one of a library."""
    path = _source_path(module)
    if path is None:
        return None
    stamp = stamp_of_file(path)
    return _parsed(module, path, stamp) if stamp.is_settled else Source(module, path)


@cache
def _parsed(module: str, path: Path, _stamp: Stamp) -> Source:
    return Source(module, path)


def _source_path(module: str) -> Path | None:
    root, *inner = module.split(".")
    for folder in _project_folders(root):
        place = folder.joinpath(*inner)
        for path in (place / "__init__.py", place.with_suffix(".py") if inner else place / "__init__.py"):
            if path.is_file():
                return path
    spec = None if inner else _spec(root)
    return Path(spec) if spec else None


@cache
def _project_folders(root: str) -> tuple[Path, ...]:
    """The folders of a package that is worked on here; none for an installed one, whose version tells."""
    if not root or root == "__main__" or root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return ()
    spec = importlib.util.find_spec(root)
    places = spec.submodule_search_locations if spec else None
    return tuple(Path(place) for place in places or () if not _is_installed(Path(place)))


@cache
def _spec(root: str) -> str | None:
    """The file of a single module that is worked on here."""
    if not root or root in sys.stdlib_module_names or root == "__main__":
        return None
    spec = importlib.util.find_spec(root)
    origin = spec.origin if spec and spec.submodule_search_locations is None else None
    return origin if origin and origin.endswith(".py") and not _is_installed(Path(origin)) else None


@cache
def _is_installed(path: Path) -> bool:
    """Tell whether a package lies where packages are installed, in whatever folder that is.

    There they have their records beside them: of a person alone (`pip install --user`), of the system, of
    `pip install --target`.
    """
    if any(path.parent.glob("*.dist-info")):
        return True
    places = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib")]
    return any(path.resolve().is_relative_to(place) for place in places)

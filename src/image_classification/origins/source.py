"""The files of a project's own modules: what they define, need and import, without importing them."""

import ast
import hashlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path


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
        self._tree = ast.parse(content)

    @cached_property
    def imports(self) -> set[str]:
        """Every module that is imported anywhere in the file."""
        return {name for node in _statements(self._tree) for name, _ in self._imported(node)}

    @cached_property
    def _names(self) -> tuple[dict[str, list[ast.stmt]], dict[str, set[str]]]:
        """Which statements define the names at the top level, and which modules imported ones stand for."""
        defined: dict[str, list[ast.stmt]] = {}
        imported: dict[str, set[str]] = {}
        for statement in self._tree.body:
            for node in [statement] if _defines(statement) else [statement, *_statements(statement)]:
                for module, alias in self._imported(node):
                    imported.setdefault(alias, set()).add(module)
            for name in _names_set(statement):
                defined.setdefault(name, []).append(statement)
        return defined, imported

    def needed_for(self, name: str) -> tuple[str, set[str]]:
        """Return the text of the statements that a name needs in this module, and the modules they use."""
        defined, imported = self._names
        if name not in defined:  # a lambda, or made by a call
            return self._text, self.imports
        waiting, seen, used = [name], set[str](), set[str]()
        statements: dict[int, ast.stmt] = {}
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            used |= imported.get(current, set())
            for statement in defined.get(current, []):
                statements[statement.lineno] = statement
                waiting += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
                used |= {module for node in _statements(statement) for module, _ in self._imported(node)}
        texts = [ast.get_source_segment(self._text, each) or "" for _, each in sorted(statements.items())]
        return "\n".join(texts), used

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


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements inside of one, without the expressions in them, which are most of a tree."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from _statements(child)


def _defines(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _names_set(statement: ast.stmt) -> Iterable[str]:
    """Return the names that a statement at the top level of a module sets."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and _is_set(node)}


def _is_set(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


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
    state = path.stat()
    return _parsed(module, path, state.st_mtime_ns, state.st_size)


@cache
def _parsed(module: str, path: Path, _modified: int, _size: int) -> Source:
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
    if root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return ()
    spec = importlib.util.find_spec(root) if root else None
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
    places = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib")]
    return any(path.resolve().is_relative_to(place) for place in places)

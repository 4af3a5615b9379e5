"""Code of this project that goes into the folder of a recorded model: a module, and all that it imports."""

import ast
import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

PROJECT = __name__.partition(".")[0]


def copy_code(module: str, folder: Path) -> str:
    """Copy a module with all that it imports of this project, and return the name that it has there.

    Their package is named after their content: models of several versions can be open in one process.

    Args:
        module: its full name.
        folder: where Python will look for it.

    Raises:
        ValueError: something is imported from a whole package of this project, which would bring all of it.
    """
    sources = dict(sorted(_closure(module).items()))
    digest = hashlib.sha256("\0".join([*sources, *sources.values()]).encode()).hexdigest()
    package = f"image_model_{digest[:12]}"
    for name, text in sources.items():
        path = folder.joinpath(package, *name.split(".")[1:]).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(f"{PROJECT}.", f"{package}."), encoding="utf-8")
    for inner in {path.parent for path in (folder / package).rglob("*.py")} | {folder / package}:
        (inner / "__init__.py").touch()
    return module.replace(f"{PROJECT}.", f"{package}.", 1)


def _closure(module: str) -> dict[str, str]:
    """Return the source of a module and of those of this project that it needs, by their names."""
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        spec = find_spec(name)
        if spec is None or spec.origin is None or spec.submodule_search_locations:
            raise ValueError(f"{name} is a package, or has no source that could be copied")
        found[name] = Path(spec.origin).read_text(encoding="utf-8")
        waiting += _imported(found[name])
    return found


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(f"{PROJECT}."):
            continue
        spec = find_spec(str(node.module))
        is_package = spec is not None and spec.submodule_search_locations
        yield from [f"{node.module}.{each.name}" for each in node.names] if is_package else [str(node.module)]

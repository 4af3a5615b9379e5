"""What the statements of a module are: which define, which do something else, and what they mention."""

import ast
from collections.abc import Iterable, Iterator

_SAYING = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def statements_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements inside of one, without the expressions in them, which are most of a tree."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from statements_in(child)


def is_definition(statement: ast.stmt) -> bool:
    """Whether it defines a function or a class."""
    return isinstance(statement, _Definition)


def names_set(statement: ast.stmt) -> set[str]:
    """Return the names that a statement at the top level of a module sets."""
    if isinstance(statement, _Definition):
        return {statement.name}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def names_mentioned(statement: ast.stmt) -> set[str]:
    """Return all names in a statement, but for those of `names_applied`."""
    applied = set(map(id, _applied(statement)))
    return _names_in(part for part in ast.iter_child_nodes(statement) if id(part) not in applied)


def names_applied(statement: ast.stmt) -> set[str]:
    """Return the names to which a definition is handed: in its decorators, and in the bases of a class."""
    return _names_in(_applied(statement))


def names_decorating(statement: ast.stmt) -> set[str]:
    """Return the names in the decorators of a definition."""
    return _names_in(getattr(statement, "decorator_list", []))


def _names_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for each in nodes for node in ast.walk(each) if isinstance(node, ast.Name)}


def _applied(statement: ast.stmt) -> list[ast.AST]:
    if not isinstance(statement, _Definition):
        return []
    of_class = [*statement.bases, *statement.keywords] if isinstance(statement, ast.ClassDef) else []
    return [*statement.decorator_list, *of_class]


def modules_called(node: ast.AST) -> set[str]:
    """Return the modules that are imported by a call, as in `import_module("name")`."""
    found = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and call.args and isinstance(name := call.args[0], ast.Constant):
            called = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if called == "import_module" and isinstance(name.value, str) and not name.value.startswith("."):
                found.add(name.value)
    return found


def names_changed(statement: ast.stmt) -> set[str]:
    """Return names of which a part is set, or a method is called for what it does, anywhere in a statement.

    As in `TABLE[key] = function` and `LIST.append(function)`; what writes a log changes nothing.
    """
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Global):
            found |= set(node.names)
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add(_root(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr not in _SAYING:
                found.add(_root(called))
    return found - {""}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def acts(statement: ast.stmt) -> bool:
    """Whether a statement at the top level does something else than to define, to import and to name values.

    Such as to change what is there, or to call something for what that does.
    """
    if isinstance(statement, _Definition | ast.Import | ast.ImportFrom | ast.Pass):
        return False
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)  # a docstring
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        nodes = (node for target in targets for node in ast.walk(target))
        return any(isinstance(node, ast.Attribute | ast.Subscript) for node in nodes)
    if isinstance(statement, ast.If) and _is_for_a_command(statement.test):
        return any(map(acts, statement.orelse))
    inner = list(_inner(statement))
    return any(map(acts, inner)) if inner else True


def _inner(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements directly inside of another one, whichever branch they are in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif not isinstance(child, ast.expr):
            yield from _inner(child)


def _is_for_a_command(test: ast.expr) -> bool:
    """Whether this is `__name__ == "__main__"`, which is not so where a module is imported."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))

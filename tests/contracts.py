"""Contracts of our own: which packages a room may import, and who may write to the store."""

import ast
from collections.abc import Iterator
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain import helpers


class Allowed(Contract):
    """Modules may directly import what is allowed, and any module of the linted package.

    The other contracts say which modules of the package that may be.

    Options:
        modules: the modules and all below them; wildcards are allowed.
        allowed: packages from outside, those of the standard library among them.
    """

    type_name = "allowed"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  as called
        """Find each import of a package that is not allowed."""
        modules = helpers.module_expressions_to_modules(
            graph=graph,
            expressions=self.modules,  # type: ignore[arg-type]  # a field is its value once checked
            as_packages=True,
        )
        matches = [
            (module.name, imported)
            for module in sorted(modules, key=lambda module: module.name)
            for imported in sorted(graph.find_modules_directly_imported_by(module.name))
            if graph.is_module_squashed(imported) and imported not in self.allowed  # type: ignore[operator]
        ]
        return ContractCheck(kept=not matches, metadata={"found": matches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import, a line each."""
        matches: list[tuple[str, str]] = check.metadata["found"]
        for module, imported in matches:
            output.print_error(f"{module} is not allowed to import {imported}", bold=False)


#: What a function of the store calls that writes a row.
_WRITING = frozenset(
    "delete insert update delete_rows insert_row insert_rows update_rows upsert".split()
)


def writers(store: Path) -> frozenset[tuple[str, str]]:
    """Return the functions of the store that write rows, themselves or by another of their module.

    Args:
        store: the folder of its modules.

    Returns:
        Module and name of each.
    """
    modules = {file.stem: ast.parse(file.read_text()) for file in store.glob("*.py")}
    return frozenset(
        (name, function) for name, module in modules.items() for function in _writers(module)
    )


def _writers(module: ast.Module) -> set[str]:
    calls = {
        function.name: _called(function)
        for function in module.body
        if isinstance(function, ast.FunctionDef)
    }
    matches: set[str] = set()
    while (
        more := {name for name, called in calls.items() if called & (_WRITING | matches)} - matches
    ):
        matches |= more
    return matches


def _called(function: ast.FunctionDef) -> set[str]:
    nodes = tuple(ast.walk(function))
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    called = {call.id for call in calls if isinstance(call, ast.Name)}
    # "INSERT ... ON CONFLICT" is looked up by database.
    upserts = any(isinstance(node, ast.Name) and node.id == "_INSERT" for node in nodes)
    return called | {"insert"} if upserts else called


def writes(room: Path, by: frozenset[tuple[str, str]]) -> Iterator[str]:
    """Yield file, line and call where a room writes to the store itself.

    Args:
        room: the folder of its modules.
        by: as :func:`writers` returns it.
    """
    for file in sorted(room.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if (
                    module,
                    name,
                ) in by:
                    yield f"{file.relative_to(room.parent)}:{node.lineno} {module}.{name}"

"""A contract for import-linter: modules of a room may import a list of packages and no other."""

from __future__ import annotations

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
        found = [
            (module.name, imported)
            for module in sorted(modules, key=lambda module: module.name)
            for imported in sorted(graph.find_modules_directly_imported_by(module.name))
            if graph.is_module_squashed(imported) and imported not in self.allowed  # type: ignore[operator]
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import, a line each."""
        found: list[tuple[str, str]] = check.metadata["found"]
        for module, imported in found:
            output.print_error(f"{module} is not allowed to import {imported}", bold=False)

"""Statements that run for every mail, which SQLite is given without SQLAlchemy between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Update


class DriverStatement:
    """A statement that is compiled once.

    SQLAlchemy takes ten times as long to prepare a row as SQLite to write it. A server takes longer
    than either, so there SQLAlchemy runs it.
    """

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def run(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it once for each row; return how many rows of the table it has changed.

        Args:
            tx: a writing transaction.
            rows: the value of each parameter by name.
        """
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, rows).rowcount
        if self._compiled is None:
            self._compiled = _Compiled(self._statement, tx.dialect)
        compiled = self._compiled
        cursor = tx.connection.cursor()
        try:
            cursor.executemany(compiled.text, [compiled.values(row) for row in rows])
            return int(cursor.rowcount)
        finally:
            cursor.close()


class _Compiled:
    """A statement as the driver takes it."""

    def __init__(self, statement: Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._parameters = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]

    def values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values of a row in the order of their places."""
        return tuple(
            [convert(row[name]) if convert else row[name] for name, convert in self._parameters]
        )

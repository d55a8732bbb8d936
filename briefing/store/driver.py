"""Statements that run for every mail or report, given to SQLite without SQLAlchemy between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update


class DriverStatement:
    """A statement that is compiled once.

    SQLAlchemy takes ten times as long to prepare a row as SQLite to write it. A server takes longer
    than either, so there SQLAlchemy runs it.
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def run(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it once for each row; return how many rows of the table it has changed.

        Args:
            tx: a writing transaction.
            rows: the value of each parameter by name; of an insert, of each column, and the same
                columns whenever it runs.
        """
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, rows).rowcount
        with closing(tx.connection.cursor()) as cursor:
            text, prepared = self._prepared(tx.dialect, rows)
            cursor.executemany(text, prepared)
            return int(cursor.rowcount)

    def add(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert each row, as :meth:`run` does; return the numbers that they got, in order."""
        if tx.dialect.name != "sqlite":
            assert isinstance(self._statement, Insert)  # noqa: S101  for the types
            number = self._statement.table.c.number
            adding = self._statement.returning(number, sort_by_parameter_order=True)
            return list(tx.execute(adding, rows).scalars())
        with closing(tx.connection.cursor()) as cursor:
            text, prepared = self._prepared(tx.dialect, rows)
            return [cursor.execute(text, values).lastrowid for values in prepared]

    def _prepared(
        self, dialect: Dialect, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[tuple[Any, ...]]]:
        if self._compiled is None:
            self._compiled = _Compiled(self._statement, dialect, columns=list(rows[0]))
        return self._compiled.text, list(map(self._compiled.values, rows))


class _Compiled:
    """A statement as the driver takes it."""

    def __init__(
        self, statement: Insert | Update, dialect: Dialect, *, columns: Sequence[str]
    ) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=columns if isinstance(statement, Insert) else None
        )
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

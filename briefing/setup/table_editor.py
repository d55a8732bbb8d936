"""Lists of tables of a settings file, changed from the pages of the administration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from briefing.app.actor import Actor
from briefing.core.errors import InputError
from briefing.setup.settings.edit import Changes
from briefing.setup.settings.save import Proposal
from briefing.setup.settings_editor import SettingsEditor

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableEditor:
    """Changes ``[[sections]]`` or ``[[watch]]`` of one settings file, from several threads too."""

    #: Writes the settings.
    settings: SettingsEditor
    #: Name of the list, whose tables have names.
    setting: str = "sections"

    def rows(self) -> list[Row]:
        """Return the tables as the file has them, without what is empty.

        Raises:
            SettingsError: it cannot be read.
        """
        return [_full(row) for row in self.settings.file().get(self.setting)]

    def added(self, row: Row) -> list[Row]:
        """Return the tables with another at the end.

        Raises:
            InputError: there is one of this name.
        """
        rows = self.rows()
        if row["name"] in {one["name"] for one in rows}:
            raise InputError("is taken already; take another")
        return [*rows, _full(row)]

    def changed(self, row: Row) -> list[Row]:
        """Return the tables with other values in that of the same name."""
        rows = [one | row if one["name"] == row["name"] else one for one in self.rows()]
        return [_full(one) for one in rows]

    def propose(self, rows: Sequence[Row]) -> Proposal:
        """Return the file with these tables, checked, as :meth:`SettingsEditor.propose` does."""
        return self.settings.propose(self._changes(rows))

    def add(self, row: Row, *, seen: str, actor: Actor, at: datetime) -> None:
        """Add a table at the end, as :meth:`added` does."""
        self.write(self.added(row), seen=seen, actor=actor, at=at)

    def change(self, row: Row, *, seen: str, actor: Actor, at: datetime) -> None:
        """Give a table other values."""
        self.write(self.changed(row), seen=seen, actor=actor, at=at)

    def move(self, name: str, by: int, *, seen: str, actor: Actor, at: datetime) -> None:
        """Move a section up (-1) or down (1); at the end of the list nothing changes."""
        rows = self.rows()
        place = next((at for at, row in enumerate(rows) if row["name"] == name), None)
        if place is None or not 0 <= place + by < len(rows):
            return
        rows.insert(place + by, rows.pop(place))
        self.write(rows, seen=seen, actor=actor, at=at)

    def remove(self, name: str, *, seen: str, actor: Actor, at: datetime) -> None:
        """Remove a table; what belongs to a section stays beside the settings."""
        rows = [row for row in self.rows() if row["name"] != name]
        self.write(rows, seen=seen, actor=actor, at=at)

    def use_model(self, name: str, model: str, *, seen: str, actor: Actor, at: datetime) -> None:
        """Give a section a model of its own; one that is not there is added at the end."""
        rows = self.rows()
        if name in {row["name"] for row in rows}:
            rows = [row | {"model": model} if row["name"] == name else row for row in rows]
        else:
            rows.append({"name": name, "model": model})
        self.write(rows, seen=seen, actor=actor, at=at)

    def write(self, rows: Sequence[Row], *, seen: str, actor: Actor, at: datetime) -> None:
        """Write the tables, once they are valid, and some classifier knows each section.

        Raises:
            ChangedMeanwhileError, WrongSettingsError, UnwritableSettingsError, BusyError: as
                :meth:`SettingsEditor.save`.
        """
        self.settings.save(self._changes(rows), seen=seen, actor=actor, at=at)

    def _changes(self, rows: Sequence[Row]) -> Changes:
        # There need not be a watch-list, and the file has no empty list of tables.
        return {self.setting: None if self.setting == "watch" and not rows else rows}


def _full(row: Mapping[str, Any]) -> Row:
    """Return a table without what is empty, so that the file does not say it."""
    return {key: value for key, value in row.items() if value or key == "name"}

"""The sections of a settings file, changed from the pages of the administration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from briefing.app.actor import Actor
from briefing.core.errors import InputError
from briefing.setup.settings_editor import SettingsEditor

_SETTING = "sections"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SectionEditor:
    """Changes ``[[sections]]`` of one settings file; safe to use from several threads."""

    #: Writes the settings.
    settings: SettingsEditor

    def rows(self) -> list[Row]:
        """Return the sections as the file has them, without what is empty.

        Raises:
            SettingsError: it cannot be read.
        """
        return [_full(row) for row in self.settings.file().get(_SETTING)]

    def add(self, row: Row, *, seen: str, actor: Actor, at: datetime) -> None:
        """Add a section at the end.

        Raises:
            InputError: there is one of this name.
        """
        rows = self.rows()
        if row["name"] in {one["name"] for one in rows}:
            raise InputError("is the name of a section already; take another")
        self._write([*rows, _full(row)], seen=seen, actor=actor, at=at)

    def change(self, row: Row, *, seen: str, actor: Actor, at: datetime) -> None:
        """Give a section another label or other words."""
        rows = [one | row if one["name"] == row["name"] else one for one in self.rows()]
        self._write([_full(one) for one in rows], seen=seen, actor=actor, at=at)

    def move(self, name: str, by: int, *, seen: str, actor: Actor, at: datetime) -> None:
        """Move a section up (-1) or down (1); at the end of the list nothing changes."""
        rows = self.rows()
        place = next((at for at, row in enumerate(rows) if row["name"] == name), None)
        if place is None or not 0 <= place + by < len(rows):
            return
        rows.insert(place + by, rows.pop(place))
        self._write(rows, seen=seen, actor=actor, at=at)

    def remove(self, name: str, *, seen: str, actor: Actor, at: datetime) -> None:
        """Remove a section; its examples and its model stay beside the settings."""
        rows = [row for row in self.rows() if row["name"] != name]
        self._write(rows, seen=seen, actor=actor, at=at)

    def use_model(self, name: str, model: str, *, seen: str, actor: Actor, at: datetime) -> None:
        """Give a section a model of its own; one that is not there is added at the end."""
        rows = self.rows()
        if name in {row["name"] for row in rows}:
            rows = [row | {"model": model} if row["name"] == name else row for row in rows]
        else:
            rows.append({"name": name, "model": model})
        self._write(rows, seen=seen, actor=actor, at=at)

    def _write(self, rows: Sequence[Row], *, seen: str, actor: Actor, at: datetime) -> None:
        """Write the sections, once they are valid and some classifier knows each.

        Raises:
            ChangedMeanwhileError, WrongSettingsError, UnwritableSettingsError, BusyError: as
                :meth:`SettingsEditor.save`.
        """
        self.settings.save({_SETTING: rows}, seen=seen, actor=actor, at=at)


def _full(row: Mapping[str, Any]) -> Row:
    """Return a section without what is empty, so that the file does not say it."""
    return {key: value for key, value in row.items() if value or key == "name"}

"""Column types for times and outside text in both databases."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

#: Characters of an ISO 8601 time with microseconds and offset.
_ISO = 32
#: Characters that PostgreSQL (NUL) or UTF-8 (lone surrogates) cannot store, and their escapes.
_HARD = re.compile("[\0\x1a\ud800-\udfff]")
_SOFT = re.compile("\x1a([0-9a-f]{4})")
#: zlib's own default; level 9 takes twice the time for 1 % on news.
_LEVEL = 6


class Moment(TypeDecorator[datetime]):
    """An aware time: timestamptz on PostgreSQL, sortable ISO 8601 text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of a database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(_ISO))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Return a time as it is stored.

        Raises:
            ValueError: it has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} must be aware")
        utc = value.astimezone(UTC)
        return _iso(utc) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Return a stored time in UTC."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment.astimezone(UTC)


@lru_cache(maxsize=64)
def _iso(utc: datetime) -> str:
    # The rows of one statement share their times. Only of UTC: two local times of the hour that a
    # clock goes back are equal, and so are their keys here.
    return utc.isoformat(timespec="microseconds")


class LineText(TypeDecorator[str]):
    """A title, name or URL from outside, preserved exactly."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape each character that cannot be stored as four hexadecimal digits."""
        if value is None or not _HARD.search(value):
            return value
        return _HARD.sub(lambda hard: f"\x1a{ord(hard[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the original line."""
        if value is None or "\x1a" not in value:
            return value
        return _SOFT.sub(lambda soft: chr(int(soft[1], 16)), value)


class Packed(TypeDecorator[str]):
    """A long text, compressed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return the compressed UTF-8 of a text; lone surrogates keep their three-byte form."""
        return (
            None if value is None else zlib.compress(value.encode("utf-8", "surrogatepass"), _LEVEL)
        )

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Return the text."""
        if value is None:
            return None
        return zlib.decompress(value).decode("utf-8", "surrogatepass")

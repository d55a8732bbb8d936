"""The tables of the news, of sagas and of watch-lists, and the types of their columns."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    or_,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

from briefing.core.model import Outcome, TextFrom, weekly

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
        """Return a time as it is stored; ValueError if it has no zone."""
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
    # The rows of one statement share their times. Only for UTC: in a local zone, the two times of
    # an hour repeated when clocks go back are equal and would share one entry of the cache.
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


class Coded(TypeDecorator[StrEnum]):
    """A member of an enumeration, stored as its word."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the member; ValueError if there is none."""
        return None if value is None else self.words(value)


#: All tables; constraints have names so that later migrations can change them on SQLite too.
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
#: A number assigned by the database; SQLite assigns one only to a column declared INTEGER.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


class Columns:
    """A table in a statement, with its columns as attributes."""

    def __init__(self, table: FromClause) -> None:
        self.table = table
        self.c: Any = table.c

    def __clause_element__(self) -> Any:  # noqa: ANN401  SQLAlchemy's protocol
        return self.table

    def __str__(self) -> str:
        return str(self.table)

    def __getattr__(self, name: str) -> Column[Any]:
        column: Column[Any] = getattr(self.c, name)
        return column

    def __getitem__(self, name: str) -> Column[Any]:
        column: Column[Any] = self.c[name]
        return column

    def alias(self, name: str | None = None) -> Columns:
        """Return an alias of the table."""
        return Columns(self.table.alias(name))


def table(name: str, *parts: SchemaItem, **options: Any) -> Columns:  # noqa: ANN401
    """Declare a table and return it."""
    return Columns(Table(name, METADATA, *parts, **options))


def columns(kind: Any, *names: str, **options: Any) -> list[Column[Any]]:  # noqa: ANN401
    """Return columns of one type; a missing line or word is empty, never NULL."""
    return [Column(name, kind, **({"nullable": False} | options)) for name in names]


lines, words = partial(columns, LineText, default=""), partial(columns, Text, default="")
counts = partial(columns, Integer, default=0)
moments, maybe_moments = partial(columns, Moment), partial(columns, Moment, nullable=True)


keys = partial(columns, primary_key=True)
line_keys = partial(keys, LineText)


def number_key() -> Column[int]:
    """Return the numeric primary key."""
    return Column("number", NUMBER, primary_key=True)


def refers(name: str, to: Column[Any], **options: Any) -> Column[Any]:  # noqa: ANN401
    """Return a foreign key column whose rows are deleted with the row they refer to."""
    key = ForeignKey(to, ondelete="CASCADE")
    return Column(name, to.type, key, **({"nullable": False} | options))


SOURCE = table(
    "source",
    *line_keys("url"),
    *lines("kind", "name", "owner", "language"),
    *columns(Coded(TextFrom), "text_from"),
    *moments("added"),
    *lines("etag", "modified", "moved_to"),
    *maybe_moments("visited", "answered", "failing_since"),
    *counts("failures"),
    *lines("reason"),
    *maybe_moments("fresh_at", "newest", "retry_at"),
    Column("weight", Float, nullable=False, server_default="1"),
    *maybe_moments("paused"),
    *lines("grade", server_default=""),
    # when one of its printed reports last had yet another of many texts
    *maybe_moments("unstable"),
    *lines("genre", "links", server_default=""),
    *maybe_moments("paused_until"),
)

VISIT = table(
    "visit",
    number_key(),
    refers("source", SOURCE.url),
    *moments("at", index=True),
    *columns(Coded(Outcome), "outcome"),
    *lines("reason"),
    *counts("status"),
    *columns(Float, "seconds"),
    *columns(BigInteger, "wire_bytes", "decoded_bytes"),
    *counts("items", "fresh", "edited"),
    *lines("etag", "modified", "moved_to"),
    *maybe_moments("retry_at", "newest"),
    Index("ix_visit_source", "source", "at"),
)

HOST = table(
    "host", *line_keys("name"), *columns(Packed, "robots"), *maybe_moments("robots_at", "retry_at")
)

#: One report; it stays when its texts are deleted, so that an old report is not stored again.
DOCUMENT = table(
    "document",
    number_key(),
    # the source of the newest version
    *lines("source", index=True),
    *lines("listed"),
    # number of versions ever stored; id, digest of title and text, word count, origin of the newest
    *counts("versions"),
    *lines("version", index=True),
    *columns(LargeBinary, "digest"),
    *counts("words"),
    *columns(Boolean, "from_page"),
    # the earlier document that turned out to be the same report
    Column("same_as", NUMBER, ForeignKey("document.number")),
    # when the page is to be fetched next; when it first was due; fetches since
    *maybe_moments("due_at", index=True),
    *maybe_moments("due_since"),
    *counts("tries"),
    # since when its page or file is missing though a feed listed it; since when its text differs;
    # when either was last observed; when it was confirmed
    *maybe_moments("vanished_at", "changed_at", "seen_at", "confirmed_at"),
    # the file of a folder from which it was last read; empty if it was not
    *lines("file"),
)

#: What identifies a document: SHA-256 of the key, which may be too long for an index.
KEY = table(
    "key",
    *keys(LargeBinary, "digest"),
    Column("document", NUMBER, ForeignKey(DOCUMENT.number), nullable=False, index=True),
)

#: One text of a report; it never changes.
VERSION = table(
    "version",
    *line_keys("id"),
    Column("document", NUMBER, ForeignKey(DOCUMENT.number), nullable=False),
    # 1 for the document's first
    *counts("place"),
    *moments("collected", index=True),
    *columns(LargeBinary, "digest"),
    *lines("title"),
    *columns(Packed, "text"),
    *maybe_moments("published"),
    *columns(Boolean, "timed"),
    *lines("publisher", "owner", "url", "language", "author"),
    # separated by spaces
    *words("marks"),
    UniqueConstraint("document", "place"),
)

#: The analysis of a version, one row per rule; one that is missing or damaged is computed again.
ANALYSIS = table(
    "analysis",
    refers("version", VERSION.id, primary_key=True),
    # digest of the rule
    *keys(LargeBinary, "rule"),
    *moments("made", index=True),
    *columns(LargeBinary, "content"),
)

EDITION = table(
    "edition",
    *line_keys("id"),
    # its own id once it is withdrawn: queries for the briefing skip it, and its day is free
    *lines("briefing"),
    *columns(Date, "day"),
    *counts("number"),
    *moments("made", "since", "until"),
    # the edition's JSON
    *columns(Packed, "record"),
    UniqueConstraint("briefing", "day"),
)
#: The newest edition first; of two of one day, the later has the larger number.
NEWEST = EDITION.day.desc(), EDITION.number.desc()


def edition_key() -> Column[str]:
    """Return a column that names an edition, first in its table's primary key."""
    return refers("edition", EDITION.id, primary_key=True)


def _version() -> Column[str]:
    """Return a column that names a version, which cannot be deleted while a row refers to it."""
    return Column("version", LineText, ForeignKey(VERSION.id), primary_key=True, index=True)


def of_desk(briefing: str, *, of: Columns = EDITION) -> ColumnElement[bool]:
    """Tell whether an edition belongs to a desk, whichever of its day; not to a week in review."""
    name = of.briefing
    further = name.startswith(f"{briefing}_", autoescape=True)
    # A withdrawn edition or a notice is stored under its own id, which contains a slash.
    return or_(name == briefing, and_(further, ~name.contains("/"), name != weekly(briefing)))


#: Which editions were withdrawn, of which briefing, when, by whom and why.
WITHDRAWAL = table(
    "withdrawal",
    edition_key(),
    *lines("briefing"),
    *columns(Date, "day"),
    *moments("at"),
    *lines("who", "reason"),
    Index("ix_withdrawal_briefing", "briefing", "day"),
)

#: Printed files: "pdf", "html", "text"; an own page as "own/1-3-w2.pdf" and its compressed JSON; a
#: withdrawal's notice as "notice".
FILE = table(
    "file", edition_key(), *keys(Text, "kind"), *columns(LargeBinary, "content"), *words("sha256")
)

#: The briefs of an edition, for lookups.
STORY = table(
    "story",
    edition_key(),
    # 0 for the first on the page
    *keys(Integer, "place"),
    *lines("section", "story", "headline"),
    *words("status"),
    *counts("reports", "publishers"),
)

#: The publisher that was first to report a story with several publishers.
FIRST = table("first", edition_key(), *line_keys("story"), *lines("publisher"))

#: The number of reports by each publisher on a past UTC day. No key includes the publisher's name,
#: which may be too long for an index.
PUBLISHER_DAY = table(
    "publisher_day",
    number_key(),
    Column("day", Date, nullable=False, index=True),
    *lines("publisher"),
    *counts("reports"),
)

#: The documents that an edition cites.
CITED = table("cited", edition_key(), _version())

#: The slices that an edition prints.
PASSAGE = table(
    "passage", edition_key(), _version(), *keys(Integer, "start"), *keys(Integer, "stop")
)

#: The corrections that an edition has reported.
TOLD = table(
    "told",
    # the edition that reports it
    edition_key(),
    # the edition that printed it, the version printed, and "changed" or "vanished"
    *line_keys("printed", "version"),
    *keys(Text, "what"),
    *moments("noticed"),
    Index("ix_told_printed", "printed", "version"),
)

#: The identity of this store, in one row; a file beside the store has it too.
IDENTITY = table(
    "identity",
    # always 1
    *keys(Integer, "number"),
    # random, assigned once
    *words("store"),
    # how often the inventory was recorded beside the store
    *columns(BigInteger, "generation"),
)


#: All sagas that ever began; a number is never reused.
SAGA = table(
    "saga",
    *line_keys("briefing"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # the day of the first edition that covered it
    *columns(Date, "since"),
    # the saga it was merged into, and the one it was split from
    Column("joined", Integer),
    Column("parted", Integer),
)

#: The saga of a story of an edition, and the sentence shown for it.
SAGA_STORY = table(
    "saga_story",
    edition_key(),
    *line_keys("story"),
    *counts("saga"),
    *lines("headline"),
    # the words as printed, and their slice
    *lines("sentence", "version"),
    *counts("start", "stop"),
    Index("ix_saga_story_saga", "saga"),
)

#: Where an edition shows that two sagas are the same story; an editor decides.
SAGA_PROPOSAL = table(
    "saga_proposal",
    *lines("briefing"),
    edition_key(),
    *line_keys("story"),
    # the saga with which the story continues, and the other one
    *counts("saga"),
    Column("other", Integer, primary_key=True, autoincrement=False),
    Column("declined", Boolean, nullable=False, server_default=false()),
    Index("ix_saga_proposal_declined", "briefing", "declined"),
)


#: The watch-list entries that the stories of an edition name, with the words shown for each.
WATCHED = table(
    "watched",
    edition_key(),
    *line_keys("list", "story", "entry"),
    # copied from the edition, so that one index finds the days of a list
    *lines("briefing"),
    *columns(Date, "day"),
    # in the order of the page
    *counts("place"),
    # whether only its title is printed
    *columns(Boolean, "named"),
    *lines("section", "headline"),
    # the words as printed, and their slice; for a named story, the whole title
    *lines("sentence", "version"),
    *counts("start", "stop"),
    Index("ix_watched_list", "briefing", "list", "day"),
)

#: The reports of new stories for which an alert was sent, so that none is sent twice.
WATCH_ALERT = table(
    "watch_alert",
    *line_keys("briefing", "list"),
    # SHA-256 of the address of a report, else of its id
    *keys(Text, "report"),
    *moments("at"),
    # one line, at one report of each alert; empty at the others
    *lines("message"),
    Index("ix_watch_alert_at", "briefing", "at"),
)

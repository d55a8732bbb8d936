"""The tables of the news, of sagas and of watch-lists, and the types of their columns."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
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


#: All tables; constraints have names so that later migrations can change them on SQLite too.
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
#: A number that the database gives: SQLite does so only for a column that is called INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str) -> Column[str]:
    """Return a column for one line from outside; empty, never NULL, when there is none."""
    return Column(name, LineText, nullable=False)


SOURCE = Table(
    "source",
    METADATA,
    Column("url", LineText, primary_key=True),
    _text("kind"),
    _text("name"),
    _text("owner"),
    _text("language"),
    Column("text_from", Text, nullable=False),
    Column("added", Moment, nullable=False),
    _text("etag"),
    _text("modified"),
    _text("moved_to"),
    Column("visited", Moment),
    Column("answered", Moment),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False),
    _text("reason"),
    Column("fresh_at", Moment),
    Column("newest", Moment),
    Column("retry_at", Moment),
    Column("weight", Float, nullable=False, server_default="1"),
    Column("paused", Moment),
    Column("grade", LineText, nullable=False, server_default=""),
    # when one of its printed reports last had yet another text, of many
    Column("unstable", Moment),
    Column("genre", LineText, nullable=False, server_default=""),
)

VISIT = Table(
    "visit",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("source", LineText, ForeignKey(SOURCE.c.url, ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    _text("reason"),
    Column("status", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("wire_bytes", BigInteger, nullable=False),
    Column("decoded_bytes", BigInteger, nullable=False),
    Column("items", Integer, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("edited", Integer, nullable=False),
    _text("etag"),
    _text("modified"),
    _text("moved_to"),
    Column("retry_at", Moment),
    Column("newest", Moment),
    Index("ix_visit_source", "source", "at"),
)

HOST = Table(
    "host",
    METADATA,
    Column("name", LineText, primary_key=True),
    Column("robots", Packed, nullable=False),
    Column("robots_at", Moment),
    Column("retry_at", Moment),
)

#: One report; it stays when its texts are deleted, so that an old one does not come in again.
DOCUMENT = Table(
    "document",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    # the source of the newest version
    Column("source", LineText, nullable=False, index=True),
    _text("listed"),
    # versions that there ever were; id, digest of title and words, words, and origin of the newest
    Column("versions", Integer, nullable=False),
    Column("version", LineText, nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    Column("words", Integer, nullable=False),
    Column("from_page", Boolean, nullable=False),
    # the document that turned out to be the same report and came in before
    Column("same_as", _NUMBER, ForeignKey("document.number")),
    # the page is to be visited then; first then; visits since
    Column("due_at", Moment, index=True),
    Column("due_since", Moment),
    Column("tries", Integer, nullable=False),
    # since when its page or file is missed, though a feed listed it before; since when its text is
    # another; when either was last seen; and when it was taken for a fact
    Column("vanished_at", Moment),
    Column("changed_at", Moment),
    Column("seen_at", Moment),
    Column("confirmed_at", Moment),
    # the file of a folder from which it was read last; empty for what was not
    _text("file"),
)

#: By what a document is known again: SHA-256 of the key, which may be longer than an index takes.
KEY = Table(
    "key",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("document", _NUMBER, ForeignKey(DOCUMENT.c.number), nullable=False, index=True),
)

#: One text of a report; it never changes.
VERSION = Table(
    "version",
    METADATA,
    Column("id", LineText, primary_key=True),
    Column("document", _NUMBER, ForeignKey(DOCUMENT.c.number), nullable=False),
    # 1 for the first of its document
    Column("place", Integer, nullable=False),
    Column("collected", Moment, nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    _text("title"),
    Column("text", Packed, nullable=False),
    Column("published", Moment),
    Column("timed", Boolean, nullable=False),
    _text("publisher"),
    _text("owner"),
    _text("url"),
    _text("language"),
    _text("author"),
    # the marks, one after the other with a space between
    Column("marks", Text, nullable=False),
    UniqueConstraint("document", "place"),
)

#: What is known of a text by itself, one row a rule by which it is found out; what is missing, or
#: damaged, is found out again.
ANALYSIS = Table(
    "analysis",
    METADATA,
    Column("version", LineText, ForeignKey(VERSION.c.id, ondelete="CASCADE"), primary_key=True),
    # digest of the rule
    Column("rule", LargeBinary, primary_key=True),
    Column("made", Moment, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)

EDITION = Table(
    "edition",
    METADATA,
    Column("id", LineText, primary_key=True),
    # its own id once it is withdrawn: no question about a briefing finds it, and its day is free
    Column("briefing", LineText, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("made", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    # the edition's JSON
    Column("record", Packed, nullable=False),
    UniqueConstraint("briefing", "day"),
)


def _edition() -> Column[str]:
    """Return a column that names an edition, first in its table's key."""
    key = ForeignKey(EDITION.c.id, ondelete="CASCADE")
    return Column("edition", LineText, key, primary_key=True)


def _version() -> Column[str]:
    """Return a column that names a version, which cannot be deleted while it does."""
    return Column("version", LineText, ForeignKey(VERSION.c.id), primary_key=True, index=True)


#: Which editions were withdrawn, of which briefing, when, by whom and why.
WITHDRAWAL = Table(
    "withdrawal",
    METADATA,
    _edition(),
    Column("briefing", LineText, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", LineText, nullable=False),
    Column("reason", LineText, nullable=False),
    Index("ix_withdrawal_briefing", "briefing", "day"),
)

#: What was printed: "pdf", "html", "text"; of an own page "own/1-3-w2.pdf" and its JSON,
#: compressed; of a notice of a withdrawal its words, "notice".
FILE = Table(
    "file",
    METADATA,
    _edition(),
    Column("kind", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
)

#: The briefs of an edition, to find them again.
STORY = Table(
    "story",
    METADATA,
    _edition(),
    # 0 for the first on the page
    Column("place", Integer, primary_key=True),
    _text("section"),
    _text("story"),
    _text("headline"),
    Column("status", Text, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("publishers", Integer, nullable=False),
)

#: Whose report was the first of a story that several publishers told.
FIRST = Table(
    "first",
    METADATA,
    _edition(),
    Column("story", LineText, primary_key=True),
    _text("publisher"),
)

#: How many reports a publisher brought on a UTC day that is over. No key has its name, which may be
#: longer than an index takes.
PUBLISHER_DAY = Table(
    "publisher_day",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("day", Date, nullable=False, index=True),
    _text("publisher"),
    Column("reports", Integer, nullable=False),
)

#: The documents that an edition cites.
CITED = Table("cited", METADATA, _edition(), _version())

#: The slices that an edition prints.
PASSAGE = Table(
    "passage",
    METADATA,
    _edition(),
    _version(),
    Column("start", Integer, primary_key=True),
    Column("stop", Integer, primary_key=True),
)

#: Which corrections an edition has told.
TOLD = Table(
    "told",
    METADATA,
    # the edition that tells
    _edition(),
    # the edition that had printed it, the version it printed, and "changed" or "vanished"
    Column("printed", LineText, primary_key=True),
    Column("version", LineText, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("noticed", Moment, nullable=False),
    Index("ix_told_printed", "printed", "version"),
)

#: Which store this is, in one row; beside the store the same stands in a file.
IDENTITY = Table(
    "identity",
    METADATA,
    # always 1
    Column("number", Integer, primary_key=True),
    # random, given once
    Column("store", Text, nullable=False),
    # how often it was noted beside the store what it holds
    Column("generation", BigInteger, nullable=False),
)


#: Every saga that ever began; its number is never given again.
SAGA = Table(
    "saga",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # the day of the first edition that told it
    Column("since", Date, nullable=False),
    # the one that it was joined to, and the one that it was parted from
    Column("joined", Integer),
    Column("parted", Integer),
)

#: Which story of an edition is of which saga, and the sentence that is shown of it.
SAGA_STORY = Table(
    "saga_story",
    METADATA,
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("story", LineText, primary_key=True),
    Column("saga", Integer, nullable=False),
    Column("headline", LineText, nullable=False),
    # the words as printed, and the slice that they are
    Column("sentence", LineText, nullable=False),
    Column("version", LineText, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Index("ix_saga_story_saga", "saga"),
)

#: Where an edition shows that two sagas are one story: an editor decides.
SAGA_PROPOSAL = Table(
    "saga_proposal",
    METADATA,
    Column("briefing", LineText, nullable=False),
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("story", LineText, primary_key=True),
    # the saga with which the story goes on, and the other one
    Column("saga", Integer, nullable=False),
    Column("other", Integer, primary_key=True, autoincrement=False),
    Column("declined", Boolean, nullable=False, server_default=false()),
    Index("ix_saga_proposal_declined", "briefing", "declined"),
)


#: The entries of watch-lists that the stories of an edition name, each with the words shown of it.
WATCHED = Table(
    "watched",
    METADATA,
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("list", LineText, primary_key=True),
    Column("story", LineText, primary_key=True),
    Column("entry", LineText, primary_key=True),
    # as of its edition, so that one index finds the days of a list
    Column("briefing", LineText, nullable=False),
    Column("day", Date, nullable=False),
    # in the order of the page
    Column("place", Integer, nullable=False),
    # whether its title alone is printed
    Column("named", Boolean, nullable=False),
    Column("section", LineText, nullable=False),
    Column("headline", LineText, nullable=False),
    # the words as printed, and the slice that they are; of what is only named, the whole title
    Column("sentence", LineText, nullable=False),
    Column("version", LineText, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Index("ix_watched_list", "briefing", "list", "day"),
)

#: The reports of new stories about which an alert was given, so that none is given twice.
WATCH_ALERT = Table(
    "watch_alert",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("list", LineText, primary_key=True),
    # SHA-256 of the address of a report, else of its id
    Column("report", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    # one line, with one report of each alert; empty: it is with another
    Column("message", LineText, nullable=False),
    Index("ix_watch_alert_at", "briefing", "at"),
)

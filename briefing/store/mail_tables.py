"""The tables of subscribers and of what was sent to them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from briefing.store.tables import EDITION, METADATA, LineText, Moment

#: All tables, those of the news and those of the mail.
__all__ = [
    "ASKED",
    "BOUNCE",
    "BULK",
    "BULK_READER",
    "CONSENT",
    "DELIVERY",
    "METADATA",
    "PACE",
    "PROGRESS",
    "SIGNUP",
    "SUBSCRIBER",
    "SUPPRESSION",
]

#: A number that the database gives.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _preferences(*, nullable: bool = False) -> tuple[Column[str], ...]:
    """Return the columns of what is wished for.

    Names of sections, and of watch-lists, stand with a line break between, days as digits, the time
    as HH:MM. Code older than the watch-lists leaves these empty.
    """
    kinds = {"sections": LineText, "form": Text, "days": Text, "at": Text}
    kinds |= {"zone": LineText, "language": LineText}
    lists = Column("lists", LineText, nullable=nullable, server_default="")
    return (*(Column(name, kind, nullable=nullable) for name, kind in kinds.items()), lists)


#: Numbers are never given again: consents and deliveries name a subscriber that may be forgotten.
SUBSCRIBER = Table(
    "subscriber",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("address", LineText, nullable=False),
    # SHA-256 of the address in lower case
    Column("key", LargeBinary, nullable=False),
    Column("name", LineText, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", LineText, nullable=False),
    *_preferences(),
    # address and name in lower case, to search and to sort by
    Column("folded", LineText, nullable=False, server_default=""),
    UniqueConstraint("key"),
    Index("ix_subscriber_state", "state", "number"),
    Index("ix_subscriber_since", "since", "number"),
    Index("ix_subscriber_folded", "folded", "number"),
    Index("ix_subscriber_state_since", "state", "since", "number"),
    Index("ix_subscriber_state_folded", "state", "folded", "number"),
    sqlite_autoincrement=True,
)

#: What was agreed to, and what ended it; no foreign key, since it outlives the subscriber.
CONSENT = Table(
    "consent",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("subscriber", BigInteger, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("origin", LineText, nullable=False),
    Column("words", LineText, nullable=False),
    # when they agreed, where that was before it was recorded
    Column("agreed", Date),
    Index("ix_consent_at", "at"),
)

#: Addresses that are not written to, by their key alone; it outlives the subscriber.
SUPPRESSION = Table(
    "suppression",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    # the state that was the reason
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

#: What an operator did with many subscribers at once; it can be undone for a time.
BULK = Table(
    "bulk",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", LineText, nullable=False),
    Column("action", Text, nullable=False),
    Column("readers", Integer, nullable=False),
    Column("undone", Moment),
    Column("undone_by", LineText, nullable=False),
    # how many are again as they were before
    Column("restored", Integer, nullable=False),
    sqlite_autoincrement=True,
)

#: One subscriber of it, as they were before; all that is personal only of those removed, and only
#: as long as it can be undone.
BULK_READER = Table(
    "bulk_reader",
    METADATA,
    Column("bulk", _NUMBER, ForeignKey(BULK.c.number, ondelete="CASCADE"), primary_key=True),
    Column("subscriber", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", LineText, nullable=False),
    Column("address", LineText),
    Column("key", LargeBinary),
    Column("name", LineText),
    Column("folded", LineText),
    *_preferences(nullable=True),
)

#: Mails that somebody caused us to send, counted to limit them.
ASKED = Table(
    "asked",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("what", Text, nullable=False),
    # SHA-256 of the address, the network or nothing
    Column("key", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_asked_what", "what", "key", "at"),
)

#: What somebody asked for on the web, to be decided after they had their answer.
SIGNUP = Table(
    "signup",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("asked", Moment, nullable=False),
    Column("what", Text, nullable=False),
    # empty for a subscriber who is named by number
    Column("address", LineText, nullable=False),
    Column("subscriber", BigInteger, nullable=False),
    *_preferences(),
    Column("how", Text, nullable=False),
    Column("origin", LineText, nullable=False),
    Column("words", LineText, nullable=False),
)

#: Preferences that decide what a mail of an edition says.
SENT_AS = ("form", "sections", "lists")

#: One mail to one recipient; the address is the subscriber's, so that it is forgotten once.
DELIVERY = Table(
    "delivery",
    METADATA,
    # never given again: it stands in return paths
    Column("number", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    # only of an edition
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE")),
    # 0: the operator
    Column("subscriber", BigInteger, nullable=False, index=True),
    # what a mail of another kind is made of when it is sent: no link is kept
    Column("asked", Moment),
    Column("epoch", Integer, nullable=False),
    Column("words", LineText, nullable=False),
    Column("due", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ambiguous", Boolean, nullable=False),
    Column("reason", LineText, nullable=False),
    Column("done", Moment),
    # who has claimed it, until when, and whether the sending has begun
    Column("worker", Text, nullable=False),
    Column("lease", Moment),
    Column("begun", Boolean, nullable=False),
    # in which form it was sent, and the sections and watch-lists of its reader then
    *(Column(name, LineText, nullable=False, server_default="") for name in SENT_AS),
    UniqueConstraint("edition", "subscriber"),
    Index("ix_delivery_kind", "kind", "status", "due"),
    sqlite_autoincrement=True,
)

#: What came back of a delivery, the worst of it.
BOUNCE = Table(
    "bounce",
    METADATA,
    Column(
        "delivery", _NUMBER, ForeignKey(DELIVERY.c.number, ondelete="CASCADE"), primary_key=True
    ),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("words", LineText, nullable=False),
)

#: How far the sending has come, in one row; beside the store the same stands in a file.
PROGRESS = Table(
    "progress",
    METADATA,
    # always 1
    Column("number", Integer, primary_key=True),
    # claims that there ever were
    Column("claims", BigInteger, nullable=False),
    # an edition that may have been sent before the store was put back; held for a person
    Column("suspect", LineText, nullable=False),
)

#: When the next mail may be sent, where several workers keep one limit of rate.
PACE = Table(
    "pace",
    METADATA,
    # what is limited: everything, or a domain
    Column("name", LineText, primary_key=True),
    # seconds since 1970
    Column("due", Double, nullable=False),
)

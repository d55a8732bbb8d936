"""The tables of subscribers and of what was sent to them."""

from dataclasses import fields

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
)

from briefing.core.model import BounceKind, BulkAction, DeliveryStatus, MailKind, Preferences, State
from briefing.store.tables import (
    EDITION,
    Coded,
    LineText,
    columns,
    counts,
    keys,
    line_keys,
    lines,
    maybe_moments,
    moments,
    number_key,
    refers,
    table,
    words,
)


def _preferences(*, nullable: bool = False) -> tuple[Column[str], ...]:
    """Return the columns of what is wished for.

    Names of sections, and of watch-lists, stand with a line break between, days as digits, the time
    as HH:MM. Code older than a field leaves it as its declaration says.
    """
    return tuple(
        Column(wish.name, LineText, nullable=nullable, server_default=wish.metadata.get("older"))
        for wish in fields(Preferences)
    )


#: Numbers are never given again: consents and deliveries name a subscriber that may be forgotten.
SUBSCRIBER = table(
    "subscriber",
    number_key(),
    *lines("address"),
    # SHA-256 of the address in lower case
    *columns(LargeBinary, "key"),
    *lines("name"),
    *columns(Coded(State), "state"),
    *moments("since"),
    *lines("reason"),
    *_preferences(),
    # address and name in lower case, to search and to sort by
    *lines("folded", server_default=""),
    UniqueConstraint("key"),
    Index("ix_subscriber_state", "state", "number"),
    Index("ix_subscriber_since", "since", "number"),
    Index("ix_subscriber_folded", "folded", "number"),
    Index("ix_subscriber_state_since", "state", "since", "number"),
    Index("ix_subscriber_state_folded", "state", "folded", "number"),
    sqlite_autoincrement=True,
)

#: Where readers of a closed briefing are let in.
DEVICE = table(
    "device",
    # digest of the token
    *keys(LargeBinary, "key"),
    refers("subscriber", SUBSCRIBER.number, index=True),
    *lines("name"),
    *moments("since", index=True),
    *maybe_moments("used"),
)

#: What was agreed to, and what ended it; no foreign key, since it outlives the subscriber.
CONSENT = table(
    "consent",
    number_key(),
    Column("subscriber", BigInteger, nullable=False, index=True),
    *moments("at"),
    *words("what", "how"),
    *lines("origin", "words"),
    # when they agreed, where that was before it was recorded
    Column("agreed", Date),
    Index("ix_consent_at", "at"),
)

#: Addresses that are not written to, by their key alone; it outlives the subscriber.
SUPPRESSION = table(
    "suppression",
    *keys(LargeBinary, "key"),
    # the state that was the reason
    *columns(Coded(State), "state"),
    *moments("since"),
)

#: What an operator did with many subscribers at once; it can be undone for a time.
BULK = table(
    "bulk",
    number_key(),
    *moments("at", index=True),
    *lines("who"),
    *columns(Coded(BulkAction), "action"),
    *counts("readers"),
    *maybe_moments("undone"),
    *lines("undone_by"),
    # how many are again as they were before
    *counts("restored"),
    sqlite_autoincrement=True,
)

#: One subscriber of it, as they were before; all that is personal only of those removed, and only
#: as long as it can be undone.
BULK_READER = table(
    "bulk_reader",
    refers("bulk", BULK.number, primary_key=True),
    *keys(BigInteger, "subscriber"),
    *columns(Coded(State), "state"),
    *moments("since"),
    *lines("reason"),
    Column("address", LineText),
    Column("key", LargeBinary),
    Column("name", LineText),
    Column("folded", LineText),
    *_preferences(nullable=True),
)

#: Mails that somebody caused us to send, counted to limit them.
ASKED = table(
    "asked",
    number_key(),
    *words("what"),
    # SHA-256 of the address, the network or nothing
    *columns(LargeBinary, "key"),
    *moments("at", index=True),
    Index("ix_asked_what", "what", "key", "at"),
)

#: What somebody asked for on the web, to be decided after they had their answer.
SIGNUP = table(
    "signup",
    number_key(),
    *moments("asked"),
    *words("what"),
    # empty for a subscriber who is named by number
    *lines("address"),
    *columns(BigInteger, "subscriber"),
    *_preferences(),
    *words("how"),
    *lines("origin", "words"),
)

#: Preferences that decide what a mail of an edition says.
SENT_AS = ("form", "sections", "lists", "other_languages", "own_words", "muted")

#: One mail or message to one recipient; the address is the subscriber's, so that it is forgotten
#: once; that of a channel is in the settings.
DELIVERY = table(
    "delivery",
    # never given again: it stands in return paths
    number_key(),
    *columns(Coded(MailKind), "kind", default=MailKind.EDITION),
    # only of an edition
    refers("edition", EDITION.id, nullable=True),
    # 0: the operator; negative: a channel, whose name is the first line of the words
    Column("subscriber", BigInteger, nullable=False, index=True),
    # what a mail of another kind is made of when it is sent: no link is kept
    *maybe_moments("asked"),
    *counts("epoch"),
    *lines("words"),
    *moments("due", "until"),
    *columns(Coded(DeliveryStatus), "status", default=DeliveryStatus.DUE),
    *counts("tries"),
    *columns(Boolean, "ambiguous", default=False),
    *lines("reason"),
    *maybe_moments("done"),
    # who has claimed it, until when, and whether the sending has begun
    *words("worker"),
    *maybe_moments("lease"),
    *columns(Boolean, "begun", default=False),
    # in which form it was sent, and the page that its reader had chosen then
    *(Column(name, LineText, nullable=False, server_default="") for name in SENT_AS),
    UniqueConstraint("edition", "subscriber"),
    Index("ix_delivery_kind", "kind", "status", "due"),
    sqlite_autoincrement=True,
)

#: What came back of a delivery, the worst of it.
BOUNCE = table(
    "bounce",
    refers("delivery", DELIVERY.number, primary_key=True),
    *columns(Coded(BounceKind), "kind"),
    *moments("at"),
    *words("status"),
    *lines("words"),
)

#: How far the sending has come, in one row; beside the store the same stands in a file.
PROGRESS = table(
    "progress",
    # always 1
    *keys(Integer, "number"),
    # claims that there ever were
    *columns(BigInteger, "claims"),
    # an edition that may have been sent before the store was put back; held for a person
    *lines("suspect"),
)

#: When the next mail may be sent, where several workers keep one limit of rate.
PACE = table(
    "pace",
    # what is limited: everything, or a domain
    *line_keys("name"),
    # seconds since 1970
    Column("due", Double, nullable=False),
)

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
    """Return the columns of preferences.

    Names are separated by line breaks, days are digits, the time is HH:MM. Code older than a field
    leaves it at the default for older versions.
    """
    return tuple(
        Column(wish.name, LineText, nullable=nullable, server_default=wish.metadata.get("older"))
        for wish in fields(Preferences)
    )


#: Numbers are never reused: consents and deliveries outlive the subscriber they name.
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
    # address and name in lower case, for searching and sorting
    *lines("folded", server_default=""),
    UniqueConstraint("key"),
    Index("ix_subscriber_state", "state", "number"),
    Index("ix_subscriber_since", "since", "number"),
    Index("ix_subscriber_folded", "folded", "number"),
    Index("ix_subscriber_state_since", "state", "since", "number"),
    Index("ix_subscriber_state_folded", "state", "folded", "number"),
    sqlite_autoincrement=True,
)

#: Browsers in which readers can open the pages of a closed briefing.
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
    # when they agreed, if that was elsewhere before it was recorded
    Column("agreed", Date),
    Index("ix_consent_at", "at"),
)

#: Addresses that get no mail, only by their keys; outlives the subscriber.
SUPPRESSION = table(
    "suppression",
    *keys(LargeBinary, "key"),
    # the state that caused it
    *columns(Coded(State), "state"),
    *moments("since"),
)

#: Bulk actions of operators, which can be undone for some time.
BULK = table(
    "bulk",
    number_key(),
    *moments("at", index=True),
    *lines("who"),
    *columns(Coded(BulkAction), "action"),
    *counts("readers"),
    *maybe_moments("undone"),
    *lines("undone_by"),
    # how many have their previous state again
    *counts("restored"),
    sqlite_autoincrement=True,
)

#: The previous state of a subscriber; personal data only of those removed, and only as long as the
#: action can be undone.
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

#: Mails that requests from outside have caused, counted to limit them.
ASKED = table(
    "asked",
    number_key(),
    *words("what"),
    # SHA-256 of the address, the network or the empty text
    *columns(LargeBinary, "key"),
    *moments("at", index=True),
    Index("ix_asked_what", "what", "key", "at"),
)

#: Requests from the web, to be decided after the response has been sent.
SIGNUP = table(
    "signup",
    number_key(),
    *moments("asked"),
    *words("what"),
    # empty if the subscriber is given by number
    *lines("address"),
    *columns(BigInteger, "subscriber"),
    *_preferences(),
    *words("how"),
    *lines("origin", "words"),
)

#: Preferences that decide what a mail of an edition contains.
SENT_AS = ("form", "sections", "lists", "other_languages", "own_words", "muted")

#: One mail or message to one recipient. The address is stored only with the subscriber, so that it
#: is deleted in one place; that of a channel is in the settings.
DELIVERY = table(
    "delivery",
    # never reused, since return paths name it
    number_key(),
    *columns(Coded(MailKind), "kind", default=MailKind.EDITION),
    # NULL for a mail that is not an edition
    refers("edition", EDITION.id, nullable=True),
    # 0: operators; negative: a channel, whose name is the first line of the words
    Column("subscriber", BigInteger, nullable=False, index=True),
    # from what a mail of another kind is made when it is sent; links are not stored
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
    # the form in which it was sent, and the page that its reader had chosen then
    *(Column(name, LineText, nullable=False, server_default="") for name in SENT_AS),
    UniqueConstraint("edition", "subscriber"),
    Index("ix_delivery_kind", "kind", "status", "due"),
    sqlite_autoincrement=True,
)

#: The worst bounce of each delivery.
BOUNCE = table(
    "bounce",
    refers("delivery", DELIVERY.number, primary_key=True),
    *columns(Coded(BounceKind), "kind"),
    *moments("at"),
    *words("status"),
    *lines("words"),
)

#: How much has been sent, in one row; a file beside the store has it too.
PROGRESS = table(
    "progress",
    # always 1
    *keys(Integer, "number"),
    # number of claims so far
    *columns(BigInteger, "claims"),
    # an edition that may have been sent before the store was restored; held until a person decides
    *lines("suspect"),
)

#: When the next mail may be sent, for rate limits shared by several workers.
PACE = table(
    "pace",
    # what is limited: everything, or a domain
    *line_keys("name"),
    # seconds since 1970
    Column("due", Double, nullable=False),
)

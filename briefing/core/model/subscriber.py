"""Readers, their preferences and pages, and the deliveries of editions to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.model.document import declared, digest
from briefing.core.model.round import FIRST, WEEK


class State(StrEnum):
    """The state of a subscription; only an active one is sent editions."""

    #: Asked for, not confirmed yet.
    PENDING = "pending"
    ACTIVE = "active"
    #: Wants nothing for now.
    PAUSED = "paused"
    #: Has left; is never written to again unless they ask themselves.
    UNSUBSCRIBED = "unsubscribed"
    #: Mail does not arrive.
    BOUNCED = "bounced"
    #: Called it spam.
    COMPLAINED = "complained"


class Form(StrEnum):
    """The format in which an edition is wanted."""

    #: Text and HTML, and the page as an attached PDF.
    PDF = "pdf"
    #: Text and HTML.
    HTML = "html"
    TEXT = "text"
    #: A few lines of text with the address of the edition.
    LINK = "link"


#: Headlines in a mail that is only a link.
LINK_HEADLINES = 3


#: What those get who choose no editions.
USUAL_EDITIONS = (FIRST, WEEK)


@frozen
class Offered:
    """What a briefing offers its readers to choose from."""

    #: Names of the sections, in the order of the page.
    sections: tuple[str, ...]
    #: Watch-lists: what they are called by their names, in the order of the settings.
    lists: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: Names of the editions that there are, in the order of the day.
    editions: tuple[str, ...] = USUAL_EDITIONS


@frozen
class Preferences:
    """What a subscriber has chosen; tables, forms, CSV, options, JSON and API derive from it."""

    #: Names of the sections wanted; empty: all; :data:`NO_SECTIONS`: none.
    sections: tuple[str, ...] = declared(
        *((), 'Sections, such as "economy;security"; with --lists also "none"'),
        schema='Empty: all. ["none"]: watch-lists alone.',
    )
    #: Names of the watch-lists wanted beside the sections, or alone.
    lists: tuple[str, ...] = declared(
        *((), 'Watch-lists, such as "southern-africa"', '; or "none"'),
        noun="watch-list",
        schema="Watch-lists.",
        older="",
    )
    form: Form = declared(Form.PDF, "Format: pdf, html, text or link", key="format", noun="format")
    #: Days wanted, 0 for Monday to 6, in order.
    days: tuple[int, ...] = declared(
        (0, 1, 2, 3, 4, 5, 6), "Weekdays, such as mon-fri", schema="0 for Monday to 6."
    )
    #: Local time of delivery; an edition that is published later is sent when it is there.
    at: time = declared(time(7, 0), "Local time, such as 07:00", noun="time")
    #: IANA name.
    zone: str = declared("UTC", "Time zone, such as Europe/Zurich", noun="time zone")
    #: Of the text around the news: ISO 639-1.
    language: str = declared("en", "Language of the text around the news, such as de")
    #: Other languages whose reports are counted and named, ISO 639-1; empty: as the briefing does.
    other_languages: tuple[str, ...] = declared(
        *((), 'Other languages whose reports are counted, such as "de;fr"', '; or "none"'),
        noun="language",
        schema="ISO 639-1. Empty: all that the briefing has.",
        older="",
    )
    #: Names of the editions wanted, :data:`FIRST` and :data:`WEEK` among them; empty: these two.
    editions: tuple[str, ...] = declared(
        *((), 'Editions of the day, such as "first;evening;week"', '; or "none"'),
        schema="Names. Empty: the first of the day and the week in review.",
        older="",
    )
    #: Words and names of their own: what names one is on their page. Nobody else's page shows them.
    own_words: tuple[str, ...] = declared(
        *((), 'Words or names of their own, at most 10, such as "Suriname;Kim Jong-un"'),
        '; or "none"',
        noun="word",
        schema="At most 10 words or names of their own, each of up to 60 characters.",
        older="",
    )
    #: Words, and sagas as "saga s7", that their page leaves out until a day begins.
    muted: tuple[str, ...] = declared(
        *((), 'Words or sagas muted until a day, such as "Suriname until 2026-12-15"'),
        '; or "none"',
        noun="mute",
        schema='At most 10, such as "Suriname until 2026-12-15" or "saga s7 until 2026-12-15".',
        older="",
    )

    def wants(self, edition: str, *, offered: Collection[str]) -> bool:
        """Return whether an edition is wanted; an empty name stands for the first of the day.

        ``offered`` has the names of the editions that exist. If none of the chosen ones exists any
        more, the usual ones are wanted.
        """
        chosen = [name for name in self.editions if name in offered]
        return (edition or FIRST) in (chosen or USUAL_EDITIONS)

    @property
    def page(self) -> PageChoice:
        """What they want printed, without mutes, which depend on the day."""
        return PageChoice(self.sections, self.lists, self.other_languages, self.own_words)

    def page_on(self, day: date) -> PageChoice:
        """Return what they want printed in an edition of a day."""
        return replace(self.page, muted=muted_on(self.muted, day))


@frozen
class Subscriber:
    """One subscription; its address is unique."""

    #: Given by the store; 0 before it is kept.
    id: int
    #: Normalized: local part as given, domain in lower-case ASCII (IDNA).
    address: str
    #: As they wrote it; may be empty.
    name: str = ""
    state: State = State.PENDING
    preferences: Preferences = Preferences()
    #: When the state was reached, aware UTC.
    since: datetime | None = None
    #: Why it is so, in words; empty for what needs none.
    reason: str = ""

    def now(self, state: State, *, at: datetime, reason: str = "") -> Subscriber:
        """Return the subscription in another state."""
        return replace(self, state=state, since=at, reason=reason)


@frozen
class Device:
    """A browser in which a reader can open the pages of a closed briefing."""

    #: Number of the reader.
    subscriber: int
    #: What it calls itself.
    name: str
    #: Aware UTC.
    since: datetime
    #: Last use, to a day; None: none since then.
    used: datetime | None = None


@frozen
class Consent:
    """One entry of the consent log; never changed, and not deleted with the subscriber."""

    #: Aware UTC.
    at: datetime
    #: "asked", "confirmed", "changed", "left", "returned", "imported", "bounced", "complained".
    what: str
    #: "form", "one-click", "mail", "command", "import", "bounce".
    how: str
    #: Where from: a network such as "203.0.113.0/24", the operator's name, a file; may be empty.
    origin: str = ""
    #: The words they agreed to, or the remark of who did it; may be empty.
    words: str = ""
    #: When they agreed, where that was before it was recorded.
    agreed: date | None = None


class DeliveryStatus(StrEnum):
    """The state of one delivery."""

    #: To be sent at its time; also after a passing failure.
    DUE = "due"
    #: A process has taken it and may be sending it now.
    CLAIMED = "claimed"
    #: The relay has taken it over (2xx after the final dot).
    SENT = "sent"
    #: The connection was lost after the final dot: nobody knows. Held for a person to decide.
    HELD = "held"
    #: The relay refused it for good (5xx).
    REFUSED = "refused"
    #: Its life was over before it could be sent.
    EXPIRED = "expired"
    #: Not wanted any more when its turn came: left, paused, or a day not chosen.
    SKIPPED = "skipped"


class BulkAction(StrEnum):
    """What an operator does with many subscribers at once."""

    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"


class MailKind(StrEnum):
    """What a mail is."""

    #: An edition, or the notice of one, to a subscriber.
    EDITION = "edition"
    #: Asks to confirm a subscription.
    CONFIRMATION = "confirmation"
    #: Leads a subscriber to the preferences.
    REMINDER = "reminder"
    #: Tells the operator what is wrong.
    ALERT = "alert"
    #: Asks a reviewer to look at a draft.
    REVIEW = "review"
    #: Tells of a new story that names what is watched for.
    WATCH = "watch"
    #: Leads an operator to a new password.
    PASSWORD = "password"  # noqa: S105  the name of a kind
    #: Leads an operator to somebody who asks to be let in.
    REQUEST = "request"
    #: Tells somebody who asked to be let in that they are not.
    DECLINED = "declined"
    #: An edition, or the notice of one, to a channel.
    CHANNEL = "channel"
    #: Tells a channel of a new story that names what is watched for.
    CHANNEL_ALERT = "channel-alert"


#: The queues: a mail that somebody waits for is not behind ten thousand of an edition, and no
#: channel behind a relay that fails.
ONLY_EDITIONS = frozenset({MailKind.EDITION})
CHANNEL_MESSAGES = frozenset({MailKind.CHANNEL, MailKind.CHANNEL_ALERT})
#: What is sent by the step of the round that delivers.
DELIVERED = ONLY_EDITIONS | CHANNEL_MESSAGES
OTHER_MAILS = frozenset(MailKind) - DELIVERED
#: Mails to those who run a briefing or are no readers: each says itself where it goes.
OPERATORS_MAILS = OTHER_MAILS - {MailKind.CONFIRMATION, MailKind.REMINDER}


@frozen
class Delivery:
    """One mail or message to one recipient; at most one for each edition."""

    #: Given by the store.
    id: int
    #: Id of the edition; empty when it is of another kind.
    edition: str
    #: Id and address of the subscriber; 0 and empty when it goes to the operator; of a channel a
    #: negative number and its name.
    subscriber: int
    address: str
    #: Not to be sent before, nor after; aware UTC.
    due: datetime
    until: datetime
    status: DeliveryStatus = DeliveryStatus.DUE
    #: Sends begun; more than one after a passing failure.
    tries: int = 0
    #: True when an earlier try may have arrived (lost after the final dot).
    ambiguous: bool = False
    #: What the other side said last, or why nothing was sent.
    reason: str = ""
    #: When its status became final, aware UTC.
    done: datetime | None = None
    kind: MailKind = MailKind.EDITION
    #: When it was asked for, aware UTC, and the epoch of its link; of an edition nothing.
    asked: datetime | None = None
    epoch: int = 0
    #: What an alert says; its first line is the subject. Of a review, and of what goes to a
    #: channel, the recipient stands before it, on a line of its own.
    words: str = ""


class BounceKind(StrEnum):
    """What a returned mail reports."""

    #: The address does not work and will not.
    HARD = "hard"
    #: It does not work now.
    SOFT = "soft"
    #: The reader called the mail spam (RFC 5965).
    COMPLAINT = "complaint"


@frozen
class Bounce:
    """One returned mail, for one delivery."""

    kind: BounceKind
    #: Of the delivery, from the return path.
    edition: str
    subscriber: int
    #: When it came, aware UTC.
    at: datetime
    #: Enhanced status (RFC 3463) such as "5.1.1"; empty when it gives none.
    status: str = ""
    #: What the other side said, one line.
    words: str = ""


@frozen
class Audience:
    """The deliveries of one edition, counted by status."""

    edition: str
    day: date
    counts: dict[DeliveryStatus, int]


#: The page of all sections.
GENERAL = ""
#: What stands in place of sections where only watch-lists are chosen; no section has this name.
NO_SECTIONS = ("none",)
#: Before another language in a key: its reports are counted and named, and no others.
_LANGUAGE = "l"
#: Before what stands for own words in a key.
_WORDS = "x"
#: Before what stands for what is muted in a key.
_MUTED = "m"
#: Before the id of a saga that is muted.
SAGA = "saga "
#: Between what is muted and the day on which that ends.
UNTIL = " until "
#: Before the place of a watch-list in a key. A plus sign would be safe in an address, but not with
#: everybody who reads one: in a form it is a space.
_LIST = "w"


@frozen
class PageChoice:
    """What a reader chose of an edition."""

    #: Names of sections in any case and order; empty: all; :data:`NO_SECTIONS`: none.
    sections: tuple[str, ...] = ()
    #: Names of watch-lists: what names them is wanted, whatever its section.
    lists: tuple[str, ...] = ()
    #: Other languages whose reports are counted and named, ISO 639-1; empty: all.
    other_languages: tuple[str, ...] = ()
    #: Words of their own: what names them is wanted, whatever its section.
    own_words: tuple[str, ...] = ()
    #: Words, and sagas as "saga s7", of which nothing is wanted.
    muted: tuple[str, ...] = ()


def muted_on(muted: Iterable[str], day: date) -> tuple[str, ...]:
    """Return what is still muted on a day, without the end dates."""
    parts = (each.rpartition(UNTIL) for each in muted)
    return tuple(sorted(what for what, _, end in parts if end > f"{day}"))


def words_key(own_words: Iterable[str], *, seal: str) -> str:
    """Return the part of a page key for own words; empty without words or without a seal.

    Keys are part of addresses. Without the ``seal`` of the store, nobody can compute the key of
    words that they guess.
    """
    return _sealed(own_words, seal, mark=_WORDS)


def mutes_key(muted: Iterable[str], *, seal: str) -> str:
    """Return the part of a page key for mutes, as :func:`words_key` does for own words."""
    return _sealed(muted, seal, mark=_MUTED)


def _sealed(own: Iterable[str], seal: str, *, mark: str) -> str:
    words = "\n".join((seal, *own))
    return f"{mark}{digest(words)[:20]}" if words != seal and seal else ""


def page_key(
    chosen: PageChoice, *, printed: Collection[str], lists: Collection[str] = (), seal: str = ""
) -> str:
    """Return the key of the page of a choice, a part of its address.

    "1-3" is the page of the first and the third section; "1-3-w2" adds stories that name the second
    watch-list; "w2" has only these; "1-3-lde" has, of reports in other languages, only German ones.
    Own words add the result of :func:`words_key`, mutes that of :func:`mutes_key`. Sections and
    lists are numbered in the order of ``printed`` and ``lists``; unknown ones are ignored. The key
    is :data:`GENERAL` if all sections and nothing else are chosen, or nothing that exists; with
    mutes or languages, nothing means all sections.
    """
    wanted = {name.casefold() for name in chosen.sections}
    places = [
        f"{place}"
        for place, name in enumerate(printed, 1)
        if not wanted or name.casefold() in wanted
    ]
    marks = [f"{_LIST}{place}" for place, name in enumerate(lists, 1) if name in chosen.lists]
    marks += filter(None, [words_key(chosen.own_words, seal=seal)])
    less = [f"{_LANGUAGE}{code}" for code in sorted(chosen.other_languages)]
    less += filter(None, [mutes_key(chosen.muted, seal=seal)])
    if less and not places and not marks:
        places = [f"{place}" for place in range(1, len(printed) + 1)]
    marks += less
    if not marks and len(places) == len(printed):
        return GENERAL
    return "-".join(places + marks)


def choice_of(key: str, *, printed: Collection[str], lists: Collection[str] = ()) -> PageChoice:
    """Return the choice that a page key stands for, in printed order; empty: all sections.

    Own words and mutes are returned as the parts that stand for them.
    """
    parts = key.split("-")

    def named(names: Collection[str], mark: str = "") -> tuple[str, ...]:
        return tuple(name for place, name in enumerate(names, 1) if f"{mark}{place}" in parts)

    def marked(mark: str) -> tuple[str, ...]:
        return tuple(part for part in parts if part.startswith(mark))

    others = tuple(part[1:] for part in marked(_LANGUAGE))
    return PageChoice(named(printed), named(lists, _LIST), others, marked(_WORDS), marked(_MUTED))

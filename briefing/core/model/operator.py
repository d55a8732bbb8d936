"""Operators, and what they decide about editions: choices, the desk's note, releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.glyphs import is_settable
from briefing.core.messages import Translatable


class Role(StrEnum):
    """What an operator or a program may do; each role includes those before it."""

    #: Looks at everything, and changes nothing but what is their own.
    READER = "reader"
    #: Chooses: stories, notes, sagas, sources.
    EDITOR = "editor"
    #: Releases, sends, corrects, withdraws.
    PUBLISHER = "publisher"
    #: Settings, readers, operators.
    ADMINISTRATOR = "administrator"

    def covers(self, least: Role) -> bool:
        """Return whether the role includes another one."""
        order = [*Role]
        return order.index(self) >= order.index(least)

    def may(self, act: str) -> bool:
        """Return whether the role allows an act, as in the audit log; KeyError: unknown act."""
        return self.covers(least_role(act))


#: The least role of each act, by what its line in the audit log begins with.
ACTS: Mapping[str, Role] = {
    act: role
    for role, acts in {
        Role.READER: """
            sign in, sign in by provider, sign out, sign-in refused, mail password link,
            change password, set second factor, remove second factor, use recovery code, end session
            """,
        Role.EDITOR: """
            top story, pin story, drop story, move story, choose headline, undo, take back,
            write note, delete note, drop draft, merge sagas, split saga, decline proposal,
            add source, add sources, edit source, pause source, resume source, remove source,
            try source, read list of sources, fetch source at once, order collect, collect
            """,
        Role.PUBLISHER: """
            release edition, withdraw edition, correct edition, resend mail, resend mails,
            send held mail, drop held mail, send test, test arrived, order publish, order week,
            order deliver, order bounces, publish, week, deliver, bounces
            """,
        Role.ADMINISTRATOR: """
            train section, accept model, discard model, add operator, change operator,
            remove operator, make password link, hold mail, reset second factor, end session
            of another, add token, revoke token, change setting, test channel, create briefing, add
            examples, remove example, add subscriber, change subscriber, pause
            subscriber, resume subscriber, approve subscriber, decline subscriber, remove
            subscriber, pause subscribers, resume subscribers, remove subscribers, undo
            pause subscribers, undo resume subscribers, undo remove subscribers, upload
            subscribers, discard subscribers, import subscribers, export subscribers
            """,
    }.items()
    for act in " ".join(acts.split()).split(", ")
}


def least_role(act: str) -> Role:
    """Return the least role for an act, as in the audit log, which may append details."""
    while act not in ACTS and " " in act:
        act = act.rpartition(" ")[0]
    return ACTS[act]


@frozen
class Operator:
    """A person who may sign in to the administration."""

    #: Lower-case letters, digits, hyphens; unique.
    name: str
    #: Argon2id, in its own notation; empty: no password is set yet.
    hash: str
    #: Aware UTC.
    since: datetime
    role: Role = Role.READER
    #: Where a link is sent when the password is forgotten; may be empty.
    mail: str = ""


@frozen
class SecondFactor:
    """What an operator needs in addition to the password."""

    operator: str
    #: From which the seed of the codes is made, with a secret that is not in the store.
    salt: str
    #: Aware UTC.
    since: datetime
    #: The last step whose code was used: no code is good twice.
    step: int
    #: SHA-256 of the recovery codes that are left, in hexadecimal digits.
    codes: tuple[str, ...]


@frozen
class Session:
    """One sign-in of one operator in one browser."""

    operator: str
    #: What every form of it carries; never the cookie's own value.
    form_token: str
    #: Aware UTC: since when, and when it ends unless it is used.
    since: datetime
    until: datetime
    #: What the browser calls itself, and the network that it came from.
    device: str = ""
    network: str = ""
    #: Last use, to some minutes, aware UTC; None: it was opened by an older version.
    used: datetime | None = None


@frozen
class ApiToken:
    """The credential of a program; only its SHA-256 is stored."""

    #: Given by the operator; unique.
    name: str
    role: Role
    since: datetime
    #: Last use, aware UTC; None: never.
    used: datetime | None = None


@frozen
class AuditEvent:
    """One line of the audit log; never changed."""

    at: datetime
    #: Name of the operator, "token NAME", or "command".
    who: str
    #: Verb and object, such as "drop story".
    what: str
    #: Which one, one line.
    about: str = ""
    #: Network it came from; empty for commands.
    origin: str = ""
    #: Their role at that moment; empty where it is not known.
    role: str = ""


class ChoiceKind(StrEnum):
    """What a choice is about; for each story, one choice of each kind takes effect."""

    #: Whether, and before what, it is printed.
    PLACE = "place"
    #: In which section.
    SECTION = "section"
    #: Under which of its titles.
    HEADLINE = "headline"


class Action(StrEnum):
    """What becomes of a story."""

    #: Opens the page.
    TOP = "top"
    #: Is printed before all that is only ranked.
    PIN = "pin"
    #: Is not printed.
    DROP = "drop"
    #: Is printed in another section.
    MOVE = "move"
    #: Is printed under the title of the report that the choice names.
    HEADLINE = "headline"

    @property
    def kind(self) -> ChoiceKind:
        """What the choice is about."""
        kinds = {Action.MOVE: ChoiceKind.SECTION, Action.HEADLINE: ChoiceKind.HEADLINE}
        return kinds.get(self, ChoiceKind.PLACE)


@frozen
class Choice:
    """One choice; it follows the story with its report, however stories are grouped by then."""

    #: Given by the store; 0 before it is kept.
    id: int
    #: Local date of the edition it is for.
    day: date
    #: What is to become of the story.
    action: Action
    #: Id of the report that names the story.
    document: str
    #: Address of that report, by which a newer version of it is known; may be empty.
    url: str
    #: As the editor saw it.
    headline: str
    #: Name of the operator.
    who: str
    #: When it was made, aware UTC.
    at: datetime
    #: The section to which a story is moved; else empty.
    section: str = ""


#: Words of a note, and characters of it and of its signature.
MOST_WORDS, LONGEST_NOTE, LONGEST_NAME = 60, 480, 60


@frozen
class DeskNote:
    """What the desk says in its own name, set apart from the news."""

    #: One paragraph.
    text: str
    #: Who says it, as printed.
    signed: str

    def __post_init__(self) -> None:
        for value, most in ((self.text, LONGEST_NOTE), (self.signed, LONGEST_NAME)):
            if not value or not is_settable(value, longest=most):
                raise ValueError("its words cannot be set")

    @classmethod
    def of(cls, text: str, *, signed: str) -> DeskNote:
        """Return a note that can be printed; each run of white space becomes one space.

        InputError: it is empty or too long, or has characters or words that cannot be set.
        """
        text, signed = " ".join(text.split()), " ".join(signed.split())
        words = len(text.split())
        if words > MOST_WORDS:
            raise InputError(
                Translatable("note: {words} words; at most {most}", words=words, most=MOST_WORDS)
            )
        for name, value, most in (("note", text, LONGEST_NOTE), ("signed", signed, LONGEST_NAME)):
            if not value or not is_settable(value, longest=most):
                fault = Translatable("has words or characters that cannot be printed")
                if not value:
                    fault = Translatable("empty")
                elif len(value) > most:
                    fault = Translatable("too long")
                raise InputError(
                    Translatable(
                        "{name}: {fault}; give one paragraph of Latin, Greek or Cyrillic letters, "
                        "at most {most} characters, no word longer than 30",
                        name=name,
                        fault=fault,
                        most=most,
                    )
                )
        return cls(text, signed)

    @property
    def words(self) -> int:
        """Number of its words."""
        return len(self.text.split())


@frozen
class ReleaseRule:
    """What must happen before an edition is published."""

    #: Operators who must release it, 0 to 2; 0: it leaves when it is made.
    by: int = 0
    #: A local time, or how long after the time of the edition; None: there is no deadline.
    deadline: time | timedelta | None = None
    #: Whether an edition that is not released leaves at its deadline; else it is held.
    go: bool = False


@frozen
class Signature:
    """One operator's release of a draft exactly as it is."""

    #: Name of the operator, or :data:`DEADLINE`.
    who: str
    #: Aware UTC.
    at: datetime
    #: SHA-256 of the record and the files that were signed.
    digest: str

    @property
    def words(self) -> str:
        """The operator and the time, in words."""
        return f"{self.who}, {self.at:%Y-%m-%d %H:%M} UTC"


#: In place of an operator where an edition left at its deadline; no operator's name has a space.
DEADLINE = "the deadline"

"""The daily round: what was done, when, for which edition, and how it ended."""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from briefing.core.frozen import frozen
from briefing.core.model.document import no_entries


class Step(StrEnum):
    """One step of the round."""

    COLLECT = "collect"
    PUBLISH = "publish"
    #: Making the week in review.
    WEEK = "week"
    DELIVER = "deliver"
    #: Reading the mail that came back.
    BOUNCES = "bounces"

    def series(self, briefing: str) -> str:
        """Return the name under which the store keeps what the step makes for a briefing."""
        return weekly(briefing) if self is Step.WEEK else briefing


class Ending(StrEnum):
    """How a run ended; a killed run has no ending."""

    DONE = "done"
    #: Some of it failed; the words say what.
    PART = "part"
    #: There was nothing to print, though the sources were read after the edition's time.
    EMPTY = "empty"
    #: There was nothing to print, and the sources could not be read: nobody knows what happened.
    BLIND = "blind"
    #: Another process did the same work at that moment.
    BUSY = "busy"
    FAILED = "failed"


@frozen
class Run:
    """One run of one step."""

    #: Given by the store; 0 before it is kept.
    id: int
    #: Slug of the briefing.
    briefing: str
    step: Step
    #: Aware UTC.
    began: datetime
    #: Local date of the edition; None for what belongs to none.
    day: date | None = None
    #: None while it runs, and for ever when it was killed.
    ended: datetime | None = None
    ending: Ending | None = None
    #: Whether it began noticeably after its time.
    late: bool = False
    #: One line: what failed, or what came of it.
    words: str = ""
    #: Counts by name, such as {"items": 120, "fresh": 14}.
    figures: Mapping[str, int] = field(default_factory=no_entries)
    #: Name of the further edition that it made; empty: the first of its day, or none.
    edition: str = ""


class NoticeKind(StrEnum):
    """What is mailed about an edition apart from the edition itself."""

    #: It was withdrawn.
    WITHDRAWN = "withdrawn"
    #: Words that it printed are no longer so; numbered, since that may happen more than once.
    CORRECTED = "corrected"
    #: Its day has no page. One may still be made by hand, and is mailed as the edition.
    NO_PAGE = "no-page"


_FORM = re.compile(
    r"(?P<briefing>[^/]+)/(?P<day>\d{4}-\d\d-\d\d)"
    rf"(?:-(?P<revision>[2-9]|[1-9]\d+))?(?:/(?P<notice>{'|'.join(NoticeKind)})(?:-(?P<place>[2-9]|[1-9]\d+))?)?",
    re.ASCII,
)
#: What the first edition of a day and the week in review are called among the editions of a desk.
FIRST, WEEK = "first", "week"
#: Before the name of a further edition, or of weeks in review, in the name under which they are
#: stored; no slug of a briefing has it.
_APART = "_"


@frozen
class EditionId:
    """Which edition of which briefing; as text "asia-desk/2026-01-04".

    A revision is "asia-desk/2026-01-04-2", made after the first edition of that day was withdrawn.
    Notices have ids too: "asia-desk/2026-01-04/withdrawn" of a withdrawal,
    "asia-desk/2026-01-04/no-page" of a day without an edition, and
    "asia-desk/2026-01-04/corrected-2" of the second correction.
    """

    #: The briefing's name as the store has it, without "/".
    briefing: str
    #: The local date.
    day: date
    #: 1 for the first of its day.
    revision: int = 1
    #: None: the edition itself.
    notice: NoticeKind | None = None
    #: Which notice of its kind.
    place: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an id (ValueError: it is not one)."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"not the id of an edition: {text!r}")
        return cls(
            match["briefing"],
            date.fromisoformat(match["day"]),
            int(match["revision"] or 1),
            NoticeKind(match["notice"]) if match["notice"] else None,
            int(match["place"] or 1),
        )

    @property
    def is_week(self) -> bool:
        """Whether it is a week in review, whose last day is ``day``."""
        return self.edition == WEEK

    @property
    def edition(self) -> str:
        """Its name among the editions of its desk; empty: the first edition of its day."""
        return edition_of(self.briefing)

    @property
    def path(self) -> str:
        """Its path on the web, as :func:`path_of` returns it."""
        return path_of(self.edition, self.day)

    def notified(self, kind: NoticeKind, *, place: int = 1) -> Self:
        """Return the id under which a notice about it is mailed."""
        return replace(self, notice=kind, place=place)

    def __str__(self) -> str:
        again = f"-{self.revision}" if self.revision > 1 else ""
        place = f"-{self.place}" if self.place > 1 else ""
        notice = f"/{self.notice}{place}" if self.notice else ""
        return f"{self.briefing}/{self.day}{again}{notice}"


def series_of(briefing: str, edition: str) -> str:
    """Return the name under which the store keeps editions of a name.

    First editions, which have no name, are kept under the name of the briefing itself; for others,
    the result cannot be the name of a briefing.
    """
    return f"{briefing}{_APART}{edition}" if edition else briefing


def weekly(briefing: str) -> str:
    """Return the name under which the store keeps the weeks in review of a briefing."""
    return series_of(briefing, WEEK)


def briefing_of(series: str) -> str:
    """Return the briefing whose editions the store keeps under a name."""
    return series.partition(_APART)[0]


def edition_of(series: str) -> str:
    """Return the name of the editions that the store keeps under a name; empty: first editions."""
    return series.partition("/")[0].partition(_APART)[2]


def desk_of(series: str) -> str:
    """Return the name that sagas and searches use for an edition; weeks in review are apart."""
    return series if edition_of(series) == WEEK else briefing_of(series)


def slot_title(edition: str) -> str:
    """Return the name of a further edition as printed before its day, "evening, "; else empty."""
    return f"{edition.replace('-', ' ')}, " if edition not in {"", WEEK} else ""


def option_of(edition: str) -> str:
    """Return the command-line option for an edition, after a space; empty: the first edition."""
    return f" --{edition}" if edition == WEEK else f" --edition {edition}" if edition else ""


def by_edition(edition: str, *, first: str, further: str, week: str) -> str:
    """Return which text is about an edition: first of a day, a further one, a week in review."""
    return week if edition == WEEK else further if edition else first


def place_of(id: str) -> str:
    """Return the path on the web of the edition with an id, as :func:`path_of` does."""
    return EditionId.parse(id).path


def path_of(edition: str, day: date) -> str:
    """Return the path of an edition on the web, below the address of its briefing.

    It is "2026-01-04" for a first edition, "edition/evening/2026-01-04" for a further one, and
    "week/2026-01-04" for a week in review.
    """
    return f"{'edition/' * (edition != WEEK)}{edition}/{day}" if edition else str(day)

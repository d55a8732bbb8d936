"""What an editor decides about the next edition; the words of the news stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from briefing.core.model.document import Document


class ChoiceKind(StrEnum):
    """What a choice is about; of each kind one choice takes effect for a story."""

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
        """What it is about."""
        kinds = {Action.MOVE: ChoiceKind.SECTION, Action.HEADLINE: ChoiceKind.HEADLINE}
        return kinds.get(self, ChoiceKind.PLACE)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice; it follows the story that holds its report, however stories are grouped anew."""

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

    @classmethod
    def about(  # noqa: PLR0913  who decides what about which
        cls,
        report: Document,
        action: Action,
        *,
        day: date,
        who: str,
        at: datetime,
        section: str = "",
    ) -> Choice:
        """Return a choice, not kept yet, about the story that holds a report."""
        return cls(0, day, action, report.id, report.url, report.headline, who, at, section)

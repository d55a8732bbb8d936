"""PURE: the stories of a draft as form rows, and the choices read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from briefing.app.editors import ChoiceRequest
from briefing.app.publish import Preview, Waiting
from briefing.core.model import Action, Brief, Choice, ChoiceOutcome, Edition, Status
from briefing.web.forms import Fields, first

#: Options for the place of a story, by form value.
PLACES: Mapping[str, str] = {
    "": "As ranked",
    Action.TOP.value: "Top story",
    Action.PIN.value: "Pin",
    Action.DROP.value: "Drop",
}
#: Prefixes of the two field names of a story.
_PLACE, _SECTION = "place", "section"
#: Maximum number of rows: two fields each stay under the field limit of a form.
_MOST = 36
#: Separates the parts of a field name: prefix, value when shown, id of a report.
_PART = "|"


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One story."""

    headline: str
    #: None if unknown.
    status: Status | None
    reports: int
    publishers: int
    #: Its section, or the one it would be in.
    section: str
    #: Name and value of the field of its place; value as in :data:`PLACES`.
    place_field: str
    place: str
    #: Name of the field of its section; its value is empty unless it was moved.
    section_field: str
    moved: str
    #: Outcomes of its choices, oldest first.
    outcomes: tuple[ChoiceOutcome, ...]
    #: Why it is not printed; empty if it is.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one name, in printed order."""

    name: str
    rows: tuple[StoryRow, ...]


@dataclass(frozen=True, slots=True)
class DraftTable:
    """All stories of a draft."""

    printed: tuple[Group, ...]
    #: Not printed; dropped ones first, then the best first.
    waiting: tuple[StoryRow, ...]
    #: How many more are neither printed nor shown.
    beyond: int
    #: Active choices that belong to no row.
    others: tuple[ChoiceOutcome | Choice, ...]


def sheet_of(draft: Preview, *, active: Sequence[Choice]) -> DraftTable:
    """Return the stories of a draft with the active choices."""
    active_ids = {choice.id for choice in active}
    outcomes = [outcome for outcome in draft.edition.choices if outcome.choice.id in active_ids]
    printed = tuple(_printed(draft.edition, outcomes))
    n_printed = sum(len(group.rows) for group in printed)
    # Dropped stories come first, so that the choice can be undone.
    ordered = sorted(draft.waiting, key=lambda story: not _is_dropped(story, outcomes))
    waiting = tuple(_row(story, outcomes) for story in islice(ordered, max(0, _MOST - n_printed)))
    rows = (*(row for group in printed for row in group.rows), *waiting)
    in_rows = {outcome.choice.id for row in rows for outcome in row.outcomes}
    by_choice = {outcome.choice.id: outcome for outcome in outcomes}
    others = [by_choice.get(choice.id, choice) for choice in active if choice.id not in in_rows]
    return DraftTable(printed, waiting, len(ordered) - len(waiting), tuple(others))


def sections_of(edition: Edition) -> tuple[str, ...]:
    """Return the sections that an edition may have, in printed order."""
    return tuple(edition.days[-1].stories)


def read_changes(fields: Fields) -> tuple[ChoiceRequest, ...]:
    """Return the changed choices in the order sent.

    Raises:
        ValueError: a field has an invalid value.
    """
    changes = []
    for name in fields:
        kind, _, rest = name.partition(_PART)
        stood, mark, document = rest.partition(_PART)
        chosen = first(fields, name)
        if kind in {_PLACE, _SECTION} and mark and chosen != stood:
            changes.append(_change(kind, document, chosen))
    return tuple(changes)


def _change(kind: str, document: str, chosen: str) -> ChoiceRequest:
    if kind == _PLACE:
        if chosen not in PLACES:
            raise ValueError(f"no such place: {chosen!r}")
        return ChoiceRequest(document, Action(chosen) if chosen else None)
    return ChoiceRequest(document, Action.MOVE if chosen else None, chosen, moves=True)


def _printed(edition: Edition, outcomes: Sequence[ChoiceOutcome]) -> Iterator[Group]:
    """Yield the top story alone, then section by section; each story occurs once."""
    sections = sections_of(edition)
    homes = {
        brief.story: _home(edition, brief.story, outcomes, sections) for brief in edition.briefs()
    }
    briefs = _own_briefs(edition, homes)
    top = edition.top
    if top is not None:
        yield Group("Top of the page", (_of(edition, top, homes[top.story], outcomes),))
    for section in sections:
        rows = tuple(
            _of(edition, brief, section, outcomes)
            for story, brief in briefs.items()
            if homes[story] == section and (top is None or story != top.story)
        )
        if rows:
            yield Group(f"{edition.letterhead.heading(section)}, {len(rows)} printed", rows)


def _own_briefs(edition: Edition, homes: Mapping[str, str]) -> dict[str, Brief]:
    """Return for each story the brief in its own section, in printed order, else its first."""
    own = {
        brief.story: brief
        for section in edition.sections
        for brief in section.briefs
        if homes[brief.story] == section.name
    }
    for brief in edition.briefs():
        own.setdefault(brief.story, brief)
    return own


def _home(
    edition: Edition, story: str, outcomes: Iterable[ChoiceOutcome], sections: Sequence[str]
) -> str:
    """Return the section to which a story belongs; it may have a brief in others too."""
    move = _standing(outcomes, story, moves=True)
    if move is not None:
        return move.section
    scores = edition.evidence[story].sections
    return max(sections, key=lambda name: scores.get(name, 0.0))


def _of(
    edition: Edition, brief: Brief, section: str, outcomes: Sequence[ChoiceOutcome]
) -> StoryRow:
    return _row(
        Waiting(
            section=section,
            headline=brief.headline,
            document=brief.sources[0],
            url=edition.documents[brief.sources[0]].url,
            reports=brief.reports,
            why="",
            publishers=brief.publishers,
            status=brief.status,
            story=brief.story,
        ),
        outcomes,
    )


def _row(waiting: Waiting, outcomes: Sequence[ChoiceOutcome]) -> StoryRow:
    place = _standing(outcomes, waiting.story, moves=False)
    move = _standing(outcomes, waiting.story, moves=True)
    placed, moved = place.action.value if place else "", move.section if move else ""
    # An unprinted story keeps the headline under which it was chosen.
    choice = (place or move) if waiting.why else None
    return StoryRow(
        headline=choice.headline if choice else waiting.headline,
        status=waiting.status,
        reports=waiting.reports,
        publishers=waiting.publishers,
        section=waiting.section,
        place_field=_PART.join((_PLACE, placed, place.document if place else waiting.document)),
        place=placed,
        section_field=_PART.join((_SECTION, moved, move.document if move else waiting.document)),
        moved=moved,
        outcomes=tuple(outcome for outcome in outcomes if outcome.story == waiting.story),
        why=waiting.why,
    )


def _standing(outcomes: Iterable[ChoiceOutcome], story: str, *, moves: bool) -> Choice | None:
    """Return the effective choice for a story: the latest."""
    about = [
        outcome.choice
        for outcome in outcomes
        if outcome.story == story and (outcome.choice.action is Action.MOVE) is moves
    ]
    return max(reversed(about), key=lambda choice: choice.at, default=None)


def _is_dropped(waiting: Waiting, outcomes: Sequence[ChoiceOutcome]) -> bool:
    place = _standing(outcomes, waiting.story, moves=False)
    return place is not None and place.action is Action.DROP

"""What editors decide about the next edition, as requested by one person or program."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta

from briefing.app.ledger import rows_of_day
from briefing.app.release import void, waiting
from briefing.core.errors import ChoiceError, InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import Action, Choice, Document, Edition, no_entries
from briefing.core.schedule import Timetable, latest, next_edition
from briefing.core.text.choices import refuse_two_tops
from briefing.press.reasons import chosen_text
from briefing.store import Transaction, archive, documents, drafts
from briefing.store.audit import Actor

#: More than the dates of two clocks can differ.
_NEAR = timedelta(days=2)
#: Titles named in an error.
_NAMED = 3


@frozen
class OpenEdition:
    """The edition that choices are for, and what is known of it."""

    briefing: str
    day: date
    #: Sections that it can have.
    sections: Collection[str]
    #: Ids of stories by report id, according to the last draft; empty without one.
    stories: Mapping[str, str] = field(default_factory=no_entries)

    @classmethod
    def of(cls, briefing: str, edition: Edition) -> OpenEdition:
        """Return the edition of a draft."""
        return cls(briefing, edition.day, tuple(edition.days[-1].stories), stories_of(edition))

    def story(self, document: str) -> str:
        """Return the id of the story of a report; that of the report if its story is unknown."""
        return self.stories.get(document) or document


@frozen
class ChoiceRequest:
    """A requested choice about the story of one report."""

    #: Id of the report.
    document: str
    action: Action
    #: For MOVE: the section to move it to.
    section: str = ""


def stories_of(edition: Edition) -> dict[str, str]:
    """Return the story of each report that came in or has a choice, by report id."""
    # A choice may refer to an older version of a report.
    chosen = {outcome.choice.document: outcome.story for outcome in edition.choices}
    return chosen | {name: row.story for row in edition.ledger.ranked for name in row.documents}


def reports_of(edition: Edition, words: str) -> tuple[str, ...]:
    """Return the report ids of a story, the most central first; or of a single report left out.

    ``edition`` is a draft with a document for every report. ``words`` is the id of a story, or
    words that all occur in the title of a report; case and accents are ignored.

    InputError: the words occur in no title, or in those of several stories.
    """
    stories = {row.story: row for row in edition.ledger.ranked}
    named = (words,) if words in stories else ()
    rows = () if named else rows_of_day(edition, words=words)
    names = named or tuple(dict.fromkeys(row.story or row.beside or row.document for row in rows))
    if len(names) > 1:
        titles = "; ".join(dict.fromkeys(row.title for row in rows[:_NAMED]))
        raise InputError(
            f"{words!r} is in the titles of {len(names)} of the stories ({titles}); give more words"
        )
    return stories[names[0]].documents if names[0] in stories else names


def titles_of(reports: Iterable[Document]) -> tuple[Document, ...]:
    """Return the reports whose titles can be the headline of their story, each title once."""
    first = {report.title: report for report in reversed([*reports]) if report.headline}
    return tuple(reversed(first.values()))


def next_to_print(
    tx: Transaction, briefing: str, *, timetable: Timetable, at: datetime
) -> tuple[date, datetime]:
    """Return the day of the next edition that is not printed yet, and when it is due.

    An edition printed before its time is skipped. One that needs a release is not printed before
    that.
    """
    there = archive.days(tx, briefing, first=at.date() - _NEAR, last=date.max)
    last = latest(timetable, now=at) if timetable.release.by else None
    waits = waiting(tx, briefing, timetable=timetable)
    if last and last.day not in there and (last.day == waits or at - last.at <= timetable.patience):
        return last.day, last.at
    day, moment = next_edition(timetable, after=at)
    while day in there:
        day, moment = next_edition(timetable, after=moment)
    return day, moment


def choose(
    tx: Transaction,
    asked: Sequence[ChoiceRequest],
    *,
    edition: OpenEdition,
    actor: Actor,
    seen: Collection[int] | None = None,
) -> tuple[Choice, ...]:
    """Store choices, each replacing the one of its kind for the same story; return the new ones.

    ``seen`` has the ids of the choices that the requester saw: all about the same stories, and the
    top story that another one replaces; None: unknown, so not checked.

    InputError: a report is not stored, a section is not printed, or a title cannot be a headline;
    UsageError: the edition is already printed; ChoiceError: two stories would open the page, which
    could not be laid out, or the choices about the story are not those that were seen.
    """
    _check_open(tx, edition)
    if seen is not None:
        active = _active(tx, edition)
        unseen = [
            choice
            for request in asked
            for choice in _about(active, request.document, edition=edition)
            if choice.id not in seen
        ]
        if unseen:
            raise ChoiceError(
                "this story was decided about after the list was shown: "
                f"{chosen_text(unseen[-1])}; look at it again, and choose again if you still "
                "want it"
            )
        if not {choice.id for choice in active}.issuperset(seen):
            raise ChoiceError(
                "a choice that the list showed has been undone or replaced since; look at it "
                "again, and choose again if you still want it"
            )
    _void(tx, edition=edition, actor=actor)
    kept = tuple(
        _choose(tx, choice, edition=edition, actor=actor, seen=seen or ()) for choice in asked
    )
    tops = [choice for choice in _active(tx, edition) if choice.action is Action.TOP]
    refuse_two_tops({edition.story(choice.document): choice for choice in tops}.values())
    return kept


def print_in(  # noqa: PLR0913  as choose
    tx: Transaction,
    document: str,
    section: str,
    *,
    edition: OpenEdition,
    actor: Actor,
    seen: Collection[int] | None = None,
) -> tuple[Choice, ...]:
    """Print the story of a report in a section: move it there, and pin it unless it is on top.

    InputError, UsageError, ChoiceError: as for :func:`choose`.
    """
    asked = [ChoiceRequest(document, Action.MOVE, section)]
    about = _about(_active(tx, edition), document, edition=edition)
    if not any(choice.action is Action.TOP for choice in about):
        asked.append(ChoiceRequest(document, Action.PIN))
    return choose(tx, asked, edition=edition, actor=actor, seen=seen)


def undo(tx: Transaction, number: int, *, edition: OpenEdition, actor: Actor) -> Choice:
    """Undo a choice.

    InputError: it is not active for this edition; UsageError: the edition is already printed.
    """
    _check_open(tx, edition)
    active = {choice.id for choice in _active(tx, edition)}
    if number not in active:
        raise InputError("this day has no such choice")
    _void(tx, edition=edition, actor=actor)
    return _undo(tx, number, edition=edition, actor=actor, what="undo")


def put_back(
    tx: Transaction, *, edition: OpenEdition, actor: Actor, of: Choice | None = None
) -> None:
    """Undo what someone chose at one time, and restore what those choices replaced.

    ``of`` is one of these choices; None: those that the actor has just made.
    """
    _void(tx, edition=edition, actor=actor)
    who, when = (of.who, of.at) if of else (actor.name, actor.at)
    replaced = drafts.undone(tx, edition.briefing, edition.day, who=who, at=when)
    for choice in _active(tx, edition):
        if choice.who == who and choice.at == when:
            _undo(tx, choice.id, edition=edition, actor=actor, what="take back")
    for choice in replaced:
        if choice.at < when:
            drafts.choose(tx, edition.briefing, replace(choice, id=0))


def undo_last(tx: Transaction, *, edition: OpenEdition, actor: Actor) -> None:
    """Undo the last active choices, whoever made them.

    InputError: there are none; UsageError: the edition is already printed.
    """
    _check_open(tx, edition)
    active = _active(tx, edition)
    if not active:
        raise InputError("this day has no choice")
    put_back(tx, edition=edition, actor=actor, of=max(active, key=lambda each: each.at))


def _active(tx: Transaction, edition: OpenEdition) -> tuple[Choice, ...]:
    return drafts.active(tx, edition.briefing, edition.day)


def _check_open(tx: Transaction, edition: OpenEdition) -> None:
    """Refuse choices for a printed edition, which they could no longer change."""
    if archive.days(tx, edition.briefing, first=edition.day, last=edition.day):
        raise UsageError("the edition of this day is already printed")


def _void(tx: Transaction, *, edition: OpenEdition, actor: Actor) -> None:
    """Drop the draft that waits for its release, as it was made from other choices."""
    void(tx, edition.briefing, actor=actor, why="an editor has chosen", day=edition.day)


def _about(active: Iterable[Choice], document: str, *, edition: OpenEdition) -> list[Choice]:
    story = edition.story(document)
    return [choice for choice in active if edition.story(choice.document) == story]


def _choose(
    tx: Transaction,
    asked: ChoiceRequest,
    *,
    edition: OpenEdition,
    actor: Actor,
    seen: Collection[int],
) -> Choice:
    moves = asked.action is Action.MOVE or asked.section
    if moves and asked.section not in edition.sections:
        raise InputError(f"section: unknown; known: {', '.join(edition.sections)}")
    report = documents.texts(tx, [asked.document]).get(asked.document)
    if report is None:
        raise InputError("document: no such report is stored")
    if asked.action is Action.HEADLINE and not report.headline:
        raise InputError("document: its title cannot be set as a headline")
    # Undo what it replaces: the choice of its kind for the story, and the top story that was seen.
    active = _active(tx, edition)
    about = _about(active, asked.document, edition=edition)
    for choice in active:
        if choice in about and choice.action.kind is asked.action.kind:
            drafts.undo(tx, edition.briefing, choice.id, who=actor.name, at=actor.at)
        elif choice.id in seen and choice.action is asked.action is Action.TOP:
            _undo(tx, choice.id, edition=edition, actor=actor, what="undo")
    named = report.id, report.url, report.headline
    new = Choice(0, edition.day, asked.action, *named, actor.name, actor.at, asked.section)
    where = f" to {asked.section}" if asked.section else ""
    what = "choose headline" if asked.action is Action.HEADLINE else f"{asked.action} story{where}"
    actor.note(tx, what, f"{edition.day}: {report.headline or report.id}")
    return drafts.choose(tx, edition.briefing, new)


def _undo(tx: Transaction, number: int, *, edition: OpenEdition, actor: Actor, what: str) -> Choice:
    undone = drafts.undo(tx, edition.briefing, number, who=actor.name, at=actor.at)
    assert undone is not None  # noqa: S101  checked by the caller in this transaction
    about = f"{edition.day}: {undone.headline or undone.document}"
    actor.note(tx, f"{what} {undone.action}", about)
    return undone

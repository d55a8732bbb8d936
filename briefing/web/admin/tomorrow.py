"""The next page as it would be printed now, and the editor's say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.publish import Preview
from briefing.core.counting import counted
from briefing.core.errors import ChoiceError, InputError, LayoutError, UsageError
from briefing.core.model import Action, Choice, ChoiceOutcome
from briefing.core.schedule import next_edition
from briefing.press.choices import done_words, unmet_words
from briefing.press.picture import page_picture
from briefing.press.view import long_date
from briefing.store import Transaction, archive, choices, documents
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.stories import (
    PLACES,
    FieldChange,
    read_changes,
    sections_of,
    sheet_of,
)
from briefing.web.admin.times import Times, times_in
from briefing.web.context import WebContext
from briefing.web.page import ACT, SitePage

_PATH = "/admin/tomorrow"
#: What the page says once.
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "laid": "Laid out again.",
        "over": "That page is printed; your choices came too late. This is the next one.",
    }
)
#: Why nothing was laid out.
_FAULTS = (ChoiceError, InputError, LayoutError, UsageError)
#: Further than two clocks differ in their date.
_NEAR = timedelta(days=2)
#: Digits of a number of the store.
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class _Day:
    """The next page to be printed."""

    day: date
    #: When, aware UTC; None when nobody has set a time.
    at: datetime | None


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why there is no new draft."""

    title: str
    words: str


def tomorrow(seat: AdminSession) -> Response:
    """Show the last draft, or lay one out; or lay it out again by other choices."""
    if seat.desk.drafts is None:
        return _page(seat, None, trouble=_Trouble("No draft here", "This process makes none."))
    if seat.visit.posts:
        return _lay_out_again(seat)
    try:
        return _page(seat, _at_hand(seat))
    except _FAULTS as error:
        return _page(seat, None, trouble=_trouble(error))


def pdf(seat: AdminSession) -> Response:
    """Give the draft as it would be printed."""
    draft = _last(seat)
    shown = f'inline; filename="draft-{draft.edition.day}.pdf"'
    return Response(draft.pdf, media_type="application/pdf", headers={"Content-Disposition": shown})


def picture(seat: AdminSession) -> Response:
    """Give the draft as a picture."""
    return Response(page_picture(_last(seat).pdf), media_type="image/png")


def _at_hand(seat: AdminSession) -> Preview:
    drafts, day = seat.desk.drafts, _day(seat.desk, seat.visit.at).day
    assert drafts is not None  # noqa: S101  who asks has looked
    return drafts.last(day) or drafts(day)


def _last(seat: AdminSession) -> Preview:
    """Return the draft that is shown.

    Raises:
        HTTPException: there is none (404).
    """
    try:
        return _at_hand(seat)
    except (AssertionError, *_FAULTS) as error:
        raise HTTPException(404) from error


def _lay_out_again(seat: AdminSession) -> Response:
    """Keep what was chosen and lay the page out; what cannot all be met is not kept."""
    desk, day = seat.desk, _day(seat.desk, seat.visit.at).day
    assert desk.drafts is not None  # noqa: S101  who calls has looked
    if seat.field("day") != day.isoformat():
        return seat.back(_PATH, said="over")
    before = _standing(desk, day)
    shown = _shown(seat)
    try:
        _keep(seat, day, shown)
        desk.drafts(day)
    except ChoiceError as error:
        _put_back(seat, day, before)
        return _page(seat, shown, trouble=_trouble(error), sent=True)
    except _FAULTS as error:
        return _page(seat, shown, trouble=_trouble(error))
    return seat.back(_PATH, said="laid")


def _shown(seat: AdminSession) -> Preview | None:
    drafts, day = seat.desk.drafts, _day(seat.desk, seat.visit.at).day
    return drafts.last(day) if drafts else None


def _keep(seat: AdminSession, day: date, shown: Preview | None) -> None:
    """Keep what was chosen, and what was undone.

    Raises:
        HTTPException: it holds what cannot be chosen (400).
        ChoiceError: two stories are to open the page; nothing is kept.
    """
    desk = seat.desk
    sections = sections_of(shown.edition) if shown else desk.sections
    try:
        changes = read_changes(seat.visit.fields, sections=sections)
        undone = int(seat.field("undo")[:_LONGEST_ID] or 0)
    except ValueError as error:
        raise HTTPException(400) from error
    with desk.store.write() as tx:
        _undo(seat, tx, day, undone)
        for change in changes:
            _change(seat, tx, day, change)
        _refuse_two_tops(choices.standing(tx, desk.briefing, day), shown)


def _undo(seat: AdminSession, tx: Transaction, day: date, number: int) -> None:
    briefing = seat.desk.briefing
    for one in choices.standing(tx, briefing, day):
        if one.id == number:
            choices.undo(tx, briefing, number, who=seat.operator, at=seat.visit.at)
            seat.note(tx, f"undo {one.action}", f"{day}: {one.headline or one.document}")


def _change(seat: AdminSession, tx: Transaction, day: date, change: FieldChange) -> None:
    if change.action is None:
        for one in choices.standing(tx, seat.desk.briefing, day):
            if change.about(one):
                _undo(seat, tx, day, one.id)
        return
    report = documents.texts(tx, [change.document]).get(change.document)
    if report is None:
        raise HTTPException(400)
    new = Choice.about(
        report, change.action, day=day, who=seat.operator, at=seat.visit.at, section=change.section
    )
    choices.choose(tx, seat.desk.briefing, new)
    where = f" to {change.section}" if change.section else ""
    seat.note(tx, f"{change.action} story{where}", f"{day}: {report.headline or report.id}")


def _refuse_two_tops(standing: Sequence[Choice], shown: Preview | None) -> None:
    """Refuse what the next layout would, before it stands: the morning's page must come out."""
    stories = {one.choice.document: one.story for one in shown.edition.choices} if shown else {}
    tops = {
        stories.get(one.document) or one.document: one
        for one in standing
        if one.action is Action.TOP
    }
    if len(tops) > 1:
        first, second, *_ = tops.values()
        raise ChoiceError(
            f"two stories are to open the page: “{first.headline}” and “{second.headline}”"
        )


def _put_back(seat: AdminSession, day: date, before: Sequence[Choice]) -> None:
    """Let stand again what stood before this visit changed it."""
    briefing, stood = seat.desk.briefing, {one.id for one in before}
    with seat.desk.store.write() as tx:
        now = choices.standing(tx, briefing, day)
        for one in now:
            mine = one.who == seat.operator and one.at == seat.visit.at
            if mine and one.id not in stood:
                choices.undo(tx, briefing, one.id, who=seat.operator, at=seat.visit.at)
                seat.note(tx, f"take back {one.action}", f"{day}: {one.headline}")
        still = {one.id for one in now}
        for one in before:
            if one.id not in still:
                choices.choose(tx, briefing, replace(one, id=0))


def _standing(desk: WebContext, day: date) -> tuple[Choice, ...]:
    with desk.store.read() as tx:
        return choices.standing(tx, desk.briefing, day)


def _day(desk: WebContext, at: datetime) -> _Day:
    """Return the next page that is not printed yet: by the timetable, else today's or tomorrow's.

    A page that was printed before its time is passed over.
    """
    with desk.store.read() as tx:
        there = archive.days(tx, desk.briefing, first=at.date() - _NEAR, last=date.max)
    if desk.timetable is None:
        day = times_in("UTC", now=at).today
        while day in there:
            day = _after(day)
        return _Day(day, None)
    day, moment = next_edition(desk.timetable, after=at)
    while day in there:
        day, moment = next_edition(desk.timetable, after=moment)
    return _Day(day, moment)


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _trouble(error: Exception) -> _Trouble:
    title = "Nothing to lay out yet" if isinstance(error, InputError) else "Nothing was laid out"
    said = str(error)
    return _Trouble(title, f"{said[:1].upper()}{said[1:]}.")


def _page(
    seat: AdminSession,
    draft: Preview | None,
    *,
    trouble: _Trouble | None = None,
    sent: bool = False,
) -> Response:
    desk, at = seat.desk, seat.visit.at
    times, coming = times_in(seat.zone, now=at), _day(desk, at)
    standing = _standing(desk, coming.day)
    sheet = sheet_of(draft, standing=standing) if draft else None
    return seat.page(
        "tomorrow",
        status=422 if trouble and seat.visit.posts else 200,
        folio=_folio(coming.day, draft, times),
        next=_next(desk, coming, times),
        heading=_heading(coming.day, times),
        day=coming.day.isoformat(),
        draft=draft,
        fit=_fit(draft) if draft else (),
        sheet=sheet,
        others=sheet.others if sheet else standing,
        sections=sections_of(draft.edition) if draft else desk.sections,
        places=PLACES,
        sent=seat.visit.fields if sent else {},
        trouble=trouble,
        stale=_is_stale(draft, standing),
        said_of=lambda one: _said_of(one, times),
        version=int(draft.made.timestamp()) if draft else 0,
    )


def _said_of(one: ChoiceOutcome | Choice, times: Times) -> tuple[str, str]:
    """Say who chose what and when, and why it is not met; the latter is empty for what is."""
    if isinstance(one, Choice):
        return f"{done_words(one)}, {times.moment(one.at)}", "not in this draft yet"
    return f"{done_words(one.choice)}, {times.moment(one.choice.at)}", unmet_words(one)


def _is_stale(draft: Preview | None, standing: Sequence[Choice]) -> bool:
    told = [one.choice.id for one in draft.edition.choices] if draft else []
    return draft is not None and told != [one.id for one in standing]


def _folio(day: date, draft: Preview | None, times: Times) -> str:
    if draft is None:
        return long_date(day)
    reports = counted(draft.edition.ledger.documents, "report")
    return f"{long_date(day)}. Draft of {times.moment(draft.made)}, {reports}"


def _next(desk: WebContext, coming: _Day, times: Times) -> str:
    if desk.timetable is None or coming.at is None:
        return "No time is set: pages are printed by hand"
    minutes = int(desk.timetable.collect_every.total_seconds()) // 60
    when = f"{times.day(coming.at.astimezone(times.zone).date())}, {times.clock(coming.at)}"
    return f"Prints {when}; collects every {counted(minutes, 'minute')}"


def _heading(day: date, times: Times) -> str:
    if day <= times.today:
        return "Today’s page"
    return "Tomorrow’s page" if day == _after(times.today) else f"Page of {times.day(day)}"


def _fit(draft: Preview) -> tuple[str, ...]:
    """Say how full the page is, and what stands on it and what does not."""
    ledger = draft.edition.ledger
    unprinted = sum(one.why == "no room" for one in draft.waiting)
    full = min(100, round(100 * draft.fill))
    verb = "has" if unprinted == 1 else "have"
    lacking = f"{unprinted} {verb} no room" if unprinted else "none lacks room"
    return (
        f"Page {full} % full",
        counted(ledger.printed, "story"),
        counted(ledger.sentences_printed, "sentence"),
        lacking,
    )


PAGES = (
    SitePage(_PATH, view(tomorrow, posts=True, words=_WORDS), ACT),
    SitePage(f"{_PATH}.png", view(picture)),
    SitePage(f"{_PATH}.pdf", view(pdf)),
)

"""The draft of the next page, and the choices of editors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.editors import EditorDesk, choose, next_to_print, put_back, undo
from briefing.app.publish import Preview
from briefing.core.counting import counted
from briefing.core.errors import ChoiceError, InputError, LayoutError, UsageError
from briefing.core.model import Choice, ChoiceOutcome
from briefing.press.choices import choice_text, unmet_text
from briefing.press.dates import long_date
from briefing.press.picture import page_picture
from briefing.store import choices
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.stories import (
    PLACES,
    read_changes,
    sections_of,
    sheet_of,
)
from briefing.web.admin.times import Times, times_in
from briefing.web.context import WebContext
from briefing.web.page import ACT, SitePage

_PATH = "/admin/tomorrow"
#: Messages shown once, by key.
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "laid": "Laid out again.",
        "over": "That page is already printed; your choices came too late. This is the next one.",
    }
)
#: Errors for which no draft was laid out.
_FAULTS = (ChoiceError, InputError, LayoutError, UsageError)
#: Maximum digits of an id.
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class _Day:
    """The next page to be printed."""

    day: date
    #: When, aware UTC; None without a timetable.
    at: datetime | None


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why there is no new draft."""

    title: str
    words: str


def tomorrow(session: AdminSession) -> Response:
    """Show the latest draft, or lay one out; on a post, lay it out again with new choices."""
    if session.context.drafts is None:
        return _page(
            session, None, trouble=_Trouble("No draft here", "This process makes no drafts.")
        )
    if session.request.posts:
        return _lay_out_again(session)
    try:
        return _page(session, _at_hand(session))
    except _FAULTS as error:
        return _page(session, None, trouble=_trouble(error))


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF."""
    draft = _last(session)
    disposition = f'inline; filename="draft-{draft.edition.day}.pdf"'
    return Response(
        draft.pdf, media_type="application/pdf", headers={"Content-Disposition": disposition}
    )


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_last(session).pdf), media_type="image/png")


def _at_hand(session: AdminSession) -> Preview:
    drafts, day = session.context.drafts, _day(session.context, session.request.at).day
    assert drafts is not None  # noqa: S101  checked by the callers
    return drafts.last(day) or drafts(day)


def _last(session: AdminSession) -> Preview:
    """Return the draft that is shown.

    Raises:
        HTTPException: there is none (404).
    """
    try:
        return _at_hand(session)
    except (AssertionError, *_FAULTS) as error:
        raise HTTPException(404) from error


def _lay_out_again(session: AdminSession) -> Response:
    """Save the choices and lay the page out; contradictory choices are rolled back."""
    context, day = session.context, _day(session.context, session.request.at).day
    assert context.drafts is not None  # noqa: S101  checked by the caller
    if session.field("day") != day.isoformat():
        return session.back(_PATH, message="over")
    before = _active(context, day)
    draft = _last_draft(session)
    desk = _desk(context, day, draft)
    try:
        _keep(session, desk)
        context.drafts(day)
    except ChoiceError as error:
        session.change(put_back, before, desk=desk)
        return _page(session, draft, trouble=_trouble(error), sent=True)
    except _FAULTS as error:
        return _page(session, draft, trouble=_trouble(error))
    return session.back(_PATH, message="laid")


def _last_draft(session: AdminSession) -> Preview | None:
    drafts, day = session.context.drafts, _day(session.context, session.request.at).day
    return drafts.last(day) if drafts else None


def _desk(context: WebContext, day: date, draft: Preview | None) -> EditorDesk:
    if draft is None:
        return EditorDesk(context.briefing, day, context.sections)
    return EditorDesk(context.briefing, day, sections_of(draft.edition), draft.edition.choices)


def _keep(session: AdminSession, desk: EditorDesk) -> None:
    """Save new and undone choices.

    Raises:
        HTTPException: a value is not valid (400).
        ChoiceError: two stories are to open the page; nothing is kept.
    """
    actor, at = session.actor, session.request.at
    try:
        changes = read_changes(session.request.fields)
        undone = int(session.field("undo")[:_LONGEST_ID] or 0)
        with session.context.store.write() as tx:
            # It may already have been undone by someone else.
            with suppress(InputError):
                undo(tx, undone, desk=desk, actor=actor, at=at)
            choose(tx, changes, desk=desk, actor=actor, at=at)
    except (ValueError, InputError) as error:
        raise HTTPException(400) from error


def _active(context: WebContext, day: date) -> tuple[Choice, ...]:
    with context.store.read() as tx:
        return choices.active(tx, context.briefing, day)


def _day(context: WebContext, at: datetime) -> _Day:
    with context.store.read() as tx:
        return _Day(*next_to_print(tx, context.briefing, timetable=context.timetable, at=at))


def _trouble(error: Exception) -> _Trouble:
    title = "Nothing to lay out yet" if isinstance(error, InputError) else "Nothing was laid out"
    text = str(error)
    return _Trouble(title, f"{text[:1].upper()}{text[1:]}.")


def _page(
    session: AdminSession,
    draft: Preview | None,
    *,
    trouble: _Trouble | None = None,
    sent: bool = False,
) -> Response:
    context, at = session.context, session.request.at
    times, coming = times_in(session.zone, now=at), _day(context, at)
    active = _active(context, coming.day)
    sheet = sheet_of(draft, active=active) if draft else None
    return session.page(
        "tomorrow",
        status=422 if trouble and session.request.posts else 200,
        folio=_folio(coming.day, draft, times),
        next=_next(context, coming, times),
        heading=_heading(coming.day, times),
        day=coming.day.isoformat(),
        draft=draft,
        fit=_fit(draft) if draft else (),
        sheet=sheet,
        others=sheet.others if sheet else active,
        sections=sections_of(draft.edition) if draft else context.sections,
        places=PLACES,
        sent=session.request.fields if sent else {},
        trouble=trouble,
        stale=_is_stale(draft, active),
        said_of=lambda choice: _choice_text(choice, times),
        version=int(draft.made.timestamp()) if draft else 0,
    )


def _choice_text(choice: ChoiceOutcome | Choice, times: Times) -> tuple[str, str]:
    """Describe a choice, and why it is not met; empty if it is."""
    if isinstance(choice, Choice):
        return f"{choice_text(choice)}, {times.moment(choice.at)}", "not in this draft yet"
    return f"{choice_text(choice.choice)}, {times.moment(choice.choice.at)}", unmet_text(choice)


def _is_stale(draft: Preview | None, active: Sequence[Choice]) -> bool:
    drawn = [outcome.choice.id for outcome in draft.edition.choices] if draft else []
    return draft is not None and drawn != [choice.id for choice in active]


def _folio(day: date, draft: Preview | None, times: Times) -> str:
    if draft is None:
        return long_date(day)
    reports = counted(draft.edition.ledger.documents, "report")
    return f"{long_date(day)}. Draft of {times.moment(draft.made)}, {reports}"


def _next(context: WebContext, coming: _Day, times: Times) -> str:
    if context.timetable is None or coming.at is None:
        return "No time is set: pages are printed by hand"
    minutes = int(context.timetable.collect_every.total_seconds()) // 60
    when = f"{times.day(coming.at.astimezone(times.zone).date())}, {times.clock(coming.at)}"
    return f"Prints {when}; collects every {counted(minutes, 'minute')}"


def _heading(day: date, times: Times) -> str:
    if day <= times.today:
        return "Today’s page"
    return (
        "Tomorrow’s page" if day == times.today + timedelta(days=1) else f"Page of {times.day(day)}"
    )


def _fit(draft: Preview) -> tuple[str, ...]:
    """Describe how full the page is and what did not fit."""
    ledger = draft.edition.ledger
    unprinted = sum(story.why == "no room" for story in draft.waiting)
    full = min(100, round(100 * draft.fill))
    verb = "has" if unprinted == 1 else "have"
    lacking = f"{unprinted} {verb} no room" if unprinted else "everything fits"
    return (
        f"Page {full} % full",
        counted(ledger.printed, "story"),
        counted(ledger.sentences_printed, "sentence"),
        lacking,
    )


PAGES = (
    SitePage(_PATH, view(tomorrow, posts=True, messages=_MESSAGES), ACT),
    SitePage(f"{_PATH}.png", view(picture)),
    SitePage(f"{_PATH}.pdf", view(pdf)),
)

"""The stories of the next page with its draft, and the choices of editors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.editors import (
    ChoiceRequest,
    OpenEdition,
    choose,
    next_to_print,
    print_in,
    put_back,
    undo,
)
from briefing.app.ledger import has_words
from briefing.app.publish import Preview
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, ChoiceError, InputError, LayoutError, UsageError
from briefing.core.model import Action, Choice
from briefing.press.picture import page_picture
from briefing.press.wording import long_date
from briefing.store import Transaction, choices
from briefing.web.admin.frame import AdminSession, Listing, Times, redirect, times_in, view
from briefing.web.admin.results import in_browser
from briefing.web.admin.stories import (
    NAMELESS,
    DraftList,
    Group,
    StoryRow,
    filters_of,
    groups_of,
    key_of,
    list_stories,
    matching,
)
from briefing.web.context import Drafts, WebContext
from briefing.web.forms import sentence
from briefing.web.request import ACT, SitePage

_PATH = "/admin/tomorrow"
#: Messages shown once, by key; "kept" is followed by what was chosen.
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "laid": "Laid out again.",
        "kept": "Laid out again.",
        "undone": "Undone, and laid out again.",
        "later": "Kept. The draft is being laid out; it takes some seconds more.",
        "gone": "That choice had already been undone or replaced. Check the list again.",
        "over": "That edition is already published; this is the next one.",
    }
)
#: Errors for which no draft was laid out.
_FAULTS = (ChoiceError, InputError, LayoutError, UsageError)
#: Rows of a group where all are shown, and of a page where some are sought.
_FIRST, _PAGE = 12, 50
#: Seconds after which a page without any draft asks again.
_AGAIN = "5"


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


@dataclass(frozen=True, slots=True)
class _Shown:
    """The part of the list that is shown."""

    groups: tuple[Group, ...]
    #: Rows that match, and the number of the first one shown.
    total: int
    first: int
    #: Links to the page before and after: label and address.
    pages: tuple[tuple[str, str], ...]
    #: Whether only some rows are sought.
    sought: bool


def tomorrow(session: AdminSession) -> Response:
    """Show the stories of the latest draft; on a post, keep a choice and lay the page out again."""
    drafts = session.context.drafts
    if drafts is None:
        trouble = _Trouble("No draft here", "This process makes no drafts.")
        return _page(session, None, trouble=trouble)
    if session.request.posts:
        return _steer(session, drafts)
    day = _day(session.context, session.request.at).day
    draft, error = drafts.last(day), drafts.failure(day)
    if draft is None:
        try:
            draft = drafts.soon(day, failed=lambda _: None)
        except _FAULTS as fault:
            error = fault
    return _page(session, draft, trouble=_trouble(error) if error else None)


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


def _last(session: AdminSession) -> Preview:
    """Return the draft that is shown.

    Raises:
        HTTPException: there is none (404).
    """
    drafts, day = session.context.drafts, _day(session.context, session.request.at).day
    draft = drafts.last(day) if drafts else None
    if draft is None:
        raise HTTPException(404)
    return draft


def _steer(session: AdminSession, drafts: Drafts) -> Response:
    """Keep what was asked and lay the page out; show the list as it is now if that cannot be."""
    day = _day(session.context, session.request.at).day
    listing = _listing(session)
    if session.field("day") != day.isoformat():
        return session.back(_PATH, message="over")
    draft = drafts.last(day)
    try:
        steered = steer(session, edition_of(session.context, day, draft))
    except _FAULTS as error:
        return _page(session, drafts.last(day) or draft, trouble=_trouble(error))
    done = ".".join(map(str, steered.done))
    path = listing.to(**_page_of(listing), message=steered.message, done=done)
    return redirect(session.request, f"{path}#s-{key_of(session.field('document'))}")


def _listing(session: AdminSession) -> Listing:
    return Listing(_PATH, session.request.query, keys=("q", "state"))


def _active(context: WebContext, day: date) -> tuple[Choice, ...]:
    with context.store.read() as tx:
        return choices.active(tx, context.briefing, day)


def _day(context: WebContext, at: datetime) -> _Day:
    with context.store.read() as tx:
        return _Day(*next_to_print(tx, context.briefing, timetable=context.timetable, at=at))


def _trouble(error: BriefingError) -> _Trouble:
    title = "Nothing to lay out yet" if isinstance(error, InputError) else "Nothing was laid out"
    return _Trouble(title, sentence(in_browser(str(error))))


def _page(
    session: AdminSession, draft: Preview | None, *, trouble: _Trouble | None = None
) -> Response:
    context, at = session.context, session.request.at
    times, coming, listing = times_in(session.zone, now=at), _day(context, at), _listing(session)
    active = _active(context, coming.day)
    open_edition = edition_of(context, coming.day, draft)
    stories = list_stories(draft, active=active, open_edition=open_edition)
    busy = context.drafts is not None and context.drafts.busy
    stale = _is_stale(draft, active)
    page = session.page(
        "tomorrow",
        status=422 if trouble and session.request.posts else 200,
        folio=_folio(coming.day, draft, times),
        next=_next(context, coming, times),
        heading=_heading(coming.day, times),
        day=coming.day.isoformat(),
        draft=draft,
        fit=_fit(draft) if draft else (),
        stories=stories,
        shown=_shown(stories.rows, draft, listing) if draft else None,
        filters=filters_of(stories.rows, edition=draft.edition) if draft else {},
        listing=listing,
        here=listing.to(**_page_of(listing)),
        again=listing.to(**_page_of(listing), message="later", done=_done_of(session)),
        message=_message(session, stale=stale),
        sections=open_edition.sections,
        trouble=trouble,
        result=_result(session, stories),
        stale=stale,
        busy=busy,
        moment=times.moment,
        version=int(1000 * draft.made.timestamp()) if draft else 0,
    )
    if draft is None and busy:
        page.headers["Refresh"] = _AGAIN
    return page


def _shown(rows: Sequence[StoryRow], draft: Preview, listing: Listing) -> _Shown:
    words, became = listing.asked("q"), listing.asked("state")
    found = matching(rows, became=became, has_words=has_words(words))
    if not (words or became):
        groups = groups_of(found, edition=draft.edition, most=_FIRST)
        return _Shown(groups, len(found), 1, (), sought=False)
    ordered = [row for one in groups_of(found, edition=draft.edition) for row in one.rows]
    first = (listing.page - 1) * _PAGE
    part = ordered[first : first + _PAGE]
    groups = groups_of(part, edition=draft.edition)
    pages = listing.pages(len(ordered), size=_PAGE)
    return _Shown(groups, len(ordered), first + 1, pages, sought=True)


def _page_of(listing: Listing) -> dict[str, str]:
    return {"page": str(listing.page)} if listing.page > 1 else {}


def _message(session: AdminSession, *, stale: bool) -> str:
    """Return the message of the address; a draft that was awaited and is there is laid out."""
    key = session.request.query.get("message", "")
    return _MESSAGES.get("laid" if key == "later" and not stale else key, "")


def _done_of(session: AdminSession) -> str:
    """Return the ids of the choices that the address names; empty for anything else."""
    try:
        return ".".join(map(str, ids_in(session.request.query.get("done", ""))))
    except ValueError:
        return ""


def _result(session: AdminSession, stories: DraftList) -> tuple[str, ...]:
    """Return what came of the choices that the address names, a sentence for each story."""
    done = set(ids_in(_done_of(session)))
    rows = ((row.headline, row.became, one) for row in stories.rows for one in row.decisions)
    others = ((one.choices[0].headline, "not listed", one) for one in stories.others)
    return tuple(
        f"“{headline or NAMELESS}” is {became}{f'; not met: {one.unmet}' if one.unmet else ''}."
        for headline, became, one in (*rows, *others)
        if done.intersection(choice.id for choice in one.choices)
    )


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
    if coming.at <= times.now:
        return "Waits for its release"
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
    unprinted = len(ledger.no_room)
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


#: Buttons that are a choice as they are, by value.
_PLACES = {"lead": Action.TOP, "drop": Action.DROP}
#: Ids of choices as a field has them.
_IDS = re.compile(r"(?:\d{1,18}(?:\.\d{1,18}){0,40})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Steered:
    """What came of a form."""

    #: Key of the message.
    message: str
    #: Ids of the new choices.
    done: tuple[int, ...] = ()


def edition_of(context: WebContext, day: date, draft: Preview | None) -> OpenEdition:
    """Return the edition of a day to decide about, as its last draft shows it."""
    if draft is None:
        return OpenEdition(context.briefing, day, context.sections)
    return OpenEdition.of(context.briefing, draft.edition)


def steer(session: AdminSession, edition: OpenEdition) -> Steered:
    """Keep what the form asks, then have the draft laid out again.

    Choices with which no page can be laid out are taken back.

    Raises:
        HTTPException: a value is not valid (400).
        BriefingError: it cannot be kept, or no page can be laid out; the choices are as before.
    """
    drafts, request = session.context.drafts, session.request
    assert drafts is not None  # noqa: S101  checked by the caller
    with session.context.store.write() as tx:
        steered = _keep(tx, session, edition)

    def take_back(error: BriefingError) -> None:
        if isinstance(error, ChoiceError):
            with session.context.store.write() as tx:
                put_back(tx, edition=edition, actor=session.actor, at=request.at)

    made = drafts.soon(edition.day, failed=take_back)
    return steered if made or steered.message == "gone" else Steered("later", steered.done)


def ids_in(text: str) -> tuple[int, ...]:
    """Return the ids of choices in a field.

    Raises:
        ValueError: it has something else.
    """
    if _IDS.fullmatch(text) is None:
        raise ValueError("no ids of choices")
    return tuple(map(int, text.split("."))) if text else ()


def _keep(tx: Transaction, session: AdminSession, edition: OpenEdition) -> Steered:
    try:
        undone = ids_in(session.field("undo"))
        if undone:
            return Steered(_undo(tx, undone, session, edition))
        kept = _choose(tx, session, edition)
    except (ValueError, InputError) as error:
        raise HTTPException(400) from error
    return Steered("kept" if kept else "laid", kept)


def _undo(
    tx: Transaction, undone: tuple[int, ...], session: AdminSession, edition: OpenEdition
) -> str:
    """Undo choices; return the key of the message, which says when none was active any more."""
    active = 0
    for number in undone:
        try:
            undo(tx, number, edition=edition, actor=session.actor, at=session.request.at)
        except InputError:
            continue
        active += 1
    return "undone" if active else "gone"


def _choose(tx: Transaction, session: AdminSession, edition: OpenEdition) -> tuple[int, ...]:
    """Keep the choice of the button that was pressed; return its ids.

    Raises:
        ValueError: there is no such button.
    """
    actor, at, seen = session.actor, session.request.at, ids_in(session.field("seen"))
    if session.field("do") == "print":
        document, section = session.field("document"), session.field("section")
        kept = print_in(tx, document, section, edition=edition, actor=actor, at=at, seen=seen)
    else:
        top = ids_in(session.field("top")) if session.field("do") == "lead" else ()
        asked = _asked(session)
        kept = choose(tx, asked, edition=edition, actor=actor, at=at, seen=(*seen, *top))
    return tuple(choice.id for choice in kept)


def _asked(session: AdminSession) -> list[ChoiceRequest]:
    """Return what the button that was pressed asks; nothing for that of the whole page."""
    button, document = session.field("do"), session.field("document")
    if headline := session.field("headline"):
        return [ChoiceRequest(headline, Action.HEADLINE)]
    if button in _PLACES:
        return [ChoiceRequest(document, _PLACES[button])]
    if button or document:
        raise ValueError("no such button")
    return []

"""The stories of the next page with its draft, and the choices of editors."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app import editors
from briefing.app.ledger import has_words
from briefing.app.publish import Preview
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, ChoiceError, InputError, LayoutError, UsageError
from briefing.core.model import Action
from briefing.core.schedule import Timetable
from briefing.press.picture import page_picture
from briefing.press.wording import long_date
from briefing.store import Transaction, choices
from briefing.web.admin.frame import AdminSession, Times, redirect, required, view
from briefing.web.admin.results import in_browser
from briefing.web.admin.stories import (
    NAMELESS,
    DraftList,
    StoryRow,
    filters_of,
    groups_of,
    key_of,
    list_stories,
    matching,
)
from briefing.web.context import Drafts, WebContext
from briefing.web.forms import Listing, sentence
from briefing.web.request import ACT, SitePage

_PATH = "/admin/tomorrow"
#: Errors for which no draft was laid out.
_FAULTS = (ChoiceError, InputError, LayoutError, UsageError)
#: Rows of a group where all are shown, and of a page where some are sought.
_FIRST, _PAGE = 12, 50
#: Seconds after which a page without any draft asks again.
_AGAIN = "5"


def tomorrow(session: AdminSession) -> Response:
    """Show the stories of the latest draft; on a post, keep a choice and lay the page out again."""
    drafts = session.context.drafts
    if drafts is None:
        return _page(session, None, trouble=("No draft here", "This process makes no drafts."))
    day, _ = _next_page(session)
    draft, error = drafts.last(day), drafts.failure(day)
    if session.request.posts:
        if session.field("day") != day.isoformat():
            return session.back(_PATH, message="over")
        try:
            message, done = steer(session, drafts, edition_of(session.context, day, draft))
        except _FAULTS as fault:
            return _page(session, drafts.last(day) or draft, trouble=_trouble(fault))
        path = _address(_listing(session), message=message, done=".".join(map(str, done)))
        return redirect(session.request, f"{path}#s-{key_of(session.field('document'))}")
    if draft is None:
        try:
            draft = drafts.soon(day, failed=lambda _: None)
        except _FAULTS as fault:
            error = fault
    return _page(session, draft, trouble=_trouble(error) if error else None)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF."""
    draft = _last(session)
    shown = f'inline; filename="draft-{draft.edition.day}.pdf"'
    headers = {"Content-Type": "application/pdf", "Content-Disposition": shown}
    return Response(draft.pdf, headers=headers)


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_last(session).pdf), media_type="image/png")


def _last(session: AdminSession) -> Preview:
    """Return the draft that is shown; none is not found."""
    drafts, (day, _) = session.context.drafts, _next_page(session)
    return required(drafts.last(day) if drafts else None)


def _listing(session: AdminSession) -> Listing:
    return Listing(_PATH, session.request.query, keys=("q", "state"))


def _address(listing: Listing, **more: str) -> str:
    return listing.to(page=str(listing.page) if listing.page > 1 else "", **more)


def _next_page(session: AdminSession) -> tuple[date, datetime | None]:
    """Return the day of the next page, and when it is printed; None without a timetable."""
    table = session.context.timetable
    with session.read() as tx:
        return editors.next_to_print(tx, session.briefing, timetable=table, at=session.request.at)


def _trouble(error: BriefingError) -> tuple[str, str]:
    title = "Nothing to lay out yet" if isinstance(error, InputError) else "Nothing was laid out"
    return title, sentence(in_browser(str(error)))


def _page(
    session: AdminSession, draft: Preview | None, *, trouble: tuple[str, str] | None = None
) -> Response:
    """Show a draft, or why there is no new one: a title and a sentence."""
    context, times, listing = session.context, session.times, _listing(session)
    day, at = _next_page(session)
    with session.read() as tx:
        active = choices.active(tx, session.briefing, day)
    open_edition = edition_of(context, day, draft)
    stories = list_stories(draft, active=active, open_edition=open_edition)
    busy = context.drafts is not None and context.drafts.busy
    drawn = [outcome.choice.id for outcome in draft.edition.choices] if draft else []
    stale = draft is not None and drawn != [choice.id for choice in active]
    key, folio, heading = session.request.query.get("message", ""), "", f"Page of {times.day(day)}"
    if draft:
        reports = counted(draft.edition.ledger.documents, "report")
        folio = f". Draft of {times.moment(draft.made)}, {reports}"
    if day <= times.today + timedelta(days=1):
        heading = "Today’s page" if day <= times.today else "Tomorrow’s page"
    page = session.page(
        "tomorrow",
        status=422 if trouble and session.request.posts else 200,
        folio=f"{long_date(day)}{folio}",
        next=_prints(context.timetable, at, times),
        heading=heading,
        day=day.isoformat(),
        draft=draft,
        stories=stories,
        shown=_shown(stories.rows, draft, listing) if draft else None,
        filters=filters_of(stories.rows, edition=draft.edition) if draft else {},
        listing=listing,
        here=_address(listing),
        again=_address(listing, message="later", done=_done_of(session)),
        # A draft that was awaited and is there is laid out.
        message=session.message("tomorrow", "laid" if key == "later" and not stale else key),
        sections=open_edition.sections,
        trouble=trouble,
        result=_result(session, stories),
        stale=stale,
        busy=busy,
        version=int(1000 * draft.made.timestamp()) if draft else 0,
    )
    if draft is None and busy:
        page.headers["Refresh"] = _AGAIN
    return page


def _prints(timetable: Timetable | None, at: datetime | None, times: Times) -> str:
    if timetable is None or at is None:
        return "No time is set: pages are printed by hand"
    if at <= times.now:
        return "Waits for its release"
    minutes = int(timetable.collect_every.total_seconds()) // 60
    when = f"{times.day(at.astimezone(times.zone).date())}, {times.clock(at)}"
    return f"Prints {when}; collects every {counted(minutes, 'minute')}"


def _shown(rows: Sequence[StoryRow], draft: Preview, listing: Listing) -> dict[str, object]:
    """Return the part of the list that is shown: the first of each group, or a page of matches."""
    words, became = listing.asked("q"), listing.asked("state")
    sought, first = bool(words or became), (listing.page - 1) * _PAGE
    matches = matching(rows, became=became, has_words=has_words(words))
    groups = groups_of(matches, edition=draft.edition, most=None if sought else _FIRST)
    if sought:
        ordered = [row for group in groups for row in group.rows]
        groups = groups_of(ordered[first : first + _PAGE], edition=draft.edition)
    return {
        "groups": groups,
        "total": len(matches),
        "first": first + 1 if sought else 1,
        "pages": listing.pages(len(matches), size=_PAGE) if sought else (),
        "sought": sought,
    }


def _done_of(session: AdminSession) -> str:
    """Return the ids of the choices that the address names; empty for anything else."""
    try:
        return ".".join(map(str, ids_in(session.request.query.get("done", ""))))
    except ValueError:
        return ""


def _result(session: AdminSession, stories: DraftList) -> tuple[str, ...]:
    """Return what came of the choices that the address names, a sentence for each story."""
    done = set(ids_in(_done_of(session)))
    rows = ((row.headline, row.became, each) for row in stories.rows for each in row.decisions)
    others = ((each.choices[0].headline, "not listed", each) for each in stories.others)
    return tuple(
        f"“{headline or NAMELESS}” is {became}{f'; not met: {each.unmet}' if each.unmet else ''}."
        for headline, became, each in (*rows, *others)
        if done.intersection(choice.id for choice in each.choices)
    )


PAGES = (
    SitePage(_PATH, view(tomorrow), ACT),
    SitePage(f"{_PATH}.png", view(picture)),
    SitePage(f"{_PATH}.pdf", view(pdf)),
)


#: Ids of choices as a field has them.
_IDS = re.compile(r"(?:\d{1,18}(?:\.\d{1,18}){0,40})?", re.ASCII)


def edition_of(context: WebContext, day: date, draft: Preview | None) -> editors.OpenEdition:
    """Return the edition of a day to decide about, as its last draft shows it."""
    if draft is None:
        return editors.OpenEdition(context.briefing, day, context.sections)
    return editors.OpenEdition.of(context.briefing, draft.edition)


def steer(
    session: AdminSession, drafts: Drafts, edition: editors.OpenEdition
) -> tuple[str, tuple[int, ...]]:
    """Keep what the form asks, then have the draft laid out again.

    Returns the key of the message and the ids of the new choices. Choices with which no page can
    be laid out are taken back.

    Raises:
        HTTPException: a value is not valid (400).
        BriefingError: it cannot be kept, or no page can be laid out; the choices are as before.
    """
    with session.write() as tx:
        try:
            undone = ids_in(session.field("undo"))
            kept = () if undone else _choose(tx, session, edition)
        except (ValueError, InputError) as error:
            raise HTTPException(400) from error
        message = "kept" if kept else "laid"
        if undone:
            # None of them may be active any more.
            message = "gone"
        for number in undone:
            with suppress(InputError):
                editors.undo(tx, number, edition=edition, **session.stamp)
                message = "undone"

    def take_back(error: BriefingError) -> None:
        if isinstance(error, ChoiceError):
            session.run(editors.put_back, edition=edition)

    made = drafts.soon(edition.day, failed=take_back)
    return message if made or message == "gone" else "later", kept


def ids_in(text: str) -> tuple[int, ...]:
    """Return the ids of choices in a field; ValueError: it has something else."""
    if _IDS.fullmatch(text) is None:
        raise ValueError("no ids of choices")
    return tuple(map(int, text.split("."))) if text else ()


def _choose(
    tx: Transaction, session: AdminSession, edition: editors.OpenEdition
) -> tuple[int, ...]:
    """Keep the choice of the button that was pressed; return its ids. ValueError: no such one."""
    stamp, seen, button = session.stamp, ids_in(session.field("seen")), session.field("do")
    document, wanted = session.field("document"), list[editors.ChoiceRequest]()
    if button == "print":
        section = session.field("section")
        kept = editors.print_in(tx, document, section, edition=edition, seen=seen, **stamp)
        return tuple(choice.id for choice in kept)
    if headline := session.field("headline"):
        wanted = [editors.ChoiceRequest(headline, Action.HEADLINE)]
    elif button in {"lead", "drop"}:
        wanted = [editors.ChoiceRequest(document, Action.TOP if button == "lead" else Action.DROP)]
    elif button or document:
        raise ValueError("no such button")
    # Nothing is asked by the button of the whole page.
    top = ids_in(session.field("top")) if button == "lead" else ()
    kept = editors.choose(tx, wanted, edition=edition, seen=(*seen, *top), **stamp)
    return tuple(choice.id for choice in kept)

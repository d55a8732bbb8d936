"""The stories of the next page with its draft, and the choices of editors."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app import editors
from briefing.app.ledger import has_words
from briefing.app.publish import Preview
from briefing.core.errors import BriefingError, ChoiceError, InputError, LayoutError, UsageError
from briefing.core.model import Action, Step, series_of
from briefing.press.catalog import _, reasoned, shown
from briefing.press.readback import frames, page_picture, read_back
from briefing.press.wording import long_date
from briefing.setup.drafts import CachedDrafts
from briefing.store import Transaction, documents
from briefing.store import drafts as choices
from briefing.web.admin.acts import in_browser, request_run
from briefing.web.admin.frame import AdminSession, admin_form, admin_page, redirect, required
from briefing.web.admin.stories import (
    LEFT,
    NAMELESS,
    DraftList,
    StoryRow,
    filters_of,
    list_stories,
    matching,
    quoted,
)
from briefing.web.forms import Listing, sentence
from briefing.web.guard import SCRIPTED

_PATH = "/admin/tomorrow"
#: Errors after which there is no draft.
_FAULTS = (ChoiceError, InputError, LayoutError, UsageError)
#: Unprinted rows in the full list, and rows per page of a search.
_FIRST, _PAGE = 15, 50
#: Up to this number of sections, each has its own button in every row if initials differ.
_BUTTONS = 6


def tomorrow(session: AdminSession) -> Response:
    """Show the stories of the latest draft; on a post, keep a choice and lay the page out again."""
    drafts = session.context.drafts.get(_name(session))
    if not drafts:
        return _page(
            session, None, trouble=(_("No draft here"), _("This process makes no drafts."))
        )
    # Read first: a draft that becomes ready meanwhile is then shown, and a missing one awaited.
    busy, (day, _at) = drafts.busy, _next_page(session)
    draft, error = drafts.last(day), drafts.failure(day)
    if session.posts:
        back = f"{_PATH}{_asked(session)}"
        if session.field("day") != day.isoformat():
            return session.back(back, message="over")
        if session.do == "publish":
            required(session.context.requests)
            name = _name(session)
            return request_run(session, Step.PUBLISH, back=back, day=day, edition=name)
        try:
            message, done = steer(session, drafts, edition_of(session, day, draft))
        except _FAULTS as fault:
            return _page(session, drafts.last(day) or draft, trouble=_trouble(fault))
        path = _address(_listing(session), message=message, done=".".join(map(str, done)))
        return redirect(session, f"{path}#s-{re.sub('[^0-9a-f]', '', session.field('row'))}")
    if not draft:
        try:
            draft = drafts.soon(day)
            busy = draft is None
        except _FAULTS as fault:
            error = fault
    return _page(session, draft, busy=busy, trouble=_trouble(error) if error else None)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF."""
    draft = _last(session)
    disposition = f'inline; filename="draft-{draft.edition.day}.pdf"'
    headers = {"Content-Type": "application/pdf", "Content-Disposition": disposition}
    return Response(draft.pdf, headers=headers)


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_last(session).pdf), media_type="image/png")


def _last(session: AdminSession) -> Preview:
    """Return the draft that is shown; 404 if there is none."""
    drafts, (day, _) = session.context.drafts.get(_name(session)), _next_page(session)
    return required(drafts.last(day) if drafts else None)


def _listing(session: AdminSession) -> Listing:
    return Listing(_PATH, session.query, keys=("edition", "q", "state", "open"))


def _address(listing: Listing, **more: str) -> str:
    return listing.to(page=str(listing.page) if listing.page > 1 else "", **more)


def _name(session: AdminSession) -> str:
    """Return the name of the edition in the address; empty for the first of its day."""
    name = session.asked("edition")
    return required(name if not name or name in session.context.drafts else None)


def _asked(session: AdminSession) -> str:
    """Return the query string that selects the same edition."""
    return f"?edition={name}" if (name := _name(session)) else ""


def _next_page(session: AdminSession) -> tuple[date, datetime]:
    """Return the day of the next page, and when it is printed."""
    name = _name(session)
    series, slot = series_of(session.briefing, name), session.context.timetable.of(name)
    return session.look(editors.next_to_print, series, timetable=slot, at=session.at)


def _trouble(error: BriefingError) -> tuple[str, str]:
    title = _("Nothing was laid out")
    if isinstance(error, InputError):
        title = _("Nothing to lay out yet")
    return title, sentence(in_browser(str(shown(error))))


def _page(
    session: AdminSession,
    draft: Preview | None,
    *,
    busy: bool = False,
    trouble: tuple[str, str] | None = None,
) -> Response:
    """Show a draft, or why there is no new one: a title and a sentence."""
    context, times, listing = session.context, session.times, _listing(session)
    day, at = _next_page(session)
    open_edition = edition_of(session, day, draft)
    with session.read() as tx:
        active = choices.active(tx, open_edition.briefing, day)
        stories = list_stories(draft, active=active, open_edition=open_edition)
        opened = next((row for row in stories.rows if row.key == listing.asked("open")), None)
        texts = documents.texts(tx, opened.names) if opened else {}
    drawn = [outcome.choice.id for outcome in draft.edition.choices] if draft else []
    stale = draft is not None and drawn != [choice.id for choice in active]
    key = session.asked("message")
    decisions = [*stories.others, *(each for row in stories.rows for each in row.decisions)]
    last = max(decisions, key=lambda each: each.choices[-1].at, default=None)
    sections = [(name, context.heading(name)) for name in open_edition.sections]

    script = context.theme.asset("web/tomorrow.js")
    page = session.page(
        "tomorrow",
        status=422 if trouble and session.posts else 200,
        at=at,
        span=_span,
        long_date=long_date,
        ahead=(day - times.today).days,
        day=day,
        edition=_name(session),
        names=tuple(context.drafts),
        same=_asked(session),
        draft=draft,
        stories=stories,
        listed=_listed(stories.rows, listing) if draft else None,
        filters=filters_of(stories.rows),
        frames=frames(draft.edition, read_back(draft.pdf)) if draft else {},
        opened=opened,
        quoted=[*quoted(opened, draft.edition, texts)] if opened and draft else (),
        listing=listing,
        here=_address(listing),
        again=_address(listing, message="later", done=_done_of(session)),
        # An awaited draft that is available now has been laid out.
        message=session.message("tomorrow", "laid" if key == "later" and not stale else key),
        sections=sections,
        most=_BUTTONS,
        last=last,
        trouble=trouble,
        result=_result(session, stories),
        stale=stale,
        busy=busy,
        version=int(1000 * draft.made.timestamp()) if draft else 0,
        script=sha256(script.read_bytes()).hexdigest()[:12] if script else "",
    )
    page.headers["Content-Security-Policy"] = SCRIPTED
    return page


def _span(length: timedelta) -> str:
    """Format a duration in its two largest units: "8 h 12 min"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return _("{n} s", n=seconds)
    units = (
        (seconds // 86400, _("{n} d", n=seconds // 86400)),
        (seconds // 3600 % 24, _("{n} h", n=seconds // 3600 % 24)),
        (seconds // 60 % 60, _("{n} min", n=seconds // 60 % 60)),
    )
    return " ".join([words for count, words in units if count][:2])


def _listed(rows: Sequence[StoryRow], listing: Listing) -> dict[str, object]:
    """Return the part of the list to show: its first rows, or a page of matches."""
    words, became = listing.asked("q"), listing.asked("state")
    sought, first = bool(words or became), (listing.page - 1) * _PAGE
    matches = matching(rows, became=became, has_words=has_words(words))
    left = [row for row in matches if row.part == LEFT]
    some = left[: max(_FIRST, sum(bool(row.seen) for row in left))]
    rest = [row for row in matches if row.part != LEFT]
    return {
        "rows": matches[first : first + _PAGE] if sought else (*rest, *some),
        "total": len(matches),
        "left": len(left),
        "more": len(left) > len(some),
        "pages": listing.pages(len(matches), size=_PAGE) if sought else (),
        "sought": sought,
    }


def _done_of(session: AdminSession) -> str:
    """Return the ids of the choices in the address; empty if they are not valid."""
    try:
        return ".".join(map(str, ids_in(session.asked("done"))))
    except ValueError:
        return ""


def _result(session: AdminSession, stories: DraftList) -> tuple[str, ...]:
    """Return the outcome of the choices in the address, one sentence per story."""
    done = set(ids_in(_done_of(session)))
    rows = ((row.headline, row.became, each) for row in stories.rows for each in row.decisions)
    others = ((each.choices[0].headline, _("not listed"), each) for each in stories.others)
    return tuple(
        _outcome(headline or shown(NAMELESS), reasoned(became), each.unmet)
        for headline, became, each in (*rows, *others)
        if done.intersection(choice.id for choice in each.choices)
    )


def _outcome(headline: str, became: str, unmet: str) -> str:
    about = {"headline": headline, "became": became, "unmet": unmet}
    if unmet:
        return _("“{headline}” is {became}. Your choice could not be met: {unmet}.", **about)
    return _("“{headline}” is {became}.", **about)


PAGES = (
    admin_form(_PATH, tomorrow, "pin story", "order publish"),
    admin_page(f"{_PATH}.png", picture),
    admin_page(f"{_PATH}.pdf", pdf),
)


#: Ids of choices, as in a field.
_IDS = re.compile(r"(?:\d{1,18}(?:\.\d{1,18}){0,40})?", re.ASCII)


def edition_of(session: AdminSession, day: date, draft: Preview | None) -> editors.OpenEdition:
    """Return the edition of a day that choices are about, as in its last draft."""
    series = series_of(session.briefing, _name(session))
    if not draft:
        return editors.OpenEdition(series, day, session.context.settings.printed)
    return editors.OpenEdition.of(series, draft.edition)


def steer(
    session: AdminSession, drafts: CachedDrafts, edition: editors.OpenEdition
) -> tuple[str, tuple[int, ...]]:
    """Keep the choice in the form, then have the draft laid out again.

    Returns the key of the message and the ids of the new choices. Choices with which no page can be
    laid out are undone.

    Raises:
        HTTPException: a value is not valid (400).
        BriefingError: it cannot be kept, or no page can be laid out; choices are unchanged.
    """
    with session.write() as tx:
        try:
            last = session.field("undo") == "last"
            undone = () if last else ids_in(session.field("undo"))
            kept = () if last or undone else _choose(tx, session, edition)
        except (ValueError, InputError) as error:
            raise HTTPException(400) from error
        message = "kept" if kept else "laid"
        if last:
            message = "gone"
            with suppress(InputError):
                editors.undo_last(tx, edition=edition, actor=session.actor)
                message = "undone"
        if undone:
            # None of them may be active any more.
            message = "gone"
        for number in undone:
            with suppress(InputError):
                editors.undo(tx, number, edition=edition, actor=session.actor)
                message = "undone"

    def take_back(error: BriefingError) -> None:
        # The choices before the last change gave a page that could be laid out.
        if isinstance(error, ChoiceError) and not last:
            session.run(editors.put_back, edition=edition)

    made = drafts.soon(edition.day, failed=take_back)
    return message if made or message == "gone" else "later", kept


def ids_in(text: str) -> tuple[int, ...]:
    """Return the ids of choices in a field; raise ValueError if it is not valid."""
    if not _IDS.fullmatch(text):
        raise ValueError("no ids of choices")
    return tuple(map(int, text.split("."))) if text else ()


def _choose(
    tx: Transaction, session: AdminSession, edition: editors.OpenEdition
) -> tuple[int, ...]:
    """Keep the choice of the pressed button; return its ids. Raise ValueError if it is unknown."""
    actor, seen, button = session.actor, ids_in(session.field("seen")), session.do
    document, wanted = session.field("document"), list[editors.ChoiceRequest]()
    section, headline = session.field("section"), session.field("headline")
    if button == "print" or (section and not button and not headline):
        kept = editors.print_in(tx, document, section, edition=edition, seen=seen, actor=actor)
        return tuple(choice.id for choice in kept)
    if headline:
        wanted = [editors.ChoiceRequest(headline, Action.HEADLINE)]
    elif button in {"lead", "drop"}:
        wanted = [editors.ChoiceRequest(document, Action.TOP if button == "lead" else Action.DROP)]
    elif button or document:
        raise ValueError("no such button")
    # The button that lays the page out again adds no choice.
    top = ids_in(session.field("top")) if button == "lead" else ()
    kept = editors.choose(tx, wanted, edition=edition, seen=(*seen, *top), actor=actor)
    return tuple(choice.id for choice in kept)

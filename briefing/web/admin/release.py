"""The draft that waits for its release: how it looks, who has signed it, and the form that does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.release import drop, sign
from briefing.core.errors import ChoiceError, InputError, StoreError, UsageError
from briefing.core.schedule import deadline
from briefing.press.dates import long_date
from briefing.press.picture import page_picture
from briefing.store import drafts
from briefing.store.drafts import StoredDraft
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.times import Times, times_in
from briefing.web.page import ACT, SitePage
from briefing.web.sentences import sentence

PATH = "/admin/release"
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "signed": "Released in your name. It waits for one more operator.",
        "left": "Released. The edition leaves now.",
        "again": "You have released this draft already.",
        "other": "Another draft was made meanwhile. Nothing was released: look at this one.",
        "gone": "That draft waits no longer. Nothing was done.",
        "dropped": "The draft was dropped. What was signed is void.",
    }
)


def release(session: AdminSession) -> Response:
    """Show the draft; release or drop it, as asked."""
    return _act(session) if session.request.posts else _page(session)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF."""
    draft = _draft(session)
    disposition = f'inline; filename="draft-{draft.stored.day}.pdf"'
    return Response(
        draft.stored.files["pdf"],
        media_type="application/pdf",
        headers={"Content-Disposition": disposition},
    )


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_draft(session).stored.files["pdf"]), media_type="image/png")


def _draft(session: AdminSession) -> StoredDraft:
    """Return the draft that waits.

    Raises:
        HTTPException: none does (404).
    """
    with session.context.store.read() as tx:
        draft = drafts.of(tx, session.context.briefing)
    if draft is None:
        raise HTTPException(404)
    return draft


def _act(session: AdminSession) -> Response:
    context = session.context
    try:
        day = date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    actor, at = session.actor, session.request.at
    try:
        with context.store.write() as tx:
            if session.field("do") == "drop":
                drop(tx, context.briefing, day, actor=actor, at=at)
                return session.back(PATH, message="dropped")
            # Without the digest of what was shown nothing is signed.
            seen = session.field("digest") or "none"
            done = sign(
                tx, context.briefing, day, plan=context.release, actor=actor, at=at, digest=seen
            )
    except InputError:
        return session.back(PATH, message="gone")
    except ChoiceError:
        return session.back(PATH, message="other")
    except UsageError:
        return session.back(PATH, message="again")
    if context.requests is not None:
        # What is due now is sent now.
        context.requests.wake()
    return session.back(PATH, message="signed" if done.lacking else "left")


def _page(session: AdminSession) -> Response:
    context, times = session.context, times_in(session.zone, now=session.request.at)
    trouble = ""
    try:
        with context.store.read() as tx:
            draft = drafts.of(tx, context.briefing)
    except StoreError as error:
        draft, trouble = None, sentence(str(error))
    return session.page(
        "release",
        folio=long_date(draft.stored.day) if draft else long_date(times.today),
        next=_until(session, draft, times) if draft else "",
        draft=draft,
        by=context.release.by,
        lacking=max(context.release.by - len(draft.signed), 0) if draft else 0,
        own=any(one.who == session.operator for one in draft.signed) if draft else False,
        moment=times.moment,
        trouble=trouble,
    )


def _until(session: AdminSession, draft: StoredDraft, times: Times) -> str:
    timetable = session.context.timetable
    until = deadline(timetable, draft.stored.day) if timetable else None
    if timetable is None or until is None:
        return "It has no deadline"
    then = "it leaves unreleased" if timetable.release.go else "it is held"
    return f"Until {times.moment(until)}; then {then}"


PAGES = (
    SitePage(PATH, view(release, posts=True, messages=_MESSAGES), ACT),
    SitePage(f"{PATH}.png", view(picture)),
    SitePage(f"{PATH}.pdf", view(pdf)),
)

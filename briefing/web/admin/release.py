"""The draft that waits for its release, the forms that release it, and the desk's own note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.editors import next_to_print
from briefing.app.release import drop, sign, write_note
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.model import DeskNote, Edition, Step, lists_of, sections_of
from briefing.core.model.operator import MOST_WORDS
from briefing.core.schedule import deadline
from briefing.press.picture import page_picture
from briefing.press.wording import long_date
from briefing.store import Transaction, choices, drafts, printed_files
from briefing.store.drafts import StoredDraft
from briefing.web.admin.acts import Confirmation, ask, begin
from briefing.web.admin.frame import AdminSession, Times, times_in, view
from briefing.web.admin.round import to_readers
from briefing.web.forms import sentence
from briefing.web.request import ACT, SitePage
from briefing.web.stored import read

PATH = "/admin/release"
#: Behind it, for the draft of a week in review.
_WEEK = "?week=1"
_GONE = "That draft is no longer waiting. Nothing has changed."
_REASONS: Mapping[type[BriefingError], str] = MappingProxyType(
    {
        InputError: _GONE,
        ChoiceError: "A newer draft was made. Nothing was released: check this one.",
        UsageError: "You have released this draft already.",
    }
)
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "gone": _GONE,
        "noted": "Note saved. A draft made without it is void.",
        "bare": "Note deleted. A draft made with it is void.",
        "late": "That edition is already published. Its note cannot be changed.",
    }
)


#: The fields of the note, as an error names them.
_FIELDS: Mapping[str, str] = MappingProxyType(
    {"text": "The note cannot be printed", "signed": "The signature cannot be printed"}
)
#: Characters of a field of the note that are read.
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong with a field of a form."""

    field: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Written:
    """A note as it was typed."""

    text: str = ""
    signed: str = ""
    wrong: tuple[_Wrong, ...] = ()


def release(session: AdminSession) -> Response:
    """Show the draft; release or drop it, or keep a note, as asked."""
    if not session.request.posts:
        return _page(session)
    try:
        day = date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    return _note(session, day) if session.field("do") in {"note", "bare"} else _act(session, day)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF, or its own page in the address."""
    draft, key = _draft(session), session.request.path.get("sections", "")
    files = draft.stored.files
    content = printed_files.own_pdfs(files).get(key) if key else files["pdf"]
    if content is None:
        raise HTTPException(404)
    which = f"{draft.stored.day}-{key}" if key else f"{draft.stored.day}"
    disposition = f'inline; filename="draft-{which}.pdf"'
    return Response(
        content, media_type="application/pdf", headers={"Content-Disposition": disposition}
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
        draft = drafts.of(tx, _step(session).series(session.context.briefing))
    if draft is None:
        raise HTTPException(404)
    return draft


def _step(session: AdminSession) -> Step:
    """Return what makes the drafts that the address asks for."""
    return Step.WEEK if session.request.query.get("week") == "1" else Step.PUBLISH


def _note(session: AdminSession, day: date) -> Response:
    """Keep the note of a day, or take it back."""
    text, signed = (session.field(name)[:_LONGEST] for name in ("text", "signed"))
    bare = session.field("do") == "bare"
    try:
        note = None if bare else DeskNote.of(text, signed=signed)
    except InputError as error:
        field, _, hint = str(error).partition(": ")
        shown = "signed" if field == "signed" else "text"
        wrong = _Wrong(shown, _FIELDS[shown], sentence(hint))
        return _page(session, _Written(text, signed, (wrong,)))
    try:
        session.change(write_note, session.context.briefing, day, note)
    except UsageError:
        return session.back(PATH, message="gone" if bare else "late")
    if session.context.requests is not None:
        # A draft that is void is made again.
        session.context.requests.wake()
    return session.back(PATH, message="bare" if bare else "noted")


def _act(session: AdminSession, day: date) -> Response:
    """Drop the draft, or release it; the release by which it leaves is asked first."""
    context, step, actor = session.context, _step(session), session.actor
    series, path = step.series(context.briefing), f"{PATH}{_WEEK if step is Step.WEEK else ''}"
    # Without the digest of what was shown nothing is signed.
    seen = session.field("digest") or "none"
    what = f"{'week in review to' if step is Step.WEEK else 'edition of'} {long_date(day)}"
    previews = (("The draft as PDF", path.replace(PATH, f"{PATH}.pdf")),)

    def drop_it(at: datetime) -> str:
        with _in_words(), context.store.write() as tx:
            drop(tx, series, day, actor=actor, at=at)
        return "Draft discarded, with its releases."

    def sign_it(at: datetime) -> str:
        with _in_words(), context.store.write() as tx:
            done = sign(tx, series, day, plan=context.release, actor=actor, at=at, digest=seen)
        if context.requests is not None:
            # What is due now is sent now.
            context.requests.wake()
        if done.lacking:
            return "Released in your name. It waits for one more operator."
        return "Released. The edition leaves now."

    with context.store.read() as tx:
        draft, goes = drafts.of(tx, series), to_readers(session, tx, day)
    signed = len(draft.signed) if draft else 0
    if session.field("do") == "drop":
        lines = (f"It has left to nobody; {counted(signed, 'release')} of it will be void.",)
        question = Confirmation(f"Drop the draft of the {what}", "Drop it", lines, path, previews)
        return ask(session, question, drop_it)
    title = f"Release the {what} as {session.operator}"
    if draft is None or signed + 1 < context.release.by:
        return begin(session, title, sign_it, back=path, wait=timedelta())
    return ask(session, Confirmation(title, "Release it", (goes,), path, previews), sign_it)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say why nothing was released as an operator in a browser reads it."""
    try:
        yield
    except (InputError, ChoiceError, UsageError) as error:
        raise UsageError(_REASONS[type(error)]) from error


def _page(session: AdminSession, written: _Written | None = None) -> Response:
    context, times = session.context, times_in(session.zone, now=session.request.at)
    trouble, step = "", _step(session)
    try:
        with context.store.read() as tx:
            draft = drafts.of(tx, step.series(context.briefing))
            other = drafts.day_of(tx, Step.WEEK.series(context.briefing))
            day = draft.stored.day if draft else _next_day(session, tx)
            note = choices.note_of(tx, context.briefing, day)
    except StoreError as error:
        draft, note, day, trouble = None, None, times.today, sentence(str(error))
        other = None
    written = written or _Written(*((note.text, note.signed) if note else ()))
    return session.page(
        "release",
        status=422 if written.wrong else 200,
        week=_WEEK if step is Step.WEEK else "",
        other=f"{PATH}{_WEEK}" if other and step is Step.PUBLISH else "",
        folio=long_date(day),
        next=_until(session, draft, times) if draft else "",
        draft=draft,
        pages=_own_pages(session, draft) if draft else (),
        by=context.release.by,
        lacking=max(context.release.by - len(draft.signed), 0) if draft else 0,
        own=any(one.who == session.operator for one in draft.signed) if draft else False,
        moment=times.moment,
        trouble=trouble,
        day=day.isoformat(),
        day_words=long_date(day),
        note=note,
        written=written,
        most=MOST_WORDS,
    )


def _own_pages(session: AdminSession, draft: StoredDraft) -> list[tuple[str, str]]:
    """Return key, and sections and watch-lists, of each page for readers who chose these."""
    edition = read(draft.stored.record, draft.stored.id).edition
    return [
        (key, ", ".join(_headings(session, edition, key)))
        for key in printed_files.own_pdfs(draft.stored.files)
    ]


def _headings(session: AdminSession, edition: Edition, key: str) -> Iterator[str]:
    yield from map(session.context.heading, sections_of(key, printed=edition.offered))
    for name in lists_of(key, lists=edition.lists):
        yield f"watch-list {edition.lists[name]}"


def _next_day(session: AdminSession, tx: Transaction) -> date:
    context = session.context
    at = session.request.at
    return next_to_print(tx, context.briefing, timetable=context.timetable, at=at)[0]


def _until(session: AdminSession, draft: StoredDraft, times: Times) -> str:
    timetable = session.context.timetable
    if timetable and timetable.week and _step(session) is Step.WEEK:
        timetable = timetable.week
    until = deadline(timetable, draft.stored.day) if timetable else None
    if timetable is None or until is None:
        return "It has no deadline"
    then = "it leaves unreleased" if timetable.release.go else "it is held"
    return f"Until {times.moment(until)}; then {then}"


PAGES = (
    SitePage(PATH, view(release, posts=True, messages=_MESSAGES), ACT),
    SitePage(f"{PATH}.png", view(picture)),
    SitePage(f"{PATH}.pdf", view(pdf)),
    SitePage(f"{PATH}/{{sections}}.pdf", view(pdf)),
)

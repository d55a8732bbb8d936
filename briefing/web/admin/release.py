"""The draft that waits for its release, the forms that release it, and the desk's own note."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from starlette.responses import Response

from briefing.app.editors import next_to_print
from briefing.app.release import drop, sign, write_note
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.model import DeskNote, Step, lists_of, sections_of
from briefing.core.model.operator import MOST_WORDS
from briefing.core.schedule import deadline
from briefing.press.readback import page_picture
from briefing.press.wording import long_date
from briefing.store import drafts, printed_files
from briefing.store.drafts import StoredDraft
from briefing.web.admin.acts import ask, begin
from briefing.web.admin.frame import AdminSession, day_of, required, view
from briefing.web.admin.today import to_readers
from briefing.web.forms import FieldError, sentence
from briefing.web.request import ACT, SitePage
from briefing.web.stored import read

PATH = "/admin/release"
#: Behind it, for the draft of a week in review.
_WEEK = "?week=1"
_REASONS: Mapping[type[BriefingError], str] = {
    InputError: "That draft is no longer waiting. Nothing has changed.",
    ChoiceError: "A newer draft was made. Nothing was released: check this one.",
    UsageError: "You have released this draft already.",
}


#: Characters of a field of the note that are read.
LONGEST = 2_000


def release(session: AdminSession) -> Response:
    """Show the draft; release or drop it, or keep or remove a note, as the form says."""
    if not session.request.posts:
        return _page(session)
    day, do = day_of(session), session.field("do")
    if do not in {"note", "bare"}:
        return _act(session, day)
    note, wrong = (None, ()) if do == "bare" else read_note(session, "note")
    if wrong:
        return _page(session, wrong)
    try:
        session.change(write_note, session.briefing, day, note)
    except UsageError:
        return session.back(PATH, message="late" if note else "gone")
    # A draft that is void is made again.
    session.context.wake_round()
    return session.back(PATH, message="noted" if note else "bare")


def read_note(session: AdminSession, what: str) -> tuple[DeskNote | None, tuple[FieldError, ...]]:
    """Return the words of the desk that a form sent, or what is wrong with them."""
    try:
        text, signed = (session.field(name)[:LONGEST] for name in ("text", "signed"))
        return DeskNote.of(text, signed=signed), ()
    except InputError as error:
        field, _, hint = str(error).partition(": ")
        field, what = ("signed", "signature") if field == "signed" else ("text", what)
        return None, (FieldError(field, f"The {what} cannot be printed.", sentence(hint)),)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF, or its own page in the address."""
    draft, key = _draft(session), session.request.path.get("sections", "")
    files = draft.stored.files
    content = required(printed_files.own_pdfs(files).get(key) if key else files["pdf"])
    which = f"{draft.stored.day}-{key}" if key else f"{draft.stored.day}"
    shown = f'inline; filename="draft-{which}.pdf"'
    headers = {"Content-Type": "application/pdf", "Content-Disposition": shown}
    return Response(content, headers=headers)


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_draft(session).stored.files["pdf"]), media_type="image/png")


def _draft(session: AdminSession) -> StoredDraft:
    """Return the draft that waits; none is not found."""
    with session.read() as tx:
        return required(drafts.of(tx, _step(session).series(session.briefing)))


def _step(session: AdminSession) -> Step:
    """Return what makes the drafts that the address asks for."""
    return Step.WEEK if session.request.query.get("week") == "1" else Step.PUBLISH


def _act(session: AdminSession, day: date) -> Response:
    """Drop the draft, or release it; the release by which it leaves is asked first."""
    context, step = session.context, _step(session)
    series, path = step.series(context.briefing), f"{PATH}{_WEEK if step is Step.WEEK else ''}"
    # Without the digest of what was shown nothing is signed.
    seen = session.field("digest") or "none"
    what = f"{'week in review to' if step is Step.WEEK else 'edition of'} {long_date(day)}"
    previews = (("The draft as PDF", path.replace(PATH, f"{PATH}.pdf")),)

    def drop_it(at: datetime) -> str:
        with _in_words():
            session.run(drop, series, day, at=at)
        return "Draft discarded, with its releases."

    def sign_it(at: datetime) -> str:
        with _in_words():
            done = session.run(sign, series, day, plan=context.release, at=at, digest=seen)
        # What is due now is sent now.
        context.wake_round()
        if done.lacking:
            return "Released in your name. It waits for one more operator."
        return "Released. The edition is published now."

    with session.read() as tx:
        draft, goes = drafts.of(tx, series), to_readers(session, tx, day)
    signed = len(draft.signed) if draft else 0
    session.require("drop draft" if session.field("do") == "drop" else "release edition")
    if session.field("do") == "drop":
        return ask(
            session,
            drop_it,
            title=f"Drop the draft of the {what}",
            button="Drop it",
            lines=[f"Nobody has received it. {counted(signed, 'release')} will be void."],
            back=path,
            previews=previews,
        )
    title = f"Release the {what} as {session.operator}"
    if draft is None or signed + 1 < context.release.by:
        return begin(session, title, sign_it, back=path, wait=timedelta())
    shown = {"button": "Release it", "lines": [goes], "previews": previews}
    return ask(session, sign_it, title=title, back=path, step=None, **shown)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say why nothing was released as an operator in a browser reads it."""
    try:
        yield
    except (InputError, ChoiceError, UsageError) as error:
        raise UsageError(_REASONS[type(error)]) from error


def _page(session: AdminSession, wrong: tuple[FieldError, ...] = ()) -> Response:
    context, times, briefing = session.context, session.times, session.briefing
    trouble, step, table = "", _step(session), session.context.timetable
    try:
        with session.read() as tx:
            draft = drafts.of(tx, step.series(briefing))
            other = drafts.day_of(tx, Step.WEEK.series(briefing))
            if draft:
                day = draft.stored.day
            else:
                day, _ = next_to_print(tx, briefing, timetable=table, at=times.now)
            note = drafts.note_of(tx, briefing, day)
    except StoreError as error:
        draft, other, note, day, trouble = None, None, None, times.today, sentence(str(error))
    slot, pages = (table and step is Step.WEEK and table.week) or table, []
    if draft:
        # For readers who chose these sections and watch-lists.
        edition = read(draft.stored.record, draft.stored.id).edition
        for key in printed_files.own_pdfs(draft.stored.files):
            chosen = map(context.heading, sections_of(key, printed=edition.offered))
            lists = (edition.lists[name] for name in lists_of(key, lists=edition.lists))
            pages.append((key, ", ".join([*chosen, *(f"watch-list {each}" for each in lists)])))
    return session.page(
        "release",
        week=_WEEK if step is Step.WEEK else "",
        other=f"{PATH}{_WEEK}" if other and step is Step.PUBLISH else "",
        folio=long_date(day),
        table=slot,
        until=deadline(slot, day) if slot and draft else None,
        draft=draft,
        pages=pages,
        trouble=trouble,
        day=day.isoformat(),
        note=note,
        # As typed, or as it is.
        text=session.field("text")[:LONGEST] if wrong else note.text if note else "",
        signed=session.field("signed")[:LONGEST] if wrong else note.signed if note else "",
        wrong=wrong,
        most=MOST_WORDS,
    )


PAGES = (
    SitePage(PATH, view(release), ACT, acts=("write note", "release edition")),
    SitePage(f"{PATH}.png", view(picture)),
    SitePage(f"{PATH}.pdf", view(pdf)),
    SitePage(f"{PATH}/{{sections}}.pdf", view(pdf)),
)

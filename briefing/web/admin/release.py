"""The draft that waits for its release, and the desk's own words: notes and corrections."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from starlette.responses import Response

from briefing.app.corrections import CorrectionPlan, DeskCorrection, correct, sent_with
from briefing.app.editors import next_to_print
from briefing.app.release import drop, sign, write_note
from briefing.core import record
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.model import (
    WEEK,
    DeskNote,
    edition_of,
    lists_of,
    mutes_of,
    own_words_of,
    sections_of,
    series_of,
    weekly,
)
from briefing.core.model.operator import MOST_WORDS
from briefing.core.schedule import deadline
from briefing.press.readback import page_picture
from briefing.press.wording import long_date
from briefing.store import documents, drafts, editions, printed_files
from briefing.store.drafts import StoredDraft
from briefing.web.admin.acts import ask, begin, to_readers
from briefing.web.admin.frame import AdminSession, admin_form, admin_page, day_of, required
from briefing.web.forms import FieldError, FieldErrors, read_day, read_number, sentence
from briefing.web.stored import path_of, read

PATH = "/admin/release"
#: Behind it, for the draft of a week in review.
_REASONS: Mapping[type[BriefingError], str] = {
    InputError: "That draft is no longer waiting. Nothing has changed.",
    ChoiceError: "A newer draft was made. Nothing was released: check this one.",
    UsageError: "You have released this draft already.",
}


#: Characters of a field of the note that are read.
LONGEST = 2_000


def release(session: AdminSession) -> Response:
    """Show the draft; release or drop it, or keep or remove a note, as the form says."""
    if not session.posts:
        return _page(session)
    day, do = day_of(session), session.do
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


def read_note(session: AdminSession, what: str) -> tuple[DeskNote | None, FieldErrors]:
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
        return required(drafts.of(tx, series_of(session.briefing, _edition(session))))


def _edition(session: AdminSession) -> str:
    """Return which editions' drafts the address asks for; empty: those of the first of a day."""
    edition, table = session.asked("edition"), session.context.timetable
    required(edition in {"", WEEK} or (table and edition in table.editions) or None)
    return edition


def _asked(edition: str) -> str:
    return f"?edition={edition}" if edition else ""


def _named(edition: str, day: date) -> str:
    what = "week in review to" if edition == WEEK else f"{edition} edition of".lstrip()
    return f"{what} {long_date(day)}"


def _act(session: AdminSession, day: date) -> Response:
    """Drop the draft, or release it; the release by which it leaves is asked first."""
    context, edition = session.context, _edition(session)
    series, path = series_of(context.briefing, edition), f"{PATH}{_asked(edition)}"
    plan = context.release
    if edition and edition != WEEK and context.timetable:
        plan = replace(plan, timetable=context.timetable.of(edition))
    # Without the digest of what was shown nothing is signed.
    seen = session.field("digest") or "none"
    what = _named(edition, day)
    previews = (("The draft as PDF", path.replace(PATH, f"{PATH}.pdf")),)

    def drop_it(at: datetime) -> str:
        with _in_words():
            session.run(drop, series, day, at=at)
        return "Draft discarded, with its releases."

    def sign_it(at: datetime) -> str:
        with _in_words():
            done = session.run(sign, series, day, plan=plan, at=at, digest=seen)
        # What is due now is sent now.
        context.wake_round()
        if done.lacking:
            return "Released in your name. It waits for one more operator."
        return "Released. The edition is published now."

    with session.read() as tx:
        draft, goes = drafts.of(tx, series), to_readers(session, tx, day, edition)
    signed = len(draft.signed) if draft else 0
    session.require("drop draft" if session.do == "drop" else "release edition")
    if session.do == "drop":
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
    if draft is None or signed + 1 < plan.by:
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


def _page(session: AdminSession, wrong: FieldErrors = ()) -> Response:
    context, times, briefing = session.context, session.times, session.briefing
    trouble, edition, table = "", _edition(session), session.context.timetable
    try:
        with session.read() as tx:
            draft = drafts.of(tx, series_of(briefing, edition))
            waiting = (*drafts.waiting(tx, briefing), *drafts.waiting(tx, weekly(briefing)))
            if draft:
                day = draft.stored.day
            else:
                day, _ = next_to_print(tx, briefing, timetable=table, at=times.now)
            note = drafts.note_of(tx, briefing, day)
    except StoreError as error:
        draft, waiting, note, day, trouble = None, (), None, times.today, sentence(error)
    slot, pages = table, []
    if table and edition:
        slot = (table.week or table) if edition == WEEK else table.of(edition)
    if draft:
        # For readers who chose these sections and watch-lists.
        printed = read(draft.stored.record, draft.stored.id).edition
        for key in printed_files.own_pdfs(draft.stored.files):
            chosen = map(context.heading, sections_of(key, printed=printed.offered))
            lists = (printed.lists[name] for name in lists_of(key, lists=printed.lists))
            words = [
                *("own words" for _ in own_words_of(key)),
                *(["mutes"] if mutes_of(key) else []),
            ]
            pages.append((key, ", ".join([*chosen, *(f"watch-list {e}" for e in lists), *words])))
    return session.page(
        "release",
        which=_asked(edition),
        week=edition == WEEK,
        by=slot.release.by if slot else context.release.by,
        # Drafts of other editions that wait too.
        others=[
            (name, f"{PATH}{_asked(name)}") for name in map(edition_of, waiting) if name != edition
        ],
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


_PATH = "/admin/deliveries/correct"


def page(session: AdminSession) -> Response:
    """Show the sentences of an edition; ask before what is wrong with one is mailed."""
    # "2026-01-04" or "week/2026-01-04", as in the address on the web.
    week, _, last = (session.field("day") or session.asked("day")).rpartition("/")
    series = weekly(session.briefing) if week else session.briefing
    day = required(read_day(last))
    with session.read() as tx:
        stored = required(editions.on(tx, series, day))
    edition = record.read(stored.record, name=stored.id).edition
    passages = tuple(dict.fromkeys(edition.passages()))
    place = read_number(session.field("sentence"))
    wrong: FieldErrors = ()
    if session.posts:
        note, wrong = read_note(session, "correction")
        if place is None or place >= len(passages):
            unselected = "No sentence is selected.", "Select the wrong one"
            wrong = (FieldError("sentence", *unselected), *wrong)
        elif note is not None:
            return _ask(session, DeskCorrection(stored, passages[place], note))
    return session.page(
        "correct",
        day=day,
        path=path_of(stored),
        edition=edition,
        passages=passages,
        chosen=session.field("sentence"),
        text=session.field("text")[:LONGEST],
        signed=session.field("signed")[:LONGEST] if session.posts else "The desk",
        most=MOST_WORDS,
        wrong=wrong,
    )


def _ask(session: AdminSession, wrong: DeskCorrection) -> Response:
    context, day = session.context, wrong.edition.day
    plan = CorrectionPlan(
        context.name,
        mails=context.sender is not None,
        web=context.web,
        language=context.usual.language,
    )
    with session.read() as tx:
        readers = sent_with(tx, wrong.edition, wrong.old)
        source = documents.texts(tx, {wrong.old.document})[wrong.old.document]
        table, at = context.timetable, session.at
        coming, _ = next_to_print(tx, session.briefing, timetable=table, at=at)
        taken = drafts.note_of(tx, session.briefing, coming) is not None
    prints = session.field("print") == "1" and not taken

    def send(at: datetime) -> str:
        mails = session.run(correct, plan, wrong, at=at)
        if prints:
            session.run(write_note, session.briefing, coming, wrong.note, at=at)
        context.wake_round()
        return f"{counted(mails, 'correction')} mailed."

    lines = [
        f"It goes at once to all who were sent this sentence: {counted(len(readers), 'reader')}."
    ]
    if not plan.mails:
        lines = ["No mail is sent: no sender is set."]
    lines += ["The edition’s page shows it beside the sentence."]
    if session.field("print") == "1":
        lines += [
            f"The page of {long_date(coming)} has a note already, which stays."
            if taken
            else f"It is printed as a note of the desk on the page of {long_date(coming)}."
        ]
    return ask(
        session,
        send,
        title=f"Send a correction of the edition of {long_date(day)}",
        button="Send it",
        lines=lines,
        letter=wrong.text(plan, source),
        back=f"/admin/deliveries?day={day}",
        previews=[("The edition", f"/{path_of(wrong.edition)}")],
    )


PAGES = (
    admin_form(PATH, release, "write note", "release edition"),
    admin_page(f"{PATH}.png", picture),
    admin_page(f"{PATH}.pdf", pdf),
    admin_page(f"{PATH}/{{sections}}.pdf", pdf),
    admin_form(_PATH, page, "correct edition"),
)

"""The draft that waits for its release, and the desk's own words: notes and corrections."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from starlette.responses import Response

from briefing.app.corrections import CorrectionPlan, DeskCorrection, correct, sent_with
from briefing.app.editors import next_to_print
from briefing.app.release import drop, sign, write_note
from briefing.core import record
from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.messages import Translatable, numbered
from briefing.core.model import WEEK, DeskNote, by_edition, choice_of, edition_of, series_of, weekly
from briefing.core.model.operator import MOST_WORDS
from briefing.core.schedule import deadline
from briefing.press.catalog import _, ngettext, shown
from briefing.press.readback import page_picture
from briefing.press.wording import long_date, worded_in
from briefing.store import documents, drafts, editions, printed_files
from briefing.web.admin.acts import ask, begin, to_readers
from briefing.web.admin.frame import AdminSession, admin_form, admin_page, day_of, required
from briefing.web.forms import FieldError, FieldErrors, read_day, read_number, sentence
from briefing.web.stored import path_of, read

PATH = "/admin/release"
#: Why nothing was released, by the error of the use case.
_REASONS: Mapping[type[BriefingError], Translatable] = {
    InputError: Translatable("That draft is no longer waiting. Nothing has changed."),
    ChoiceError: Translatable("A newer draft was made. Nothing was released: check this one."),
    UsageError: Translatable("You have released this draft already."),
}


#: Most characters of a field of the note that are read.
LONGEST = 2_000


def release(session: AdminSession) -> Response:
    """Show the draft; release or drop it, or save or delete a note."""
    if not session.posts:
        return _page(session)
    day, do = day_of(session), session.do
    if do not in {"note", "bare"}:
        return _act(session, day)
    note, wrong = (
        (None, ()) if do == "bare" else read_note(session, _("The note cannot be printed."))
    )
    if wrong:
        return _page(session, wrong)
    try:
        session.change(write_note, session.briefing, day, note)
    except UsageError:
        return session.back(PATH, message="late" if note else "gone")
    # A draft that is no longer valid is made again.
    session.context.wake_round()
    return session.back(PATH, message="noted" if note else "bare")


def read_note(session: AdminSession, reason: str) -> tuple[DeskNote | None, FieldErrors]:
    """Return the desk's words from a form, or what is wrong with them."""
    try:
        text, signed = (session.field(name)[:LONGEST] for name in ("text", "signed"))
        return DeskNote.of(text, signed=signed), ()
    except InputError as error:
        field = "signed" if str(error).startswith("signed: ") else "text"
        if field == "signed":
            reason = _("The signature cannot be printed.")
        hint = str(shown(error)).partition(": ")[2]
        return None, (FieldError(field, reason, sentence(hint)),)


def pdf(session: AdminSession) -> Response:
    """Return the draft as PDF, or the own page in the address."""
    draft, key = _draft(session), session.path.get("sections", "")
    files = draft.stored.files
    content = required(printed_files.own_pdfs(files).get(key) if key else files["pdf"])
    which = f"{draft.stored.day}-{key}" if key else f"{draft.stored.day}"
    disposition = f'inline; filename="draft-{which}.pdf"'
    headers = {"Content-Type": "application/pdf", "Content-Disposition": disposition}
    return Response(content, headers=headers)


def picture(session: AdminSession) -> Response:
    """Return the draft as PNG."""
    return Response(page_picture(_draft(session).stored.files["pdf"]), media_type="image/png")


def _draft(session: AdminSession) -> drafts.StoredDraft:
    """Return the draft that waits; 404 if there is none."""
    with session.read() as tx:
        return required(drafts.of(tx, series_of(session.briefing, _edition(session))))


def _edition(session: AdminSession) -> str:
    """Return the name of the edition in the address; empty for the first of the day."""
    edition, table = session.asked("edition"), session.context.timetable
    required(edition in {"", WEEK, *table.editions} or None)
    return edition


def _asked(edition: str) -> str:
    return f"?edition={edition}" if edition else ""


#: Titles of the acts that drop and release a draft.
_DROP = {
    "first": Translatable("Drop the draft of the edition of {day}"),
    "further": Translatable("Drop the draft of the {edition} edition of {day}"),
    "week": Translatable("Drop the draft of the week in review to {day}"),
}
_RELEASE = {
    "first": Translatable("Release the edition of {day} as {who}"),
    "further": Translatable("Release the {edition} edition of {day} as {who}"),
    "week": Translatable("Release the week in review to {day} as {who}"),
}


def _act(session: AdminSession, day: date) -> Response:
    """Drop the draft, or release it; ask before the release that publishes it."""
    context, edition = session.context, _edition(session)
    series, path = series_of(context.briefing, edition), f"{PATH}{_asked(edition)}"
    plan = context.release(edition)
    # Nothing is signed without the digest of what was shown.
    seen = session.field("digest") or "none"
    about = {"edition": edition, "day": day}
    title = Translatable(by_edition(edition, **_RELEASE), who=session.operator, **about)
    previews = ((_("The draft as PDF"), path.replace(PATH, f"{PATH}.pdf")),)

    def drop_it(at: datetime) -> str:
        with _in_words():
            session.run(drop, series, day, at=at)
        return Translatable("Draft discarded, with its releases.")

    def sign_it(at: datetime) -> str:
        with _in_words():
            done = session.run(sign, series, day, plan=plan, at=at, digest=seen)
        # An edition that is due now is sent now.
        context.wake_round()
        if done.lacking:
            return Translatable("Released in your name. One more operator must release it.")
        return Translatable("Released. The edition is published now.")

    with session.read() as tx:
        draft, goes = drafts.of(tx, series), to_readers(session, tx, day, edition)
    signed = len(draft.signed) if draft else 0
    session.require("drop draft" if session.do == "drop" else "release edition")
    if session.do == "drop":
        return ask(
            session,
            drop_it,
            title=Translatable(by_edition(edition, **_DROP), **about),
            button=_("Drop it"),
            lines=[
                ngettext(
                    "Nobody has received it. {n} release will be void.",
                    "Nobody has received it. {n} releases will be void.",
                    signed,
                )
            ],
            back=path,
            previews=previews,
        )
    if draft is None or signed + 1 < plan.by:
        return begin(session, title, sign_it, back=path, wait=timedelta())
    button = _("Release it")
    return ask(
        session, sign_it, title=title, back=path, button=button, lines=[goes], previews=previews
    )


@contextmanager
def _in_words() -> Iterator[None]:
    """Word the reason why nothing was released for an operator in a browser."""
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
                day, _at = next_to_print(tx, briefing, timetable=table, at=times.now)
            note = drafts.note_of(tx, briefing, day)
    except StoreError as error:
        draft, waiting, note, day, trouble = None, (), None, times.today, sentence(error)
    slot, pages = table.of(edition), []
    if draft:
        # For readers who chose these sections and watch-lists.
        printed = read(draft.stored.record, draft.stored.id).edition
        for key in printed_files.own_pdfs(draft.stored.files):
            chosen = choice_of(key, printed=printed.offered, lists=printed.lists)
            lists = (_("watch-list {name}", name=printed.lists[each]) for each in chosen.lists)
            words = [_("own words")] if chosen.own_words else []
            words += [_("mutes")] if chosen.muted else []
            sections = map(context.heading, chosen.sections)
            pages.append((key, ", ".join([*sections, *lists, *words])))
    return session.page(
        "release",
        which=_asked(edition),
        week=edition == WEEK,
        by=slot.release.by,
        # Waiting drafts of other editions.
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
        # As typed if refused, otherwise as stored.
        text=session.field("text")[:LONGEST] if wrong else note.text if note else "",
        signed=session.field("signed")[:LONGEST] if wrong else note.signed if note else "",
        wrong=wrong,
        most=MOST_WORDS,
    )


_PATH = "/admin/deliveries/correct"


def page(session: AdminSession) -> Response:
    """Show the sentences of an edition; ask before a correction of one is mailed."""
    # "2026-01-04" or "week/2026-01-04", as in the web address.
    week, _slash, last = (session.field("day") or session.asked("day")).rpartition("/")
    series = weekly(session.briefing) if week else session.briefing
    day = required(read_day(last))
    with session.read() as tx:
        stored = required(editions.on(tx, series, day))
    edition = record.read(stored.record, name=stored.id).edition
    passages = tuple(dict.fromkeys(edition.passages()))
    place = read_number(session.field("sentence"))
    wrong: FieldErrors = ()
    if session.posts:
        note, wrong = read_note(session, _("The correction cannot be printed."))
        if place is None or place >= len(passages):
            unselected = _("No sentence is selected."), _("Select the wrong one")
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
        signed=session.field("signed")[:LONGEST] if session.posts else _("The desk"),
        most=MOST_WORDS,
        wrong=wrong,
    )


def _ask(session: AdminSession, wrong: DeskCorrection) -> Response:
    context, day = session.context, wrong.edition.day
    plan = CorrectionPlan(
        context.settings.name,
        mails=context.sender is not None,
        web=context.web,
        language=context.settings.language,
    )
    with session.read() as tx:
        readers = sent_with(tx, wrong.edition, wrong.old)
        source = documents.texts(tx, {wrong.old.document})[wrong.old.document]
        coming, _at = next_to_print(
            tx, session.briefing, timetable=context.timetable, at=session.at
        )
        taken = drafts.note_of(tx, session.briefing, coming) is not None
    prints = session.field("print") == "1" and not taken

    def send(at: datetime) -> str:
        mails = session.run(correct, plan, wrong, at=at)
        if prints:
            session.run(write_note, session.briefing, coming, wrong.note, at=at)
        context.wake_round()
        return numbered("{n} correction mailed.", "{n} corrections mailed.", mails)

    lines = [
        ngettext(
            "The correction is mailed at once to everyone who received this sentence: {n} reader.",
            "The correction is mailed at once to everyone who received this sentence: {n} readers.",
            len(readers),
        )
    ]
    if not plan.mails:
        lines = [_("No mail is sent: no sender is set.")]
    lines += [_("The web page of the edition shows the correction beside the sentence.")]
    if session.field("print") == "1":
        lines += [
            _("The edition of {day} already has a note, which stays.", day=coming)
            if taken
            else _(
                "The correction is also printed as a note of the desk in the edition of {day}.",
                day=coming,
            )
        ]
    with worded_in(context.settings.language):
        letter = wrong.text(plan, source)
    return ask(
        session,
        send,
        title=Translatable("Send a correction of the edition of {day}", day=day),
        button=_("Send it"),
        lines=lines,
        letter=letter,
        back=f"/admin/deliveries?day={day}",
        previews=[(_("The edition"), f"/{path_of(wrong.edition)}")],
    )


PAGES = (
    admin_form(PATH, release, "write note", "release edition"),
    admin_page(f"{PATH}.png", picture),
    admin_page(f"{PATH}.pdf", pdf),
    admin_page(f"{PATH}/{{sections}}.pdf", pdf),
    admin_form(_PATH, page, "correct edition"),
)

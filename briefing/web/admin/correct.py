"""A correction in the desk's own words: which sentence, what is wrong, and to whom it is mailed."""

from datetime import datetime

from starlette.responses import Response

from briefing.app.corrections import CorrectionPlan, DeskCorrection, correct, sent_with
from briefing.app.editors import next_to_print
from briefing.app.release import write_note
from briefing.core import record
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.core.model import DeskNote, Sentence
from briefing.core.model.operator import MOST_WORDS
from briefing.press.wording import long_date
from briefing.store import documents, drafts, editions
from briefing.store.editions import StoredEdition
from briefing.web.admin.acts import ask
from briefing.web.admin.frame import AdminSession, required, view
from briefing.web.forms import FieldError, read_day, read_number, sentence
from briefing.web.request import ACT, SitePage

_PATH = "/admin/deliveries/correct"
#: Characters of a field that are read.
_LONGEST = 2_000


def page(session: AdminSession) -> Response:
    """Show the sentences of an edition; ask before what is wrong with one is mailed."""
    day = required(read_day(session.field("day") or session.request.query.get("day", "")))
    with session.read() as tx:
        stored = required(editions.on(tx, session.briefing, day))
    passages = tuple(dict.fromkeys(record.read(stored.record, name=stored.id).edition.passages()))
    if not session.request.posts:
        return _page(session, stored, passages)
    place = read_number(session.field("sentence"))
    text, signed = (session.field(name)[:_LONGEST] for name in ("text", "signed"))
    wrong = []
    if place is None or place >= len(passages):
        wrong = [FieldError("sentence", "No sentence is selected.", "Select the wrong one")]
    try:
        note = DeskNote.of(text, signed=signed)
    except InputError as error:
        field, _, hint = str(error).partition(": ")
        shown, what = ("signed", "signature") if field == "signed" else ("text", "correction")
        wrong.append(FieldError(shown, f"The {what} cannot be printed.", sentence(hint)))
    if wrong or place is None:
        return _page(session, stored, passages, wrong)
    return _ask(session, DeskCorrection(stored, passages[place], note))


def _page(
    session: AdminSession,
    stored: StoredEdition,
    passages: tuple[Sentence, ...],
    wrong: list[FieldError] | None = None,
) -> Response:
    edition = record.read(stored.record, name=stored.id).edition
    posts = session.request.posts
    return session.page(
        "correct",
        day=stored.day,
        briefs=[
            (brief.headline, [(passages.index(each), each.text) for each in brief.sentences])
            for brief in edition.briefs()
        ],
        chosen=session.field("sentence"),
        text=session.field("text")[:_LONGEST],
        signed=session.field("signed")[:_LONGEST] if posts else "The desk",
        most=MOST_WORDS,
        wrong=wrong or [],
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
        table, at = context.timetable, session.request.at
        coming, _ = next_to_print(tx, session.briefing, timetable=table, at=at)
        taken = drafts.note_of(tx, session.briefing, coming) is not None
    prints = session.field("print") == "1" and not taken

    def send(at: datetime) -> str:
        mails = session.run(correct, plan, wrong, at=at) if plan.mails else 0
        if prints:
            session.run(write_note, session.briefing, coming, wrong.note, at=at)
        context.wake_round()
        return f"{counted(mails, 'correction')} mailed."

    lines = [
        f"It goes at once to all who were sent this sentence: {counted(len(readers), 'reader')}."
    ]
    if not plan.mails:
        lines = ["No mail is sent: no sender is set."]
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
        previews=[("The edition", f"/{day}")],
    )


PAGES = (SitePage(_PATH, view(page), ACT),)

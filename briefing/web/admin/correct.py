"""A correction in the desk's own words: which sentence, what is wrong, and to whom it is mailed."""

from datetime import datetime

from starlette.responses import Response

from briefing.app.corrections import CorrectionPlan, DeskCorrection, correct, sent_with
from briefing.app.editors import next_to_print
from briefing.app.release import write_note
from briefing.core import record
from briefing.core.counting import counted
from briefing.core.model import weekly
from briefing.core.model.operator import MOST_WORDS
from briefing.press.wording import long_date
from briefing.store import documents, drafts, editions
from briefing.web.admin.acts import ask
from briefing.web.admin.frame import AdminSession, required, view
from briefing.web.admin.release import LONGEST, read_note
from briefing.web.forms import FieldError, read_day, read_number
from briefing.web.request import ACT, SitePage
from briefing.web.stored import path_of

_PATH = "/admin/deliveries/correct"


def page(session: AdminSession) -> Response:
    """Show the sentences of an edition; ask before what is wrong with one is mailed."""
    # "2026-01-04" or "week/2026-01-04", as in the address on the web.
    week, _, last = (session.field("day") or session.request.query.get("day", "")).rpartition("/")
    series = weekly(session.briefing) if week else session.briefing
    day = required(read_day(last))
    with session.read() as tx:
        stored = required(editions.on(tx, series, day))
    edition = record.read(stored.record, name=stored.id).edition
    passages = tuple(dict.fromkeys(edition.passages()))
    place = read_number(session.field("sentence"))
    wrong: tuple[FieldError, ...] = ()
    if session.request.posts:
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
        signed=session.field("signed")[:LONGEST] if session.request.posts else "The desk",
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
        table, at = context.timetable, session.request.at
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


PAGES = (SitePage(_PATH, view(page), ACT, acts=("correct edition",)),)

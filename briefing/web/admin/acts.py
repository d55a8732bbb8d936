"""Acts of operators: confirmed, undone within a minute, with outcomes in words; the audit log."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.responses import Response

from briefing.app.rounds.runs import request_run as note_order
from briefing.core.errors import BriefingError, UsageError
from briefing.core.messages import Translatable, numbered
from briefing.core.model import (
    MEMORY,
    WEEK,
    DeliveryStatus,
    Ending,
    Run,
    State,
    Step,
    Subscriber,
    series_of,
)
from briefing.core.schedule import due_of
from briefing.mail.report import DEAD
from briefing.press.catalog import _, ngettext, shown, translated
from briefing.store import (
    Transaction,
    archive,
    audit,
    deliveries,
    editions,
    operators,
    runs,
    subscribers,
)
from briefing.web.admin.frame import AdminSession, admin_form, admin_page
from briefing.web.context import WAIT, Act
from briefing.web.forms import read_number, sentence

PATH = "/admin/acts"
#: Path of this week's review as it would be printed now.
WEEK_PDF = "/admin/week.pdf"
#: Seconds between automatic reloads while something is in progress.
_RELOAD = 5


def ask(
    session: AdminSession,
    do: Callable[[datetime], str],
    *,
    title: str,
    back: str,
    step: Step | None = None,
    **question: object,
) -> Response:
    """Show what an act does and ask for confirmation; once confirmed, have it done in a minute.

    ``do`` acts at a moment and returns the outcome. A question has the label of its ``button``,
    ``lines`` that say what goes to whom, ``previews`` by label and path, whether it asks for the
    ``reason`` shown to readers, and the ``letter`` that they get.
    """
    if session.field("sure") == "1":
        return begin(session, title, do, back=back, step=step)
    sent = session.fields.items()
    fields = [(name, value) for name, values in sent for value in values if name != "form_token"]
    asked = dict[str, Any](previews=(), reason=False, letter="") | question
    action = session.address
    return session.page("act", title=title, back=back, fields=fields, action=action, **asked)


def ask_again(
    session: AdminSession,
    use_case: Callable[..., object],
    *given: object,
    to: Subscriber,
    back: str,
    **named: object,
) -> Response:
    """Ask before a mail is sent to a reader again."""

    def send(at: datetime) -> str:
        try:
            session.run(use_case, *given, **named, at=at)
        except UsageError:
            return Translatable("Nothing has changed: this mail cannot be sent again.")
        session.context.wake()
        return Translatable("It will be sent with the next run, with new links.")

    # The title is kept for an hour; the address is not.
    title = Translatable("Send a mail again to reader {number}", number=str(to.id))
    lines = [_("It goes to {address}.", address=to.address)]
    return ask(session, send, title=title, button=_("Send"), lines=lines, back=back)


def begin(  # noqa: PLR0913  the fields of an act
    session: AdminSession,
    title: str,
    do: Callable[[datetime], str],
    *,
    back: str,
    step: Step | None = None,
    wait: timedelta = WAIT,
) -> Response:
    """Schedule an act after a wait, and redirect to its outcome."""
    acts, at = session.context.acts, session.at
    acts.add(Act(title, session.operator, back, at + wait, do, step), at=at)
    return session.back(PATH)


def acts(session: AdminSession) -> Response:
    """Show the latest acts and their outcomes; undo one."""
    if session.posts:
        undone = session.context.acts.undo(read_number(session.field("undo")) or 0)
        if undone is None:
            return session.back(PATH, message="late")
        session.note("undo", undone.title)
        return session.back(PATH, message="undone")
    rows = [(act, *_state(session, act)) for act in session.context.acts.listed()]
    going = any(state in {"waits", "running"} for _, state, _ in rows)
    stopped = session.asked("refresh") == "0"
    return session.page("acts", rows=rows, reload=_RELOAD if going and not stopped else 0)


def _state(session: AdminSession, act: Act) -> tuple[str, str]:
    if act.done is None:
        left = max(int((act.due - session.at).total_seconds()), 0)
        return "waits", ngettext(
            "Will be carried out in {n} second unless it is undone.",
            "Will be carried out in {n} seconds unless it is undone.",
            left,
        )
    words = sentence(act.words) if isinstance(act.words, BriefingError) else shown(act.words)
    if act.failed:
        return "failed", words
    if act.step is None:
        return "done" if words else "running", words  # the words are set when the act is done
    run = session.look(runs.last, session.briefing, act.step)
    if not run or run.began < act.done or run.ended is None:
        return "running", words
    good = run.ending in {Ending.DONE, Ending.PART}
    return "done" if good else "failed", came_of(run) or f"{run.ending}"


#: Most lines on the page.
_MOST = 200


def log(session: AdminSession) -> Response:
    """Show the latest events, of all actors or of one."""
    who = "".join(filter(str.isprintable, session.asked("who")))
    with session.read() as tx:
        events = audit.recent(tx, limit=_MOST, who=who)
        names = tuple(operator.name for operator in operators.listed(tx))
    zone, most = session.zone, _MOST
    return session.page("audit", events=events, who=who, names=names, most=most, zone=zone)


def request_run(
    session: AdminSession,
    step: Step | None,
    *,
    back: str,
    day: date | None = None,
    edition: str = "",
) -> Response:
    """Request a run; ask first if it sends anything out, as collecting does not.

    ``day`` and ``edition`` are those of the draft that is shown.
    """
    context, requests = session.context, session.context.requests
    if requests is None or step is None:
        return session.back(back)
    session.require(f"order {step}")

    def give(at: datetime) -> str:
        session.run(note_order, step, day=day, edition=edition, timetable=context.timetable, at=at)
        requests.give(step, day=day, edition=edition)
        return ""

    if step is Step.COLLECT:
        return begin(session, Translatable("Collect"), give, back=back, step=step, wait=timedelta())
    question = _question(session, step, drafted=day, edition=edition)
    return ask(session, give, step=step, back=back, **question)


def _question(
    session: AdminSession, step: Step, *, drafted: date | None, edition: str
) -> dict[str, Any]:
    """Return what a run sends to whom."""
    context, day = session.context, drafted or session.context.today
    which = WEEK if step is Step.WEEK else edition
    with session.read() as tx:
        goes = [_("A draft is made. Nothing is sent until it is released.")]
        if not context.timetable.of(which).release.by:
            goes = [to_readers(session, tx, day, which)]
        if step is Step.DELIVER:
            last = editions.current(tx, session.briefing, day)
            waiting = deliveries.audience(tx, last.id).counts if last else {}
            due = waiting.get(DeliveryStatus.DUE, 0)
            line = ngettext(
                "{n} mail of the last edition is waiting; it is sent if it is due.",
                "{n} mails of the last edition are waiting; those that are due are sent.",
                due,
            )
            return {
                "title": Translatable("Deliver now"),
                "button": _("Deliver"),
                "lines": [line],
                "previews": [(_("Deliveries"), "/admin/deliveries")],
            }
        if step is Step.WEEK:
            first = day - MEMORY + timedelta(days=1)
            printed = archive.days(tx, session.briefing, first=first, last=day)
            reviewed = ngettext(
                "It reviews {n} edition, {first} to {last}.",
                "It reviews {n} editions, {first} to {last}.",
                len(printed),
                first=first,
                last=day,
            )
            return {
                "title": Translatable("Review the week to {day}", day=day),
                "button": _("Publish the review"),
                "lines": [reviewed, *goes],
                "previews": [(_("Preview as PDF"), WEEK_PDF)] if context.review else [],
            }
        if editions.on(tx, series_of(session.briefing, edition), day):
            goes = [_("It has already been published and is not made again.")]
    title, asked = Translatable("Publish the edition of {day}", day=day), ""
    if edition:
        title = Translatable("Publish the {edition} edition of {day}", edition=edition, day=day)
        asked = f"?edition={edition}"
    return {
        "title": title,
        "button": _("Publish it"),
        "lines": goes,
        "previews": [
            (_("Preview as PDF"), f"/admin/tomorrow.pdf{asked}")
            if drafted
            else (_("Preview"), "/admin/tomorrow")
        ],
    }


def to_readers(session: AdminSession, tx: Transaction, day: date, edition: str) -> str:
    """Return to how many readers an edition is mailed, in words."""
    offered = session.context.timetable.editions
    active = (person.preferences for person in subscribers.listed(tx, state=State.ACTIVE))
    dues = (due_of(each, edition, offered=offered, day=day, at=session.at) for each in active)
    count = sum(due is not None for due in dues)
    lists = ", ".join(session.context.settings.offered.lists.values())
    if session.context.sender is None:
        return _("It is shown on the site. No mail is sent: no sender is set.")
    goes = ngettext(
        "It is shown on the site and mailed to {n} reader, each at their own time.",
        "It is shown on the site and mailed to {n} readers, each at their own time.",
        count,
    )
    if not lists:
        return goes
    chosen = _("Some of these readers may have chosen watch-lists: {lists}.", lists=lists)
    return f"{goes} {chosen}"


PAGES = (admin_form(PATH, acts, "undo"), admin_page("/admin/log", log))


#: An address that does not exist.
UNKNOWN = Translatable("unknown address")
#: Labels of the steps.
STEPS = {
    Step.COLLECT: Translatable("Collect"),
    Step.PUBLISH: Translatable("Publish"),
    Step.WEEK: Translatable("Review"),
    Step.DELIVER: Translatable("Deliver"),
    Step.BOUNCES: Translatable("Read bounces"),
}


_STATES = {
    DeliveryStatus.HELD: Translatable("in doubt"),
    DeliveryStatus.EXPIRED: Translatable("too late"),
    DeliveryStatus.DUE: Translatable("to be tried again"),
}
#: Meanings of refusals, by enhanced status code (RFC 3463) or usual wording.
_MEANINGS = (
    (UNKNOWN, re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(DEAD)))})\b")),
    (Translatable("mailbox full"), re.compile(r"\b[45]\.2\.2\b|quota|\bfull\b", re.IGNORECASE)),
    (
        Translatable("refused by the provider"),
        re.compile(r"\b[45]\.7\.\d|spam|blocked|policy", re.IGNORECASE),
    ),
)


def meaning_of(status: DeliveryStatus, cause: str) -> str:
    """Return why a mail is not delivered, in a few words that cover many causes."""
    if status is not DeliveryStatus.REFUSED:
        return _STATES[status]
    return next(
        (name for name, pattern in _MEANINGS if pattern.search(cause)), Translatable("refused")
    )


#: Commands recommended in messages for which the administration has a button.
_COMMAND = re.compile(
    r"\s?: briefing (?:sources|subscribers) (?:add|resume) ADDRESS"
    r"|\s?; [^;`]*`briefing \w+`[^;`]*| since [-\d]{10} [:\d]{5} UTC"
)
#: Technical errors to reword: a failing robots.txt, around its reason; a host that does not exist.
_ROBOTS = re.compile(
    r"robots\.txt of \S+ cannot be read, so nothing is fetched there in this run \(([^()]*)\)"
)
_NOWHERE = re.compile(r"\S+: no such host")


def came_of(run: Run) -> str:
    """Return the result of a finished run in one line, or why it has none."""
    if run.ending in {Ending.FAILED, Ending.EMPTY, Ending.BLIND, Ending.BUSY}:
        return in_browser(run.words)
    return figures_of(run) or in_browser(run.words)


def in_browser(words: str) -> str:
    """Return a stored message in the language of the request, without jargon.

    A command for which there is a button is left out.
    """
    words = _NOWHERE.sub(_("no such site"), _ROBOTS.sub(r"\1", words))
    return _COMMAND.sub("", translated(words))


def figures_of(run: Run) -> str:
    """Format the figures of a run; figures without a wording appear by name."""
    figures = run.figures
    try:
        if run.step is Step.COLLECT:
            answered = figures["sources"] - figures["failing"]
            fresh = ngettext("{n} new report", "{n} new reports", figures["fresh"])
            return _(
                "{reports}, sources: {answered} of {sources}",
                reports=fresh,
                answered=answered,
                sources=figures["sources"],
            )
        if run.step in {Step.PUBLISH, Step.WEEK}:
            return _(
                "stories: {printed} of {stories}, page {full}% full",
                printed=figures["printed"],
                stories=figures["stories"],
                full=figures["full"],
            )
    except KeyError:
        pass
    return ", ".join(_counted(name, number) for name, number in figures.items())


def _counted(name: str, number: int) -> str:
    known = {
        "sent": numbered("{n} mail sent", "{n} mails sent", number),
        "later": numbered("{n} mail to be tried again", "{n} mails to be tried again", number),
        "refused": numbered("{n} mail refused", "{n} mails refused", number),
        "dropped": numbered("{n} connection lost", "{n} connections lost", number),
        "ambiguous": numbered("{n} mail in doubt", "{n} mails in doubt", number),
        "held": numbered("{n} mail held", "{n} mails held", number),
        "hard": numbered("{n} dead address", "{n} dead addresses", number),
        "soft": numbered("{n} soft bounce", "{n} soft bounces", number),
        "complaint": numbered("{n} complaint", "{n} complaints", number),
        "left": numbered("{n} request to unsubscribe", "{n} requests to unsubscribe", number),
        "automatic": numbered("{n} automatic reply", "{n} automatic replies", number),
        "known": numbered("{n} bounce already recorded", "{n} bounces already recorded", number),
        "ended": numbered("{n} subscription ended", "{n} subscriptions ended", number),
    }
    return str(shown(known.get(name, f"{number} {name}")))

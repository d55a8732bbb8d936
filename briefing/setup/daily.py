"""From settings to the daily round: its timetable, steps and alerts."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from briefing.app.bounces import Returned
from briefing.app.collect import Collected
from briefing.app.deliver import Delivered
from briefing.app.doctor import Finding, Use, broken, examine
from briefing.app.publish import Published
from briefing.app.readers.letters import put_notes
from briefing.app.rounds.days import RoundPlan, coverage_of, plan_round, run_once, unprinted
from briefing.app.rounds.round import Round, RoundRules
from briefing.app.rounds.runs import (
    Ended,
    RoundTask,
    RunLog,
    RunRequests,
    SharedEngine,
    StepHandler,
    Stopped,
)
from briefing.app.watch_lists import WatchAlertPlan, alert
from briefing.core import errors, schedule
from briefing.core.messages import Translatable
from briefing.core.model import (
    CHANNEL_MESSAGES,
    DELIVERED,
    WEEK,
    DeliveryStatus,
    Ending,
    MailKind,
    Run,
    Step,
)
from briefing.core.text.watch_alerts import SPAN, WatchAlert, is_spent
from briefing.mail.headers import one_line
from briefing.mail.relay import ResultKind
from briefing.press.catalog import gettext, shown
from briefing.press.wording import worded_in
from briefing.settings import Live, Renewed, Settings
from briefing.setup import mailing
from briefing.setup.channels import alert_refusal, alerting_of, deliver_due
from briefing.setup.checks import opened_unchanged
from briefing.setup.clock import now, steady, waiting
from briefing.setup.logs import about
from briefing.setup.news import collect_news, prepare_editions, publish_edition, window
from briefing.setup.parts import rule
from briefing.setup.post import read_returned
from briefing.store import Store, Transaction, deliveries, runs
from briefing.store.audit import Actor


def check_apart(briefings: Iterable[Settings]) -> None:
    """Check that briefings of one process share no store: subscribers get all editions in it.

    Raises UsageError if two briefings share a store.
    """
    names: dict[str, str] = {}
    for settings in briefings:
        place = settings.place
        url = str(place.url)
        if url in names:
            raise errors.UsageError(
                f"{settings.name!r} and {names[url]!r} have one store, {place.label}; give each "
                "briefing a store of its own under [store]"
            )
        names[url] = settings.name


def run_log_of(
    store: Store, *, settings: Settings, preflight: Callable[[], Sequence[Finding]] = tuple
) -> RunLog:
    """Return the run log of a briefing, which also sends its alerts and those of the preflight.

    Raises SettingsError if alerts cannot be sent with these settings.
    """
    alerting = alerting_of(settings, store, preflight=preflight)
    return RunLog(
        store,
        settings.briefing,
        now,
        alert=alerting,
        look=alerting,
        without_store=alerting.without_store,
        steady=steady,
        about=lambda run: about(run=run.id, step=run.step, briefing=run.briefing),
    )


def handlers_of(
    store: Store, *, settings: Settings, stop: Callable[[], bool] = lambda: False
) -> Mapping[Step, StepHandler]:
    """Return the steps that the settings enable: no delivery without a sender, and so on.

    ``stop`` is called regularly, where nothing can be lost, and returns whether to end early.
    """

    def look(*_progress: object) -> None:
        if stop():
            raise Stopped

    steps = enabled_steps(settings)

    def collect(_task: RoundTask) -> Ended:
        ended = collected(collect_news(store, settings=settings, watch=look), at=now())
        alert_watched(store, settings=settings)
        prepare_editions(store, settings=settings)
        return ended

    publish = partial(_publish, store=store, settings=settings)
    handlers: dict[Step, StepHandler] = {
        Step.COLLECT: collect,
        Step.PUBLISH: publish,
        Step.WEEK: publish,
    }
    if Step.DELIVER in steps:
        handlers[Step.DELIVER] = lambda _task: delivered(
            deliver_due(store, settings=settings, watch=look)
        )
    if Step.BOUNCES in steps:
        handlers[Step.BOUNCES] = lambda _task: returned(
            read_returned(store, settings=settings, source=None)
        )
    return handlers


def _publish(task: RoundTask, *, store: Store, settings: Settings) -> Ended:
    edition = WEEK if task.step is Step.WEEK else task.edition
    slot = settings.timetable if edition == WEEK else settings.timetable.of(edition)
    # Before the reports are read: a source that responds later may have brought some.
    ended = store.look(unprinted, settings.briefing, task.day, timetable=slot, at=now())
    try:
        done = publish_edition(
            store, settings=settings, day=task.day, edition=edition, late=task.late
        )
    except errors.NothingToPrintError as error:
        if edition == WEEK:
            return Ended(Ending.EMPTY, str(error))
        if ended.ending is not Ending.EMPTY:
            return ended
        wanted = settings.schedule.empty == "note" and settings.mail.sender and not edition
        why = _note(store, task.day, settings=settings) if wanted else ""
        return replace(ended, words=f"{error}; {why}" if why else str(error))
    if done.waits:
        mailing.mail_operators(store, settings=settings)
    return published(done)


def enabled_steps(settings: Settings) -> frozenset[Step]:
    """Return the steps that the settings enable."""
    optional = {Step.DELIVER: deliverable(settings), Step.BOUNCES: settings.mail.bounces}
    always = {Step.COLLECT, Step.PUBLISH, Step.WEEK}
    return frozenset({*always, *(step for step in optional if optional[step])})


def deliverable(settings: Settings) -> frozenset[MailKind]:
    """Return the kinds of mail that the settings enable; without a sender, only to channels."""
    if settings.mail.sender:
        return DELIVERED
    return CHANNEL_MESSAGES if settings.channel else frozenset()


def plan_briefing(settings: Settings, *, only_due: bool) -> RoundPlan:
    """Return what :func:`run_briefing` would do now, without writing or sending anything.

    Raises PreflightError if the round would not begin.
    """
    with opened_unchanged(settings, use=Use.RUN) as store:
        return plan_round(
            store,
            settings.briefing,
            timetable=settings.timetable,
            steps=enabled_steps(settings),
            only_due=only_due,
            now=now(),
        )


def run_briefing(store: Store, *, settings: Settings, only_due: bool) -> Iterator[Run]:
    """Send the waiting mails, and do the round of a briefing once, like :func:`run_once`."""
    if settings.mail.sender:
        mailing.send_waiting(store, settings=settings)
    try:
        yield from run_once(
            run_log_of(store, settings=settings),
            timetable=settings.timetable,
            handlers=handlers_of(store, settings=settings),
            only_due=only_due,
            kinds=deliverable(settings),
        )
    except errors.StoreError as error:
        # There is no run for this, since it could not be recorded.
        why = tuple(examine({"store": partial(broken, str(error))}))
        alert_refusal(settings, None, findings=why)
        raise


def round_of(
    store: Store,
    *,
    live: Live,
    requests: RunRequests,
    preflight: Callable[[], Sequence[Finding]] = tuple,
    engine: Callable[[RunLog, Settings], SharedEngine | None] = lambda _run_log, _settings: None,
) -> Round:
    """Return the round of a briefing, not started yet.

    Findings of the preflight become alerts. ``engine`` returns what distributes the work, None if
    this process does it. Raises SettingsError if alerts cannot be sent with these settings.
    """

    def rules(settings: Settings) -> RoundRules:
        run_log = run_log_of(store, settings=settings, preflight=preflight)
        return RoundRules(
            run_log,
            settings.timetable,
            handlers_of(store, settings=settings, stop=lambda: requests.closed),
            engine(run_log, settings),
            deliverable(settings),
        )

    return Round(Renewed(live, rules), requests=requests, wait=waiting(requests))


def _note(store: Store, day: date | None, *, settings: Settings) -> str:
    """Send readers the notice that a day has no page, once and not before its time.

    Returns why the notice cannot be sent although the settings ask for it; otherwise empty.
    """
    timetable = settings.timetable
    at = schedule.publish_at(timetable, day) if day else None
    if not day or at is None or at > now():
        return ""
    if not settings.web.address:
        return "no note is sent: web.address is empty, and the note needs a way to unsubscribe"
    life = settings.life
    with store.write() as tx:
        put_notes(tx, name=settings.name, day=day, timetable=timetable, at=now(), life=life)
    return ""


def collected(done: Collected, *, at: datetime) -> Ended:
    """Return how collecting ended."""
    figures = {
        "sources": len(done.visits),
        "items": sum(visit.items for visit in done.visits),
        "fresh": sum(visit.fresh for visit in done.visits),
        "edited": sum(visit.edited for visit in done.visits) + done.edited,
        "failing": len(done.failing),
    }
    if not done.failing:
        return Ended(Ending.DONE, figures=figures)
    coverage = coverage_of(done.source_statuses, since=done.at or at, now=at)
    first = done.failing[0]
    # The query of an address may contain an operator's key.
    name = first.source.name or first.source.url.partition("?")[0]
    more = f"; and {len(done.failing) - 1} more" if len(done.failing) > 1 else ""
    message = f"{name}: no response: {first.reason}{more}"
    # Sources fail individually; if none responds, the cause is on our side.
    ending = Ending.PART if coverage.read else Ending.FAILED
    return Ended(ending, message, figures, again=not coverage.enough)


def published(done: Published) -> Ended:
    """Return how publishing ended."""
    if done.printed is None:
        stands = "is awaiting release" if done.waits else "already published"
        return Ended(Ending.DONE, f"{done.stored.id}: {stands}")
    ledger = done.printed.edition.ledger
    figures = {
        "documents": ledger.documents,
        "stories": ledger.stories,
        "printed": ledger.printed,
        "sentences": ledger.sentences_printed,
        "full": round(100 * done.printed.fit.fill),
    }
    came = "is awaiting release" if done.waits else "published"
    return Ended(Ending.DONE, f"{done.stored.id}: {came}", figures)


def delivered(done: Delivered) -> Ended:
    """Return how delivering ended."""
    figures = {kind.value: number for kind, number in done.attempts.items() if number}
    if done.suspect:
        figures["held"] = done.suspect
    if done.paused:
        return Ended(Ending.FAILED, f"paused: {done.paused}", figures, again=True)
    if done.refusing:
        return Ended(Ending.FAILED, "; ".join(done.refusing), figures)
    if done.suspect:
        message = "the store is older than what was sent from it; see briefing deliver --status"
        return Ended(Ending.PART, message, figures)
    troubled = done.attempts.get(ResultKind.REFUSED, 0)
    message = f"mails refused: {troubled}; see briefing deliver --status" if troubled else ""
    return Ended(Ending.PART if troubled else Ending.DONE, message, figures)


def returned(done: Returned) -> Ended:
    """Return how reading returned mail ended."""
    figures = {came.value: number for came, number in done.counts.items()}
    figures["ended"] = done.ended
    if done.withheld:
        return Ended(Ending.FAILED, "; ".join(done.withheld), figures)
    if not done.faults:
        return Ended(Ending.DONE, figures=figures)
    return Ended(Ending.PART, f"mails that cannot be read: {len(done.faults)}", figures)


LOG = logging.getLogger("briefing.alerts")

#: How long a mail is tried; after that, the next edition has the story.
_TRIED = timedelta(days=1)
#: Stands for the source of a digest; most characters of a digest, and its last line when full.
_DIGEST, _LONGEST, _MORE = (
    "\N{HORIZONTAL ELLIPSIS}",
    30_000,
    Translatable("There are more: see the watch-lists."),
)
_BEGIN = Translatable(
    "More new stories were reported within an hour than are mailed one by one. The others:"
)


def alert_watched(store: Store, *, settings: Settings) -> int:
    """Alert to watched news that was just collected; return the number of alerts.

    A failure is only logged: the reports are kept, and the next run looks again.
    """
    if not any(table.alert for table in settings.watch):
        return 0
    try:
        given = alert(store, plan_of(settings), at=now())
    except errors.BriefingError as error:
        LOG.warning("watch-lists cannot alert: %s", error)
        return 0
    if given:
        mailing.mail_operators(store, settings=settings)
    return given


def _put(  # noqa: PLR0913  what about, to whom, in which words, when
    tx: Transaction,
    address: str,
    watched: WatchAlert,
    *,
    text: str,
    name: str,
    at: datetime,
    kind: MailKind = MailKind.WATCH,
) -> None:
    """Queue a mail or message about a story or, beyond the hourly budget, a line of a digest.

    The first line of the stored words is the address or the channel's name, a tab, and the source
    or the mark of a digest.
    """
    to, head = 0, f"{address}\t{_DIGEST}\n"
    if kind is MailKind.CHANNEL_ALERT:
        to = deliveries.channel_number(address)
    mails = deliveries.asked_since(tx, kind, at - SPAN)
    heads = (mail.words.partition("\n")[0].partition("\t") for mail in mails)
    before = [(source, to) for to, _, source in heads if source != _DIGEST]
    source = mailing.source_of(watched)
    if not is_spent(before, source=source, reader=address):
        words = f"{address}\t{source}\n{text}"
        deliveries.put_mail(tx, kind, to, words=words, at=at, until=at + _TRIED)
        return
    line, waiting = f"\n- {mailing.watch_line(watched)}\n", DeliveryStatus.DUE
    more = f"\n{shown(_MORE)}\n"
    for mail in mails:
        if mail.words.startswith(head) and mail.status is waiting and not mail.tries:
            if not mail.words.endswith(more):
                deliveries.add_words(tx, mail.id, line if len(mail.words) < _LONGEST else more)
            return
    # Everything beyond the hourly budget.
    subject = one_line(gettext("[{name}] More new stories from watch-lists", name=name))
    words, due = f"{head}{subject}\n{shown(_BEGIN)}\n{line}", at + SPAN
    deliveries.put_mail(tx, kind, to, words=words, at=at, until=due + _TRIED, due=due)


def plan_of(settings: Settings) -> WatchAlertPlan:
    """Return when a briefing alerts to watched news, and whom."""
    own = {table.name: table.alert_mail for table in settings.watch}
    reports = window(settings)
    everybody = (settings.alerts.mail,) if settings.alerts.mail else ()

    def line(watched: WatchAlert) -> str:
        return "" if own[watched.list.name] else mailing.watch_line(watched)

    def mail(tx: Transaction, watched: WatchAlert, at: datetime) -> None:
        LOG.warning("watched: %s", mailing.watch_line(watched))
        with worded_in(settings.language):
            text = mailing.watch_text(watched, name=settings.name, web=settings.web.address)
            queue = partial(_put, tx, watched=watched, text=text, name=settings.name, at=at)
            for channel in settings.channel:
                if watched.list.name in channel.watch:
                    queue(channel.name, kind=MailKind.CHANNEL_ALERT)
            if settings.mail.sender:
                for address in dict.fromkeys(own[watched.list.name] or everybody):
                    queue(address)

    return WatchAlertPlan(
        briefing=settings.briefing,
        lists=tuple(watched for watched in settings.watched if watched.alert),
        rule=rule(settings),
        first=reports.first,
        oldest=reports.oldest,
        window=timedelta(hours=settings.window_hours),
        line=line,
        mail=mail,
    )


T = TypeVar("T")

#: How a step ended, by its result.
_ENDED: dict[Step, Callable[[Any], Ended]] = {
    Step.COLLECT: lambda done: collected(done, at=now()),
    Step.PUBLISH: published,
    Step.WEEK: published,
    Step.DELIVER: delivered,
    Step.BOUNCES: returned,
}


def by_command(  # noqa: PLR0913  what is done, where, and by whom
    step: Step,
    work: Callable[[], T],
    *,
    store: Store,
    settings: Settings,
    actor: Actor,
    day: date | None = None,
    edition: str = "",
) -> T:
    """Do a step and return its result; record it as a run, and in the audit log.

    No alert is sent, since whoever runs the command sees the result. An error of the step is
    recorded as a failure, unless nothing was done.
    """
    began = now()

    def record(ended: Ended) -> None:
        at = now()
        with store.write() as tx:
            own = settings.briefing, step
            number = runs.begin(tx, *own, at=began, day=day, edition=edition)
            runs.end(
                tx, number, ending=ended.ending, at=at, words=ended.words, figures=ended.figures
            )
            replace(actor, at=at).note(tx, step.value, str(day or ""))

    try:
        done = work()
    except (errors.BusyError, errors.NothingToPrintError, errors.UsageError):
        raise  # nothing was done that belongs in the run log
    except errors.BriefingError as error:
        # The first error gives the cause; that it cannot be recorded either adds nothing.
        with suppress(errors.StoreError):
            record(Ended(Ending.FAILED, str(error)))
        raise
    record(_ENDED[step](done))
    return done

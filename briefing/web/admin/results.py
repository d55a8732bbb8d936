"""PURE: what needs attention, what failed, and the results of runs and steps in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.model import DeliveryStatus, EditionId, Ending, Ledger, Run, SourceStatus, Step
from briefing.core.schedule import Due, ahead_words
from briefing.store.deliveries import Loss
from briefing.store.jobs import Backlog
from briefing.web.admin.frame import Times
from briefing.web.admin.source_fields import title_of
from briefing.web.forms import sentence

#: Up to this many failing sources are named; more are only counted.
_NAMED = 3
#: Up to this many causes for which mails failed.
_CAUSES = 5
#: Labels of steps.
STEPS: Mapping[Step, str] = MappingProxyType(
    {
        Step.COLLECT: "Collect",
        Step.PUBLISH: "Publish",
        Step.WEEK: "Review",
        Step.DELIVER: "Deliver",
        Step.BOUNCES: "Read bounces",
    }
)

#: What is due, before its day.
_PAGES: Mapping[Step, str] = MappingProxyType(
    {Step.PUBLISH: "The edition of", Step.WEEK: "The week in review to"}
)
#: Where its draft is released.
_RELEASE: Mapping[Step, str] = MappingProxyType(
    {Step.PUBLISH: "/admin/release", Step.WEEK: "/admin/release?week=1"}
)


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """Something that needs attention, with a link."""

    words: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that fails, and since when."""

    #: Label, shown in red.
    state: str
    name: str
    why: str
    since: datetime | None
    #: How often it failed, or what is next.
    note: str = ""


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """Facts about the round."""

    source_statuses: tuple[SourceStatus, ...] = ()
    #: The last run of each step.
    last_runs: tuple[Run, ...] = ()
    #: Delivery counts of the last edition.
    statuses: Mapping[DeliveryStatus, int] | None = None
    #: What editions of the last day lost, by cause.
    losses: tuple[Loss, ...] = ()
    #: The next delivery.
    next_due: datetime | None = None
    #: Overdue editions and weeks in review.
    missing: tuple[tuple[Step, Due], ...] = ()
    #: Days of the drafts that wait for their release.
    waits: tuple[tuple[Step, date], ...] = ()
    #: Days of editions dated in the future.
    ahead: tuple[date, ...] = ()
    #: Why the last edition cannot be read; empty when it can.
    damage: str = ""
    #: Failed preflight checks, one line each.
    broken: tuple[str, ...] = ()
    #: What is left to do for workers.
    backlog: Mapping[Step, Backlog] = field(default_factory=dict)


def failing(source_statuses: Sequence[SourceStatus]) -> list[tuple[SourceStatus, datetime]]:
    """Return failing sources and since when they fail, longest first."""
    silent = [
        (status, status.failing_since)
        for status in source_statuses
        if status.failing_since is not None
    ]
    return sorted(silent, key=lambda pair: (pair[1], pair[0].source.url))


def attention_items(facts: RoundFacts, *, times: Times) -> tuple[AttentionItem, ...]:
    """Return what needs attention: first the page, then mails, then sources."""
    checks = (AttentionItem(words, "/admin", "Check again") for words in facts.broken)
    return (
        *checks,
        *_of_page(facts, times),
        *_of_runs(facts, times),
        *_of_mail(facts, times),
        *_of_news(facts, times),
    )


def _of_page(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    if facts.damage:
        message = f"The last edition cannot be read: {_sentence(facts.damage)}"
        yield AttentionItem(message, "/admin/schedule", "See the runs")
    for step, due in facts.missing:
        message = (
            f"{_PAGES[step]} {times.day(due.day)} was due {times.moment(due.at)} and is missing."
        )
        yield AttentionItem(message, "/admin/schedule", "See the runs")
    for step, day in facts.waits:
        message = f"The draft of {_PAGES[step].lower()} {times.day(day)} waits for its release."
        yield AttentionItem(message, _RELEASE[step], "Look at it")
    for ahead in facts.ahead:
        message = sentence(ahead_words(ahead))
        yield AttentionItem(message, f"/admin/deliveries?day={ahead}", "Withdraw it")


def _of_runs(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    for run in facts.last_runs:
        if run.ending is Ending.FAILED:
            when = times.moment(run.began)
            why = in_browser(run.words) or "no reason given"
            message = f"{STEPS[run.step]} failed, {when}: {_sentence(why)}"
            yield AttentionItem(message, "/admin/schedule", "See the runs")
        elif run.ending is Ending.EMPTY and run.step is Step.WEEK and run.day == times.today:
            message = f"No week in review today: {_sentence(run.words)}"
            yield AttentionItem(message, "/admin/schedule", "See the runs")
        elif run.ending is Ending.EMPTY and run.step is Step.PUBLISH and run.day == times.today:
            message = f"No edition today: {_sentence(in_browser(run.words) or 'nothing to print')}"
            yield AttentionItem(message, "/admin/sources", "See the sources")
        elif run.ending is Ending.BLIND and run.day == times.today:
            message = f"No edition today: {_sentence(in_browser(run.words))}"
            yield AttentionItem(message, "/admin/sources", "See the sources")


def _of_mail(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    for loss in facts.losses[:_CAUSES]:
        day = EditionId.parse(loss.edition).day
        what = f"{counted(loss.number, 'mail')} of the edition of {times.day(day)}"
        is_held = loss.status is DeliveryStatus.HELD
        state = "held" if is_held else f"not delivered ({loss.status})"
        why = f": {loss.cause}" if loss.cause else ""
        message = _sentence(f"{what} {'is' if loss.number == 1 else 'are'} {state}{why}")
        path = f"/admin/deliveries?day={day}"
        yield AttentionItem(message, path, "Decide" if is_held else "See the reasons")
    if more := facts.losses[_CAUSES:]:
        message = f"{counted(sum(loss.number for loss in more), 'mail')} failed for other reasons."
        yield AttentionItem(message, "/admin/deliveries", "See the reasons")


def _of_news(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    silent = failing(facts.source_statuses)
    if len(silent) > _NAMED:
        first = times.moment(silent[0][1])
        message = f"{len(silent)} sources do not respond, the first since {first}."
        yield AttentionItem(message, "/admin/sources", "See the sources")
        return
    for status, since in silent:
        message = f"{title_of(status.source)} has not answered since {times.moment(since)}."
        yield AttentionItem(message, "/admin/sources", "See the source")


def troubles(facts: RoundFacts, *, times: Times) -> tuple[Trouble, ...]:
    """Return the failures for the table."""
    return (*_runs(facts), *_jobs(facts), *_mails(facts, times), *_sources(facts))


def _runs(facts: RoundFacts) -> Iterator[Trouble]:
    for run in facts.last_runs:
        if run.ending in {Ending.FAILED, Ending.BLIND}:
            yield Trouble("Failed", STEPS[run.step], in_browser(run.words), run.began)


def _jobs(facts: RoundFacts) -> Iterator[Trouble]:
    for step, left in facts.backlog.items():
        if left.waiting:
            name = f"{STEPS[step]}: {counted(left.waiting, 'job')} waiting"
            workers = f"{left.running} with workers" if left.running else "no worker does any"
            yield Trouble("", name, workers, left.oldest)


def _mails(facts: RoundFacts, times: Times) -> Iterator[Trouble]:
    statuses = facts.statuses or {}
    if held := statuses.get(DeliveryStatus.HELD, 0):
        yield Trouble("Held", counted(held, "mail"), "may have arrived; decide", None)
    if waiting := statuses.get(DeliveryStatus.DUE, 0) + statuses.get(DeliveryStatus.CLAIMED, 0):
        following = f"next {times.moment(facts.next_due)}" if facts.next_due else ""
        yield Trouble("", f"{counted(waiting, 'mail')} waiting", "", None, following)


def _sources(facts: RoundFacts) -> Iterator[Trouble]:
    for status, since in failing(facts.source_statuses):
        visits = counted(status.failures, "visit")
        yield Trouble("Failing", title_of(status.source), status.reason, since, visits)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


Figures = Mapping[str, int]

#: Commands that messages advise and that the administration has a button for.
_COMMAND = re.compile(
    r": briefing (?:sources|subscribers) (?:add|resume) ADDRESS|; run `briefing \w+`(?: first)?"
)


def came_of(run: Run) -> str:
    """Return the result of a finished run in one line, or why it has none."""
    if run.ending in {Ending.FAILED, Ending.EMPTY, Ending.BLIND, Ending.BUSY}:
        return in_browser(run.words)
    return figures_of(run) or in_browser(run.words)


def in_browser(words: str) -> str:
    """Return words without the command that they advise, where a button does it."""
    return _COMMAND.sub("", words)


def figures_of(run: Run) -> str:
    """Format the figures of a run; by their names for steps without a format of their own."""
    describe = _DESCRIPTIONS.get(run.step)
    try:
        text = describe(run.figures) if describe else ""
    except KeyError:
        text = ""
    return text or ", ".join(f"{number} {name}" for name, number in run.figures.items())


def _collected(figures: Figures) -> str:
    answered = figures["sources"] - figures["failing"]
    fresh = counted(figures["fresh"], "new report")
    return f"{fresh}, {answered} of {figures['sources']} sources"


def _published(figures: Figures) -> str:
    printed = f"{figures['printed']} of {figures['stories']} stories"
    return f"{printed}, page {figures['full']} per cent full"


_DESCRIPTIONS: Mapping[Step, Callable[[Figures], str]] = MappingProxyType(
    {Step.COLLECT: _collected, Step.PUBLISH: _published, Step.WEEK: _published}
)


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """One step of making the page."""

    name: str
    left: int
    #: None for steps that drop nothing.
    dropped: int | None
    why: str


def stages(ledger: Ledger) -> tuple[LedgerStep, ...]:
    """Return the steps in pipeline order."""
    dropped, left_out = _sum(ledger.dropped_documents), _sum(ledger.dropped_stories)
    no_room = len(ledger.no_room)
    why = {**ledger.dropped_stories, "no room": no_room} if no_room else ledger.dropped_stories
    lost = ledger.sentences - ledger.sentences_printed
    passed = {"not chosen": lost - _sum(ledger.dropped_sentences)}
    return (
        LedgerStep("Reports read", ledger.documents, None, _publishers(ledger)),
        LedgerStep(
            "News reports", ledger.documents - dropped, dropped, _why(ledger.dropped_documents)
        ),
        LedgerStep("Stories", ledger.stories, None, "reports of one event, joined"),
        LedgerStep("Stories printed", ledger.printed, left_out + no_room, _why(why)),
        LedgerStep("Sentences", ledger.sentences, None, "of the stories above"),
        LedgerStep(
            "Sentences printed",
            ledger.sentences_printed,
            lost,
            _why({**ledger.dropped_sentences, **passed}),
        ),
    )


def _publishers(ledger: Ledger) -> str:
    return f"of {counted(ledger.publishers, 'publisher')}"


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _why(counts: Mapping[str, int]) -> str:
    """List the reasons, most frequent first."""
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number} {reason}" for reason, number in most if number > 0)

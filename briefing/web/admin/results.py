"""PURE: what needs attention, what failed, and the results of runs and steps in words."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from briefing.core.counting import counted
from briefing.core.model import DeliveryStatus, EditionId, Ending, Ledger, Run, SourceStatus, Step
from briefing.core.schedule import Due, ahead_words
from briefing.mail.report import DEAD
from briefing.store.deliveries import Loss
from briefing.web.admin.frame import Times
from briefing.web.admin.source_fields import title_of
from briefing.web.forms import sentence

#: Up to this many failing sources are named; more are only counted.
_NAMED = 3
#: An address that does not exist.
UNKNOWN = "unknown address"
#: Labels of steps.
STEPS: Mapping[Step, str] = {
    Step.COLLECT: "Collect",
    Step.PUBLISH: "Publish",
    Step.WEEK: "Review",
    Step.DELIVER: "Deliver",
    Step.BOUNCES: "Read bounces",
}

#: What is due, before its day.
_PAGES: Mapping[Step, str] = {Step.PUBLISH: "The edition of", Step.WEEK: "The week in review to"}


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """Facts about the round."""

    source_statuses: tuple[SourceStatus, ...] = ()
    #: The last run of each step.
    last_runs: tuple[Run, ...] = ()
    #: What editions of the last day lost, by cause.
    losses: tuple[Loss, ...] = ()
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


def failing(source_statuses: Sequence[SourceStatus]) -> list[tuple[SourceStatus, datetime]]:
    """Return failing sources and since when they fail, longest first."""
    silent = [
        (status, status.failing_since)
        for status in source_statuses
        if status.failing_since is not None
    ]
    return sorted(silent, key=lambda pair: (pair[1], pair[0].source.url))


def attention_items(facts: RoundFacts, *, times: Times) -> Iterator[tuple[str, str, str]]:
    """Yield what needs attention, with a path and its label: the page, then mails, then sources."""
    for check in facts.broken:
        yield check, "/admin", "Check again"
    yield from _of_page(facts, times)
    yield from _of_runs(facts, times)
    yield from _of_mail(facts, times)
    silent = failing(facts.source_statuses)
    if len(silent) > _NAMED:
        first = times.moment(silent[0][1])
        message = f"{len(silent)} sources do not respond, the first since {first}."
        yield message, "/admin/sources", "See the sources"
        return
    for status, since in silent:
        message = f"{title_of(status.source)} has not responded since {times.moment(since)}."
        yield message, "/admin/sources", "See the source"


def _of_page(facts: RoundFacts, times: Times) -> Iterator[tuple[str, str, str]]:
    runs = ("/admin/schedule", "See the runs")
    if facts.damage:
        yield f"The last edition cannot be read: {ended(facts.damage)}", *runs
    for step, due in facts.missing:
        page = f"{_PAGES[step]} {times.day(due.day)}"
        yield f"{page} was due {times.moment(due.at)} and is missing.", *runs
    for step, day in facts.waits:
        message = f"The draft of {_PAGES[step].lower()} {times.day(day)} waits for its release."
        yield message, f"/admin/release{'?week=1' if step is Step.WEEK else ''}", "Look at it"
    for ahead in facts.ahead:
        yield sentence(ahead_words(ahead)), f"/admin/deliveries?day={ahead}", "Withdraw it"


def _of_runs(facts: RoundFacts, times: Times) -> Iterator[tuple[str, str, str]]:
    runs, sources = ("/admin/schedule", "See the runs"), ("/admin/sources", "See the sources")
    for run in facts.last_runs:
        words, is_today = in_browser(run.words), run.day == times.today
        if run.ending is Ending.FAILED:
            why = ended(words or "no reason given")
            yield f"{STEPS[run.step]} failed, {times.moment(run.began)}: {why}", *runs
        elif run.ending is Ending.EMPTY and run.step is Step.WEEK and is_today:
            yield f"No week in review today: {ended(run.words)}", *runs
        elif run.ending is Ending.EMPTY and run.step is Step.PUBLISH and is_today:
            yield f"No edition today: {ended(words or 'nothing to print')}", *sources
        elif run.ending is Ending.BLIND and is_today:
            yield f"No edition today: {ended(words)}", *sources


def _of_mail(facts: RoundFacts, times: Times) -> Iterator[tuple[str, str, str]]:
    lost = Counter[tuple[str, bool, str]]()
    for loss in facts.losses:
        is_held = loss.status is DeliveryStatus.HELD
        lost[loss.edition, is_held, meaning_of(loss.status, loss.cause)] += loss.number
    for (edition, is_held, meaning), number in lost.items():
        day, readers = EditionId.parse(edition).day, counted(number, "reader")
        got = "may not have got" if is_held else "did not get"
        message = f"{readers} {got} the edition of {times.day(day)}: {meaning}."
        yield message, f"/admin/deliveries?day={day}", "Decide" if is_held else "See the reasons"


_STATES: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.HELD: "in doubt",
    DeliveryStatus.EXPIRED: "too late",
    DeliveryStatus.DUE: "to be tried again",
}
#: What a refusal means, by its enhanced status (RFC 3463) or the usual words.
_MEANINGS = (
    (UNKNOWN, re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(DEAD)))})\b")),
    ("mailbox full", re.compile(r"\b[45]\.2\.2\b|quota|\bfull\b", re.IGNORECASE)),
    ("refused by the provider", re.compile(r"\b[45]\.7\.\d|spam|blocked|policy", re.IGNORECASE)),
)


def meaning_of(status: DeliveryStatus, cause: str) -> str:
    """Return why a mail is not delivered, in a few words that many causes have in common."""
    if status is not DeliveryStatus.REFUSED:
        return _STATES[status]
    return next((name for name, pattern in _MEANINGS if pattern.search(cause)), "refused")


def ended(text: str) -> str:
    """Return a text with a full stop, if it has no end."""
    return text if text.endswith((".", "?")) else f"{text}."


#: Commands that messages advise and that the administration has a button for.
_COMMAND = re.compile(
    r": briefing (?:sources|subscribers) (?:add|resume) ADDRESS|; run `briefing \w+`(?: first)?"
    r"| since [-\d]{10} [:\d]{5} UTC"
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
    figures = run.figures
    try:
        if run.step is Step.COLLECT:
            answered = figures["sources"] - figures["failing"]
            fresh = counted(figures["fresh"], "new report")
            return f"{fresh}, {answered} of {figures['sources']} sources"
        if run.step in {Step.PUBLISH, Step.WEEK}:
            printed = f"{figures['printed']} of {figures['stories']} stories"
            return f"{printed}, page {figures['full']}% full"
    except KeyError:
        pass
    return ", ".join(f"{number} {name}" for name, number in figures.items())


class LedgerStep(NamedTuple):
    """One step of making the page."""

    name: str
    left: int
    #: None for steps that drop nothing.
    dropped: int | None
    why: str


def stages(ledger: Ledger) -> tuple[LedgerStep, ...]:
    """Return the steps in pipeline order."""
    dropped = sum(ledger.dropped_documents.values())
    left_out, no_room = sum(ledger.dropped_stories.values()), len(ledger.no_room)
    why = {**ledger.dropped_stories, "no room": no_room} if no_room else ledger.dropped_stories
    lost = ledger.sentences - ledger.sentences_printed
    passed = {"not chosen": lost - sum(ledger.dropped_sentences.values())}
    publishers = f"of {counted(ledger.publishers, 'publisher')}"
    why_lost = _why({**ledger.dropped_sentences, **passed})
    news = ledger.documents - dropped
    return (
        LedgerStep("Reports read", ledger.documents, None, publishers),
        LedgerStep("News reports", news, dropped, _why(ledger.dropped_documents)),
        LedgerStep("Stories", ledger.stories, None, "reports of one event, joined"),
        LedgerStep("Stories printed", ledger.printed, left_out + no_room, _why(why)),
        LedgerStep("Sentences", ledger.sentences, None, "of the stories above"),
        LedgerStep("Sentences printed", ledger.sentences_printed, lost, why_lost),
    )


def _why(counts: Mapping[str, int]) -> str:
    """List the reasons, most frequent first."""
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number} {reason}" for reason, number in most if number > 0)

"""PURE: what needs someone, and what failed, of all that is known of the round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.model import DeliveryStatus, Ending, Run, Source, SourceStatus, Step
from briefing.core.schedule import Due, ahead_words
from briefing.web.admin.times import Times

#: Sources that are named one by one; of more only the number is told.
_NAMED = 3
#: A step as the tables say it.
STEPS: Mapping[Step, str] = MappingProxyType(
    {
        Step.COLLECT: "Collect",
        Step.PUBLISH: "Publish",
        Step.DELIVER: "Deliver",
        Step.BOUNCES: "Read bounces",
    }
)


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that needs someone, with where to look."""

    words: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that fails, and since when."""

    #: One red word.
    state: str
    name: str
    why: str
    since: datetime | None
    #: How often, or what is next.
    note: str = ""


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What is known of the round."""

    source_statuses: tuple[SourceStatus, ...] = ()
    #: The last run of each step that ever ran.
    last_runs: tuple[Run, ...] = ()
    #: Of the last edition.
    statuses: Mapping[DeliveryStatus, int] | None = None
    #: The next delivery.
    next_due: datetime | None = None
    #: An edition whose time has passed and that is not there.
    missing: Due | None = None
    #: Days of editions that are dated ahead.
    ahead: tuple[date, ...] = ()
    #: Why the last edition cannot be read; empty when it can.
    damage: str = ""
    #: What the next edition needs and is broken, one line each.
    broken: tuple[str, ...] = ()


def name_of(source: Source) -> str:
    """Return what a source is called; an address may hold a key behind its question mark."""
    return source.name or source.url.partition("?")[0]


def failing(source_statuses: Sequence[SourceStatus]) -> list[tuple[SourceStatus, datetime]]:
    """Return the sources that do not answer with since when, longest first."""
    silent = [
        (status, status.failing_since)
        for status in source_statuses
        if status.failing_since is not None
    ]
    return sorted(silent, key=lambda pair: (pair[1], pair[0].source.url))


def attention_items(facts: RoundFacts, *, times: Times) -> tuple[AttentionItem, ...]:
    """Return what needs someone: first the page, then the mails, then the sources."""
    checks = (AttentionItem(words, "/admin", "Look again") for words in facts.broken)
    return (
        *checks,
        *_of_page(facts, times),
        *_of_runs(facts, times),
        *_of_mail(facts),
        *_of_news(facts, times),
    )


def _of_page(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    if facts.damage:
        message = f"The last page cannot be read: {_sentence(facts.damage)}"
        yield AttentionItem(message, "/admin/schedule", "Look at the runs")
    if facts.missing is not None:
        day, at = times.day(facts.missing.day), times.moment(facts.missing.at)
        message = f"The page of {day} was due {at} and is not there."
        yield AttentionItem(message, "/admin/schedule", "Look at the runs")

    for ahead in facts.ahead:
        message = f"{_capitalized(ahead_words(ahead))}."
        yield AttentionItem(message, f"/admin/deliveries?day={ahead}", "Withdraw it")


def _of_runs(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    for run in facts.last_runs:
        if run.ending is Ending.FAILED:
            when = times.moment(run.began)
            message = (
                f"{STEPS[run.step]} failed, {when}: {_sentence(run.words or 'no reason given')}"
            )
            yield AttentionItem(message, "/admin/schedule", "Look at the runs")
        elif run.ending is Ending.EMPTY and run.step is Step.PUBLISH and run.day == times.today:
            message = f"There is no page of today: {_sentence(run.words or 'nothing to print')}"
            yield AttentionItem(message, "/admin/sources", "Look at the sources")
        elif run.ending is Ending.BLIND and run.day == times.today:
            message = f"There is no page of today: {_sentence(run.words)}"
            yield AttentionItem(message, "/admin/sources", "Look at the sources")


def _of_mail(facts: RoundFacts) -> Iterator[AttentionItem]:
    statuses = facts.statuses or {}
    held, refused = statuses.get(DeliveryStatus.HELD, 0), statuses.get(DeliveryStatus.REFUSED, 0)
    if held:
        verb = "is" if held == 1 else "are"
        message = (
            f"{counted(held, 'mail')} {verb} held: nobody knows whether {_pronoun(held)} arrived."
        )
        yield AttentionItem(message, "/admin/deliveries", "Decide")
    if refused:
        message = f"{counted(refused, 'mail')} could not be delivered for good."
        yield AttentionItem(message, "/admin/deliveries", "Look at what was said")


def _of_news(facts: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    silent = failing(facts.source_statuses)
    if len(silent) > _NAMED:
        first = times.moment(silent[0][1])
        message = f"{len(silent)} sources do not answer, the first since {first}."
        yield AttentionItem(message, "/admin/sources", "Look at the sources")
        return
    for status, since in silent:
        message = f"{name_of(status.source)} has not answered since {times.moment(since)}."
        yield AttentionItem(message, "/admin/sources", "Look at the source")


def troubles(facts: RoundFacts, *, times: Times) -> tuple[Trouble, ...]:
    """Return what fails, for the table."""
    return (*_runs(facts), *_mails(facts, times), *_sources(facts))


def _runs(facts: RoundFacts) -> Iterator[Trouble]:
    for run in facts.last_runs:
        if run.ending in {Ending.FAILED, Ending.BLIND}:
            yield Trouble("Failed", STEPS[run.step], run.words, run.began)


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
        yield Trouble("Failing", name_of(status.source), status.reason, since, visits)


def _capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _pronoun(number: int) -> str:
    return "it" if number == 1 else "they"

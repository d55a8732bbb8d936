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
    found = [(one, one.failing_since) for one in source_statuses if one.failing_since is not None]
    return sorted(found, key=lambda pair: (pair[1], pair[0].source.url))


def matters(seen: RoundFacts, *, times: Times) -> tuple[AttentionItem, ...]:
    """Return what needs someone: first the page, then the mails, then the sources."""
    checks = (AttentionItem(words, "/admin", "Look again") for words in seen.broken)
    return (
        *checks,
        *_of_page(seen, times),
        *_of_runs(seen, times),
        *_of_mail(seen),
        *_of_news(seen, times),
    )


def _of_page(seen: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    if seen.damage:
        words = f"The last page cannot be read: {_sentence(seen.damage)}"
        yield AttentionItem(words, "/admin/schedule", "Look at the runs")
    if seen.missing is not None:
        day, at = times.day(seen.missing.day), times.moment(seen.missing.at)
        words = f"The page of {day} was due {at} and is not there."
        yield AttentionItem(words, "/admin/schedule", "Look at the runs")

    for one in seen.ahead:
        words = f"{_capital(ahead_words(one))}."
        yield AttentionItem(words, f"/admin/deliveries?day={one}", "Withdraw it")


def _of_runs(seen: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    for run in seen.last_runs:
        if run.ending is Ending.FAILED:
            when = times.moment(run.began)
            words = f"{STEPS[run.step]} failed, {when}: {_sentence(run.words or 'no reason given')}"
            yield AttentionItem(words, "/admin/schedule", "Look at the runs")
        elif run.ending is Ending.EMPTY and run.step is Step.PUBLISH and run.day == times.today:
            words = f"There is no page of today: {_sentence(run.words or 'nothing to print')}"
            yield AttentionItem(words, "/admin/sources", "Look at the sources")
        elif run.ending is Ending.BLIND and run.day == times.today:
            words = f"There is no page of today: {_sentence(run.words)}"
            yield AttentionItem(words, "/admin/sources", "Look at the sources")


def _of_mail(seen: RoundFacts) -> Iterator[AttentionItem]:
    statuses = seen.statuses or {}
    held, refused = statuses.get(DeliveryStatus.HELD, 0), statuses.get(DeliveryStatus.REFUSED, 0)
    if held:
        verb = "is" if held == 1 else "are"
        words = f"{counted(held, 'mail')} {verb} held: nobody knows whether {_it(held)} arrived."
        yield AttentionItem(words, "/admin/deliveries", "Decide")
    if refused:
        words = f"{counted(refused, 'mail')} could not be delivered for good."
        yield AttentionItem(words, "/admin/deliveries", "Look at what was said")


def _of_news(seen: RoundFacts, times: Times) -> Iterator[AttentionItem]:
    found = failing(seen.source_statuses)
    if len(found) > _NAMED:
        first = times.moment(found[0][1])
        words = f"{len(found)} sources do not answer, the first since {first}."
        yield AttentionItem(words, "/admin/sources", "Look at the sources")
        return
    for one, since in found:
        words = f"{name_of(one.source)} has not answered since {times.moment(since)}."
        yield AttentionItem(words, "/admin/sources", "Look at the source")


def troubles(seen: RoundFacts, *, times: Times) -> tuple[Trouble, ...]:
    """Return what fails, for the table."""
    return (*_runs(seen), *_mails(seen, times), *_sources(seen))


def _runs(seen: RoundFacts) -> Iterator[Trouble]:
    for run in seen.last_runs:
        if run.ending in {Ending.FAILED, Ending.BLIND}:
            yield Trouble("Failed", STEPS[run.step], run.words, run.began)


def _mails(seen: RoundFacts, times: Times) -> Iterator[Trouble]:
    statuses = seen.statuses or {}
    if held := statuses.get(DeliveryStatus.HELD, 0):
        yield Trouble("Held", counted(held, "mail"), "may have arrived; decide", None)
    if waiting := statuses.get(DeliveryStatus.DUE, 0) + statuses.get(DeliveryStatus.CLAIMED, 0):
        following = f"next {times.moment(seen.next_due)}" if seen.next_due else ""
        yield Trouble("", f"{counted(waiting, 'mail')} waiting", "", None, following)


def _sources(seen: RoundFacts) -> Iterator[Trouble]:
    for one, since in failing(seen.source_statuses):
        visits = counted(one.failures, "visit")
        yield Trouble("Failing", name_of(one.source), one.reason, since, visits)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?")) else f"{words}."


def _it(number: int) -> str:
    return "it" if number == 1 else "they"

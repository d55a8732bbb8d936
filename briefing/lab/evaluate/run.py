"""Measures consecutive editions against labels: status, sagas, and what is printed again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from briefing.lab.evaluate.intervals import share_of

NEW, MOVED_ON, UNCHANGED = STATUSES = "new", "moved on", "unchanged"


@dataclass(frozen=True, slots=True)
class EventLabel:
    """What a reader said that a report is about."""

    #: One event, the same on every day that reports it.
    story: str
    #: The matter that runs on over days; empty: none does.
    crisis: str

    @property
    def matter(self) -> str:
        """The crisis, or the story itself where none runs on."""
        return self.crisis or self.story


@dataclass(frozen=True, slots=True)
class RunStory:
    """One story that an edition prints or names."""

    headline: str
    #: Of the labeled reports whose words are printed, in printed order.
    labels: tuple[EventLabel, ...]
    #: One of the statuses.
    status: str
    #: Id of its saga, as the last edition says it; empty: none.
    saga: str = ""
    #: As printed; none: it is only named.
    sentences: tuple[str, ...] = ()
    #: Whether its own edition says that it goes on with a saga.
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class RunDay:
    """One edition of a run."""

    name: str
    stories: tuple[RunStory, ...]


@dataclass(slots=True)
class _Counts:
    """What one day adds to the measures: by name how many hold, and of how many."""

    name: str
    shares: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_beside_saga: int = 0
    unlabeled: int = 0
    #: Stories with another status than the true one.
    wrong: list[str] = field(default_factory=list)

    def add(self, measure: str, holds: bool) -> None:  # noqa: FBT001
        share = self.shares[measure]
        share[0] += holds
        share[1] += 1

    def share(self, measure: str) -> tuple[int, int]:
        part, whole = self.shares[measure]
        return part, whole


_MEASURES = (
    "status_right",
    "sequels_right",
    "saga_precision",
    "saga_recall",
    "sentences_repeated",
    "events_repeated",
)


def measure_run(runs: Sequence[Sequence[RunDay]]) -> dict[str, Any]:
    """Return each measure over all days, its 95 % interval by day, and a row a day.

    The true status follows from the labels: new, if no earlier edition of the run printed or named
    a story of its crisis; unchanged, if one did so of its story; else moved on.

    status_right: share of stories, printed or named, that have their true status.
    sequels_right: the same of those that truly moved on or are unchanged.
    saga_precision: share of pairs of printed stories of two days that were put into one saga and
        are of one crisis.
    saga_recall: share of such pairs of one crisis that were put into one saga.
    sentences_repeated: share of printed sentences that an earlier edition of the run printed.
    events_repeated: share of printed stories that an earlier edition of the run printed.
    new_beside_saga: stories marked new that go on with a saga, a count.

    Stories without a label are left out of what needs one, and counted as ``unlabeled``.

    Args:
        runs: of each the editions, the first first; at least one.
    """
    days = [counts for run in runs for counts in _counted(run)]
    confusion = sum((day.confusion for day in days), Counter[tuple[str, str]]())
    return {
        "runs": len(runs),
        "days": len(days),
        **{name: share_of([day.share(name) for day in days]) for name in _MEASURES},
        "new_beside_saga": sum(day.new_beside_saga for day in days),
        "unlabeled": sum(day.unlabeled for day in days),
        "confusion": {
            f"truly {true}": {marked: confusion[true, marked] for marked in STATUSES}
            for true in STATUSES
        },
        "by_day": [
            {
                "name": day.name,
                **{name: "{}/{}".format(*day.share(name)) for name in _MEASURES},
                "wrong": day.wrong,
            }
            for day in days
        ],
    }


def _counted(run: Sequence[RunDay]) -> Iterator[_Counts]:
    told: list[RunStory] = []
    for day in run:
        counts = _Counts(day.name)
        _count_statuses(counts, day, told)
        _count_pairs(counts, day, told)
        _count_repeats(counts, day, told)
        told += day.stories
        yield counts


def _count_statuses(counts: _Counts, day: RunDay, told: Sequence[RunStory]) -> None:
    stories = {label.story for one in told for label in one.labels}
    matters = {label.matter for one in told for label in one.labels}
    for one in day.stories:
        counts.new_beside_saga += one.goes_on and one.status == NEW
        if not one.labels:
            counts.unlabeled += 1
            continue
        label = one.labels[0]
        true = MOVED_ON if label.matter in matters else NEW
        true = UNCHANGED if label.story in stories else true
        counts.confusion[true, one.status] += 1
        counts.add("status_right", true == one.status)
        if true != NEW:
            counts.add("sequels_right", true == one.status)
        if true != one.status:
            counts.wrong.append(f"{one.headline}: {one.status}, truly {true}")


def _count_pairs(counts: _Counts, day: RunDay, told: Sequence[RunStory]) -> None:
    for one, earlier in ((one, earlier) for one in day.stories for earlier in told):
        if one.labels and earlier.labels and one.sentences and earlier.sentences:
            true = one.labels[0].matter == earlier.labels[0].matter
            joined = bool(one.saga) and one.saga == earlier.saga
            if joined:
                counts.add("saga_precision", true)
            if true:
                counts.add("saga_recall", joined)


def _count_repeats(counts: _Counts, day: RunDay, told: Sequence[RunStory]) -> None:
    printed = {_plain(sentence) for one in told for sentence in one.sentences}
    stories = {label.story for one in told if one.sentences for label in one.labels}
    for one in day.stories:
        for sentence in one.sentences:
            counts.add("sentences_repeated", _plain(sentence) in printed)
        if one.sentences and one.labels:
            counts.add("events_repeated", one.labels[0].story in stories)


def _plain(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.casefold()))

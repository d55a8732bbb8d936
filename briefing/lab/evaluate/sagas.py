"""Measures stories, sagas, and consecutive editions against labels."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from briefing.lab.evaluate.figures import ci95_of, ratio_ci95, share_of

#: The true story of a report and the one it was put into.
Row: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StoriesReport:
    """The measures of one grouping; each is 0 to 1, larger is better, save the count."""

    #: Mean share of a report's predicted story that truly belongs with it.
    b3_precision: float
    #: Mean share of a report's true story that was put with it.
    b3_recall: float
    #: Harmonic mean of the two.
    b3_f1: float
    #: F1 over pairs of reports in one story; 1 when neither grouping has a pair.
    pairwise_f1: float
    #: Number of predicted stories.
    clusters: int
    #: 95 % interval of ``b3_f1``, true stories resampled whole.
    ci95: tuple[float, float]


def measure_stories(rows: Sequence[Row]) -> StoriesReport:
    """Compare a grouping with the true one; only equality of labels counts, not their names.

    Args:
        rows: one a report.

    Raises:
        ValueError: there is no report.

    References:
        Bagga, A. & Baldwin, B. (1998), Algorithms for scoring coreference chains, section 3.
        Amigó, E., Gonzalo, J., Artiles, J. & Verdejo, F. (2009), A comparison of extrinsic
        clustering evaluation metrics based on formal constraints, section 4.
    """
    if not rows:
        raise ValueError("there are no reports to measure")
    true = Counter(story for story, _ in rows)
    predicted = Counter(story for _, story in rows)
    together = Counter(rows)
    sums: defaultdict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for (story, found), n in together.items():
        sums[story] += n * n / predicted[found], n * n / true[story], n
    units = np.stack(list(sums.values()))
    precision, recall, reports = units.sum(axis=0)
    return StoriesReport(
        b3_precision=float(precision / reports),
        b3_recall=float(recall / reports),
        b3_f1=float(_f1(units.sum(axis=0, keepdims=True))[0]),
        pairwise_f1=_pairwise_f1(true, predicted, together),
        clusters=len(predicted),
        ci95=ci95_of(units, _f1),
    )


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    precision, recall, reports = sums.T
    f1: NDArray[np.float64] = 2 * precision * recall / (precision + recall) / reports
    return f1


def _pairwise_f1(true: Counter[str], predicted: Counter[str], both: Counter[Row]) -> float:
    found, total = _pairs(both.values()), _pairs(true.values()) + _pairs(predicted.values())
    return 2 * found / total if total else 1.0


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


#: Pairs of stories further apart are in no common saga for a reader.
_DAYS = 30


@dataclass(frozen=True, slots=True)
class FollowedStory:
    """One story, the saga that it truly belongs to, and the one that it was put into."""

    #: A number of the day.
    day: int
    #: True saga as "theme/saga", alike for those on one matter.
    saga: str
    #: Alike for those that were put together.
    found: str

    @property
    def theme(self) -> str:
        """The wider matter, on which an editor might keep several sagas together."""
        return self.saga.partition("/")[0]


@dataclass(frozen=True, slots=True)
class MeasuredShare:
    """Some of several, 0 to 1, and its 95 % interval."""

    value: float
    ci95: tuple[float, float]
    #: Of how many.
    of: int


@dataclass(frozen=True, slots=True)
class SagasReport:
    """The measures of one division into sagas; larger is better, save the count."""

    #: Stories measured.
    stories: int
    #: Stories said to go on with a saga whose last story before is truly of the same saga, or at
    #: least of the same theme.
    links_right: MeasuredShare
    links_near: MeasuredShare
    #: Stories that truly go on with one of the last 30 days, and were put into its saga.
    links_found: MeasuredShare
    #: Pairs put together that are truly of one saga, or at least of one theme.
    pair_precision: MeasuredShare
    pair_near: MeasuredShare
    #: Pairs truly of one saga that were put together.
    pair_recall: MeasuredShare


@dataclass(frozen=True, slots=True)
class ChangesReport:
    """The measures of what editions show of two sagas, or of one."""

    #: Stories said to be of two sagas: they and the last story of either are truly of one saga, or
    #: at least of one theme.
    merges_right: MeasuredShare
    merges_near: MeasuredShare
    #: Stories put into one saga on one day that are truly of one saga, or at least of one theme.
    strands_right: MeasuredShare
    strands_near: MeasuredShare


def measure_changes(
    merges: Sequence[Sequence[str]], strands: Sequence[Sequence[str]]
) -> ChangesReport:
    """Compare groups of true sagas, the first that of the story itself."""
    return ChangesReport(_alike(merges), _near(merges), _alike(strands), _near(strands))


def _alike(groups: Sequence[Sequence[str]]) -> MeasuredShare:
    return _share([(group[0], len(set(group)) == 1) for group in groups])


def _near(groups: Sequence[Sequence[str]]) -> MeasuredShare:
    themes = [[saga.partition("/")[0] for saga in group] for group in groups]
    return _share(
        [(group[0], len(set(own)) == 1) for group, own in zip(groups, themes, strict=True)]
    )


def measure_sagas(rows: Sequence[FollowedStory]) -> SagasReport:
    """Compare sagas with the true ones, within 30 days.

    Intervals resample true sagas whole, for stories of one saga are right or wrong together.

    Args:
        rows: stories in the order in which they were told.

    Raises:
        ValueError: there is no story.
    """
    if not rows:
        raise ValueError("there are no stories to measure")
    links = [*_links(rows, "found")]
    pairs = [
        (one, two)
        for one, two in combinations(rows, 2)
        if abs(two.day - one.day) <= _DAYS and (one.saga == two.saga or one.found == two.found)
    ]
    found = [(one, two) for one, two in pairs if one.found == two.found]
    true = [(one, two) for one, two in pairs if one.saga == two.saga]
    return SagasReport(
        stories=len(rows),
        links_right=_share([(one.saga, one.saga == two.saga) for one, two in links]),
        links_near=_share([(one.saga, one.theme == two.theme) for one, two in links]),
        links_found=_share([(one.saga, _is_found(one, rows)) for one, _ in _links(rows, "saga")]),
        pair_precision=_share([(one.saga, one.saga == two.saga) for one, two in found]),
        pair_near=_share([(one.saga, one.theme == two.theme) for one, two in found]),
        pair_recall=_share([(one.saga, one.found == two.found) for one, two in true]),
    )


def _links(rows: Sequence[FollowedStory], by: str) -> Iterator[tuple[FollowedStory, FollowedStory]]:
    """Yield each story of a later day with the last one before it, within 30 days."""
    for place, row in enumerate(rows):
        before = [
            one
            for one in rows[:place]
            if 0 < row.day - one.day <= _DAYS and getattr(one, by) == getattr(row, by)
        ]
        if before:
            yield row, before[-1]


def _is_found(row: FollowedStory, rows: Sequence[FollowedStory]) -> bool:
    return any(
        0 < row.day - one.day <= _DAYS and (one.saga, one.found) == (row.saga, row.found)
        for one in rows
    )


def _share(outcomes: Sequence[tuple[str, bool]]) -> MeasuredShare:
    units: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for saga, right in outcomes:
        units[saga][0] += right
        units[saga][1] += 1
    if not units:
        return MeasuredShare(1.0, (0.0, 1.0), 0)
    held, total = map(sum, zip(*units.values(), strict=True))
    interval = ratio_ci95([(part, whole) for part, whole in units.values()])
    return MeasuredShare(held / total, interval, int(total))


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

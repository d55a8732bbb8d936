"""Measures stories and consecutive editions against labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from briefing.lab.evaluate.figures import ci95_of, share_of

#: The true story of a report and the one it was put into.
Row: TypeAlias = tuple[str, str]


def measure_stories(rows: Sequence[Row]) -> dict[str, Any]:
    """Compare a grouping with the true one; only equality of labels counts, not their names.

    b3_precision: mean share of a report's predicted story that truly belongs with it. b3_recall:
    mean share of its true story that was put with it. b3_f1: harmonic mean of the two, and ci95 its
    95 % interval, true stories resampled whole. pairwise_f1: F1 over pairs of reports in one story;
    1 when neither grouping has a pair. clusters: number of predicted stories. ValueError: no
    report.

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
    for (story, cluster), n in together.items():
        sums[story] += n * n / predicted[cluster], n * n / true[story], n
    units = np.stack(list(sums.values()))
    precision, recall, reports = units.sum(axis=0)
    common, total = _pairs(together.values()), _pairs((*true.values(), *predicted.values()))
    return {
        "b3_precision": float(precision / reports),
        "b3_recall": float(recall / reports),
        "b3_f1": float(_f1(units.sum(axis=0, keepdims=True))[0]),
        "pairwise_f1": 2 * common / total if total else 1.0,
        "clusters": len(predicted),
        "ci95": ci95_of(units, _f1),
    }


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    precision, recall, reports = sums.T
    f1: NDArray[np.float64] = 2 * precision * recall / (precision + recall) / reports
    return f1


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


NEW, DEVELOPING, CONTINUING = STATUSES = "new", "developing", "continuing"


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


#: One edition of a run: its name, and what it tells.
RunDay: TypeAlias = tuple[str, Sequence[RunStory]]


@dataclass(slots=True)
class _Counts:
    """What one day adds to the measures: by name how many hold, and of how many."""

    name: str
    shares: defaultdict[str, tuple[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: (0, 0))
    )
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_beside_saga: int = 0
    unlabeled: int = 0
    #: Stories with another status than the true one.
    wrong: list[str] = field(default_factory=list)

    def add(self, measure: str, holds: bool) -> None:  # noqa: FBT001
        part, whole = self.shares[measure]
        self.shares[measure] = part + holds, whole + 1


_MEASURES = tuple(
    (
        "status_right sequels_right saga_precision saga_recall sentences_repeated events_repeated"
    ).split()
)


def measure_run(runs: Sequence[Sequence[RunDay]]) -> dict[str, Any]:
    """Return each measure over all days, its 95 % interval by day, and a row a day.

    The true status follows from the labels: new, if no earlier edition of the run printed or named
    a story of its crisis; continuing, if one did so of its story; else developing.

    status_right: share of stories, printed or named, that have their true status.
    sequels_right: the same of those that are truly developing or continuing.
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
        **{name: share_of([day.shares[name] for day in days]) for name in _MEASURES},
        "new_beside_saga": sum(day.new_beside_saga for day in days),
        "unlabeled": sum(day.unlabeled for day in days),
        "confusion": {
            f"truly {true}": {marked: confusion[true, marked] for marked in STATUSES}
            for true in STATUSES
        },
        "by_day": [
            {
                "name": day.name,
                **{name: "{}/{}".format(*day.shares[name]) for name in _MEASURES},
                "wrong": day.wrong,
            }
            for day in days
        ],
    }


def _counted(run: Sequence[RunDay]) -> Iterator[_Counts]:
    shown: list[RunStory] = []
    for name, stories in run:
        counts = _Counts(name)
        _count_statuses(counts, stories, shown)
        _count_pairs(counts, stories, shown)
        _count_repeats(counts, stories, shown)
        shown += stories
        yield counts


def _count_statuses(counts: _Counts, today: Sequence[RunStory], shown: Sequence[RunStory]) -> None:
    stories = {label.story for before in shown for label in before.labels}
    matters = {label.matter for before in shown for label in before.labels}
    for story in today:
        counts.new_beside_saga += story.goes_on and story.status == NEW
        if not story.labels:
            counts.unlabeled += 1
            continue
        label = story.labels[0]
        true = DEVELOPING if label.matter in matters else NEW
        true = CONTINUING if label.story in stories else true
        counts.confusion[true, story.status] += 1
        counts.add("status_right", true == story.status)
        if true != NEW:
            counts.add("sequels_right", true == story.status)
        if true != story.status:
            counts.wrong.append(f"{story.headline}: {story.status}, truly {true}")


def _count_pairs(counts: _Counts, today: Sequence[RunStory], shown: Sequence[RunStory]) -> None:
    for story, earlier in product(today, shown):
        if story.labels and earlier.labels and story.sentences and earlier.sentences:
            true = story.labels[0].matter == earlier.labels[0].matter
            joined = bool(story.saga) and story.saga == earlier.saga
            if joined:
                counts.add("saga_precision", true)
            if true:
                counts.add("saga_recall", joined)


def _count_repeats(counts: _Counts, today: Sequence[RunStory], shown: Sequence[RunStory]) -> None:
    printed = {_plain(sentence) for before in shown for sentence in before.sentences}
    stories = {label.story for before in shown if before.sentences for label in before.labels}
    for story in today:
        for sentence in story.sentences:
            counts.add("sentences_repeated", _plain(sentence) in printed)
        if story.sentences and story.labels:
            counts.add("events_repeated", story.labels[0].story in stories)


def _plain(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.casefold()))

"""Measures stories and consecutive editions against labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from briefing.core.frozen import frozen
from briefing.lab.evaluate.figures import ci95_of, share_of

#: The true story of a report, and its predicted cluster.
Row: TypeAlias = tuple[str, str]


def measure_stories(rows: Sequence[Row]) -> dict[str, Any]:
    """Compare a clustering with the true one; only equality of labels matters, not their names.

    b3_precision: mean share of a report's predicted story that truly belongs with it. b3_recall:
    mean share of its true story that is clustered with it. b3_f1: harmonic mean of the two; ci95 is
    its 95 % interval, resampling true stories as units. pairwise_f1: F1 over pairs of reports in
    one story; 1 if neither clustering has a pair. clusters: number of predicted stories.

    Raises:
        ValueError: there are no reports.

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


@frozen
class EventLabel:
    """A reader's label of what a report is about."""

    #: The event, the same on every day that reports it.
    story: str
    #: The crisis to which the event belongs; empty for none.
    crisis: str

    @property
    def matter(self) -> str:
        """The crisis, or the story itself if it belongs to none."""
        return self.crisis or self.story


@frozen
class RunStory:
    """A story that an edition prints or names."""

    headline: str
    #: Labels of the reports whose words are printed, in printed order.
    labels: tuple[EventLabel, ...]
    #: One of the statuses.
    status: str
    #: Id of its saga, according to the last edition; empty for none.
    saga: str = ""
    #: As printed; empty if it is only named.
    sentences: tuple[str, ...] = ()
    #: Whether its own edition marks it as continuing a saga.
    goes_on: bool = False


#: An edition of a run: its name and its stories.
RunDay: TypeAlias = tuple[str, Sequence[RunStory]]


@dataclass(slots=True)
class _Counts:
    """Contributions of a day to each measure, by name: how many hold, and of how many."""

    name: str
    shares: defaultdict[str, tuple[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: (0, 0))
    )
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_beside_saga: int = 0
    unlabeled: int = 0
    #: Stories whose status is not the true one.
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
    """Return each measure over all days, its 95 % interval by day, and a row for each day.

    The true status follows from the labels: new if no earlier edition of the run printed or named a
    story of its crisis; continuing if one did so with the same story; otherwise developing.

    status_right: share of stories, printed or named, with their true status.
    sequels_right: the same for those truly developing or continuing.
    saga_precision: share of pairs of printed stories of two days in the same saga that belong to
        the same crisis.
    saga_recall: share of such pairs of the same crisis that are in the same saga.
    sentences_repeated: share of printed sentences that an earlier edition of the run printed.
    events_repeated: share of printed stories that an earlier edition of the run printed.
    new_beside_saga: number of stories marked new that continue a saga.

    Stories without a label are excluded from measures that need one, and counted as ``unlabeled``.

    Args:
        runs: the editions of each run, in order; at least one.
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
        for story, earlier in product(stories, shown):
            if story.labels and earlier.labels and story.sentences and earlier.sentences:
                true = story.labels[0].matter == earlier.labels[0].matter
                joined = bool(story.saga) and story.saga == earlier.saga
                if joined:
                    counts.add("saga_precision", true)
                if true:
                    counts.add("saga_recall", joined)
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

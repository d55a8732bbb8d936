"""How well stories of weeks were joined to sagas: links that hold, and pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from briefing.lab.evaluate.intervals import ratio_ci95

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


def measure(rows: Sequence[FollowedStory]) -> SagasReport:
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

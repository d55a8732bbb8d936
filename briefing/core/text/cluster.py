"""Clusters documents into stories: average linkage over a sparse graph of likely pairs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice

import numpy as np

from briefing.core.model import Document, Story
from briefing.core.text.likeness import Bag, Floats, Ints, Rows, Views, features, shipped, view

#: How far apart reports of one story usually are published at most: news of one event is a matter
#: of days, and a date without a time may be a day off.
WINDOW = timedelta(days=3)

#: Mean likelihood from which two groups may be one story, and two reports that no third speaks for
#: (docs/decisions/0004-clustering.md).
THRESHOLD, PAIR = 0.5, 0.58
#: Share of its own mean likelihood that the closer of two groups must have with the other: events
#: of one war are alike as a few reports of one event are, but less than those of each event.
_COHESION = 0.7

#: More than what rounding takes from a mean.
_SLACK = 1e-9
#: Pairs less likely than this count as 0.
_FLOOR = 0.1
#: Mean likelihood from which two stories may be on the same event, so that one is told with the
#: other (docs/decisions/0004-clustering.md).
_NEAR = 0.44
#: Neighbors kept a report, likeliest first; bounds memory where thousands resemble each other.
_NEIGHBORS = 100
#: Mean likelihood, negative so that the largest comes first, two groups, lower place first, and
#: which of the two waits with it.
_Candidate = tuple[float, int, int, int]

#: Where a report without a date stands among equally central ones.
_UNDATED = datetime.max.replace(tzinfo=UTC)


def cluster(
    documents: Sequence[Document],
    *,
    copies: Mapping[str, str],
    window: timedelta = WINDOW,
    bags: Mapping[str, Bag] | None = None,
) -> tuple[Story, ...]:
    """Group the reports of each event.

    Two groups become one story while the mean likelihood that a report of one and a report of the
    other are on one event is at least ``THRESHOLD``, and not much below what it is within the
    closer group; two reports need ``PAIR``. The likeliest first, ties in input order. A copy (of
    ``copies``, id to id of its original) counts for nothing and goes with its original; one whose
    original is missing, or is a copy itself, is a report of its own. The further apart than
    ``window``, the more alike reports of one story must be; undated ones fit any date. The
    shipped model of pairs tells how likely two are.

    Returns:
        Stories with most reports first, then in input order, with ids "s1", "s2" … In each, the
        most central report first (largest mean cosine to the others; ties: the earlier published,
        then input order); ``links`` tell how likely each report and the first are on one event;
        the first has 1, and ``near`` the stories that may be on the same event.

    References:
        Sokal, R. & Michener, C. (1958), A statistical method for evaluating systematic
        relationships (average linkage, UPGMA).
    """
    originals = {document.id for document in documents if document.id not in copies}
    reports = [document for document in documents if copies.get(document.id) not in originals]
    copied: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if copies.get(document.id) in originals:
            copied[copies[document.id]].append(document)
    known = None if bags is None else [bags[report.id] for report in reports]
    views = view(reports, known)

    def likelihood_of(rows: Ints, columns: Ints, about: Floats) -> Floats:
        return shipped().score(about, views, rows=rows, columns=columns, window=window)

    # Every candidate is judged; pairs that are left out count as 0.
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    near_pairs = (
        _likeliest(rows, columns, likelihood_of(rows, columns, about))
        for rows, columns, about in candidates(views)
    )
    likely = _Likely(*map(np.concatenate, zip(none, *near_pairs, strict=True)))
    sums = np.zeros(views.texts.shape[1])
    groups = [
        _central_first(group, reports=reports, texts=views.texts, sums=sums)
        for group in _link(likely, count=len(reports))
    ]
    groups.sort(key=lambda group: (-len(group), min(group)))
    ends = [(group[0], other) for group in groups for other in group[1:]]
    firsts, others = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    about = features(views, rows=firsts, columns=others)
    links = iter(likelihood_of(firsts, others, about).tolist())
    near = _near(groups, likely)
    return tuple(
        Story(
            id=f"s{number}",
            documents=(members := tuple(reports[place] for place in group)),
            copies=tuple(copy for member in members for copy in copied.get(member.id, ())),
            links=(1.0, *islice(links, len(group) - 1)),
            near=tuple((f"s{other + 1}", likelihood) for other, likelihood in near[number - 1]),
        )
        for number, group in enumerate(groups, start=1)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Likely:
    """Pairs of reports that may be on one event, the lower place first."""

    rows: Ints
    columns: Ints
    likelihood: Floats


def _near(groups: Sequence[Sequence[int]], pairs: _Likely) -> list[list[tuple[int, float]]]:
    """Return for each group the others near it, the likeliest first; ties: the first group."""
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    group_of = np.zeros(sizes.sum(), dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    ones, twos = np.sort(group_of[np.stack((pairs.rows, pairs.columns))], axis=0)
    between, place = np.unique(ones * len(group_of) + twos, return_inverse=True)
    lefts, rights = np.divmod(between, max(1, len(group_of)))
    means = np.bincount(place, pairs.likelihood) / (sizes[lefts] * sizes[rights])
    near: list[list[tuple[int, float]]] = [[] for _ in groups]
    is_near = (means >= _NEAR) & (lefts != rights)
    columns = (lefts[is_near], rights[is_near], means[is_near].round(12))
    for left, right, likelihood in zip(*(column.tolist() for column in columns), strict=True):
        near[left].append((right, likelihood))
        near[right].append((left, likelihood))
    return [sorted(others, key=lambda item: (-item[1], item[0])) for others in near]


def _central_first(
    group: list[int], *, reports: Sequence[Document], texts: Rows, sums: Floats
) -> list[int]:
    """Order a group; ``sums`` is a row of zeros, one for each word, and is left so."""
    if len(group) == 1:
        return group
    central = dict.fromkeys(group, 0.0)
    # Of two each is as like the other.
    if len(group) > 2:
        rows = texts[group]
        np.add.at(sums, rows.indices, rows.data)
        # A report's similarity to itself is the same 1, so the sum ranks like the mean of others.
        central |= zip(group, np.asarray(rows @ sums).round(9), strict=True)
        sums[rows.indices] = 0.0
    return sorted(
        group, key=lambda place: (-central[place], reports[place].published or _UNDATED, place)
    )


def _likeliest(rows: Ints, columns: Ints, likelihood: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the likeliest pairs of each row, up to ``_NEIGHBORS``, ties in input order."""
    # Rounded, so that the order of ties does not depend on the last bit.
    likelihood = likelihood.round(12)
    order = np.lexsort((-likelihood, rows))  # stable, and columns ascend
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    best = order[(rank < _NEIGHBORS) & (likelihood[order] >= _FLOOR)]
    return rows[best], columns[best], likelihood[best]


class _Groups:
    """Groups of reports that are merged step by step, each identified by its first report."""

    def __init__(self, pairs: _Likely, *, count: int) -> None:
        """Take pairs that may come into one group."""
        # Only a report with a likely pair ever comes into a group. Half as wide for memory.
        near, likely = np.zeros(count, dtype=bool), pairs.likelihood >= THRESHOLD - _SLACK
        near[pairs.rows[likely]] = near[pairs.columns[likely]] = True
        both = near[pairs.rows] & near[pairs.columns]
        rows, columns = pairs.rows[both].astype(np.int32), pairs.columns[both].astype(np.int32)
        ends, others = np.concatenate((rows, columns)), np.concatenate((columns, rows))
        order = np.lexsort((others, ends))
        starts = np.searchsorted(ends[order], np.arange(1, count))
        #: Of each group the groups near it, as they were when it was last asked, in order; and the
        #: sums of likelihoods between their reports and its own.
        self._near = np.split(others[order], starts)
        self._sums = np.split(np.tile(pairs.likelihood[both], 2)[order], starts)
        #: The group in which each report is, its size, the sum of likelihoods within it, and the
        #: mean likelihood that it asks of another.
        self.of = np.arange(count, dtype=np.int32)
        self._sizes, self._within = np.ones(count, dtype=np.int64), np.zeros(count)
        self._asked = np.full(count, THRESHOLD)

    def best(self, group: int) -> _Candidate | None:
        """Return a group with the likeliest other that it may become one with, if there is one."""
        near = self.of[self._near[group]]
        if (near != self._near[group]).any():
            sums = np.bincount(near, self._sums[group]).astype(np.float64, copy=False)
            sums[group : group + 1] = 0
            self._near[group] = near = sums.nonzero()[0].astype(np.int32)
            self._sums[group] = sums[near]
        sizes = self._sizes[near]
        means = (self._sums[group] / (self._sizes[group] * sizes)).round(12)
        asked = np.maximum(self._asked[group], self._asked[near])
        asked[sizes + self._sizes[group] == 2] = PAIR
        means[means < asked] = 0
        if not means.any():
            return None
        place = means.argmax()
        ends = sorted((group, int(near[place])))
        return -float(means[place]), ends[0], ends[1], group

    def merge(self, candidate: _Candidate) -> None:
        """Merge the second group of a candidate, which is its best now, into the first."""
        _, group, other, waiting = candidate
        place = np.searchsorted(self._near[waiting], group + other - waiting)
        self._within[group] += self._within[other] + self._sums[waiting][place]
        near, sums = self._near, self._sums
        near[group], near[other] = np.concatenate((near[group], near[other])), near[other][:0]
        sums[group], sums[other] = np.concatenate((sums[group], sums[other])), sums[other][:0]
        self.of[self.of == other] = group
        self._sizes[group] += self._sizes[other]
        pairs = self._sizes[group] * (self._sizes[group] - 1) / 2
        self._asked[group] = max(THRESHOLD, _COHESION * self._within[group] / pairs)


def _link(pairs: _Likely, *, count: int) -> list[list[int]]:
    """Merge the two likeliest groups until none are likely enough; places ascend."""
    groups = _Groups(pairs, count=count)
    queue = [best for group in range(count) if (best := groups.best(group))]
    heapify(queue)
    while queue:
        entry = heappop(queue)
        _, group, _, waiting = entry
        if (best := groups.best(waiting)) == entry:
            groups.merge(entry)
            best = groups.best(group)
        if best:
            heappush(queue, best)
    members = defaultdict(list)
    for place, group in enumerate(groups.of.tolist()):
        members[group].append(place)
    return [members[group] for group in sorted(members)]


#: Cosine of two texts from which reports are compared at all, whatever their headlines: of 3,082
#: likely pairs of one event 1 in 100 has less, of a report with the text of another 8 in 10
#: (docs/decisions/0004-clustering.md).
_CUT = 0.08
#: Reports on each side of a square of pairs that is multiplied at once; four squares take 8 MB.
_SIDE = 512
#: Share of the reports from which the holders of a word stand in a row of their own with zeros for
#: all others, which multiplies faster than a list of them.
_COMMON = 0.05


class _Holders:
    """Reports by the words that they hold, in blocks that others are multiplied with."""

    def __init__(self, rows: Rows, *, side: int, fewest: int = 2) -> None:
        """Take one row a report; words that fewer reports than ``fewest`` hold are left out.

        Most words stand in one report: with their columns the blocks take twice the memory.
        """
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        self._common = counts > _COMMON * rows.shape[0]
        self._others = (counts >= fewest) & ~self._common
        blocks = (rows[start : start + side] for start in range(0, rows.shape[0], side))
        self._blocks = [tuple(part.T.tocsr() for part in self.parts(block)) for block in blocks]

    def parts(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the columns of words that many of these reports hold, and those of the others."""
        return rows[:, self._common], rows[:, self._others]

    def times(self, parts: tuple[Rows, Rows], number: int) -> Floats:
        """Return the products of the parts of some rows with those of a block."""
        common, others = self._blocks[number]
        product: Floats = np.asarray(parts[0] @ common.toarray())
        product += (parts[1] @ others).toarray()
        return product


def candidates(views: Views, *, side: int = _SIDE) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the pairs of reports that are worth a comparison, with their features.

    They are all whose texts have a cosine of at least ``_CUT``. The lower place comes first; all
    pairs of one row are in one part, and rows and columns ascend. The features are those of
    :func:`briefing.core.text.likeness.features`, but for the last bit. ``side`` bounds memory.
    """
    count = views.texts.shape[0]
    # What is multiplied with what: cosines of texts, then titles held both ways.
    sides = (
        (views.texts, _Holders(views.texts, side=side)),
        (views.titles, _Holders(views.openings, side=side)),
        (views.openings, _Holders(views.titles, side=side, fewest=1)),
    )

    def pairs(start: int) -> tuple[Ints, Ints, Floats]:
        own = [(others, others.parts(rows[start : start + side])) for rows, others in sides]
        parts = [
            _worth([others.times(parts, number) for others, parts in own], start, number * side)
            for number in range(start // side, -(-count // side))
        ]
        # Each part has all of these rows and higher columns.
        rows, columns, about = (np.concatenate(kind) for kind in zip(*parts, strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], columns[order], about[order]

    # What made a part is let go before the next one.
    yield from map(pairs, range(0, count, side))


def _worth(square: Sequence[Floats], start: int, other: int) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of a square that are worth a comparison, with their features."""
    cosines, held, holds = square
    worth = cosines >= _CUT
    if start == other:
        worth = np.triu(worth, 1)
    rows, columns = worth.nonzero()
    mine, theirs = held[worth], holds[worth]
    about = (cosines[worth], np.maximum(mine, theirs), np.minimum(mine, theirs))
    return rows + start, columns + other, np.stack(about, axis=1)

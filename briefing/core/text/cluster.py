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

#: Usual limit of the time between reports of one story: news of one event lasts days, and a date
#: without a time may be a day off.
WINDOW = timedelta(days=3)

#: Least mean likelihood of two groups that are merged, and of two single reports, for which no
#: third is evidence (docs/decisions/0004-clustering.md).
THRESHOLD, PAIR = 0.5, 0.58
#: Least mean likelihood between two groups as a share of that within the more coherent one: the
#: events of one war are as alike as some reports of one event, but less than those of each event.
_COHESION = 0.7

#: More than the rounding error of a mean.
_SLACK = 1e-9
#: Pairs less likely than this count as 0.
_FLOOR = 0.1
#: Likelihood from which two stories may be on the same event, so that one is printed beside the
#: other (docs/decisions/0004-clustering.md).
_NEAR = 0.44
#: Neighbors kept per report, likeliest first; bounds memory if thousands resemble each other.
_NEIGHBORS = 100
#: Mean likelihood (negative, so that the largest sorts first), the two groups, the lower number
#: first, and the one of them whose best candidate this is.
_Candidate = tuple[float, int, int, int]

#: Sorts an undated report last among equally central ones.
_UNDATED = datetime.max.replace(tzinfo=UTC)


def cluster(
    documents: Sequence[Document],
    *,
    copies: Mapping[str, str],
    window: timedelta = WINDOW,
    bags: Mapping[str, Bag] | None = None,
) -> tuple[Story, ...]:
    """Cluster documents into stories, one for each event.

    The two groups with the highest mean likelihood that their reports are on one event are merged
    (ties: input order), as long as it is at least ``THRESHOLD`` and not much below the mean within
    the more coherent group; two single reports need ``PAIR``. The shipped model gives the
    likelihood of each pair of reports. It falls with the time between them, in units of
    ``window``; an undated report fits any date. A copy (``copies``: id of the copy → id of its
    original) has no influence and joins its original; one whose original is missing, or is a copy
    itself, counts as a report.

    Returns:
        Stories, those with most reports first, then in input order; ids are "s1", "s2" … The most
        central report of each comes first (largest mean cosine to the others; ties: the earlier
        published, then input order). ``links`` are the likelihoods that each report and the first
        are on one event, 1 for the first; ``near`` are the stories that may be on the same event.

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

    # Pairs that are no candidates count as 0.
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
    """Pairs of reports that may be on one event, the lower number first."""

    rows: Ints
    columns: Ints
    likelihood: Floats


def _near(groups: Sequence[Sequence[int]], pairs: _Likely) -> list[list[tuple[int, float]]]:
    """Return for each group the others near it, the likeliest first; ties: input order.

    A single report is compared with the likeliest of the other group, since most reports of a large
    story are on other sides of the event; several reports by the mean of all pairs.
    """
    count = max(1, len(groups))
    group_of = np.zeros(sum(map(len, groups)), dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    sizes = np.bincount(group_of)
    ones, twos = group_of[np.stack((pairs.rows, pairs.columns))]
    ends = np.concatenate((ones * count + twos, twos * count + ones))
    between, place = np.unique(ends, return_inverse=True)
    lefts, rights = np.divmod(between, count)
    likelihood = np.tile(pairs.likelihood, 2)
    likeliest = np.zeros(len(between))
    np.maximum.at(likeliest, place, likelihood)
    means = np.bincount(place, likelihood) / (sizes[lefts] * sizes[rights])
    likely = np.where(sizes[lefts] == 1, likeliest, means).round(12)
    is_near = (likely >= _NEAR) & (lefts != rights)
    columns = (lefts[is_near], rights[is_near], likely[is_near])
    near: list[list[tuple[int, float]]] = [[] for _ in groups]
    for left, right, value in zip(*(column.tolist() for column in columns), strict=True):
        near[left].append((right, value))
    return [sorted(others, key=lambda item: (-item[1], item[0])) for others in near]


def _central_first(
    group: list[int], *, reports: Sequence[Document], texts: Rows, sums: Floats
) -> list[int]:
    """Order a group, the most central report first; ``sums`` is work space: 0 for each word."""
    if len(group) == 1:
        return group
    central = dict.fromkeys(group, 0.0)
    # Two reports are equally central.
    if len(group) > 2:
        rows = texts[group]
        np.add.at(sums, rows.indices, rows.data)
        # The similarity to itself is 1 for every report, so sums rank like means over the others.
        central |= zip(group, np.asarray(rows @ sums).round(9), strict=True)
        sums[rows.indices] = 0.0
    return sorted(
        group, key=lambda place: (-central[place], reports[place].published or _UNDATED, place)
    )


def _likeliest(rows: Ints, columns: Ints, likelihood: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the likeliest pairs of each row, at most ``_NEIGHBORS``; ties: input order."""
    # Rounded so that the order does not depend on the last bit.
    likelihood = likelihood.round(12)
    order = np.lexsort((-likelihood, rows))  # stable, and columns ascend
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    best = order[(rank < _NEIGHBORS) & (likelihood[order] >= _FLOOR)]
    return rows[best], columns[best], likelihood[best]


class _Groups:
    """Groups of reports while they are merged, each identified by its first report's number."""

    def __init__(self, pairs: _Likely, *, count: int) -> None:
        """Start with each of ``count`` reports as its own group."""
        # Only reports with a likely pair can be merged; 32 bits save memory.
        near, likely = np.zeros(count, dtype=bool), pairs.likelihood >= THRESHOLD - _SLACK
        near[pairs.rows[likely]] = near[pairs.columns[likely]] = True
        both = near[pairs.rows] & near[pairs.columns]
        rows, columns = pairs.rows[both].astype(np.int32), pairs.columns[both].astype(np.int32)
        ends, others = np.concatenate((rows, columns)), np.concatenate((columns, rows))
        order = np.lexsort((others, ends))
        starts = np.searchsorted(ends[order], np.arange(1, count))
        #: Ascending neighbors of each group, as of its last lookup; and the sums of likelihoods
        #: between their reports and its own.
        self._near = np.split(others[order], starts)
        self._sums = np.split(np.tile(pairs.likelihood[both], 2)[order], starts)
        #: The group of each report; and of each group, its size, the sum of likelihoods within it,
        #: and the mean likelihood that it requires of another.
        self.of = np.arange(count, dtype=np.int32)
        self._sizes, self._within = np.ones(count, dtype=np.int64), np.zeros(count)
        self._asked = np.full(count, THRESHOLD)

    def best(self, group: int) -> _Candidate | None:
        """Return the likeliest merge of a group; None: there is none."""
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
        """Merge the second group of a candidate, which must be up to date, into the first."""
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
    """Merge the two likeliest groups until none are likely enough; numbers ascend in each."""
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


#: Least cosine of two texts whose reports are compared at all, whatever their headlines: 1 in 100
#: of 3,082 likely pairs on one event have less, but 8 in 10 of those in which a report has the
#: text of another (docs/decisions/0004-clustering.md).
_CUT = 0.08
#: Side of a square of pairs multiplied at once, in reports; four squares take 8 MB.
_SIDE = 512
#: Share of the reports above which the column of a word is multiplied as a dense array, which is
#: then faster than a sparse one.
_COMMON = 0.05


class _Holders:
    """Transposed rows of reports, in blocks to multiply other reports with."""

    def __init__(self, rows: Rows, *, side: int, fewest: int = 2) -> None:
        """Take one row per report; words in fewer than ``fewest`` reports are left out.

        Most words occur in one report: with their columns the blocks take twice the memory.
        """
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        self._common = counts > _COMMON * rows.shape[0]
        self._others = (counts >= fewest) & ~self._common
        blocks = (rows[start : start + side] for start in range(0, rows.shape[0], side))
        self._blocks = [tuple(part.T.tocsr() for part in self.parts(block)) for block in blocks]

    def parts(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the columns of common words of some rows, and those of other words."""
        return rows[:, self._common], rows[:, self._others]

    def times(self, parts: tuple[Rows, Rows], number: int) -> Floats:
        """Return the products of some rows, given as :meth:`parts`, with those of a block."""
        common, others = self._blocks[number]
        product: Floats = np.asarray(parts[0] @ common.toarray())
        product += (parts[1] @ others).toarray()
        return product


def candidates(views: Views, *, side: int = _SIDE) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the pairs of reports whose texts have a cosine of at least ``_CUT``, with features.

    Each item has rows, columns and features of its pairs. The row is the lower number; all pairs
    of one row are in one item; rows and columns ascend. The features equal those of
    :func:`briefing.core.text.likeness.features`, except for the last bit. ``side`` bounds memory.
    """
    count = views.texts.shape[0]
    # Factors of the cosines of texts, then of titles with openings in both directions.
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
        # All parts have these rows, and their columns ascend from part to part.
        rows, columns, about = (np.concatenate(kind) for kind in zip(*parts, strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], columns[order], about[order]

    # ``map`` frees the arrays of one part before it makes the next.
    yield from map(pairs, range(0, count, side))


def _worth(square: Sequence[Floats], start: int, other: int) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of a square with a cosine of at least ``_CUT``, with their features."""
    cosines, held, holds = square
    worth = cosines >= _CUT
    if start == other:
        worth = np.triu(worth, 1)
    rows, columns = worth.nonzero()
    mine, theirs = held[worth], holds[worth]
    about = (cosines[worth], np.maximum(mine, theirs), np.minimum(mine, theirs))
    return rows + start, columns + other, np.stack(about, axis=1)

"""Clusters documents into stories: average linkage over a sparse graph of similar reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from briefing.core.model import Document, Story
from briefing.core.text.vectors import Rows, tfidf
from briefing.core.text.words import content_stems

#: Reports further apart are two events: news of one event is a matter of days, and a date without
#: a time may be a day off.
WINDOW = timedelta(days=3)

#: Mean similarity from which two groups are one story. This and the constants below were tuned on
#: one half of the labeled stories (docs/decisions/0004-clustering.md).
THRESHOLD = 0.14

#: Content words of a text that are read: news puts what matters first.
_BODY_WORDS = 400
#: Characters that hold them, so that a text of any size costs the same.
_BODY_CHARACTERS = 5_000
#: Content words of the lead, which count twice.
_LEAD_WORDS = 60
#: How often each headline word counts.
_TITLE_WEIGHT = 3
#: Characters of a headline that are read; no headline is longer.
_TITLE_CHARACTERS = 500
#: Share of numbers among its words from which a text is a table. Company results have .2 to .4;
#: of 413 labeled news articles one has as much.
_TABLE_SHARE = 0.2
#: Characters of a number that distinguishes tables; "1" and "16" occur in many.
_FIGURE_LENGTH = 3
#: Exponent of rarity: names and numbers outweigh the formulas that all company results share.
_POWER = 1.5

#: Neighbors kept a report, most similar first; bounds memory where thousands resemble each other.
_NEIGHBORS = 100
#: Rows multiplied at once; bounds memory (about 256 x 20,000 candidates).
_BLOCK = 256
#: Pairs multiplied at once; bounds memory likewise (about 20,000 x 500 words).
_PAIRS = 20_000

_Ints = npt.NDArray[np.int64]
_Similarities = npt.NDArray[np.float64]
#: Publication of the earliest and of the latest report.
_Span = tuple[datetime, datetime]

#: Mean similarity, negative so that the largest comes first, and two groups, lower place first.
_Candidate = tuple[float, int, int]

#: The span of a report without a date: it contradicts none.
_UNDATED: _Span = (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


def cluster(
    documents: Sequence[Document],
    *,
    copies: Mapping[str, str],
    window: timedelta = WINDOW,
) -> tuple[Story, ...]:
    """Group the reports of each event.

    Two groups become one story while the mean similarity of their reports is at least
    ``THRESHOLD``; the most similar first, ties in input order.

    Args:
        documents: with distinct ids.
        copies: id of a copy → id of its original, as ``find_copies`` gives it. A copy counts for
            nothing and goes with its original; one whose original is missing, or is a copy
            itself, is taken as a report of its own.
        window: how far apart reports of one story may be published; undated ones always may.

    Returns:
        Stories with most reports first, then in input order, with ids "s1", "s2" … In each, the
        most central report first (largest mean cosine to the others; ties: the earlier published,
        then input order); ``links`` are cosines to the first report, which has 1.

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
    vectors = tfidf([_features(d) for d in reports], power=_POWER)
    groups = _link(_similar(vectors), spans=[_span(d) for d in reports], window=window)
    groups.sort(key=lambda group: (-len(group), group[0]))
    return tuple(
        _story(
            f"s{number}",
            members=[reports[place] for place in group],
            rows=vectors[group],
            copied=copied,
        )
        for number, group in enumerate(groups, start=1)
    )


def _features(document: Document) -> list[str]:
    """Return content stems of headline and text, repeated where they count more."""
    body = content_stems(document.text[:_BODY_CHARACTERS])[:_BODY_WORDS]
    title = content_stems(document.title[:_TITLE_CHARACTERS])
    figures = [word for word in body if word[:1].isdigit()]
    if len(figures) >= _TABLE_SHARE * len(body):
        # The words of a table are those of its form, the same for every company or market,
        # and so are its small numbers.
        body = [figure for figure in figures if len(figure) >= _FIGURE_LENGTH]
    return [*title * _TITLE_WEIGHT, *body, *body[:_LEAD_WORDS]]


def _span(document: Document) -> _Span:
    return (document.published, document.published) if document.published else _UNDATED


def _story(
    name: str,
    *,
    members: Sequence[Document],
    rows: Rows,
    copied: Mapping[str, Sequence[Document]],
) -> Story:
    # Every report's similarity to itself is the same 1, so the sum ranks like the mean of others.
    centrality = (rows @ rows.sum(axis=0)).round(9)
    order = sorted(
        range(len(members)),
        key=lambda place: (-centrality[place], _span(members[place])[0], place),
    )
    first = rows[[order[0]]].toarray().ravel()
    links = np.clip(np.asarray(rows @ first), 0.0, 1.0)
    documents = tuple(members[place] for place in order)
    return Story(
        id=name,
        documents=documents,
        copies=tuple(copy for document in documents for copy in copied.get(document.id, ())),
        links=(1.0, *(float(links[place]) for place in order[1:])),
    )


def _similar(vectors: Rows) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of rows with their similarity; a pair may come twice, once each way.

    Every pair of at least ``THRESHOLD`` is among them (up to ``_NEIGHBORS`` a row), and those
    below it that share enough of their rarer words; pairs left out count as 0.

    References:
        Bayardo, R., Ma, Y. & Srikant, R. (2007), Scaling up all pairs similarity search, section
        3.2: words that cannot make up the threshold alone need not be indexed.
    """
    index = _without_common(vectors, allowance=THRESHOLD / 2).T.tocsr()
    for start in range(0, vectors.shape[0], _BLOCK):
        products = (vectors[start : start + _BLOCK] @ index).tocoo()
        rows, columns = products.row.astype(np.int64) + start, products.col.astype(np.int64)
        # What is not indexed adds at most half the threshold.
        likely = (products.data >= THRESHOLD / 2) & (rows != columns)
        rows, columns = rows[likely], columns[likely]
        exact = _products(vectors, rows=rows, columns=columns)
        near = _nearest(rows, columns=columns, similarity=exact)
        yield from zip(
            rows[near].tolist(), columns[near].tolist(), exact[near].tolist(), strict=True
        )


def _without_common(vectors: Rows, *, allowance: float) -> Rows:
    """Drop the commonest words of each row, as many as have at most this length together."""
    holders = np.bincount(vectors.indices, minlength=vectors.shape[1])
    row = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    order = np.lexsort((vectors.indices, -holders[vectors.indices], row))
    mass = np.cumsum(vectors.data[order] ** 2)
    before = np.concatenate(([0.0], mass))[vectors.indptr[:-1]]
    rare = order[mass - before[row] > allowance**2]
    return csr_array((vectors.data[rare], (row[rare], vectors.indices[rare])), shape=vectors.shape)


def _products(vectors: Rows, *, rows: _Ints, columns: _Ints) -> _Similarities:
    """Return the inner product of each pair of rows."""
    products = np.zeros(len(rows))
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        products[part] = vectors[rows[part]].multiply(vectors[columns[part]]).sum(axis=1)
    return products


def _nearest(rows: _Ints, *, columns: _Ints, similarity: _Similarities) -> _Ints:
    """Return the places of the most similar pairs of each row, ties in input order."""
    order = np.lexsort((columns, -similarity, rows))
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    return order[rank < _NEIGHBORS]


@dataclass(slots=True)
class _Groups:
    """Groups of reports that are merged step by step, each identified by its first report."""

    #: Publication of the earliest and the latest report.
    spans: list[_Span]
    #: How far apart those may be.
    window: timedelta
    #: Reports of each group; none once it went into another.
    members: list[list[int]] = field(init=False)
    #: Sum of similarities between reports of two groups, for groups that may still merge.
    sums: list[dict[int, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.members = [[place] for place in range(len(self.spans))]
        self.sums = [{} for _ in self.spans]

    def join(self, group: int, other: int, *, total: float) -> None:
        """Set the sum of similarities between two groups."""
        self.sums[group][other] = self.sums[other][group] = total

    def candidate(self, group: int, other: int) -> _Candidate | None:
        """Return two groups as a candidate to merge, None when they must stay apart."""
        sizes = len(self.members[group]) * len(self.members[other])
        total = self.sums[group].get(other)
        if total is None:
            return None
        mean = round(total / sizes, 12)
        earliest, latest = self._span(group, other)
        if mean < THRESHOLD or latest - earliest > self.window:
            return None
        return (-mean, min(group, other), max(group, other))

    def merge(self, group: int, other: int) -> list[_Candidate]:
        """Merge the second group into the first; return the new candidates."""
        self.spans[group] = self._span(group, other)
        self.members[group] += self.members[other]
        self.members[other] = []
        del self.sums[group][other], self.sums[other][group]
        moved, self.sums[other] = self.sums[other], {}
        for third, total in moved.items():
            del self.sums[third][other]
            self.join(group, third, total=self.sums[group].get(third, 0.0) + total)
        candidates = (self.candidate(group, third) for third in self.sums[group])
        return [candidate for candidate in candidates if candidate is not None]

    def _span(self, group: int, other: int) -> _Span:
        (first, last), (earliest, latest) = self.spans[group], self.spans[other]
        return (min(first, earliest), max(last, latest))


def _link(
    pairs: Iterable[tuple[int, int, float]], *, spans: Sequence[_Span], window: timedelta
) -> list[list[int]]:
    """Merge the two most similar groups until none are similar enough; places ascend."""
    groups = _Groups(spans=list(spans), window=window)
    for group, other, similarity in pairs:
        groups.join(group, other, total=similarity)
    queue = [
        candidate
        for group, sums in enumerate(groups.sums)
        for other in sums
        if group < other and (candidate := groups.candidate(group, other)) is not None
    ]
    heapify(queue)
    while queue:
        similarity, group, other = heappop(queue)
        if groups.candidate(group, other) == (similarity, group, other):
            for candidate in groups.merge(group, other):
                heappush(queue, candidate)
    return [sorted(group) for group in groups.members if group]

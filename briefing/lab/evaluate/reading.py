"""Whether printed sentences stand where they are printed, by labels alone (needs, kind, lead)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.core.errors import InputError
from briefing.lab.evaluate.intervals import ratio_ci95

#: Start and end in the text of an article.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Label:
    """What the readers of an article say of one of its sentences."""

    span: Span
    #: Earlier sentences, by number, that every reader needs; -1 is one that the article has not.
    needs: frozenset[int]
    #: Whether every reader calls it a byline, a caption or another fragment.
    junk: bool
    #: Whether any reader would print it as the only sentence under the title.
    lead: bool

    @property
    def free(self) -> bool:
        """Whether it stands alone under the title."""
        return not self.needs and not self.junk


@dataclass(frozen=True, slots=True)
class LabeledArticle:
    """One article with the labels of its sentences, in order."""

    id: str
    title: str
    text: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """What the product did with one article."""

    article: LabeledArticle
    #: Sentences of each of its briefs at their longest, in reading order.
    briefs: tuple[tuple[Span, ...], ...]
    #: The same briefs with fewer sentences, as a full page has them.
    shorter: tuple[tuple[Span, ...], ...]
    #: Sentences that the rule of the product refuses right under the title.
    refused: tuple[Span, ...]


def read_article(line: Mapping[str, Any]) -> LabeledArticle:
    """Read one line of labeled articles.

    Raises:
        InputError: a field is missing, or a reader's lists are not as long as ``spans``.
    """
    try:
        spans = [(int(start), int(end)) for start, end in line["spans"]]
        readers = line["readers"]
        labels = [
            Label(
                span,
                frozenset.intersection(*(frozenset(one["needs"][at]) for one in readers)),
                all(one["kind"][at] == "junk" for one in readers),
                any(one["lead"][at] for one in readers),
            )
            for at, span in enumerate(spans)
        ]
        return LabeledArticle(line["id"], line["title"], line["text"], tuple(labels))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"article {line.get('id')!r} of reading: {type(error).__name__}: {error}; give id, "
            "title, text, spans and readers with needs, kind and lead for each span"
        ) from error


def measure(readings: Iterable[ReadArticle]) -> dict[str, Any]:
    """Return the shares over all articles, and over the two halves that a hash of the id makes.

    ``unresolved``: of printed sentences, those with a need that is not printed before them in
    their brief; ``unresolved_shorter`` the same of the briefs cut shorter. ``refused``: of
    sentences that need nothing, those that the product's rule refuses under the title. ``junk``:
    number of fragments printed. ``lead_opens``: of briefs, those whose first sentence says the
    news itself. ``ci95`` by resampling articles.

    Raises:
        InputError: there are no articles.
    """
    rows = [(half_of(reading.article), _counts(reading)) for reading in readings]
    if not rows:
        raise InputError("no articles of reading to measure; give a file with at least one line")
    halves = {
        name: _report([row for half, row in rows if half == name])
        for name in sorted({half for half, _ in rows})
    }
    return {**_report([row for _, row in rows]), "halves": halves}


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted in one article."""

    printed: int
    unresolved: int
    junk: int
    free: int
    refused: int
    briefs: int
    leads: int
    printed_shorter: int
    unresolved_shorter: int


def half_of(article: LabeledArticle) -> str:
    """Return "A", the half that the weights are learned on, or "B"."""
    return "AB"[hashlib.sha256(article.id.encode()).digest()[0] % 2]


def _counts(reading: ReadArticle) -> _Counts:
    labels = reading.article.labels
    free = {at for at, label in enumerate(labels) if label.free}
    refused = {at for span in reading.refused for at in labels_of(span, labels)}
    opening = [labels_of(brief[0], labels) for brief in reading.briefs]
    return _Counts(
        printed=sum(map(len, reading.briefs)),
        unresolved=sum(_unresolved(brief, labels) for brief in reading.briefs),
        junk=sum(
            any(labels[at].junk for at in labels_of(span, labels))
            for brief in reading.briefs
            for span in brief
        ),
        free=len(free),
        refused=len(free & refused),
        briefs=len(reading.briefs),
        leads=sum(any(labels[at].lead for at in own) for own in opening),
        printed_shorter=sum(map(len, reading.shorter)),
        unresolved_shorter=sum(_unresolved(brief, labels) for brief in reading.shorter),
    )


def _unresolved(brief: Sequence[Span], labels: Sequence[Label]) -> int:
    """Count the sentences of a brief that need one that is not printed above them."""
    count = 0
    above: set[int] = set()
    for span in brief:
        own = labels_of(span, labels)
        above.update(own)
        count += any(not labels[at].needs <= above for at in own)
    return count


def labels_of(span: Span, labels: Sequence[Label]) -> tuple[int, ...]:
    """Return the numbers of the labeled sentences that a printed one is, or holds.

    Two splitters differ at datelines, captions and quotations: what shares half of the shorter of
    the two is the same.
    """
    start, end = span
    return tuple(
        at
        for at, label in enumerate(labels)
        if 2 * (min(end, label.span[1]) - max(start, label.span[0]))
        >= max(1, min(end - start, label.span[1] - label.span[0]))
    )


def _report(rows: Sequence[_Counts]) -> dict[str, Any]:
    pairs = {
        "unresolved": [(row.unresolved, row.printed) for row in rows],
        "unresolved_shorter": [(row.unresolved_shorter, row.printed_shorter) for row in rows],
        "refused": [(row.refused, row.free) for row in rows],
        "lead_opens": [(row.leads, row.briefs) for row in rows],
    }
    return {
        "articles": len(rows),
        "printed": sum(row.printed for row in rows),
        "junk": sum(row.junk for row in rows),
        **{name: _share(pair) for name, pair in pairs.items()},
        "ci95": {name: list(ratio_ci95(pair)) for name, pair in pairs.items()},
    }


def _share(pairs: Sequence[tuple[int, int]]) -> float:
    return sum(part for part, _ in pairs) / max(1, sum(whole for _, whole in pairs))

"""Measures summaries (ROUGE), and whether printed sentences are understandable alone."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from briefing.core.errors import InputError, MissingPartError
from briefing.core.frozen import frozen
from briefing.core.model import Document, Sentence
from briefing.lab.evaluate.figures import ci95, paired_ci95, ratio_ci95

#: Unigrams, bigrams, and the longest common subsequence over lines.
MEASURES = ("rouge1", "rouge2", "rougeLsum")

#: The ranker with which all others are compared.
BASELINE = "lead"


@frozen
class SummaryItem:
    """Documents on one event and their human summaries."""

    #: As in the file.
    id: str
    #: In the order of the file; ids are "d0", "d1" …
    documents: tuple[Document, ...]
    #: One or more; lines count as sentences for rougeLsum.
    references: tuple[str, ...]
    #: Sentences by document id, for documents given already split.
    split: Mapping[str, tuple[Sentence, ...]]


#: Returns the sentences of an item's summary in printed order.
Summarize = Callable[[SummaryItem], Sequence[str]]


def read_item(line: Mapping[str, Any]) -> SummaryItem:
    """Return the item in a line of the summaries format.

    The text of a document with "sentences" is these joined by newlines. Raises InputError if id,
    documents or references are missing or of the wrong type.
    """
    documents: list[Document] = []
    split: dict[str, tuple[Sentence, ...]] = {}
    try:
        (name,), references = _texts([line["id"]]), _texts(line["references"])
        for at, entry in enumerate(line["documents"]):
            lines = entry.get("sentences")
            text = "\n".join(_texts([entry["text"]] if lines is None else lines))
            title, source = (str(entry.get(key) or "") for key in ("title", "source"))
            documents.append(Document(f"d{at}", title, text, publisher=source))
            if lines is not None:
                split[f"d{at}"] = _slices(f"d{at}", lines)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"item {line.get('id')!r} of summaries: {type(error).__name__}: {error}; give id, "
            "references, and documents with text or sentences"
        ) from error
    if not documents:
        raise InputError(f"item {name!r} of summaries has no documents; give at least one")
    return SummaryItem(name, tuple(documents), references, split)


def _texts(values: Any) -> tuple[str, ...]:  # noqa: ANN401  comes from JSON
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise TypeError(f"{values!r:.40} is not a list of texts")
    return tuple(values)


def measure_summaries(
    items: Iterable[SummaryItem], *, summarizers: Mapping[str, Summarize]
) -> dict[str, Any]:
    """Return ``items`` and, by ranker, mean F1 × 100 of each measure with 95 % intervals.

    ``ci95`` has [low, high] for each measure; ``over_lead`` the same for the difference from lead,
    item by item. With several references, their mean counts.

    Raises:
        InputError: there are no items.
        ValueError: lead is not among the summarizers.

    References:
        Lin, C.-Y. (2004), ROUGE: a package for automatic evaluation of summaries, ACL workshop;
        Porter stemming, as ROUGE-1.5.5 -m.
    """
    if BASELINE not in summarizers:
        raise ValueError(f"{BASELINE!r} must be among the summarizers: it is the bar")
    try:
        from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415  of the extra "lab"
    except ImportError as error:
        raise MissingPartError(
            "measuring summaries needs rouge-score; install it: pip install 'briefing[lab]'"
        ) from error
    scorer = RougeScorer(list(MEASURES), use_stemmer=True)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in summarizers}
    for item in items:
        for name, summarize in summarizers.items():
            summary = "\n".join(summarize(item))
            scores = [scorer.score(reference, summary) for reference in item.references]
            rows[name].append({
                measure: 100 * fmean(score[measure].fmeasure for score in scores)
                for measure in MEASURES
            })  # fmt: skip
    if not rows[BASELINE]:
        raise InputError("no items of summaries to measure; give a file with at least one line")
    return {
        "items": len(rows[BASELINE]),
        "rankers": {name: _report(rows[name], baseline=rows[BASELINE]) for name in summarizers},
    }


def _report(
    rows: Sequence[Mapping[str, float]], *, baseline: Sequence[Mapping[str, float]]
) -> dict[str, Any]:
    values = {name: [row[name] for row in rows] for name in MEASURES}
    bars = {name: [row[name] for row in baseline] for name in MEASURES}
    return {
        **{name: fmean(values[name]) for name in MEASURES},
        "ci95": {name: list(ci95(values[name])) for name in MEASURES},
        "over_lead": {name: list(paired_ci95(values[name], bars[name])) for name in MEASURES},
    }


def _slices(document: str, lines: Sequence[str]) -> tuple[Sentence, ...]:
    """Locate each line in the joined text; blank lines are not sentences."""
    sentences: list[Sentence] = []
    start = 0
    for line in lines:
        end = start + len(line)
        if line.strip():
            at = len(sentences)
            sentences.append(Sentence(document, start, end, line, index=at, paragraph=at))
        start = end + 1
    return tuple(sentences)


#: Start and end in the text of an article.
Span = tuple[int, int]


@frozen
class Label:
    """The readers' labels of one sentence of an article."""

    span: Span
    #: Earlier sentences, by index, that every reader needs; -1 stands for one not in the article.
    needs: frozenset[int]
    #: Whether every reader calls it a byline, a caption or another fragment.
    junk: bool
    #: Whether any reader would print it as the only sentence under the title.
    lead: bool

    @property
    def free(self) -> bool:
        """Whether it is understandable directly under the title."""
        return not self.needs and not self.junk


@frozen
class LabeledArticle:
    """An article with the labels of its sentences, in order."""

    id: str
    title: str
    text: str
    labels: tuple[Label, ...]


@frozen
class ReadArticle:
    """What was printed of an article, and what was refused."""

    article: LabeledArticle
    #: Sentences of each of its briefs at full length, in reading order.
    briefs: tuple[tuple[Span, ...], ...]
    #: The same briefs with fewer sentences, as on a full page.
    shorter: tuple[tuple[Span, ...], ...]
    #: Sentences that our rule refuses directly under the title.
    refused: tuple[Span, ...]


def read_article(line: Mapping[str, Any]) -> LabeledArticle:
    """Read a line of labeled articles.

    Raises InputError if a field is missing, or a reader's lists do not have the length of
    ``spans``.
    """
    try:
        spans = [(int(start), int(end)) for start, end in line["spans"]]
        readers = line["readers"]
        labels = [
            Label(
                span,
                frozenset.intersection(*(frozenset(reader["needs"][at]) for reader in readers)),
                all(reader["kind"][at] == "junk" for reader in readers),
                any(reader["lead"][at] for reader in readers),
            )
            for at, span in enumerate(spans)
        ]
        return LabeledArticle(line["id"], line["title"], line["text"], tuple(labels))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"article {line.get('id')!r} of reading: {type(error).__name__}: {error}; give id, "
            "title, text, spans and readers with needs, kind and lead for each span"
        ) from error


def measure_reading(readings: Iterable[ReadArticle]) -> dict[str, Any]:
    """Return the shares over all articles, and over each half, as :func:`half_of` divides them.

    ``unresolved``: of printed sentences, those that need one not printed before them in their
    brief; ``unresolved_shorter`` the same for shortened briefs. ``refused``: of sentences that need
    nothing, those that our rule refuses under the title. ``junk``: number of fragments printed.
    ``lead_opens``: of briefs, those whose first sentence states the news itself. ``ci95`` by
    resampling articles. Raises InputError if there are no articles.
    """
    rows = [(half_of(reading.article), _counts(reading)) for reading in readings]
    if not rows:
        raise InputError("no articles of reading to measure; give a file with at least one line")
    halves = {
        name: _report_reading([row for half, row in rows if half == name])
        for name in sorted({half for half, _ in rows})
    }
    return {**_report_reading([row for _, row in rows]), "halves": halves}


def half_of(article: LabeledArticle) -> str:
    """Return "A", the half used to tune weights, or "B"."""
    return "AB"[hashlib.sha256(article.id.encode()).digest()[0] % 2]


def _counts(reading: ReadArticle) -> dict[str, int]:
    labels = reading.article.labels
    free = {at for at, label in enumerate(labels) if label.free}
    refused = {at for span in reading.refused for at in labels_of(span, labels)}
    opening = [labels_of(brief[0], labels) for brief in reading.briefs]
    return {
        "printed": sum(map(len, reading.briefs)),
        "unresolved": sum(_unresolved(brief, labels) for brief in reading.briefs),
        "junk": sum(
            any(labels[at].junk for at in labels_of(span, labels))
            for brief in reading.briefs
            for span in brief
        ),
        "free": len(free),
        "refused": len(free & refused),
        "briefs": len(reading.briefs),
        "leads": sum(any(labels[at].lead for at in own) for own in opening),
        "printed_shorter": sum(map(len, reading.shorter)),
        "unresolved_shorter": sum(_unresolved(brief, labels) for brief in reading.shorter),
    }


def _unresolved(brief: Sequence[Span], labels: Sequence[Label]) -> int:
    """Count the sentences of a brief that need one not printed above them."""
    count = 0
    above: set[int] = set()
    for span in brief:
        own = labels_of(span, labels)
        above.update(own)
        count += any(not labels[at].needs <= above for at in own)
    return count


def labels_of(span: Span, labels: Sequence[Label]) -> tuple[int, ...]:
    """Return the indexes of the labeled sentences that a printed one matches or contains.

    Sentence splitters differ at datelines, captions and quotations: two sentences match if they
    share half of the shorter one.
    """
    start, end = span
    return tuple(
        at
        for at, label in enumerate(labels)
        if 2 * (min(end, label.span[1]) - max(start, label.span[0]))
        >= max(1, min(end - start, label.span[1] - label.span[0]))
    )


def _report_reading(rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    pairs = {
        "unresolved": [(row["unresolved"], row["printed"]) for row in rows],
        "unresolved_shorter": [(row["unresolved_shorter"], row["printed_shorter"]) for row in rows],
        "refused": [(row["refused"], row["free"]) for row in rows],
        "lead_opens": [(row["leads"], row["briefs"]) for row in rows],
    }
    return {
        "articles": len(rows),
        "printed": sum(row["printed"] for row in rows),
        "junk": sum(row["junk"] for row in rows),
        **{
            name: sum(part for part, _ in pair) / max(1, sum(whole for _, whole in pair))
            for name, pair in pairs.items()
        },
        "ci95": {name: list(ratio_ci95(pair)) for name, pair in pairs.items()},
    }

"""Measures rankers against summaries that people wrote: ROUGE with intervals, lead as the bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from briefing.core.errors import InputError, MissingPartError
from briefing.core.model import Document, Sentence
from briefing.lab.evaluate.intervals import ci95, paired_ci95

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

#: What is measured: unigrams, bigrams, and the longest common subsequence over lines.
MEASURES = ("rouge1", "rouge2", "rougeLsum")

#: The ranker that every other is compared with.
BASELINE = "lead"


@dataclass(frozen=True, slots=True)
class SummaryItem:
    """Documents on one event and the summaries that people wrote of them."""

    #: As in the file.
    id: str
    #: In the order of the file; ids are "d0", "d1" …
    documents: tuple[Document, ...]
    #: One or more; lines count as sentences for rougeLsum.
    references: tuple[str, ...]
    #: Sentences by document id, for documents that came already split.
    split: Mapping[str, tuple[Sentence, ...]]


#: Returns the sentences of an item's summary in printed order.
Summarize = Callable[[SummaryItem], Sequence[str]]


def read_item(line: Mapping[str, Any]) -> SummaryItem:
    """Turn a line of the summaries format into an item.

    A document with "sentences" gets them joined by newlines as its text.

    Raises:
        InputError: id, documents or references are missing or of the wrong kind.
    """
    name = line.get("id")
    if not isinstance(name, str):
        raise InputError('an item of summaries has no "id"; give every line one, as text')
    parts = [_read_document(name, at, entry) for at, entry in enumerate(_list(line, "documents"))]
    return SummaryItem(
        id=name,
        documents=tuple(document for document, _ in parts),
        references=_texts(_list(line, "references"), where=f"references of item {name!r}"),
        split={document.id: split for document, split in parts if split is not None},
    )


def measure(
    items: Iterable[SummaryItem], *, summarizers: Mapping[str, Summarize]
) -> dict[str, Any]:
    """Return ``items`` and, by ranker, mean F1 × 100 of each measure with 95 % intervals.

    ``ci95`` holds [low, high] for each measure; ``over_lead`` the same for the difference to
    lead, item by item. Several references: the mean over them.

    Raises:
        InputError: there are no items.
        ValueError: lead is not among the summarizers.

    References:
        Lin, C.-Y. (2004), ROUGE: a package for automatic evaluation of summaries, ACL workshop;
        Porter stemming, as ROUGE-1.5.5 -m.
    """
    if BASELINE not in summarizers:
        raise ValueError(f"{BASELINE!r} must be among the summarizers: it is the bar")
    scorer = _scorer()
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in summarizers}
    for item in items:
        for name, summarize in summarizers.items():
            rows[name].append(_rouge(scorer, "\n".join(summarize(item)), item.references))
    if not rows[BASELINE]:
        raise InputError("no items of summaries to measure; give a file with at least one line")
    return {
        "items": len(rows[BASELINE]),
        "rankers": {name: _report(rows[name], baseline=rows[BASELINE]) for name in summarizers},
    }


def _scorer() -> RougeScorer:
    try:
        from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415  of the extra "lab"
    except ImportError as error:
        raise MissingPartError(
            "measuring summaries needs rouge-score; install it: pip install 'briefing[lab]'"
        ) from error
    return RougeScorer(list(MEASURES), use_stemmer=True)


def _rouge(scorer: RougeScorer, summary: str, references: Sequence[str]) -> dict[str, float]:
    scores = [scorer.score(reference, summary) for reference in references]
    return {name: 100 * fmean(score[name].fmeasure for score in scores) for name in MEASURES}


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


def _list(line: Mapping[str, Any], key: str) -> list[Any]:
    value = line.get(key)
    if not isinstance(value, list) or not value:
        raise InputError(f"item {line['id']!r} of summaries has no {key!r}; give a list")
    return value


def _texts(values: Any, *, where: str) -> tuple[str, ...]:  # noqa: ANN401  comes from JSON
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{where} must be a list of texts")
    return tuple(values)


def _read_document(
    name: str,
    at: int,
    entry: Any,  # noqa: ANN401  comes from JSON
) -> tuple[Document, tuple[Sentence, ...] | None]:
    where = f"document {at} of item {name!r}"
    if not isinstance(entry, dict):
        raise InputError(f'{where} must be an object with "text" or "sentences"')
    lines = None
    text = entry.get("text")
    if entry.get("sentences") is not None:
        lines = _texts(entry["sentences"], where=f"sentences of {where}")
        text = "\n".join(lines)
    if not isinstance(text, str):
        raise InputError(f'{where} has no "text"; give it, or "sentences"')
    document = Document(
        id=f"d{at}",
        title=str(entry.get("title") or ""),
        text=text,
        publisher=str(entry.get("source") or ""),
    )
    return document, None if lines is None else _slices(document.id, lines)


def _slices(document: str, lines: Sequence[str]) -> tuple[Sentence, ...]:
    """Place each line in the joined text; blank lines hold no sentence."""
    sentences: list[Sentence] = []
    start = 0
    for line in lines:
        end = start + len(line)
        if line.strip():
            at = len(sentences)
            sentences.append(Sentence(document, start, end, line, index=at, paragraph=at))
        start = end + 1
    return tuple(sentences)

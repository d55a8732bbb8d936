"""Labeled articles to what the product prints of each, and to figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from briefing.core.model import Document, Excerpt, Kind, Sentence, Story
from briefing.core.ports import Ranker
from briefing.core.text.dateline import skip_dateline
from briefing.core.text.excerpt import FIRST_LEANING, excerpt
from briefing.core.text.gate import pass_gate
from briefing.core.text.likeness import bag
from briefing.core.text.reference import Introduced, above, features, leaning
from briefing.core.text.segment import segment
from briefing.core.text.weigh import weigh
from briefing.lab import train_reading
from briefing.lab.assess.lines import Watch, read_lines, watched
from briefing.lab.evaluate import reading

#: The one section that all is put into: sections are measured elsewhere.
_SECTION = "news"
#: Any day serves, as long as all that is printed is of one.
_DAY = date(2026, 1, 4)


def assess_reading(paths: Iterable[Path], *, ranker: Ranker, watch: Watch) -> dict[str, Any]:
    """Measure whether what is printed of each labeled article alone can be understood.

    The figures are of editions of one article; ``brief`` has those of the same articles printed
    together, with one brief each.
    """
    articles = [reading.read_article(line) for path in paths for line in read_lines(path)]
    pages = [_alone(article, ranker=ranker) for article in watched(articles, watch)]
    return {**reading.measure(pages), "brief": reading.measure(_together(articles, ranker=ranker))}


def learn_reading(paths: Iterable[Path]) -> tuple[bytes, int]:
    """Learn the weights of ``core.text.reference``; return them and the number of articles.

    From half A alone, so that half B has articles that nothing was learned from.
    """
    articles = [reading.read_article(line) for path in paths for line in read_lines(path)]
    learned = [article for article in articles if reading.half_of(article) == "A"]
    return train_reading.train([(one, _kept(*_split(one))) for one in learned]), len(learned)


@dataclass(frozen=True, slots=True)
class _OneSection:
    """Puts every text into one section."""

    sections: tuple[str, ...] = (_SECTION,)

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{_SECTION: 1.0} for _ in texts]


def _alone(article: reading.LabeledArticle, *, ranker: Ranker) -> reading.ReadArticle:
    document, sentences = _split(article)
    return _reading(article, sentences, _excerpts([document], ranker=ranker))


def _together(
    articles: Sequence[reading.LabeledArticle], *, ranker: Ranker
) -> list[reading.ReadArticle]:
    split = [_split(article) for article in articles]
    made = _excerpts([document for document, _ in split], ranker=ranker)
    return [
        _reading(article, sentences, [one for one in made if _tells(one, document)])
        for article, (document, sentences) in zip(articles, split, strict=True)
    ]


def _tells(made: Excerpt, document: Document) -> bool:
    return document.id in {one.id for one in made.story.documents}


def _split(article: reading.LabeledArticle) -> tuple[Document, tuple[Sentence, ...]]:
    document = Document(article.id, article.title, article.text)
    return document, _sentences(document)


def _sentences(document: Document) -> tuple[Sentence, ...]:
    return tuple(map(skip_dateline, segment(document)))


def _kept(document: Document, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    return pass_gate(document, sentences, language="en").kept


def _excerpts(documents: Sequence[Document], *, ranker: Ranker) -> tuple[Excerpt, ...]:
    passed = {document.id: _kept(document, _sentences(document)) for document in documents}
    classifier = _OneSection()
    stories = [
        Story(document.id, (document,), links=(1.0,))
        for document in documents
        if passed[document.id]
    ]
    topics = classifier([story.id for story in stories])
    return excerpt(
        weigh(
            stories,
            topics,
            sections=classifier.sections,
            bags={document.id: bag(document) for document in documents},
            kinds=dict.fromkeys(passed, Kind.WIRE),
        ),
        passed,
        ranker=ranker,
        classifier=classifier,
        sections=classifier.sections,
        day=_DAY,
        before=(),
    )


def _reading(
    article: reading.LabeledArticle, sentences: Sequence[Sentence], made: Sequence[Excerpt]
) -> reading.ReadArticle:
    briefs = [lengths for each in made for _, lengths in each.briefs]
    return reading.ReadArticle(
        article,
        tuple(_spans(lengths[-1]) for lengths in briefs),
        tuple(_spans(one) for lengths in briefs for one in lengths[:-1]),
        _spans([one for one in sentences if _leans(one, article.title, sentences)]),
    )


def _leans(sentence: Sentence, title: str, report: Sequence[Sentence]) -> bool:
    row = features(sentence, above=above(title), report=Introduced(report))
    return leaning(row) > FIRST_LEANING


def _spans(sentences: Sequence[Sentence]) -> tuple[reading.Span, ...]:
    return tuple((one.start, one.end) for one in sentences)

"""Predicts the section of a story, and which of its sentences belong to another section."""

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.model import OTHER, Document, Sentence, Story
from briefing.core.ports import Classifier

#: Probability of each section, predicted from a report's headline and first sentences; and the
#: mean over its first sentences by the second classifier, empty if that did not run.
ReportTopics = tuple[Mapping[str, float], Mapping[str, float]]

#: Sentences that, with the headline, represent a report.
_LEAD_SENTENCES = 3
#: Reports of a story that are classified.
_REPORTS = 3
#: Exponents of the probabilities of the story and of the adjacent sentences, relative to those of
#: the sentence itself; and the floor of a probability (docs/decisions/0003).
_STORY, _BESIDE, _LEAST = 0.4, 0.1, 0.01
#: Probability from which a sentence belongs to its likeliest section even if that is not its
#: story's: if a single story must fill the page, and if many stories compete for room.
LIKELY, SURE = 0.5, 0.6
#: Sentences of a report that the second classifier reads, and the least probability of any printed
#: section for which it runs.
BODY, _DOUBTFUL = 12, 0.2


@frozen
class Topics:
    """Section probabilities of one story."""

    #: For the whole story, by section.
    story: Mapping[str, float]
    #: For each of its sentences, in order.
    sentences: tuple[Mapping[str, float], ...]

    def belong(self, section: str, *, least: float) -> tuple[bool, ...]:
        """Tell for each sentence whether a section is its likeliest, and at least ``least``."""
        return tuple(row.get(section, 0.0) >= max(least, *row.values()) for row in self.sentences)


def tell_stories(
    stories: Sequence[Story],
    sentences: Mapping[str, Sequence[Sentence]],
    *,
    classifier: Classifier,
    second: Classifier | None = None,
    known: Mapping[str, ReportTopics] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return the probability of each section for each story.

    It is the mean over the most central reports, each judged by headline and first sentences. The
    ``second`` classifier, of single sentences, reads the first ones of the most central report;
    its mean is multiplied with the other. Reports in ``known``, by id, are not classified again.
    """
    reports = [story.documents[:_REPORTS] for story in stories]
    unknown = [report for group in reports for report in group if report.id not in known]
    asked = classifier([_about(report, sentences) for report in unknown])
    rows_of = {report.id: row for report, row in zip(unknown, asked, strict=True)}
    rows_of |= {name: row for name, (row, _) in known.items()}
    rows = [_mean([rows_of[report.id] for report in group]) for group in reports]
    if second is None:
        return tuple(rows)
    firsts = [
        story.documents[0].id for story, row in zip(stories, rows, strict=True) if _may_print(row)
    ]
    bodies = {name: known[name][1] for name in firsts if name in known and known[name][1]}
    bodies |= _bodies([name for name in firsts if name not in bodies], sentences, second)
    return tuple(
        _product(row, bodies[story.documents[0].id]) if story.documents[0].id in bodies else row
        for story, row in zip(stories, rows, strict=True)
    )


def tell_reports(
    documents: Sequence[Document],
    sentences: Mapping[str, Sequence[Sentence]],
    *,
    classifier: Classifier,
    second: Classifier | None,
) -> list[ReportTopics]:
    """Return what :func:`tell_stories` needs to know about each report.

    The second classifier reads only those for which it would run if they were stories themselves.
    """
    rows = classifier([_about(document, sentences) for document in documents])
    pairs = [(document.id, row) for document, row in zip(documents, rows, strict=True)]
    doubtful = [name for name, row in pairs if _may_print(row)]
    bodies = _bodies(doubtful, sentences, second) if second else {}
    return [(row, bodies.get(name, {})) for name, row in pairs]


def _may_print(row: Mapping[str, float]) -> bool:
    return max((p for name, p in row.items() if name != OTHER), default=0.0) >= _DOUBTFUL


def _bodies(
    names: Sequence[str], sentences: Mapping[str, Sequence[Sentence]], second: Classifier
) -> dict[str, Mapping[str, float]]:
    """Return the mean over the first sentences of reports, by id; none without sentences."""
    bodies = {name: own for name in names if (own := sentences.get(name, ())[:BODY])}
    rows = iter(second([sentence.text for body in bodies.values() for sentence in body]))
    return {name: _mean(tuple(islice(rows, len(body)))) for name, body in bodies.items()}


def _product(row: Mapping[str, float], second: Mapping[str, float]) -> Mapping[str, float]:
    """Multiply two predictions: first "other" against all sections, then section by section."""
    pairs = {name: (max(p, _LEAST), max(second.get(name, 0.0), _LEAST)) for name, p in row.items()}
    p, q = pairs.pop(OTHER, (_LEAST, _LEAST))
    inside, outside = (1 - p) * (1 - q), p * q
    total = sum(p * q for p, q in pairs.values())
    share = inside / (inside + outside) / total
    return {name: p * q * share for name, (p, q) in pairs.items()} | {
        OTHER: outside / (inside + outside)
    }


def told_by(story: Story, sentences: Mapping[str, Sequence[Sentence]]) -> str:
    """Return the text from which a story is classified: headlines and first sentences."""
    return "\n".join(_about(document, sentences) for document in story.documents[:_REPORTS])


def _about(document: Document, sentences: Mapping[str, Sequence[Sentence]]) -> str:
    lead = sentences.get(document.id, ())[:_LEAD_SENTENCES]
    return " ".join((f"{document.title}.", *(sentence.text for sentence in lead)))


def tell_sentences(
    story: Mapping[str, float], sentences: Sequence[Sentence], *, classifier: Classifier
) -> Topics:
    """Return the topics of a story's sentences, each judged by its words and its context.

    The context is the story, and the sentences right before and after it in its report: the
    probabilities are multiplied, those of the context with exponents below 1.
    """
    own = classifier([sentence.text for sentence in sentences])
    rows = []
    for at, row in enumerate(own):
        report = sentences[at].document
        around = (near for near in (at - 1, at + 1) if 0 <= near < len(sentences))
        beside = [own[near] for near in around if sentences[near].document == report]
        rows.append(_in_context(row, story, _mean(beside or [row])))
    return Topics(story, tuple(rows))


def _in_context(
    own: Mapping[str, float], story: Mapping[str, float], beside: Mapping[str, float]
) -> Mapping[str, float]:
    def power(row: Mapping[str, float], name: str, exponent: float) -> float:
        return float(max(row.get(name, 0.0), _LEAST) ** exponent)

    shares = {
        name: max(p, _LEAST) * power(story, name, _STORY) * power(beside, name, _BESIDE)
        for name, p in own.items()
    }
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def _mean(rows: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    return {name: sum(row.get(name, 0.0) for row in rows) / len(rows) for name in rows[0]}


def printed_sections(sections: Sequence[str], *, other: bool) -> tuple[str, ...]:
    """Return the names of printed sections, with "other" added last if requested and missing."""
    return (*sections, OTHER) if other and OTHER not in sections else tuple(sections)

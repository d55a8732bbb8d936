"""The section a story belongs to, and those of its sentences that belong to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from briefing.core.model import OTHER, Document, Sentence, Story
from briefing.core.ports import Classifier

#: Probability of each section by a report's headline and first sentences, and the mean over its
#: first sentences; empty where none was asked for.
ReportTopics = tuple[Mapping[str, float], Mapping[str, float]]

#: Sentences that, with the headline, represent a report.
_LEAD_SENTENCES = 3
#: Reports of a story that are classified.
_REPORTS = 3
#: Powers of the probabilities of a sentence's story and of the sentences beside it, next to its
#: own; a probability below the least counts as that (docs/decisions/0003).
_STORY, _BESIDE, _LEAST = 0.4, 0.1, 0.01
#: Probability from which a sentence, likeliest of its section, belongs to another section than its
#: story's: where a single story must fill the page, and where many stories want the room.
LIKELY, SURE = 0.5, 0.6
#: Sentences of a story whose mean is a second opinion on its section, and the share of one section
#: without which none is asked for.
_BODY, _DOUBTFUL = 12, 0.2


@dataclass(frozen=True, slots=True)
class Topics:
    """Section probabilities of one story."""

    #: Probability of each section for the whole story.
    story: Mapping[str, float]
    #: The same for each of its sentences, in their order.
    sentences: tuple[Mapping[str, float], ...]

    def belong(self, section: str, *, least: float) -> tuple[bool, ...]:
        """Tell for each sentence whether a section is its likeliest, with at least ``least``."""
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

    The mean over its reports' headlines and first sentences, of the most central reports. The
    ``second`` tells sections of sentences; its mean over the first of the most central report is
    multiplied with the other. What is ``known`` of reports, by id, is not asked again.
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
    """Return what :func:`tell_stories` asks of reports, of each alone.

    A second opinion is asked on those alone that would have it as a story of their own.
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
    """Return the mean over the first sentences of reports, by id; without one there is none."""
    bodies = {name: own for name in names if (own := sentences.get(name, ())[:_BODY])}
    rows = iter(second([sentence.text for body in bodies.values() for sentence in body]))
    return {name: _mean(tuple(islice(rows, len(body)))) for name, body in bodies.items()}


def _product(row: Mapping[str, float], second: Mapping[str, float]) -> Mapping[str, float]:
    """Multiply two opinions: first on "other" against all sections, then among the sections."""
    pairs = {name: (max(p, _LEAST), max(second.get(name, 0.0), _LEAST)) for name, p in row.items()}
    p, q = pairs.pop(OTHER, (_LEAST, _LEAST))
    inside, outside = (1 - p) * (1 - q), p * q
    total = sum(p * q for p, q in pairs.values())
    share = inside / (inside + outside) / total
    return {name: p * q * share for name, (p, q) in pairs.items()} | {
        OTHER: outside / (inside + outside)
    }


def told_by(story: Story, sentences: Mapping[str, Sequence[Sentence]]) -> str:
    """Return the text by which a story is classified: headlines and first sentences."""
    return "\n".join(_about(document, sentences) for document in story.documents[:_REPORTS])


def _about(document: Document, sentences: Mapping[str, Sequence[Sentence]]) -> str:
    lead = sentences.get(document.id, ())[:_LEAD_SENTENCES]
    return " ".join((f"{document.title}.", *(sentence.text for sentence in lead)))


def tell_sentences(
    story: Mapping[str, float], sentences: Sequence[Sentence], *, classifier: Classifier
) -> Topics:
    """Return a story's topics, each sentence judged by its own words and by what it stands in.

    That is its story, and the sentences right before and after it in their report: the
    probabilities are multiplied, those of its surroundings with powers below 1.
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
    """Return the names of printed sections; "other" last if it is requested and not among them."""
    return (*sections, OTHER) if other and OTHER not in sections else tuple(sections)

"""The section a story belongs to, and those of its sentences that belong to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from briefing.core.model import OTHER, Document, Sentence, Story
from briefing.core.ports import Classifier

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
) -> tuple[Mapping[str, float], ...]:
    """Return the probability of each section for each story.

    The mean over its reports' headlines and first sentences, of the most central reports. The
    ``second`` tells sections of sentences; its mean over the first of the most central report is
    multiplied with the other.
    """
    reports = [story.documents[:_REPORTS] for story in stories]
    shares = iter(classifier([_about(report, sentences) for group in reports for report in group]))
    rows = [_mean(tuple(islice(shares, len(group)))) for group in reports]
    if second is None:
        return tuple(rows)
    bodies = [
        sentences.get(story.documents[0].id, ())[:_BODY]
        if (max((p for name, p in row.items() if name != OTHER), default=0.0) >= _DOUBTFUL)
        else ()
        for story, row in zip(stories, rows, strict=True)
    ]
    own = iter(second([sentence.text for body in bodies for sentence in body]))
    return tuple(
        _product(row, _mean(tuple(islice(own, len(body))))) if body else row
        for row, body in zip(rows, bodies, strict=True)
    )


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

"""Teaches a section: draws sentences from the archive, trains, and measures the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.core.model import Document
from briefing.core.ports import Classifier
from briefing.core.text.analysis import analyze
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.learning import (
    Example,
    Quality,
    by_chance,
    cross_validate,
    doubtful,
    learn,
    without_likely,
)
from briefing.store import Transaction, sources

#: Reports drawn, and sentences of each, from this far back; doubtful ones are from the last week.
_REPORTS, _SENTENCES = 400, 2
_ARCHIVE, _WEEK = timedelta(days=90), timedelta(days=7)
#: Counterexamples drawn for each section of the trained model, including "other".
_OF_A_SECTION = 100
#: Number of doubtful sentences shown.
_DOUBTFUL = 10


#: Sentences that nobody has read for this section: from the whole archive, and from the last week.
Drawn = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFacts:
    """What is known of the model of one section."""

    #: Examples and counterexamples that a person gave; counterexamples drawn, and those of them
    #: left out because they may belong to the section.
    examples: int
    read: int
    drawn: int
    left_out: int
    quality: Quality
    #: Sentences of the last week about which the model is least certain.
    doubtful: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught(TrainingFacts):
    """The model of one section, and what is known of it."""

    model: linear.Linear

    @property
    def content(self) -> bytes:
        """The content of the model file."""
        model = self.model
        return linear.to_bytes(
            model.sections, rarity=model.rarity, weights=model.weights, bias=model.bias
        )


def draw(tx: Transaction, *, language: str, at: datetime) -> Drawn:
    """Draw sentences from collected reports; the same reports give the same sentences."""
    archive, week = (
        sources.sample(tx, since=at - back, until=at, limit=_REPORTS) for back in (_ARCHIVE, _WEEK)
    )
    return _sentences(archive, language=language), _sentences(week, language=language)


def _sentences(reports: Sequence[Document], *, language: str) -> tuple[str, ...]:
    """Return some printable sentences of each report, without repetition."""
    drawn: list[str] = []
    for report in reports:
        kept = analyze(report, language=language).kept(report)
        texts = (" ".join(sentence.text.split()) for sentence in kept)
        drawn += sorted(texts, key=by_chance)[:_SENTENCES]
    return tuple(dict.fromkeys(drawn))


def teach(
    given: Sequence[Example], *, section: str, drawn: Drawn, classifier: Classifier
) -> Taught:
    """Train a section from examples, and from counterexamples drawn for each existing section.

    ``classifier`` predicts the existing sections, so that counterexamples cover them all.

    InputError: there are too few examples or counterexamples.
    """
    known = {example.text for example in given}
    archive, latest = drawn
    rest = [text for text in archive if text not in known]
    by_section: dict[str, list[str]] = {}
    for text, row in zip(rest, classifier(rest), strict=True):
        by_section.setdefault(max(row, key=lambda name: row[name]), []).append(text)
    against = [text for _, texts in sorted(by_section.items()) for text in texts[:_OF_A_SECTION]]
    every = [*given, *(Example(text, belongs=False, read=False) for text in against)]
    examples = without_likely(every)
    model = learn(examples, section=section)
    week = [text for text in latest if text not in known]
    return Taught(
        model=model,
        examples=sum(example.belongs for example in given),
        read=sum(not example.belongs for example in given),
        drawn=len(examples) - len(given),
        left_out=len(every) - len(examples),
        quality=cross_validate(every, kept=examples),
        doubtful=doubtful(model, week, count=_DOUBTFUL),
    )

"""Teaches a section: draws sentences from the archive, trains, and says how well it does."""

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

#: Reports and sentences of each that are drawn, from this far back; doubtful ones are of a week.
_REPORTS, _SENTENCES = 400, 2
_ARCHIVE, _WEEK = timedelta(days=90), timedelta(days=7)
#: Counterexamples drawn of each section of the trained model, "other" among them.
_OF_A_SECTION = 100
#: Sentences shown that the model is least sure of.
_DOUBTFUL = 10


#: Sentences that nobody has read for this section: of all of the archive, and of the last week.
Drawn = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFacts:
    """What is known of a model of one section."""

    #: Examples and counterexamples that a person gave, counterexamples drawn, and those of them
    #: that were left out because they may belong.
    examples: int
    read: int
    drawn: int
    left_out: int
    quality: Quality
    #: Sentences of the week of which the model is least sure.
    doubtful: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught(TrainingFacts):
    """A model of one section, and what is known of it."""

    model: linear.Linear

    @property
    def content(self) -> bytes:
        """The file of the model."""
        model = self.model
        return linear.to_bytes(
            model.sections, rarity=model.rarity, weights=model.weights, bias=model.bias
        )


def draw(tx: Transaction, *, language: str, at: datetime) -> Drawn:
    """Draw sentences from what was collected, the same ones from the same reports."""
    archive, week = (
        sources.sample(tx, since=at - back, until=at, limit=_REPORTS) for back in (_ARCHIVE, _WEEK)
    )
    return _sentences(archive, language=language), _sentences(week, language=language)


def _sentences(reports: Sequence[Document], *, language: str) -> tuple[str, ...]:
    """Return some sentences of each report that may be printed; each once."""
    drawn: list[str] = []
    for report in reports:
        kept = analyze(report, language=language).kept(report)
        texts = (" ".join(sentence.text.split()) for sentence in kept)
        drawn += sorted(texts, key=by_chance)[:_SENTENCES]
    return tuple(dict.fromkeys(drawn))


def teach(
    given: Sequence[Example], *, section: str, drawn: Drawn, classifier: Classifier
) -> Taught:
    """Train a section from examples, and counterexamples drawn of each section there is.

    ``classifier`` tells the sections there are, so that none is missing among counterexamples.

    InputError: there are too few of either.
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

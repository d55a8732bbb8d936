"""Stories weighed as a test wants them, and what was taken of them."""

from collections.abc import Mapping, Sequence
from itertools import chain

from briefing.core.model import Document, Edition, Excerpt, Material, Score, Sentence
from briefing.core.ports import Classifier, Ranker
from briefing.core.text.excerpt import excerpt
from briefing.core.text.importance import Weighed
from briefing.core.text.sagas import find_continuations
from tests.classifying import ByWords, in_order
from tests.newsday import ENGLISH, SECTIONS, TODAY, WORDS, split, story_of

MIXED = {"economy": 1 / 3, "security": 1 / 3, "diplomacy": 1 / 3}


def lay(*texts: str, document: str = "d1", paragraphs: Sequence[int] = ()) -> list[Sentence]:
    """Put sentences one after the other into one document, a space between them."""
    placed, start = [], 0
    for index, text in enumerate(texts):
        paragraph = paragraphs[index] if paragraphs else 0
        placed.append(Sentence(document, start, start + len(text), text, index, paragraph))
        start += len(text) + 1
    return placed


def one(
    document: Document,
    *more: Document,
    name: str = "s1",
    section: str = "security",
    topics: Mapping[str, float] = MIXED,
    salience: float = 1.0,
) -> Weighed:
    """Weigh a story as a test wants it."""
    return Weighed(story_of(document, *more, name=name), section, topics, Score(salience))


def take(
    *weighed: Weighed,
    ranker: Ranker = in_order,
    classifier: Classifier | None = None,
    sections: Sequence[str] = SECTIONS,
    previous: Edition | None = None,
) -> tuple[Excerpt, ...]:
    stories = [each.story for each in weighed]
    before = [previous] if previous else []
    found = find_continuations(stories, Material((), TODAY, before=before))
    return excerpt(
        weighed,
        split(*chain.from_iterable(story.every for story in stories)),
        ranker=ranker,
        classifier=classifier or ByWords(WORDS),
        sections=sections,
        day=TODAY,
        language=ENGLISH,
        before=before,
        continued={story.id: its for story, its in zip(stories, found, strict=True)},
    )


def places(made: Excerpt) -> list[tuple[str, tuple[int, ...]]]:
    """Return section and places of the longest form of each brief."""
    return [
        (section, tuple(sentence.index for sentence in lengths[-1]))
        for section, lengths in made.briefs
    ]


def printable(made: Sequence[Excerpt]) -> list[Sentence]:
    return [s for each in made for _, lengths in each.briefs for s in lengths[-1]]

"""What is new compared with the previous edition, by story and by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from briefing.core.model import Brief, Edition, Sentence, Status, Story
from briefing.core.text.summarize import near
from briefing.core.text.vectors import tfidf
from briefing.core.text.words import content_stems

#: Cosine from which a story is the same as a brief of the previous edition; chosen on consecutive
#: days of one event (docs/decisions/0009-novelty.md).
SAME_STORY = 0.2
#: Likeness from which two sentences report the same news.
SAME_NEWS = 0.5
#: Likeness from which a sentence equals a printed one but for punctuation or a name.
SAME_SENTENCE = 0.8
#: Words, and characters, of a report that represent its subject.
_ABOUT_WORDS = 120
_ABOUT_CHARACTERS = 2000


def find_statuses(
    stories: Sequence[Story], leads: Sequence[Sentence], previous: Edition | None
) -> tuple[Status, ...]:
    """Tell for each story whether it is new, developing or continuing.

    New: the previous edition neither tells nor names the same event; undated, if besides none of
    its reports is dated. Continuing: it has already printed the news of the story's best sentence.
    Developing: it has not.

    Args:
        stories: of today.
        leads: the best sentence of each story.
        previous: the previous edition, if any.
    """
    before = _before(previous)
    if not before or not stories:
        return tuple(map(_unheard, stories))
    bags = [*map(_about, stories), *(told.bag for told in before)]
    rows = tfidf(bags)
    likeness = (rows[: len(stories)] @ rows[len(stories) :].T).toarray()
    return tuple(
        _status(lead, before[row.argmax()]) if row.max() >= SAME_STORY else _unheard(story)
        for story, lead, row in zip(stories, leads, likeness, strict=True)
    )


def was_printed(sentence: Sentence, previous: Edition | None) -> bool:
    """Tell whether the previous edition has printed a sentence, exactly or nearly so."""
    if previous is None:
        return False
    corrected = (slice_ for correction in previous.corrections for slice_ in correction.slices)
    return is_among(sentence, (*previous.sentences(), *corrected))


def is_among(sentence: Sentence, others: Iterable[Sentence]) -> bool:
    """Tell whether a sentence equals one of the others, exactly or nearly so."""
    return any(near(sentence.text, other.text) >= SAME_SENTENCE for other in others)


@dataclass(frozen=True, slots=True)
class _Told:
    """One story of the previous edition: its words, and the sentences that it printed."""

    bag: list[str]
    printed: tuple[str, ...] = ()


def _before(previous: Edition | None) -> list[_Told]:
    """Return the stories of an edition, those that it tells before those that it names."""
    if previous is None:
        return []
    stories: dict[str, list[Brief]] = {}
    for brief in previous.briefs():
        stories.setdefault(brief.story, []).append(brief)
    named = (content_stems(story.title.text) for story in previous.panel.also)
    return [*map(_told, stories.values()), *map(_Told, named)]


def _told(briefs: Sequence[Brief]) -> _Told:
    headlines = " ".join(brief.headline for brief in briefs)
    printed = tuple(old.text for brief in briefs for old in brief.sentences)
    return _Told(content_stems(headlines) * 2 + content_stems(" ".join(printed)), printed)


def _status(lead: Sentence, told: _Told) -> Status:
    is_printed = any(near(lead.text, text) >= SAME_NEWS for text in told.printed)
    return Status.CONTINUING if is_printed else Status.DEVELOPING


def _unheard(story: Story) -> Status:
    dated = any(document.published is not None for document in story.documents)
    return Status.NEW if dated else Status.UNDATED


def _about(story: Story) -> list[str]:
    first = story.documents[0]
    titles = " ".join(document.title for document in story.documents)
    return content_stems(titles) + content_stems(first.text[:_ABOUT_CHARACTERS])[:_ABOUT_WORDS]

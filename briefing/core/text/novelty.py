"""What is new compared with the previous edition, by story and by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

    New: no brief of the previous edition is about the same event. Continuing: one is, and it has
    already printed the news of the story's best sentence. Developing: one is, and it has not.

    Args:
        stories: of today.
        leads: the best sentence of each story.
        previous: the previous edition, if any.
    """
    before = _merged(previous)
    if not before or not stories:
        return (Status.NEW,) * len(stories)
    bags = [_about(story) for story in stories] + [_printed(briefs) for briefs in before]
    rows = tfidf(bags)
    likeness = (rows[: len(stories)] @ rows[len(stories) :].T).toarray()
    return tuple(
        _status(lead, before[row.argmax()]) if row.max() >= SAME_STORY else Status.NEW
        for lead, row in zip(leads, likeness, strict=True)
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


def _merged(previous: Edition | None) -> list[tuple[Brief, ...]]:
    """Return the briefs of each story of an edition, in printed order."""
    stories: dict[str, list[Brief]] = {}
    for brief in previous.briefs() if previous else ():
        stories.setdefault(brief.story, []).append(brief)
    return [tuple(briefs) for briefs in stories.values()]


def _status(lead: Sentence, briefs: Sequence[Brief]) -> Status:
    printed = (old.text for brief in briefs for old in brief.sentences)
    is_printed = any(near(lead.text, text) >= SAME_NEWS for text in printed)
    return Status.CONTINUING if is_printed else Status.DEVELOPING


def _about(story: Story) -> list[str]:
    first = story.documents[0]
    titles = " ".join(document.title for document in story.documents)
    return content_stems(titles) + content_stems(first.text[:_ABOUT_CHARACTERS])[:_ABOUT_WORDS]


def _printed(briefs: Sequence[Brief]) -> list[str]:
    headlines = " ".join(brief.headline for brief in briefs)
    sentences = " ".join(old.text for brief in briefs for old in brief.sentences)
    return content_stems(headlines) * 2 + content_stems(sentences)

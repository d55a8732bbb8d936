"""What was announced for today and no story of today tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from briefing.core.model import DateAhead, Document, Story
from briefing.core.text.words import content_stems

#: Share of the words of an announcement from which a text tells what was announced: its place and
#: its persons come again, its verb and its day seldom do.
TOLD = 0.6
#: Characters of a report that are read: news puts what matters first.
_READ = 2_000


def still_due(
    due: Sequence[tuple[DateAhead, Document]], stories: Iterable[Story]
) -> tuple[tuple[DateAhead, Document], ...]:
    """Leave out what a story of today tells, and words whose report is another one of today."""
    today = [*stories]
    texts = [_words_of(story) for story in today]
    reports = {document.id for story in today for document in story.documents}
    return tuple(
        (ahead, document)
        for ahead, document in due
        if document.id not in reports and not any(tells(text, ahead.clause.text) for text in texts)
    )


def tells(text: Iterable[str], announcement: str) -> bool:
    """Tell whether a text, given as its stems, has most words of an announcement."""
    stems = set(content_stems(announcement))
    return bool(stems) and len(stems & set(text)) >= TOLD * len(stems)


def _words_of(story: Story) -> frozenset[str]:
    titles = " ".join(document.title for document in story.documents)
    return frozenset(content_stems(f"{titles} {story.documents[0].text[:_READ]}"))

"""What an edition announces, and what was announced for today and no story of today tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from briefing.core.model import DateAhead, Document, Edition, Sentence, Story
from briefing.core.text.finders.ahead import LONGEST_CLAUSE, SHORTEST_CLAUSE, announced
from briefing.core.text.finders.clauses import meet, stands_alone
from briefing.core.text.segment import segment
from briefing.core.text.words import content_stems

#: Share of the words of an announcement from which a text tells what was announced: its place and
#: its persons come again, its verb and its day seldom do.
TOLD = 0.6
#: The same, on average, of the words of an announcement and of its headline.
_TOLD_IN_ALL = 0.5
#: Characters of a report that are read: news puts what matters first.
_READ = 2_000


def announce(
    edition: Edition, stories: Iterable[Story], sentences: Mapping[str, Sequence[Sentence]]
) -> Edition:
    """Add to an edition what the reports that it cites announce, beyond what its panel prints.

    Args:
        edition: as printed.
        stories: those of its briefs among them.
        sentences: of their reports, by id.
    """
    of = {story.id: story for story in stories}
    panel = {(one.clause.document, one.day) for one in edition.panel.ahead}
    found = [
        one
        for story in map(of.__getitem__, dict.fromkeys(brief.story for brief in edition.briefs()))
        for one in announced(
            (
                sentence
                for report in story.documents
                if report.id in edition.documents
                for sentence in sentences[report.id]
                if not sentence.speaker
            ),
            published=story.published,
            today=edition.day,
        )
        if (one.clause.document, one.day) not in panel
    ]
    return replace(edition, announced=tuple(found))


def stands(ahead: DateAhead, document: Document) -> bool:
    """Tell whether an announcement can be printed without the headline of its story."""
    clause = ahead.clause.text
    short = SHORTEST_CLAUSE <= len(clause) <= LONGEST_CLAUSE
    return short and stands_alone(clause, cast=meet(segment(document)))


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
        if document.id not in reports
        and not any(tells(text, ahead.clause.text, title=document.title) for text in texts)
    )


def tells(text: Iterable[str], announcement: str, *, title: str) -> bool:
    """Tell whether a text, given as its stems, tells what was announced.

    It has most words of the announcement; or half of its words and of those of the headline below
    which it stood, on average.
    """
    stems = set(text)
    words, headline = _share(stems, announcement), _share(stems, title)
    return words >= TOLD or (words + headline) / 2 >= _TOLD_IN_ALL


def _share(stems: Set[str], words: str) -> float:
    own = set(content_stems(words))
    return len(own & stems) / len(own) if own else 0.0


def _words_of(story: Story) -> frozenset[str]:
    titles = " ".join(document.title for document in story.documents)
    return frozenset(content_stems(f"{titles} {story.documents[0].text[:_READ]}"))

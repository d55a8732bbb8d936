"""Says why each story is on the page: its links, its terms, and what it beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from briefing.core.model import Edition, Evidence, Excerpt
from briefing.core.text.likeness import shared_words


def explain(
    edition: Edition,
    excerpts: Sequence[Excerpt],
    matches: Callable[[str], Sequence[tuple[str, str, float]]],
) -> Edition:
    """Add to an edition why each of its stories is on the page; matches are those of a story."""
    printed = {sentence.key for sentence in edition.sentences()}
    stories = {brief.story for brief in edition.briefs()}
    evidence = {
        one.story.id: replace(
            _evidence(one, printed, excerpts[place + 1 : place + 4]),
            matches=tuple(matches(one.story.id)),
        )
        for place, one in enumerate(excerpts)
        if one.story.id in stories
    }
    return replace(edition, evidence=evidence)


def _evidence(
    one: Excerpt, printed: set[tuple[str, int, int]], below: Sequence[Excerpt]
) -> Evidence:
    story = one.story
    return Evidence(
        links=tuple(
            (document.id, link) for document, link in zip(story.documents, story.links, strict=True)
        ),
        shared={
            document.id: shared_words(story.documents[0], document)
            for document in story.documents[1:]
        },
        sections=one.topics,
        salience=one.salience,
        sentences=tuple(
            (row.sentence.text, row.section, row.score, row.sentence.key in printed)
            for row in one.best
        ),
        beaten=tuple(other.story.documents[0].title for other in below),
    )

"""Chooses the stories that a page names when it has no room for their sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from briefing.core.model import NamedStory, Sentence, Status, WatchHit, marked
from briefing.core.text.sagas import Continuation
from briefing.core.text.weigh import NAMED, Weighed, worth

#: Stories looked at; more than a page can print and name together.
_MOST = 36


def name_stories(
    weighed: Sequence[Weighed],
    *,
    sentences: Mapping[str, Sequence[Sentence]],
    continued: Mapping[str, Continuation],
    watched: Mapping[str, Sequence[WatchHit]] = MappingProxyType({}),
) -> tuple[NamedStory, ...]:
    """Return the stories worth naming, those that the page prints among them.

    Stories that a watch-list pulls in come first, then those that moved on since an earlier
    edition, then the others; each by weight. Left out are stories that an editor would hardly
    name, those that only repeat earlier editions, those that an editor dropped,
    and those without a title that can be printed.

    Args:
        weighed: all stories, of no section as well.
        sentences: what passed the gate, by document.
        continued: what each story goes on with, by its id.
        watched: where reports name what is watched for, by story.
    """
    odds = worth(weighed)
    wanted = [one for one in weighed if one.say.pulled or odds[one.story.id] >= NAMED]
    foremost = sorted(wanted, key=lambda one: (not one.say.pulled, -one.salience.value))[:_MOST]
    kept = [
        one
        for one in foremost
        if not one.say.dropped and any(sentences[document.id] for document in one.story.documents)
    ]
    named = [
        (one, _named(one, title, status, watched.get(one.story.id, ())))
        for one in kept
        if (status := continued[one.story.id].status) is not Status.CONTINUING
        and (title := _title(one)) is not None
    ]
    named.sort(key=lambda pair: (not pair[0].say.pulled, pair[1].status is not Status.DEVELOPING))
    return tuple(story for _, story in named)


def _named(one: Weighed, title: Sentence, status: Status, hits: Sequence[WatchHit]) -> NamedStory:
    own = marked(hits, printed=(), cited=(title.document,))
    return NamedStory(one.story.id, title, status, one.section, own)


def _title(one: Weighed) -> Sentence | None:
    """Return the title by which a story is named: the most central one in mixed case, if any.

    The one that an editor chose precedes. The sentence spans the whole title. None when no
    document has a title that can be printed.
    """
    usable = [document for document in one.story.documents if document.headline]
    if not usable:
        return None
    best = min(
        usable, key=lambda document: (document.id != one.say.titled, document.title.isupper())
    )
    return Sentence(best.id, 0, len(best.title), best.title)

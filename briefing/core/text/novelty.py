"""What is new compared with earlier editions, by story and by sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from briefing.core.model import (
    Brief,
    Document,
    EarlierHeadline,
    Edition,
    NamedStory,
    Sentence,
    Status,
    Story,
)
from briefing.core.text.summarize import near
from briefing.core.text.vectors import tfidf
from briefing.core.text.words import content_stems

#: Cosine from which a story is the same as a brief of an earlier edition; chosen on consecutive
#: days of one event (docs/decisions/0009-novelty.md), and raised for precision (0023-sagas.md).
SAME_STORY = 0.25
#: Likeness from which two sentences report the same news.
SAME_NEWS = 0.5
#: Likeness from which a sentence equals a printed one but for punctuation or a name.
SAME_SENTENCE = 0.8
#: Words, and characters, of a report that represent its subject.
_ABOUT_WORDS = 120
_ABOUT_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a story continues."""

    status: Status
    #: Its headline in the newest edition that told or named it; None without one.
    earlier: EarlierHeadline | None = None
    #: Edition and story of each telling of it, the newest first.
    follows: tuple[tuple[str, str], ...] = ()


def find_continuations(
    stories: Sequence[Story], leads: Sequence[Sentence], before: Sequence[Edition]
) -> tuple[Continuation, ...]:
    """Tell for each story whether it is new, developing or continuing, and what it continues.

    New: no earlier edition tells or names the same event; undated, if besides none of the story's
    reports is dated. Continuing: one has already printed the
    news of the story's best sentence. Developing: none has.

    Args:
        stories: of today.
        leads: the best sentence of each story.
        before: earlier editions, the newest first.
    """
    bags = [_about(story) for story in stories]
    by_edition = [_matches(bags, [*_told_in(edition)]) for edition in before]
    return tuple(
        _continuation(story, lead, [match for row in by_edition if (match := row[place])])
        for place, (story, lead) in enumerate(zip(stories, leads, strict=True))
    )


def printed_in(before: Sequence[Edition]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that an edition has printed, exactly or nearly so."""
    return repeats(slice_.text for edition in before for slice_ in _said(edition))


def repeats(said: Iterable[str]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that equals one of some texts, exactly or nearly so.

    Only texts with a word in common are compared, so that many take no longer than few.
    """
    texts = list(dict.fromkeys(said))
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for stem in set(content_stems(text)):
            places.setdefault(stem, []).append(place)

    def is_repeated(sentence: Sentence) -> bool:
        stems = set(content_stems(sentence.text)) if places else set()
        shared = Counter(place for stem in stems for place in places.get(stem, ()))
        # A likeness of .8 needs more than half of the words.
        alike = (texts[place] for place, count in shared.items() if 2 * count > len(stems))
        return sentence.text in known or any(
            near(sentence.text, text) >= SAME_SENTENCE for text in alike
        )

    known = frozenset(texts)
    return is_repeated


@dataclass(frozen=True, slots=True)
class _Told:
    """One story of an earlier edition: its words, its headline, the sentences printed of it."""

    #: Id of the edition, and of the story there.
    key: tuple[str, str]
    bag: list[str]
    headline: EarlierHeadline | None
    printed: tuple[str, ...] = ()


def _said(edition: Edition) -> Iterator[Sentence]:
    yield from edition.sentences()
    for correction in edition.corrections:
        yield from correction.slices


def _told_in(edition: Edition) -> Iterator[_Told]:
    """Yield the stories of an edition, those that it tells before those that it names."""
    stories: dict[str, list[Brief]] = {}
    for brief in edition.briefs():
        stories.setdefault(brief.story, []).append(brief)
    for briefs in stories.values():
        yield _told(briefs, edition)
    for named in edition.panel.also:
        yield _named(named, edition)


def _told(briefs: Sequence[Brief], edition: Edition) -> _Told:
    headlines = " ".join(brief.headline for brief in briefs)
    printed = tuple(old.text for brief in briefs for old in brief.sentences)
    first = min(briefs, key=lambda brief: not brief.top)
    titles = (edition.documents[name] for name in first.sources if name in edition.documents)
    document = next((one for one in titles if one.title == first.headline), None)
    return _Told(
        (edition.id, briefs[0].story),
        content_stems(headlines) * 2 + content_stems(" ".join(printed)),
        _headline(document, edition),
        printed,
    )


def _named(named: NamedStory, edition: Edition) -> _Told:
    document = edition.documents.get(named.title.document)
    same = document is not None and document.title == named.title.text
    headline = _headline(document if same else None, edition)
    return _Told((edition.id, named.story), content_stems(named.title.text), headline)


def _headline(document: Document | None, edition: Edition) -> EarlierHeadline | None:
    """Return the title of a document as an edition printed it; None if it cannot be set."""
    if document is None or not document.headline:
        return None
    title = Sentence(document.id, 0, len(document.title), document.title)
    return EarlierHeadline(edition.id, edition.day, title)


def _matches(bags: Sequence[list[str]], told: list[_Told]) -> list[_Told | None]:
    """Return for each story of today the one of an edition that it is most like, if any."""
    if not bags or not told:
        return [None] * len(bags)
    rows = tfidf([*bags, *(one.bag for one in told)])
    likeness = (rows[: len(bags)] @ rows[len(bags) :].T).toarray()
    return [told[row.argmax()] if row.max() >= SAME_STORY else None for row in likeness]


def _continuation(story: Story, lead: Sentence, matches: Sequence[_Told]) -> Continuation:
    if not matches:
        dated = any(document.published is not None for document in story.documents)
        return Continuation(Status.NEW if dated else Status.UNDATED)
    printed = any(near(lead.text, text) >= SAME_NEWS for told in matches for text in told.printed)
    status = Status.CONTINUING if printed else Status.DEVELOPING
    return Continuation(status, matches[0].headline, tuple(told.key for told in matches))


def _about(story: Story) -> list[str]:
    first = story.documents[0]
    titles = " ".join(document.title for document in story.documents)
    return content_stems(titles) + content_stems(first.text[:_ABOUT_CHARACTERS])[:_ABOUT_WORDS]

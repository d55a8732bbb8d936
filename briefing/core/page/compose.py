"""Stories to sections and briefs with their headlines; and what stands beside the news."""

import math
import re
from collections import ChainMap, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import islice, zip_longest
from typing import TypeVar

from briefing.core.language import primary, spoken
from briefing.core.model import (
    PARTIES,
    Brief,
    DateAhead,
    Document,
    EarlierHeadline,
    Edition,
    Excerpt,
    Figure,
    Lengths,
    Material,
    NamedStory,
    Panel,
    Quote,
    Sentence,
    Status,
    Story,
    marked,
)
from briefing.core.ports import NO_STORY, Candidate, Draft

#: Briefs at most, the top story among them (docs/page.md, "Scales").
MOST_BRIEFS = 16
#: Each further brief of a section weighs this much of the one before, so that no section fills
#: the page while another has news: the fourth of one ranks with the first of half its salience.
_NEXT_IN_SECTION = 0.8
#: A story's brief in a further section weighs this much of the one before.
_NEXT_OF_STORY = 0.6
#: A chart of fewer days shows no rhythm.
_LEAST_DAYS = 5


@dataclass(frozen=True, slots=True)
class _Item:
    """One brief that a story may have."""

    excerpt: Excerpt
    section: str
    lengths: Lengths
    #: Salience after the story's earlier briefs have taken theirs.
    weight: float
    pinned: bool = False
    pulled: bool = False
    asides: int = 0


def compose(  # noqa: PLR0913  each is a part of the page
    excerpts: Sequence[Excerpt],
    *,
    edition: Edition,
    sections: Sequence[str],
    also: Sequence[NamedStory] = (),
    due: Sequence[tuple[DateAhead, Document]] = (),
    most: int = MOST_BRIEFS,
) -> Draft:
    """Put stories in printed order.

    The first excerpt opens the page with its first brief; there are none only where the edition has
    corrections, and fewer than ``most`` of the others may be pinned. The edition is whole but for
    its sections, panel and setting, with the documents of corrections, of stories to name and of
    earlier headlines. Of ``also`` the page names what it does not print; what earlier editions
    announced as ``due`` this day comes before other dates.
    """
    chosen = tuple(islice(_by_weight(_items(excerpts)), most))
    top, *rest = [*_candidates(chosen)] or [NO_STORY]
    stories = {item.excerpt.story.id: item.excerpt for item in chosen}.values()
    panel = compose_panel(
        [tuple(excerpt.figures) for excerpt in stories],
        [tuple(excerpt.quotes) for excerpt in stories],
        [*((ahead,) for ahead, _ in due), *(tuple(excerpt.ahead) for excerpt in stories)],
        also=also,
        chart=len(edition.days) >= _LEAST_DAYS,
    )
    documents = {document.id: document for _, document in due}
    documents |= {
        document.id: document
        for excerpt in stories
        for document in (*excerpt.story.every, *(each for each, _ in excerpt.story.foreign))
    }
    titles = [named.title for named in also]
    titles += [excerpt.earlier.title for excerpt in stories if excerpt.earlier is not None]
    documents |= {title.document: edition.documents[title.document] for title in titles}
    for correction in edition.corrections:
        documents |= {
            slice_.document: edition.documents[slice_.document] for slice_ in correction.slices
        }
    chosen_ids = {item.excerpt.story.id for item in chosen}
    no_room = tuple(_no_room(excerpt) for excerpt in excerpts if excerpt.story.id not in chosen_ids)
    return Draft(
        replace(
            edition,
            panel=panel,
            documents=documents,
            ledger=replace(edition.ledger, no_room=no_room),
        ),
        top,
        tuple(sorted(rest, key=lambda other: (sections.index(other.section), other.rank))),
        tuple(sections),
        story_of={
            document.id: story.id
            for excerpt in stories
            for story in (excerpt.story, *(other for other, _ in excerpt.story.beside))
            for document in story.documents
        },
    )


def _no_room(excerpt: Excerpt) -> tuple[str, str, str]:
    section, lengths = excerpt.briefs[0]
    headline, _ = _headlines(excerpt, lengths[:1], used=frozenset(), wanted=excerpt.titled)[0]
    return (excerpt.story.id, headline, section)


def _items(excerpts: Iterable[Excerpt]) -> Iterator[_Item]:
    for excerpt in excerpts:
        for place, (section, lengths) in enumerate(excerpt.briefs):
            weight = excerpt.salience.value * _NEXT_OF_STORY**place
            pinned, pulled = excerpt.pinned and not place, excerpt.pulled and not place
            asides = 0 if place else min(excerpt.asides, len(lengths) - 1)
            yield _Item(excerpt, section, lengths, weight, pinned, pulled, asides)


def _by_weight(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield briefs by weight; each one makes the next of its section weigh less."""
    waiting = list(items)
    printed: dict[str, int] = {}
    best = waiting[0] if waiting else None
    while best is not None:
        waiting.remove(best)
        printed[best.section] = printed.get(best.section, 0) + 1
        yield best
        following: dict[str, _Item] = {}
        for item in waiting:
            following.setdefault(item.excerpt.story.id, item)
        best = max(following.values(), key=lambda item: _weight(item, printed), default=None)


def _weight(item: _Item, printed: Mapping[str, int]) -> tuple[bool, bool, float]:
    weight = item.weight * _NEXT_IN_SECTION ** printed.get(item.section, 0)
    return item.pinned, item.pulled, weight


def _candidates(items: Iterable[_Item]) -> Iterator[Candidate]:
    headlines: set[str] = set()
    begun: set[str] = set()
    for rank, item in enumerate(items):
        story = item.excerpt.story
        # A further brief of the story has another title, if there is one.
        wanted = "" if story.id in begun else item.excerpt.titled
        titles = _headlines(item.excerpt, item.lengths, used=headlines, wanted=wanted)
        headlines.update(headline for headline, _ in titles)
        is_first = story.id not in begun
        begun.add(story.id)
        briefs = tuple(
            replace(
                _brief(item.excerpt, sentences, headline=headline, titled=titled, top=not rank),
                earlier=differing(item.excerpt, headline=headline) if is_first else None,
                saga=item.excerpt.saga if is_first else None,
            )
            for sentences, (headline, titled) in zip(item.lengths, titles, strict=True)
        )
        if is_first and (hits := item.excerpt.watched):
            briefs = tuple(
                replace(brief, watched=marked(hits, printed=brief.sentences, cited=brief.sources))
                for brief in briefs
            )
        yield Candidate(item.section, briefs, rank, item.pinned, item.asides)


def _brief(
    excerpt: Excerpt, sentences: tuple[Sentence, ...], *, headline: str, titled: str, top: bool
) -> Brief:
    story = excerpt.story
    cited = dict.fromkeys((titled, *(sentence.document for sentence in sentences)))
    return Brief(
        story=story.id,
        headline=headline,
        status=excerpt.status,
        reports=story.reports,
        publishers=story.publishers,
        sentences=sentences,
        sources=(*cited, *_further(excerpt, cited)),
        top=top,
        touches=excerpt.touches if len(excerpt.briefs) == 1 else (),
        foreign=_foreign(story),
    )


def _foreign(story: Story) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the ids of reports in other languages by language, those of most publishers first.

    Of each publisher that has none of the story's own reports, the likeliest.
    """
    families = {document.family for document in story.documents}
    ids: dict[str, list[str]] = {}
    for document, _ in story.foreign:
        if document.family not in families:
            families.add(document.family)
            ids.setdefault(primary(document.language), []).append(document.id)
    by_number = sorted(ids.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple((language, tuple(names)) for language, names in by_number)


def _further(excerpt: Excerpt, cited: Iterable[str]) -> tuple[str, ...]:
    """Return the most central report of a publisher that is not cited yet, if there is one."""
    named, documents = set(cited), excerpt.story.documents
    families = {document.family for document in documents if document.id in named}
    others = (
        document.id
        for document in documents
        if document.family not in families and document.id not in named
    )
    supporting = excerpt.supporting
    return tuple(islice((id_ for id_ in others if supporting is None or id_ in supporting), 1))


def _headlines(
    excerpt: Excerpt, lengths: Lengths, *, used: Set[str], wanted: str
) -> list[tuple[str, str]]:
    """Choose the headline of each length of a brief; its report is marked as one that says so."""
    supporting = excerpt.supporting

    @cache
    def above(cited: frozenset[str]) -> tuple[str, str]:
        return choose_headline(
            excerpt.story,
            lengths[0],
            used=used,
            wanted=wanted,
            backed=lambda report: supporting is None or report in cited or report in supporting,
        )

    return [above(frozenset(each.document for each in sentences)) for sentences in lengths]


_WORD = re.compile(r"[^\W\d_]{4,}")
_HALF_DAY = timedelta(hours=12)
#: Characters beyond which a title is a fault, and no name of a story in a list.
LONG_HEADLINE = 150
#: What a title that fits nothing of what is printed counts, beside the best.
_OTHER = 2


def choose_headline(
    story: Story,
    sentences: Sequence[Sentence],
    *,
    used: Set[str],
    wanted: str = "",
    backed: Callable[[str], bool] = lambda _: True,
) -> tuple[str, str]:
    """Choose a headline and the document it is the title of.

    The title of the document ``wanted`` precedes all others. A title not in ``used`` (those already
    on the page) precedes one that is, mixed case precedes capitals, and the plainest title precedes
    what judges, asks, previews, has over 150 characters, is half a day older than what opens the
    brief or tells something else than the sentences. That of the first sentence's document precedes
    the others, and these follow the story's order. One of a document that is not ``backed`` stands
    only where there is no other. Without any usable title: an empty one, and the first sentence's
    document.
    """
    lead = sentences[0].document
    first = [document for document in story.documents if document.id == lead]
    usable = [document for document in _unique((*first, *story.documents)) if document.headline]
    if not usable:
        return "", lead
    printed = frozenset().union(*(_words(sentence.text) for sentence in sentences))
    fit = {document.id: _fit(document.title, printed) for document in usable}
    most = max(fit.values()) or 1.0
    other = {
        document.id: round(_OTHER * (1 - fit[document.id] / most)) * (document.id != lead)
        for document in usable
    }
    published = first[0].published if first else None

    def is_old(document: Document) -> bool:
        return bool(published and document.published and published - document.published > _HALF_DAY)

    ordered = sorted(
        usable,
        key=lambda document: (
            document.id != wanted,
            document.title in used,
            document.title.isupper(),
            _loudness(document.title)
            + (len(document.title) > LONG_HEADLINE)
            + (document.kind in PARTIES)
            + other[document.id]
            + is_old(document),
            other[document.id],
        ),
    )
    best = next((each for each in ordered if each.id == wanted or backed(each.id)), ordered[0])
    return best.title, best.id


def _fit(title: str, printed: Set[str]) -> float:
    """Return how well a title fits the words of what is printed below it, 0 to 1."""
    own = _words(title)
    return round(len(own & printed) / math.sqrt(len(own) or 1), 6)


def _words(text: str) -> frozenset[str]:
    """Return the first five letters of each word of four or more: "leased" and "leases" agree."""
    return frozenset(word[:5] for word in _WORD.findall(text.casefold()))


def _loudness(title: str) -> int:
    return sum(pattern.search(title) is not None for pattern in spoken().titles.loud)


def _unique(documents: Iterable[Document]) -> Iterator[Document]:
    yield from {document.id: document for document in documents}.values()


_NO_WORD = re.compile(r"[\W_]+")


def cite_earlier(
    excerpts: Sequence[Excerpt], *, material: Material
) -> tuple[tuple[Excerpt, ...], dict[str, Document]]:
    """Return the excerpts with the earlier headlines that may be printed, and their documents.

    Only what is developing has one, and no headline of a report that was corrected since is
    printed again. A document with the id of another one of today gets one of its own.
    """
    editions = {edition.id: edition for edition in _before(material)}
    today = {document.id: document for document in material.documents}
    briefs = [*material.corrections.briefs]
    briefs += [brief for edition in _before(material) for brief in edition.corrections]
    corrected = {brief.old.document for brief in briefs}
    result: list[Excerpt] = []
    documents: dict[str, Document] = {}
    for excerpt in excerpts:
        earlier = excerpt.earlier
        if (
            earlier is None
            or excerpt.status is not Status.DEVELOPING
            or earlier.title.document in corrected
        ):
            result.append(replace(excerpt, earlier=None))
            continue
        document = editions[earlier.edition].documents[earlier.title.document]
        own = _apart(document, ChainMap(documents, today), day=earlier.day)
        documents[own.id] = own
        title = replace(earlier.title, document=own.id)
        result.append(replace(excerpt, earlier=replace(earlier, title=title)))
    return tuple(result), documents


def differing(excerpt: Excerpt, *, headline: str) -> EarlierHeadline | None:
    """Return the earlier headline of a story, unless it has the words of today's or there is none.

    Without a headline of today, there is nothing below which it could stand.
    """
    earlier = excerpt.earlier
    if (
        earlier is None
        or not headline
        or _plain_words(earlier.title.text) == _plain_words(headline)
    ):
        return None
    return earlier


@lru_cache(maxsize=4096)
def _plain_words(text: str) -> str:
    return _NO_WORD.sub(" ", text.casefold()).strip()


def _before(material: Material) -> tuple[Edition, ...]:
    return (*material.weeks, *material.before)


def _apart(document: Document, taken: Mapping[str, Document], *, day: date) -> Document:
    """Return a document under an id that is not that of another."""
    other = taken.get(document.id)
    if other is None or (other.title, other.sha256) == (document.title, document.sha256):
        return other or document
    return _apart(replace(document, id=f"{document.id}~{day}"), taken, day=day)


T = TypeVar("T")

#: Items of each part (docs/page.md, "Panel").
_MOST_FIGURES, _MOST_QUOTES, _MOST_AHEAD = 3, 2, 5
#: Items of each part that are measured, from which the printed ones are chosen.
_POOL = 12
#: A figure from so many sentences before or behind a printed one stands next to it.
_NEXT = 2


def compose_panel(
    figures: Sequence[Sequence[Figure]],
    quotes: Sequence[Sequence[Quote]],
    ahead: Sequence[Sequence[DateAhead]],
    *,
    also: Sequence[NamedStory] = (),
    chart: bool,
) -> Panel:
    """Choose the items from which the panel of a page is taken.

    Each of the first three holds, story by story in the order of the page, that story's items,
    best first. The best item of every story precedes any second item; no numeral and no day of one
    story comes twice.
    """
    return Panel(
        figures=_different(_in_turn(figures), by=lambda figure: figure.numeral.text)[:_POOL],
        quotes=_in_turn(quotes)[:_POOL],
        ahead=_in_turn([_different(own, by=lambda item: item.day) for own in ahead])[:_POOL],
        chart=chart,
        also=tuple(also),
    )


def stand_beside(
    panel: Panel, printed: Sequence[Sentence], *, documents: Collection[str], cited: Collection[str]
) -> Panel:
    """Choose what stands beside the printed news; nothing that it has printed already.

    Figures, no two of one unit, come from reports that the news cites; those next to a printed
    sentence first. Dates are in order of days. Items of reports other than ``documents``, those of
    printed stories, are left out, but for what was announced for this day; ``cited`` are those
    cited with the news.
    """
    words = "\n".join(sentence.text for sentence in printed)
    plain = " ".join(filter(None, (_plain_words(sentence.text) for sentence in printed)))
    of: defaultdict[str, list[Sentence]] = defaultdict(list)
    for sentence in printed:
        of[sentence.document].append(sentence)
    figures = [
        figure
        for figure in panel.figures
        if figure.clause.document in cited
        and not _is_printed(figure.clause, of[figure.clause.document])
        and not (
            figure.numeral.text in words
            and re.search(rf"(?<![\w.,]){re.escape(figure.numeral.text)}(?!\w)", words)
        )
    ]
    figures.sort(key=lambda figure: not _is_next(figure.clause, of[figure.clause.document]))
    quotes = [
        quote
        for quote in panel.quotes
        if quote.words.document in documents
        and not _is_printed(quote.words, of[quote.words.document])
        and _plain_words(quote.words.text) not in plain
    ]
    ahead = [
        item
        for item in panel.ahead
        if (item.announced or item.clause.document in documents)
        and not _is_printed(item.clause, of[item.clause.document])
    ]
    return replace(
        panel,
        discrepancies=(),  # of an edition that an earlier version made
        figures=_different(figures, by=_unit)[:_MOST_FIGURES],
        quotes=tuple(quotes[:_MOST_QUOTES]),
        ahead=tuple(sorted(ahead[:_MOST_AHEAD], key=lambda item: (item.day, item.clause.key))),
    )


def _is_printed(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Tell whether an item is in a printed sentence of its document."""
    return any(item.start < other.end and other.start < item.end for other in printed)


def _is_next(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Tell whether an item is near a printed sentence of its document."""
    return any(abs(item.index - other.index) <= _NEXT for other in printed)


def _in_turn(items: Sequence[Sequence[T]]) -> tuple[T, ...]:
    return tuple(item for row in zip_longest(*items) for item in row if item is not None)


def _different(items: Iterable[T], *, by: Callable[[T], object]) -> tuple[T, ...]:
    """Return the first item of each kind, in the order given."""
    first: dict[object, T] = {}
    for item in items:
        first.setdefault(by(item), item)
    return tuple(first.values())


def _unit(figure: Figure) -> str:
    """Return what a numeral counts: a sign or a word; empty for a bare number."""
    text = figure.numeral.text
    return "%" if spoken().panel.percent.search(text) else spoken().panel.no_unit.sub("", text)

"""Turns stories into sections and briefs with headlines, and chooses the panel's items."""

import math
import re
from collections import ChainMap, Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import islice, zip_longest
from typing import TypeVar

from briefing.core.frozen import frozen
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

#: Most briefs, including the top story (docs/page.md, "Scales").
MOST_BRIEFS = 16
#: Factor by which each brief of a section lowers the weight of the next, so that no section fills
#: the page while another has news: a fourth brief ranks equal to a first one of half its salience.
_NEXT_IN_SECTION = 0.8
#: Factor by which each brief of a story lowers the weight of its next, in a further section.
_NEXT_OF_STORY = 0.6
#: Days below which no chart is drawn, since it would show no pattern.
_LEAST_DAYS = 5


@frozen
class _Item:
    """One brief that a story may have."""

    excerpt: Excerpt
    section: str
    lengths: Lengths
    #: Salience of the story, lowered for each earlier brief of it.
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

    ``edition`` is complete except for sections, panel and setting; it includes the documents of
    corrections, named stories and earlier headlines. The first excerpt becomes the top story;
    ``excerpts`` may be empty only if there are corrections. Of the others, fewer than ``most`` may
    be pinned. Stories in ``also`` are named if they have no brief; ``due``, what earlier editions
    announced for this day, precedes other dates.
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
    """Yield briefs by weight; each lowers the weight of the next one of its section."""
    waiting = list(items)
    printed: Counter[str] = Counter()
    best = waiting[0] if waiting else None
    while best is not None:
        waiting.remove(best)
        printed[best.section] += 1
        yield best
        following: dict[str, _Item] = {}
        for item in waiting:
            following.setdefault(item.excerpt.story.id, item)
        best = max(
            following.values(),
            key=lambda item: (
                item.pinned,
                item.pulled,
                item.weight * _NEXT_IN_SECTION ** printed[item.section],
            ),
            default=None,
        )


def _candidates(items: Iterable[_Item]) -> Iterator[Candidate]:
    headlines: set[str] = set()
    begun: set[str] = set()
    for rank, item in enumerate(items):
        story = item.excerpt.story
        # A further brief of a story should have another title.
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
    """Return the ids of reports in other languages, by language; most publishers first.

    Of each publisher without a report among the story's own, only the likeliest report counts.
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
    """Choose the headline of each length of a brief, and cite the report it is taken from."""
    supporting = excerpt.supporting

    @cache
    def above(cited: frozenset[str]) -> tuple[str, str]:
        return choose_headline(
            excerpt.story,
            lengths[0],
            used=used,
            wanted=wanted,
            backed=lambda report: supporting is None or report in cited or report in supporting,
            miscounting=excerpt.miscounting,
        )

    return [above(frozenset(each.document for each in sentences)) for sentences in lengths]


_WORD = re.compile(r"[^\W\d_]{4,}")
_HALF_DAY = timedelta(hours=12)
#: Length in characters above which a title is no good headline, and not used to name a story.
LONG_HEADLINE = 150
#: Faults counted for a title without any word in common with the sentences.
_OTHER = 2


def choose_headline(  # noqa: PLR0913  what a headline depends on
    story: Story,
    sentences: Sequence[Sentence],
    *,
    used: Set[str],
    wanted: str = "",
    backed: Callable[[str], bool] = lambda _: True,
    miscounting: Set[str] = frozenset(),
) -> tuple[str, str]:
    """Choose a headline and the document it is the title of.

    The title of the document ``wanted`` precedes all others. Then titles not in ``used`` (those on
    the page) precede those that are, mixed case precedes capitals, and those come last that are
    ``miscounting`` or guess at what a later report tells as the opening. Then the title with the
    fewest faults is chosen: it judges, asks or previews; has over 150 characters; is of a party's
    text; is half a day older than the report that opens the brief; differs from the sentences. Ties
    go to the report of the first sentence, then to the order of the story. A document that is not
    ``backed`` is used only if there is no other. Without any usable title, the headline is empty,
    and the document is that of the first sentence.
    """
    lead = sentences[0].document
    first = [document for document in story.documents if document.id == lead]
    every = {document.id: document for document in (*first, *story.documents)}.values()
    usable = [document for document in every if document.headline]
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

    def is_older(document: Document, by: timedelta = timedelta()) -> bool:
        return bool(published and document.published and published - document.published > by)

    guesses = spoken().importance.ahead, spoken().importance.question

    ordered = sorted(
        usable,
        key=lambda document: (
            document.id != wanted,
            document.title in used,
            document.title.isupper(),
            document.id in miscounting,
            is_older(document) and any(guess.search(document.title) for guess in guesses),
            sum(pattern.search(document.title) is not None for pattern in spoken().titles.loud)
            + (len(document.title) > LONG_HEADLINE)
            + (document.kind in PARTIES)
            + other[document.id]
            + is_older(document, _HALF_DAY),
            other[document.id],
        ),
    )
    best = next((each for each in ordered if each.id == wanted or backed(each.id)), ordered[0])
    return best.title, best.id


def _fit(title: str, printed: Set[str]) -> float:
    """Return how well a title fits the words of what is printed below it; 0 for no word."""
    own = _words(title)
    return round(len(own & printed) / math.sqrt(len(own) or 1), 6)


def _words(text: str) -> frozenset[str]:
    """Return the first five letters of each word of four or more: "leased" matches "leases"."""
    return frozenset(word[:5] for word in _WORD.findall(text.casefold()))


_NO_WORD = re.compile(r"[\W_]+")


def cite_earlier(
    excerpts: Sequence[Excerpt], *, material: Material
) -> tuple[tuple[Excerpt, ...], dict[str, Document]]:
    """Return the excerpts with their printable earlier headlines, and the documents of these.

    Only developing stories have one, and headlines of reports that were corrected since are not
    reprinted. A document whose id belongs to another document of today gets a new id.
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
    """Return the earlier headline of a story, unless it has the same words as today's.

    None also if there is no earlier headline, or no headline of today to print it below.
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
    """Return a document under an id that no other document has."""
    other = taken.get(document.id)
    if other is None or (other.title, other.sha256) == (document.title, document.sha256):
        return other or document
    return _apart(replace(document, id=f"{document.id}~{day}"), taken, day=day)


T = TypeVar("T")

#: Most items printed of each kind (docs/page.md, "Panel").
_MOST_FIGURES, _MOST_QUOTES, _MOST_AHEAD = 3, 2, 5
#: Most items measured of each kind, from which the printed ones are chosen.
_POOL = 12
#: Most sentences between a figure and a printed sentence that still counts as near.
_NEXT = 2


def compose_panel(
    figures: Sequence[Sequence[Figure]],
    quotes: Sequence[Sequence[Quote]],
    ahead: Sequence[Sequence[DateAhead]],
    *,
    also: Sequence[NamedStory] = (),
    chart: bool,
) -> Panel:
    """Choose the items that the panel of a page may use.

    Each of the first three arguments has the items of each story, in the order of the page and best
    first. The best item of every story precedes any second item. No numeral comes twice, and no day
    twice in one story.
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
    """Choose what stands beside the printed news, without anything already printed there.

    Figures, no two of one unit, come from reports in ``cited``; those near a printed sentence come
    first. Quotations and dates come from reports in ``documents``, those of printed stories; dates
    announced for this day may come from any. Dates are in order of days.
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
        discrepancies=(),  # only editions of earlier versions have any
        figures=_different(figures, by=_unit)[:_MOST_FIGURES],
        quotes=tuple(quotes[:_MOST_QUOTES]),
        ahead=tuple(sorted(ahead[:_MOST_AHEAD], key=lambda item: (item.day, item.clause.key))),
    )


def _is_printed(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Return whether an item overlaps with a printed sentence of its document."""
    return any(item.start < other.end and other.start < item.end for other in printed)


def _is_next(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Return whether an item is near a printed sentence of its document."""
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

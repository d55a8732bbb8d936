"""Tells which saga of the last weeks a story goes on with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log

import numpy as np

from briefing.core.model import (
    WEEKS,
    Edition,
    Saga,
    SagaEntry,
    SagaRegister,
    Sentence,
    Story,
)
from briefing.core.text.likeness import rarity_in_general
from briefing.core.text.vectors import Floats, Rows, count, damped, number, rarity, unit, weighed
from briefing.core.text.words import content_stems

#: What speaks for a saga, and the log-odds that no likeness has: cosine with all that was printed
#: of it; share of today's headline that it holds; share of one of its headlines that today's story
#: holds; logarithm of the days since it was told. Learned from one half of labeled sagas, the last
#: number set for precision (docs/decisions/0023-sagas.md).
_WEIGHTS = np.array((17.0, 3.3, 4.2, -0.5))
_BIAS = -9.3
#: Reports that represent a story, and content words, and characters, of each.
_REPORTS, _WORDS, _CHARACTERS = 3, 120, 3_000
#: How often a headline counts beside the sentences below it.
_HEADLINE = 2
#: A telling this unlike in words cannot be of the saga, whatever its headline.
_LEAST = 0.05
#: Where what has no words would be divided by 0.
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Telling:
    """One story as an earlier edition told it."""

    edition: str
    day: date
    story: str
    headline: str
    #: As printed, those of all its briefs.
    sentences: tuple[Sentence, ...]

    @property
    def entry(self) -> SagaEntry:
        """What a timeline shows of it."""
        return SagaEntry(self.edition, self.day, self.story, self.headline, self.sentences[0])


def tellings(edition: Edition) -> Iterator[Telling]:
    """Yield the stories that an edition tells, in printed order, the top story first."""
    printed: defaultdict[str, list[Sentence]] = defaultdict(list)
    headlines: dict[str, str] = {}
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        if brief.sentences:
            headlines.setdefault(brief.story, brief.headline)
            printed[brief.story] += brief.sentences
    for story, sentences in printed.items():
        yield Telling(edition.id, edition.day, story, headlines[story], tuple(sentences))


def number_of(saga: str) -> int:
    """Return the number in the id of a saga."""
    return int(saga.removeprefix("s"))


def register_of(editions: Iterable[Edition]) -> SagaRegister:
    """Return what editions say themselves about the sagas of those before them and their own."""
    of: dict[tuple[str, str], str] = {}
    since: dict[str, date] = {}
    for edition in sorted(editions, key=lambda edition: edition.day):
        for brief in edition.briefs():
            if brief.saga is not None:
                of[edition.id, brief.story] = brief.saga.id
                since[brief.saga.id] = brief.saga.since
                of |= {(one.edition, one.story): brief.saga.id for one in brief.saga.entries}
    return SagaRegister(of, since, max(map(number_of, since), default=0))


def find_sagas(
    stories: Sequence[Story],
    editions: Iterable[Edition],
    *,
    follows: Sequence[Sequence[tuple[str, str]]],
    register: SagaRegister,
    day: date,
) -> tuple[Saga | None, ...]:
    """Return the saga that each story goes on with, None for a story that begins.

    A story goes on with the likeliest saga; else with that of the same event. Where that is a
    single story of an earlier edition, the two begin one: a saga without an id. Other sagas that
    told the same event stand beside it, unless an editor has said that the two are two.

    Args:
        stories: of today.
        editions: earlier ones; those of the last 30 days count.
        follows: edition and story of each telling of the same event, the newest first, by story.
        register: which stories of the editions are which saga.
        day: today.
    """
    groups: defaultdict[tuple[str, ...], list[Telling]] = defaultdict(list)
    group_of: dict[tuple[str, str], tuple[str, ...]] = {}
    for edition in sorted(editions, key=lambda edition: edition.day):
        if not edition.day < day <= edition.day + WEEKS:
            continue
        for telling in tellings(edition):
            key = telling.edition, telling.story
            group_of[key] = (register.of[key],) if key in register.of else key
            groups[group_of[key]].append(telling)
    names, members = list(groups), list(groups.values())
    likely = _go_on(stories, members, day=day)
    found: list[Saga | None] = []
    for place, same in zip(likely, follows, strict=True):
        every = [group_of[key] for key in same if key in group_of]
        ranked = [*dict.fromkeys(every if place is None else (names[place], *every))]
        found.append(_saga(ranked, groups, register) if ranked else None)
    return tuple(found)


def _go_on(
    stories: Sequence[Story], sagas: Sequence[Sequence[Telling]], *, day: date
) -> tuple[int | None, ...]:
    """Return the place of the likeliest saga of each story, None where none is likely.

    Ties: the one told before.
    """
    if not stories or not sagas:
        return (None,) * len(stories)
    odds = _odds(stories, sagas, day=day).round(9)
    best = odds.argmax(axis=1)
    return tuple(
        int(place) if row[place] > 0 else None for place, row in zip(best, odds, strict=True)
    )


def _saga(
    ranked: Sequence[tuple[str, ...]],
    groups: Mapping[tuple[str, ...], Sequence[Telling]],
    register: SagaRegister,
) -> Saga:
    """Return the saga of the first group, with one entry an edition, and the ids of the others."""
    name, *others = ranked
    entries: dict[str, SagaEntry] = {}
    for telling in groups[name]:
        entries.setdefault(telling.edition, telling.entry)
    known = name[0] if len(name) == 1 else ""
    ids = (other[0] for other in others if known and len(other) == 1)
    also = tuple(id_ for id_ in ids if frozenset({known, id_}) not in register.apart)
    since = register.since.get(known, groups[name][0].day)
    return Saga(known, since, tuple(entries.values()), also)


def _odds(stories: Sequence[Story], sagas: Sequence[Sequence[Telling]], *, day: date) -> Floats:
    """Return the log-odds that each story goes on with each saga; shape (n_stories, n_sagas)."""
    told = [telling for saga in sagas for telling in saga]
    saga_of = np.repeat(np.arange(len(sagas)), [len(saga) for saga in sagas])
    words = _Words.of(stories, told)
    cosine = words.today @ words.earlier.T
    likeness = np.zeros((len(stories), len(sagas)))
    held = np.zeros_like(likeness)
    for place in range(len(sagas)):
        own = saga_of == place
        total = words.earlier[own].sum(axis=0)
        likeness[:, place] = words.today @ total / max(np.sqrt(total @ total), _TINY)
        held[:, place] = words.titles @ (words.earlier[own] > 0).any(axis=0)
    holding = (words.today > 0) @ words.headlines.T
    most = np.stack([holding[:, saga_of == place].max(axis=1) for place in range(len(sagas))], 1)
    near = np.stack([cosine[:, saga_of == place].max(axis=1) for place in range(len(sagas))], 1)
    ago = np.array([log((day - saga[-1].day).days) for saga in sagas])
    about = np.stack([likeness, held, most, np.broadcast_to(ago, likeness.shape)], axis=-1)
    odds: Floats = np.where(near >= _LEAST, about @ _WEIGHTS + _BIAS, -np.inf)
    return odds


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The words of stories as rows of weights; one column a stem."""

    #: Of today's stories and of the tellings; rows of unit length.
    today: Floats
    earlier: Floats
    #: Of their headlines; each row sums to 1, or to 0 without words.
    titles: Floats
    headlines: Floats

    @classmethod
    def of(cls, stories: Sequence[Story], told: Sequence[Telling]) -> _Words:
        """Weigh the words by how rare they are here and among all news, as reports are."""
        titles = [content_stems(story.documents[0].title) for story in stories]
        titles += [content_stems(telling.headline) for telling in told]
        bags = [*map(_about, stories), *map(_printed, told)]
        columns = number([*bags, *titles])
        counts = count(bags, columns=columns)
        general = rarity_in_general(tuple(columns))
        rows = unit(weighed(damped(counts), (rarity(counts) * general) ** 0.5)).toarray()
        shares = _shares(weighed(count(titles, columns=columns).sign(), general))
        here = len(stories)
        return cls(rows[:here], rows[here:], shares[:here], shares[here:])


def _shares(rows: Rows) -> Floats:
    dense: Floats = rows.toarray()
    sums: Floats = np.maximum(dense.sum(axis=1, keepdims=True), _TINY)
    return np.divide(dense, sums)


def _about(story: Story) -> list[str]:
    stems = content_stems(" ".join(document.title for document in story.documents))
    for document in story.documents[:_REPORTS]:
        stems += content_stems(document.text[:_CHARACTERS])[:_WORDS]
    return stems


def _printed(telling: Telling) -> list[str]:
    printed = " ".join(sentence.text for sentence in telling.sentences)
    return content_stems(telling.headline) * _HEADLINE + content_stems(printed)

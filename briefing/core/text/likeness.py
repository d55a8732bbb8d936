"""Estimates how likely two reports are on one event: a logistic model of the words they share."""

import json
import pkgutil
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import chain, repeat
from itertools import count as counting
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from briefing.core.language import kept, spoken
from briefing.core.model import Document
from briefing.core.text.words import as_written, content_stems, stem, tokens

#: Features of a pair, each 0 to 1: cosine of the texts, without headlines; and the shares of each
#: headline that the headline and lead of the other contain, the larger and the smaller.
FEATURES = ("text", "held", "held_both")
#: Reduction of the log-odds for each window between two reports, and the number of windows from
#: which they are on different events, however similar: an event is reported for days, and weekly
#: reports resemble each other. Set by hand: most labeled events lie on a single day.
_PENALTY, _FURTHEST = 0.75, 2.0

#: Content words of a text that are read: news puts what matters first.
_BODY_WORDS = 400
#: Characters in which they are sought, so that a text of any length costs the same.
_BODY_CHARACTERS = 5_000
#: Content words of the lead, which count twice: about five sentences.
_LEAD_WORDS = 100
#: Distinct stems from which a text is compared without its headline, since a publisher may give a
#: report the headline of another.
_OWN = 8
#: How often a headline word counts in a shorter text, and for the rarity of words.
_IN_TEXT = 3
#: Characters of a headline that are read; no headline is longer.
_TITLE_CHARACTERS = 500
#: Share of numbers among the words of a text from which it is a table. Company results have .2 to
#: .4; one of 413 labeled news articles has as much.
_TABLE_SHARE = 0.2
#: Fewest characters of a number that distinguishes tables; "1" and "16" occur in many.
_FIGURE_LENGTH = 3
#: Fewest news articles per stem: a village identifies an event no better than a town.
_FEWEST = 50
#: Share of the words of a sentence, weighted by rarity, that a text must contain to support it:
#: two of three reports on the same event do, and one of twenty on another event of the day.
_SUPPORT = 0.5
#: Most shared words that are shown.
_SHOWN = 6
#: Exponent of the product of the two rarities of a word, in the collection and in general.
_POWER = 0.5

#: Pairs multiplied at once; bounds memory (about 20,000 x 500 words).
_PAIRS = 20_000

Ints: TypeAlias = npt.NDArray[np.int64]
#: One row per text, one column per word.
Rows: TypeAlias = "csr_array[np.float64]"
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Reports as vectors; one row per report, one column per stem."""

    #: Words of the text, and of the headline if the text is very short; rows of unit length.
    texts: Rows
    #: Weights of headline words; each row sums to 1.
    titles: Rows
    #: 1 for each word of headline and lead.
    openings: Rows
    #: Publication time in days since year 1; nan without a date.
    days: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """A logistic model of pairs of reports: weights of :data:`FEATURES`, then the bias."""

    weights: Floats

    def __call__(self, views: Views, *, rows: Ints, columns: Ints, window: timedelta) -> Floats:
        """Return the likelihood, 0 to 1, that each pair of reports is on one event."""
        about = features(views, rows=rows, columns=columns)
        return self.score(about, views, rows=rows, columns=columns, window=window)

    def score(
        self, about: Floats, views: Views, *, rows: Ints, columns: Ints, window: timedelta
    ) -> Floats:
        """Return the same for pairs whose features (``about``) are given."""
        odds = about @ self.weights[:-1] + self.weights[-1]
        days = np.nan_to_num(np.abs(views.days[rows] - views.days[columns]))
        apart = days / (window / timedelta(days=1))
        # The logistic function; importing scipy.special takes 0.05 s.
        likely: Floats = np.exp(-np.logaddexp(0, _PENALTY * apart - odds))
        return np.where(apart < _FURTHEST, likely, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Bag:
    """The words of one report that are compared with those of others."""

    #: Distinct stems of headline and text, sorted; joined by spaces, they take a tenth of memory.
    stems: str
    #: Occurrences of each in the headline, the text and the lead; shape (3, n_stems).
    counts: npt.NDArray[np.uint16]


def bag(document: Document) -> Bag:
    """Count the words of one report."""
    title = Counter(content_stems(document.title[:_TITLE_CHARACTERS]))
    telling = _telling(content_stems(document.text[:_BODY_CHARACTERS])[:_BODY_WORDS])
    body, lead = Counter(telling), Counter(telling[:_LEAD_WORDS])
    stems = sorted({*title, *body})
    # ``get`` is much faster than indexing for words that a counter lacks.
    counts = chain(*(map(part.get, stems, repeat(0)) for part in (title, body, lead)))
    return Bag(" ".join(stems), np.fromiter(counts, np.uint16, 3 * len(stems)).reshape(3, -1))


def view(documents: Sequence[Document], bags: Sequence[Bag] | None = None) -> Views:
    """Weight the words of reports by their rarity in this collection and in all news.

    The weight is the root of the product of both, so that the topic of the day still links the
    reports on it, and "said" links none.
    """
    bags = [bag(document) for document in documents] if bags is None else bags
    none = np.zeros((3, 0), dtype=np.uint16)
    titles, bodies, leads = np.concatenate([none, *(words.counts for words in bags)], axis=1)
    starts = np.cumsum([0, *(words.counts.shape[1] for words in bags)], dtype=np.int32)
    stems, places = _columns(bags, count=int(starts[-1]))

    def rows(values: npt.NDArray[np.uint16]) -> Rows:
        held = values > 0
        ends = np.concatenate(([0], np.cumsum(held)), dtype=np.int32)[starts]
        form = (values[held].astype(np.float64), places[held], ends)
        return csr_array(form, shape=(len(bags), len(stems)))

    headed = _IN_TEXT * titles + bodies + leads
    weights = (rarity(rows(headed)) * rarity_in_general(stems)) ** _POWER
    own = [int(np.count_nonzero(words.counts[1])) >= _OWN for words in bags]
    texts = np.where(np.repeat(own, np.diff(starts)), bodies + leads, headed)
    headlines = weighed(rows(titles), weights)
    headlines.data /= np.repeat(headlines.sum(axis=1), np.diff(headlines.indptr))
    moments = (document.published for document in documents)
    days = [
        moment.toordinal() + (moment.hour * 60 + moment.minute) / 1_440 if moment else float("nan")
        for moment in moments
    ]
    return Views(
        texts=unit(weighed(damped(rows(texts)), weights)),
        titles=headlines,
        openings=rows(np.minimum(titles + leads, 1)),
        days=np.array(days, dtype=np.float64),
    )


def _columns(bags: Sequence[Bag], *, count: int) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Return the distinct stems, sorted, and the column of each of the ``count`` stems of bags."""
    # Numbered on first occurrence, then renumbered in order: collecting a set takes a second pass.
    numbers: defaultdict[str, int] = defaultdict(counting().__next__)
    words = chain.from_iterable(words.stems.split() for words in bags)
    places = np.fromiter(map(numbers.__getitem__, words), np.int32, count)
    stems = tuple(sorted(numbers))
    columns = np.empty(len(stems), dtype=np.int32)
    columns[[numbers[stem] for stem in stems]] = np.arange(len(stems))
    return stems, columns[places]


def _telling(body: Sequence[str]) -> Sequence[str]:
    """Return the words that distinguish a text from others: of a table, only its larger numbers."""
    figures = [word for word in body if word[:1].isdigit()]
    if len(figures) < _TABLE_SHARE * len(body):
        return body
    # The words and small numbers of a table are the same for every company or market.
    return [figure for figure in figures if len(figure) >= _FIGURE_LENGTH]


def features(views: Views, *, rows: Ints, columns: Ints) -> Floats:
    """Return :data:`FEATURES` of each pair of reports; shape (n_pairs, n_features)."""
    forth = products(views.titles, views.openings, rows=rows, columns=columns)
    back = products(views.titles, views.openings, rows=columns, columns=rows)
    return np.stack(
        (
            products(views.texts, views.texts, rows=rows, columns=columns),
            np.maximum(forth, back),
            np.minimum(forth, back),
        ),
        axis=1,
    )


def products(left: Rows, right: Rows, *, rows: Ints, columns: Ints) -> Floats:
    """Return the inner product of each row ``rows[i]`` of left and ``columns[i]`` of right."""
    inner = np.zeros(len(rows))
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        inner[part] = left[rows[part]].multiply(right[columns[part]]).sum(axis=1)
    return inner


def rarity_in_general(stems: Sequence[str]) -> Floats:
    """Return ln(n / d) for each stem that d of n news articles contain; d is at least 50."""
    holders, articles = _background()
    known = np.array([holders.get(stem, 0) for stem in stems], dtype=np.float64)
    rare: Floats = np.log(articles / np.maximum(known, _FEWEST))
    return rare


def shared_words(first: Document, other: Document) -> tuple[str, ...]:
    """Return up to six words that two reports share, in the spelling of the first.

    Words of a headline come first, then the rarest in general; ties: the order of the first report.
    """
    titles = [document.title[:_TITLE_CHARACTERS] for document in (first, other)]
    left, right = (
        f"{title}\n{document.text[:_BODY_CHARACTERS]}"
        for title, document in zip(titles, (first, other), strict=True)
    )
    shared = set(content_stems(right))
    written = _as_written(left)
    headed = set(content_stems(" ".join(titles)))
    holders, _ = _background()
    ranked = sorted(
        (stem for stem in written if stem in shared),
        key=lambda stem: (stem not in headed, max(_FEWEST, holders.get(stem, 0))),
    )
    return tuple(written[stem] for stem in ranked[:_SHOWN])


def supports(document: Document, sentence: str) -> bool:
    """Tell whether a report's text has most words of a sentence, weighted by rarity."""
    stems = sorted(set(content_stems(sentence)))
    own = set(content_stems(document.text[:_BODY_CHARACTERS]))
    rare = rarity_in_general(stems)
    held = rare[np.array([stem in own for stem in stems], dtype=bool)]
    return bool(held.sum() > _SUPPORT * rare.sum())


#: One result suffices: the reports of a story are all compared with its first.
@kept(1)
def _as_written(text: str) -> Mapping[str, str]:
    """Return the content stems of a text in order, each with its first word as written."""
    words: dict[str, str] = {}
    for word, token in zip(as_written(text), tokens(text), strict=True):
        if token not in spoken().stop_words:
            words.setdefault(stem(token), word)
    return words


@lru_cache(maxsize=1)
def _background() -> tuple[Mapping[str, int], int]:
    """Return how many news articles contain each stem, and how many articles there are."""
    packed = pkgutil.get_data(__package__, "stems.tsv.gz") or b""
    first, *lines = zlib.decompress(packed, 31).decode().splitlines()
    pairs = (line.split("\t") for line in lines)
    return {stem: int(holders) for stem, holders in pairs}, int(first.split("\t")[1])


@lru_cache(maxsize=1)
def shipped() -> Likeness:
    """Return the shipped model; ``python -m benchmarks.weights stories`` trains it."""
    weights = json.loads(pkgutil.get_data(__package__, "likeness.json") or b"")
    return Likeness(np.array([weights[name] for name in (*FEATURES, "bias")]))


#: Virtual texts without words added to every collection, so that words shared by all reports of a
#: small one keep their weight. 40 was the best of 10 to 200 on the tuning half of the stories
#: (docs/decisions/0004-clustering.md).
BACKGROUND = 40.0


def number(bags: Iterable[Iterable[str]]) -> Mapping[str, int]:
    """Return the column of each word: its index in the sorted vocabulary."""
    return {word: place for place, word in enumerate(sorted(set().union(*bags)))}


def count(bags: Sequence[Sequence[str]], *, columns: Mapping[str, int]) -> Rows:
    """Return the counts of words, one row per bag; columns ascend within a row."""
    tallies = [Counter(bag) for bag in bags]
    starts = np.zeros(len(bags) + 1, dtype=np.int64)
    starts[1:] = np.cumsum([len(tally) for tally in tallies], dtype=np.int64)
    total = int(starts[-1])
    places = np.fromiter((columns[w] for tally in tallies for w in tally), np.int64, total)
    values = np.fromiter((c for tally in tallies for c in tally.values()), np.float64, total)
    counts: Rows = csr_array((values, places, starts), shape=(len(bags), len(columns)))
    counts.sort_indices()
    return counts


def damped(counts: Rows) -> Rows:
    """Return ``1 + ln c`` for each count c."""
    return csr_array((1.0 + np.log(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def rarity(counts: Rows) -> Floats:
    """Return ``ln((n + BACKGROUND) / (d + 0.5))`` for each word, which d of n bags contain."""
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rare: Floats = np.log((counts.shape[0] + BACKGROUND) / (holders + 0.5))
    return rare


def weighed(rows: Rows, weights: Floats) -> Rows:
    """Multiply each column by its weight."""
    return csr_array(
        (rows.data * weights[rows.indices], rows.indices, rows.indptr), shape=rows.shape
    )


def unit(rows: Rows) -> Rows:
    """Scale each row to unit length; empty rows stay empty."""
    sizes = np.diff(rows.indptr)
    lengths = np.sqrt(
        np.bincount(
            np.repeat(np.arange(rows.shape[0]), sizes), rows.data**2, minlength=rows.shape[0]
        )
    )
    form = (rows.data / np.repeat(lengths, sizes), rows.indices, rows.indptr)
    return csr_array(form, shape=rows.shape)

"""Tells by few terms how likely an editor would tell a story.

The log-odds of that are a sum (a logistic model); each term is shown as the factor by which it
changes the odds. Weights are fitted to the days that a reader has labeled.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from briefing.core.model import Document, Story
from briefing.core.text.likeness import Bag, rarity_in_general
from briefing.core.text.places import PLACES

#: Characters of the most central report that are read, below its headline.
_READ = 1_500
#: The weight of each term; made again by ``briefing train importance``, with figures for days that
#: a model has not seen (docs/decisions/0017-importance.md).
WEIGHTS: Final[Mapping[str, float]] = {
    "base": -1.4,
    "section": 0.77,
    "publishers": 1.44,
    "reports": -0.14,
    "states": 0.47,
    "powers": 0.76,
    "attention": 0.26,
    "latest": 0.34,
    "routine": -1.88,
}
#: The share of printed sections counts between these: how sure the classifier is beyond them says
#: nothing of importance.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.9
#: States and holders of power beyond which more tell nothing further.
_MOST_STATES, _MOST_POWERS = 3, 2
#: Rarest words of a headline in which the attention of a day is counted.
_RAREST = 3
#: Share of numbers among the words of a table or a price list.
_TABLE_SHARE = 0.12

#: "Worst since 1987", "highest in nine years", "first ever", "record low".
_RECORD_WORDS = re.compile(
    r"\b(?:worst|biggest|largest|highest|lowest|deadliest|sharpest|steepest|strongest|weakest|"
    r"heaviest|greatest|fastest|first time)\b[^.;\n]{0,60}?\b(?:since|ever|on record|in history|"
    r"in (?:[\w-]{1,20} ){0,3}(?:decades?|years|months|generations?|centur(?:y|ies)))\b"
    r"|\brecord (?:high|low|level|fall|drop|rise|loss|gain|number|deficit|surplus)s?\b"
    r"|\ball-time (?:high|low|record)s?\b",
    re.IGNORECASE,
)
#: Who governs, and where governments meet.
_POWERS = re.compile(
    r"\b(?:president|prime minister|chancellor|premier|king|supreme leader|(?:foreign|defen[cs]e|"
    r"finance) minister|secretary of state|central bank|white house|kremlin|united nations|nato|"
    r"european union|european commission|international monetary fund|world bank|"
    r"world health organi[sz]ation|world trade organi[sz]ation|security council|federal reserve|"
    r"opec)\b"
    r"|\b(?-i:U\.N\.|UN|E\.U\.|EU|EC|IMF|WTO|WHO|G-?7|G-?20|ECB)(?!\w)",
    re.IGNORECASE,
)
#: One listed company, by its ticker: "<GM>", "(NYSE: GM)".
_TICKER = re.compile(r"<[A-Z]{1,6}(?:\.[A-Z]{1,3})?>|\((?:NYSE|NASDAQ|LSE|AMEX)\W{1,3}[A-Z]{1,6}\)")
#: A headline of a market report: what is traded, and how it stands.
_TRADED = re.compile(
    r"\b(?:futures|shares|stocks|equities|bonds|gilts|debt|gold|silver|copper|zinc|lead|tin|coffee|"
    r"cocoa|sugar|corn|wheat|soybeans?|hogs|cattle|rubber|palm oil|crude|dollar|yen|sterling|"
    r"deposits|prices|trading|credit markets?|wall street|auction)\b",
    re.IGNORECASE,
)
_STANDS = re.compile(
    r"\b(?:open(?:s|ing)?|closes?|closing|ends?|settles?|firm(?:s|er)?|easier|eases?|quiet(?:ly)?|"
    r"mixed|steady|steadier|little changed|narrowly|higher|lower|midday|noon|fixed|outlook|dull|"
    r"(?:mid)?session)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*")


def terms(
    stories: Sequence[Story], shares: Sequence[float], *, bags: Mapping[str, Bag]
) -> tuple[Mapping[str, float], ...]:
    """Return what is known of the importance of each story of a day, by the name of the term.

    section: log-odds of a printed section. publishers, reports: their logarithm. states, powers:
    how many states, and who governs, the most central report names at its beginning. attention: how
    much the other reports of the day speak of what the headline names. latest: how late in the day
    it was published; both in standard deviations of the day's stories. routine: 1 for notices of a
    listed company, market reports and tables, unless they tell a record.

    Args:
        stories: of the day.
        shares: probability that each belongs to a printed section.
        bags: the words of each report, by its id.
    """
    attention = _standard(_attention(stories, bags))
    latest = _standard([_published(story.documents[0]) for story in stories])
    return tuple(
        {
            "section": _log_odds(min(_MOST_SHARE, max(_LEAST_SHARE, share))),
            "publishers": math.log(story.publishers),
            "reports": math.log(story.reports),
            **_named(f"{story.documents[0].title}\n{story.documents[0].text[:_READ]}"),
            "attention": attention[place],
            "latest": latest[place],
            "routine": float(is_routine(story.documents[0])),
        }
        for place, (story, share) in enumerate(zip(stories, shares, strict=True))
    )


def factors(values: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of each term on the odds that an editor would tell a story; 1 is left out.

    Their product is the odds.
    """
    weighed = {"base": 1.0, **values}
    factor = {name: math.exp(WEIGHTS[name] * value) for name, value in weighed.items()}
    return {name: round(value, 3) for name, value in factor.items() if round(value, 3) != 1.0}


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def _named(opening: str) -> dict[str, float]:
    powers = {match.group().lower() for match in _POWERS.finditer(opening)}
    states = PLACES.intersection(_WORD.findall(opening))
    return {
        "states": float(min(_MOST_STATES, len(states))),
        "powers": float(min(_MOST_POWERS, len(powers))),
    }


def _published(document: Document) -> float:
    return document.published.timestamp() if document.published else math.nan


def _standard(values: Sequence[float]) -> list[float]:
    """Return values in standard deviations from their mean; 0 for one that is unknown."""
    known = np.array(values, dtype=np.float64)
    if np.isnan(known).all():
        return [0.0] * len(values)
    spread = np.nanstd(known)
    away = (known - np.nanmean(known)) / (spread or 1.0)
    standard: list[float] = np.nan_to_num(away).round(6).tolist()
    return standard


def _attention(stories: Sequence[Story], bags: Mapping[str, Bag]) -> list[float]:
    """Return how much the other reports of a day speak of the rarest words of each headline.

    The mean over the three words with most of it: ln(1 + other reports that have it in headline or
    lead) times its rarity among all news.
    """
    openings = {
        document.id: frozenset(_stems(bags[document.id], rows=(0, 2)))
        for story in stories
        for document in story.documents
    }
    holders = Counter(stem for opening in openings.values() for stem in opening)
    rarity = dict(zip(holders, rarity_in_general([*holders]).tolist(), strict=True))
    found = []
    for story in stories:
        own = Counter(stem for document in story.documents for stem in openings[document.id])
        heard = sorted(
            math.log1p(holders[stem] - own[stem]) * rarity[stem]
            for stem in _stems(bags[story.documents[0].id], rows=(0,))
        )
        found.append(math.fsum(heard[-_RAREST:]) / _RAREST)
    return found


def _stems(bag: Bag, *, rows: Sequence[int]) -> list[str]:
    """Return the stems of a report that stand in its headline (0), its text (1) or its lead (2)."""
    stand: npt.NDArray[np.bool_] = bag.counts[list(rows)].any(axis=0)
    return [stem for stem, its in zip(bag.stems.split(), stand.tolist(), strict=True) if its]


def is_routine(document: Document) -> bool:
    """Tell whether a report is a notice of one listed company, a market report or a table.

    One that tells a record, such as the worst fall ever, is none.
    """
    title = document.title
    if _RECORD_WORDS.search(f"{title}\n{document.text[:_READ]}"):
        return False
    if _TICKER.search(title) or (_TRADED.search(title) and _STANDS.search(title)):
        return True
    words = _WORD.findall(document.text[:_READ])
    numbers = [word for word in words if word[0].isdigit()]
    return len(numbers) > _TABLE_SHARE * len(words)

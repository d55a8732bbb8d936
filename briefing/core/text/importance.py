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

from briefing.core.model import PARTIES, Document, Kind, Story
from briefing.core.text.likeness import Bag, rarity_in_general
from briefing.core.text.places import states
from briefing.core.text.words import stem

#: Characters of the most central report that are read, below its headline, and those of its lead:
#: the states that background and lists name have no part in the event.
_READ, _LEAD = 1_500, 500
#: The weight of each term; made again by ``briefing train importance``, with figures for days that
#: a model has not seen (docs/decisions/0017-importance.md).
WEIGHTS: Final[Mapping[str, float]] = {
    "base": -2.49,
    "section": 0.67,
    "publishers": 1.08,
    "states": 1.42,
    "headline": 0.55,
    "powers": 0.77,
    "deed": 1.11,
    "question": -1.59,
    "attention": 0.06,
    "latest": 0.47,
    "notice": -3.02,
    "analysis": -0.72,
    "feature": -3.18,
}
#: The share of printed sections counts between these: how sure the classifier is beyond them says
#: nothing of importance.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.9
#: States, those of a headline, and holders of power beyond which more tell nothing further.
_MOST_STATES, _MOST_IN_HEADLINE, _MOST_POWERS = 4, 3, 2
#: What further reports count beside publishers: a wire that comes back to an event twenty times
#: weighs as much as two and a half publishers.
_AGAIN = 0.5
#: Rarest words of a headline in which the attention of a day is counted.
_RAREST = 3

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
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Verbs and nouns of deeds, as stems: what was done, decided or ended, not said.
DEEDS = frozenset(
    map(
        stem,
        "agreed agreement approves arrest attack ban blast bomb cancels ceasefire collapse coup "
        "crash cut deal declares default deploys designates dead dies elects ended evacuates "
        "expels explosion fire freezes imposes invades killed launches lifts nationalises occupies "
        "offensive order ousts pact quits raid ratifies rejects resigns sanctions seizes sentenced "
        "shells shoots shot shut signs strike suspends targets tariffs test test-fire treaty veto "
        "wins withdraws withdrawal".split(),
    )
)
_QUESTION = re.compile(
    r"\?|^\W*(?:what|how|why|who|when|where)\b|\b(?:can|could|may|might)\b", re.IGNORECASE
)

#: A headline of what is yet to come.
AHEAD = re.compile(
    r"\b(?i:set|due|expected|poised|about|ready|under pressure) (?i:to|over)\b"
    r"|^(?:[A-Z][\w’'-]* ){1,3}to (?i:ask|decide|discuss|hold|meet|press|seek|urge|visit|vote)\b"
)


def terms(
    stories: Sequence[Story],
    shares: Sequence[float],
    *,
    bags: Mapping[str, Bag],
    kinds: Mapping[str, Kind],
) -> tuple[Mapping[str, float], ...]:
    """Return what is known of the importance of each story of a day, by the name of the term.

    section: log-odds of a printed section. publishers: the logarithm of their number and, less, of
    the reports; a party that repeats itself is no second report. states, headline: the logarithm of
    1 and the number of states that the most central report names in its lead, and in its
    headline; powers: how many of those who govern it names. deed, question: 1 if the headline tells
    a deed, and if it asks or guesses. attention: how much the other reports of the day speak of
    what the headline names; latest: how late in the day it was published; both in standard
    deviations of the day's stories. And its
    kind: 1.

    Args:
        stories: of the day.
        shares: probability that each belongs to a printed section.
        bags: the words of each report, by its id.
        kinds: what kind of text each report is, by its id.
    """
    attention = _standard(_attention(stories, bags))
    latest = _standard([_published(story.documents[0]) for story in stories])
    return tuple(
        {
            "section": _log_odds(min(_MOST_SHARE, max(_LEAST_SHARE, share))),
            "publishers": math.log(
                story.publishers + (0.0 if kind in PARTIES else _AGAIN * math.log(story.reports))
            ),
            **_of_report(story.documents[0]),
            "attention": attention[place],
            "latest": latest[place],
            str(kind): 1.0,
        }
        for place, (story, share) in enumerate(zip(stories, shares, strict=True))
        for kind in [kinds[story.documents[0].id]]
    )


def factors(values: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of each term on the odds that an editor would tell a story; 1 is left out.

    Their product is the odds.
    """
    weighed = {"base": 1.0, **values}
    factor = {name: math.exp(WEIGHTS.get(name, 0.0) * value) for name, value in weighed.items()}
    return {name: round(value, 3) for name, value in factor.items() if round(value, 3) != 1.0}


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def _of_report(document: Document) -> dict[str, float]:
    """Return the terms of a report alone."""
    title, text = document.title, document.text
    lead, opening = (f"{title}\n{text[:length]}" for length in (_LEAD, _READ))
    powers = {match.group().lower() for match in _POWERS.finditer(opening)}
    return {
        "states": math.log1p(min(_MOST_STATES, len(states(lead)))),
        "headline": math.log1p(min(_MOST_IN_HEADLINE, len(states(title)))),
        "powers": float(min(_MOST_POWERS, len(powers))),
        "deed": float(not DEEDS.isdisjoint(map(stem, _WORD.findall(title.lower())))),
        "question": float(bool(_QUESTION.search(title))),
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
    counts = bag.counts[list(rows)].sum(axis=0).tolist()
    return [stem for stem, count in zip(bag.stems.split(), counts, strict=True) if count]

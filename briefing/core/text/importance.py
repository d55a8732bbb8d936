"""Tells what makes a story matter, or not, beyond its section and how many publishers report it.

Each cue is a factor of the story's weight, above 1 where it lifts and below where it lowers.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from briefing.core.model import Document, Story
from briefing.core.text.deaths import deaths
from briefing.core.text.kind import is_routine
from briefing.core.text.places import PLACES
from briefing.core.text.style import opinion_of
from briefing.core.text.words import content_stems

#: Characters of the most central report that are read, below its headline.
_READ = 1_500
#: The factors; chosen by hand and fixed once (docs/decisions/0017-importance.md).
_OPINION, _ROUTINE = 0.6, 0.35
_RECORD, _SUM, _STATES = 1.2, 1.2, 1.1
_POWER, _MOST_POWERS = 0.1, 2
_DEATHS, _MOST_DEATHS = 0.1, 1.4
_BURST, _MOST_BURST = 0.1, 1.3
#: A sum is unusual from this many times the day's median, which needs this many stories with one.
_UNUSUAL, _FEWEST_SUMS = 20.0, 8
#: Past headlines below which nothing can be said of what is usual.
_FEWEST_PAST = 200

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
#: In the currencies whose billions are alike; a billion yen or lire says little.
_SUM_OF_MONEY = re.compile(
    r"(?P<sign>[$€£])?(?<![\d.,])(?P<value>\d{1,6}(?:,\d{3}){0,3}(?:\.\d{1,3})?)[ -]?"
    r"(?P<unit>million|mln|billion|bn|trillion|tn)\b"
    r"(?P<name> (?:dlrs?|dollars|euros|pounds|stg)\b)?",
    re.IGNORECASE,
)
_UNITS: Final = {"m": 1e6, "b": 1e9, "t": 1e12}
_WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*")


def cues(
    stories: Sequence[Story], *, past: Sequence[str] = (), opinions: Sequence[float] | None = None
) -> tuple[Mapping[str, float], ...]:
    """Return the factors that apply to each story, by name; none where nothing speaks of it.

    opinion: by style, 0.6 where that is certain. routine: 0.35 for notices of one listed company,
    market reports and tables, unless they tell a record. record, deaths (not those of the
    background), powers (who governs), states (two or more), sum (unusual for the day): up to 1.4.
    burst: up to 1.3 where the words of the headline are much commoner today than in the past.

    Args:
        stories: of the day.
        past: headlines of the weeks before; with fewer than 200 there is no burst.
        opinions: how likely each story is opinion by style, where that is known.
    """
    if opinions is None:
        opinions = [opinion_of(story.documents) for story in stories]
    openings = [_opening(story.documents[0]) for story in stories]
    unusual = _unusual([_largest_sum(opening) for opening in openings])
    bursts = _bursts(stories, past)
    return tuple(
        {name: factor for name, factor in found.items() if factor != 1.0}
        for story, opinion, opening, large, burst in zip(
            stories, opinions, openings, unusual, bursts, strict=True
        )
        for found in [_factors(story, opening, opinion=opinion, unusual=large, burst=burst)]
    )


def _factors(
    story: Story, opening: str, *, opinion: float, unusual: bool, burst: float
) -> dict[str, float]:
    record = bool(_RECORD_WORDS.search(opening))
    dead = deaths(story.documents[0])
    return {
        "opinion": round(1 - (1 - _OPINION) * opinion, 3),
        "routine": _ROUTINE if not record and is_routine(story.documents[0]) else 1.0,
        "record": _RECORD if record else 1.0,
        "deaths": round(min(_MOST_DEATHS, 1 + _DEATHS * math.log10(1 + dead)), 3),
        "powers": 1 + _POWER * min(_MOST_POWERS, _count(_POWERS.finditer(opening))),
        "states": _STATES if len(PLACES.intersection(_WORD.findall(opening))) > 1 else 1.0,
        "sum": _SUM if unusual else 1.0,
        "burst": round(burst, 3),
    }


def _opening(document: Document) -> str:
    return f"{document.title}\n{document.text[:_READ]}"


def _count(matches: Iterable[re.Match[str]]) -> int:
    return len({match.group().lower() for match in matches})


def _largest_sum(opening: str) -> float:
    return max(map(_sum, _SUM_OF_MONEY.finditer(opening)), default=0.0)


def _sum(match: re.Match[str]) -> float:
    if not match["sign"] and not match["name"]:
        return 0.0
    return float(match["value"].replace(",", "")) * _UNITS[match["unit"][0].lower()]


def _unusual(sums: Sequence[float]) -> list[bool]:
    told = sorted(value for value in sums if value)
    if len(told) < _FEWEST_SUMS:
        return [False] * len(sums)
    usual = told[len(told) // 2]
    return [value >= _UNUSUAL * usual for value in sums]


def _bursts(stories: Sequence[Story], past: Sequence[str]) -> list[float]:
    """Return for each story how much commoner the two rarest risen words of its headline are today.

    References:
        Swan, R. and Allan, J. (1999), Extracting significant time varying features from text,
        CIKM; here the ratio of two shares, each with one headline added.
    """
    if len(past) < _FEWEST_PAST:
        return [1.0] * len(stories)
    before = Counter(stem for title in past for stem in set(content_stems(title)))
    reports = [document.title for story in stories for document in story.documents]
    today = Counter(stem for title in reports for stem in set(content_stems(title)))

    def rise(stem: str) -> float:
        share, usual = today[stem] / len(reports), (before[stem] + 1) / (len(past) + 1)
        return math.log2(share / usual) if today[stem] > 1 else 0.0

    bursts = []
    for story in stories:
        rises = sorted(map(rise, set(content_stems(story.documents[0].title))), reverse=True)
        bursts.append(min(_MOST_BURST, 1 + _BURST * max(0.0, sum(rises[:2]) / 2)))
    return bursts

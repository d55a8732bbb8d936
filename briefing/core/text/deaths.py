"""Tells how many dead a report gives as its news, not as background."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from briefing.core.model import Document

#: Characters of the text that are read: where the headline tells of deaths, and where it does not.
#: A number further down is background more often than news (docs/decisions/0017-importance.md).
_READ, _LEAD = 1_500, 300
#: Characters of a headline that are read; no headline is longer.
_TITLE = 500

_NUMBER_WORDS: Final = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split(),
        2,
    )
} | {"dozens": 24, "scores": 40, "hundreds": 200, "thousands": 2_000}
#: A whole number, which is no age, part of a rate, sum or name ("23, killed", "8.4", "Covid-19").
_NUMBER = (
    rf"(?<![\w.,$€£-])(\d{{1,3}}(?:,\d{{3}}){{1,2}}|\d{{1,7}}|{'|'.join(_NUMBER_WORDS)})"
    r"(?![\w-]|[.,]\d)"
)
_DEATH = re.compile(
    rf"{_NUMBER} (?:[^\W\d][\w-]{{0,19}} ){{0,3}}?(?:killed|dead|died|deaths)\b"
    rf"|\bkill(?:ed|ing|s)? (?:at least |about |more than |some |nearly |up to )?{_NUMBER}"
    rf"|\bdeath toll (?:[\w-]{{1,20}} ){{0,6}}?{_NUMBER}",
    re.IGNORECASE,
)
_TELLS_OF_DEATHS = re.compile(
    r"\b(?:kill\w*|dead|deadl\w+|die[sd]?|dying|deaths?|toll|fatal\w*|slain|massacre\w*|bodies|"
    r"victims?)\b",
    re.IGNORECASE,
)
#: What stands before a number of dead in a clause that only says which event is meant: "the blast
#: that killed 12", "the war, which has killed …", "in which 12 people died", "that left 12 dead".
_WHO_KILLED = re.compile(
    r"\b(?:that|which|who)(?: (?:has|have|had|also|already|\w{1,20}ly)){0,3} $", re.IGNORECASE
)
_WHERE_DIED = re.compile(
    r"\b(?:(?:in|during|of|from|by|at) (?:which|whom)|where)\b[^,]*$"
    r"|\b(?:that|which|who) (?:\w{1,20} ){0,4}(?:left|leaves|claimed|claims)"
    r" (?:[\w-]{1,20} ){0,3}$",
    re.IGNORECASE,
)
#: "Thousands who died".
_WHO_DIED = re.compile(r" (?:who|that|which) ", re.IGNORECASE)
_LONG_AGO = re.compile(
    r"\b(?:last|previous) year\b|\b(?:years?|decades?|months) (?:ago|earlier|before)\b"
    r"|\bearlier this year\b|\banniversary\b|\bworld war\b"
    r"|\b(?:past|last) (?:\w{1,20} )?(?:years|decades?)\b"
    r"|\b(?:a|per|each|every) (?:year|day)\b|\b(?:annually|yearly)\b"
    r"|\bearlier (?:\w{1,20} ){0,2}(?:incident|attack|accident)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def deaths(document: Document) -> int:
    """Return the largest number of dead that a report gives as its news; 0 without any.

    A number is background in a relative clause, beside an earlier year, and below the lead of a
    report whose headline tells of no deaths.
    """
    title = document.title[:_TITLE]
    text = document.text[: _READ if _TELLS_OF_DEATHS.search(title) else _LEAD]
    year = document.published.year if document.published else None
    matches = chain.from_iterable(map(_DEATH.finditer, (title, *text.split("\n"))))
    return max((_number(one) for one in matches if not _is_background(one, year)), default=0)


def _number(match: re.Match[str]) -> int:
    text = next(filter(None, match.groups()))
    return _NUMBER_WORDS.get(text.lower()) or int(text.replace(",", ""))


def _is_background(match: re.Match[str], year: int | None) -> bool:
    start = match.string.rfind(". ", 0, match.start()) + 1
    before = match.string[start : match.start()]
    sentence = before + match.string[match.start() :].partition(". ")[0]
    kills = match.group().lower().startswith("kill")
    return bool(
        (_WHO_KILLED if kills else _WHERE_DIED).search(before)
        or _WHO_DIED.search(match.group())
        or _LONG_AGO.search(sentence)
        or any(year is None or int(found) < year for found in _YEAR.findall(sentence))
    )

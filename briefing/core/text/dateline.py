"""Skips the dateline (place, date, agency) of a report's first sentence."""

from __future__ import annotations

import re
from dataclasses import replace

from briefing.core.model import Sentence

#: Characters in which a dateline must end; the longest of a day's wire has 50.
_WITHIN = 90
_PLACE = r"[A-Z][A-Z.'’\- ]{1,40}[A-Z.](?:[,/] ?[A-Z][A-Za-z.'’\- ]{1,30}){0,2}"
_DATE = (
    r"(?:, ?)?(?:(?:Jan|Feb|March|April|May|June|July|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d{1,2}"
    r"|\d{1,2} (?:Jan|Feb|March|April|May|June|July|Aug|Sept?|Oct|Nov|Dec)[a-z]*)?"
)
_AGENCY = r"(?:[A-Z][\w.&'’]*(?: [A-Z&][\w.&'’]*){0,3})"
#: "TANGIER, March 11 (Halyard) - ", "CHENNAI: ", "(Reuters) - ", "GENEVA — ".
_DATELINE = re.compile(
    rf"(?:{_PLACE}{_DATE} ?(?:\({_AGENCY}\))?|\({_AGENCY}\)) ?(?:[-–—]{{1,2}}|:) ?"
    r"(?=[A-Z“\"‘'\d$€£])"
)


def skip_dateline(sentence: Sentence) -> Sentence:
    """Return a sentence without the dateline before it; what is left is still an exact slice.

    Only the first two sentences of a document can have one (the first may be a byline).
    """
    if sentence.index > 1:
        return sentence
    match = _DATELINE.match(sentence.text[:_WITHIN])
    if match is None:
        return sentence
    cut = match.end()
    return replace(sentence, start=sentence.start + cut, text=sentence.text[cut:])

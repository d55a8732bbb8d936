"""Tells how well a sentence opens a brief: by the event that the headlines of its story share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from briefing.core.model import Document, Sentence
from briefing.core.text.cues import cues, stems

#: What a sentence without a word of the event is worth as the first, beside one with all that any
#: sentence has.
_ELSEWHERE = 0.8
#: The same for a reaction, for somebody's words, for what is told as past, for what turns against
#: something else, and for what a definite noun opens that no headline has.
_REACTION, _QUOTED, _STALE, _TURN, _POINTING = 0.7, 0.7, 0.7, 0.85, 0.8
#: What each day counts by which a report is older than the newest of its story.
_AGE = 0.25
_DAY = 86_400
#: Characters in which a sentence says what it is about.
_SUBJECT = 70

#: It adds to something: only below that does it read well.
_ADDS = re.compile(
    r"(?<!but )\b(?:also(?! known| called)|as well(?! as)|in turn|likewise)\b|, too[,.]"
)
_REACTS = re.compile(
    r"\b(?:condemn|critici[sz]|blast|slam|prais|hail|welcom|denounc|dismiss|defend|accus|urg|"
    r"react|respond|warn|vow|mock|lash|applaud|laud|scoff|complain|ridicul|fum|rip|bash)"
    r"(?:s|es|d|ed|ing|ped|ping)?\b"
)
_PAST = re.compile(
    r"\b(?:[Ll]ast (?:week|month|year|spring|summer|fall|autumn|winter|[JFMASOND][a-z]{2,8})|"
    r"(?:days|weeks|months|years|decades) (?:ago|earlier)|[Aa] (?:week|month|year|decade) ago|"
    r"[Ee]arlier this (?:month|year))\b"
)
_NOW = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?i:today|tonight|now)\b")
_TURNS = re.compile(
    r"(?:Because|If|While|Although|Though|Despite|Even|Unlike|Whereas|Apart from|Aside from|"
    r"Beyond|Before|Until|Once|Long|For (?:years|months|decades|weeks))\b"
)


def opening(
    documents: Sequence[Document], sentences: Sequence[Sentence]
) -> Callable[[Sentence], float]:
    """Return what tells how well a sentence of a story opens its brief, 0 to 1; 0: not at all.

    Args:
        documents: the reports of the story.
        sentences: those that may be printed.
    """
    event = event_of([document.title for document in documents])
    titled = frozenset().union(*(stems(document.title) for document in documents))
    most = max((_told(event, one) for one in sentences), default=0)
    times = {one.id: one.published.timestamp() for one in documents if one.published is not None}
    newest = max(times.values(), default=0.0)

    def opens(sentence: Sentence) -> float:
        text, own = sentence.text, cues(sentence.text)
        if sentence.index and _ADDS.search(text):
            return 0.0
        worth = 1 - (1 - _ELSEWHERE) * (1 - _told(event, sentence) / most) if most else 1.0
        reacts = _REACTS.search(text, 0, _SUBJECT)
        if reacts and event.keys().isdisjoint(stems(reacts.group())):
            worth *= _REACTION
        if own.flags["quotation"]:
            worth *= _QUOTED
        if _PAST.search(text) and not _NOW.search(text):
            worth *= _STALE
        if _TURNS.match(text):
            worth *= _TURN
        if own.opening and titled.isdisjoint(own.opening):
            worth *= _POINTING
        age = (newest - times.get(sentence.document, newest)) / _DAY
        return worth / (1 + _AGE * age)

    return opens


def event_of(titles: Iterable[str]) -> dict[str, int]:
    """Return the stems of what headlines tell, with the number of headlines that have each.

    Those that two or more share, or all of them where they share less than two.
    """
    counted = Counter(stem for title in titles for stem in sorted(stems(title)))
    shared = {stem: count for stem, count in counted.items() if count > 1}
    return shared if len(shared) > 1 else dict(counted)


def _told(event: Mapping[str, int], sentence: Sentence) -> int:
    return sum(event[stem] for stem in stems(sentence.text) if stem in event)

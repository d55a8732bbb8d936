"""Finds the most telling numbers, each with the clause that says what it measures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from briefing.core.model import Figure, Sentence
from briefing.core.text.finders.clauses import (
    LONGEST,
    VERB,
    Cast,
    Scored,
    best_of,
    cut,
    listed,
    prominence,
    quoted,
    spans,
    stands_alone,
)

#: Characters of the clause: about three lines of 39 mm in 8.5 pt.
SHORTEST_CLAUSE, LONGEST_CLAUSE = 20, 110

#: Characters of the numeral, one line of 39 mm in 19 pt, and of a part of it without a space.
LONGEST_NUMERAL, LONGEST_UNBROKEN = 15, 12

_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,9})(?:\.\d{1,4})?"
_SCALE = r"(?:million|billion|trillion|mln|bln|bn|mn|tn|trn|thousand|m|k|b)\b"
_EDGE = r"(?<![\w.,/$€£¥₩₹–-])"
_STOP = r"(?![\w/–-])"

_MONEY = re.compile(
    rf"(?<![\w])(?P<money>(?:US|A|C|NZ|HK|S)?[$€£¥₩₹] ?{_NUMBER}(?: ?{_SCALE})?){_STOP}(?![.,]\d)"
    rf"|{_EDGE}(?P<named>{_NUMBER}(?: {_SCALE})?)"
    r" (?P<coin>dollars?|euros?|pounds?|yen|yuan|won|rupees?|roubles?|rubles?|francs?|dlrs?|marks?|"
    r"stg)\b"
)
_PERCENT = re.compile(
    rf"{_EDGE}(?P<percent>{_NUMBER}(?: ?%|[ -](?:per cent|percent|pct)\b))(?!-)"
    rf"|{_EDGE}(?P<points>{_NUMBER} (?:basis|percentage) points)\b"
)
#: "4,812 points" of an index, and only where one is spoken of: games and polls have points too.
_INDEX = re.compile(rf"{_EDGE}(?P<index>{_NUMBER} points)\b")
_INDEXED = re.compile(
    r"\b(?:index|indices|indexes|industrial average|composite|bourse|stocks|stock exchange)\b",
    re.IGNORECASE,
)
_VOTES = re.compile(rf"{_EDGE}(?P<votes>\d{{1,3}}(?:-|–| to )\d{{1,3}}){_STOP}(?!\.\d| ?%)")
_VOTING = re.compile(
    r"\b(?:vot(?:e|ed|es|ing)|ballot|resolution|ruled|ruling|passed|senate|parliament|council)\b",
    re.IGNORECASE,
)
#: What stands in a vote's place in other news: scores, odds, ages, hours.
_CONTEST = re.compile(
    r"\b(?:points?|game|match|goals?|season|innings?|score[ds]?|odds|years?|age[ds]?|percent|"
    r"per cent|a\.m|p\.m|hours?|days?|months?|range|rang\w+|between|poll\w*|lead\w*)\b"
)
_COUNT = re.compile(
    rf"{_EDGE}(?P<count>(?:\d{{1,3}}(?:,\d{{3}}){{1,4}}|\d{{1,9}}(?:\.\d{{1,4}})? {_SCALE}))"
    r" (?P<unit>(?!dollars|euros|pounds|yen|yuan|won|dlrs|stg|marks)[a-z][a-z’'-]+)"
    rf"|{_EDGE}(?P<people>[1-9]\d{{1,2}}) (?P<whom>people|soldiers|civilians|troops|"
    r"migrants|refugees|passengers|workers|police officers|officers|prisoners|hostages|"
    r"protesters)\b"
)
#: Lengths of time, distances and word classes that make no count.
_NO_UNIT = listed(
    "years year days day hours hour minutes seconds months weeks decades times time miles mile "
    "feet foot meters metres words pages percent pct per and or to in of at on by for from with "
    "as a the more less fewer other than after before who that which ago if but points votes shrs "
    "shares followers views copies"
)
_WEIGHT = re.compile(r"\bweigh")
#: Figures that others are held against.
_SECOND = re.compile(
    r"(?:\b(?:from|against|than|versus|vs|with|compared (?:to|with)|between|not|"
    r"only|over|rate of|past)|\(|\d(?: to| or| and|-|–)) (?:about |nearly |the |a |around )?$",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"\b(?:rose|fell|grew|climbed|dropped|declined|increased|decreased|slid|jumped|gained|"
    r"totall?ed|reached|hit|stood|slowed|shrank|expanded|raised|cut|sold|bought|cost|costs|worth|"
    r"voted|passed|approved|rejected|killed|injured|wounded|displaced|fled|exported|imported|"
    r"produced|spent|paid|invest\w*|fined|deployed|sent|arrested|detained|surged|unchanged|"
    r"accounts? for|made up|up|down|budget|deficit|surplus|inflation|unemployment|growth|exports|"
    r"imports)\b"
)
_MOVE = r"(?:rise|fall|gain|drop|decline|increase|decrease|loss|jump)"
#: Which way a number moved.
_DIRECTION = re.compile(
    r"\b(?:rose|fell|grew|shrank|sank|slid|lost|up|down|higher|lower|more|less|fewer|cut|raised|"
    r"(?:climb|jump|gain|surg|soar|advanc|increas|dropp|declin|decreas|plung|tumbl|slump|slipp|eas|"
    r"slow|doubl|tripl|halv|expand|contract)(?:e?d|ing)|"
    rf"(?:an?|the|its|their) (?:[\w-]+ )?{_MOVE})\b"
)
#: Words under which a direction is not one that was taken: "did not rise", "may fall".
_UNMOVED = re.compile(
    r"\b(?:not|no|never|without|will|would|may|might|could|should|if|expect\w*|forecast)\b",
    re.IGNORECASE,
)
#: Verbs that say nothing else of a number: money is raised, taxes are cut, a firm has a loss.
_UP = re.compile(
    r"\b(?:rose|grew|(?:climb|jump|gain|surg|soar|increas|doubl|tripl)(?:e?d|ing)|"
    r"up (?:by )?[^\w\s]?\d)"
)
_DOWN = re.compile(
    r"\b(?:fell|shrank|slid|(?:dropp|declin|decreas|plung|tumbl|slump|halv)(?:e?d|ing)|"
    r"down (?:by )?[^\w\s]?\d)"
)
#: Behind the clause, the direction that would be cut off: "…, down from", "…, a rise of".
_DIRECTION_NEXT = re.compile(rf",? (?:up|down|higher|lower|an? (?:[\w-]+ )?{_MOVE})\b")
_HEDGE = re.compile(
    r"\b(?:if|could|(?-i:may)|might|would|should|alleg\w+|claim\w*|potential\w*|hypothetical\w*|"
    r"imagine)\b",
    re.IGNORECASE,
)
#: Words that refer to earlier text.
_LOOSE = re.compile(
    r"\b(?:also|again|instead|too|such|another|previously|originally|those|these)\b"
)
_PLURAL = re.compile(r"s$|^(?:people|staff|personnel|men|women|children|police|sheep|cattle)$")
#: Talk of the trading floor: prices of the hour, not of the day.
_FLOOR = re.compile(
    r"\b(?:brokers|dealers|traders|futures|trading|turnover|bid|offered|basis|opened)\b",
    re.IGNORECASE,
)
#: A numeral that qualifies a noun ("48 pct protein meal") or stands in a phrase that leads in.
_ASIDE = re.compile(r"^(?:Following|After|Despite|With|Amid|During|Since|Besides)\b[^,]*$")
_QUALIFIES = re.compile(
    r" (?!of|in|to|from|on|for|more|less|higher|lower|up|down|or|and|as|by|at|this|last|over|"
    r"a|an|per|the|between|during|against|year|rise|increase|decline|drop|fall|cut|stake|share|"
    r"tariffs?|tax|levy|duty|after|while|but|below|above|since|under|voted|said|growth|chance)[a-z]"
)
_YEAR = re.compile(r"\b(?:in|since|from|of|until) (?:19|20)\d\d\b")

_PERCENTS = ("%", "pct", "percent", "per cent")
#: What every numeral has, which is found sooner.
_DIGIT = re.compile(r"\d")
#: Kind, start and end of a numeral.
_Numeral = tuple[str, int, int]

#: Importance of each kind: votes are rare and decide something.
_KINDS = {
    "votes": 1.0,
    **dict.fromkeys(("percent", "points", "index", "money"), 0.9),
    **dict.fromkeys(("named", "count", "people"), 0.85),
}


def find(
    sentences: Sequence[Sentence], *, cast: Cast, limit: int = 6
) -> tuple[Scored[Figure], ...]:
    """Find the figures of one story, best first, at most one a sentence and one a numeral.

    The clause contains the numeral at its start, at its end or within. The page
    prints the numeral alone and the clause below it whole; only where
    ``clause.start == numeral.start`` may the press print the rest of the clause alone. Numerals
    inside quotation marks are left out. Equal quality: the order of the sentences decides.
    """
    numerals = [(sentence, tuple(_numerals(sentence.text))) for sentence in sentences]
    pairs = dict.fromkeys(
        (sentence.text[start:end], sentence.document)
        for sentence, own in numerals
        for _, start, end in own
    )
    witnesses = Counter(numeral for numeral, _ in pairs)
    candidates = (
        best
        for sentence, own in numerals
        if (best := _find_best(sentence, own, cast=cast, witnesses=witnesses)) is not None
    )
    return best_of(candidates, by=lambda figure: figure.numeral.text, limit=limit)


def direction(clause: str) -> str:
    """Return "up" or "down" where a clause says that something moved so; else nothing.

    Nothing too where it says both, or what might be or is not.
    """
    moves = {name for name, words in (("up", _UP), ("down", _DOWN)) if words.search(clause)}
    return moves.pop() if len(moves) == 1 and not _UNMOVED.search(clause) else ""


def _numerals(text: str) -> Iterator[_Numeral]:
    """Yield each numeral outside quotation marks."""
    if len(text) > LONGEST or not _DIGIT.search(text):
        return
    marks = quoted(text)
    for pattern in (_MONEY, _PERCENT, _INDEX, _VOTES, _COUNT):
        for match in pattern.finditer(text):
            if any(start <= match.start() < end for start, end in marks):
                continue
            kind = match.lastgroup or ""
            kind = {"unit": "count", "whom": "people", "coin": "named"}.get(kind, kind)
            if _counts(match, kind, text):
                yield (kind, *_measured(match, kind))


def _counts(match: re.Match[str], kind: str, text: str) -> bool:
    """Tell whether the numeral measures what its kind says."""
    if kind == "votes":
        return bool(_VOTING.search(text)) and not _CONTEST.search(text)
    if kind == "index":
        return bool(_INDEXED.search(text))
    if kind == "named" and _WEIGHT.search(text):
        return not match["coin"].startswith("pound")
    if kind == "count":
        unit = match.group("unit")
        return (
            unit not in _NO_UNIT and not VERB.match(unit) and not unit.endswith(("ed", "ing", "ly"))
        )
    return True


def _measured(match: re.Match[str], kind: str) -> tuple[int, int]:
    """Return the numeral with its unit; without it where one line cannot hold both."""
    start, end = match.span(kind)
    if kind == "count" and not _PLURAL.search(match["unit"]):
        return start, end
    if kind in ("count", "people", "named") and match.end() - start <= LONGEST_NUMERAL:
        return start, match.end()
    return start, end


def _find_best(
    sentence: Sentence, numerals: Sequence[_Numeral], *, cast: Cast, witnesses: Mapping[str, int]
) -> Scored[Figure] | None:
    candidates = []
    for place, (kind, start, end) in enumerate(numerals):
        span = _bound(sentence.text, start, end, cast=cast)
        numeral = sentence.text[start:end]
        fits = max(map(len, numeral.split())) <= LONGEST_UNBROKEN
        if span is None or not fits or len(numeral) > LONGEST_NUMERAL:
            continue
        figure = Figure(numeral=cut(sentence, start, end), clause=cut(sentence, *span))
        quality = _KINDS[kind] * _grade(figure, sentence, cast=cast, witnesses=witnesses)
        candidates.append((-quality, place, figure))
    if not candidates:
        return None
    quality, _, figure = min(candidates)[:3]
    return Scored(round(-quality, 4), figure)


def _bound(text: str, start: int, end: int, *, cast: Cast) -> tuple[int, int] | None:
    """Return the first clause of fit length that stands alone."""
    for first, stop in spans(text, start=start, end=end):
        clause = text[first:stop].strip()
        if _DIRECTION_NEXT.match(text, stop) and not _DIRECTION.search(clause):
            continue
        if SHORTEST_CLAUSE <= len(clause) <= LONGEST_CLAUSE and stands_alone(clause, cast=cast):
            return first, stop
    return None


def _grade(
    figure: Figure, sentence: Sentence, *, cast: Cast, witnesses: Mapping[str, int]
) -> float:
    """Weigh the content of the clause, its place and the number of documents with the numeral."""
    clause, numeral = figure.clause.text, figure.numeral
    before = clause[: numeral.start - figure.clause.start]
    grade = 0.5 + 0.5 * prominence(clause, cast=cast)
    grade *= 1.0 if _MEASURE.search(clause) or _DIRECTION.search(clause) else 0.7
    grade *= 0.5 if _SECOND.search(before) else 1.0
    grade *= 0.6 if _ASIDE.search(before) else 1.0
    grade *= 0.7 if _FLOOR.search(clause) else 1.0
    if numeral.text.endswith(_PERCENTS):
        grade *= 0.7 if _QUALIFIES.match(clause, len(before) + len(numeral.text)) else 1.0
    grade *= 0.5 if _HEDGE.search(clause) else 1.0
    grade *= 0.7 if _LOOSE.search(clause) else 1.0
    grade *= 0.8 if _YEAR.search(clause) else 1.0
    grade *= 1 / (1 + 0.02 * sentence.index)
    return min(1.0, grade * (1 + 0.1 * (witnesses[numeral.text] - 1)))

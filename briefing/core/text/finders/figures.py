"""Finds the most telling numbers, each with the clause that says what it measures."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from briefing.core.language import FigureCues, Language
from briefing.core.model import Figure, Sentence
from briefing.core.text.finders.clauses import (
    LONGEST,
    Cast,
    Scored,
    best_of,
    cut,
    prominence,
    quoted,
    spans,
    stands_alone,
)

#: Characters of the clause: about three lines of 39 mm in 8.5 pt.
SHORTEST_CLAUSE, LONGEST_CLAUSE = 20, 110

#: Most characters of a numeral, one line of 39 mm in 19 pt, and of a part of it without a space.
LONGEST_NUMERAL, LONGEST_UNBROKEN = 15, 12


#: Part of every numeral; faster to search for.
_DIGIT = re.compile(r"\d")
#: Kind, start and end of a numeral.
_Numeral = tuple[str, int, int]

#: Factor of each kind: votes are rare and decide something.
_KINDS = {
    "votes": 1.0,
    **dict.fromkeys(("percent", "points", "index", "money"), 0.9),
    **dict.fromkeys(("named", "count", "people"), 0.85),
}


def find(
    sentences: Sequence[Sentence], *, cast: Cast, limit: int = 6
) -> tuple[Scored[Figure], ...]:
    """Find the figures of one story, the best first, at most one per sentence and per numeral.

    The clause contains the numeral. The page prints the numeral alone and the whole clause below
    it; only if the clause starts with the numeral may the press print just the rest of it.
    Numerals in quotation marks are left out. Equal quality: the order of the sentences.
    """
    numerals = [
        (sentence, tuple(_numerals(sentence.text, cast.language))) for sentence in sentences
    ]
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


def direction(clause: str, *, words: FigureCues) -> str:
    """Return "up" or "down" if a clause surely says that and not the opposite, else ""."""
    ways = (("up", words.up), ("down", words.down))
    moves = {name for name, pattern in ways if pattern.search(clause)}
    return moves.pop() if len(moves) == 1 and not words.unmoved.search(clause) else ""


def _numerals(text: str, language: Language) -> Iterator[_Numeral]:
    """Yield each numeral outside quotation marks, kind by kind."""
    if len(text) > LONGEST or not _DIGIT.search(text):
        return
    marks = quoted(text)
    words = language.figures
    for pattern in (words.money, words.percent, words.index, words.votes, words.count):
        for match in pattern.finditer(text):
            if any(start <= match.start() < end for start, end in marks):
                continue
            kind = match.lastgroup or ""
            kind = {"unit": "count", "whom": "people", "coin": "named"}.get(kind, kind)
            if _counts(match, kind, text, language):
                yield (kind, *_measured(match, kind, words))


def _counts(match: re.Match[str], kind: str, text: str, language: Language) -> bool:
    """Tell whether the numeral is truly of its kind."""
    words = language.figures
    if kind == "votes":
        return bool(words.voting.search(text)) and not words.contest.search(text)
    if kind == "index":
        return bool(words.indexed.search(text))
    if kind == "named" and words.weight.search(text):
        return not words.weighed.match(match["coin"])
    if kind == "count":
        unit = match.group("unit")
        return (
            unit not in words.no_unit
            and not language.clauses.verb.match(unit)
            and not unit.endswith(words.verbal)
        )
    return True


def _measured(match: re.Match[str], kind: str, words: FigureCues) -> tuple[int, int]:
    """Return the span of a numeral with its unit, or without it if both do not fit on a line."""
    start, end = match.span(kind)
    if kind == "count" and not words.plural.search(match["unit"]):
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
    """Return the span of the first clause of suitable length that can stand alone."""
    words, clauses = cast.language.figures, cast.language.clauses
    for first, stop in spans(
        text, start=start, end=end, words=clauses, sources=clauses.institution
    ):
        clause = text[first:stop].strip()
        if words.direction_next.match(text, stop) and not words.direction.search(clause):
            continue
        if SHORTEST_CLAUSE <= len(clause) <= LONGEST_CLAUSE and stands_alone(clause, cast=cast):
            return first, stop
    return None


def _grade(
    figure: Figure, sentence: Sentence, *, cast: Cast, witnesses: Mapping[str, int]
) -> float:
    """Rate a figure by its clause, its position and the number of documents with the numeral."""
    clause, numeral, words = figure.clause.text, figure.numeral, cast.language.figures
    before = clause[: numeral.start - figure.clause.start]
    grade = 0.5 + 0.5 * prominence(clause, cast=cast)
    grade *= 1.0 if words.measure.search(clause) or words.direction.search(clause) else 0.7
    grade *= 0.5 if words.second.search(before) else 1.0
    grade *= 0.6 if words.aside.search(before) else 1.0
    grade *= 0.7 if words.floor.search(clause) else 1.0
    if numeral.text.endswith(words.percents):
        grade *= 0.7 if words.qualifies.match(clause, len(before) + len(numeral.text)) else 1.0
    grade *= 0.5 if words.hedge.search(clause) else 1.0
    grade *= 0.7 if words.loose.search(clause) else 1.0
    grade *= 0.8 if words.year.search(clause) else 1.0
    grade *= 1 / (1 + 0.02 * sentence.index)
    return min(1.0, grade * (1 + 0.1 * (witnesses[numeral.text] - 1)))

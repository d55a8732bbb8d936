"""Extracts the facts of a sentence: numbers, units, names, negation, doubt, attribution."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from briefing.core.frozen import frozen
from briefing.core.language import kept, spoken
from briefing.core.model import Document, Sentence
from briefing.core.text.words import stem

_DROPPED = dict.fromkeys(map(ord, ".-\u2010"))
#: A number with thousands separators, not with a decimal comma.
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SWAPPED = str.maketrans(",.", ".,")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
#: Most characters of a number that is parsed; longer ones are compared as text.
_LONGEST_NUMBER = 40
#: Share of capitalized words above which capitals are no sign of names, as in titles.
_CAPITALS = 0.7
#: Currency signs that precede their number.
_BEFORE = frozenset("$\u20ac\xa3\xa5\u20a9\u20b9")


@kept(1)
def numerals() -> Mapping[str, Decimal]:
    """Return the values of number words such as "seven"."""
    return {word: Decimal(value) for word, value in spoken().facts.numerals.items()}


@kept(1)
def multiples() -> Mapping[str, Decimal]:
    """Return the factors of words that multiply the number before them, such as "million"."""
    return {word: Decimal(value) for word, value in spoken().facts.multiples.items()}


@kept(1)
def _counting() -> frozenset[str]:
    """Return all words that may be part of a number or a unit."""
    words = spoken().facts
    counted = {*words.ordinals, *words.tens, *words.units, *numerals(), *multiples()}
    return frozenset({*counted, "per"})


class FactKind(StrEnum):
    """Kind of a fact."""

    NUMBER = "number"
    UNIT = "unit"
    NAME = "name"
    #: Negation, doubt, plan, quantity or time, which change the meaning of the sentence.
    TURN = "turn"
    #: Attribution.
    SAYING = "saying"
    WORD = "word"


@frozen
class Fact:
    """A word, or the words of one number, as compared between sentences."""

    #: Equal for all forms of the same fact.
    key: str
    kind: FactKind
    #: The word itself, folded, or the value of a number.
    form: str
    start: int
    end: int


class _Raw(NamedTuple):
    """A token as written."""

    text: str
    #: Name of the group in the pattern of tokens.
    kind: str
    start: int
    end: int
    #: The word, folded.
    form: str


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Return a word in lower case, without accents, points, hyphens and curly apostrophes."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.casefold()).replace("\u2019", "'")
        text = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return text.casefold().translate(_DROPPED)


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that are capitalized within sentences, and lower-case nowhere."""
    high: set[str] = set()
    low: set[str] = set()
    for text in texts:
        for match in spoken().facts.token.finditer(text):
            if match.lastgroup == "word":
                word = match[0]
                if word[0].islower():
                    low.add(fold(word))
                elif not _opens(text, match.start()):
                    high.add(_bare(fold(word)))
    return frozenset(high - low)


def facts_of(text: str, *, names: frozenset[str]) -> tuple[Fact, ...]:
    """Return the facts of a sentence in order, without function words.

    ``names``, from :func:`names_in` for the whole texts, identify names where capitals do not: at
    the start of a sentence and in titles.
    """
    raw = [
        _Raw(match[0], str(match.lastgroup), *match.span(), fold(match[0]))
        for match in spoken().facts.token.finditer(text)
    ]
    words = [
        token.text
        for token in raw
        if token.kind == "word" and token.form not in spoken().stop_words
    ]
    high = sum(word[0].isupper() for word in words[1:])
    return tuple(_facts(text, raw, names, title=high > _CAPITALS * max(1, len(words) - 1)))


def _facts(text: str, raw: Sequence[_Raw], names: frozenset[str], *, title: bool) -> Iterator[Fact]:
    place, waiting, counting = 0, None, _counting()
    while place < len(raw):
        token = raw[place]
        counts = token.kind != "word" or token.form in counting
        number, after = _number(raw, place) if counts else (None, place + 1)
        if number is not None:
            yield number
            if waiting is not None:
                yield waiting
                waiting = None
        elif token.text in _BEFORE and after < len(raw) and raw[after].kind == "number":
            waiting = Fact(
                spoken().facts.units[token.text], FactKind.UNIT, token.text, token.start, token.end
            )
        elif counts and (
            token.kind == "sign" or token.form in spoken().facts.units or _is_per_cent(raw, place)
        ):
            after = place + 1 + _is_per_cent(raw, place)
            key = spoken().facts.units[token.form] if after == place + 1 else "percent"
            yield Fact(key, FactKind.UNIT, key, token.start, raw[after - 1].end)
        else:
            short = not title and _is_short(token.text)
            capitals = short or not (title or _opens(text, token.start))
            follows = raw[after] if after < len(raw) else None
            yield from _word_facts(token, names, capitals=capitals, follows=follows)
        place = after


#: Ratio of two counts from which they agree: one may be rounded, or some hours older.
_SAME = Decimal("0.9")
#: Characters read of a text, before a noun to find its number, and of a noun to find it.
_READ, _BEFORE_NOUN, _FEW = 5_000, 30, 4


def contradicts(text: str, sentence: str) -> bool:
    """Tell whether a text contradicts a count in a sentence, as "13 dead" does "17 dead"."""
    text, counts = text[:_READ].lower(), _counts(sentence)
    for noun, (form, own) in counts.items():
        places = (match.start() for match in re.finditer(rf"\b{re.escape(form[:_FEW])}", text))
        around = (text[max(0, at - _BEFORE_NOUN) : at + len(form) + 1] for at in places)
        _, others = _counts(". ".join(around)).get(noun, ("", ()))
        if _differ(own, others):
            return True
    return False


def tolls_differ(text: str, sentence: str) -> bool:
    """Tell whether a text and a sentence state different numbers of dead."""
    own = tolls(sentence)
    return bool(own) and _differ(own, tolls(text))


def fewer_dead(
    sentences: Sequence[Sentence], reports: Mapping[str, Document]
) -> set[tuple[str, int, int]]:
    """Return the keys of a story's sentences with fewer dead than a later report states.

    Each number in the title of that report, or in one of its first two sentences, must be larger.
    """
    leads = [(name, report.title) for name, report in reports.items()]
    leads += [(each.document, each.text) for each in sentences if each.index < 2]
    newer = [(reports[name].published, min(own)) for name, text in leads if (own := tolls(text))]
    return {
        sentence.key
        for sentence in sentences
        if newer
        and (when := reports[sentence.document].published)
        and (own := tolls(sentence.text))
        and any(after and after > when and max(own) < _SAME * more for after, more in newer)
    }


def _differ(own: Sequence[Decimal], others: Sequence[Decimal]) -> bool:
    pairs = [sorted((mine, other)) for mine in own for other in others]
    return bool(pairs) and max(own) > 1 and all(less < _SAME * more for less, more in pairs)


@kept(16_384)
def tolls(text: str) -> tuple[Decimal, ...]:
    """Return the numbers of dead that the first 5,000 characters of a text state, in order."""
    known, text = spoken().facts, text[:_READ].lower()
    # Few texts have such a word, and the pattern is tried at every word.
    if not any(part in text for part in known.of_death):
        return ()
    matches = known.toll.finditer(text)
    words = ("".join(filter(None, match.groups())) for match in matches)
    facts = (fact for word in words for fact in facts_of(word, names=frozenset()))
    return tuple(
        Decimal(fact.key)
        for fact in facts
        if fact.kind is FactKind.NUMBER and _DECIMAL.fullmatch(fact.key)
    )


def _counts(text: str) -> Mapping[str, tuple[str, list[Decimal]]]:
    """Return the form of each counted noun and its numbers, by stem; units of time are left out."""
    counts: dict[str, tuple[str, list[Decimal]]] = {}
    for fact, noun in pairwise(facts_of(text, names=frozenset())):
        number = fact.kind is FactKind.NUMBER and _DECIMAL.fullmatch(fact.key)
        counted = noun.kind is FactKind.WORD and noun.key not in spoken().facts.spans
        if number and counted and not text[fact.end : noun.start].strip():
            counts.setdefault(noun.key, (noun.form, []))[1].append(Decimal(fact.key))
    return counts


def _opens(text: str, start: int) -> bool:
    """Tell whether a word opens a sentence or a quotation, where any word is capitalized."""
    before = text[max(0, start - 3) : start].rstrip(" \t\"'\u201c\u2018(\u2013\u2014-")
    return not before or before[-1] in ".!?:;\n\u201d\u2026"


def _is_per_cent(raw: Sequence[_Raw], place: int) -> bool:
    return [token.form for token in raw[place : place + 2]] == ["per", "cent"]


def _number(raw: Sequence[_Raw], place: int) -> tuple[Fact | None, int]:
    """Return the number in digits or words at a token, or None, and the index of the next token."""
    first = raw[place]
    ordinal = _ordinal(raw, place)
    if ordinal is not None:
        return ordinal, place + 1 + (ordinal.end != first.end)
    value = _value(first)
    if value is None:
        return None, place + 1
    if isinstance(value, str):
        return Fact(value, FactKind.NUMBER, value, first.start, first.end), place + 1
    after, whole, small, last = place, Decimal(0), Decimal(0), ""
    while after < len(raw) and (step := _step(raw, after, last=last, begun=after > place)):
        form, after = step
        if form in multiples():
            small = (small or Decimal(1)) * multiples()[form]
            if multiples()[form] > 100:  # "two million three hundred": the next part is added
                whole, small = whole + small, Decimal(0)
        else:
            number = _value(raw[after - 1])
            small += number if isinstance(number, Decimal) else 0
        last = form
    key = f"{(whole + small).normalize():f}"
    return Fact(key, FactKind.NUMBER, key, first.start, raw[after - 1].end), after


def _step(raw: Sequence[_Raw], place: int, *, last: str, begun: bool) -> tuple[str, int] | None:
    """Return the next part of a number and the index of the token after it; None at its end."""
    token = raw[place]
    form = token.form
    if begun and form in spoken().facts.again and place + 1 < len(raw) and last in multiples():
        token, place = raw[place + 1], place + 1
        form = token.form
        return (form, place + 1) if form in numerals() else None
    glued = begun and raw[place - 1].kind == "number" and raw[place - 1].end == token.start
    if form in multiples() and (len(form) > 2 or glued):
        return form, place + 1
    if not begun:
        return form, place + 1
    follows = form in numerals() and (
        last in multiples() or (last in spoken().facts.tens and numerals()[form] < Decimal(10))
    )
    return (form, place + 1) if follows else None


def _value(token: _Raw) -> Decimal | str | None:
    """Return the value of a token: None if it is no number, a string if it cannot be parsed."""
    if token.kind == "number":
        text = token.text.replace("\u2212", "-")
        if spoken().facts.decimal == ",":
            text = text.translate(_SWAPPED)
        plain = text.replace(",", "") if _THOUSANDS.fullmatch(text.lstrip("-")) else text
        if len(plain) > _LONGEST_NUMBER or not _DECIMAL.fullmatch(plain):
            return re.sub(r"(?<!\d)0+(?=\d)", "", plain)
        return Decimal(plain)
    if token.form in multiples() and len(token.form) > 2:
        return Decimal(1)
    return numerals().get(token.form)


def _ordinal(raw: Sequence[_Raw], place: int) -> Fact | None:
    """Return the ordinal at a token as a fact: "21st" for "21st" and "twenty-first"."""
    token = raw[place]
    if token.kind == "ordinal":
        key = token.text.lstrip("0").casefold()
        return Fact(key, FactKind.NUMBER, key, token.start, token.end)
    if token.form in spoken().facts.ordinals:
        return Fact(
            spoken().facts.ordinals[token.form], FactKind.NUMBER, token.form, token.start, token.end
        )
    after = raw[place + 1] if place + 1 < len(raw) else None
    if (
        after is not None
        and token.form in spoken().facts.tens
        and (unit := spoken().facts.ordinals.get(after.form, ""))[1:2].isalpha()
    ):
        key = f"{numerals()[token.form] + int(unit[0])}{unit[1:]}"
        return Fact(key, FactKind.NUMBER, key, token.start, after.end)
    return None


def _word_facts(
    token: _Raw, names: frozenset[str], *, capitals: bool, follows: _Raw | None
) -> Iterator[Fact]:
    """Yield the facts of a word: none for a function word, several for some contractions."""
    form = token.form
    ending = [form[:-3], "not"] if form.endswith("n't") else [_bare(form)]
    parts = spoken().facts.contracted.get(form, "").split() or ending
    for part in parts:
        fact = _word_fact(part, token, names, capitals=capitals and len(parts) == 1)
        counted = follows is not None and (follows.kind == "number" or follows.form in numerals())
        if counted and part in spoken().facts.approximate:
            fact = replace(fact, key=spoken().facts.approximate[part])
        if fact.key:
            yield fact


def _word_fact(part: str, token: _Raw, names: frozenset[str], *, capitals: bool) -> Fact:
    """Return the fact of a word; its key is empty for a function word."""
    high = token.text[0].isupper()
    calendar = spoken().calendar.months.get(part) or spoken().calendar.weekdays.get(part)
    if calendar and high:
        return Fact(calendar, FactKind.NAME, calendar, token.start, token.end)
    named = high and (
        part in names or (capitals and (part not in spoken().stop_words or _is_short(token.text)))
    )
    if not named and part in spoken().facts.turning:
        return Fact(spoken().facts.turning[part], FactKind.TURN, part, token.start, token.end)
    if not named and part in spoken().facts.saying:
        return Fact("say", FactKind.SAYING, part, token.start, token.end)
    if part in spoken().stop_words and not named:
        return Fact("", FactKind.WORD, part, token.start, token.end)
    key = spoken().facts.units.get(part) or stem(part)
    return Fact(key, FactKind.NAME if named else FactKind.WORD, part, token.start, token.end)


def _is_short(word: str) -> bool:
    """Tell whether a word is an abbreviation of two to five capitals, such as "WTO" or "US"."""
    return 1 < len(word.replace(".", "")) <= 5 and word.isupper() and word.isalpha()


def _bare(form: str) -> str:
    """Return a word without a genitive ending or a contracted "have", "are", "had" or "am"."""
    head, mark, tail = form.rpartition("'")
    return head if mark and tail in {"s", "ve", "re", "d", "m", ""} else form

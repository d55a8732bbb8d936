"""Reads what a sentence counts: a number, of what, by which verb, within which bound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from briefing.core.model import Sentence
from briefing.core.text.fact_words import ALIKE, UNITS
from briefing.core.text.facts import Fact, FactKind
from briefing.core.text.finders.clauses import cut, listed, quoted
from briefing.core.text.words import STOP_WORDS, stem


class Bound(StrEnum):
    """How a number is meant."""

    EXACT = "exact"
    #: About, nearly, an estimated: a little more or less.
    ABOUT = "about"
    LEAST = "least"
    OVER = "over"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Count:
    """One number of a sentence and what it counts."""

    sentence: Sentence
    #: Where the number with its unit is in the sentence.
    start: int
    end: int
    #: The part of the sentence without a clause of its own in which it is.
    part: tuple[int, int]
    value: Decimal
    bound: Bound
    #: By how much the number may be off by rounding; 0 for an exact small count.
    step: Decimal
    #: Stem of the verb; one stem for verbs that say the same of a number.
    verb: str
    #: Percent, a currency, a measure; empty for a plain count.
    unit: str
    #: Stem of the noun that is counted; may be empty with a unit.
    thing: str
    #: Stems of the words that narrow the noun.
    narrowed: frozenset[str]

    @property
    def numeral(self) -> Sentence:
        """The number with its unit, as a slice."""
        return cut(self.sentence, self.start, self.end)

    @property
    def key(self) -> tuple[str, str, str]:
        """What two counts of one thing have in common."""
        return self.verb, self.unit, "" if self.unit else self.thing


def _stems(groups: dict[str, str]) -> dict[str, str]:
    return {word: key for key, words in groups.items() for word in words.split()}


#: Verbs, by stem or as written, that say the same of a number.
_SAME = _stems(
    {
        "kill": "kill die dead death fatal slain perish",
        "hurt": "hurt injur wound",
        "miss": "miss unaccount",
        "rise": "rise rose risen climb grow grew increas gain jump surg soar",
        "fall": "fall fell fallen drop declin decreas slid slip plung tumbl slump shrank",
        "free": "free releas",
        "rescu": "rescu save",
        "cut": "cut reduc lower slash",
        "jail": "sentenc jail imprison",
        "pay": "pay paid",
        "buy": "buy bought purchas acquir",
        "lose": "lose lost",
        "send": "send sent deploy dispatch",
        "seiz": "seiz confisc impound",
        "kidnap": "kidnap abduct",
        "ship": "ship export",
        "flee": "flee fled",
        "build": "build built",
        "sell": "sell sold",
        "spend": "spend spent",
        "vote": "vote pass approv adopt back",
    }
)
#: Nouns for the same.
_ALIKE = _stems(
    {
        "person": "person peopl live",
        "soldier": "soldier troop",
        "worker": "worker employe staff",
        "house": "hous home",
    }
)
_AUXILIARY = listed("is are was were be been being has have had there carries carried")
_STRONG = listed(
    "rose fell grew built kept lent drew sold won lost cost costs fled shot hit hurt held stood "
    "made paid spent cut came sent took gave met set shrank bought led ran put saw struck pay "
    "withdrew stole wrote drove flew broke bore spoke chose "
    "kill kills killed injures wounds raises totals owes loses gains employs pays says"
)
_NOT_VERBS = listed(
    "during according including nothing something anything everything morning evening building "
    "buildings wedding meeting hundred red united armed wing king ring spring string need seed "
    "feed speed breed shed"
)
#: A part of a sentence ends before these.
_BREAK = re.compile(
    r"[;:()\u2014\u2013\"\u201c\u201d]| -- ?|,(?!\d)|(?<= )(?:and|but|or|while|as|after|when|where|"
    r"which|who|whose|that|because|since|before|until|amid|with|if|though|although|including)(?= )"
)
_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W\d_][\w\u2019'-]*|\d[\d.,]*")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b"
)
#: Before a number that counts nothing, or only a part of what is counted elsewhere.
_NOT_AFTER = re.compile(
    rf"(?:{_MONTH}\.?|#|[\d%] (?:to|or|and)|\b(?:between|from|than|versus|vs\.?|against|"
    r"compared (?:to|with)|no\.|number|chapter|article|section|aged?|route|highway|"
    r"flight|row|page|of the|another|other|additional|further|extra|first|last|next|past|previous|"
    r"final|only|every|each|remaining|all|these|those|his|her|its|their|some of))$",
    re.IGNORECASE,
)
#: Behind such a number.
_NOT_BEFORE = re.compile(
    rf"[\w\u2013/-]|[.,:]\d| ?(?:a\.?m\b|p\.?m\b|o[\u2019']clock)| {_MONTH}|"
    r"(?: to| or| and)? [$\u20ac\xa3]?\d| (?:\w+ )?(?:more|others?|additional|further|extra|fewer|"
    r"less|each|apiece|daily|among)\b|"
    r" (?:[\w%]+ ){0,3}?(?:per|a (?:day|week|month|year|barrel|share|person|gallon)|an hour|"
    r"every)\b"
)
#: Behind one that is a part of several, if it has no unit.
_PART_OF = re.compile(r" (?:of|out of) (?:the|them|those|whom|its|his|her|their|\d)")
#: A number with this right before it is a part of a word, range, score or hour.
_GLUED = re.compile(r"[\w\u2013/.,:-]\Z")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BOUND = re.compile(
    r"\b(?:(?P<least>at least|no (?:fewer|less) than)"
    r"|(?P<about>just (?:over|under)|slightly (?:more|less) than)"
    r"|(?P<over>(?:more|greater|higher) than|over|above|upwards? of|exceed(?:s|ed|ing)|well over)"
    r"|(?P<most>up to|as (?:many|much) as|(?:fewer|less) than|no more than|at most|under|below)"
    r"|(?P<around>about|around|some|roughly|approximately|nearly|almost|close to|(?:an )?estimated|"
    r"circa|nearing))(?: (?:an?|the))? ?\Z",
    re.IGNORECASE,
)
#: Characters before a number in which its bound is.
_NEAR = 40
_OR_MORE = re.compile(r"\+|(?: \w+)? or (?:more|so)\b|(?: \w+)? plus\b")
_TOLL = re.compile(
    r"\b(?:toll|number of (?:people )?(?:dead|deaths|killed|fatalities))\b[^,;]{0,90}"
    r"\b(?:to|at|of|reached|hit|is|was|stands?|topped|passed)$",
    re.IGNORECASE,
)
_DEAD = re.compile(
    r" (?:[\w\u2019'-]+ ){0,2}?(?:(?:(?:were|was|have been|had been|are|have|had) )?"
    r"(?:dead|deaths|fatalities|killed|died|slain|perished))\b"
)
_PEOPLE = frozenset({"kill", "hurt", "miss"})
#: Units of length and time, of which people leave out the half.
_MONEY = frozenset({"usd", "eur", "gbp", "yen", "won", "inr"})
_MEASURES = frozenset(UNITS.values()) - _MONEY - {"percent", "percentage", "basis", "cent"}
_ARTICLES = listed("the a an its their")
#: What is said of people without a verb of its own.
_STATES = listed("dead missing unaccounted")
_OF = re.compile(r" of ")
_PREPOSITIONS = listed(
    "of in on at by for from to into over under near off with without during since after before "
    "between among across within through against per than about around outside inside along aboard"
)
_VOTES = re.compile(
    r"(?<![\w.,/$\u20ac\xa3\u2013-])(\d{1,3}(?:,\d{3})?)(?: votes)?"
    r"(?:-|\u2013| to | votes against | against )(\d{1,3}(?:,\d{3})?)"
    r"(?![\w/\u2013%-]|[.,]\d)"
)
_VOTING = re.compile(
    r"\b(?:vot(?:e|ed|es|ing)|ballot|passed|approved|adopted|rejected|ratified)\b", re.IGNORECASE
)
_NO_VOTE = re.compile(
    r"\b(?:points?|game|match|goals?|season|score[ds]?|odds|years?|age[ds]?|percent|per cent|"
    r"hours?|days?|months?|range|between|poll\w*|lead\w*|record)\b",
    re.IGNORECASE,
)


def counts(sentence: Sentence, *, facts: Sequence[Fact]) -> tuple[Count, ...]:
    """Return what a sentence counts, in order; numbers within quotation marks are left out.

    Args:
        sentence: one sentence of bounded length.
        facts: its facts.
    """
    text = sentence.text
    marks, parts = quoted(text), _parts(text)
    votes = tuple(_votes(sentence, parts, marks))
    apart = (*marks, *((vote.start, vote.end) for vote in votes))
    found = (
        _count(sentence, facts, place, parts)
        for place, fact in enumerate(facts)
        if fact.kind is FactKind.NUMBER and not _is_within(fact.start, apart)
    )
    return (*votes, *(count for count in found if count is not None))


def alike(noun: str) -> str:
    """Return the stem of a noun, one for nouns that mean the same."""
    return _ALIKE.get(noun) or ALIKE.get(noun, noun)


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _parts(text: str) -> tuple[tuple[int, int], ...]:
    stops = [match.start() for match in _BREAK.finditer(text)]
    return tuple(zip([0, *stops], [*stops, len(text)], strict=True))


def _votes(
    sentence: Sentence, parts: Sequence[tuple[int, int]], marks: Sequence[tuple[int, int]]
) -> Iterator[Count]:
    text = sentence.text
    if not _VOTING.search(text) or _NO_VOTE.search(text):
        return
    for match in _VOTES.finditer(text):
        if not _is_within(match.start(), marks):
            for_, against = (int(votes.replace(",", "")) for votes in match.groups())
            high, low = max(for_, against), min(for_, against)
            part = _part(parts, match.start())
            value = Decimal(high) + Decimal(low) / 1_000_000
            yield Count(
                sentence, *match.span(), part, value, Bound.EXACT, Decimal(0),
                "vote", "votes", "", frozenset(),
            )  # fmt: skip


def _count(
    sentence: Sentence, facts: Sequence[Fact], place: int, parts: Sequence[tuple[int, int]]
) -> Count | None:
    text, fact = sentence.text, facts[place]
    if not _PLAIN_NUMBER.fullmatch(fact.key) or _YEAR.fullmatch(text[fact.start : fact.end]):
        return None
    unit, start, end = _unit(facts, place, text)
    bound, begins = _bound(text, start, end)
    part = _part(parts, begins)[0], _part(parts, fact.start)[1]
    before, after = text[part[0] : begins].rstrip(), text[end : part[1]]
    if _NOT_BEFORE.match(text, end) or _NOT_AFTER.search(before) or _GLUED.search(text, 0, start):
        return None
    if not unit and _PART_OF.match(after):
        return None
    thing, narrowed = _thing(after, unit)
    verb, thing = _verb(before, after, thing=thing)
    if verb in _PEOPLE and not unit and (not thing or _SAME.get(thing) == verb):
        thing = "person"
    if not verb or not (thing or unit):
        return None
    value = Decimal(fact.key)
    step = _step(text[fact.start : fact.end], value, bound=bound, unit=unit)
    return Count(sentence, start, end, part, value, bound, step, verb, unit, thing, narrowed)


def _unit(facts: Sequence[Fact], place: int, text: str) -> tuple[str, int, int]:
    """Return the unit of a number, and where the two are."""
    fact = facts[place]
    follows = facts[place + 1] if place + 1 < len(facts) else None
    if follows is not None and follows.kind is FactKind.UNIT:
        if follows.start < fact.start:
            return follows.key, follows.start, fact.end
        if text[fact.end : follows.start] in {"", " "}:
            return follows.key, fact.start, follows.end
    return "", fact.start, fact.end


def _part(parts: Sequence[tuple[int, int]], place: int) -> tuple[int, int]:
    return next(one for one in parts if one[0] <= place < one[1])


def _bound(text: str, start: int, end: int) -> tuple[Bound, int]:
    """Return how a number is meant, and where the words for that begin."""
    match = _BOUND.search(text, max(0, start - _NEAR), start)
    if match is None:
        return (Bound.LEAST if _OR_MORE.match(text, end) else Bound.EXACT), start
    name = str(match.lastgroup)
    return Bound.ABOUT if name == "around" else Bound(name), match.start()


def _step(written: str, value: Decimal, *, bound: Bound, unit: str) -> Decimal:
    """Return the size of the last place that a number tells; 0 for an exact small count."""
    if "dozen" in written.lower():
        return Decimal(12)
    if not unit and bound in {Bound.EXACT, Bound.LEAST} and value < 100:
        return Decimal(0)
    digits = re.match(r"[\d.,]*\d", written)
    number = Decimal(digits[0].replace(",", "")) if digits else Decimal(1)
    if digits and digits[0] != written and number:
        return value / number * Decimal(1).scaleb(int(number.as_tuple().exponent))
    last = Decimal(1).scaleb(int(value.normalize().as_tuple().exponent))
    told = unit in _MEASURES and value < 100 and bound is not Bound.ABOUT
    return min(last, Decimal(1)) if told else last


def _thing(after: str, unit: str) -> tuple[str, frozenset[str]]:
    """Return the stem of the noun that is counted, and of the words that narrow it."""
    if unit:
        match = _OF.match(after)
        if match is None:
            return "", frozenset()
        after = after[match.end() - 1 :]
    *narrowed, noun = "", *map(stem, _noun_phrase(after))
    return alike(noun), frozenset(narrowed) - {""}


def _noun_phrase(after: str) -> Iterator[str]:
    """Yield the words up to the first that ends the phrase: a mark, a verb, a function word."""
    found = list(_WORD.finditer(after))
    last = begun = 0
    for place, match in enumerate(found):
        word = match[0].lower().replace("\u2019", "'").removesuffix("'s")
        if after[last : match.start()].strip() or word[0].isdigit():
            return
        last = match.end()
        if not begun and word in _ARTICLES:
            continue
        follows = found[place + 1][0] if place + 1 < len(found) else ""
        verb = _is_verb(word) and not _plural(follows)
        if verb or word in _STATES or word in STOP_WORDS or word in _PREPOSITIONS:
            return
        begun = 1
        yield word


def _plural(word: str) -> bool:
    return word.endswith("s") or word in {"people", "men", "women", "children"}


def _verb(before: str, after: str, *, thing: str) -> tuple[str, str]:
    """Return the verb of a number, and what it counts.

    The verb is the one before it, else the one behind what it counts; without any, a noun with
    "of", as in "a fine of".
    """
    if _TOLL.search(before) or _DEAD.match(after):
        return "kill", thing
    words = [word.lower() for word in _WORD.findall(before)]
    if words[-1:] == ["of"] and len(words) > 1 and not thing:
        return "of", stem(words[-2])
    aim = " to" if words[-1:] == ["to"] else ""
    for word in reversed(words[-8:]):
        if _is_verb(word):
            return _said_of(word) + aim, thing
    behind = [word.lower() for word in _WORD.findall(after)[:8]]
    for word in behind:
        if word in _STATES or _is_verb(word):
            return _said_of(word), thing
    return ("be" if _AUXILIARY & {*words[-8:], *behind} else ""), thing


def _is_verb(word: str) -> bool:
    """Tell whether a word is a verb by its form, and no auxiliary."""
    if word in _AUXILIARY or word in _NOT_VERBS:
        return False
    return word in _STRONG or (len(word) > 3 and word.endswith(("ed", "ing")))


def _said_of(word: str) -> str:
    base = stem(word)
    return _SAME.get(base) or _SAME.get(word) or base

"""Shortens sentences to clauses that stand on their own; collects the names of a story."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from briefing.core.model import Sentence
from briefing.core.text.words import content_stems

#: Characters of the longest sentence that is read. Of the 15,082 sentences of eight news days
#: 99.9 % are shorter; a longer one is a list or a transcript, and the bound keeps time linear.
LONGEST = 900


def listed(words: str) -> frozenset[str]:
    """Return the words of a list that is easier to read as running text."""
    return frozenset(words.split())


#: Months and weekdays have a capital but are not names.
CALENDAR = listed(
    "January February March April May June July August September October November December Jan "
    "Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec Monday Tuesday Wednesday Thursday Friday "
    "Saturday Sunday"
)

#: Words that may have a capital without being names: first words, measures, common initials.
_PLAIN = listed(
    "a an the and but or nor so yet for in on at to of by from with without under over after "
    "before since until during while when where as if although though because despite amid among "
    "about between against some many most more all both each every any few several other others "
    "another no not it its he she they his her their we our i you your my this that these those "
    "there here what who which how why one two three four five six seven eight nine ten still "
    "also then now today yesterday tomorrow last next meanwhile however according mr mrs ms gdp "
    "gnp cpi ecu ceo hiv aids tv cds"
)

#: A word with a capital (Kenya, U.S., NATO), and the one place written without.
_NAME = re.compile(r"(?<![\w’'-])(?:[A-Z][\w’'&-]*(?:\.[A-Z])*|euro ?zone|euro area)(?![\w])")

#: Sources that may be left out: offices and firms that publish the numbers they give.
INSTITUTION = re.compile(
    r"\b(?:ministry|office|bureau|agency|bank|department|commission|treasury|statistics|figures|"
    r"data|institute|authority|administration|fund|association|company|exchange|customs|report|"
    r"census|survey|poll|reserve|officials|police|government|regulator)\b",
    re.IGNORECASE,
)

#: Verbs of attribution. A clause without its attribution presents a claim as a fact.
ATTRIBUTION = re.compile(
    r"\b(?:said|says|say|told|tells|added|adds|announced|reported|reports|showed|shows|estimates?|"
    r"estimated|found|wrote|according to|noted|tweeted|predicted|projected|expects?|forecasts?)\b"
)

#: Words that negate, doubt or condition a claim; the claim is never printed without them.
_DOUBT = re.compile(
    r"\b(?:if|unless|den(?:y|ies|ied)|claim(?:s|ed)?|alleg\w+|accus\w+|argu\w+|false(?:ly)?|"
    r"believes?|hopes?|would|could|(?-i:may)|might|not|never|whether|except|provided|suggest\w*|"
    r"wrong\w*|insist\w*|promis\w+|warn\w*|fear\w*|disput\w+|myth|supposed\w*|propos\w+|rejected)\b",
    re.IGNORECASE,
)

#: Where a clause may begin: after the verb of attribution or a coordinating word.
_START = re.compile(
    r"\b(?:said|says|showed|shows|reported|announced|found)"
    r"(?: (?:on )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)?(?: that)? (?=[A-Z\d]|the |a |an )"
    r"|; (?:and |but )?|, (?:and|but|while) (?=[A-Z]|the |a |an )|^According to [^,]{3,80}, "
)

#: Place and agency before a report: "GENEVA (AP) — ".
_DATELINE = re.compile(
    r"[A-Z][A-Z.’'-]{2,20}(?:[ ,/]{1,2}[A-Z][A-Za-z.]{1,15}){0,4}(?: ?\([A-Z][\w/ ]{1,20}\))? ?"
    r"(?:—|–|--|-) (?=[A-Z])"
)
#: Abbreviations, whose period does not end the sentence.
_ABBREVIATED = re.compile(r"(?:\.\w+|\b(?:[A-Z]|Inc|Corp|Co|Ltd|Jr|Sr|No|etc|Calif))\.$")

#: Where a clause may end: before a subordinate clause, or before the attribution.
_END = re.compile(
    r"(?:, (?:which|who|whose|when|where|while|whereas|after|as|amid|according to|but|compared|"
    r"with|despite|prompting|making|followed|up|down|and (?:the|a|an|it|he|she|they|is|was|has|"
    r"will)\b)\b|, [a-z]+ing |;| [—–] | -- |: | \(|, it (?:said|added|reported)\b"
    r"|, (?:[\w’'.-]+ ){1,9}?(?:said|says|showed|reported|announced)\b)"
)

_FINITE_PAST = (
    "was|were|had|did|rose|fell|grew|built|rebuilt|kept|lent|drew|sold|won|lost|fled|shot|held|"
    "stood|made|paid|spent|came|sent|took|gave|met|shrank|sank|began|died|withdrew|became|saw|"
    "bought|led|left|ran"
)
#: Forms of the past that are no other form of their verb, and participles without "-ed".
PAST = (
    f"{_FINITE_PAST}|said|told|went|drawn|taken|given|begun|seen|brought|caught|written|struck|"
    "broken|chosen|fallen|stolen|thrown|known|done"
)

#: A finite verb, judged by form; a slice without one is only a list of nouns.
VERB = re.compile(
    rf"(?<![\w-])(?:is|are|has|have|will|does|{_FINITE_PAST}|costs?|hit|hurt|cut|set|put|plans?|"
    r"intends?|visits|convenes|begins|opens|starts|ends|meets|expires|votes|takes|can|must|would|"
    r"could|may|might|[a-z]{3,}ed)\b"
)

#: A definite noun, which points back to something named before.
_POINTING = re.compile(r"(?:The|the) [a-z\d$€£]|(?:Of|In|Under|At|On|By|For|With) the [a-z]")

#: A caption's label, a "this" that refers to earlier text, a speaker who is only "he".
_LEANING = re.compile(
    r"^[^:]{1,40}: |\bthis (?:mean|is|was|would|will|has)"
    r"|\b(?:he|she|they|it|who) (?:said|says|added|told)\b"
    r"|\?|\(@|\(continued|\b(?:therefore|thus|hence)\b|Story highlights|[,—–-] ?$|^[^\w$€£¥₩₹<]|"
    r", (?:though|however|meanwhile|too|also|instead)\b"
)

_DASH = re.compile(r" (?:—|–|--) ")
_PERSON = re.compile(r"\b(?:he|she|they|it|his|her|their|its|him|them)\b")

_PRONOUN = re.compile(
    r"(?:I|We|He|She|They|It|Its|His|Her|Their|Our|My|You|Your|This|That|These|Those|There|Who|"
    r"Which|What|So|But|And|Yet|Also|Another|Others|Such|Both|Here|Then|Or|Because|If|When|While|"
    r"Although|Though|Still|However|Meanwhile|Instead)\b",
    re.IGNORECASE,
)

#: First name and last name, or title and name.
_FULL_NAME = re.compile(
    r"(?<![\w’'-])(?P<first>[A-Z][a-z]+)(?: [A-Z]\.)? "
    r"(?P<last>(?:Mc|Mac|O’|O'|De )?[A-Z][a-z]+)(?![\w-])"
)
#: Titles of people whom any reader knows by last name.
_HEADS = listed("President Minister Chancellor Pope King Queen")
#: First words of names that are not people: South Korea, New York, United States, The Hague.
_PLACES = listed(
    "North South East West Northern Southern Eastern Western Central New United San Los Saint The "
    "In On At By For From With And But As Of To After Mount Lake Port Cape Great Upper Lower "
    "American British Chinese Russian French German Israeli Palestinian Indian European Supreme "
    "White House Senate National Federal State World General Republican Democratic Department"
)

#: Double quotation marks; single ones are apostrophes too.
MARKS = '“”"'
_QUOTING = re.compile(f"[{MARKS}]")
_PAIRS = (("“", "”"), ("(", ")"), ("[", "]"))
_BALANCED = re.compile(r"[“”()\[\]]")


T = TypeVar("T")


class Scored(NamedTuple, Generic[T]):
    """What a finder finds, and how good it is."""

    #: 0 to 1, larger is better; comparable across stories.
    quality: float
    item: T


@dataclass(frozen=True, slots=True)
class Cast:
    """The names of a story and its most frequent stems."""

    #: Names of people and places, identified by a capital within a sentence.
    names: frozenset[str]
    #: Last names of people named in full once and then by last name alone.
    surnames: frozenset[str]
    #: Weight of each stem, 0 to 1.
    weights: Mapping[str, float]


def meet(sentences: Sequence[Sentence]) -> Cast:
    """Return the cast of a story."""
    full: dict[str, None] = {}
    heads: dict[str, None] = {}
    for sentence in sentences:
        for match in _FULL_NAME.finditer(sentence.text[:LONGEST]):
            where = heads if match.group("first") in _HEADS else full
            if match.group("first") not in _PLACES:
                where[match.group("last")] = None
    counts = Counter(
        stem for sentence in sentences for stem in dict.fromkeys(content_stems(sentence.text))
    )
    most = math.log1p(max(counts.values(), default=1))
    return Cast(
        names=frozenset(name for sentence in sentences for name in names(sentence.text[:LONGEST])),
        surnames=frozenset(full) - frozenset(heads),
        weights={stem: math.log1p(count) / most for stem, count in counts.items()},
    )


def cut(sentence: Sentence, start: int, end: int) -> Sentence:
    """Return ``sentence`` from ``start`` to ``end`` (offsets within it), without outer white."""
    piece = sentence.text[start:end]
    start += len(piece) - len(piece.lstrip())
    text = piece.strip()
    first = sentence.start + start
    return replace(sentence, start=first, end=first + len(text), text=text)


def is_balanced(text: str) -> bool:
    """Tell whether every bracket and double quotation mark has its partner, in order."""
    if text.count('"') % 2:
        return False
    marks = _BALANCED.findall(text)
    for opening, closing in _PAIRS:
        depth = 0
        for mark in marks:
            depth += (mark == opening) - (mark == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def quoted(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans between matching double quotation marks, without the marks, in order.

    An opening mark without a partner quotes to the end of the text.
    """
    spans = []
    opening = -1
    for match in _QUOTING.finditer(text):
        mark, place = match.group(), match.start()
        if opening < 0 and mark in '“"':
            opening = place + 1
        elif opening >= 0 and mark == ("”" if text[opening - 1] == "“" else '"'):
            spans.append((opening, place))
            opening = -1
    return (*spans, (opening, len(text))) if opening >= 0 else tuple(spans)


def names(text: str) -> tuple[str, ...]:
    """Return the names of people and places, in order, without a genitive ending.

    The first word counts only when it cannot be an ordinary word with a capital: when another
    name follows it, when it has a genitive or when it is written in capitals.
    """
    result = []
    for match in _NAME.finditer(text):
        bare = re.sub(r"[’']s?$", "", match.group())
        if bare in CALENDAR or bare.casefold() in _PLAIN:
            continue
        if match.start() == 0 and not _names_at_once(text, match):
            continue
        result.append(bare)
    return tuple(result)


def _names_at_once(text: str, match: re.Match[str]) -> bool:
    word = match.group()
    follows = text[match.end() : match.end() + 2]
    return (
        word.endswith(("’s", "'s"))
        or (len(word) > 1 and word.isupper())
        or (len(follows) == 2 and follows[0] == " " and follows[1].isupper())
    )


def stands_alone(text: str, *, cast: Cast) -> bool:
    """Tell whether a clause can be read without what came before it.

    It has a name and a finite verb, and does not open with a pronoun, a connective, a definite noun
    without a name beside it or a bare last name.
    """
    if not text or _PRONOUN.match(text) or not is_balanced(text):
        return False
    if _LEANING.search(text) or len(_DASH.findall(text)) % 2:
        return False
    verb = VERB.search(text, 0, max(text.rfind(" "), 0))
    head = re.split(r"[\s,’']", text, maxsplit=1)[0]
    if verb is None or not (names(text) or head in cast.names):
        return False
    if head in cast.surnames and not re.match(r"[^ ]+ [A-Z]", text):
        return False
    if _POINTING.match(text) and not _NAME.search(text, 1, verb.start()):
        return False
    he = _PERSON.search(text)
    return he is None or head in cast.names or bool(names(text[: he.start()]))


def spans(
    text: str, *, start: int, end: int, sources: re.Pattern[str] = INSTITUTION
) -> Iterator[tuple[int, int]]:
    """Yield the clauses that contain ``start`` to ``end``, fewest cuts first, then the longest.

    A cut never separates a claim from its source, nor a clause from its condition.
    """
    dateline = _DATELINE.match(text)
    first = dateline.end() if dateline else 0
    bare = text.rstrip()
    last = len(bare) - (bare.endswith(".") and not _ABBREVIATED.search(bare))
    begins = [match.end() for match in _START.finditer(text, first) if match.end() <= start]
    stops = [match.start() for match in _END.finditer(text, end)]
    for begin in (first, *reversed(begins)):
        for stop in (last, *reversed(stops)):
            if begin < stop and keeps_meaning((text[first:begin], text[stop:]), sources):
                yield begin, stop


def keeps_meaning(left_out: tuple[str, ...], sources: re.Pattern[str]) -> bool:
    """Tell whether the parts left out neither attribute nor qualify the rest."""
    return not any(
        _DOUBT.search(rest) or (ATTRIBUTION.search(rest) and not sources.search(rest))
        for rest in left_out
    )


def best_of(
    candidates: Iterable[Scored[T]], *, by: Callable[[T], object], limit: int
) -> tuple[Scored[T], ...]:
    """Return the best candidates, one of each kind; equal quality: in the order given."""
    first: dict[object, Scored[T]] = {}
    for candidate in sorted(candidates, key=lambda candidate: -candidate.quality):
        first.setdefault(by(candidate.item), candidate)
    return tuple(first.values())[:limit]


def prominence(text: str, *, cast: Cast) -> float:
    """Return the mean weight of the words of ``text``, numbers aside, 0 to 1."""
    stems = [stem for stem in dict.fromkeys(content_stems(text)) if not stem[0].isdigit()]
    return sum(cast.weights.get(stem, 0.0) for stem in stems) / len(stems) if stems else 0.0

"""Tells how likely a printed sentence leans on one that is not printed above it.

Features are of classes: pronouns, connectives, definite nouns and bare names that the report has
introduced and the page has not. Their weights are learned (``briefing train reading``).
"""

from __future__ import annotations

import json
import math
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from briefing.core.model import Sentence
from briefing.core.text.finders.clauses import CALENDAR
from briefing.core.text.places import PLACES
from briefing.core.text.words import STOP_WORDS, stem

#: Characters of a sentence that are read; of the sentences of eight news days 99.9 % are shorter.
_LONGEST = 900
#: Characters in which an opening is sought.
_HEAD = 160

_SPEECH = (
    r"(?:said|says|say|told|tells|added|adds|warned|wrote|stated|declared|argued|insisted|"
    r"explained|noted|notes|testified|stressed|tweeted|concluded|continued|recalled|acknowledged|"
    r"replied|asked|claimed|claims|responded|emphasi[sz]ed|remarked|suggested|joked|predicted|"
    r"pledged|asks|believes|expects|sees|contends|maintains)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*|\d[\d.,/-]*")
_OPENERS = "-–—•([ \"“”‘'’"

#: Words that stand for somebody or something named before.
_PERSONAL = re.compile(r"(?:He|She|They|Him|Them)(?=[\s,’':])(?! [A-Z][a-z]+(?: [a-z]|,|’s|'s))")
_POSSESSIVE = re.compile(r"(?:His|Hers?|Theirs?|Its)(?=[\s,])(?! [A-Z][a-z]+ [a-z])")
_IT = re.compile(r"It(?=[\s’'])")
#: Expletive "it": the sentence itself says what it stands for.
_EXPLETIVE = re.compile(
    r"It(?:’s|'s| (?:is|was|will be|would be|has been|remains|remained|seems|appears|took|takes|"
    r"became|may be|might be|could be))"
    r"(?: [\w’'-]+){0,5}? (?:that|whether|how|why|what|when|who|if|to|since|until|for)\b"
)
_THIS = re.compile(
    r"(?:This|That|These|Those)(?![\w-])"
    r"(?!(?: past| coming)? (?:week|month|year|morning|afternoon|evening|weekend|summer|autumn|"
    r"fall|winter|spring|time)\b(?![’']s)| (?:who|whose|with|of us|in favor|without)\b)"
)
_THIS_WITHIN = re.compile(
    r"\b(?:this|these|such|that same|those)(?= [a-z])"
    r"(?! (?:week|month|year|morning|afternoon|evening|weekend|summer|autumn|fall|winter|spring|"
    r"time|who|whose|with|as)\b)"
)
_CONTRAST = re.compile(
    r"(?:But|Yet|However|Nevertheless|Nonetheless|Still(?=,)|Instead(?! of\b)|Conversely|"
    r"Otherwise|Though(?=,)|Or|Nor|Even so|By contrast|In contrast(?! (?:to|with))|"
    r"On the (?:other hand|contrary)|That said|Regardless(?! of\b)|Rather(?=,))(?=[\s,])"
)
_ADDITION = re.compile(
    r"(?:And|Also|Plus|Besides(?=,)|Moreover|Furthermore|Additionally|Meanwhile|Similarly|"
    r"Likewise|Notably|Indeed|In addition(?! to)|At the same time|Elsewhere|Again(?=,)|"
    r"Alternatively|In (?:fact|particular|short|other words)|For (?:example|instance)|"
    r"Of course|To be sure|Finally(?=,)|Overall(?=,)|Perhaps|More(?:over| broadly)|Not only|"
    r"Coupled|Accompanying|Joining)(?=[\s,])"
)
_RESULT = re.compile(
    r"(?:Thus|Therefore|Hence|So(?! far)|Consequently|Accordingly|As (?:a result|such|"
    r"a consequence)|In (?:response|return|turn|doing so|the process|the meantime|comparison)"
    r"(?! to)|Because of (?:this|that)|For (?:this|that) reason)(?=[\s,])"
)
_SEQUENCE = re.compile(
    r"(?:Then|Later|Earlier|Afterwards?|Thereafter|Soon after|Shortly after(?:wards?)?|"
    r"(?:[A-Z][a-z]+|A|\d+) (?:hours?|days?|weeks?|months?|years?|minutes?|moments?) "
    r"(?:later|earlier|before|after(?:wards?)?)|"
    r"(?:Hours|Days|Weeks|Months|Years|Minutes|Moments) (?:later|earlier|before|after(?:wards)?)|"
    r"By (?:then|that time)|(?:At|By|Since|Until|From|Before|After|On|Of|In|With|Despite|Under|"
    r"During|Among|Following|Amid|For) (?:that|this|these|those|then|which|it|them|him|her|"
    r"the same)|The same (?:day|week|month|year)|Once there)(?=[\s,])"
)
#: The same kinds of word inside the first clause.
_ADDITION_WITHIN = re.compile(
    r"\b(?:also|too|again|as well(?! as)|likewise|meanwhile|however|instead|moreover|therefore|"
    r"then|nonetheless|nevertheless|in turn|in response(?! to)|by contrast|similarly|so far|"
    r"still|even)\b"
)
_OTHER = re.compile(
    r"\b(?:[Oo]thers?|[Aa]nother|[Ss]uch|[Ss]ame|[Bb]oth(?! [^,.]{1,60} and\b)|"
    r"[Nn]either(?! [^,.]{1,60} nor\b)|[Ee]ither(?! [^,.]{1,60} or\b)|former(?=[,.]| [a-z]+s\b)|"
    r"latter|[Ss]imilar|[Ee]lsewhere|further|additional|[Tt]he (?:two|three|four|pair|duo|trio|"
    r"rest|remaining|following|above)|[Tt]he (?:new|old|first|second|last|next|previous|only) one|"
    r"(?:[Ss]ome|[Mm]any|[Mm]ost|[Aa]ll|[Nn]one|[Ee]ach|[Ss]everal|[Oo]ne|[Tt]wo|[Hh]alf|[Aa]ny) "
    r"of (?:them|these|those|its|his|her|their)|so-called|[Ee]ach|[Oo]thers)\b"
)
_COMPARED = re.compile(r"\b(?:more|less|fewer|[a-z]{3,}er) (?!than)(?=[a-z])")
#: Pronouns of the third person, wherever they stand.
_HE = re.compile(r"\b(?:he|she|him|his|her|hers|they|them|their|theirs)\b", re.IGNORECASE)
_ITS = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)
_HE_SAID = re.compile(rf"\b(?:he|she|they|it) (?:also |then |later )?{_SPEECH}\b"
                      rf"|\b{_SPEECH} (?:he|she|they)(?=[,.]|$)")
#: "the decision", "the Senate bill": the words after the article, up to a function word.
_THE = re.compile(r"\b[Tt]he(?= [a-z$\d])((?: [\w’'-]+){1,4})")
_NOT_NOUN = frozenset(
    "was were is are has have had will would could can may might should must did does do be been "
    "said says also of to in on at by for from with and or that which who whose when where as than "
    "but into over under after before about between during against".split()
)
#: What makes a definite noun its own introduction.
_RESOLVED = re.compile(r"[\w’' -]{0,40}?\b(?:of|that|who|which|whose|where|for|to|in|behind)\b")
_UNIQUE = re.compile(
    r" (?:\w+est|most|least|first|second|third|fourth|fifth|last|latest|only|next|same|\d{4}s?|"
    r"(?:nation|country|world|government|state|city|region)[’']s|[A-Z].*)\b"
)
_NAME = re.compile(r"(?<![\w’'-])[A-Z][\w-]*[a-z][\w-]*(?![\w-])")
#: Groups and callings may speak without a name.
_GROUP = re.compile(r"[A-Z][a-z]+(?:s|ice|ment)$")
_DOUBLE = "“”\""

#: In this order.
FEATURES = (
    "personal", "possessive", "it", "expletive", "this", "this within", "contrast", "addition",
    "result", "sequence", "also within", "other", "compared", "he before a name",
    "its before a name", "he said", "the given", "the new", "the own", "the known",
    "the given within", "the new within", "name given", "name new", "name given within",
    "speaker given", "speaker new", "quotation", "quotation alone", "torn", "debt", "place",
    "first of paragraph", "follows", "follows and refers", "after few", "indefinite", "long",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Introduced:
    """Where a report first has each stem: what it names before a sentence, that sentence may use."""

    first: Mapping[str, int]

    def has(self, found: str, *, before: int) -> bool:
        """Tell whether the report has a stem before the sentence with index ``before``."""
        return self.first.get(found, before) < before


def introduced(sentences: Iterable[Sentence]) -> Introduced:
    """Read the sentences of one report, in order."""
    first: dict[str, int] = {}
    for sentence in sentences:
        for found in _cues(sentence.text).stems:
            first.setdefault(found, sentence.index)
    return Introduced(first)


@dataclass(frozen=True, slots=True)
class Above:
    """What a reader has read before a sentence on the page."""

    stems: frozenset[str]
    #: Sentences between the headline and the place.
    count: int
    #: The last of them.
    last: Sentence | None


def above(headline: str, sentences: Sequence[Sentence] = ()) -> Above:
    """Read a headline and the sentences that stand between it and a place."""
    stems = _cues(headline).stems.union(*(_cues(one.text).stems for one in sentences))
    return Above(stems, len(sentences), sentences[-1] if sentences else None)


@dataclass(frozen=True, slots=True)
class _Cues:
    """What the words of one sentence show, whatever stands above it."""

    #: By name of the feature, 0 to 1.
    flags: Mapping[str, float]
    #: Stems of all content words.
    stems: frozenset[str]
    #: The words after "the" that opens the sentence, and after each other "the".
    opening: tuple[str, ...]
    within: tuple[tuple[str, ...], ...]
    #: Names in its first clause, and after it; the one that says something.
    names: tuple[str, ...]
    names_within: tuple[str, ...]
    speaker: str
    refers: bool


#: Enough for the sentences of a day's stories.
@lru_cache(maxsize=16_384)
def _cues(text: str) -> _Cues:
    text = text[:_LONGEST]
    bare = text.lstrip(_OPENERS)
    outside = _without_quotations(text)
    clause = bare[:_HEAD]
    quoted = text.lstrip("-–—•([ ")[:1] in {"“", '"', "‘"} and text.lstrip("-–—•([ ")[:1] != ""
    names = [match for match in _NAME.finditer(outside) if _is_name(match, outside)]
    he, its = _HE.search(outside), _ITS.search(outside)
    start = min((match.start() for match in names), default=len(outside))
    opening = _THE.match(clause)
    flags = {
        "personal": bool(_PERSONAL.match(bare)),
        "possessive": bool(_POSSESSIVE.match(bare)),
        "it": bool(_IT.match(bare)) and not _EXPLETIVE.match(bare),
        "expletive": bool(_EXPLETIVE.match(bare)),
        "this": bool(_THIS.match(bare)),
        "this within": bool(_THIS_WITHIN.search(outside, 1)),
        "contrast": bool(_CONTRAST.match(bare)),
        "addition": bool(_ADDITION.match(bare)),
        "result": bool(_RESULT.match(bare)),
        "sequence": bool(_SEQUENCE.match(bare)),
        "also within": bool(_ADDITION_WITHIN.search(clause, 1)),
        "other": bool(_OTHER.search(clause)),
        "compared": bool(_COMPARED.search(clause[:80])),
        "he before a name": he is not None and he.start() < start,
        "its before a name": its is not None and its.start() < start,
        "he said": bool(_HE_SAID.search(outside)),
        "the own": opening is not None and _is_own(clause, opening),
        "quotation": quoted,
        "quotation alone": quoted and not re.search(_SPEECH, outside),
        "torn": text.count("“") != text.count("”") or text.count('"') % 2 == 1,
        "indefinite": bool(re.match(r"An? [a-z]", bare)),
        "long": min(1.0, len(text) / 300),
    }
    refers = any(
        flags[name]
        for name in ("personal", "possessive", "it", "this", "contrast", "addition", "result",
                     "sequence", "also within", "other", "he before a name", "he said",
                     "its before a name")
    )  # fmt: skip
    within = [
        _noun(match.group(1))
        for match in _THE.finditer(outside)
        if match.start() > 0 and not _is_own(outside, match)
    ]
    speaker = re.search(rf"({_NAME.pattern}) {_SPEECH}\b|\b{_SPEECH} ({_NAME.pattern})(?=[,.;]|$)", outside)
    spoken = next((group for group in speaker.groups() if group), "") if speaker else ""
    alone = [match for match in names if _is_alone(match, outside)]
    return _Cues(
        {name: float(flag) for name, flag in flags.items()},
        frozenset(_stem(word) for word in _WORD.findall(text) if word.casefold() not in STOP_WORDS),
        _noun(opening.group(1)) if opening and not flags["the own"] else (),
        tuple(run for run in within if run),
        tuple(_stem(match.group()) for match in alone if match.start() < 60),
        tuple(_stem(match.group()) for match in alone if match.start() >= 60),
        _stem(spoken) if spoken and any(match.group() == spoken for match in alone) else "",
        refers,
    )


def _stem(word: str) -> str:
    return stem(word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'"))


def _noun(run: str) -> tuple[str, ...]:
    """Return the stems of the words of a noun phrase: all up to the first function word."""
    words = []
    for word in run.split():
        if word.casefold() in _NOT_NOUN:
            break
        words.append(_stem(word))
    return tuple(words)


def _is_own(text: str, match: re.Match[str]) -> bool:
    """Tell whether a definite noun phrase says itself which one is meant."""
    run = match.group(1)
    words = run.split()
    noun = _noun(run)
    rest = text[match.start(1) : match.start(1) + 80]
    after = words[len(noun)] if len(noun) < len(words) else ""
    return (
        bool(_UNIQUE.match(rest))
        or any(word[:1].isupper() for word in words[: len(noun)])
        or after in {"of", "that", "who", "which", "whose", "where"}
    )


def _is_name(match: re.Match[str], text: str) -> bool:
    name = re.sub(r"[’']s?$", "", match.group())
    if name in CALENDAR or name.casefold() in STOP_WORDS:
        return False
    before = text[: match.start()].rstrip(_OPENERS)
    return bool(before) and before[-1] not in ".:?!" or name.casefold() not in STOP_WORDS and not _GROUP.match(name)


def _is_alone(match: re.Match[str], text: str) -> bool:
    """Tell whether a name has no other name beside it, and is that of no state or capital."""
    name = re.sub(r"[’']s?$", "", match.group())
    before = text[max(0, match.start() - 24) : match.start()]
    beside = re.search(r"[A-Z][\w.’'-]* $", before) and not re.search(r"(?:Mr|Mrs|Ms|Dr)s?\. $", before)
    behind = re.match(r" [A-Z]", text[match.end() : match.end() + 2])
    return name not in PLACES and not beside and not behind


def _without_quotations(text: str) -> str:
    """Return the text outside double quotation marks; single ones are apostrophes too."""
    outside, quoted = [], False
    for character in text:
        if character in _DOUBLE:
            quoted = character == "“" or (character == '"' and not quoted)
            outside.append(" ")
        elif not quoted:
            outside.append(character)
    return re.sub(r" +", " ", "".join(outside)).strip()


def features(
    sentence: Sentence, *, above: Above, report: Introduced, opens_paragraph: bool
) -> tuple[float, ...]:
    """Return the numbers that a sentence is judged by, in the order of :data:`FEATURES`."""
    cues = _cues(sentence.text)
    given = frozenset(
        found for found in cues.stems - above.stems if report.has(found, before=sentence.index)
    )
    follows = (
        above.last is not None
        and above.last.document == sentence.document
        and above.last.index + 1 == sentence.index
    )
    nouns = [_newness(run, above.stems, given) for run in cues.within]
    names = [_newness((name,), above.stems, given) for name in cues.names]
    later = [_newness((name,), above.stems, given) for name in cues.names_within]
    opening = _newness(cues.opening, above.stems, given)
    speaker = _newness((cues.speaker,) if cues.speaker else (), above.stems, given)
    row = {
        **cues.flags,
        "the given": opening == "given",
        "the new": opening == "new",
        "the known": opening == "known",
        "the given within": min(2, nouns.count("given")) / 2,
        "the new within": min(2, nouns.count("new")) / 2,
        "name given": "given" in names,
        "name new": "new" in names,
        "name given within": "given" in later,
        "speaker given": speaker == "given",
        "speaker new": speaker == "new",
        "debt": len(given) / max(1, len(cues.stems)),
        "place": math.log1p(sentence.index) / 3,
        "first of paragraph": opens_paragraph,
        "follows": follows,
        "follows and refers": follows and cues.refers,
        "after few": 1 / (1 + above.count),
    }
    return tuple(float(row[name]) for name in FEATURES)


def _newness(run: tuple[str, ...], known: frozenset[str], given: frozenset[str]) -> str:
    """Tell whether a page has a noun phrase, or only its report has, or neither."""
    if not run:
        return ""
    if not known.isdisjoint(run[-2:]):
        return "known"
    return "given" if not given.isdisjoint(run[-2:]) else "new"

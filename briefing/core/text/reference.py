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
from types import MappingProxyType

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
_SAYS = re.compile(
    rf"({_NAME.pattern})(?:, [^,]{{1,80}},)? (?:also |has |had |then |later )?{_SPEECH}\b"
    rf"|\b{_SPEECH} (?:[A-Z][\w.]* ){{0,3}}({_NAME.pattern})(?=[,.;]|$)"
)
_FULL = re.compile(r"(?<![\w.])[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){0,3} ([A-Z][\w-]*[a-z][\w-]*)(?! [A-Z])")
_UNNAMED_SAID = re.compile(
    rf"\b{_SPEECH} (?:the|an?|one|another) [a-z]|"
    rf"\b(?:the|one|another) [a-z][a-z -]{{2,40}} {_SPEECH}\b"
)
_BACK = re.compile(
    r"(?:Others?(?! than)|Another|Such|Same|Both(?! [^,.]{1,60} and\b)|Neither(?! [^,.]{1,60} nor\b)|"
    r"Either(?! [^,.]{1,60} or\b)|(?:The|That) (?:former|latter|same|two|three|pair|others?|rest)|"
    r"[^,]{2,40}, (?:meanwhile|however|too|in turn|by contrast)(?=,))(?=[\s,])"
)
_QUANTIFIED = re.compile(
    r"(?:One|Two|Three|Four|Five|Six|Some|Many|Most|Several|All|Half|Few|None|Each|Any)"
    r"(?! (?:of the|day|morning))(?= )"
)

#: What each feature may say: 1 that a sentence leans on another, -1 that it stands, 0 either.
FEATURES = {
    "personal known": 1, "personal unknown": 1, "possessive": 1, "it": 1, "this": 1,
    "this within": 1, "contrast": 1, "addition": 1, "result": 1, "sequence": 1, "also within": 1,
    "other": 1, "compared": 1, "he before a name": 1, "its before a name": 1,
    "he said known": 1, "he said unknown": 1, "the given": 1, "the new": 1, "the given inside": 1,
    "the new inside": 1, "the given within": 1, "name given": 1, "name given within": 1,
    "speaker given": 1, "speaker unnamed": 1, "quotation": 1, "debt": 1, "place": 1,
    "refers inside": 1, "quantified": 1, "points back": 1, "surname given": 1,
    "surname given within": 1, "first of paragraph": -1, "follows": -1,
    "follows and refers": -1, "under the headline": 1, "indefinite": -1, "long": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Introduced:
    """Where a report first has each stem: what it names before a sentence, that sentence may use."""

    first: Mapping[str, int]
    #: Names that say something in it.
    speakers: frozenset[str]
    #: Where it has each last word of a name of several words: "Voytko" of "James Voytko".
    full: Mapping[str, int]
    #: Indexes of the sentences that open a paragraph.
    openings: frozenset[int]

    def has(self, found: str, *, before: int) -> bool:
        """Tell whether the report has a stem before the sentence with index ``before``."""
        return self.first.get(found, before) < before


def introduced(sentences: Iterable[Sentence]) -> Introduced:
    """Read the sentences of one report, in order."""
    first: dict[str, int] = {}
    full: dict[str, int] = {}
    speakers: set[str] = set()
    paragraphs: dict[int, int] = {}
    for sentence in sentences:
        paragraphs.setdefault(sentence.paragraph, sentence.index)
        cues = _cues(sentence.text)
        speakers.update(cues.speakers)
        for found in cues.stems:
            first.setdefault(found, sentence.index)
        for name in cues.full:
            full.setdefault(name, sentence.index)
    return Introduced(first, frozenset(speakers), full, frozenset(paragraphs.values()))


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
    #: Everybody that says something, by last name.
    speakers: frozenset[str]
    #: Last words of names of several words.
    full: frozenset[str]
    #: Pronouns that mean a person.
    personal: bool
    he_said: bool
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
    personal, he_said = bool(_PERSONAL.match(bare)), bool(_HE_SAID.search(outside))
    flags = {
        "possessive": bool(_POSSESSIVE.match(bare)),
        "it": bool(_IT.match(bare)) and not _EXPLETIVE.match(bare),
        "this": bool(_THIS.match(bare)),
        "this within": bool(_THIS_WITHIN.search(outside, 1)),
        "contrast": bool(_CONTRAST.match(bare)),
        "addition": bool(_ADDITION.match(bare)),
        "result": bool(_RESULT.match(bare)),
        "sequence": bool(_SEQUENCE.match(bare)),
        "also within": bool(_ADDITION_WITHIN.search(clause, 1)),
        "other": bool(_OTHER.search(clause)),
        "points back": any(
            pattern.match(bare)
            for pattern in (_POSSESSIVE, _THIS, _CONTRAST, _ADDITION, _RESULT, _SEQUENCE, _BACK)
        ),
        "quantified": bool(_QUANTIFIED.match(bare)),
        "compared": bool(_COMPARED.search(clause[:80])),
        "he before a name": he is not None and he.start() < start,
        "its before a name": its is not None and its.start() < start,
        "quotation": quoted,
        "speaker unnamed": bool(_UNNAMED_SAID.search(outside)),
        "indefinite": bool(re.match(r"An? [a-z]", bare)),
        "long": min(1.0, len(text) / 300),
    }
    refers = personal or he_said or any(
        flags[name]
        for name in ("possessive", "it", "this", "contrast", "addition", "result",
                     "sequence", "also within", "other", "he before a name",
                     "its before a name")
    )  # fmt: skip
    within = [
        _noun(match.group(1))
        for match in _THE.finditer(outside)
        if match.start() > 0 and not _is_own(outside, match)
    ]
    saying = list(_SAYS.finditer(outside))
    spoken = next((match[1] or match[2] for match in saying), "")
    alone = [match for match in names if _is_alone(match, outside)]
    return _Cues(
        {name: float(flag) for name, flag in flags.items()},
        frozenset(_stem(word) for word in _WORD.findall(text) if word.casefold() not in STOP_WORDS),
        _noun(opening.group(1)) if opening and not _is_own(clause, opening) else (),
        tuple(run for run in within if run),
        tuple(_stem(match.group()) for match in alone if match.start() < 60),
        tuple(_stem(match.group()) for match in alone if match.start() >= 60),
        _stem(spoken) if spoken and any(match.group() == spoken for match in alone) else "",
        frozenset(_stem(match[1] or match[2]) for match in saying),
        frozenset(_stem(match[1]) for match in _FULL.finditer(text)),
        personal,
        he_said,
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


def features(sentence: Sentence, *, above: Above, report: Introduced) -> tuple[float, ...]:
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
    inside = sentence.index not in report.openings
    somebody = not report.speakers.isdisjoint(above.stems)
    row = {
        **cues.flags,
        "points back": cues.flags["points back"] or (cues.personal and not somebody),
        "surname given": _is_due(cues.names, sentence, report, above),
        "surname given within": _is_due(cues.names_within, sentence, report, above),
        "personal known": cues.personal and somebody,
        "personal unknown": cues.personal and not somebody,
        "he said known": cues.he_said and somebody,
        "he said unknown": cues.he_said and not somebody,
        "the given inside": opening == "given" and inside,
        "the new inside": opening == "new" and inside,
        "refers inside": cues.refers and inside,
        "the given": opening == "given",
        "the new": opening == "new",
        "the given within": min(2, nouns.count("given")) / 2,
        "name given": "given" in names,
        "name given within": "given" in later,
        "speaker given": speaker == "given",
        "debt": len(given) / max(1, len(cues.stems)),
        "place": math.log1p(sentence.index) / 3,
        "first of paragraph": not inside,
        "follows": follows,
        "follows and refers": follows and cues.refers,
        "under the headline": above.count == 0,
    }
    return tuple(float(row[name]) for name in FEATURES)


#: Weight of each feature, and "bias"; ``briefing train reading`` learns them.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    json.loads(pkgutil.get_data("briefing.core.text", "reading.json") or b"{}")
)


def leaning(row: Sequence[float], *, weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return how likely a sentence with these features leans on what is not above it, 0 to 1."""
    total = weights["bias"] + sum(
        weights[name] * value for name, value in zip(FEATURES, row, strict=True)
    )
    return 1 / (1 + math.exp(-total))


def _is_due(names: Iterable[str], sentence: Sentence, report: Introduced, above: Above) -> bool:
    """Tell whether a last name stands alone whose full name the report has before, not the page."""
    return any(
        name not in above.stems and report.full.get(name, sentence.index) < sentence.index
        for name in names
    )


def _newness(run: tuple[str, ...], known: frozenset[str], given: frozenset[str]) -> str:
    """Tell whether a page has a noun phrase, or only its report has, or neither."""
    if not run:
        return ""
    if not known.isdisjoint(run[-2:]):
        return "known"
    return "given" if not given.isdisjoint(run[-2:]) else "new"

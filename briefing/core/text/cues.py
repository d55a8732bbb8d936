"""Reads in one sentence what may point to another: pronouns, connectives, nouns and names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from briefing.core.text.finders.clauses import CALENDAR
from briefing.core.text.places import PLACES
from briefing.core.text.words import STOP_WORDS, stem

#: Characters of a sentence that are read, and of its first clause: 99.9 % of the sentences of
#: eight news days are shorter than the former. The bounds keep time linear.
_LONGEST, _CLAUSE = 900, 160
#: Characters in which a name is of the one whom a sentence is about; of one that is long in full.
_SUBJECT, _LONG = 60, 300

# --- classes of words -----------------------------------------------------------------------

_SPEECH = (
    r"(?:said|says|say|told|tells|added|adds|warned|wrote|stated|declared|argued|insisted|"
    r"explained|noted|notes|testified|stressed|tweeted|concluded|continued|recalled|acknowledged|"
    r"replied|asked|claimed|claims|responded|emphasi[sz]ed|remarked|suggested|joked|predicted|"
    r"pledged|asks|believes|expects|sees|contends|maintains)"
)
_NAME_WORD = r"(?<![\w’'-])[A-Z][\w-]{0,40}?[a-z][\w-]{0,40}(?![\w-])"
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*|\d[\d.,/-]*")
_MARKS = "-–—•([ \"“”‘'’"
#: Names may begin like a pronoun: He Lifeng, She Yan.
_PERSONAL = re.compile(r"(?:He|She|They|Him|Them)(?=[\s,’':])(?! [A-Z][a-z]+(?: [a-z]|,|’s|'s))")
#: First words that stand for something above, or turn on it.
_POINTS = re.compile(
    r"(?:His|Hers?|Theirs?|Its)(?=[\s,])(?! [A-Z][a-z]+ [a-z])|"
    # Expletive "it" says itself what it stands for.
    r"It(?=[\s’'])(?! (?:did|does) not (?:help|matter) |(?:’s|'s| (?:is|was|will be|"
    r"would be|has been|remains|remained|seems|appears|took|takes|became|may be|might be|"
    r"could be))(?: [\w’'-]{1,30}){0,5}? (?:that|whether|how|"
    r"why|what|when|who|if|to|since|until|for)\b)|"
    r"(?:This|That|These|Those)(?![\w-])(?!(?: past| coming)? (?:week|month|year|morning|"
    r"afternoon|evening|weekend|summer|autumn|fall|winter|spring|time)\b(?![’']s)"
    r"| (?:who|whose|with|of us|in favor|without)\b)|"
    r"(?:But|Yet|However|Nevertheless|Nonetheless|Still(?=,)|Instead(?! of\b)|Conversely|"
    r"Otherwise|Though(?=,)|Or|Nor|Even so|By contrast|In contrast(?! (?:to|with))|"
    r"On the (?:other hand|contrary)|That said|Regardless(?! of\b)|Rather(?=,))(?=[\s,])|"
    r"(?:And|Also|Plus|Besides(?=,)|Moreover|Furthermore|Additionally|Meanwhile|Similarly|"
    r"Likewise|Notably|Indeed|In addition(?! to)|At the same time|Elsewhere|Again(?=,)|"
    r"Alternatively|In (?:fact|particular|short|other words)|For (?:example|instance)|"
    r"Of course|To be sure|Finally(?=,)|Overall(?=,)|Perhaps|Not only)(?=[\s,])|"
    r"(?:Thus|Therefore|Hence|So(?! far)|Consequently|Accordingly|As (?:a result|such|"
    r"a consequence)|In (?:response|return|turn|doing so|the process|the meantime|comparison)"
    r"(?! to)|Because of (?:this|that)|For (?:this|that) reason)(?=[\s,])|"
    r"(?:Then|Later|Earlier|Afterwards?|Thereafter|Soon after|Shortly after(?:wards?)?|"
    r"(?:[A-Z][a-z]{1,12}|A|\d+) (?:hours?|days?|weeks?|months?|years?|minutes?|moments?) "
    r"(?:later|earlier|afterwards?)|(?:Hours|Days|Weeks|Months|Years|Minutes|"
    r"Moments) (?:later|earlier|afterwards?)|By (?:then|that time)|(?:At|By|Since|"
    r"Until|From|Before|After|On|Of|In|With|Despite|Under|During|Among|Following|Amid|For) "
    r"(?:that|this|these|those|then|which|it|them|him|her(?=,)|the same)|"
    r"The same (?:day|week|month|year)|Once there)(?=[\s,])|"
    r"(?:Others?(?! than)|Another|Such|Same|Both(?! [^,.]{1,60} and\b)|"
    r"Neither(?! [^,.]{1,60} nor\b)|Either(?! [^,.]{1,60} or\b)|"
    r"(?:The|That) (?:(?:former|latter)(?= (?:was|is|were|are|has|have|had|will|would|said)\b|,)|"
    r"same|two|three|pair|others?|rest)|[^,]{2,40}, (?:meanwhile|however|too|in turn|"
    r"by contrast)(?=,))(?=[\s,])"
)
#: The same kinds of word further on, in the first clause and anywhere.
_ALSO = re.compile(
    r"\b(?:also|too|again|as well(?! as)|likewise|meanwhile|however|instead|moreover|therefore|"
    r"then|nonetheless|nevertheless|in turn|in response(?! to)|by contrast|similarly|so far|"
    r"still|even)\b"
)
_THIS = re.compile(
    r"\b(?:this|these|such|that same|those)(?= [a-z])(?! (?:week|month|year|morning|afternoon|"
    r"evening|weekend|summer|autumn|fall|winter|spring|time|who|whose|with|as)\b)"
)
_HE = re.compile(r"\b(?:he|she|him|his|her|hers|they|them|their|theirs)\b", re.IGNORECASE)
_ITS = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)
_HE_SAID = re.compile(
    rf"\b(?:he|she|they|it) (?:also |then |later )?{_SPEECH}\b"
    rf"|\b{_SPEECH} (?:he|she|they)(?=[,.]|$)"
)
_SOMEBODY_SAID = re.compile(
    rf"\b{_SPEECH} (?:the|an?|one|another) [a-z]"
    rf"|\b(?:the|one|another) [a-z][a-z -]{{2,40}} {_SPEECH}\b"
)
#: What goes on with something said before: "…, she added."; and "that month", without a date.
_ADDED = re.compile(
    rf"(?:\b(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t)|{_NAME_WORD}) added(?=[,.:]|$)"
    rf"|\badded (?:he|she|they|(?:[A-Z][\w.]{{0,20}} ){{0,3}}{_NAME_WORD})(?=[,.]|$)"
)
_THAT_TIME = re.compile(r"\bthat (?:same )?(?:day|week|month|year|morning|evening|night)\b")
#: "the decision", "the Senate bill": the words after the article; a function word ends the noun.
_THE = re.compile(r"\b[Tt]he(?= [a-z$\d])((?: [\w’'-]{1,40}){1,4})")
_NOT_NOUN = frozenset(
    "was were is are has have had will would could can may might should must did does do be been "
    "said says also of to in on at by for from with and or that which who whose when where as than "
    "but into over under after before about between during against".split()
)
#: What makes a definite noun its own introduction: an order, a year, a name, what follows it.
_UNIQUE = re.compile(
    r" (?:\w{2,20}est|most|least|first|second|third|fourth|fifth|last|latest|only|next|same|"
    r"\d{4}s?|(?:nation|country|world|government|state|city|region)[’']s|[A-Z])\b"
)
_INTRODUCED_AFTER = frozenset(("of", "that", "who", "which", "whose", "where"))
_NAME = re.compile(_NAME_WORD)
#: The last word of a name of several.
_FULL_NAME = re.compile(
    r"(?<![\w.])[A-Z][\w.’'-]{0,40}(?: [A-Z][\w.’'-]{0,40}){0,3} ([A-Z][\w-]{0,40}[a-z])(?![\w-])"
    r"(?! [A-Z])"
)
_NAME_BEFORE = re.compile(r"[A-Z][\w.’'-]* $")
_TITLE_BEFORE = re.compile(r"(?:Mr|Mrs|Ms|Dr)\. $")
#: Double quotation marks, one by one.
_DOUBLE = re.compile('([“”"])')
_SPACES = re.compile(" +")
_GENITIVE = re.compile(r"[’']s?$")
#: "Lee also said", "said Minister Lee.".
_SAYS = re.compile(
    rf"({_NAME.pattern})(?:, [^,]{{1,80}},)? (?:also |has |had |then |later )?{_SPEECH}\b"
    rf"|\b{_SPEECH} (?:[A-Z][\w.]{{0,20}} ){{0,3}}({_NAME.pattern})(?=[,.;]|$)"
)
#: Groups and callings at the start of a sentence are no names: Dealers, Police, Parliament.
_GROUP = re.compile(r"[A-Z][a-z]+(?:s|ice|ment)$")

# --- one sentence ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cues:
    """What the words of one sentence show, whatever stands above it."""

    #: By name of the feature.
    flags: Mapping[str, float]
    #: The noun after the "the" that opens the sentence, and after each other "the".
    opening: tuple[str, ...]
    within: tuple[tuple[str, ...], ...]
    #: Names that stand alone where the sentence says whom it is about, and one that says it.
    names: frozenset[str]
    speaker: tuple[str, ...]
    #: Whether a pronoun for a person opens it or says it, and whether any word points back.
    personal: bool
    he_said: bool
    refers: bool


#: Enough for the sentences of a day's stories.
@lru_cache(maxsize=16_384)
def cues(text: str) -> Cues:
    """Read a sentence."""
    text = text[:_LONGEST]
    bare = text.lstrip(_MARKS)
    clause, outside = bare[:_CLAUSE], _without_quotations(text)
    names = [match for match in _NAME.finditer(outside) if _is_name(match, outside)]
    alone = [match for match in names if _is_alone(match, outside)]
    saying = _saying(outside)
    first_name = min((match.start() for match in names), default=len(outside))
    personal = bool(_PERSONAL.match(bare))
    he_said = _stands_before(_HE_SAID, outside, first_name)
    flags = {
        "points back": bool(_POINTS.match(bare)) or _goes_on(outside),
        "also within": bool(_ALSO.search(clause, 1)),
        "this within": bool(_THIS.search(outside, 1)),
        "he before a name": _stands_before(_HE, outside, first_name),
        "its before a name": _stands_before(_ITS, outside, first_name),
        "speaker unnamed": bool(_SOMEBODY_SAID.search(outside)),
        "quotation": text.lstrip("-–—•([ ")[:1] in {"“", '"', "‘"},
        "long": min(1.0, len(text) / _LONG),
    }
    the = _THE.match(clause)
    nouns = (
        _noun(match)
        for match in _THE.finditer(outside)
        if match.start() > 0 and not _introduces_itself(match, outside)
    )
    return Cues(
        {name: float(flag) for name, flag in flags.items()},
        _noun(the) if the and not _introduces_itself(the, clause) else (),
        tuple(noun for noun in nouns if noun),
        frozenset(_stem(match.group()) for match in alone if match.start() < _SUBJECT),
        tuple(_stem(match.group()) for match in alone if match.group() in saying[:1])[:1],
        personal,
        he_said,
        personal or he_said or any(list(flags.values())[:5]),
    )


@lru_cache(maxsize=16_384)
def stems(text: str) -> frozenset[str]:
    """Return the stems of all content words."""
    words = _WORD.findall(text[:_LONGEST])
    return frozenset(_stem(word) for word in words if word.casefold() not in STOP_WORDS)


def full_names(text: str) -> frozenset[str]:
    """Return the last words of names of several words."""
    return frozenset(_stem(match[1]) for match in _FULL_NAME.finditer(text[:_LONGEST]))


def speakers(text: str) -> frozenset[str]:
    """Return the stems of the names of those who say something."""
    return frozenset(map(_stem, _saying(_without_quotations(text[:_LONGEST]))))


def _saying(outside: str) -> list[str]:
    return [match[1] or match[2] for match in _SAYS.finditer(outside)]


def _goes_on(text: str) -> bool:
    that = _THAT_TIME.search(text)
    undated = that and CALENDAR.isdisjoint(_WORD.findall(text[: that.start()]))
    return bool(_ADDED.search(text) or undated)


def _stem(word: str) -> str:
    return stem(word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'"))


def _stands_before(pattern: re.Pattern[str], text: str, place: int) -> bool:
    match = pattern.search(text)
    return match is not None and match.start() < place


def _noun(the: re.Match[str]) -> tuple[str, ...]:
    """Return the stems of a definite noun with the words before it."""
    words: list[str] = []
    for word in the[1].split():
        if word.casefold() in _NOT_NOUN:
            break
        words.append(_stem(word))
    return tuple(words)


def _introduces_itself(the: re.Match[str], text: str) -> bool:
    words, noun = the[1].split(), _noun(the)
    after = words[len(noun)] if len(noun) < len(words) else ""
    return (
        _UNIQUE.match(text, the.start(1)) is not None
        or any(word[:1].isupper() for word in words[: len(noun)])
        or after in _INTRODUCED_AFTER
    )


def _is_name(match: re.Match[str], text: str) -> bool:
    name = _GENITIVE.sub("", match.group())
    if name in CALENDAR or name.casefold() in STOP_WORDS:
        return False
    before = text[max(0, match.start() - 9) : match.start()].rstrip(_MARKS)
    return (bool(before) and before[-1] not in ".:?!") or not _GROUP.match(name)


def _is_alone(match: re.Match[str], text: str) -> bool:
    """Tell whether a name has no other name beside it, and is that of no state or capital."""
    before = text[max(0, match.start() - 24) : match.start()]
    has_first = _NAME_BEFORE.search(before) and not _TITLE_BEFORE.search(before)
    has_last = re.match(r" [A-Z]", text[match.end() : match.end() + 2])
    return _GENITIVE.sub("", match.group()) not in PLACES and not has_first and not has_last


def _without_quotations(text: str) -> str:
    """Return the text outside double quotation marks; single ones are apostrophes too."""
    first, *rest = _DOUBLE.split(text)
    outside, quoted = [first], False
    for mark, words in zip(rest[::2], rest[1::2], strict=True):
        quoted = mark == "“" or (mark == '"' and not quoted)
        outside.append("" if quoted else words)
    return _SPACES.sub(" ", " ".join(outside)).strip()

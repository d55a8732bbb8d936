"""Predicts how likely a sentence leans on one not printed above it.

Classes of words decide, never a list of nouns: pronouns, connectives, and definite nouns and bare
names that the report has introduced and the page has not. ``python -m benchmarks.weights reading``
fits the weight of each class (docs/decisions/0016-reading.md).
"""

import json
import math
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.language import kept, spoken
from briefing.core.model import Sentence
from briefing.core.text.words import CAPITALS, stem


class Introduced:
    """The words and names a report has introduced; sentences are read only when needed."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        """Take the sentences of one report, in order."""
        self._sentences = sentences
        self._unread = list(reversed(sentences))
        self._stems: dict[str, int] = {}
        self._full_names: dict[str, int] = {}
        first = {sentence.paragraph: sentence.index for sentence in self._unread}
        #: Indices of the sentences that open a paragraph.
        self.openings = frozenset(first.values())

    def given(self, words: Iterable[str], *, before: int) -> set[str]:
        """Return those of some stems that occur before the sentence with index ``before``."""
        self._read_until(before)
        return {word for word in words if self._stems.get(word, before) < before}

    def names_in_full(self, words: Iterable[str], *, before: int) -> bool:
        """Tell whether an earlier sentence has one of the stems as a last name: "James Voytko"."""
        self._read_until(before)
        return any(self._full_names.get(word, before) < before for word in words)

    def holders(self, office: Sequence[str], *, before: int) -> Set[str]:
        """Return who was last named with an office before a sentence; all are stems."""
        texts = [sentence.text for sentence in self._sentences if sentence.index < before]
        named = (_named_with(office, _holders(text)) for text in reversed(texts))
        return next(filter(None, named), frozenset())

    @cached_property
    def speakers(self) -> frozenset[str]:
        """Stems of the names of all speakers in the report."""
        return frozenset().union(*(speakers(sentence.text) for sentence in self._sentences))

    def _read_until(self, index: int) -> None:
        while self._unread and self._unread[-1].index < index:
            sentence = self._unread.pop()
            for words_in, where in (
                (stems(sentence.text), self._stems),
                (
                    # the last words of names of several words
                    {_stem(match[1]) for match in _FULL_NAME.finditer(sentence.text[:LONGEST])},
                    self._full_names,
                ),
            ):
                for word in words_in:
                    where.setdefault(word, sentence.index)


@frozen
class Above:
    """What a reader has read before a sentence on the page."""

    stems: frozenset[str]
    #: Names with an office or another title: "President Lind"; all are stems.
    holders: frozenset[tuple[str, str]]
    #: The sentence directly above; None under the headline.
    last: Sentence | None


def above(headline: str, sentences: Sequence[Sentence] = ()) -> Above:
    """Return what a headline and the sentences below it make known."""
    texts = [headline, *(sentence.text for sentence in sentences)]
    holders = frozenset[tuple[str, str]]().union(*map(_holders, texts))
    read = frozenset[str]().union(*map(stems, texts))
    return Above(read, holders, sentences[-1] if sentences else None)


#: Sign of the weight of each feature: 1 if it shows that a sentence leans, -1 that it does not.
FEATURES: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        "points back,also within,this within,he before a name,its before a name,speaker unnamed,"
        "quotation,personal unknown,he said unknown,the given,the new inside,the given within,"
        "name given,surname given,speaker given,debt,place".split(","),
        1,
    )
    | dict.fromkeys(("first of paragraph", "follows", "follows and refers", "long"), -1)
)


def features(sentence: Sentence, *, above: Above, report: Introduced) -> tuple[float, ...]:
    """Return the features of a sentence in the order of :data:`FEATURES`, each about 0 to 1.

    "given": the report has the word before the sentence, and the page does not; "debt": the share
    of its words that are given; "unknown": no speaker of the report is named above; "inside": the
    sentence does not open a paragraph.
    """
    own, words = cues(sentence.text), stems(sentence.text)
    here = sentence.index
    given = report.given(words - above.stems, before=here)
    last = above.last
    follows = last is not None and (last.document, last.index + 1) == (sentence.document, here)
    unknown = (own.personal or own.he_said) and report.speakers.isdisjoint(above.stems)
    opens = here in report.openings
    row = {
        **own.flags,
        "personal unknown": own.personal and unknown,
        "he said unknown": own.he_said and unknown,
        "the given": _is_given(own.opening, above, given),
        "the new inside": bool(own.opening)
        and not opens
        and (above.stems | given).isdisjoint(own.opening[-2:]),
        "the given within": min(2, sum(_is_given(noun, above, given) for noun in own.within)) / 2,
        "name given": not given.isdisjoint(own.names),
        "surname given": report.names_in_full(own.names - above.stems, before=here),
        "speaker given": _is_given(own.speaker, above, given),
        "debt": len(given) / max(1, len(words)),
        "place": math.log1p(here) / 3,
        "first of paragraph": opens,
        "follows": follows,
        "follows and refers": follows and own.refers,
    }
    row["points back"] = max(
        row["points back"],
        row["personal unknown"],
        row["he said unknown"],
        not own.titled <= above.stems,
        _may_be_another(own.office, above, report, before=here),
    )
    return tuple(float(row[name]) for name in FEATURES)


def _may_be_another(
    office: Sequence[str], above: Above, report: Introduced, *, before: int
) -> bool:
    """Tell whether "the president" may be somebody else on the page than in the report."""
    names = _named_with(office, above.holders)
    return bool(names) and len(names | report.holders(office, before=before)) > 1


def _named_with(office: Sequence[str], holders: Set[tuple[str, str]]) -> Set[str]:
    """Return the names with an office; "the Turkish president" is no other country's."""
    named = [{name for title, name in holders if title == word} for word in office]
    return (
        frozenset.intersection(*filter(None, map(frozenset, named))) if any(named) else frozenset()
    )


def _is_given(noun: Sequence[str], above: Above, given: set[str]) -> bool:
    """Tell whether the report, but not the page, has one of the last two words of a noun."""
    return above.stems.isdisjoint(noun[-2:]) and not given.isdisjoint(noun[-2:])


#: Weight of each feature, and "bias".
WEIGHTS: Mapping[str, float] = MappingProxyType(
    json.loads(pkgutil.get_data("briefing.core.text", "reading.json") or b"{}")
)


def leaning(row: Sequence[float]) -> float:
    """Return the probability that a sentence with these features leans on one not above it.

    It is 1 for a sentence that points back, names a "Mr. Lind" not yet introduced or means another
    "president" than the page, unless the preceding sentence of its report is right above: few such
    sentences can be understood alone, and none reads well.
    """
    values = dict(zip(FEATURES, row, strict=True))
    if values["points back"] and not values["follows"]:
        return 1.0
    total = WEIGHTS["bias"] + sum(WEIGHTS[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-total))


#: Characters of a sentence that are read, and of its first clause: of eight news days, 99.9 % of
#: the sentences are shorter than the former. The bounds keep time linear.
LONGEST, _CLAUSE = 900, 160
#: Characters in which a name is the subject of a sentence, and from which a sentence is long.
_SUBJECT_CUES, _LONG = 60, 300

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*|\d[\d.,/-]*")
_MARKS = "-–—•([ \"“”‘'’"
#: Captures the last word of a name of several words.
_FULL_NAME = re.compile(
    rf"(?<![\w.])[{CAPITALS}][\w.’'-]{{0,40}}(?: [{CAPITALS}][\w.’'-]{{0,40}}){{0,3}}"
    rf" ([{CAPITALS}][\w-]{{0,40}}[a-zà-öø-ÿа-яё])(?![\w-])(?! [{CAPITALS}])"
)
_NAME_BEFORE = re.compile(rf"[{CAPITALS}][\w.’'-]* $")
#: Double quotation marks.
_DOUBLE = re.compile('([“”"])')
_SPACES = re.compile(" +")
_GENITIVE = re.compile(r"[’']s?$")


@frozen
class Cues:
    """Cues of one sentence that do not depend on what is above it; words are stems."""

    #: Values of features, by name.
    flags: Mapping[str, float]
    #: The noun after a "the" that opens the sentence, and after each other "the".
    opening: tuple[str, ...]
    within: tuple[tuple[str, ...], ...]
    #: The noun of an opening "the" and what follows it: "president added".
    office: tuple[str, ...]
    #: Single names in the subject, and of the speaker.
    names: frozenset[str]
    #: Those of them that follow a courtesy title: "Mr. Lind".
    titled: frozenset[str]
    speaker: tuple[str, ...]
    #: Whether a personal pronoun opens the sentence, or is its speaker; whether a word points back.
    personal: bool
    he_said: bool
    refers: bool


#: Enough for the sentences of a day's stories.
@kept(16_384)
def cues(text: str) -> Cues:
    """Return the cues of a sentence."""
    text = text[:LONGEST]
    bare = text.lstrip(_MARKS)
    words, calendar = spoken().reading, spoken().clauses.calendar
    clause, outside = bare[:_CLAUSE], without_quotations(text)
    names = [match for match in words.name.finditer(outside) if _is_name(match, outside)]
    alone = [match for match in names if _is_alone(match, outside)]
    subjects = [match for match in alone if match.start() < _SUBJECT_CUES]
    saying = _saying(outside)
    first_name = min((match.start() for match in names), default=len(outside))
    personal = bool(words.personal.match(bare))
    he_said = _stands_before(words.he_said, outside, first_name)
    that = words.that_time.search(outside)
    undated = bool(that and calendar.isdisjoint(_WORD.findall(outside[: that.start()])))
    flags = {
        "points back": bool(words.points.match(bare) or words.added.search(outside)) or undated,
        "also within": bool(words.also.search(clause, 1)),
        "this within": bool(words.this.search(outside, 1)),
        "he before a name": _stands_before(words.he, outside, first_name),
        "its before a name": _stands_before(words.its, outside, first_name),
        "speaker unnamed": bool(words.somebody_said.search(outside)),
        "quotation": text.lstrip("-–—•([ ")[:1] in {*'“"‘„«»'},
        "long": min(1.0, len(text) / _LONG),
    }
    the = words.the.match(clause)
    nouns = (
        _noun(match)
        for match in words.the.finditer(outside)
        if match.start() > 0 and not _introduces_itself(match, outside)
    )
    return Cues(
        {name: float(flag) for name, flag in flags.items()},
        _noun(the) if the and not _introduces_itself(the, clause) else (),
        tuple(noun for noun in nouns if noun),
        _noun(the) if the else (),
        frozenset(_stem(match.group()) for match in subjects),
        frozenset(_stem(match.group()) for match in subjects if _is_titled(match, outside)),
        tuple(_stem(match.group()) for match in alone if match.group() in saying[:1])[:1],
        personal,
        he_said,
        personal or he_said or any(list(flags.values())[:5]),
    )


@kept(16_384)
def stems(text: str) -> frozenset[str]:
    """Return the stems of all content words in the first 900 characters."""
    words, stop_words = _WORD.findall(text[:LONGEST]), spoken().stop_words
    return frozenset(_stem(word) for word in words if word.casefold() not in stop_words)


@kept(16_384)
def _holders(text: str) -> frozenset[tuple[str, str]]:
    """Return each word of names with the last one: of "President Ada Lind", "president", "Lind"."""
    names = [match.group().split() for match in _FULL_NAME.finditer(text[:LONGEST])]
    return frozenset((_stem(word), _stem(name)) for *titles, name in names for word in titles)


def speakers(text: str) -> frozenset[str]:
    """Return the stems of the names of speakers, quotations aside."""
    return frozenset(map(_stem, _saying(without_quotations(text[:LONGEST]))))


def _saying(outside: str) -> list[str]:
    return [match[1] or match[2] for match in spoken().reading.says.finditer(outside)]


def _stem(word: str) -> str:
    return stem(word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'"))


def _stands_before(pattern: re.Pattern[str], text: str, place: int) -> bool:
    match = pattern.search(text)
    return match is not None and match.start() < place


def _noun(the: re.Match[str]) -> tuple[str, ...]:
    """Return the stems of a definite noun and its modifiers."""
    words: list[str] = []
    for word in the[1].split():
        if word.casefold() in spoken().reading.not_noun:
            break
        words.append(_stem(word))
    return tuple(words)


def _introduces_itself(the: re.Match[str], text: str) -> bool:
    words, noun, spelling = the[1].split(), _noun(the), spoken().spelling.capitals
    after = words[len(noun)] if len(noun) < len(words) else ""
    return (
        spoken().reading.unique.match(text, the.start(1)) is not None
        or ("names" in spelling and any(word[:1].isupper() for word in words[: len(noun)]))
        or after in spoken().reading.introduced_after
    )


def _is_name(match: re.Match[str], text: str) -> bool:
    name = _GENITIVE.sub("", match.group())
    if name in spoken().clauses.calendar or name.casefold() in spoken().stop_words:
        return False
    before = text[max(0, match.start() - 9) : match.start()].rstrip(_MARKS)
    return (bool(before) and before[-1] not in ".:?!") or not spoken().reading.group.match(name)


def _is_titled(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - 24) : match.start()]
    return spoken().reading.title_before.search(before) is not None


def _is_alone(match: re.Match[str], text: str) -> bool:
    """Tell whether a name is a single word, and neither a state nor a capital."""
    before, places = text[max(0, match.start() - 24) : match.start()], spoken().places
    has_first = _NAME_BEFORE.search(before) and not _is_titled(match, text)
    after = text[match.end() : match.end() + 2]
    has_last = after[:1] == " " and after[1:].isupper()
    named = _GENITIVE.sub("", match.group())
    return not (has_first or has_last or named in places.states or named in places.seats)


def without_quotations(text: str) -> str:
    """Return the text outside double quotation marks; single ones may be apostrophes."""
    first, *rest = _DOUBLE.split(spoken().spelling.with_plain_marks(text))
    outside, quoted = [first], False
    for mark, words in zip(rest[::2], rest[1::2], strict=True):
        quoted = mark == "“" or (mark == '"' and not quoted)
        outside.append("" if quoted else words)
    return _SPACES.sub(" ", " ".join(outside)).strip()

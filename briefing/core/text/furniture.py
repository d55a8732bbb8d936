"""Rejects sentences that are never printed: furniture, half quotations, tables, first person."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from enum import StrEnum
from typing import NamedTuple, get_type_hints

from briefing.core.frozen import frozen
from briefing.core.glyphs import are_held
from briefing.core.language import Furniture, Language
from briefing.core.language.read import Guarded
from briefing.core.model import PARTIES, Document, Kind, Sentence
from briefing.core.text.speech import Quotation, Quotations
from briefing.core.text.words import tokens

#: Share of digits among letters and digits, and of numbers among words, in a row of a table.
TABLE_DIGITS, TABLE_NUMBERS = 0.4, 0.5
#: Fewest numbers in a row of a table that is recognized by its share of numbers.
FEWEST_NUMBERS = 4
#: Characters that usually contain as many words as a sentence needs.
_BEGINNING = 60

_STAMP = re.compile(
    r"^\W{0,3}\d{1,2}(?::\d\d(?::\d\d)?|[.:]\d\d(?=\s?(?:[ap]\.?m|[A-Z]{2,4}\b)))"
    r"\s?(?:[AaPp]\.?[Mm]\.?)?\s?(?:[A-Z]{2,4}\b)?\W{0,3}(?:$|(?<=[-–—:|])\s?)"
)
#: Superset of the digits of all scripts; faster to search for.
MAYBE_DIGIT = re.compile("[0-9²³¹\u0660-\u1fff\u2070-\U0010ffff]")
#: A word: a letter or digit and all that follows up to a space.
_WORD = re.compile(r"[^\W_]\S*")
#: Number of words matched by ``_PLAIN``, each beginning with an ASCII letter.
_PLAIN_WORDS = 5
_PLAIN = re.compile(rf"(?:[A-Za-z]\S*+\s++){{{_PLAIN_WORDS - 1}}}[A-Za-z]")
_WORD_AS_WRITTEN = re.compile(r"[^\W_][\w’'-]*")
_ROUND_OR_SQUARE = re.compile(r"[()\[\]]")
_PARTNERS = {"(": ")", "[": "]", "“": "”"}
#: Scripts in which a line may break between any two characters.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
)
_IDEOGRAPH = re.compile(f"[{UNSPACED}]")


def is_numbers(text: str) -> bool:
    """Tell whether a text is mostly numbers, like a row of a table."""
    signs = MAYBE_DIGIT.findall(text)
    if not signs:
        return False
    digits = sum(map(str.isdigit, signs))
    # The first characters usually show that digits are too few.
    many = digits > TABLE_DIGITS * sum(map(str.isalnum, text[: 4 * digits]))
    if many and digits > TABLE_DIGITS * sum(map(str.isalnum, text)):
        return True
    if digits < FEWEST_NUMBERS:
        return False
    words = text.split()
    fewest = max(FEWEST_NUMBERS, TABLE_NUMBERS * len(words))
    return digits >= fewest and fewest <= sum(any(map(str.isdigit, word)) for word in words)


def is_stamped(line: str) -> bool:
    """Tell whether a line opens with the clock time of a live page."""
    return bool(_STAMP.search(line))


def has_words(text: str, *, least: int) -> bool:
    """Tell whether :func:`count_words` is at least ``least``, without counting all if possible."""
    # Usually the beginning suffices.
    if least <= _PLAIN_WORDS and _PLAIN.match(text):
        return True
    some = 0 if _IDEOGRAPH.search(text, 0, _BEGINNING) else len(_WORD.findall(text, 0, _BEGINNING))
    return some >= least or count_words(text) >= least


def count_words(text: str) -> int:
    """Return the number of words; two characters of an unspaced script count as one."""
    spaced, ideographs = _IDEOGRAPH.subn(" ", text)
    return len(_WORD.findall(spaced)) + ideographs // 2


def is_names(text: str, *, small_words: Set[str]) -> bool:
    """Tell whether every word is capitalized, a number or one of ``small_words``."""
    word = ""
    for match in _WORD_AS_WRITTEN.finditer(text):
        word = match.group()
        if word[0].islower() and word not in small_words:
            return False
    return bool(word)


def is_bracketed(text: str, marks: re.Pattern[str] = _ROUND_OR_SQUARE) -> bool:
    """Tell whether brackets, or the ``marks``, are balanced and properly nested."""
    pending: list[str] = []
    for mark in marks.findall(text):
        if mark in _PARTNERS:
            pending.append(_PARTNERS[mark])
        elif not pending or pending.pop() != mark:
            return False
    return not pending


class Reason(StrEnum):
    """Why something is left out, as the ledger prints it."""

    # Whole documents.
    LANGUAGE = "other language"
    OPINION = "opinion"
    LIVE_BLOG = "live blog"
    ROUNDUP = "roundup"
    PAYWALL = "behind a paywall"
    BLURB = "a blurb in place of the report"
    UNRELATED = "headline unlike the text"
    STUB = "too little text"
    # Single sentences, in the order in which the rules are tried.
    TOO_LONG = "too long"
    CHARACTERS = "unprintable characters"
    HEADLINE_REPEATED = "headline repeated"
    LIVE_STAMP = "live stamp"
    DATELINE = "dateline only"
    BYLINE = "byline"
    CAPTION = "caption"
    LABELED = "opens with a label"
    FURNITURE = "page furniture"
    TABLE = "table"
    TOO_SHORT = "too short"
    CUT_OFF = "cut off by its source"
    UNBROKEN = "unbreakable word"
    HEADING = "not a whole sentence"
    FRAGMENT = "starts in the middle"
    QUESTION = "question"
    UNBALANCED = "half a quotation"
    SPEAKERLESS = "words without a speaker"
    FIRST_PERSON = "first person"
    SECOND_PERSON = "talks to the reader"
    NAMELESS = "talk without a name or a number"


#: Most characters of a sentence: 99.5 % of the 15,199 sentences of the eight measured days have
#: fewer than 398.
LONGEST = 400
#: Fewest words of a sentence; shorter ones are labels or say too little ("He died in 2015.").
FEWEST_WORDS = 5
#: Most characters without a line break opportunity; longer strings are addresses and hashes.
LONGEST_WORD = 40
#: Jaccard index of the bags of words of sentence and headline from which they are the same.
SAME_HEADLINE = 0.8
#: "A B is a columnist for C" introduces the author after this share of the document, or in a first
#: sentence of at most so many characters.
BIOGRAPHIES_FROM, LONGEST_BIOGRAPHY = 0.8, 100


#: Wrongly decoded text, a lost apostrophe ("NJ?s"), left-over markup and program code. The
#: character class comes first because it is fast to search for; what follows looks back at it.
_DAMAGE = re.compile(
    r"[âÃ?&{}<](?:(?<=â)€|(?<=Ã)[\x80-\xbf]|(?<=[a-z]\?)[a-z]|(?<=&)(?:#\d{1,6}|[a-z]{2,8});"
    r"|(?<=[{}])|(?<=<)/?(?:p|br|a|b|i|em|strong|div|span|img|li|ul|ol|h\d|script)\b[^<>]*>)"
)
_DATELINE = re.compile(
    r"^(?=[^a-z]{0,40}[A-Z]{2})(?=.*(?:[-–—)]|\d)$)[A-Z][A-Za-z.,’'/ -]{1,50}\d{0,2}(?:, ?\d{4})?"
    r" ?(?:\([A-Za-z/ ]{2,30}\))? ?[-–—]{0,2}$"
)
#: Six words in capitals: the script of a broadcast, or a heading that runs into the text.
_SHOUTED = re.compile(r"[A-Z](?<=\b.)[A-Z]{1,19}(?:[’']?,? [A-Z’'-]{1,20}){5}\b")
#: Every match of :data:`_OF_WORDS` contains one of these.
_HAS_WORD = re.compile(r"[\w©]")
_NAMES_APART = re.compile(r"[-–—|](?<=\s.)(?=\s)")
_UNBROKEN = re.compile(rf"[^-\s–—{UNSPACED}]{{{LONGEST_WORD + 1}}}")
#: A label in capitals: "AMY STONE:", "SOT:", "THE FACTS:", "Q2:". The line of a transcript means
#: something else without its speaker.
_LABEL = re.compile(r"^[\W_]{0,3}[A-Z][A-Z\d.'’-]{0,20}(?: [A-Z\d.'’-]{1,20}){0,4}:(?=\s)")
_CLOSERS, _STOPS = "\"'”’»“)]›」』", tuple(".!?…。！？؟।۔።")  # noqa: RUF001  marks of other scripts
_ENDED = re.compile(r"[.!?…。！？؟।۔።](?:\s?[\"'”’»“)\]›」』])*$")  # noqa: RUF001  marks of other scripts
_ASKED = re.compile(r"[?？؟][!?]*(?:\s?[\"'”’»“)\]›」』])*$")  # noqa: RUF001  marks of other scripts
#: A lower-case letter; and, after the first word, a capitalized word other than "I", or a digit
#: anywhere.
_CASED = re.compile(r"[a-z]")
_NAMED = re.compile(r"(?<=[\w,] )[\"“‘'(]?(?!I\b)[A-Z]|\d")
PHRASES = [name for name, kind in get_type_hints(Furniture).items() if kind == Guarded]
_OPENED = re.compile(r"^[\s\"'“”‘„«»(\[¿¡「『$€£¥#<+]*")


@frozen
class _Report:
    """What the rules need of one document, computed once for all its sentences."""

    document: Document
    #: Words of the title.
    headline: tuple[str, ...]
    quotations: Quotations
    #: Patterns of its language; and those phrases that its text may contain, by name.
    wording: Furniture
    phrases: Mapping[str, Guarded]
    kind: Kind
    language: Language
    #: Whether a word is so long that part of it may be unbreakable.
    long_words: bool


def phrases_of(wording: Furniture, text: str) -> dict[str, Guarded]:
    """Return by name the phrases that a text, or a part of it, may contain."""
    lowered = text.lower()
    return {
        name: tuple(pair for pair in getattr(wording, name) if pair[0] in lowered)
        for name in PHRASES
    }


class _Case(NamedTuple):
    """One sentence as the rules see it."""

    text: str
    lowered: str
    sentence: Sentence
    #: Quotations that overlap it, and the sentence with an ellipsis for each.
    inside: tuple[Quotation, ...]
    own: str
    report: _Report


def _repeats_headline(case: _Case) -> bool:
    title, text, lowered = case.report.headline, case.text, case.lowered
    if not len(text) < 2 * len(case.report.document.title) < 4 * len(text):
        return False  # far too short or too long to share so many words
    held = len(title)
    for word in title:
        if word not in lowered:
            held -= 1
            # Without these characters every token is a substring of the lowered text.
            if held < SAME_HEADLINE * len(title) and "’" not in text and "Σ" not in text:
                return False
    words = tokens(text)
    shared = (Counter(words) & Counter(title)).total()
    union = len(words) + len(title) - shared
    return union > 0 and shared >= SAME_HEADLINE * union


def _is_byline(case: _Case) -> object:
    text, wording = case.text, case.report.wording
    by = wording.by.search(text)
    start, whole = case.sentence.start, len(case.report.document.text)
    aside = start >= BIOGRAPHIES_FROM * whole or (start == 0 and len(text) <= LONGEST_BIOGRAPHY)
    return (
        (by is not None and is_names(text[by.end() :], small_words=wording.small_words))
        or wording.byline.search(text)
        or (aside and wording.biography.search(text))
    )


def _is_caption(case: _Case) -> object:
    text, wording = case.text, case.report.wording
    pair = not _is_ended(text) and _NAMES_APART.search(text)
    return (pair and is_names(text, small_words=wording.small_words)) or wording.caption.search(
        text
    )


def _is_ended(text: str) -> bool:
    return text.rstrip(_CLOSERS).endswith(_STOPS) or _ENDED.search(text) is not None


def _is_unstopped(case: _Case) -> bool:
    """Tell whether a teaser ends in a whole sentence without a period, as in some feeds."""
    text, report = case.text, case.report
    last = text.rsplit(maxsplit=1)[-1]
    return (
        report.kind is Kind.TEASER
        and case.sentence.end == len(report.document.text.rstrip())
        and last[-1].isalnum()
        and last.casefold() not in report.language.stop_words
        and report.language.clauses.verb.search(text) is not None
    )


def _is_item(case: _Case) -> bool:
    """Tell whether a sentence is an item in a party's list of measures: "Raising the wage."."""
    report = case.report
    return (
        report.kind in PARTIES
        and report.wording.item.match(case.text) is not None
        and report.language.quotes.finite.search(case.text) is None
    )


def _is_heading(case: _Case) -> object:
    return (
        not (_is_ended(case.text) or _is_unstopped(case))
        or case.text.isupper()
        or _is_item(case)
        or _SHOUTED.search(case.own)
        or is_names(case.text, small_words=case.report.wording.small_words)
    )


def _is_fragment(case: _Case) -> bool:
    text = case.text if case.text[0].isalnum() else _OPENED.sub("", case.text)
    if not text[:1].isalnum():
        return True
    if not text[0].islower():
        return False
    word = text.split(maxsplit=1)[0]
    return (
        word == word.lower()
        and word.split("-")[0].casefold() not in case.report.wording.name_openers
    )


def _is_unbalanced(case: _Case) -> bool:
    cut = any(
        not span.closed or span.start < case.sentence.start or span.end > case.sentence.end
        for span in case.inside
    )
    return cut or not is_bracketed(case.text)


def _is_first_person(case: _Case) -> object:
    wording = case.report.wording
    return (
        case.report.kind not in PARTIES
        and wording.first_words.search(case.own)
        and wording.first_person.search(case.own)
    )


def _own_words(sentence: Sentence, inside: Sequence[Quotation], text: str) -> str:
    """Return a sentence of a text with an ellipsis in place of each quotation."""
    parts, done = [], sentence.start
    for quotation in inside:
        parts.append(text[done : max(done, quotation.start)])
        done = quotation.end
    return "…".join((*parts, text[done : sentence.end]))


#: Returns a true value if the reason applies to a sentence.
_Rule = Callable[[_Case], object]


def _holds(phrases: str, *, own: bool = False) -> _Rule:
    """Return a rule that searches for phrases in a sentence, or in its text outside quotations."""

    def holds(case: _Case) -> bool:
        lowered = case.lowered
        # ``any`` with a generator takes twice as long.
        for needle, pattern in case.report.phrases[phrases]:
            if needle in lowered and pattern.search(case.own if own else case.text):
                return True
        return False

    return holds


#: Rules in the order in which they are tried; length comes first so that no pattern searches a
#: long text.
_FIRST: tuple[tuple[Reason, _Rule], ...] = (
    (Reason.TOO_LONG, lambda case: len(case.text) > LONGEST),
    (Reason.CHARACTERS, lambda case: not are_held(case.text) or _DAMAGE.search(case.text)),
)
#: Rules that never match a text without a letter, digit or copyright sign. They are the slow ones,
#: and a hostile text of punctuation alone has very many sentences.
_OF_WORDS: tuple[tuple[Reason, _Rule], ...] = (
    (Reason.HEADLINE_REPEATED, _repeats_headline),
    (Reason.LIVE_STAMP, lambda case: is_stamped(case.text)),
    (Reason.DATELINE, lambda case: _DATELINE.search(case.text)),
    (Reason.BYLINE, _is_byline),
    (Reason.BYLINE, _holds("byline_phrases")),
    (Reason.CAPTION, _is_caption),
    (Reason.CAPTION, _holds("caption_phrases")),
    (Reason.LABELED, lambda case: _LABEL.search(case.text)),
    (Reason.FURNITURE, lambda case: case.report.wording.furniture.search(case.text)),
    (Reason.FURNITURE, _holds("furniture_phrases")),
    (Reason.TABLE, lambda case: is_numbers(case.text)),
    (Reason.TABLE, _holds("table")),
)
_LAST: tuple[tuple[Reason, _Rule], ...] = (
    (Reason.TOO_SHORT, lambda case: not has_words(case.text, least=FEWEST_WORDS)),
    # The only sentence of a teaser is printed as it is.
    (
        Reason.CUT_OFF,
        lambda case: case.sentence.index and case.text.endswith(("...", "…")),
    ),
    (Reason.UNBROKEN, lambda case: case.report.long_words and _UNBROKEN.search(case.text)),
    (Reason.HEADING, _is_heading),
    (Reason.FRAGMENT, _is_fragment),
    (Reason.QUESTION, lambda case: not case.text.endswith(".") and _ASKED.search(case.text)),
    (Reason.UNBALANCED, _is_unbalanced),
    (Reason.SPEAKERLESS, lambda case: not any(map(str.isalnum, case.own))),
    (Reason.FIRST_PERSON, _is_first_person),
    (Reason.SECOND_PERSON, _holds("second_person", own=True)),
    (
        Reason.NAMELESS,
        lambda case: (
            case.report.kind is Kind.TRANSCRIPT
            and _CASED.search(case.text)
            and not _NAMED.search(case.text)
        ),
    ),
)
_RULES, _WITHOUT_WORDS = (*_FIRST, *_OF_WORDS, *_LAST), (*_FIRST, *_LAST)


class Judge:
    """Finds the reasons why sentences of one document are never printed."""

    def __init__(self, document: Document, *, language: str = "en", kind: Kind = Kind.WIRE) -> None:
        """Prepare the rules for a document; ``language`` applies if it states none."""
        own = Language.of_text(document.language or language)
        wording = own.furniture
        self._report = _Report(
            document,
            tokens(document.title),
            Quotations(document.text),
            wording,
            phrases_of(wording, document.text),
            kind,
            own,
            max(map(len, document.text.split()), default=0) > LONGEST_WORD,
        )

    def __call__(self, sentence: Sentence) -> Reason | None:
        """Return the first reason why a sentence is never printed; None: it may be."""
        text, report = sentence.text, self._report
        inside = report.quotations.within(sentence)
        own = _own_words(sentence, inside, report.document.text) if inside else text
        case = _Case(text, text.lower(), sentence, inside, own, report)
        for reason, rule in _RULES if _HAS_WORD.search(text) else _WITHOUT_WORDS:
            if rule(case):
                return reason
        return None

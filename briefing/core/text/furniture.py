"""Decides why a sentence is never printed: furniture, half quotations, tables, first person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from briefing.core.glyphs import are_held
from briefing.core.model import Document, Sentence
from briefing.core.text.quotation import quotations_in
from briefing.core.text.wording import WORDINGS, Phrases, Wording
from briefing.core.text.words import tokens


class Reason(StrEnum):
    """Why something is left out, as the ledger prints it."""

    # Whole documents.
    LANGUAGE = "other language"
    OPINION = "opinion"
    LIVE_BLOG = "live blog"
    ROUNDUP = "roundup"
    PAYWALL = "behind a paywall"
    BLURB = "a blurb in place of the report"
    STUB = "too little text"
    # Single sentences, in the order in which they are tried.
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
    UNBROKEN = "unbreakable word"
    HEADING = "not a whole sentence"
    FRAGMENT = "starts in the middle"
    QUESTION = "question"
    UNBALANCED = "half a quotation"
    SPEAKERLESS = "quotation without a speaker"
    FIRST_PERSON = "first person"
    SECOND_PERSON = "talks to the reader"


#: Characters. Of 15,199 sentences of the eight measuring days 99.5 % are shorter than 398.
LONGEST = 400
#: Words; shorter sentences are labels or too slight to stand alone ("He died in 2015.").
FEWEST_WORDS = 5
#: Characters between two places where a line may break: addresses and hashes, no real word.
LONGEST_WORD = 40
#: Shared words of sentence and headline, as Jaccard index of the two bags of words.
SAME_HEADLINE = 0.8
#: From this part of the document on, "A B is a columnist for C" introduces the author.
BIOGRAPHIES_FROM = 0.8
#: Share of digits among letters and digits, and of numbers among words, in a row of a table.
TABLE_DIGITS, TABLE_NUMBERS = 0.4, 0.5


#: Text decoded twice, a lost apostrophe ("NJ?s"), left-over markup and program code.
_DAMAGE = re.compile(
    r"â€|Ã[\x80-\xbf]|[a-z]\?[a-z]|&(?:#\d{1,6}|[a-z]{2,8});|[{}]"
    r"|</?(?:p|br|a|b|i|em|strong|div|span|img|li|ul|ol|h\d|script)\b[^<>]*>"
)
#: Every match of it contains one of these, which are found sooner.
_DAMAGE_SIGN = re.compile(r"[âÃ?&{}<]")
_STAMP = re.compile(
    r"^\W{0,3}\d{1,2}(?::\d\d(?::\d\d)?|[.:]\d\d(?=\s?(?:[ap]\.?m|[A-Z]{2,4}\b)))"
    r"\s?(?:[AaPp]\.?[Mm]\.?)?\s?(?:[A-Z]{2,4}\b)?\W{0,3}(?:$|(?<=[-–—:|])\s?)"
)
_DATELINE = re.compile(
    r"^(?=[^a-z]{0,40}[A-Z]{2})(?=.*(?:[-–—)]|\d)$)[A-Z][A-Za-z.,’'/ -]{1,50}\d{0,2}(?:, ?\d{4})?"
    r" ?(?:\([A-Za-z/ ]{2,30}\))? ?[-–—]{0,2}$"
)
#: Digits of all scripts, and what stands among them.
_MAYBE_DIGIT = re.compile("[0-9²³¹\u0660-\u1fff\u2070-\U0010ffff]")
#: The first letter or digit between two spaces, and what follows it there.
_WORD = re.compile(r"[^\W_]\S*")
_WORD_AS_WRITTEN = re.compile(r"[^\W_][\w’'-]*")
_ROUND_OR_SQUARE = re.compile(r"[()\[\]]")
#: Every match of :data:`_WORD_RULES` contains one of these.
_HAS_WORD = re.compile(r"[\w©]")
_NAMES_APART = re.compile(r"\s[-–—|]\s")
#: Scripts that are written without spaces: a line may break between any two characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
)
_UNBROKEN = re.compile(rf"[^-\s–—{_UNSPACED}]{{{LONGEST_WORD + 1}}}")
_IDEOGRAPH = re.compile(f"[{_UNSPACED}]")
#: "AMY STONE:", "SOT:", "THE FACTS:", and with its number "Q2:"; by who speaks, a line of a
#: transcript means something else than by itself.
_LABEL = re.compile(r"^[\W_]{0,3}[A-Z][A-Z\d.'’-]{0,20}(?: [A-Z\d.'’-]{1,20}){0,4}:(?=\s)")
_ENDED = re.compile(r"[.!?…。！？؟।۔።][\"'”’»“)\]›」』]*$")  # noqa: RUF001  marks of other scripts
_ASKED = re.compile(r"[?？؟][!?]*[\"'”’»“)\]›」』]*$")  # noqa: RUF001  marks of other scripts
_OPENED = re.compile(r"^[\s\"'“”‘„«»(\[¿¡「『$€£¥#<+]*")


def _is_too_long(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return len(sentence.text) > LONGEST


def _has_bad_characters(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    text = sentence.text
    return not are_held(text) or bool(_DAMAGE_SIGN.search(text) and _DAMAGE.search(text))


def _repeats_headline(sentence: Sentence, document: Document, _wording: Wording | None) -> bool:
    if not len(sentence.text) < 2 * len(document.title) < 4 * len(sentence.text):
        return False  # far too short or too long to share so many words
    words, title = tokens(sentence.text), _title_words(document.title)
    if min(len(words), len(title)) < SAME_HEADLINE * max(len(words), len(title)):
        return False  # even if one held all words of the other
    shared = (Counter(words) & Counter(title)).total()
    union = len(words) + len(title) - shared
    return union > 0 and shared >= SAME_HEADLINE * union


@lru_cache(maxsize=4)
def _title_words(title: str) -> list[str]:
    return tokens(title)


def _is_live_stamp(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return is_stamped(sentence.text)


def _is_dateline(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return bool(_DATELINE.search(sentence.text))


def _holds(text: str, phrases: Phrases) -> bool:
    lowered = text.lower()
    return any(needle in lowered and pattern.search(text) for needle, pattern in phrases)


def _is_byline(sentence: Sentence, document: Document, wording: Wording | None) -> bool:
    if wording is None:
        return False
    text = sentence.text
    by = wording.by.search(text)
    late = sentence.start >= BIOGRAPHIES_FROM * len(document.text)
    return (
        (by is not None and _is_names(text[by.end() :], wording))
        or bool(wording.byline.search(text))
        or _holds(text, wording.byline_phrases)
        or (late and bool(wording.biography.search(text)))
    )


def _is_caption(sentence: Sentence, _document: Document, wording: Wording | None) -> bool:
    if wording is None:
        return False
    text = sentence.text
    pair = _NAMES_APART.search(text) is not None and not _ENDED.search(text)
    return (
        (pair and _is_names(text, wording))
        or bool(wording.caption.search(text))
        or _holds(text, wording.caption_phrases)
    )


def _is_labeled(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return bool(_LABEL.search(sentence.text))


def _is_furniture(sentence: Sentence, _document: Document, wording: Wording | None) -> bool:
    return wording is not None and (
        bool(wording.furniture.search(sentence.text))
        or _holds(sentence.text, wording.furniture_phrases)
    )


def _is_table(sentence: Sentence, _document: Document, wording: Wording | None) -> bool:
    text = sentence.text
    return _is_numbers(text) or (wording is not None and _holds(text, wording.table))


def _is_numbers(text: str) -> bool:
    if not _MAYBE_DIGIT.search(text):
        return False
    digits = sum(map(str.isdigit, text))
    words = text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    signs = sum(map(str.isalnum, text))
    return digits > TABLE_DIGITS * signs or numbers >= max(4, TABLE_NUMBERS * len(words))


def _is_too_short(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return count_words(sentence.text) < FEWEST_WORDS


def _is_unbroken(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return bool(_UNBROKEN.search(sentence.text))


def _is_heading(sentence: Sentence, _document: Document, wording: Wording | None) -> bool:
    text = sentence.text
    if not _ENDED.search(text):
        return True
    return text.isupper() or (wording is not None and _is_names(text, wording))


def _is_fragment(sentence: Sentence, _document: Document, wording: Wording | None) -> bool:
    text = _OPENED.sub("", sentence.text)
    if not text[:1].isalnum():
        return True
    word = text.split(maxsplit=1)[0]
    named = wording is not None and word.split("-")[0].casefold() in wording.name_openers
    return word[0].islower() and word == word.lower() and not named


def _is_question(sentence: Sentence, _document: Document, _wording: Wording | None) -> bool:
    return bool(_ASKED.search(sentence.text))


def _is_unbalanced(sentence: Sentence, document: Document, _wording: Wording | None) -> bool:
    cut = any(
        not span.closed or span.start < sentence.start or span.end > sentence.end
        for span in quotations_in(sentence, document)
    )
    return cut or not _is_bracketed(sentence.text)


def _is_speakerless(sentence: Sentence, document: Document, _wording: Wording | None) -> bool:
    return not any(letter.isalnum() for letter in _own_words(sentence, document))


def _is_first_person(sentence: Sentence, document: Document, wording: Wording | None) -> bool:
    if wording is None:
        return False
    own = _own_words(sentence, document)
    return bool(wording.first_words.search(own) and wording.first_person.search(own))


def _is_second_person(sentence: Sentence, document: Document, wording: Wording | None) -> bool:
    return wording is not None and _holds(_own_words(sentence, document), wording.second_person)


def _own_words(sentence: Sentence, document: Document) -> str:
    """Return a sentence with an ellipsis for each quotation in it."""
    inside = quotations_in(sentence, document)
    if not inside:
        return sentence.text
    parts, done = [], sentence.start
    for quotation in inside:
        parts.append(document.text[done : max(done, quotation.start)])
        done = quotation.end
    return "…".join((*parts, document.text[done : sentence.end]))


#: In the order in which they are tried; length comes first so that no pattern meets a long text.
_RULES: tuple[tuple[Reason, Callable[[Sentence, Document, Wording | None], bool]], ...] = (
    (Reason.TOO_LONG, _is_too_long),
    (Reason.CHARACTERS, _has_bad_characters),
    (Reason.HEADLINE_REPEATED, _repeats_headline),
    (Reason.LIVE_STAMP, _is_live_stamp),
    (Reason.DATELINE, _is_dateline),
    (Reason.BYLINE, _is_byline),
    (Reason.CAPTION, _is_caption),
    (Reason.LABELED, _is_labeled),
    (Reason.FURNITURE, _is_furniture),
    (Reason.TABLE, _is_table),
    (Reason.TOO_SHORT, _is_too_short),
    (Reason.UNBROKEN, _is_unbroken),
    (Reason.HEADING, _is_heading),
    (Reason.FRAGMENT, _is_fragment),
    (Reason.QUESTION, _is_question),
    (Reason.UNBALANCED, _is_unbalanced),
    (Reason.SPEAKERLESS, _is_speakerless),
    (Reason.FIRST_PERSON, _is_first_person),
    (Reason.SECOND_PERSON, _is_second_person),
)


#: Rules that never match a text without a letter, digit or copyright sign. They are the expensive
#: ones, and a hostile text of punctuation alone has very many sentences.
_WORD_RULES = frozenset(
    {
        Reason.HEADLINE_REPEATED,
        Reason.LIVE_STAMP,
        Reason.DATELINE,
        Reason.BYLINE,
        Reason.CAPTION,
        Reason.LABELED,
        Reason.FURNITURE,
        Reason.TABLE,
    }
)
_SYMBOL_RULES = tuple(rule for rule in _RULES if rule[0] not in _WORD_RULES)


def judge_sentence(
    sentence: Sentence, *, document: Document, language: str = "en"
) -> Reason | None:
    """Return the first reason why a sentence is never printed, or None when it may be.

    Args:
        sentence: a slice of ``document``.
        document: gives the headline and the text around the sentence.
        language: ISO 639-1; used when the document has none.
    """
    wording = WORDINGS.get(primary(document.language or language))
    for reason, rule in _RULES if _HAS_WORD.search(sentence.text) else _SYMBOL_RULES:
        if rule(sentence, document, wording):
            return reason
    return None


@lru_cache(maxsize=64)
def primary(language: str) -> str:
    """Return the language of a tag without region or script: "en" of "en-GB"."""
    return re.split(r"[-_]", language.strip(), maxsplit=1)[0].lower()


def is_stamped(line: str) -> bool:
    """Tell whether a line opens with the clock time of a live page."""
    return bool(_STAMP.search(line))


def count_words(text: str) -> int:
    """Return the number of words; two characters of an unspaced script count as one."""
    spaced, ideographs = _IDEOGRAPH.subn(" ", text)
    return len(_WORD.findall(spaced)) + ideographs // 2


def _is_names(text: str, wording: Wording) -> bool:
    """Tell whether every word is capitalized, a number or one that needs no verb beside it."""
    word = ""
    for match in _WORD_AS_WRITTEN.finditer(text):
        word = match.group()
        if word[0].islower() and word not in wording.small_words:
            return False
    return bool(word)


def _is_bracketed(text: str) -> bool:
    """Tell whether round and square brackets close in the order in which they opened."""
    pending: list[str] = []
    for mark in _ROUND_OR_SQUARE.findall(text):
        if mark in "([":
            pending.append(")" if mark == "(" else "]")
        elif not pending or pending.pop() != mark:
            return False
    return not pending

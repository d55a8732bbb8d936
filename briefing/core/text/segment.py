"""Splits a document into paragraphs and sentences, which are exact slices of its text."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import sentencex

from briefing.core.frozen import frozen
from briefing.core.language import in_language, spoken
from briefing.core.model import Document, Sentence
from briefing.core.text.speech import quotations
from briefing.core.text.words import without_article

#: Number or letter of a list item; part of the sentence.
_LIST_MARK = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})[.)\]]+")
_CLOSERS = "\"'”’»)]"


#: Letters each followed by a period ("U.S.", "Ph.D."), or a single letter: an initial.
_DOTTED = re.compile(r"[A-Z]\.?|(?:[A-Z][a-z]{0,2}\.)+[A-Z]")
#: A nickname between first and last name: "Edgar G. “Red” Lund".
_NICKNAME = re.compile(r"[\"“‘]\w{1,20}[\"”’] [A-Z]")
#: "iFone", "al-Nur", "d’Arvor": a lower-case name that may open a sentence.
_SMALL_NAME = re.compile(r"[a-z]{1,3}[-’']?[A-Z]")
#: A period, then spaces and a capital; after a short word the rules decide.
_PERIOD = re.compile(r"""\. ++(?=[("'“‘[]{0,3}[A-Z])""")
_SHORT_WORD = re.compile(r"""(?<![^\s("'“‘[])[A-Za-z][A-Za-z.]{0,9}\Z""")
#: Characters needed to recognize a short word: its own and the one before it.
_SHORT = 11
#: A lower-case word or a number, the end of a sentence, and a capital word with no space between.
_RUN_ON = re.compile(
    r"(?<=\s)(?!www\b)(?:[a-z’-]{2,30}|[$€£]?[\d.,/]{0,20}\d\d)[.?!][”’]?"
    r"(?=[A-Z][a-z]{0,30}\s)"
)
#: Part of every match of ``_RUN_ON``; faster to search for.
_STUCK = re.compile(r"[.?!][”’]?[A-Z]")
#: A word that is no abbreviation, a sentence's end, and a number, before which the library never
#: splits in German, because of ordinals.
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]{5}[.?!]) (?=\d)")
#: A closing quotation mark left over before the next sentence; a German opening one has no space.
_CLOSER = re.compile(r"»(?: +|\Z)")
#: An opening quotation mark, which French separates from the quotation by a space, and the library
#: takes for a closing one if it is a typewriter's.
_OPENER = re.compile(r"(?<=\s)(?:«|``)\s*\Z")
_LONE_PERIOD = re.compile(r"\.(?!\d)")
_BRACKET = re.compile(r"[()\[\]]")
#: White space other than the plain space.
_SPACE = re.compile(r"[^\S ]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_WORD = re.compile(r"[^\w]*(\w+)")

#: Most characters passed to sentencex at once: version 1.0.32 is quadratic in unclosed quotation
#: marks (2 s for 100,000), and no sentence worth printing is longer.
_WINDOW = 4_000
#: Most characters between a pair of marks; further apart, both count as stray.
_LONGEST_PAIR = 1_000
#: Characters on either side of a gap that the rules read.
_SIGHT = 120


class _Gap(NamedTuple):
    """A place where a sentence may end."""

    #: Up to 120 characters before it, without trailing white space.
    left: str
    #: Up to 120 characters after it, from the first character of the next sentence.
    right: str
    #: Whether ``left`` reaches back to the start of the paragraph.
    whole: bool
    #: The last word before it, without opening marks, elided article and period; empty without
    #: a period.
    last: str

    @property
    def opens_anew(self) -> bool:
        """Whether the next word is capitalized only at the start of a sentence."""
        match = _FIRST_WORD.match(self.right)
        word = match.group(1) if match else ""
        starters = (
            spoken().sentences.sure_starters
            if len(word) > 1 and word.isupper()
            else spoken().sentences.starters
        )
        return word.lower() in starters


def _before_small(gap: _Gap) -> bool | None:
    """Return False before a lower-case letter or a closing mark: no sentence starts with it."""
    right = gap.right
    if right[0].isupper():
        return None
    if right[0] in ",;:)]}”?!" or (right[0] == "." and _LONE_PERIOD.match(right)):
        return False
    head = right.lstrip("([\"'“‘«…—–- ")
    return False if head[:1].islower() and not _SMALL_NAME.match(head) else None


def _after_list_mark(gap: _Gap) -> bool | None:
    """Return False after the number of a list item: it belongs to the item."""
    return False if gap.whole and _LIST_MARK.fullmatch(gap.left) else None


def _before_speaker(gap: _Gap) -> bool | None:
    """Return False before the speaker of a quoted question: both are one sentence."""
    bare = gap.left.rstrip("\"'”’»")
    asks = bare != gap.left and bare.endswith(("?", "!", "…", "—"))
    return (
        False
        if asks and not gap.opens_anew and spoken().sentences.speaker.match(gap.right)
        else None
    )


def _after_title(gap: _Gap) -> bool | None:
    """Return False after a title ("Mr."), and between a counted noun ("No.") and its numeral."""
    if gap.last in spoken().sentences.titles or (
        gap.last.isupper() and gap.last.capitalize() in spoken().sentences.titles
    ):
        return False
    return False if gap.last in spoken().sentences.counted and gap.right[0].isdigit() else None


def _after_hour(gap: _Gap) -> bool | None:
    """Return True after an hour ("p.m."), unless a time zone, day or month follows."""
    return (
        None
        if gap.last not in spoken().sentences.hours
        else not spoken().sentences.after_hour.match(gap.right)
    )


def _after_abbreviation(gap: _Gap) -> bool | None:
    """Return whether a word that must open a sentence follows an abbreviation in a name."""
    if gap.right[0].isdigit():
        return None
    words = spoken().sentences
    if gap.last in words.last_words:
        return True
    company = gap.last.isupper() and gap.last in words.companies
    part = gap.last in words.name_parts or company or words.ordinal.fullmatch(gap.last)
    # "D-N.Y.": the part after the hyphen.
    if part or _DOTTED.fullmatch(gap.last.rpartition("-")[2]):
        return gap.opens_anew or (gap.right[0] in '"“‘„«»' and not _NICKNAME.match(gap.right))
    return None


#: Rules in order; the first that does not return None decides.
_RULES = (_before_small, _after_list_mark, _before_speaker)
#: The same, followed by those that apply only after a period.
_ALL_RULES = (*_RULES, _after_title, _after_hour, _after_abbreviation)


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each outermost bracketed passage, brackets included."""
    opened: list[int] = []
    if ")" not in text and "]" not in text:
        return
    for match in _BRACKET.finditer(text):
        if match.group() in "([":
            opened.append(match.start())
        elif opened:
            start = opened.pop()
            if not opened:
                yield (start, match.end())


def _closed(text: str) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in quotations(text) if each.closed]


def _library_starts(text: str, *, language: str) -> Iterator[int]:
    """Yield where sentencex starts a new sentence; reads the text in windows."""
    place = 0
    while place < len(text):
        boundaries = sentencex.get_sentence_boundaries(language, text[place : place + _WINDOW])
        starts = [place + start for item in boundaries if (start := item["start_index"]) > 0]
        yield from starts
        place = starts[-1] if starts and place + _WINDOW < len(text) else place + _WINDOW


def _after_bracketed(text: str, *, pairs: list[tuple[int, int]]) -> Iterator[int]:
    """Yield the ends of bracketed sentences: "He left. (She stayed.) Nobody spoke."."""
    for start, end in pairs:
        before = text[max(0, start - _SIGHT) : start].rstrip(_CLOSERS + " ")
        if text[end - 1] in ")]" and text[end - 2] in STOPS + _CLOSERS and before[-1:] in STOPS:
            yield end


def _after_short_words(text: str) -> Iterator[int]:
    """Yield where a capitalized word follows a short word with a period, such as "Mr."."""
    for period in _PERIOD.finditer(text):
        if _SHORT_WORD.search(text[max(0, period.start() - _SHORT) : period.start()]):
            yield period.end()


def _gaps(text: str, *, language: str, pairs: list[tuple[int, int]]) -> dict[int, bool]:
    """Return the places where a sentence may start, in order, and whether each was proposed."""
    stuck = _RUN_ON.finditer(text) if _STUCK.search(text) else ()
    proposed = [
        *_library_starts(text, language=language),
        *_after_bracketed(text, pairs=pairs),
        *(match.end() for match in stuck),
        *(match.end() for match in _BEFORE_NUMBER.finditer(text)),
    ]
    gaps = dict.fromkeys(_after_short_words(text), False)
    for behind in proposed:
        opener = _OPENER.search(text, max(0, behind - _SHORT), behind)
        place = opener.start() if opener else behind
        while text.startswith(" ", place):
            place += 1
        closer = _CLOSER.match(text, place)
        gaps[closer.end() if closer else place] = True
    return {place: gaps[place] for place in sorted(gaps) if 0 < place < len(text)}


def _starts(text: str, *, language: str, quoted: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the start of each sentence of a paragraph, which is on one line; the first is 0."""
    # The spans that are never split, in order: closed quotations, and brackets outside
    pairs: list[tuple[int, int]] = []
    for start, end in sorted([*quoted, *_brackets(text)]):
        if end - start <= _LONGEST_PAIR and (not pairs or start >= pairs[-1][1]):
            pairs.append((start, end))
    elided = spoken().spelling.elided
    yield 0
    for place, proposed in _gaps(text, language=language, pairs=pairs).items():
        number = bisect_left(pairs, (place, 0)) - 1
        if number >= 0 and place < pairs[number][1]:
            continue
        if text[place] in "-–—" and text[place - 1] == ".":
            continue  # "ALBACETE.- El fuego", "(EFE).- El Senado"
        left = text[max(0, place - _SIGHT) : place].rstrip()
        right = text[place : place + _SIGHT]
        word = left.rsplit(maxsplit=1)[-1] if left.endswith(".") else ""
        last = word.lstrip("([\"'“‘").removesuffix(".")
        last = without_article(last, elided) if elided else last
        gap = _Gap(left, right, whole=place <= _SIGHT, last=last)
        verdicts = (rule(gap) for rule in (_ALL_RULES if left.endswith(".") else _RULES))
        if next((verdict for verdict in verdicts if verdict is not None), proposed):
            yield place


def _flatten(text: str) -> str:
    """Return a text of the same length with plain spaces and without lone surrogates."""
    if text.isprintable():  # the usual case: nothing to replace
        return text
    return _SURROGATE.sub("\ufffd", _SPACE.sub(" ", text))


def _spans(text: str, *, language: str) -> Iterator[tuple[int, int, int]]:
    """Yield paragraph, start and end of each sentence."""
    closed, behind = _closed(text), 0
    for paragraph, (first, last) in enumerate(paragraphs(text)):
        flat = _flatten(written := text[first:last])
        # No quotation crosses a line, so those of a whole line need not be searched for again.
        alone = flat == written and (not behind or "\n" in text[behind:first])
        own = closed[bisect_left(closed, (first, 0)) : bisect_left(closed, (last, 0))]
        quoted = [(a - first, b - first) for a, b in own if b <= last] if alone else _closed(flat)
        behind = last
        for start, end in pairwise([*_starts(flat, language=language, quoted=quoted), len(flat)]):
            yield paragraph, first + start, first + start + len(flat[start:end].rstrip())


@in_language(lambda _, *, language="en": language)
def split(text: str, *, language: str = "en") -> tuple[tuple[int, int], ...]:
    """Return start and end of each sentence of a plain text, split as by :func:`segment`."""
    return tuple((start, end) for _, start, end in _spans(text, language=language))


@in_language(lambda document: document.language or spoken().code)
def segment(document: Document) -> tuple[Sentence, ...]:
    """Return the sentences of a document in order, without surrounding white space.

    A blank line ends a paragraph; so does a newline, unless the text is hard-wrapped: then the
    slice contains it. A sentence never ends inside quotation marks or brackets that close within
    1,000 characters. A slice excludes the bullet of a list item. If the document states no
    language, the current one applies.

    References:
        sentencex (Santhosh Thottingal, Wikimedia Foundation), segmentation by rules for each
        language; compared with others in ``docs/decisions/0002-sentence-splitter.md``.
    """
    spans = _spans(document.text, language=spoken().code)
    return tuple(
        Sentence(document.id, start, end, document.text[start:end], index, paragraph)
        for index, (paragraph, start, end) in enumerate(spans)
    )


#: Bullets of list items; the sentence starts after them.
_BULLET = re.compile(r"[•‣▪●◦·*–—-](?:\s+|$)")
#: Range of line widths of a hard-wrapped text, in characters: telex 69, mail 72, terminal 80, with
#: a margin on both sides; a paragraph on one line is usually longer.
_NARROW, _WIDE = 40, 120
#: Characters that may end a sentence.
STOPS = ".?!…"


@frozen
class _Line:
    """A line that is not blank, without surrounding white space."""

    start: int
    end: int
    #: Characters of white space before it.
    indent: int
    #: Number of its block; blank lines separate blocks.
    block: int


def _lines(text: str) -> Iterator[_Line]:
    place = block = 0
    for raw in text.splitlines(keepends=True):
        bare = raw.strip()
        if bare:
            indent = len(raw) - len(raw.lstrip())
            yield _Line(place + indent, place + indent + len(bare), indent, block)
        else:
            block += 1
        place += len(raw)


def _is_full(line: _Line, *, after: _Line, text: str, width: int) -> bool:
    """Tell whether the first word of ``after`` would not have fitted on a line of ``width``."""
    word = text[after.start : min(after.end, after.start + width)].split(maxsplit=1)[0]
    return line.indent + line.end - line.start + 1 + len(word) > width - width // 6


def _wrap_width(text: str, *, lines: list[_Line]) -> int:
    """Return the width in characters at which a text is hard-wrapped; 0 if it is not.

    Nine lines in ten are no longer than the width. The text counts as wrapped if, at a third or
    more of the full lines, the sentence is unfinished and continues with a lower-case letter (any
    letter in a text in capitals). In wrapped prose about half of the lines do, since others end
    with a period or continue with a name or figure; in a list none do.
    """
    inner = [(a, b) for a, b in pairwise(lines) if a.block == b.block]
    lengths = sorted(line.indent + line.end - line.start for pair in inner for line in pair)
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    if not _NARROW <= width <= _WIDE:
        return 0
    full = [(a, b) for a, b in inner if _is_full(a, after=b, text=text, width=width)]
    shouts = text.isupper() and len(full) > 1
    evidence = sum(
        text[a.end - 1] not in STOPS and (shouts or text[b.start].islower()) for a, b in full
    )
    return width if full and evidence * 3 >= len(full) else 0


def _joins(line: _Line, *, after: _Line, text: str, width: int) -> bool:
    """Tell whether a paragraph of wrapped text continues on the next line."""
    bullet = _BULLET.match(text, after.start, after.end)
    return (
        line.block == after.block
        and after.indent < line.indent + 2
        and (not bullet or bullet.group()[0] in "–—-")
        and _is_full(line, after=after, text=text, width=width)
    )


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each paragraph that has more than white space and a bullet."""
    lines = list(_lines(text))
    width = _wrap_width(text, lines=lines)
    start = 0
    for number, line in enumerate(lines, start=1):
        if (
            width
            and number < len(lines)
            and _joins(line, after=lines[number], text=text, width=width)
        ):
            continue
        bullet = _BULLET.match(text, lines[start].start, line.end)
        first = bullet.end() if bullet else lines[start].start
        if first < line.end:
            yield (first, line.end)
        start = number

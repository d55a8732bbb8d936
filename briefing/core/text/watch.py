"""Finds where reports name entries of watch-lists, in any script.

Case and the composition of accents are ignored; all apostrophes are equal, and so are a space, a
line break and a hyphen within a word. In scripts with spaces an entry matches whole words; in those
without (Chinese, Japanese, Thai, …) it may begin and end between any two letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from briefing.core.errors import SettingsError
from briefing.core.frozen import frozen
from briefing.core.model import Document, Sentence, Story, WatchHit, WatchList

#: Scripts without spaces: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
#: Korean syllables; particles are attached to nouns without a space.
_HANGUL = "\uac00-\ud7a3"
_PARTICLES = frozenset(
    "은 는 이 가 을 를 의 에 에서 에게 에는 에도 에서는 로 으로 로서 으로서 로부터 으로부터 와 과 "
    "도 만 까지 부터 처럼 보다 라고 이라고 라는 이라는 께서 측 측은 측이".split()
)
#: Where a word may begin.
_BEGIN = rf"(?<![^\W{_DENSE}])"
_IS_DENSE, _IS_KATAKANA = re.compile(f"[{_DENSE}]"), re.compile(f"[{_KATAKANA}]")
_REST = re.compile(f"[{_HANGUL}]*")
#: Replaces all apostrophes by one, and so all hyphens and all spaces.
_SAME = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bb\u02bc\u2032\uff07`\u00b4", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\t\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " ")
    | dict.fromkeys("\u202f\u205f\u3000", " ")
)
#: A hyphen within a word, also after a combining accent or at the end of a line; and line breaks
#: with the spaces around them.
_HYPHEN, _BREAK = re.compile(r"(?<=[\w\u0300-\u036f])-(?=\n?\w)"), re.compile(r"\n[ \n]*")
#: Invisible characters, and those that only stretch or vary a letter.
_UNSEEN = re.compile(
    "[\u00ad\u0640\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef]"
)
#: Spaces, or up to sixteen words; a space, or a word.
_STRETCH = re.compile(" +|[^ ]+(?: [^ ]+){0,15}")
_WORD = re.compile(" |[^ ]+")
#: Korean vowels and finals, which continue a syllable.
_JAMO = range(0x1160, 0x1200)
#: Number of first letters by which entries are searched for.
_HEAD = 6


@frozen
class Folded:
    """A text in the form in which it is compared."""

    text: str
    #: Start and end of each of its characters in the original text.
    begins: Sequence[int]
    ends: Sequence[int]


def fold(text: str) -> Folded:
    """Return a text in lower case, with composed accents and one kind of apostrophe and space."""
    even = _BREAK.sub(
        lambda lines: lines[0] if lines[0].count("\n") > 1 else lines[0].replace("\n", " "),
        _HYPHEN.sub(" ", text.translate(_SAME)),
    )
    folded = _folded(even)
    if folded is not None and "  " not in even:
        return Folded(folded, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for start, end in _pieces(even):
        piece = _folded(even[start:end])
        if piece is not None:
            begins += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            letter = unicodedata.normalize("NFD", _UNSEEN.sub("", even[start:end])).casefold()
            piece = unicodedata.normalize("NFC", letter)
            begins += [start] * len(piece)
            ends += [end] * len(piece)
        pieces.append(piece)
    return Folded("".join(pieces), begins, ends)


def _folded(text: str) -> str | None:
    """Return a text case-folded if that keeps every character's position, else None."""
    folded = text.casefold()
    same = len(folded) == len(text) and unicodedata.is_normalized("NFC", folded)
    return folded if same and not _UNSEEN.search(text) else None


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of pieces as long as can be folded at once."""
    for stretch in _STRETCH.finditer(text):
        start, end = stretch.span()
        if text[start] == " ":
            yield start, start + 1
        elif _folded(stretch.group()) is not None:
            yield start, end
        else:
            for word in _WORD.finditer(text, start, end):
                even = _folded(word.group()) is not None
                yield from (word.span(),) if even else _letters(text, *word.span())


def _letters(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each letter with its combining marks."""
    for at in range(start + 1, stop):
        if not _goes_on(text[at]):
            yield start, at
            start = at
    yield start, stop


def _goes_on(character: str) -> bool:
    return not character.isascii() and (
        unicodedata.category(character)[0] == "M" or ord(character) in _JAMO
    )


def folded_words(words: str) -> str:
    """Return the words of an entry in comparable form; empty without a letter or digit."""
    text = fold(words).text.strip()
    return text if any(map(str.isalnum, text)) else ""


@frozen
class Matcher:
    """Finds the entries of all watch-lists in a report in one pass."""

    lists: tuple[WatchList, ...]
    #: Numbers of list and entry, by folded words.
    _owners: Mapping[str, tuple[tuple[int, int], ...]]
    #: Lengths of the folded words with these first letters.
    _lengths: Mapping[str, tuple[int, ...]]
    #: Patterns that find these letters where a word may begin.
    _heads: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, lists: Iterable[WatchList]) -> Matcher:
        """Prepare the entries of some lists.

        Raises:
            SettingsError: an entry has no letter or digit.
        """
        lists = tuple(lists)
        owners: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, watch_list in enumerate(lists):
            for place, entry in enumerate(watch_list.entries):
                for words in dict.fromkeys(map(folded_words, (entry.name, *entry.aliases))):
                    if not words:
                        raise SettingsError(
                            f"watch-list {watch_list.name!r}: {entry.name[:40]!r}, or another word "
                            "for it, has no letter or digit"
                        )
                    owners[words].append((number, place))
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for words in owners:
            lengths[words[:_HEAD]].add(len(words))
        return cls(
            lists,
            {words: tuple(own) for words, own in owners.items()},
            {head: tuple(sorted(_below(head, lengths))) for head in lengths},
            tuple(_heads(lengths)),
        )

    def __call__(self, document: Document) -> tuple[WatchHit, ...]:
        """Return where a report names entries, first in its title, then in its text.

        Of overlapping entries of one list only the first counts, and of those with the same start
        the longest. Lists restricted to other publishers are skipped.
        """
        heard = [each.hears(document.publisher) for each in self.lists]
        texts = ((document.title, True), (document.text, False)) if self._owners else ()
        return tuple(
            WatchHit(
                self.lists[number].name,
                self.lists[number].heading,
                self.lists[number].entries[entry].name,
                Sentence(document.id, start, end, text[start:end]),
                titled=titled,
                pull=self.lists[number].pull,
            )
            for text, titled in texts
            for start, end, number, entry in self._spans(text)
            if heard[number]
        )

    def _spans(self, text: str) -> Iterator[tuple[int, int, int, int]]:
        """Yield start and end of each hit and the numbers of its list and entry, in order."""
        folded = fold(text)
        hits = sorted(
            (start, -end, number, entry)
            for start, end in self._candidates(folded.text)
            if _stands(folded.text, start, end)
            for number, entry in self._owners[folded.text[start:end]]
        )
        last: dict[int, tuple[int, int]] = {}
        for start, minus, number, entry in hits:
            before = last.get(number, (0, 0))
            if start >= before[1] or (start, -minus) == before:
                last[number] = start, -minus
                yield folded.begins[start], folded.ends[-minus - 1], number, entry

    def _candidates(self, folded: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of all occurrences of entries, also within longer words."""
        for heads in self._heads:
            for head in heads.finditer(folded):
                start = head.start()
                for length in self._lengths[head[1]]:
                    end = start + length
                    if end <= len(folded) and folded[start:end] in self._owners:
                        yield start, end


def _below(head: str, lengths: Mapping[str, set[int]]) -> set[int]:
    """Return the lengths of all words whose first letters ``head`` begins with."""
    return set().union(*(lengths.get(head[:size], ()) for size in range(1, len(head) + 1)))


def _heads(heads: Iterable[str]) -> Iterator[re.Pattern[str]]:
    """Yield patterns of the longest head: at the start of a word; anywhere, without spaces."""
    spaced = [head for head in heads if _is_letter(head[0]) and not _IS_DENSE.match(head)]
    for begin, own in ((_BEGIN, spaced), ("", sorted(set(heads) - set(spaced)))):
        if own:
            yield re.compile(f"{begin}(?=({_tree(own)}))")


def _tree(heads: Iterable[str]) -> str:
    """Return an expression that matches the longest of some words: a tree of their letters."""
    below: defaultdict[str, list[str]] = defaultdict(list)
    for head in heads:
        below[head[:1]].append(head[1:])
    branches = [re.escape(letter) + _tree(rest) for letter, rest in below.items() if letter]
    inner = f"(?:{'|'.join(branches)})" if branches else ""
    return f"{inner}?" if inner and "" in below else inner


def _stands(text: str, start: int, end: int) -> bool:
    """Tell whether a slice begins and ends at word boundaries, if its script has any."""
    if start and _is_joined(text[start - 1], text[start]):
        return False
    rest = _REST.match(text, end)
    if rest and rest.group() in _PARTICLES:
        end = rest.end()
    after = text[end : end + 1]
    return not (after and (_goes_on(after) or _is_joined(text[end - 1], after)))


def _is_joined(left: str, right: str) -> bool:
    """Tell whether two adjacent characters belong to one word."""
    if not (_is_letter(left) and _is_letter(right)):
        return False
    if _IS_DENSE.match(left) or _IS_DENSE.match(right):
        return bool(_IS_KATAKANA.match(left) and _IS_KATAKANA.match(right))
    return True


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_" or _goes_on(character)


def watched_in(
    stories: Iterable[Story], watch: Callable[[Document], Sequence[WatchHit]]
) -> dict[str, tuple[WatchHit, ...]]:
    """Return the hits in the reports of stories, by story, in reading order; none is empty."""
    hits_in = {
        story.id: tuple(hit for document in story.documents for hit in watch(document))
        for story in stories
    }
    return {story: hits for story, hits in hits_in.items() if hits}


def pulled_in(hits: Mapping[str, Sequence[WatchHit]]) -> frozenset[str]:
    """Return the ids of the stories that watch-lists pull in: an entry is in title or opening."""
    return frozenset(
        story for story, own in hits.items() if any(hit.pull and hit.leads for hit in own)
    )

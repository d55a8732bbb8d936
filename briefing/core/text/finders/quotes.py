"""Finds one quotation worth printing: whole sentences, word for word, of a named speaker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from briefing.core.language import Quotes
from briefing.core.model import Quote, Sentence
from briefing.core.text.finders.clauses import (
    LONGEST,
    Cast,
    Scored,
    best_of,
    cut,
    is_balanced,
    prominence,
    quoted,
)

#: Characters of the words: two to six lines of 39 mm in 12.5 pt.
SHORTEST_QUOTE, LONGEST_QUOTE = 40, 160
#: The same of somebody whom a headline of the story names, and what his words are worth beside
#: those of others.
SHORTEST_OF_PRINCIPAL, _PRINCIPAL = 30, 1.4

#: Characters below which a quotation says little; found by reading (decision 0006).
COMFORTABLE_QUOTE = 60

#: Characters of the office: two lines of 39 mm in 8.5 pt.
LONGEST_OFFICE = 70

#: Earlier sentences of a document that are searched for who bears a last name; a person is
#: introduced before that or in another way than by name and office.
_REACH = 60

_SHORT_TITLE = re.compile(r"(?:(?:(?:[A-Z]\.)+|[A-Z][a-z]{1,4}\.) )+$")
_CAPITALIZED = re.compile(r"[A-Z]\w+")
_OPENS = re.compile('[“"]')
_BROKEN = re.compile(r"[\[\]()<>“”\"*@#]|\.\.\.|…|--|https?:")


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Name and office, and where in the sentence they end."""

    name: Sentence
    office: Sentence | None
    end: int


def find(
    sentences: Sequence[Sentence], *, cast: Cast, titles: Iterable[str] = (), limit: int = 3
) -> tuple[Scored[Quote], ...]:
    """Find the quotations of one story, best first, one a speaker.

    Those of whom its ``titles`` name precede others of like quality, and may be shorter.

    A speaker known by last name alone is given the full name, and the office, from the earlier
    sentence of the same document that introduces that name; without such a sentence, or with two
    people of that name, the quotation is left out. Equal quality: the order of the sentences
    decides.
    """
    candidates, patterns = [], cast.language.quotes
    named = {word for title in titles for word in _CAPITALIZED.findall(title)}
    for place, sentence in enumerate(sentences):
        text = sentence.text
        if not _OPENS.search(text) or len(text) > LONGEST or not is_balanced(text):
            continue
        earlier = [
            other
            for other in sentences[max(0, place - _REACH) : place]
            if other.document == sentence.document and len(other.text) <= LONGEST
        ]
        for words, speaker in _attribute(sentence, earlier, patterns):
            quote = Quote(words=words, speaker=speaker.name, office=speaker.office)
            principal = not named.isdisjoint(_CAPITALIZED.findall(quote.speaker.text))
            if len(words.text) >= (SHORTEST_OF_PRINCIPAL if principal else SHORTEST_QUOTE):
                grade = _grade(quote, sentence, cast=cast) * (_PRINCIPAL if principal else 1.0)
                candidates.append(Scored(round(grade, 4), quote))
    return best_of(candidates, by=lambda quote: quote.speaker.text, limit=limit)


def _attribute(
    sentence: Sentence, earlier: Sequence[Sentence], patterns: Quotes
) -> Iterator[tuple[Sentence, _Speaker]]:
    """Yield the whole quotations of a sentence with their speakers."""
    speaker: _Speaker | None = None
    for start, end in quoted(sentence.text):
        own = _name_after(sentence, end + 1, earlier, patterns) or _name_before(
            sentence, start - 1, earlier, patterns
        )
        if own is None and _goes_on(sentence, start, end):
            own = speaker or _last_speaker(sentence, earlier, patterns)
        speaker = own
        words = _trim(sentence, start, end, patterns)
        if speaker is not None and words is not None:
            yield words, speaker


def _trim(sentence: Sentence, start: int, end: int, patterns: Quotes) -> Sentence | None:
    """Return the words without a comma that closes them; None unless they are whole sentences."""
    text = sentence.text
    body = text[start:end]
    before, after = text[: start - 1].rstrip(), text[end + 1 :]
    if not body[:1].isupper() or body[-1] not in ".,?!" or _BROKEN.search(body):
        return None
    if (before and before[-1] not in ".,:?!") or re.search(r"[,—–-] ?[“\"]\w", after):
        return None
    words = cut(sentence, start, end - (body[-1] == ","))
    good = len(words.text) <= LONGEST_QUOTE and patterns.finite.search(words.text)
    return words if good else None


def _goes_on(sentence: Sentence, start: int, end: int) -> bool:
    """Tell whether a quotation without a speaker of its own follows one that has one."""
    before, after = sentence.text[: start - 1].rstrip(), sentence.text[end + 1 :].strip()
    return not after and (not before or before.endswith("."))


def _last_speaker(
    sentence: Sentence, earlier: Sequence[Sentence], patterns: Quotes
) -> _Speaker | None:
    """Return the speaker quoted at the start of the previous sentence of the same paragraph."""
    if not earlier:
        return None
    before = earlier[-1]
    marks = quoted(before.text)
    if before.index != sentence.index - 1 or before.paragraph != sentence.paragraph:
        return None
    if len(marks) != 1 or marks[0][0] != 1 or not is_balanced(before.text):
        return None
    return _name_after(before, marks[0][1] + 1, earlier[:-1], patterns)


def _name_after(
    sentence: Sentence, place: int, earlier: Sequence[Sentence], patterns: Quotes
) -> _Speaker | None:
    """Read "said NAME, OFFICE" or "NAME, OFFICE, said" behind the closing mark."""
    verb = patterns.after_quote.match(sentence.text, place)
    if verb:
        return _introduce(sentence, verb.end(), earlier, patterns)
    speaker = _introduce(sentence, place + 1, earlier, patterns)
    if speaker is None or not patterns.verb_next.match(sentence.text, speaker.end):
        return None
    return speaker


def _name_before(
    sentence: Sentence, place: int, earlier: Sequence[Sentence], patterns: Quotes
) -> _Speaker | None:
    """Read "NAME, OFFICE, said:" before an opening mark that the sentence ends with."""
    lead = sentence.text[:place]
    if any(mark in lead for mark in '“”"'):
        return None
    for first in (0, *(match.end() for match in re.finditer(", ", lead))):
        speaker = _introduce(sentence, first, earlier, patterns)
        if speaker is not None and patterns.lead.match(lead, speaker.end):
            return speaker
    return None


def _introduce(
    sentence: Sentence, place: int, earlier: Sequence[Sentence], patterns: Quotes
) -> _Speaker | None:
    """Read title, name and office at ``place``; look a bare last name up in earlier sentences."""
    match = patterns.introduced.match(sentence.text, place)
    if match is None:
        return None
    own = _read(sentence, match, patterns)
    if " " in match["name"]:
        return own
    full = _look_up(match["name"], earlier, patterns)
    if full is not None:
        return replace(full, end=own.end, office=full.office or own.office)
    return own if match["title"] and not match["title"].endswith(", ") else None


def _read(sentence: Sentence, match: re.Match[str], patterns: Quotes) -> _Speaker:
    """Separate name and office: the apposition after the name, else the title before it."""
    start, end = match.span("name")
    office = None
    if match["title"]:
        short = _SHORT_TITLE.search(match["title"])
        if " " not in match["name"]:
            start = match.start("title")
        elif short is None:
            office = _read_title(sentence, match.start("title"), match.end("title"), patterns)
        else:
            start = match.start("title") + short.start()
            office = _read_title(sentence, match.start("title"), start, patterns)
    after = patterns.office.match(sentence.text, end)
    if (
        after
        and patterns.is_office.search(after["office"])
        and not patterns.no_office.search(after["office"])
    ):
        office, end = cut(sentence, *after.span("office")), after.end()
    if office is not None and len(office.text) > LONGEST_OFFICE:
        office = None
    return _Speaker(name=cut(sentence, start, match.end("name")), office=office, end=end)


def _read_title(sentence: Sentence, start: int, end: int, patterns: Quotes) -> Sentence | None:
    """Return the office in a title, without article, connective and comma."""
    title = sentence.text[start:end].rstrip(" ,")
    bare = patterns.joining.match(title)
    return (
        cut(sentence, start + (bare.end() if bare else 0), start + len(title))
        if patterns.ends_in_role.search(title)
        else None
    )


def _look_up(name: str, earlier: Sequence[Sentence], patterns: Quotes) -> _Speaker | None:
    """Return the one person of that last name (or first, as in Korean) named in full before."""
    people: dict[str, _Speaker] = {}
    for sentence in earlier:
        if name not in sentence.text:
            continue
        for match in patterns.full_name.finditer(sentence.text):
            parts = match["name"].split()
            if name in (parts[0], parts[-1]) and match["name"] not in people:
                people[match["name"]] = _read(sentence, match, patterns)
    return next(iter(people.values())) if len(people) == 1 else None


def _grade(quote: Quote, sentence: Sentence, *, cast: Cast) -> float:
    """Weigh the content of a quotation, its independence, its speaker and its place."""
    words, patterns = quote.words.text, cast.language.quotes
    grade = 0.5 + 0.5 * prominence(words, cast=cast)
    grade *= 0.4 if patterns.weak_start.match(words) else 1.0
    grade *= 0.8 ** min(3, len(patterns.pointing.findall(words)))
    grade *= 1.0 if patterns.stand.search(words) else 0.9
    grade *= 0.6 if words.endswith("?") else 1.0
    grade *= 1.0 if quote.office is not None or patterns.titled.match(quote.speaker.text) else 0.75
    grade *= 1.0 if len(words) >= COMFORTABLE_QUOTE else 0.9
    return grade / (1 + 0.01 * sentence.index)

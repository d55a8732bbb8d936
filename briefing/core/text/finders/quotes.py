"""Finds quotations worth printing: whole sentences, verbatim, by a named speaker."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from briefing.core.frozen import frozen
from briefing.core.language.read import Entries, Pattern
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
from briefing.core.text.words import CAPITALS

_Patterns = Entries[Pattern]
#: Characters of a quotation: two to six lines of 39 mm in 12.5 pt.
SHORTEST_QUOTE, LONGEST_QUOTE = 40, 160
#: Fewest characters of a quotation by somebody named in a headline of the story, and the factor of
#: its quality.
SHORTEST_OF_PRINCIPAL, _PRINCIPAL = 30, 1.4

#: Characters below which a quotation says little, as found by reading (decision 0006).
COMFORTABLE_QUOTE = 60

#: Most characters of an office: two lines of 39 mm in 8.5 pt.
LONGEST_OFFICE = 70

#: Earlier sentences that are searched for the full name of a person.
_REACH = 60

#: Short titles before a name, which are printed as part of it: "Sen. ", "U.S. Rep. ", "Dr ".
_SHORT_TITLE = re.compile(r"(?:(?:(?:[A-Z]\.)+|[A-Z][a-z]{1,4}\.|Dr|Sir|Dame) )+$")
_CAPITALIZED = re.compile(rf"[{CAPITALS}]\w+")
_OPENS = re.compile('[“"]')
_BROKEN = re.compile(r"[\[\]()<>“”\"*@#]|\.\.\.|…|--|https?:")


@frozen
class _Speaker:
    """Name and office of a speaker, and the offset in the sentence where they end."""

    name: Sentence
    office: Sentence | None
    end: int


def find(
    sentences: Sequence[Sentence], *, cast: Cast, titles: Iterable[str] = (), limit: int = 3
) -> tuple[Scored[Quote], ...]:
    """Find the quotations of one story, the best first, one per speaker.

    Quotations by people named in ``titles`` are preferred, and may be shorter.

    A speaker given by last name alone gets the full name and the office from the earlier sentence
    of the same document that introduces that name. Without such a sentence, or with two people of
    that name, the quotation is left out. So is one that the speaker continues with "But": alone it
    could mean the opposite. Equal quality: the order of the sentences.
    """
    candidates, patterns = [], cast.language.quotes
    plain = cast.language.spelling.with_plain_marks
    sentences = [replace(sentence, text=plain(sentence.text)) for sentence in sentences]
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
        rest = text + "".join(f" {other.text}" for other in sentences[place + 1 : place + 2])
        for words, speaker in _Reader(sentence, earlier, patterns).quotations():
            if patterns.turned.match(rest, words.end - sentence.start):
                continue
            quote = Quote(words=words, speaker=speaker.name, office=speaker.office)
            principal = not named.isdisjoint(_CAPITALIZED.findall(quote.speaker.text))
            if len(words.text) >= (SHORTEST_OF_PRINCIPAL if principal else SHORTEST_QUOTE):
                grade = _grade(quote, sentence, cast=cast) * (_PRINCIPAL if principal else 1.0)
                candidates.append(Scored(round(grade, 4), quote))
    return best_of(candidates, by=lambda quote: quote.speaker.text, limit=limit)


@frozen
class _Reader:
    """Finds the quotations of a sentence and their speakers."""

    sentence: Sentence
    #: Earlier sentences of its report, which may introduce a name.
    earlier: Sequence[Sentence]
    patterns: _Patterns

    def quotations(self) -> Iterator[tuple[Sentence, _Speaker]]:
        """Yield the whole quotations of the sentence with their speakers."""
        for start, end in quoted(self.sentence.text):
            speaker = self.name_after(end + 1) or self._name_before(start - 1)
            words = self._trim(start, end)
            if speaker is not None and words is not None:
                yield words, speaker

    def _trim(self, start: int, end: int) -> Sentence | None:
        """Return a quotation without a final comma; None unless it is whole sentences that fit."""
        text = self.sentence.text
        body = text[start:end].strip()
        before, after = text[: start - 1].rstrip(), text[end + 1 :]
        stopped = body[-1:] in {*".,?!"} or self.patterns.unstopped.match(after)
        if not body[:1].isupper() or not stopped or _BROKEN.search(body):
            return None
        if (before and before[-1] not in ".,:?!") or re.search(r"[,—–-] ?[“\"]\w", after):
            return None
        words = cut(self.sentence, start, end - (body[-1] == ","))
        fits = len(words.text) <= LONGEST_QUOTE
        return words if fits and self.patterns.finite.search(words.text) else None

    def name_after(self, place: int) -> _Speaker | None:
        """Read "said NAME, OFFICE" or "NAME, OFFICE, said" after the closing mark."""
        text = self.sentence.text
        if verb := self.patterns.after_quote.match(text, place):
            return self._introduce(verb.end())
        speaker = self._introduce(place + 1)
        return speaker if speaker and self.patterns.verb_next.match(text, speaker.end) else None

    def _name_before(self, place: int) -> _Speaker | None:
        """Read "NAME, OFFICE, said:" before the first quotation of the sentence."""
        lead = self.sentence.text[:place]
        if any(mark in lead for mark in '“”"'):
            return None
        for first in (0, *(match.end() for match in re.finditer(", ", lead))):
            speaker = self._introduce(first)
            if speaker is not None and self.patterns.lead.match(lead, speaker.end):
                return speaker
        return None

    def _introduce(self, place: int) -> _Speaker | None:
        """Read title, name and office; look a bare last name up in earlier sentences."""
        match = self.patterns.introduced.match(self.sentence.text, place)
        if match is None:
            return None
        own = self.read(match)
        if " " in match["name"]:
            return own
        full = self._look_up(match["name"])
        if full is not None:
            return replace(full, end=own.end, office=full.office or own.office)
        return own if match["title"] and not match["title"].endswith(", ") else None

    def read(self, match: re.Match[str]) -> _Speaker:
        """Return name and office: the apposition after the name, else the title before it."""
        sentence, patterns = self.sentence, self.patterns
        start, end = match.span("name")
        office = None
        if match["title"]:
            short, bare = (
                _SHORT_TITLE.search(match["title"]),
                patterns.joining.match(match["title"]),
            )
            if " " not in match["name"]:
                start = match.start("title") + (bare.end() if bare else 0)
            elif short is None:
                office = self._read_title(match.start("title"), match.end("title"))
            else:
                start = match.start("title") + short.start()
                office = self._read_title(match.start("title"), start)
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

    def _read_title(self, start: int, end: int) -> Sentence | None:
        """Return the office in a title, without article, connective and comma."""
        title = self.sentence.text[start:end].rstrip(" ,")
        if not self.patterns.ends_in_role.search(title):
            return None
        bare = self.patterns.joining.match(title)
        return cut(self.sentence, start + (bare.end() if bare else 0), start + len(title))

    def _look_up(self, name: str) -> _Speaker | None:
        """Return the only person with that last name (or first, as in Korean) named in full."""
        people: dict[str, _Speaker] = {}
        for sentence in self.earlier:
            full = self.patterns.full_name.finditer(sentence.text) if name in sentence.text else ()
            for match in full:
                parts = match["name"].split()
                if name in (parts[0], parts[-1]) and match["name"] not in people:
                    people[match["name"]] = replace(self, sentence=sentence).read(match)
        return next(iter(people.values())) if len(people) == 1 else None


def _grade(quote: Quote, sentence: Sentence, *, cast: Cast) -> float:
    """Rate a quotation by its content, independence, speaker and position."""
    words, patterns = quote.words.text, cast.language.quotes
    grade = 0.5 + 0.5 * prominence(words, cast=cast)
    around, reading = sentence.text.replace(words, ""), cast.language.reading
    stale = reading.past.search(around) and not reading.now.search(around)
    grade *= 0.8 if stale else 1.0
    grade *= 0.4 if patterns.weak_start.match(words) else 1.0
    grade *= 0.8 ** min(3, len(patterns.pointing.findall(words)))
    grade *= 1.0 if patterns.stand.search(words) else 0.9
    grade *= 0.6 if words.endswith("?") else 1.0
    grade *= 1.0 if quote.office is not None or patterns.titled.match(quote.speaker.text) else 0.75
    grade *= 1.0 if len(words) >= COMFORTABLE_QUOTE else 0.9
    return grade / (1 + 0.01 * sentence.index)

"""Finds one quotation worth printing: whole sentences, word for word, of a named speaker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from briefing.core.model import Quote, Sentence
from briefing.core.text.finders.clauses import (
    LONGEST,
    VERB,
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

#: Characters below which a quotation says little; found by reading (decision 0006).
COMFORTABLE_QUOTE = 60

#: Characters of the office: two lines of 39 mm in 8.5 pt.
LONGEST_OFFICE = 70

#: Earlier sentences of a document that are searched for who bears a last name; a person is
#: introduced before that or in another way than by name and office.
_REACH = 60

#: Ranks and offices that stand before a name.
_ROLE = (
    r"(?:(?:Accountant|Economist|Lieutenant|Sergeant|Inspector|Detective|Counsel|Treasurer|"
    r"Executive|President|Premier|Chancellor|Minister|Secretary|Senator|Governor|Representative|"
    r"Congress(?:man|woman)|Mayor|Ambassador|Commissioner|Speaker|Leader|Chair(?:man|woman)?|"
    r"Director|Attorney|General|Admiral|Colonel|Captain|Major|Judge|Justice|Professor|Sheriff|"
    r"Chief|Prince|King|Queen|Pope|Archbishop|Bishop|Sir|Lord|Lady|Baroness|MP|MEP|MSP|Dr|"
    r"Spokes(?:man|woman|person)|president|premier|chancellor|minister|secretary|senator|governor|"
    r"mayor|ambassador|commissioner|leader|chair(?:man|woman)?|director|general|judge|professor|"
    r"analyst|economist|strategist|spokes(?:man|woman|person)|advis[eo]r|chief|executive|editor|"
    r"expert|envoy|negotiator|lawyer|attorney|officer|official|head|manager|coordinator|lawmaker|"
    r"historian|researcher|scientist|Democrat|Republican)"
    r"|(?:Sen|Rep|Gov|Gen|Adm|Col|Lt|Capt|Maj|Prof|Dr)\.)"
)
_VERB = (
    r"(?:said|says|told|added|warned|wrote|stated|declared|argued|insisted|explained|noted|"
    r"testified|stressed|concluded)"
)
#: Capitalized words that belong to an office or to nobody, never to a person.
_NOBODY = (
    r"(?:State|National|Intelligence|Affairs|Security|Defen[cs]e|Services?|Department|Ministry|"
    r"Committee|University|Institute|House|Senate|Party|Council|The|A|An|But|And|In|On|At|He|She|"
    r"They|It|I|We|You|This|That|These|Those|His|Her|Their|Our|My|Reuters|News|Mr|Mrs|Ms|AP|AFP|"
    r"Police|Officials|Republicans?|Democrats?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
)
_PART = (
    rf"(?!(?:{_NOBODY}|{_ROLE})(?![\w’'-]))"
    r"(?:[A-Z][\w-]*[a-z][\w-]*|[A-Z]’[A-Z]\w+|[A-Z]'[A-Z]\w+|[A-Z]\.(?:[A-Z]\.)?|al-[A-Z]\w+)"
)
_PARTICLE = r"(?:(?:bin|bint|de|da|del|la|van|von|der|den|al|el|ul|ter|dos) )"
#: What may stand in an office before its role, read backwards from the name.
_TITLE_WORD = (
    rf"(?:(?!(?:The|A|An|But|And|In|On|At|He|She|They|It|When|As|For|By|With|After|"
    rf"While) )[A-Z][\w’'.&-]*|{_ROLE}|of|for|and|foreign|"
    r"defen[cs]e|prime|deputy|vice|former|senior|finance|interior|trade|police|top|military|"
    r"ministry|government|party|press|executive|assistant|associate|acting|co-founder|founder)"
)
#: Office, name, and what follows them: "Ministry spokesman Ada Lind, a former envoy to Oslo".
_INTRODUCED = re.compile(
    rf"(?P<title>(?:(?!{_VERB} )[\w’'&-]+\.? ){{0,7}}?{_ROLE}"
    rf"(?: (?:of|for|to) (?:the )?[A-Z][\w.]+(?: [A-Z]\w+)??)?,? )?"
    rf"(?:(?:Mr|Mrs|Ms)\.? )?(?P<name>{_PART}(?: {_PARTICLE}{{0,2}}{_PART}){{0,3}})(?![\w’'])"
)
_FULL_NAME = re.compile(
    rf"(?<![\w’'-])(?P<title>(?:{_TITLE_WORD} ){{0,5}}{_ROLE}"
    rf"(?: (?:of|for|to) (?:the )?[A-Z][\w.]+(?: [A-Z]\w+)??)?,? )?"
    rf"(?P<name>{_PART}(?: {_PARTICLE}{{0,2}}{_PART}){{1,3}})(?![\w’'-])"
)
_WORD = r"(?:(?:[A-Z]\.)+|[^\s,.;:“”\"()]+(?:\.[^\s,.;:“”\"()]+)*)"
_OFFICE = re.compile(
    rf"(?:, \d\d)?(?:,|(?= of | from )) (?P<office>{_WORD}(?: {_WORD}){{0,11}}?)"
    rf"(?=[,;]|\.(?:\s|$)|$| (?:who|whose|which|when|where|"
    rf"in (?:a|an) (?:interview|statement|email)|on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    rf"{_VERB})\b)"
)
#: An apposition that gives an office: with an article, a role or an institution in it.
_IS_OFFICE = re.compile(rf"^(?:an?|the|former|of|from) |\b(?:{_ROLE})\b|^(?:[DR]-[A-Z])")
_NO_OFFICE = re.compile(
    r"\b(?:is|was|were|are|has|had|have|that|but|and (?:he|she)|[a-z]+ing (?:that|to|the|his|her)|"
    r"son|daughter|wife|husband|mother|father|same|first|interview|statement|report)\b|^\w+ing\b"
)
_TITLED = re.compile(rf"(?:{_ROLE}|Mr|Mrs|Ms)(?![\w-])")
_SHORT_TITLE = re.compile(r"(?:(?:(?:[A-Z]\.)+|[A-Z][a-z]{1,4}\.) )+$")
_ENDS_IN_ROLE = re.compile(rf"\b{_ROLE}(?: (?:of|for|to) (?:the )?[A-Z][\w.]+(?: [A-Z]\w+)?)?$")
_JOINING = re.compile(r"(?:(?:the|an?|of|for|and) )+", re.IGNORECASE)
_AFTER_QUOTE = re.compile(rf" {_VERB} ")
_VERB_NEXT = re.compile(rf",? (?:also )?{_VERB}\b(?! (?:that|of)\b)")
_LEAD = re.compile(rf",? (?:also )?{_VERB}(?: [^“”\"]{{1,70}})?[,:] $")
_WEAK_START = re.compile(
    r"(?:He|She|They|It|That|This|These|Those|His|Her|Their|Its|There|And|But|So|Well|Yes|No|Yeah|"
    r"Oh|Also|Because|Which|Or|Then|Here|Look|Listen|Thank|You|What|Who|Now|Maybe)\b"
)
_POINTING = re.compile(
    r"\b(?:he|she|they|him|her|them|his|their|it|that|this|those|these|there)\b(?! (?:is|are|"
    r"was) no)",
    re.IGNORECASE,
)
_FINITE = re.compile(
    VERB.pattern
    + r"|\b(?:am|do|need|want|know|think|believe|hope|see|go|goes|make|makes|should|won|shall|"
    r"expect|believes|wants|needs|[Ll]et|[a-z]+[’'](?:s|re|ve|ll|m|d|t))\b"
)
_OPENS = re.compile('[“"]')
_BROKEN = re.compile(r"[\[\]()<>“”\"*@#]|\.\.\.|…|--|https?:")
#: A speaker's own position, unlike a fact that could be reported without a quotation.
_STAND = re.compile(r"\b(?:we|our|us|must|will|cannot|never|should|not|no|nothing|I)\b|n[’']t\b")


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Name and office, and where in the sentence they end."""

    name: Sentence
    office: Sentence | None
    end: int


def find(sentences: Sequence[Sentence], *, cast: Cast, limit: int = 3) -> tuple[Scored[Quote], ...]:
    """Find the quotations of one story, best first, one a speaker.

    A speaker known by last name alone is given the full name, and the office, from the earlier
    sentence of the same document that introduces that name; without such a sentence, or with two
    people of that name, the quotation is left out. Equal quality: the order of the sentences
    decides.
    """
    candidates = []
    for place, sentence in enumerate(sentences):
        text = sentence.text
        if not _OPENS.search(text) or len(text) > LONGEST or not is_balanced(text):
            continue
        earlier = [
            other
            for other in sentences[max(0, place - _REACH) : place]
            if other.document == sentence.document and len(other.text) <= LONGEST
        ]
        for words, speaker in _attribute(sentence, earlier):
            quote = Quote(words=words, speaker=speaker.name, office=speaker.office)
            candidates.append(Scored(_grade(quote, sentence, cast=cast), quote))
    return best_of(candidates, by=lambda quote: quote.speaker.text, limit=limit)


def _attribute(
    sentence: Sentence, earlier: Sequence[Sentence]
) -> Iterator[tuple[Sentence, _Speaker]]:
    """Yield the whole quotations of a sentence with their speakers."""
    speaker: _Speaker | None = None
    for start, end in quoted(sentence.text):
        own = _name_after(sentence, end + 1, earlier) or _name_before(sentence, start - 1, earlier)
        if own is None and _goes_on(sentence, start, end):
            own = speaker or _last_speaker(sentence, earlier)
        speaker = own
        words = _trim(sentence, start, end)
        if speaker is not None and words is not None:
            yield words, speaker


def _trim(sentence: Sentence, start: int, end: int) -> Sentence | None:
    """Return the words without a comma that closes them; None unless they are whole sentences."""
    text = sentence.text
    body = text[start:end]
    before, after = text[: start - 1].rstrip(), text[end + 1 :]
    if not body[:1].isupper() or body[-1] not in ".,?!" or _BROKEN.search(body):
        return None
    if (before and before[-1] not in ".,:?!") or re.search(r"[,—–-] ?[“\"]\w", after):
        return None
    words = cut(sentence, start, end - (body[-1] == ","))
    good = SHORTEST_QUOTE <= len(words.text) <= LONGEST_QUOTE and _FINITE.search(words.text)
    return words if good else None


def _goes_on(sentence: Sentence, start: int, end: int) -> bool:
    """Tell whether a quotation without a speaker of its own follows one that has one."""
    before, after = sentence.text[: start - 1].rstrip(), sentence.text[end + 1 :].strip()
    return not after and (not before or before.endswith("."))


def _last_speaker(sentence: Sentence, earlier: Sequence[Sentence]) -> _Speaker | None:
    """Return the speaker quoted at the start of the previous sentence of the same paragraph."""
    if not earlier:
        return None
    before = earlier[-1]
    marks = quoted(before.text)
    if before.index != sentence.index - 1 or before.paragraph != sentence.paragraph:
        return None
    if len(marks) != 1 or marks[0][0] != 1 or not is_balanced(before.text):
        return None
    return _name_after(before, marks[0][1] + 1, earlier[:-1])


def _name_after(sentence: Sentence, place: int, earlier: Sequence[Sentence]) -> _Speaker | None:
    """Read "said NAME, OFFICE" or "NAME, OFFICE, said" behind the closing mark."""
    verb = _AFTER_QUOTE.match(sentence.text, place)
    if verb:
        return _introduce(sentence, verb.end(), earlier)
    speaker = _introduce(sentence, place + 1, earlier)
    if speaker is None or not _VERB_NEXT.match(sentence.text, speaker.end):
        return None
    return speaker


def _name_before(sentence: Sentence, place: int, earlier: Sequence[Sentence]) -> _Speaker | None:
    """Read "NAME, OFFICE, said:" before an opening mark that the sentence ends with."""
    lead = sentence.text[:place]
    if any(mark in lead for mark in '“”"'):
        return None
    for first in (0, *(match.end() for match in re.finditer(", ", lead))):
        speaker = _introduce(sentence, first, earlier)
        if speaker is not None and _LEAD.match(lead, speaker.end):
            return speaker
    return None


def _introduce(sentence: Sentence, place: int, earlier: Sequence[Sentence]) -> _Speaker | None:
    """Read title, name and office at ``place``; look a bare last name up in earlier sentences."""
    match = _INTRODUCED.match(sentence.text, place)
    if match is None:
        return None
    own = _read(sentence, match)
    if " " in match["name"]:
        return own
    full = _look_up(match["name"], earlier)
    if full is not None:
        return replace(full, end=own.end, office=full.office or own.office)
    return own if match["title"] and not match["title"].endswith(", ") else None


def _read(sentence: Sentence, match: re.Match[str]) -> _Speaker:
    """Separate name and office: the apposition after the name, else the title before it."""
    start, end = match.span("name")
    office = None
    if match["title"]:
        short = _SHORT_TITLE.search(match["title"])
        if " " not in match["name"]:
            start = match.start("title")
        elif short is None:
            office = _read_title(sentence, match.start("title"), match.end("title"))
        else:
            start = match.start("title") + short.start()
            office = _read_title(sentence, match.start("title"), start)
    after = _OFFICE.match(sentence.text, end)
    if after and _IS_OFFICE.search(after["office"]) and not _NO_OFFICE.search(after["office"]):
        office, end = cut(sentence, *after.span("office")), after.end()
    if office is not None and len(office.text) > LONGEST_OFFICE:
        office = None
    return _Speaker(name=cut(sentence, start, match.end("name")), office=office, end=end)


def _read_title(sentence: Sentence, start: int, end: int) -> Sentence | None:
    """Return the office in a title, without article, connective and comma."""
    title = sentence.text[start:end].rstrip(" ,")
    bare = _JOINING.match(title)
    return (
        cut(sentence, start + (bare.end() if bare else 0), start + len(title))
        if _ENDS_IN_ROLE.search(title)
        else None
    )


def _look_up(name: str, earlier: Sequence[Sentence]) -> _Speaker | None:
    """Return the one person of that last name (or first, as in Korean) named in full before."""
    people: dict[str, _Speaker] = {}
    for sentence in earlier:
        if name not in sentence.text:
            continue
        for match in _FULL_NAME.finditer(sentence.text):
            parts = match["name"].split()
            if name in (parts[0], parts[-1]) and match["name"] not in people:
                people[match["name"]] = _read(sentence, match)
    return next(iter(people.values())) if len(people) == 1 else None


def _grade(quote: Quote, sentence: Sentence, *, cast: Cast) -> float:
    """Weigh the content of a quotation, its independence, its speaker and its place."""
    words = quote.words.text
    grade = 0.5 + 0.5 * prominence(words, cast=cast)
    grade *= 0.4 if _WEAK_START.match(words) else 1.0
    grade *= 0.8 ** min(3, len(_POINTING.findall(words)))
    grade *= 1.0 if _STAND.search(words) else 0.9
    grade *= 0.6 if words.endswith("?") else 1.0
    grade *= 1.0 if quote.office is not None or _TITLED.match(quote.speaker.text) else 0.75
    grade *= 1.0 if len(words) >= COMFORTABLE_QUOTE else 0.9
    return round(grade / (1 + 0.01 * sentence.index), 4)

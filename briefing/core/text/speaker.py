"""Tells who speaks in the words of a party: the turns of a transcript, or the publisher."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from briefing.core.glyphs import is_settable
from briefing.core.model import PARTIES, Document, Kind, Sentence

#: Characters of a name that is printed before a sentence.
_LONGEST = 60
#: Characters of title, publisher and address that are read; longer ones carry no label.
LONGEST_LABEL = 1000
#: Characters of the text in which a statement names itself.
HEAD = 400
#: Host and path of an address, without query and fragment (RFC 3986, appendix B).
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)")
#: Domains under which governments, parliaments and organizations of states publish.
_OFFICIAL_HOST = re.compile(
    r"(?:^|\.)(?:(?:gov|mil|gob|gouv|govt|gub|parliament)(?:\.[a-z]{2})?|go\.[a-z]{2}|int|europa\.eu"
    r"|un\.org|gc\.ca|bund\.de|auswaertiges-amt\.de|elysee\.fr|admin\.ch|(?:kremlin|mid|government)\.ru|mfa\.[a-z]{2})(?::\d+)?$"
)
_OFFICIAL_PUBLISHER = re.compile(
    r"\b(?:white house|kremlin|pentagon|government of|parliament|senate|ministry|embassy|"
    r"department of|office of|council of|european (?:commission|council|union)|"
    r"united nations|nato|(?:foreign|press) (?:office|service))\b|\bgovernment(?: ?\(|$)",
    re.IGNORECASE,
)
#: State agencies and broadcasters that speak for their government, as a word of host or publisher.
_STATE = frozenset(
    "kcna rodong xinhua xinhuanet cgtn cctv chinadaily globaltimes tass itar-tass novosti sputnik "
    "sputniknews sputnikglobe irna isna mehr mehrnews fars farsnews tasnim tasnimnews presstv sana "
    "belta prensa-latina prensalatina granma telesur vna vietnamplus wafa wam spa".split()
)
_STATE_NAME = re.compile(
    r"\b(?:korean central|people[’']?s daily|china daily|global times|press tv|prensa latina|"
    r"ria novosti|islamic republic news|saudi press|state news)\b"
    r"|(?:^|[ .])(?:news\.cn|people\.(?:com\.)?cn|rt\.com)$",
    re.IGNORECASE,
)
STATEMENT_TITLE = re.compile(
    r"^\W*(?:fact ?sheet\b|readout (?:of|from)|(?:joint |press )?statement (?:by|of|from|on)\b"
    r"|press release\b|joint (?:statement|declaration|communiqu)|executive order\b"
    r"|memorandum (?:for|on)\b)",
    re.IGNORECASE,
)
_STATEMENT_HEAD = re.compile(
    r"\bfor immediate release\b|\bby the authority vested in me\b|\bis attributable to\b"
    r"|\btext of the following\b.{0,40}\bstatement\b|\bit is hereby ordered\b",
    re.IGNORECASE,
)
#: "THE PRESIDENT:", "MS. PSAKI:", "QUESTION:", "Mr. Reyes:", and a bare "Q", where a turn begins.
_TURN = re.compile(
    r"(?:^|(?<=\n)|(?<=\s\s)|(?<=[.!?)\]”\"] )|(?<=[ES]T ))[ \t]*"
    r"(?![ECMP][SD]T )(?:(?P<speaker>[A-Z][A-Z.'’-]{0,24}(?: [A-Z][A-Z.'’-]{0,24}){0,5}"
    r"|(?:Mr|Mrs|Ms|Dr|Sec|Sen|Gov)\.? [A-Z][\w'’-]{1,24}):(?=\s)|Q(?=\s))\s*"
)
#: Who asks, or leads the talk, and is no speaker whose words are news.
_ASKS = re.compile(
    r"(?:Q|QUESTION(?:ER)?|AUDIENCE|AUDIENCE MEMBERS?|PARTICIPANTS?|REPORTERS?|MODERATOR|OPERATOR|"
    r"INTERVIEWER|HOST|GUESTS?|PRESS|OTHERS?|ALL)?"
)
#: An office without a name: which one it is, the publisher tells.
_OFFICE = re.compile(r"THE |.*\bOFFICIALS?$")
#: "REVERSING THE TARIFFS: Today, …": the heading of a paragraph of a fact sheet.
_HEADING = re.compile(r"[A-Z][A-Z\d.,’'&/-]*(?: [A-Z\d.,’'&/-]+){1,14}:\s+(?=[A-Z])")
#: "Estrian government (Ministry of Ports)": what stands in brackets is no part of the name.
_BRACKETED = re.compile(r"\s*\(.*")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a transcript."""

    #: First character behind its label.
    start: int
    #: As the label has it, such as "MS. LIND"; empty: a bare "Q".
    speaker: str

    @property
    def asks(self) -> bool:
        """Whether it is of somebody who asks or leads the talk."""
        return _ASKS.fullmatch(self.speaker) is not None


def is_party(document: Document) -> bool:
    """Tell whether a government, its agency or another party speaks for itself."""
    return (
        not PARTIES.isdisjoint({mark.value for mark in document.marks})
        or is_state(document)
        or _is_official(document)
        or bool(STATEMENT_TITLE.search(document.title[:LONGEST_LABEL]))
        or bool(_STATEMENT_HEAD.search(document.text[:HEAD]))
    )


def is_state(document: Document) -> bool:
    """Tell whether a state agency publishes a report."""
    publisher, host = document.publisher[:LONGEST_LABEL], _host(document.url)
    names = {*host.split("."), *publisher.casefold().split()}
    return not _STATE.isdisjoint(names) or bool(_STATE_NAME.search(f"{publisher} {host}"))


def _is_official(document: Document) -> bool:
    """Tell whether a government, a parliament or an organization of states publishes a report."""
    return bool(
        _OFFICIAL_HOST.search(_host(document.url))
        or _OFFICIAL_PUBLISHER.search(document.publisher[:LONGEST_LABEL])
    )


def _host(url: str) -> str:
    return ADDRESS.match(url[:LONGEST_LABEL].lower())["host"] or ""  # type: ignore[index]  # it matches any text


def turns(text: str) -> list[Turn]:
    """Return the turns of a transcript, in order."""
    return [Turn(match.end(), match["speaker"] or "") for match in _TURN.finditer(text)]


def without_labels(
    document: Document, sentences: Sequence[Sentence], *, kind: Kind
) -> tuple[Sentence, ...]:
    """Return the sentences of a party without the labels of turns and the headings before them."""
    if kind is Kind.TRANSCRIPT:
        starts = [turn.start for turn in turns(document.text)]
        return tuple(_from(one, _last(starts, one)) for one in sentences)
    if kind is Kind.STATEMENT:
        headings = ((one, _HEADING.match(one.text)) for one in sentences)
        return tuple(_from(one, one.start + match.end() if match else 0) for one, match in headings)
    return tuple(sentences)


def _last(starts: Sequence[int], sentence: Sentence) -> int:
    """Return the last start of a turn within a sentence that leaves something of it, else 0."""
    place = bisect_right(starts, sentence.end - 1)
    return starts[place - 1] if place else 0


def _from(sentence: Sentence, start: int) -> Sentence:
    if start <= sentence.start:
        return sentence
    return replace(sentence, start=start, text=sentence.text[start - sentence.start :])


def speakers_of(document: Document, *, kind: Kind) -> Callable[[int], str | None]:
    """Return what tells who says a sentence, by its first character.

    It gives the name that is printed before the sentence, "" where none is needed since no party
    speaks, and None for words of a party whose speaker has no name: they are not printed.
    """
    if kind not in PARTIES and not (kind is Kind.NOTICE and is_party(document)):
        return lambda _: ""
    said = turns(document.text) if kind is Kind.TRANSCRIPT else []
    starts = [turn.start for turn in said]
    publisher = publisher_of(document)

    def speaker(start: int) -> str | None:
        place = bisect_right(starts, start)
        return _named(said[place - 1], publisher) if place else publisher or None

    return speaker


def is_proved(sentence: Sentence, document: Document) -> bool:
    """Tell whether a document says that the speaker printed before a sentence is its speaker."""
    kinds = (Kind.STATEMENT, Kind.TRANSCRIPT)
    known = {speakers_of(document, kind=kind)(sentence.start) for kind in kinds}
    return sentence.speaker in known | {""}


def publisher_of(document: Document) -> str:
    """Return the name of a publisher as it stands before its words; empty if it cannot be set."""
    name = _BRACKETED.sub("", document.publisher)
    return name if is_settable(name, longest=_LONGEST) else ""


def _named(turn: Turn, publisher: str) -> str | None:
    if turn.speaker == "A":  # the answer to "Q"
        return publisher or None
    name = turn.speaker.title() if turn.speaker.isupper() else turn.speaker
    if turn.asks or not is_settable(name, longest=_LONGEST):
        return None
    return f"{name} ({publisher})" if publisher and _OFFICE.match(turn.speaker) else name

"""Attributes words to speakers: turns of a transcript, statements of parties, quotations."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from briefing.core.frozen import frozen
from briefing.core.glyphs import is_settable
from briefing.core.language import Language, kept, spoken
from briefing.core.model import PARTIES, Brief, Document, Edition, Kind, Sentence

#: Most characters of a name that is printed before a sentence.
_LONGEST = 60
#: Characters of title, publisher and address that are read.
LONGEST_LABEL = 1000
#: Characters at the head of a text that are searched for its label, such as "Statement by".
HEAD = 400
#: Characters at the start of a text that are read to judge its style.
OPENING = 6_000
#: Host and path of an address, without query and fragment (RFC 3986, appendix B).
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)")
#: Domains under which governments, parliaments and organizations of states publish.
_OFFICIAL_HOST = re.compile(
    r"(?:^|\.)(?:(?:gov|mil|gob|gouv|govt|gub|parliament)(?:\.[a-z]{2})?|go\.[a-z]{2}|int|europa\.eu"
    r"|un\.org|gc\.ca|bund\.de|auswaertiges-amt\.de|elysee\.fr|admin\.ch|(?:kremlin|mid|government)\.ru|mfa\.[a-z]{2})(?::\d+)?$"
)
#: State agencies and broadcasters, which speak for their government: words of host or publisher.
_STATE = frozenset(
    "kcna rodong xinhua xinhuanet cgtn cctv chinadaily globaltimes tass itar-tass novosti sputnik "
    "sputniknews sputnikglobe irna isna mehr mehrnews fars farsnews tasnim tasnimnews presstv sana "
    "belta prensa-latina prensalatina granma telesur vna vietnamplus wafa wam spa".split()
)
#: The heading of a paragraph of a fact sheet: "REVERSING THE TARIFFS: Today, …".
_HEADING = re.compile(r"[A-Z][A-Z\d.,’'&/-]*(?: [A-Z\d.,’'&/-]+){1,14}:\s+(?=[A-Z])")
#: Brackets in the name of a publisher, which are not printed: "… government (Ministry of Ports)".
_BRACKETED = re.compile(r"\s*\(.*")
#: A ticker symbol, which wires add to the name of a company.
_TICKER = re.compile(r"\s*<[A-Z]{1,5}(?:\.[A-Z]{1,2})?>")


@frozen
class Turn:
    """One turn of a transcript."""

    #: First character after its label.
    start: int
    #: As in the label, such as "MS. LIND"; empty: a bare "Q".
    speaker: str

    @property
    def asks(self) -> bool:
        """Whether the speaker asks questions or moderates."""
        return spoken().speech.asks.fullmatch(self.speaker) is not None


def is_party(document: Document) -> bool:
    """Tell whether a document is the words of a party: a government, its agency or another."""
    return (
        not PARTIES.isdisjoint({mark.value for mark in document.marks})
        or is_state(document)
        or bool(_OFFICIAL_HOST.search(_host(document.url)))
        or bool(spoken().speech.official_publisher.search(document.publisher[:LONGEST_LABEL]))
        or bool(spoken().speech.statement_title.search(document.title[:LONGEST_LABEL]))
        or bool(spoken().speech.statement_head.search(document.text[:HEAD]))
    )


def is_state(document: Document) -> bool:
    """Tell whether a state news agency or broadcaster published a document."""
    publisher, host = document.publisher[:LONGEST_LABEL], _host(document.url)
    names = {*host.split("."), *publisher.casefold().split()}
    return not _STATE.isdisjoint(names) or bool(
        spoken().speech.state_name.search(f"{publisher} {host}")
    )


def _host(url: str) -> str:
    return ADDRESS.match(url[:LONGEST_LABEL].lower())["host"] or ""  # type: ignore[index]  # it matches any text


def turns(text: str) -> list[Turn]:
    """Return the turns of a transcript, in order."""
    return [
        Turn(match.end(), match["speaker"] or "") for match in spoken().speech.turn.finditer(text)
    ]


def without_labels(
    document: Document, sentences: Sequence[Sentence], *, kind: Kind
) -> tuple[Sentence, ...]:
    """Return the sentences of a document without labels of turns or headings of paragraphs."""
    if kind is Kind.TRANSCRIPT:
        starts = [0, *(turn.start for turn in turns(document.text))]
        # Cut at the last turn that starts before the end of the sentence.
        return tuple(
            _from(sentence, starts[bisect_right(starts, sentence.end - 1, lo=1) - 1])
            for sentence in sentences
        )
    if kind is Kind.STATEMENT:
        headings = ((sentence, _HEADING.match(sentence.text)) for sentence in sentences)
        return tuple(
            _from(sentence, sentence.start + match.end() if match else 0)
            for sentence, match in headings
        )
    return tuple(sentences)


def _from(sentence: Sentence, start: int) -> Sentence:
    if start <= sentence.start:
        return sentence
    return replace(sentence, start=start, text=sentence.text[start - sentence.start :])


def speakers_of(document: Document, *, kind: Kind) -> Callable[[int], str | None]:
    """Return a function from the start of a sentence to its speaker.

    The speaker is the name printed before the sentence; "" if no party speaks, so that none is
    needed; None if a party's speaker has no name that can be printed, so that the sentence is not.
    """
    if kind not in PARTIES and not (kind is Kind.NOTICE and is_party(document)):
        return lambda _: ""
    talk = turns(document.text) if kind is Kind.TRANSCRIPT else []
    starts = [turn.start for turn in talk]
    publisher = publisher_of(document)

    def speaker(start: int) -> str | None:
        place = bisect_right(starts, start)
        return _named(talk[place - 1], publisher) if place else publisher or None

    return speaker


def is_proved(sentence: Sentence, document: Document) -> bool:
    """Tell whether the speaker printed before a sentence follows from its document."""
    kinds = (Kind.STATEMENT, Kind.TRANSCRIPT)
    known = {speakers_of(document, kind=kind)(sentence.start) for kind in kinds}
    return sentence.speaker in known | {""}


def publisher_of(document: Document) -> str:
    """Return a publisher's name as printed before its words; empty if it cannot be set."""
    name = _BRACKETED.sub("", document.publisher)
    return name if is_settable(name, longest=_LONGEST) else ""


def printed_title(title: str) -> str:
    """Return a title without ticker symbols; unchanged if nothing else is in it."""
    return _TICKER.sub("", title).strip() or title


def headline_of(brief: Brief, edition: Edition) -> str:
    """Return the headline as printed: a party's claim has its name before it, but only once."""
    title = printed_title(brief.headline)
    source = edition.documents.get(next(iter(brief.sources), ""))
    claims = source and source.kind in PARTIES - {Kind.TRANSCRIPT}
    document = Language.of_text(edition.language).speech.statement_title
    if not source or not claims or not title or document.search(title[:LONGEST_LABEL]):
        return title
    name = publisher_of(source)
    return title if title.casefold().startswith(name.casefold()) else f"{name}: {title}"


def headlines_of(edition: Edition) -> dict[str, tuple[str, str]]:
    """Return the report and the text of each story's printed headline, by id of the story."""
    named = {
        each.story: (each.title.document, printed_title(each.title.text))
        for each in edition.panel.also
    }
    # The first brief of a story in several sections counts.
    return named | {
        brief.story: (brief.sources[0], headline_of(brief, edition))
        for brief in reversed([*edition.briefs()])
        if brief.headline
    }


def _named(turn: Turn, publisher: str) -> str | None:
    if turn.speaker == "A":  # the answer to "Q"
        return publisher or None
    name = turn.speaker.title() if turn.speaker.isupper() else turn.speaker
    if turn.asks or not is_settable(name, longest=_LONGEST):
        return None
    return (
        f"{name} ({publisher})"
        if publisher and spoken().speech.office.match(turn.speaker)
        else name
    )


@frozen
class Quotation:
    """A passage between quotation marks, marks included."""

    start: int
    end: int
    #: False for a mark without its partner.
    closed: bool


#: Most characters of an unclosed quotation: 99.5 % of the paragraphs of the measured days are
#: shorter, and one misread mark must not spoil all of a text without paragraphs.
REACH = 800


#: Closing marks, by opening mark.
_CLOSERS = {'"': '"”', "“": '”"', "”": "”", "„": "“”", "«": "»", "»": "«", "‘": "’'", "'": "'’"}
_SINGLE = "'’‘"
#: A quotation mark. Two single marks in a row are a typewriter's double mark; one between two
#: letters is an apostrophe and does not match. The character class comes first because it is fast
#: to search for; what follows looks back at it.
_MARK = re.compile(
    r"""['`’‘"“”„«»](?:(?<=')'|(?<=`)`|(?<=’)’|(?<=["“”„«»])"""
    r"""|(?<=[‘’'])(?:(?<![^\W_].)|(?![^\W_])))"""
)
#: A mark opens after a space or one of these.
_BEFORE_OPENING = "([{<—–-/:"


class _Mark(NamedTuple):
    sign: str
    place: int
    end: int
    opens: bool
    closes: bool
    #: The character before the mark.
    before: str


def _marks(text: str, start: int) -> Iterator[_Mark]:
    for match in _MARK.finditer(text, start):
        place, end = match.span()
        before = text[place - 1] if place else " "
        after = text[end] if end < len(text) else " "
        mark = _Mark(
            sign=text[place] if end == place + 1 else '"',
            place=place,
            end=end,
            opens=(before.isspace() or before in _BEFORE_OPENING) and not after.isspace(),
            closes=not before.isspace() and not after.isalnum(),
            before=before,
        )
        if mark.before.isalnum() or not spoken().speech.shortened.match(text, mark.place):
            yield mark


def _is_stray(mark: _Mark) -> bool:
    """Tell whether a mark closes a quotation that never opened; inches and possessives do not."""
    if mark.sign in _SINGLE:
        return mark.closes and mark.before in ".,!?"
    return not mark.before.isdigit()


def _ends(mark: _Mark, *, opener: str) -> bool:
    if mark.sign not in _CLOSERS[opener]:
        return False
    if opener in _SINGLE:
        return mark.closes
    return mark.sign != opener or not mark.opens


@kept(4)
def quotations(text: str) -> tuple[Quotation, ...]:
    """Return the outermost quotations of a text in order; none crosses the end of a line.

    A quotation that continues in the next paragraph is unclosed.
    """
    # The first paragraphs are cached separately, since they are also read alone.
    cut = text.rfind("\n", 0, OPENING - 1) + 1 if len(text) >= OPENING else 0
    return (quotations(text[:cut]) if cut else ()) + tuple(_quotations(text, cut))


def _quotations(text: str, start: int) -> Iterator[Quotation]:
    opener: _Mark | None = None
    until = 0
    for mark in _marks(text, start):
        if opener and until < mark.place:
            yield _unclosed(opener, until=until)
            opener = None
        if opener is None:
            if mark.sign in "“„«" or (mark.opens and mark.sign != "’"):
                opener, until = mark, text.find("\n", mark.end)
                until = len(text) if until < 0 else until
            elif _is_stray(mark):
                yield Quotation(mark.place, mark.end, closed=False)
        elif _ends(mark, opener=opener.sign):
            yield Quotation(opener.place, mark.end, closed=True)
            opener = None
        elif mark.sign == opener.sign and mark.sign in "\"'‘" and mark.opens:
            yield _unclosed(opener, until=mark.place)
            opener = mark
    if opener:
        yield _unclosed(opener, until=until)


def _unclosed(opener: _Mark, *, until: int) -> Quotation:
    return Quotation(opener.place, min(until, opener.place + REACH), closed=False)


class Quotations:
    """The quotations of one text, by place."""

    def __init__(self, text: str) -> None:
        """Read a text."""
        self._all = quotations(text)
        self._ends = [quotation.end for quotation in self._all]

    def within(self, sentence: Sentence) -> tuple[Quotation, ...]:
        """Return those that overlap a sentence of the text, in order."""
        first = bisect_right(self._ends, sentence.start)
        last = first
        while last < len(self._all) and self._all[last].start < sentence.end:
            last += 1
        return self._all[first:last]

"""Leaves out what an agency sets around a report: place, date and name before it, credits after."""

from __future__ import annotations

import re
from dataclasses import replace

from briefing.core.model import Sentence
from briefing.core.text.finders.clauses import ATTRIBUTION, VERB
from briefing.core.text.words import STOP_WORDS

#: Characters in which a dateline must end; the longest of a day's wire has 50, bylines come before.
_WITHIN = 140
#: Parts that may follow each other: a byline, "(ANSA) - ", "ROME, Jan. 4 - ".
_PARTS = 3
#: Only so many sentences of a document can be its opening: photo credit and byline come before.
_OPENING = 2

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = rf"(?:(?i:{_MONTH}) \d{{1,2}}|\d{{1,2}} (?i:{_MONTH}))(?: ?,? \d{{4}})?"
#: "NEW DELHI", "ST. JOHN'S", "SUWALKI, Poland", "BRUSSELS/PARIS".
_CAPITALS = r"[A-Z][A-Z.'’\- ]{1,40}[A-Z.](?: ?[,/] ?[A-Z][A-Za-z.'’\- ]{1,30}){0,2}?"
_WORD = r"(?:[A-Z][\w.'’-]{0,20}|de|del|la|los|al|of|do|da)"
#: "Kabul, Afghanistan", "New York", "Port of Spain".
_PLACE = rf"[A-Z][\w.'’-]{{0,20}}(?: {_WORD}){{0,3}}(?: ?, {_WORD}(?: {_WORD}){{0,2}}){{0,2}}"
#: Agencies and broadcasters that sign a report by name or initials between place and words.
_KNOWN = (
    r"(?:A\.?P\.?|AFP|UPI|CNN|Reuters|REUTERS|Xinhua|XINHUA|(?:ITAR-)?TASS|Tass|Interfax|Kyodo|"
    r"Jiji|Yonhap|dpa|DPA|ANSA|EFE|PTI|IANS|AAP|BBC|Bloomberg|Anadolu|Associated Press)"
    r"(?: (?:News|Business|Politics|Health|Money|Sport|Opinion))?"
)
_SIGNED = rf"(?P<signed>\((?P<agency>{_KNOWN})\)|(?<!\S)/[A-Z][\w-]{{1,20}}/(?=[.:]| ?[-–—]))"
_AGENCY = r"\([A-Z][\w.&'’-]*(?: [A-Z&][\w.&'’-]*){0,3}\)"
#: A hyphen counts only with a space before it: "ACME-Norland".
_DASH = r"(?: {0,2}(?:[–—―]|-{2,3})|(?:(?<=[)/])| {1,2})-)"
_OPENS = r"(?=[A-Z“\"‘'\d$€£])"
_BYLINE = r"By (?:[A-Z][a-z'’.-]+[A-Za-z]{0,9}(?:, | and | )){2,8}"
#: "Washington (CNN) ", "MOSCOW, January 4. /TASS/. ", "Jan. 5 (UPI) -- ", "(CNN)".
_BY_AGENCY = re.compile(
    rf"(?:{_BYLINE}(?=[A-Z]{{3}}))?(?P<place>[A-Z][\w.'’,/ -]{{1,50}}?)?(?: ?[,.])? ?"
    rf"(?:{_DATE})?(?: ?[,.])? ?{_SIGNED}[.:]?(?:{_DASH})? *{_OPENS}"
)
#: A caption or a pointer keeps its label, by which it is known and left out; so does a claim.
_NO_POINTER = (
    r"(?!(?:FILE|PHOTO|ABOVE|BELOW|WATCH|VIDEO|READ|RELATED|LISTEN|MORE|"
    r"CLAIM|MYTH|RUMOU?R|VERDICT|QUOTE)\b)"
)
#: "TANGIER, March 11 (Halyard) - ", "CHENNAI: ", "GENEVA — ", "MUSKEGON, Mich (May 2, 2014) – ".
_IN_CAPITALS = re.compile(
    rf"{_NO_POINTER}(?:{_CAPITALS}(?: ?,? ?{_DATE})? *(?:{_AGENCY}|\({_DATE}\))?|{_AGENCY})"
    rf"{_DASH} *{_OPENS}"
)
#: "CHENNAI: ": a word of five letters or more, for "NATO: We will not wait" names a speaker.
_BEFORE_COLON = re.compile(
    rf"{_NO_POINTER}(?=[A-Z.'’\- ]{{5}})[A-Z][A-Z.'’\- ]{{1,40}}[A-Z.](?:, ?{_DATE})?: *{_OPENS}"
)
_LABEL = re.compile(
    r"(?:UPDATED?(?: \d)?|EXCLUSIVE|BREAKING(?: NEWS)?|URGENT|NEW|CORRECTED|WRAPUP(?: \d)?)"
    rf"(?: ?:|{_DASH}) *{_OPENS}"
)
_SPOKEN = re.compile(r"\b(?:I|[Ww]e|[Yy]ou|[Mm]y|[Oo]ur|[Yy]our|[Uu]s)\b|[?!]")
#: "San Francisco - A court", "Kabul, Afghanistan — Voters": sure only when nothing else speaks
#: against it, since a dash also follows a name of somebody.
_PLAIN = re.compile(
    rf"{_NO_POINTER}(?P<place>{_PLACE})(?: ?, {_DATE})? (?:[-–—]|--) (?=[A-Z“\"‘'])"
)
_ANY_DASH = re.compile(r" (?:[-–—]|--) |—")
#: Before a name it is somebody's, never a place.
_OFFICES = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|President|Minister|Chancellor|King|Queen|Pope|Judge)\b"
)
#: Behind the full stop: "(Reporting by Ada Lind; Editing by Bo Roe)", "(AP)", "— Reuters".
_TAIL = re.compile(
    r"[.!?”\"’](?P<credits>\s+(?:"
    r"[(\[](?:(?:Additional |With )?(?:[Rr]eporting|[Ww]riting|[Ee]diting|"
    r"[Cc]ompiled|[Tt]ranslat(?:ed|ion)|inputs?|agenc(?:y|ies)|files?)\b[^()\[\]]{0,200}|"
    rf"{_KNOWN}(?:[/,] ?{_KNOWN}){{0,3}}|Agencies)[)\]]|(?:[-–—]|--) ?{_KNOWN}|/{_KNOWN}/)[.\s]*)$"
)


def skip_dateline(sentence: Sentence) -> Sentence:
    """Return a sentence without dateline and credits; what is left is still an exact slice.

    Only the first two sentences of a document can have any dateline (the first may be a byline);
    behind captions one is known by capitals, agency and dash together. Nothing is cut that is not
    before the first word or behind the full stop.
    """
    first = (_opening if sentence.index < _OPENING else _plainest)(sentence.text)
    # from the full stop before what is left
    tail = _TAIL.search(sentence.text, max(1, first, len(sentence.text) - 2 * _WITHIN) - 1)
    last = tail.start("credits") if tail else len(sentence.text)
    if not first and not tail:
        return sentence
    return replace(
        sentence,
        start=sentence.start + first,
        end=sentence.start + last,
        text=sentence.text[first:last],
    )


def _by_agency(head: str) -> re.Match[str] | None:
    """Match what an agency signs, by the brackets or slashes around its name."""
    return _BY_AGENCY.match(head) if "(" in head or "/" in head else None


def _plainest(text: str) -> int:
    """Return the length of a dateline such as "GENEVA (AP) — ", 0 without one."""
    match = _by_agency(text[:_WITHIN])
    if match is None or not match["agency"] or not (match["place"] or "").isupper():
        return 0
    return match.end() if match.group().rstrip().endswith(("—", "–", "-")) else 0


def _opening(text: str) -> int:
    """Return where the words begin behind all parts of a dateline."""
    place = 0
    for _ in range(_PARTS):
        step = _part(text[place:])
        if not step:
            break
        place += step
    return place


def _part(text: str) -> int:
    """Return the length of the part of a dateline at the start of a text, 0 for none."""
    head = text[:_WITHIN]
    signed = _by_agency(head)
    if signed and _signs(signed["agency"] or "", place=signed["place"] or ""):
        return signed.end()
    capitals = _IN_CAPITALS.match(head) or _LABEL.match(head)
    if capitals:
        return capitals.end()
    colon = _BEFORE_COLON.match(head)
    if colon and not _SPOKEN.search(text, colon.end()):
        return colon.end()
    plain = _PLAIN.match(head)
    return plain.end() if plain and _is_place(plain, text) else 0


def _signs(agency: str, *, place: str) -> bool:
    """Tell whether brackets name the agency of a report.

    They may also shorten the words before, as in "Associated Press (AP)", or close a clause.
    """
    initials = "".join(word[0] for word in place.split())
    shortens = place and agency and agency.replace(".", "") in initials
    return not (shortens or VERB.search(place) or ATTRIBUTION.search(place))


def _is_place(plain: re.Match[str], text: str) -> bool:
    """Tell whether words before a dash are a place, and a whole sentence follows."""
    words, rest = plain["place"], text[plain.end() :]
    first = words.split()[0].rstrip(",.").casefold()
    return (
        first not in STOP_WORDS
        and not _OFFICES.match(words)
        and not _ANY_DASH.search(rest)
        and VERB.search(rest) is not None
        and not words.endswith(".")
    )

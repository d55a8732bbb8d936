"""Preferences, address and agreement of a reader, as written in forms, options and CSV."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields
from datetime import date, time
from functools import partial
from typing import Any, TypeAlias

from email_validator import EmailNotValidError, validate_email

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable, counted
from briefing.core.model import (
    FIRST,
    NO_SECTIONS,
    SAGA,
    UNTIL,
    USUAL_EDITIONS,
    Offered,
    Preferences,
)
from briefing.core.schedule import clock_time, zone, zone_near
from briefing.core.text.watch import folded_words
from briefing.mail.headers import checked_address, one_line

#: Days as they are written; any longer prefix of the English name can be read too.
DAYS = tuple("mon tue wed thu fri sat sun".split())
_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
_NUMBERS = tuple("0123456")
#: Most characters of a value; the longest list of sections is far shorter.
_LONGEST = 2_000
#: Most own words of a reader, and most mutes; and characters of each word.
MOST_WORDS, LONGEST_WORD = 10, 60
#: Invisible characters that belong to words in some scripts.
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))


def _names(value: str) -> tuple[str, ...]:
    parts = (part.strip().lower() for part in re.split("[;,]", value))
    return tuple(dict.fromkeys(filter(None, parts)))


def separate_words(value: str) -> tuple[str, ...]:
    """Split a text into own words at semicolons, commas and line breaks."""
    words = (" ".join(part.split()) for part in re.split(r"[;,\r\n]", value))
    return tuple({word.casefold(): word for word in words if word}.values())


def _is_word(word: str) -> bool:
    """Return whether a word can be stored unchanged and found in reports."""
    seen = word.translate(_JOINERS).isprintable() and len(word) <= LONGEST_WORD
    return seen and separate_words(word) == (word,) and folded_words(word) != ""


_SAGA = re.compile(rf"(?a){SAGA}s[1-9]\d{{0,17}}")


def mute_of(text: str) -> tuple[str, date | None]:
    """Return what a mute is about, and the day on which it ends; None: it is not valid."""
    what, _, end = text.rpartition(UNTIL)
    try:
        day = date.fromisoformat(end)
    except ValueError:
        return what or text, None
    good = end == f"{day}" and (_SAGA.fullmatch(what) or _is_word(what))
    return what, day if good else None


def _days(value: str) -> tuple[str, ...]:
    days = tuple(day for part in re.split(r"[;,\s]+", value) if part for day in _span(part))
    if not days:
        raise InputError(f"days {value[:40]!a}: name at least one, or pause the subscription")
    return days


def _span(text: str) -> Iterator[str]:
    """Yield the days of a day or a range, which may wrap around the end of the week."""
    first, _, last = text.partition("-")
    begin = _day(first)
    end = _day(last) if last else begin
    return (_NUMBERS[(begin + step) % 7] for step in range((end - begin) % 7 + 1))


def _day(text: str) -> int:
    matches = [number for number, name in enumerate(_NAMES) if name.startswith(text.lower())]
    if len(text) < len(DAYS[0]) or not matches:
        raise InputError(f"day {text[:40]!a}: write mon, tue, wed, thu, fri, sat, sun or mon-fri")
    return matches[0]


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


#: Preferences as chosen in a form, not validated: a text or a tuple of texts for each field name.
#: Days are "0" for Monday to "6"; no sections but some lists means lists alone.
Chosen: TypeAlias = Mapping[str, Any]

#: The fields in the order of the form, and those with several values.
FIELDS = sorted(fields(Preferences), key=lambda wish: wish.name in {"form", "language"})
SEVERAL = tuple(wish.name for wish in FIELDS if isinstance(wish.default, tuple))
_TYPES: dict[Any, tuple[Callable[[Any], Any], ...]] = {
    "tuple[str, ...]": (tuple, tuple, ";".join, _names),
    "tuple[int, ...]": (
        lambda days: (*map(str, days),),
        lambda days: (*sorted(map(int, set(days))),),
        lambda days: " ".join(DAYS[day] for day in days),
        _days,
    ),
    "time": (_clock, time.fromisoformat, _clock, lambda text: clock_time(text) or text),
    "str": (str, str, str, str),
}
#: For each preference, how to write it to a form and read it from there, and how to write it to
#: options and CSV and read it from there; a list is read word by word.
_FORMS: dict[str, Any] = {
    w.name: _TYPES.get(w.type, (str, type(w.default), str, str.lower)) for w in FIELDS
} | dict.fromkeys(
    ("own_words", "muted"),
    (tuple, lambda words: separate_words(";".join(words)), ";".join, separate_words),
)
#: Preferences for which "none" can be chosen.
_MAY_BE_NONE = frozenset("lists other_languages editions own_words muted".split())
#: What a value is called in messages, by field name.
NOUNS = {w.name: w.metadata.get("noun", w.name.removesuffix("s")) for w in FIELDS}
#: The fields of options, CSV and JSON, by their names there.
WRITTEN = {w.metadata.get("key", w.name): w for w in fields(Preferences) if w.metadata["help"]}


def preferences_of(chosen: Chosen, offered: Offered) -> Preferences:
    """Return valid choices as preferences."""
    given = {wish.name: _FORMS[wish.name][1](chosen[wish.name]) for wish in FIELDS}
    given["lists"] = tuple(name for name in offered.lists if name in chosen["lists"])
    others = chosen["other_languages"]
    given["other_languages"] = tuple(code for code in LANGUAGES if code in others)
    editions = tuple(name for name in offered.editions if name in chosen["editions"])
    usual = tuple(name for name in USUAL_EDITIONS if name in offered.editions)
    given["editions"] = () if editions == usual else editions
    sections = tuple(name for name in offered.sections if name in chosen["sections"])
    # Choosing all sections is no choice, so that sections added later are included.
    wanted = () if sections == tuple(offered.sections) else sections
    return Preferences(**given | {"sections": wanted if given["sections"] else NO_SECTIONS})


def choices(preferences: Preferences, offered: Offered) -> Chosen:
    """Return preferences as choices among what is still offered.

    Readers who chose only lists, and no own words, get all sections once none of their lists is
    offered any more.
    """
    wanted = partial(preferences.wants, offered=offered.editions)
    lists = tuple(name for name in offered.lists if name in preferences.lists)
    alone = preferences.sections == NO_SECTIONS and (lists or preferences.own_words)
    sections = tuple(name for name in offered.sections if name in preferences.sections)
    shown = {wish.name: _FORMS[wish.name][0](getattr(preferences, wish.name)) for wish in FIELDS}
    return shown | {
        "sections": () if alone else sections or offered.sections,
        "lists": lists,
        "editions": tuple(
            name for name in offered.editions if wanted("" if name == FIRST else name)
        ),
    }


def wrong_choices(chosen: Chosen, *, offered: Offered) -> Iterator[tuple[str, str | None]]:
    """Yield the fields of :data:`Chosen` that are wrong, in the order of the form.

    Each comes with the first value that is not offered; None: nothing was chosen.
    """
    allowed: dict[str, Collection[str | None]] = {
        "sections": offered.sections,
        "lists": offered.lists,
        "editions": offered.editions,
        "days": _NUMBERS,
        "at": (clock_time(chosen["at"]),),
        "zone": (chosen["zone"],) if zone(chosen["zone"]) else (),
        "language": LANGUAGES,
        "other_languages": LANGUAGES,
        "own_words": [*filter(_is_word, chosen["own_words"][:MOST_WORDS])],
        "muted": [mute for mute in chosen["muted"][:MOST_WORDS] if mute_of(mute)[1]],
    }
    for name in (wish.name for wish in FIELDS):
        values = chosen[name] if name in SEVERAL else (chosen[name],)
        known = allowed[name] if name in allowed else tuple(_FORMS[name][1])
        wrong: list[str | None] = [value for value in values if value not in known]
        beside = chosen["lists"] or chosen["own_words"]
        may_be_none = name in _MAY_BE_NONE or (name == "sections" and beside)
        if wrong or not (values or may_be_none):
            yield name, next(iter(wrong), None)


def read_preferences(
    values: Mapping[str, str], *, offered: Offered, usual: Preferences
) -> Preferences:
    """Read preferences from values by their names in options and CSV.

    Several values are separated by ";" or ","; fields that need no choice may be "none", as may
    sections if there is a list. Days are such as "mon-fri" or "mon wed", a time is such as "07:00"
    or "7 am". A missing or empty value means that of ``usual``.

    InputError: a value is not valid; the message says what is.
    """
    given: dict[str, Any] = {}
    for key, wish in WRITTEN.items():
        text, name = values.get(key, ""), wish.name
        if len(text) > _LONGEST:
            raise InputError(f"{key}: longer than {_LONGEST} characters")
        line = one_line(text)
        if line == "none" and name in _MAY_BE_NONE and line not in getattr(offered, name, ()):
            given[name] = ()
        elif line.strip() and (value := _FORMS[name][3](line)):
            given[name] = value
    preferences, wrong = _chosen(usual, given, offered)
    for message in wrong.values():
        raise InputError(message)
    return preferences


def changed(
    before: Preferences, given: Mapping[str, Any], *, offered: Offered
) -> tuple[Preferences, dict[str, str]]:
    """Return preferences with some values changed, and errors by field for values not offered."""
    values = {name: _FORMS[name][0](value) for name, value in given.items()}
    return _chosen(before, values, offered)


def _chosen(
    before: Preferences, given: Chosen, offered: Offered
) -> tuple[Preferences, dict[str, str]]:
    chosen = {**choices(before, offered), **given}
    if chosen["sections"] == NO_SECTIONS:
        chosen["sections"] = ()
    wrong = {
        field: _message(field, value, offered)
        for field, value in wrong_choices(chosen, offered=offered)
    }
    return before if wrong else preferences_of(chosen, offered), wrong


def preferences_as_text(preferences: Preferences) -> dict[str, str]:
    """Return preferences as values for :func:`read_preferences`."""
    return {key: _FORMS[w.name][2](getattr(preferences, w.name)) for key, w in WRITTEN.items()}


def page_words(
    preferences: Preferences, *, label: Callable[[str], str] = str, every: str = "all sections"
) -> str:
    """Describe the page that is wanted: "all sections, watch-list southern-africa"."""
    chosen = preferences.page
    alone = (chosen.lists or chosen.own_words) and chosen.sections == NO_SECTIONS
    sections = () if alone else map(label, chosen.sections) if chosen.sections else (every,)
    lists = (f"watch-list {name}" for name in chosen.lists)
    # Only their number: this text appears in logs and lists, and the words are private.
    words = [counted(len(chosen.own_words), "own word")] if chosen.own_words else []
    words += [counted(len(preferences.muted), "mute")] if preferences.muted else []
    spoken = (f"reports in {code}" for code in chosen.other_languages)
    return ", ".join((*sections, *lists, *words, *spoken))


def _message(field: str, wrong: str | None, offered: Offered) -> str:
    value = ascii(*NO_SECTIONS) if wrong is None else ascii(wrong[:40])
    lists = f"offered are {', '.join(offered.lists)}" if offered.lists else "none is offered"
    return {
        "sections": f"section {value}: not printed; there are {', '.join(offered.sections)}",
        "lists": f"watch-list {value}: not offered to readers; {lists}",
        "editions": f"edition {value}: there are {', '.join(offered.editions)}",
        "at": f"time {value}: write it as 07:00",
        "own_words": f"word {value}: give at most {MOST_WORDS}, each of at most {LONGEST_WORD} "
        "characters and with a letter or digit",
        "muted": f"mute {value}: give at most {MOST_WORDS}, such as Suriname until 2026-12-15",
        "days": f"day {value}: give at least one of 0 for Monday to 6",
        "zone": f"zone {value}: unknown; write it as {zone_near(value[1:-1]) or 'Europe/Zurich'}",
        **dict.fromkeys(
            ("language", "other_languages"), f"language {value}: give {', '.join(LANGUAGES)}"
        ),
    }.get(field) or next(
        f"{key} {value}: give {', '.join(_FORMS[field][1])}"
        for key, wish in WRITTEN.items()
        if wish.name == field
    )


#: Longest address that every relay must accept (RFC 5321, 4.5.3.1.3, without the brackets).
LONGEST_ADDRESS = 254


def normalize(written: str) -> str:
    """Return an address as it is stored: local part as written, domain in lower-case ASCII.

    White space around it is removed; a domain in other scripts is converted to IDNA.

    InputError: no mail can be sent there; the message gives the reason without the address.
    """
    address = written.strip()
    if not address:
        raise InputError("it is missing")
    if len(address) > LONGEST_ADDRESS:
        raise InputError(f"it has more than {LONGEST_ADDRESS} characters")
    before, at, after = address.rpartition("@")
    if not at:
        raise InputError("it lacks the @")
    if not (before and after):
        raise InputError(f"it lacks the part {'after' if before else 'before'} @")
    try:
        validated = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InputError("it has a form that mail cannot be sent to") from error
    normalized = f"{validated.local_part}@{validated.ascii_domain}"
    try:
        return checked_address(normalized)
    except InputError as error:
        raise InputError("it has characters that not every mail server accepts") from error


def address_of(text: str) -> str:
    """Return an address as it is stored.

    InputError: no mail can be sent there; the message repeats the address.
    """
    try:
        return normalize(text)
    except InputError as error:
        raise InputError(f"address {text[:80]!a}: {error}; write it as name@domain") from error


#: Most characters of the words.
LONGEST_AGREEMENT = 500
#: Earliest date of an agreement: nobody agreed to mail before.
_FIRST = date(1990, 1, 1)


@frozen
class Agreement:
    """What the consent log says about those who are added."""

    #: How they agreed, such as "signed the list at the spring meeting".
    words: str
    since: date


@frozen
class AgreementError:
    """What is wrong with one part of an agreement."""

    #: "consent" or "since".
    field: str
    #: A sentence without its full stop.
    reason: str
    hint: str


def agreement_errors(words: str, since: str, *, today: date) -> Iterator[AgreementError]:
    """Yield what is wrong with the parts as written, at most once each.

    ``since`` is a date such as "2026-05-03"; empty means ``today``, the local date.
    """
    written = one_line(words)
    if not written:
        yield AgreementError(
            "consent",
            Translatable("The note on how consent was given is missing"),
            Translatable("Say how, for example: signed the list at the spring meeting"),
        )
    elif len(written) > LONGEST_AGREEMENT:
        yield AgreementError(
            "consent",
            Translatable(
                "The note on how consent was given has more than {n} characters",
                n=LONGEST_AGREEMENT,
            ),
            Translatable("Write it in at most {n} characters", n=LONGEST_AGREEMENT),
        )
    day = _day_agreement(since, today=today)
    if not day or not _FIRST <= day <= today:
        yield AgreementError(
            "since",
            Translatable("The date of consent is not valid or lies in the future"),
            Translatable("Write it like {date}", date=today.isoformat()),
        )


def read_agreement(words: str, since: str, *, today: date) -> Agreement:
    """Return an agreement.

    InputError: a part is wrong; the message gives the first error, with what to do.
    """
    for wrong in agreement_errors(words, since, today=today):
        raise InputError(f"{wrong.reason}. {wrong.hint}")
    day = _day_agreement(since, today=today)
    assert day  # noqa: S101  checked above
    return Agreement(one_line(words), day)


def _day_agreement(text: str, *, today: date) -> date | None:
    if not text.strip():
        return today
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

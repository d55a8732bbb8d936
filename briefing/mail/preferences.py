"""A subscriber's preferences as text: command options, cells of a CSV file, fields of a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time

from briefing.core.errors import InputError
from briefing.core.model import Form, Preferences, wanted_sections
from briefing.core.schedule import zone
from briefing.mail.headers import one_line

#: Days as they are written; any longer prefix of the English name is read too.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Characters of a value; the longest list of sections is far shorter.
_LONGEST = 2_000

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def read_preferences(
    values: Mapping[str, str], *, sections: Sequence[str], defaults: Preferences
) -> Preferences:
    """Read preferences from values named "sections", "format", "days", "at" and "zone".

    Args:
        values: sections separated by ";" or ","; days such as "mon-fri" or "mon wed"; time as
            "07:00". A missing or empty value means the default.
        sections: those that the briefing prints, in order.
        defaults: what a missing value means.

    Raises:
        InputError: a value is not valid; the message says what is.
    """
    present = {name: _short(name, value) for name, value in values.items() if value.strip()}
    return Preferences(
        sections=_sections(present["sections"], sections)
        if "sections" in present
        else defaults.sections,
        form=_form(present["format"]) if "format" in present else defaults.form,
        days=_days(present["days"]) if "days" in present else defaults.days,
        at=_time(present["at"]) if "at" in present else defaults.at,
        zone=_zone(present["zone"]) if "zone" in present else defaults.zone,
        language=defaults.language,
    )


def preferences_as_text(preferences: Preferences) -> dict[str, str]:
    """Return preferences as values that :func:`read_preferences` reads."""
    return {
        "sections": ";".join(preferences.sections),
        "format": preferences.form.value,
        "days": " ".join(DAYS[day] for day in preferences.days),
        "at": f"{preferences.at:%H:%M}",
        "zone": preferences.zone,
    }


def _short(name: str, value: str) -> str:
    if len(value) > _LONGEST:
        raise InputError(f"{name}: longer than {_LONGEST} characters")
    return one_line(value)


def _sections(value: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().lower() for part in re.split("[;,]", value)))
    chosen = tuple(filter(None, names))
    unknown = next((name for name in chosen if name not in known), None)
    if unknown is not None:
        raise InputError(f"section {unknown[:40]!a}: not printed; there are {', '.join(known)}")
    return wanted_sections(chosen, printed=known)


def _form(value: str) -> Form:
    forms = {form.value: form for form in Form}
    if value.lower() not in forms:
        raise InputError(f"format {value[:40]!a}: give {', '.join(forms)}")
    return forms[value.lower()]


def _days(value: str) -> tuple[int, ...]:
    chosen = {day for part in re.split(r"[;,\s]+", value) if part for day in _span(part)}
    if not chosen:
        raise InputError(f"days {value[:40]!a}: name at least one, or pause the subscription")
    return tuple(sorted(chosen))


def _span(text: str) -> Iterator[int]:
    """Yield the days of a day or a span; a span may wrap around the end of the week."""
    first, _, last = text.partition("-")
    begin = _day(first)
    end = _day(last) if last else begin
    return ((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _day(text: str) -> int:
    matches = [number for number, name in enumerate(_NAMES) if name.startswith(text.lower())]
    if len(text) < len(DAYS[0]) or not matches:
        raise InputError(f"day {text[:40]!a}: write mon, tue, wed, thu, fri, sat, sun or mon-fri")
    return matches[0]


def _time(value: str) -> time:
    match = _TIME.fullmatch(value)
    if match is None:
        raise InputError(f"time {value[:40]!a}: write it as 07:00")
    return time(int(match[1]), int(match[2]))


def _zone(value: str) -> str:
    if zone(value) is None:
        raise InputError(f"zone {value[:40]!a}: unknown; write it as Europe/Zurich")
    return value

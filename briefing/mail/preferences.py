"""What a subscriber wishes, in the words of a command, of a line in a list, of a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time

from briefing.core.errors import InputError
from briefing.core.model import Form, Preferences, wanted_sections
from briefing.core.schedule import zone
from briefing.mail.headers import one_line

#: Days as they are written; any longer beginning of the English name is read too.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Characters of a field; the longest list of sections is far shorter.
_LONGEST = 2_000

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def read_preferences(
    told: Mapping[str, str], *, sections: Sequence[str], usual: Preferences
) -> Preferences:
    """Return wishes of what was written under "sections", "format", "days", "at" and "zone".

    Args:
        told: sections parted by ";" or ","; days such as "mon-fri" or "mon wed"; time as "07:00".
            What is missing or empty is as usual.
        sections: those that the briefing prints, in order.
        usual: what stands for what is not told.

    Raises:
        InputError: one of them means nothing; the message says what there is.
    """
    asked = {name: _short(name, value) for name, value in told.items() if value.strip()}
    return Preferences(
        sections=_sections(asked["sections"], sections) if "sections" in asked else usual.sections,
        form=_form(asked["format"]) if "format" in asked else usual.form,
        days=_days(asked["days"]) if "days" in asked else usual.days,
        at=_time(asked["at"]) if "at" in asked else usual.at,
        zone=_zone(asked["zone"]) if "zone" in asked else usual.zone,
        language=usual.language,
    )


def written(preferences: Preferences) -> dict[str, str]:
    """Return wishes in the words that :func:`read_wishes` reads."""
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
    names = tuple(dict.fromkeys(one.strip().lower() for one in re.split("[;,]", value)))
    wanted = tuple(filter(None, names))
    unknown = next((one for one in wanted if one not in known), None)
    if unknown is not None:
        raise InputError(f"section {unknown[:40]!a}: not printed; there are {', '.join(known)}")
    return wanted_sections(wanted, printed=known)


def _form(value: str) -> Form:
    forms = {one.value: one for one in Form}
    if value.lower() not in forms:
        raise InputError(f"format {value[:40]!a}: give {', '.join(forms)}")
    return forms[value.lower()]


def _days(value: str) -> tuple[int, ...]:
    chosen = {day for word in re.split(r"[;,\s]+", value) if word for day in _span(word)}
    if not chosen:
        raise InputError(f"days {value[:40]!a}: name one at least, or pause the subscription")
    return tuple(sorted(chosen))


def _span(word: str) -> Iterator[int]:
    """Yield the days of one word; a span may lead over the end of the week."""
    first, _, last = word.partition("-")
    begin = _day(first)
    end = _day(last) if last else begin
    return ((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _day(word: str) -> int:
    found = [number for number, name in enumerate(_NAMES) if name.startswith(word.lower())]
    if len(word) < len(DAYS[0]) or not found:
        raise InputError(f"day {word[:40]!a}: write mon, tue, wed, thu, fri, sat, sun or mon-fri")
    return found[0]


def _time(value: str) -> time:
    found = _TIME.fullmatch(value)
    if found is None:
        raise InputError(f"time {value[:40]!a}: write it as 07:00")
    return time(int(found[1]), int(found[2]))


def _zone(value: str) -> str:
    if zone(value) is None:
        raise InputError(f"zone {value[:40]!a}: not known here; write it as Europe/Zurich")
    return value

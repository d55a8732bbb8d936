"""A subscriber's preferences as written: in fields of a form, command options, cells of CSV."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time

from briefing.core.errors import InputError
from briefing.core.model import Form, Preferences, wanted_sections
from briefing.core.schedule import zone
from briefing.mail.headers import one_line

#: Days as they are written; any longer prefix of the English name is read too.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = tuple("0123456")
#: Characters of a value; the longest list of sections is far shorter.
_LONGEST = 2_000
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_SHORT_TIME = re.compile(r"[0-9]:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Offered:
    """The available options."""

    sections: tuple[str, ...]
    zones: Collection[str]
    languages: Collection[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values as written, unvalidated."""

    sections: tuple[str, ...]
    #: "0" for Monday to "6".
    days: tuple[str, ...]
    at: str
    zone: str
    form: str
    language: str

    def preferences(self, offered: Offered) -> Preferences:
        """Return valid choices as preferences."""
        return Preferences(
            sections=wanted_sections(self.sections, printed=offered.sections),
            form=Form(self.form),
            days=tuple(sorted(map(int, set(self.days)))),
            at=time.fromisoformat(self.at),
            zone=self.zone,
            language=self.language,
        )


@dataclass(frozen=True, slots=True)
class WrongChoice:
    """A choice that is not offered."""

    #: Name of the field of :class:`Chosen`.
    field: str
    #: The first wrong value; None: nothing is chosen.
    value: str | None


def choices(preferences: Preferences, *, sections: tuple[str, ...]) -> Chosen:
    """Return preferences as choices; ``sections`` are those that are printed."""
    return Chosen(
        sections=preferences.sections or sections,
        days=tuple(map(str, preferences.days)),
        at=f"{preferences.at:%H:%M}",
        zone=preferences.zone,
        form=preferences.form.value,
        language=preferences.language,
    )


def wrong_choices(chosen: Chosen, *, offered: Offered) -> Iterator[WrongChoice]:
    """Yield what is wrong, at most once a field, in the order of the form."""
    fields: dict[str, tuple[Sequence[str], Collection[str]]] = {
        "sections": (chosen.sections, offered.sections),
        "days": (chosen.days, _NUMBERS),
        "at": ((chosen.at,), _TIME.findall(chosen.at)),
        "zone": ((chosen.zone,), offered.zones),
        "form": ((chosen.form,), tuple(Form)),
        "language": ((chosen.language,), offered.languages),
    }
    for field, (values, allowed) in fields.items():
        wrong: list[str | None] = [value for value in values if value not in allowed]
        if wrong or not values:
            yield WrongChoice(field, next(iter(wrong), None))


def read_preferences(
    values: Mapping[str, str], *, sections: tuple[str, ...], usual: Preferences
) -> Preferences:
    """Read preferences from values named "sections", "format", "days", "at" and "zone".

    Args:
        values: sections separated by ";" or ","; days such as "mon-fri" or "mon wed"; time as
            "07:00". A missing or empty value means the usual one.
        sections: those that the briefing prints, in order.
        usual: of this briefing, with the time and zone of its schedule.

    Raises:
        InputError: a value is not valid; the message says what is.
    """
    given = {name: _short(name, value) for name, value in values.items() if value.strip()}
    default = choices(usual, sections=sections)
    chosen = replace(
        default,
        sections=_sections(given.get("sections", "")) or default.sections,
        days=_days(given["days"]) if "days" in given else default.days,
        at=_padded(given.get("at", default.at)),
        zone=given.get("zone", default.zone),
        form=given.get("format", default.form).lower(),
    )
    zones = (chosen.zone,) if zone(chosen.zone) else ()
    offered = Offered(sections, zones, (default.language,))
    for wrong in wrong_choices(chosen, offered=offered):
        raise InputError(_message(wrong, sections))
    return chosen.preferences(offered)


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


def _sections(value: str) -> tuple[str, ...]:
    parts = (part.strip().lower() for part in re.split("[;,]", value))
    return tuple(dict.fromkeys(filter(None, parts)))


def _days(value: str) -> tuple[str, ...]:
    days = tuple(day for part in re.split(r"[;,\s]+", value) if part for day in _span(part))
    if not days:
        raise InputError(f"days {value[:40]!a}: name at least one, or pause the subscription")
    return days


def _span(text: str) -> Iterator[str]:
    """Yield the days of a day or a span, which may wrap around the end of the week."""
    first, _, last = text.partition("-")
    begin = _day(first)
    end = _day(last) if last else begin
    return (_NUMBERS[(begin + step) % 7] for step in range((end - begin) % 7 + 1))


def _day(text: str) -> int:
    matches = [number for number, name in enumerate(_NAMES) if name.startswith(text.lower())]
    if len(text) < len(DAYS[0]) or not matches:
        raise InputError(f"day {text[:40]!a}: write mon, tue, wed, thu, fri, sat, sun or mon-fri")
    return matches[0]


def _padded(at: str) -> str:
    return f"0{at}" if _SHORT_TIME.fullmatch(at) else at


def _message(wrong: WrongChoice, sections: Sequence[str]) -> str:
    value = ascii((wrong.value or "")[:40])
    return {
        "sections": f"section {value}: not printed; there are {', '.join(sections)}",
        "form": f"format {value}: give {', '.join(Form)}",
        "at": f"time {value}: write it as 07:00",
    }.get(wrong.field, f"zone {value}: unknown; write it as Europe/Zurich")

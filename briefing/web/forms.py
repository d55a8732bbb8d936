"""PURE: what a form holds, what is wrong with it, and what is shown again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from briefing.app.readers import normalize
from briefing.core.errors import InputError
from briefing.core.model import Form, Preferences, wanted_sections

#: Values by the name of a field, in the order in which they were sent.
Fields = Mapping[str, Sequence[str]]

#: Characters of an address that are shown again: the longest one, with something to spare.
_SHOWN = 300
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_EXAMPLE = "Write it like a.osei@ministry.example"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to correct."""

    #: Id of the field on the page.
    field: str
    #: What is wrong, for the message at the top.
    said: str
    #: What to do, beside the field.
    hint: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen."""

    sections: tuple[str, ...]
    zones: Collection[str]
    languages: Collection[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen, as it was sent and is shown again."""

    sections: tuple[str, ...]
    #: "0" for Monday to "6".
    days: tuple[str, ...]
    at: str
    zone: str
    form: str
    language: str

    def fields(self) -> list[tuple[str, str]]:
        """Return the fields that send the same again."""
        many = [("sections", one) for one in self.sections] + [("days", one) for one in self.days]
        one_each = ("at", "zone", "form", "language")
        return many + [(name, getattr(self, name)) for name in one_each]

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


def first(fields: Fields, name: str) -> str:
    """Return the first value of a field; empty without any."""
    return next(iter(fields.get(name, ())), "")


def read_address(fields: Fields) -> tuple[str, str, tuple[FieldError, ...]]:
    """Return the address as written and as it is kept, and what is wrong with it."""
    written = first(fields, "mail").strip()
    try:
        return written[:_SHOWN], normalize(written), ()
    except InputError as error:
        message = f"The mail address {str(error).removeprefix('it ')}."
        return written[:_SHOWN], "", (FieldError("mail", message, _EXAMPLE),)


def form_values(preferences: Preferences, *, offered: Offered) -> Chosen:
    """Return wishes as the form shows them."""
    return Chosen(
        sections=preferences.sections or offered.sections,
        days=tuple(map(str, preferences.days)),
        at=f"{preferences.at:%H:%M}",
        zone=preferences.zone,
        form=preferences.form.value,
        language=preferences.language,
    )


def read_chosen(fields: Fields, *, usual: Chosen, asked: Collection[str]) -> Chosen:
    """Return what was chosen; what the form does not ask for is as usual.

    Args:
        fields: as sent.
        usual: what stands for what is not asked.
        asked: names of the fields that the form has.
    """

    def single(name: str) -> str:
        default: str = getattr(usual, name)
        return first(fields, name)[:_SHOWN] if name in asked else default

    def many(name: str) -> tuple[str, ...]:
        default: tuple[str, ...] = getattr(usual, name)
        return tuple(dict.fromkeys(fields.get(name, ()))) if name in asked else default

    return Chosen(
        sections=many("sections"),
        days=many("days"),
        at=single("at"),
        zone=single("zone"),
        form=single("form"),
        language=single("language"),
    )


def problems(chosen: Chosen, *, offered: Offered) -> tuple[FieldError, ...]:
    """Return what is wrong with what was chosen, in the order of the form."""
    errors = [
        _lacking(chosen.sections, offered.sections, "sections", "section"),
        _lacking(chosen.days, tuple("0123456"), "days", "day"),
        None
        if _TIME.fullmatch(chosen.at)
        else FieldError("at", "Delivery time is not valid.", "Choose one, for example 07:00"),
        _unknown(chosen.zone, offered.zones, "zone", "time zone"),
        _unknown(chosen.form, {form.value for form in Form}, "form", "form"),
        _unknown(chosen.language, offered.languages, "language", "language"),
    ]
    return tuple(problem for problem in errors if problem)


def _lacking(
    values: Sequence[str], allowed: Collection[str], field: str, label: str
) -> FieldError | None:
    if values and all(value in allowed for value in values):
        return None
    message = f"Unknown {label}." if values else f"No {label} is selected."
    return FieldError(field, message, f"Select at least one {label}")


def _unknown(value: str, allowed: Collection[str], field: str, label: str) -> FieldError | None:
    if value in allowed:
        return None
    return FieldError(field, f"Unknown {label}.", "Choose one from the list")

"""PURE: form fields: parsing, validation, and the values to show again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from briefing.app.readers import normalize
from briefing.core.errors import InputError
from briefing.core.model import Form, Preferences, wanted_sections

#: Values by field name, in the order sent.
Fields = Mapping[str, Sequence[str]]

#: Characters of an address to show again; valid addresses are shorter.
_SHOWN = 300
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_EXAMPLE = "Write it like a.osei@ministry.example"


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field."""

    #: Id of the field on the page.
    field: str
    #: Message for the top of the page.
    said: str
    #: Hint beside the field.
    hint: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The available options."""

    sections: tuple[str, ...]
    zones: Collection[str]
    languages: Collection[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The submitted values, unvalidated."""

    sections: tuple[str, ...]
    #: "0" for Monday to "6".
    days: tuple[str, ...]
    at: str
    zone: str
    form: str
    language: str

    def fields(self) -> list[tuple[str, str]]:
        """Return the form fields that submit the same values."""
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
    """Return the address as written, normalized, and its errors."""
    written = first(fields, "mail").strip()
    try:
        return written[:_SHOWN], normalize(written), ()
    except InputError as error:
        message = f"The mail address {str(error).removeprefix('it ')}."
        return written[:_SHOWN], "", (FieldError("mail", message, _EXAMPLE),)


def form_values(preferences: Preferences, *, offered: Offered) -> Chosen:
    """Return preferences as form values."""
    return Chosen(
        sections=preferences.sections or offered.sections,
        days=tuple(map(str, preferences.days)),
        at=f"{preferences.at:%H:%M}",
        zone=preferences.zone,
        form=preferences.form.value,
        language=preferences.language,
    )


def read_chosen(fields: Fields, *, usual: Chosen, asked: Collection[str]) -> Chosen:
    """Return the submitted values; fields not on the form keep their defaults.

    Args:
        fields: as sent.
        usual: defaults for fields that are not on the form.
        asked: names of the fields on the form.
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
    """Return the errors in the order of the form."""
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

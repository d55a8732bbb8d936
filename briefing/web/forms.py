"""PURE: form fields: parsing, validation, and the values to show again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from briefing.app.readers import normalize
from briefing.app.readers.preferences import Chosen, Offered, WrongChoice, wrong_choices
from briefing.core.errors import InputError

#: Values by field name, in the order sent.
Fields = Mapping[str, Sequence[str]]

#: Characters of an address to show again; valid addresses are shorter.
_SHOWN = 300
_LABELS = MappingProxyType(
    {
        "sections": "section",
        "lists": "watch-list",
        "days": "day",
        "zone": "time zone",
        "form": "form",
        "language": "language",
    }
)
_EXAMPLE = "Write it like a.osei@ministry.example"


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field."""

    #: Id of the field on the page.
    field: str
    #: Message for the top of the page.
    message: str
    #: Hint beside the field.
    hint: str


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


def as_fields(chosen: Chosen) -> list[tuple[str, str]]:
    """Return the form fields that submit the same values."""
    many = [(name, one) for name in ("sections", "lists", "days") for one in getattr(chosen, name)]
    one_each = ("at", "zone", "form", "language")
    return many + [(name, getattr(chosen, name)) for name in one_each]


def read_chosen(fields: Fields, *, usual: Chosen, asked: Collection[str]) -> Chosen:
    """Return the submitted values; fields not on the form keep their defaults."""

    def single(name: str) -> str:
        default: str = getattr(usual, name)
        return first(fields, name)[:_SHOWN] if name in asked else default

    def many(name: str) -> tuple[str, ...]:
        default: tuple[str, ...] = getattr(usual, name)
        return tuple(dict.fromkeys(fields.get(name, ()))) if name in asked else default

    return Chosen(
        sections=many("sections"),
        lists=many("lists"),
        days=many("days"),
        at=single("at"),
        zone=single("zone"),
        form=single("form"),
        language=single("language"),
    )


def problems(chosen: Chosen, *, offered: Offered) -> tuple[FieldError, ...]:
    """Return the errors in the order of the form."""
    return tuple(_problem(wrong, offered) for wrong in wrong_choices(chosen, offered=offered))


def _problem(wrong: WrongChoice, offered: Offered) -> FieldError:
    if wrong.field == "at":
        return FieldError("at", "Delivery time is not valid.", "Choose one, for example 07:00")
    label = _LABELS[wrong.field]
    if wrong.field == "sections" and wrong.value is None and offered.lists:
        label = f"{label} or watch-list"
    message = f"No {label} is selected." if wrong.value is None else f"Unknown {label}."
    several = wrong.field in {"sections", "lists", "days"}
    hint = f"Select at least one {label}" if several else "Choose one from the list"
    return FieldError(wrong.field, message, hint)

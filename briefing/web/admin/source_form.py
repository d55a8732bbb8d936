"""The fields of a source in forms: all that can be edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from briefing.core.model import GRADES, WEIGHTS, Kind, Source, TextFrom
from briefing.web.admin.frame import AdminSession
from briefing.web.forms import FieldError
from briefing.web.sentences import capitalized

#: Characters of a field to show again.
_SHOWN = 300
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        TextFrom.AUTO.value: "The feed’s if it is whole, else the page’s",
        TextFrom.FEED.value: "Always the feed’s",
        TextFrom.PAGE.value: "Always the page’s",
    }
)
_WEIGHTS: Mapping[str, str] = MappingProxyType(
    {
        f"{weight:g}": label
        for weight, label in zip(
            WEIGHTS,
            ("0.5, half", "0.75", "1, as all others", "1.5", "2, double"),
            strict=True,
        )
    }
)
_GRADES: Mapping[str, str] = MappingProxyType(
    {"": "None"} | {grade: f"{grade}, {meaning}" for grade, meaning in GRADES.items()}
)

_GENRES: Mapping[str, str] = MappingProxyType(
    {
        "": "Mixed: each report by itself",
        Kind.WIRE: "News reports",
        Kind.OPINION: "Opinion (not printed)",
        Kind.ANALYSIS: "Analysis",
        Kind.STATEMENT: "Statements of a government or a party",
        Kind.TRANSCRIPT: "Transcripts",
        Kind.STATE: "A state agency",
        Kind.LIVE: "Live pages (not printed)",
        Kind.FEATURE: "Features",
        Kind.NOTICE: "Routine notices",
    }
)


def choices() -> Mapping[str, Mapping[str, str]]:
    """Return the values of the fields that are chosen from a list, with their labels."""
    return {"text": _TEXTS, "weight": _WEIGHTS, "grade": _GRADES, "genre": _GENRES}


def fields_of(source: Source) -> dict[str, str]:
    """Return the values of the form for a source."""
    return {
        "name": source.name,
        "owner": source.owner,
        "language": source.language,
        "text": source.text.value,
        "weight": f"{source.weight:g}",
        "grade": source.grade,
        "genre": source.genre,
    }


def read_fields(session: AdminSession, source: Source) -> tuple[tuple[FieldError, ...], Source]:
    """Return a source with what was sent, and the errors of choices that are none."""
    sent = {name: _one_line(session.field(name)) for name in fields_of(source)}
    wrong = tuple(
        FieldError(name, f"The {name} is none of the list.", "Choose one from the list")
        for name, known in choices().items()
        if sent[name] not in known
    )
    return wrong, replace(
        source,
        name=sent["name"],
        owner=sent["owner"],
        language=sent["language"].lower(),
        text=TextFrom(sent["text"]) if sent["text"] in _TEXTS else source.text,
        weight=float(sent["weight"]) if sent["weight"] in _WEIGHTS else source.weight,
        grade=sent["grade"] if sent["grade"] in _GRADES else source.grade,
        genre=sent["genre"] if sent["genre"] in _GENRES else source.genre,
    )


def wrong_fields(faults: Mapping[str, str]) -> tuple[FieldError, ...]:
    """Return what is wrong by field, as forms show it."""
    return tuple(
        FieldError(name, f"The {name} is not valid.", capitalized(words))
        for name, words in faults.items()
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]

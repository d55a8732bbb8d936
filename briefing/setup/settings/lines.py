"""What the tables of settings are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from briefing.core.glyphs import are_held, is_settable
from briefing.core.model import LONGEST_LABEL


class Table(BaseModel):
    """A table of settings, none of them unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        # No file and no column of PostgreSQL can be named so or hold it.
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must not contain the character U+0000")
        return value


def checked_line(value: str) -> str:
    """Return a line.

    Raises:
        ValueError: it has control characters.
    """
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("must be one line without control characters")
    return value


ONE_LINE = AfterValidator(checked_line)
Line = Annotated[str, ONE_LINE]


def checked_label(value: str) -> str:
    """Return a name that can be printed above a section.

    Raises:
        ValueError: it cannot be set.
    """
    settable = is_settable(value, longest=LONGEST_LABEL) and are_held(value.upper())
    if value and (value != value.strip() or not settable):
        raise ValueError(
            "must be words of at most 30 characters in Latin, Greek or Cyrillic script, "
            "without spaces around them"
        )
    return value

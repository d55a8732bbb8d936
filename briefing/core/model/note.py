"""The desk's own note: the only words on a page that are not a source's."""

from __future__ import annotations

from dataclasses import dataclass

from briefing.core.errors import InputError
from briefing.core.glyphs import is_settable

#: Words of a note, and characters of it and of its signature.
MOST_WORDS, LONGEST_NOTE, LONGEST_NAME = 60, 480, 60


@dataclass(frozen=True, slots=True)
class DeskNote:
    """What the desk says in its own name, set apart from the news."""

    #: One paragraph.
    text: str
    #: Who says it, as printed.
    signed: str

    def __post_init__(self) -> None:
        for value, most in ((self.text, LONGEST_NOTE), (self.signed, LONGEST_NAME)):
            if not value or not is_settable(value, longest=most):
                raise ValueError("its words cannot be set")

    @classmethod
    def of(cls, text: str, *, signed: str) -> DeskNote:
        """Return a note as it can be printed, each run of white space one space.

        Raises:
            InputError: it is empty, too long, or has characters or words that cannot be set.
        """
        text, signed = " ".join(text.split()), " ".join(signed.split())
        words = len(text.split())
        if words > MOST_WORDS:
            raise InputError(f"note: {words} words; at most {MOST_WORDS}")
        for name, value, most in (("note", text, LONGEST_NOTE), ("signed", signed, LONGEST_NAME)):
            if not value or not is_settable(value, longest=most):
                raise InputError(
                    f"{name}: {_fault(value, most)}; give one paragraph of Latin, Greek or "
                    f"Cyrillic letters, at most {most} characters, none of its words above 30"
                )
        return cls(text, signed)

    @property
    def words(self) -> int:
        """Number of its words."""
        return len(self.text.split())


def _fault(value: str, most: int) -> str:
    if not value:
        return "empty"
    return "too long" if len(value) > most else "has words or characters that cannot be set"

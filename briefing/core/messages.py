"""PURE: messages in English that are translated where they are shown, and numbers with nouns."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from briefing.core.language import Language


class Translatable(str):
    """A text that keeps what it was made of, so that a catalog can translate it.

    It is its own English: commands, logs and the store take it as it is.
    """

    __slots__ = ("plural", "template", "values")

    #: Its English, with fields in braces; what fills them in, days and messages among it.
    template: str
    values: dict[str, Any]
    #: Its English where the value "n" is not one; empty: it counts nothing.
    plural: str

    def __new__(cls, template: str, /, **values: Any) -> Translatable:  # noqa: ANN401  whatever fills in
        """Fill a template in; without values it is taken as it is."""
        return cls._made(template, "", values)

    @classmethod
    def _made(cls, template: str, plural: str, values: dict[str, Any]) -> Translatable:
        words = plural if plural and values["n"] != 1 else template
        made = super().__new__(cls, words.format(**_in_english(values)) if values else words)
        made.template, made.plural, made.values = template, plural, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process with what it was made of."""
        return Translatable._made, (self.template, self.plural, self.values)


def numbered(single: str, plural: str, n: int, /, **values: Any) -> Translatable:  # noqa: ANN401  as above
    """Return a message that counts: "{n} mail", "{n} mails"."""
    return Translatable._made(single, plural, {"n": n, **values})


def _in_english(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_english(value) for name, value in values.items()}


def _as_english(value: Any) -> Any:  # noqa: ANN401  as above
    if isinstance(value, date):
        english = Language.of("en").page
        return english.day(value, english.long_date)
    return f"{value:,}" if isinstance(value, int) else value


#: Endings after which the plural has a syllable more.
_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 story", "2 stories", "1,204 forgotten addresses"."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy", "uy")):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if _HISSING.search(noun) else 's'}"

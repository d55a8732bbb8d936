"""English messages that can be translated where they are shown, and numbers with nouns."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from briefing.core.language import Language


class Translatable(str):
    """An English text that keeps its template and values, so that a catalog can translate it.

    Commands, logs and the store use it as it is.
    """

    __slots__ = ("plural", "template", "values")

    #: The English text, with fields in braces; what fills them, which may be dates and messages.
    template: str
    values: dict[str, Any]
    #: The English text for a value "n" other than 1; empty: it counts nothing.
    plural: str

    def __new__(cls, template: str, /, **values: Any) -> Translatable:  # noqa: ANN401  whatever fills in
        """Fill in a template; without values it is used as it is, braces included."""
        return cls._made(template, "", values)

    @classmethod
    def _made(cls, template: str, plural: str, values: dict[str, Any]) -> Translatable:
        words = plural if plural and values["n"] != 1 else template
        made = super().__new__(
            cls,
            words.format(**{name: _as_english(value) for name, value in values.items()})
            if values
            else words,
        )
        made.template, made.plural, made.values = template, plural, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle it with its template and values, so that other processes can translate it too."""
        return Translatable._made, (self.template, self.plural, self.values)


def numbered(single: str, plural: str, n: int, /, **values: Any) -> Translatable:  # noqa: ANN401  as above
    """Return a message with a number: "{n} mail", "{n} mails"."""
    return Translatable._made(single, plural, {"n": n, **values})


def _as_english(value: Any) -> Any:  # noqa: ANN401  as above
    if isinstance(value, date):
        english = Language.of("en").page
        return english.day(value, english.long_date)
    return f"{value:,}" if isinstance(value, int) else value


#: Endings whose plural takes "es".
_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 story", "2 stories", "1,204 forgotten addresses"."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy", "uy")):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if _HISSING.search(noun) else 's'}"

"""What a value of a setting may be, beside its type and limits."""

from briefing.core.glyphs import are_held, is_settable
from briefing.core.language import LANGUAGES
from briefing.core.model import LONGEST_LABEL
from briefing.core.text.watch import folded_words


def checked_line(value: str) -> str:
    """Return a line; ValueError: it has control characters."""
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("must be one line without control characters")
    return value


def printable(value: str) -> str:
    """Return a name that can be printed above a section; ValueError: it cannot be set."""
    settable = is_settable(value, longest=LONGEST_LABEL) and are_held(value.upper())
    if value and (value != value.strip() or not settable):
        raise ValueError(
            "must be words of at most 30 characters in Latin, Greek or Cyrillic script, "
            "without spaces around them"
        )
    return value


def spoken(code: str) -> str:
    """Return the code of a language; ValueError: it has no table."""
    if code not in LANGUAGES:
        raise ValueError(f"must be a language that Briefing can read: {', '.join(LANGUAGES)}")
    return code


#: Entries of one list.
_MOST = 5_000


def aliases(words: str) -> list[str]:
    """Return the words that stand for one entry."""
    return [part.strip() for part in words.split("|")]


def watchable(value: str) -> str:
    """Return an entry; ValueError: a part of it has no letter and no digit."""
    if not all(map(folded_words, aliases(checked_line(value)))):
        raise ValueError(f'"{value[:40]}": each part between "|" must have a letter or a digit')
    return value


def few(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a list; ValueError: there are none, or too many."""
    if not 0 < len(value) <= _MOST:
        raise ValueError(f"must be 1 to {_MOST:,} words or phrases; there are {len(value):,}")
    return value

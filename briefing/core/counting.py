"""PURE: numbers with their nouns."""

import re

#: Endings after which the plural has a syllable more.
_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 story", "2 stories", "1,204 forgotten addresses"."""
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy", "uy")):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if _HISSING.search(noun) else f"{noun}s"

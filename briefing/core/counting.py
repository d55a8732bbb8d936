"""PURE: numbers with their nouns."""

import re

#: Endings after which the plural has a syllable more.
_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 story", "2 stories", "1,204 forgotten addresses"."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy", "uy")):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if _HISSING.search(noun) else 's'}"

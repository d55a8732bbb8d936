"""PURE: messages of the program as sentences of a page."""

from __future__ import annotations


def capitalized(words: str) -> str:
    """Return words with a capital."""
    return f"{words[:1].upper()}{words[1:]}"


def sentence(words: str) -> str:
    """Return words as a sentence; empty if there are none."""
    end = "" if words.endswith((".", "?")) else "."
    return f"{capitalized(words)}{end}" if words else ""

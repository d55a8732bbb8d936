"""Detects the language of a text, offline."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from briefing.core.text.words import tokens

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: Characters that are read. On our days the result no longer changes after a few hundred; 2,000
#: keep a lead in another language from deciding.
_HEAD = 2_000
#: Letters below which a guess is not reliable; a headline has about fifty.
_FEWEST_LETTERS = 40
#: py3langid's own label for text in no language.
_NO_LANGUAGE = "zxx"
#: Words that every English text has, and that are rare in other languages.
_SMALL_WORDS = frozenset(
    "the and that with from which were been has they their would this it his but not said who are "
    "be at he will about".split()
)
#: How many of them make a text English, at which share of its words, and with which share of other
#: letters than a to z at most. Else the model decides (docs/decisions/0007-inputs.md).
_ENOUGH, _SHARE, _FOREIGN = 10, 0.12, 0.02


@cache
def _identifier() -> LanguageIdentifier:
    """Load the model once; it takes half a second and 100 MB, so only when needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  slow to import

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages([code for code in whole.labels if len(code) == 2 or code == _NO_LANGUAGE])
    # Rebuilt from the selection: `whole` keeps the tables of all languages as well, 20 MB.
    return LanguageIdentifier(
        whole.nb_ptc,
        whole.nb_pc,
        whole.nb_classes,
        whole.tk_nextmove,
        whole.tk_output,
        tk_row=whole.tk_row,
    )


def detect(text: str) -> str:
    """Return the ISO 639-1 code of a text, or "" if it is too short to tell.

    References:
        Grefenstette, G. (1995), Comparing two language identification schemes: small words.
        Lui, M. and Baldwin, T. (2012), langid.py: an off-the-shelf language identification tool.
    """
    head = text[:_HEAD]
    letters = [character for character in head if character.isalpha()]
    if len(letters) < _FEWEST_LETTERS:
        return ""
    if _is_english(head, letters):
        return "en"
    code = str(_identifier().classify(head)[0])
    return "" if code == _NO_LANGUAGE else code


def _is_english(head: str, letters: Sequence[str]) -> bool:
    """Tell whether a text is surely English, without the model."""
    if sum(not letter.isascii() for letter in letters) > _FOREIGN * len(letters):
        return False
    words = tokens(head)
    small = sum(word in _SMALL_WORDS for word in words)
    return small >= max(_ENOUGH, _SHARE * len(words))

"""Detects the language of a text, offline."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: Characters that are read. On our days the result no longer changes after a few hundred; 2,000
#: keep a lead in another language from deciding.
_HEAD = 2_000
#: Letters below which a guess is not reliable; a headline has about fifty.
_FEWEST_LETTERS = 40
#: py3langid's own label for text in no language.
_NO_LANGUAGE = "zxx"


@cache
def _identifier() -> LanguageIdentifier:
    """Load the model once; it takes half a second, so only when needed."""
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
        Lui, M. and Baldwin, T. (2012), langid.py: an off-the-shelf language identification tool.
    """
    head = text[:_HEAD]
    if sum(character.isalpha() for character in head) < _FEWEST_LETTERS:
        return ""
    code = str(_identifier().classify(head)[0])
    return "" if code == _NO_LANGUAGE else code

"""Detects the language of a text, offline."""

from functools import cache
from importlib.resources import files
from string import ascii_letters
from typing import Any

from briefing.core.language import Language
from briefing.core.language.read import Words
from briefing.core.text.words import tokens

#: Most characters that are read. On our data the result does not change after a few hundred; 2,000
#: keep an opening in another language from deciding.
_HEAD = 2_000
#: Number of letters below which a guess is not reliable; a headline has about fifty.
_FEWEST_LETTERS = 40
#: py3langid's own label for text in no language.
_NO_LANGUAGE = "zxx"
#: English words as frequent in Dutch, Afrikaans or Danish, for which sumy has no lists.
_NOT_SURE = ("of", "is", "at")
#: Thresholds for deciding without the model (docs/decisions/0007-inputs.md): the least number of
#: different function words, how many of them in no other list, and their share of all words; the
#: greatest share of them that the words of another list may reach, and of letters outside the
#: alphabet.
_ENOUGH, _OWN, _SHARE, _OTHERS, _FOREIGN = 4, 2, 0.2, 0.2, 0.02


@cache
def _identifier() -> Any:  # noqa: ANN401  py3langid's type
    """Load the model once; it takes half a second and 100 MB, so only when needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  slow to import

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages([code for code in whole.labels if len(code) == 2 or code == _NO_LANGUAGE])
    # Rebuilt from the selection, since `whole` also keeps the tables of all languages, 20 MB.
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
    letters = "".join(filter(str.isalpha, head))
    if len(letters) < _FEWEST_LETTERS:
        return ""
    words, alone, others = _function_words("en")
    alphabet = {*ascii_letters}.union(*words)
    read = tokens(head)
    small = [word for word in read if word in words]
    if (
        sum(letter not in alphabet for letter in letters.lower()) <= _FOREIGN * len(letters)
        and len({*small}) >= _ENOUGH
        and len(alone.intersection(small)) >= _OWN
        and len(small) >= _SHARE * len(read)
        and max(sum(word in other for word in read) for other in others) <= _OTHERS * len(small)
    ):
        return "en"
    return str(_identifier().classify(head)[0]).replace(_NO_LANGUAGE, "")


@cache
def _function_words(code: str) -> tuple[Words, Words, list[Words]]:
    """Return a language's function words, those in no other list, and other lists without them."""
    words = Language.of(code).stop_words
    lists = (files("sumy") / "data/stopwords").iterdir()
    others = {frozenset(file.read_text("utf-8").split()) for file in lists} - {words}
    # A single letter may be a symbol in any language.
    long = frozenset(word for word in words if len(word) > 1)
    return long, long.difference(_NOT_SURE, *others), [other - words for other in others]

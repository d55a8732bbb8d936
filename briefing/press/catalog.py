"""The words for operators in their language, from gettext catalogs.

Catalog keys are the English messages; a message missing from a catalog appears in English.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import Environment
from markupsafe import Markup, escape

from briefing.core.messages import Translatable
from briefing.press.wording import long_date, say, worded


class ReaderWords(NullTranslations):
    """Messages of readers' pages, as a fallback for a catalog."""

    def gettext(self, message: str) -> str:
        """Return a message of readers' pages in the language of the request."""
        return say().messages.get(message, message)


@cache
def catalog(language: str) -> NullTranslations:
    """Return the catalog of a language, or an empty one, as for English."""
    place = files("briefing.press") / "locale" / language / "LC_MESSAGES" / "briefing.po"
    if not place.is_file():
        return ReaderWords()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(place.read_bytes()), locale=language))
    compiled.seek(0)
    words = GNUTranslations(compiled)
    words.add_fallback(ReaderWords())
    return words


def gettext(message: str, /, **values: object) -> str:
    """Return a message with its values, in the language of the request."""
    words = catalog(worded()).gettext(message)
    return words.format(**_filled(values)) if values else words


#: Its short name in code, by which messages are recognized.
_ = gettext


def ngettext(single: str, plural: str, number: int, /, **values: object) -> str:
    """Return the form of a message for a number, which replaces "{n}"."""
    words = catalog(worded()).ngettext(single, plural, number)
    return words.format(**_filled({"n": number, **values}))


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return an ambiguous message in the sense given by its context."""
    words = catalog(worded()).pgettext(context, message)
    return words.format(**_filled(values)) if values else words


def shown(value: Any) -> Any:  # noqa: ANN401  whatever a page shows
    """Return a value in the language of the request: messages, days and numbers."""
    if isinstance(value, Translatable):
        if value.plural:
            return ngettext(value.template, value.plural, value.values["n"], **value.values)
        return gettext(value.template, **value.values)
    if isinstance(value, BaseException):
        words = next(iter(value.args), "")
        # The first argument of an OSError is a number.
        return shown(words if isinstance(words, str) else str(value))
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, float):
        return format_decimal(value, "#,##0.##", locale=worded())
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return say().number(value) if is_number else value


def translated(text: str) -> str:
    """Return a text in the language of the request if it is a message, or was one when stored."""
    if isinstance(text, Translatable) and text.values:
        return str(shown(text))
    words = gettext(text) if text else ""
    return recognized(text) if words == text else words


#: Longest sentence that is recognized, in characters.
_LONGEST = 1_000


def recognized(text: str) -> str:
    """Return an English sentence, as it is stored, in the language of the request.

    It may consist of several messages after ";" or ":"; what is no message stays as it is.
    """
    for pattern, names, single, plural in _sentences() if len(text) <= _LONGEST else ():
        if match := pattern.match(text):
            values = dict(zip(names, map(_value, match.groups()), strict=True))
            if not plural:
                return gettext(single, **values)
            if isinstance(number := values.pop("n"), int):
                return ngettext(single, plural, number, **values)
    for sign, between in (("; ", say().semicolon), (": ", say().colon)):
        parts = text.split(sign)
        if len(parts) > 1:
            known = [*map(recognized, parts)]
            return text if known == parts else between.join(known)
    return text


def _value(text: str) -> Any:  # noqa: ANN401  as shown() takes it
    if re.fullmatch(r"\d{1,3}(?:,\d{3})*", text):
        return int(text.replace(",", ""))
    return float(text) if re.fullmatch(r"\d+\.\d", text) else recognized(text)


@cache
def _sentences() -> Sequence[tuple[re.Pattern[str], Sequence[str], str, str]]:
    """Return the messages of other rooms than the web, the most telling first: what may be stored.

    Each has the pattern and the field names of a form, and both forms; without a plural, the
    second is empty. The time for a pattern grows with the length of the text alone.
    """
    template, known = files("briefing.press") / "locale" / "messages.pot", []
    for message in read_po(BytesIO(template.read_bytes())):
        forms = (message.id, "") if isinstance(message.id, str) else message.id
        of_pages = all(
            re.match("briefing/web/|templates/", place) for place, _line in message.locations
        )
        for form in () if of_pages or message.context else filter(None, forms):
            literals = [*map(re.escape, re.split(r"\{\w+\}", form))]
            if not any(re.search("[a-z]", literal) for literal in literals):
                continue
            literals[-1] += r"\Z"
            first, *rest = literals
            # No field has a ";" before a later part, and a first one no ":" after an earlier part.
            field = "(.+?)" if "; " in form else "((?:(?!; ).)+?)"
            pattern = first + "".join(f"(?>{field}{each})" for each in rest)
            if not first:
                pattern = pattern.replace("(?!; )", "(?![;:] )", 1)
            names = re.findall(r"\{(\w+)\}", form)
            known.append((re.compile(pattern, re.DOTALL), names, *forms))
    return sorted(known, key=lambda each: -len(re.sub(r"\W|\(.*?\)", "", each[0].pattern)))


def reasoned(words: str) -> str:
    """Return a reason or an outcome of the ledger in the language of the request."""
    printed, sign, names = words.partition("printed in ")
    if sign and not printed:
        sections = ", ".join(say().sections.get(name, name) for name in names.split(", "))
        return gettext("printed in {sections}", sections=sections)
    return translated(words)


#: Acts that older stores have under another name.
_RENAMED = {
    "give examples": "add examples",
    "join sagas": "merge sagas",
    "let in subscriber": "approve subscriber",
    "part saga": "split saga",
    "take example away": "remove example",
}


def acted(what: str) -> str:
    """Return an act of the audit log, with its details, in the language of the request."""
    what = _RENAMED.get(what, what)
    named, words = catalog(worded()).pgettext, what.split(" ")
    for end in range(len(words), 0, -1):
        act = " ".join(words[:end])
        if (known := named("act", act)) != act:
            return " ".join((known, *words[end:]))
    # In English, an act is shown as it is stored, but pages call a subscriber a reader.
    return what.replace("subscriber", "reader")


def _filled(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: shown(value) for name, value in values.items()}


@cache
def in_templates(base: Environment, language: str) -> Environment:
    """Return the templates of a theme for operators' pages in a language.

    Each language has its own environment, since imports of templates are evaluated only once.
    """
    templates = base.overlay()
    templates.globals = {
        **base.globals,
        "_": _marked_up(gettext),
        "ngettext": _marked_up(ngettext),
        "pgettext": _marked_up(pgettext),
        **{each.__name__: each for each in (shown, translated, reasoned, acted)},
    }
    return templates


def _marked_up(translate: Callable[..., str]) -> Callable[..., Markup]:
    """Let messages of templates contain tags, while their values are escaped."""

    def translated(*messages: Any, **values: object) -> Markup:  # noqa: ANN401  texts, and a number
        filled = {name: escape(shown(value)) for name, value in values.items()}
        return Markup(translate(*messages, **filled))  # noqa: S704  messages are ours

    return translated

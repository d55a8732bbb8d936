"""The messages of the administration: extracted from code and templates into its catalogs.

``python -m tests.messages`` writes the template of the catalogs again and brings the catalogs in
line with it: new messages are empty there, and those that are no longer used are gone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from briefing.core.language import LANGUAGES
from briefing.core.model.operator import ACTS
from tests.sentences import sentences

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "briefing" / "press" / "locale"
POT = LOCALE / "messages.pot"
HEADER = """\
# The words of the administration, by their English.
# Written by python -m tests.messages; the translations are those of the catalogs beside it.
"""
#: What marks a message, with the places of its parts.
_MARKS: Mapping[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "Translatable": None,
    "numbered": (1, 2),
}
#: Where only what is declared as a message is one: readers' messages have tables of their own.
_DECLARED = {name: marks for name, marks in _MARKS.items() if name not in {"_", "pgettext"}}
_IN_CODE = re.compile(r"\b(?:Translatable|numbered|n?gettext)\(")


@cache
def extracted() -> Catalog:
    """Return the messages of code and templates, in the order of their files."""
    catalog = Catalog(header_comment=HEADER.strip(), charset="utf-8", fuzzy=False)
    for path, method, marks in _files():
        found = extract(method, BytesIO(path.read_bytes()), marks, options=_OPTIONS)
        for _line, message, _comments, context in found:
            place = [(path.relative_to(ROOT).as_posix(), 0)]
            catalog.add(_whole(message), locations=place, context=context, flags=_flags(message))
    for path, message in sentences():
        place = [(path.relative_to(ROOT).as_posix(), 0)]
        catalog.add(message, locations=place, flags=_flags(message))
    for act in ACTS:
        place = [(_PLACE_OF_ACTS.relative_to(ROOT).as_posix(), 0)]
        catalog.add(act, locations=place, context="act")
    return catalog


#: Where the acts of the audit log are named.
_PLACE_OF_ACTS = ROOT / "briefing" / "core" / "model" / "operator.py"
_OPTIONS = {"trimmed": "false", "silent": "false", "encoding": "utf-8"}


def _files() -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    templates = ROOT / "templates" / "classic" / "web" / "admin"
    yield from ((path, "jinja2", _MARKS) for path in sorted(templates.glob("*.html")))
    rooms = ROOT / "briefing"
    own = [rooms / "press" / "catalog.py", *sorted((rooms / "web" / "admin").glob("*.py"))]
    yield from ((path, "python", _MARKS) for path in own)
    for path in sorted((ROOT / "briefing").rglob("*.py")):
        if path not in own and _IN_CODE.search(path.read_text("utf-8")):
            yield path, "python", _DECLARED


def _whole(message: str | Sequence[str]) -> Any:  # noqa: ANN401  as Babel takes it
    return message if isinstance(message, str) else tuple(message)


def _flags(message: str | Sequence[str]) -> tuple[str, ...]:
    single = message if isinstance(message, str) else message[0]
    return ("python-brace-format",) if re.search(r"\{\w+\}", single) else ()


#: Lines of a header that say nothing, or change with each writing.
_UNSAID = re.compile(
    r'"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid-Bugs-To|'
    r'Last-Translator|Language-Team|Generated-By): [^"]*"\n'
)


def written(catalog: Catalog) -> bytes:
    """Return a catalog as its file has it, without times; only the template says where words stand.

    The places there have no lines, which change too often.
    """
    content = BytesIO()
    for message in catalog:
        # Babel takes the "% f" of "75% full" for a place of printf, which no message of ours has.
        message.flags.discard("python-format")
    places = {"no_location": catalog.locale is not None, "include_lineno": False}
    write_po(content, catalog, width=100, **places)
    text = content.getvalue().decode()
    return _UNSAID.sub("", text).encode()


def place_of(language: str) -> Path:
    """Return the file of the catalog of a language."""
    return LOCALE / language / "LC_MESSAGES" / "briefing.po"


def catalog_of(language: str) -> Catalog:
    """Return the catalog of a language."""
    return read_po(BytesIO(place_of(language).read_bytes()), locale=language)


def main() -> None:
    """Write the template, and bring the catalogs in line with it."""
    template = extracted()
    LOCALE.mkdir(exist_ok=True)
    POT.write_bytes(written(template))
    for language in LANGUAGES[1:]:
        path = place_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(language, header_comment=HEADER.strip(), charset="utf-8", fuzzy=False)
        if path.is_file():
            catalog = catalog_of(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path.write_bytes(written(catalog))


if __name__ == "__main__":
    main()

"""What a reader sees of an edition in each format."""

import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from mutagen.id3 import ID3

from briefing.core import record
from briefing.core.model import Edition, Section
from briefing.press.formats import FORMATS, Format, Rendition
from briefing.press.html import page_html
from briefing.press.letter import letter_parts
from briefing.press.theme import Theme


def from_outside(edition: Edition, words: str, *, url: str) -> Edition:
    """Return an edition in which all that comes from outside is these words."""
    *above, section = edition.sections
    first, *briefs = section.briefs
    forged = Section(words, (replace(first, headline=words), *briefs))
    documents = {
        name: replace(one, title=words, publisher=words, url=url)
        for name, one in edition.documents.items()
    }
    return replace(edition, name=words, sections=(*above, forged), documents=documents)


#: A mark that is drawn, by its name.
_DRAWN = re.compile(r'<(?:img|svg) class="status"[^>]*(?:alt|aria-label)="([^"]*)"[^>]*>')


def joined(text: str) -> str:
    return " ".join(text.replace("\u2060", "").split())


def words(markup: str) -> str:
    body = re.sub("</(?:p|div|h[1-6]|li|dt|dd)>", " ", markup.rpartition("</head>")[2])
    return joined(unescape(re.sub("<[^>]*>", "", _DRAWN.sub(r"\1 ", body))))


def of_markdown(markdown: str) -> str:
    return words(MarkdownIt("commonmark").render(markdown))


def of_epub(content: bytes) -> str:
    with zipfile.ZipFile(BytesIO(content)) as book:
        return words(book.read("EPUB/page.xhtml").decode())


def of_word(content: bytes) -> str:
    """Return the words of head, body and tables."""
    file = docx.Document(BytesIO(content))
    parts = (file.sections[0].header._element, file.element.body)
    paragraphs = (one for part in parts for one in part.iter(qn("w:p")))
    return joined(
        " ".join("".join(text.text or "" for text in one.iter(qn("w:t"))) for one in paragraphs)
    )


def text_of_spoken(content: bytes) -> str:
    """Return the text that a spoken edition has beside its sound."""
    read: Any = ID3
    (own,) = read(BytesIO(content)).getall("USLT")
    return str(own.text)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for own in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _strings(own)


_READ: Mapping[str, Callable[[bytes], str]] = {
    "html": lambda content: words(content.decode()),
    "text": lambda content: joined(content.decode()),
    "markdown": lambda content: of_markdown(content.decode()),
    "word": of_word,
    "epub": of_epub,
    "spoken": lambda content: joined(text_of_spoken(content)),
}
QUIET = Path(__file__).with_name("quiet")


def written(kind: Format, edition: Edition, rendition: Rendition) -> bytes:
    """Write an edition, which without a voice takes a hundredth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{QUIET}", prepend=os.pathsep)
        return kind.write(edition, rendition)


#: Those of the registry, and the parts of a mail.
FORMS = (*FORMATS, "mail", "mail as text")
#: Those of them in which words of ours stand beside those of the record.
PRINTED = tuple(form for form in FORMS if form != "json")


def shown(form: str, edition: Edition, theme: Theme, **given: Any) -> str:  # noqa: ANN401  of a Rendition
    """Return the words of an edition in a format, of a PDF those that are laid out."""
    match form:
        case "pdf":
            # its marking is in the style of the sheet
            html = page_html(edition, theme=theme, paper=theme.paper("A4"))
            return words(html.replace("</head>", ""))
        case "json":
            return joined(" ".join(_strings(json.loads(record.write(edition)))))
        case "mail":
            return words(letter_parts(edition, theme=theme).html)
        case "mail as text":
            return joined(letter_parts(edition, theme=theme).text)
    return _READ[form](written(FORMATS[form], edition, Rendition(theme, **given)))

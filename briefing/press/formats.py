"""The formats of an edition, each declared once: options, addresses and stored files follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from briefing.core.model import Edition
    from briefing.press.corrections import AmendedWords
    from briefing.press.theme import Theme


@dataclass(frozen=True, slots=True)
class Rendition:
    """What a writer is given beside the record, whose documents need no texts unless it says so."""

    theme: Theme
    #: Any but "Letter" is A4 where sheets have a size.
    paper: str = "A4"
    #: The address of the edition: marks link to the checks there, else to the list of sources.
    web: str = ""
    #: What has changed since the edition was printed.
    amended: Sequence[AmendedWords] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A format of an edition."""

    #: The option of commands, and the kind of a stored file.
    name: str
    #: In "Also write the edition as a Word document."
    what: str
    #: The end of its address, and its media type; empty: it is not offered on the web.
    suffix: str = ""
    media: str = ""
    #: Module and function in this room, loaded when they are wanted; the same edition gives the
    #: same text or bytes. Empty: it is made with the edition.
    writer: str = ""
    #: The words of its link on the web, which saves it; empty: it is shown, and there is no link.
    link: str = ""
    #: Whether it is written when the edition is published, and kept; the MP3 only if it is set.
    kept: bool = False

    def write(self, edition: Edition, rendition: Rendition) -> bytes:
        """Return an edition in this format."""
        module, _, name = self.writer.partition(":")
        writer: Callable[[Edition, Rendition], str | bytes]
        writer = getattr(import_module(f"briefing.press.{module}"), name)
        content = writer(edition, rendition)
        return content.encode() if isinstance(content, str) else content


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ALL = (
    Format("pdf", "PDF", "pdf", "application/pdf", kept=True),
    Format(
        "html",
        "HTML for the screen",
        "html",
        "text/html; charset=utf-8",
        "html:screen_html",
        kept=True,
    ),
    Format("text", "plain text", writer="text:page_text", kept=True),
    Format("markdown", "Markdown", "md", "text/markdown; charset=utf-8", "markdown:page_markdown"),
    Format("word", "a Word document", "docx", _WORD, "word:page_word", "Word"),
    Format("epub", "an EPUB", "epub", "application/epub+zip", "epub:page_epub", "EPUB"),
    Format(
        "spoken",
        "an MP3 that reads it aloud",
        "mp3",
        "audio/mpeg",
        "spoken:page_spoken",
        "MP3",
        kept=True,
    ),
    Format("json", "JSON; - prints it", "json", "application/json"),
)
#: By name, in the order of the options.
FORMATS: Mapping[str, Format] = {each.name: each for each in _ALL}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive without the time at which it was made; a "mimetype" in it is as it is."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in files.items():
            # the earliest moment that an archive can hold
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return made.getvalue()

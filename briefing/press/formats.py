"""The formats of an edition, each declared once; options, addresses and stored files follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from briefing.core.frozen import frozen

if TYPE_CHECKING:
    from briefing.core.model import Edition
    from briefing.press.corrections import AmendedWords
    from briefing.press.theme import Theme


@frozen
class Rendition:
    """What a format's writer gets beside the record.

    The documents of the record need no texts unless the writer says so.
    """

    theme: Theme
    #: "Letter", or any other name for A4; only for formats with a sheet size.
    paper: str = "A4"
    #: The edition's address: marks link to the checks there, without it to the list of sources.
    web: str = ""
    #: What sources have changed since the edition was printed.
    amended: Sequence[AmendedWords] = ()


@frozen
class Format:
    """A format of an edition."""

    #: The option of commands, and the kind of stored file.
    name: str
    #: Used as in "Also write the edition as a Word document."
    what: str
    #: Suffix of its address, and its media type; empty if it is not offered on the web.
    suffix: str = ""
    media: str = ""
    #: Module and function in this package, loaded on first use; equal editions give equal text or
    #: bytes. Empty if the file is made with the edition itself.
    writer: str = ""
    #: Text of its download link on the web; empty if the file is shown and not linked.
    link: str = ""
    #: Whether it is written and stored at publication; the MP3 only if the settings ask for it.
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
    """Return a ZIP archive without timestamps; a file named "mimetype" is not compressed."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in files.items():
            # the earliest time that a ZIP archive can express
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return made.getvalue()

"""The task "printed": the text of a page that was made here, and the files attached to it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from briefing.core.errors import InputError
from briefing.sources.decode import one_line

#: Files that are read by name; others are left alone.
EDITION, SOURCES = "edition.json", "sources.jsonl"
#: Most pages that are read; an edition has one.
_PAGES = 10
#: Most bytes of an attached file when unpacked: 100 texts of the greatest length in four-byte
#: letters. pypdf itself stops at 75 million.
_BYTES = 50_000_000


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text of a PDF and the two files of an edition, as far as it has them.

    Keys: text, and the names of the files.

    Raises:
        InputError: it is damaged or encrypted, or a file is attached twice, too large, or not text.
    """
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError("the PDF is encrypted; save it without a password")
        text = "\n".join(page.extract_text() for page in reader.pages[:_PAGES])
        return {"text": text} | _attached(reader)
    except PyPdfError as error:
        raise InputError(f"not a PDF that can be read ({one_line(str(error), limit=80)})") from None


def _attached(reader: PdfReader) -> dict[str, str]:
    files: dict[str, str] = {}
    for file in reader.attachment_list:
        if file.name not in {EDITION, SOURCES}:
            continue
        if file.name in files:
            raise InputError(f"{file.name} is attached twice; ask its publisher for the PDF")
        content = file.content
        if len(content) > _BYTES:
            raise InputError(f"{file.name} in it is larger than {_BYTES:,} bytes; it is not ours")
        try:
            files[file.name] = content.decode()
        except UnicodeDecodeError:
            raise InputError(f"{file.name} in it is not UTF-8; ask its publisher for it") from None
    return files

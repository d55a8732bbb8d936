"""What a PDF carries to prove itself: written into it, and read back from it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path

from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import Document, Edition
from briefing.core.proof import Failure, Proof, prove
from briefing.core.record import Record
from briefing.press.finish import AttachedFile
from briefing.press.readback import PdfText, TextRun, missing, squeezed
from briefing.press.tie import printed_title
from briefing.press.view import grouped
from briefing.sources.formats import from_lines
from briefing.sources.pdf import PDF_LIMIT, is_pdf
from briefing.sources.records import ParsedDocument, distinct, to_line
from briefing.sources.sandbox.pool import shared
from briefing.sources.sandbox.printed import EDITION, SOURCES
from briefing.sources.stream import Stream

#: The digest at the foot of a page, behind the address of its check or behind its id.
_FOOT = re.compile(r"(?:\[1\]|sha256)((?:\s*[0-9a-f]{4}){3})")


def attach(edition: Edition) -> tuple[AttachedFile, ...]:
    """Return the public edition and the texts that its printed words are from, for its PDF."""
    texts = "".join(to_line(edition.documents[document]) for document in _quoted(edition))
    dated = datetime.combine(edition.day, time(), UTC)
    return (
        AttachedFile(
            EDITION,
            record.write(record.public(edition)).encode(),
            "application/json",
            "The edition: every printed passage with its place in its source",
            "Data",
            dated,
        ),
        AttachedFile(
            SOURCES,
            texts.encode(),
            "application/x-ndjson",
            "The texts that the printed passages are from, one JSON object a line",
            "Source",
            dated,
        ),
    )


def _quoted(edition: Edition) -> tuple[str, ...]:
    """Return the documents whose words are printed, in the order of the edition's documents."""
    quoted = {passage.document for passage in (*edition.slices(), *edition.titles())}
    for brief in edition.briefs():
        titled = (name for name in brief.sources if _title(edition, name) == brief.headline)
        quoted.update(list(titled)[:1])
    return tuple(document for document in edition.documents if document in quoted)


def _title(edition: Edition, document: str) -> str:
    return edition.documents[document].title


def is_pdf_file(path: Path) -> bool:
    """Tell whether a file is a PDF, by its name or its first bytes."""
    if path.suffix.lower() == ".pdf":
        return True
    try:
        with path.open("rb") as file:
            return is_pdf(file.read(1_024))
    except OSError:
        return False


def verify_pdf(path: Path, sources: dict[str, Document] | None = None) -> tuple[str, Proof]:
    """Prove a page from its PDF alone; return the id of its edition and the outcome.

    Args:
        path: the PDF.
        sources: documents by id, if not those that are attached.

    Raises:
        InputError: it cannot be read, or no edition or no texts are attached.
    """
    printed = _read(path)
    if EDITION not in printed:
        raise InputError(
            f"{path}: no edition is attached (page.attach = false, or it is no briefing); "
            "give its JSON and --sources instead"
        )
    if sources is None:
        if SOURCES not in printed:
            raise InputError(f"{path}: no source texts are attached; give them with --sources")
        sources = _documents(printed[SOURCES], where=f"{path}: {SOURCES}")
    saved = record.read(printed[EDITION], name=f"{path}: {EDITION}")
    proof = prove(saved.edition, sources=sources, intact=saved.intact)
    unprinted = tuple(_unprinted(saved, text=printed["text"]))
    return saved.edition.id, replace(proof, failures=(*proof.failures, *unprinted))


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            body = file.read(PDF_LIMIT + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if len(body) > PDF_LIMIT:
        raise InputError(f"{path}: larger than {PDF_LIMIT:,} bytes; an edition has far fewer")
    try:
        return {key: str(text) for key, text in shared()("printed", body).items()}
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _documents(lines: str, *, where: str) -> dict[str, Document]:
    outcomes = from_lines(Stream(BytesIO(lines.encode())), where=where)
    parsed = distinct(one for one in outcomes if isinstance(one, ParsedDocument))
    return {document.id: document for document in parsed.documents}


def _unprinted(saved: Record, *, text: str) -> Iterator[Failure]:
    """Yield the words of the edition that are not in the text of its PDF."""
    reason = "it is not in the text of the PDF"
    for lost in missing(saved.edition, PdfText(1, (TextRun(text, 0, 0, 0),))):
        yield Failure(lost.text, lost.document, reason)
    page = squeezed(text)
    for brief in saved.edition.briefs():
        if squeezed(printed_title(brief.headline)) not in page:
            yield Failure(brief.headline, next(iter(brief.sources), ""), reason)
    feet = ["".join(digits.split()) for digits in _FOOT.findall(text)]
    if feet and "".join(grouped(saved.digest).split()) not in feet:
        yield Failure(feet[0], "", "the digest at the foot does not match the record")

"""Attachments that let a PDF be verified on its own: written into it and read back."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from briefing.core import record
from briefing.core.errors import InputError, UsageError, naming, reading
from briefing.core.model import Document, Edition
from briefing.core.proof import Failure, Proof, prove
from briefing.core.text.speech import printed_title
from briefing.press.html import page_html
from briefing.press.measure import Press
from briefing.press.pdf import AttachedFile, drawn_by
from briefing.press.readback import PdfText, TextRun, missing, squeezed
from briefing.press.seal import SigningKey, check_seal
from briefing.press.theme import Theme
from briefing.press.view import grouped
from briefing.setup import registry
from briefing.sources.decode import Stream
from briefing.sources.extract import PDF_LIMIT, is_pdf
from briefing.sources.formats import from_lines
from briefing.sources.records import EDITION, SOURCES, ParsedDocument, distinct, to_line
from briefing.sources.sandbox.pool import shared

#: A sheet of a PDF, as returned by the sandbox task "printed".
Sheet = Mapping[str, Any]
#: Most words of a page, and letters of a word, that are laid out again; a full page has 1,500.
_MOST_WORDS, _LONGEST_WORD = 6_000, 200
_TAG = re.compile(r"<style>.*?</style>|<[^<>]*>", re.DOTALL)
#: The digest in the foot of a page, after the address of its check or after its id.
_FOOT = re.compile(r"(?:\[1\]|sha256)((?:\s*[0-9a-f]{4}){3})")


def attach(edition: Edition, *, key: SigningKey | None = None) -> tuple[AttachedFile, ...]:
    """Return the files to attach: the public edition, and the texts quoted in it."""
    seal = key.seal(record.digest_of(edition)) if key else None
    texts = "".join(to_line(edition.documents[document]) for document in _quoted(edition))
    dated = datetime.combine(edition.day, time(), UTC)
    return (
        AttachedFile(
            EDITION,
            record.write(edition, seal=seal, private=False).encode(),
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
    """Return the ids of quoted documents, in the order of the edition's documents."""
    quoted = {passage.document for passage in (*edition.slices(), *edition.titles())}
    for brief in edition.briefs():
        titled = (name for name in brief.sources if edition.documents[name].title == brief.headline)
        quoted.update(list(titled)[:1])
    return tuple(document for document in edition.documents if document in quoted)


def is_pdf_file(path: Path) -> bool:
    """Return whether a file is a PDF, by its name or its first bytes."""
    if path.suffix.lower() == ".pdf":
        return True
    try:
        with path.open("rb") as file:
            return is_pdf(file.read(1_024))
    except OSError:
        return False


def verify_pdf(
    path: Path, sources: dict[str, Document] | None = None, *, keys: Collection[str] | None = None
) -> tuple[str, Proof]:
    """Prove a page from its PDF alone; return the id of its edition and the proof.

    The attached edition is printed again and compared with the PDF as a picture, as text and by its
    links. ``sources`` are by default the attached ones. ``keys`` are the public keys of the desk;
    None if not given. Raises InputError if the PDF cannot be read, or no edition or no texts are
    attached.
    """
    printed = _read(path)
    saved = _edition(path, printed)
    if sources is None:
        if SOURCES not in printed:
            raise InputError(f"{path}: no source texts are attached; give them with --sources")
        lines = Stream(BytesIO(printed[SOURCES].encode()))
        outcomes = from_lines(lines, where=f"{path}: {SOURCES}")
        parsed = distinct(each for each in outcomes if isinstance(each, ParsedDocument))
        sources = {document.id: document for document in parsed.documents}
    proof = check_seal(prove(saved.edition, sources=sources, intact=saved.intact), saved, keys=keys)
    more = [Failure(words, "", "it is no part of an edition") for words in printed["more"]]
    unlike, limit = _compare(saved, printed["sheets"], whole=not proof.failures)
    proof = replace(proof, failures=(*proof.failures, *more, *unlike), limit=limit)
    return saved.edition.id, proof


def attached_edition(path: Path) -> record.Record:
    """Read the edition that is attached to a PDF.

    Raises InputError if the PDF cannot be read, or no edition is attached.
    """
    return _edition(path, _read(path))


def _edition(path: Path, printed: Mapping[str, Any]) -> record.Record:
    if EDITION not in printed:
        raise InputError(
            f"{path}: no edition is attached (page.attach = false, or it is not a briefing); "
            "give its JSON instead"
        )
    return record.read(printed[EDITION], name=f"{path}: {EDITION}")


def _read(path: Path) -> dict[str, Any]:
    with reading(path), path.open("rb") as file:
        body = file.read(PDF_LIMIT + 1)
    if len(body) > PDF_LIMIT:
        raise InputError(f"{path}: larger than {PDF_LIMIT:,} bytes; an edition has far fewer")
    with naming(path):
        return dict(shared()("printed", body))


def _compare(
    saved: record.Record, sheets: Sequence[Sheet], *, whole: bool
) -> tuple[tuple[Failure, ...], str]:
    """Return how a PDF differs from its edition, and why only its text was compared, if so."""
    limit = ""
    if whole and sheets:
        try:
            press = _press(saved.edition, size=sheets[0]["size"])
        except UsageError as error:
            limit = str(error)
        else:
            again = shared()("printed", press.print(saved.edition))
            return tuple(_unlike(sheets, again["sheets"])), ""
    return tuple(_unprinted(saved, text="\n".join(sheet["text"] for sheet in sheets))), limit


def _press(edition: Edition, *, size: Sequence[float]) -> Press:
    """Return a press that prints an edition as it was printed before.

    Raises UsageError if the same theme or version is missing, or the edition is too long for a
    page; and InputError if it was not printed on a sheet of this size.
    """
    had, drawn = edition.manifest, drawn_by()
    if "theme" not in had:
        raise UsageError("its record is of schema 1, or names no theme")
    if had["theme"] not in registry.names("theme"):
        raise UsageError(f"no theme {had['theme']!r} is installed")
    theme: Theme = registry.load("theme", had["theme"])()
    papers = [paper for paper in theme.papers.values() if paper.points == size]
    if had.get("look") != f"sha256 {theme.digest}":
        raise UsageError(f"the theme {theme.name} has changed since")
    if not papers:
        raise InputError(f"no paper of the theme {theme.name} is {size[0]} × {size[1]} points")
    if other := [name for name, now in drawn.items() if had.get(name) != now]:
        raise UsageError(f"drawn by another version of {', '.join(other)}")
    # Check everything that would be laid out: the edition may come from anybody.
    words = _TAG.sub(" ", page_html(edition, theme=theme, paper=papers[0])).split()
    if len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in words):
        raise UsageError("more words, or longer ones, than a page has")
    return Press(theme, papers[0])


def _unlike(sheets: Sequence[Sheet], again: Sequence[Sheet]) -> Iterator[Failure]:
    """Yield the differences between sheets and the same sheets printed again."""
    if len(sheets) != len(again):
        yield Failure(f"{len(sheets)} sheets", "", f"the edition has {len(again)}")
    for number, (here, there) in enumerate(zip(sheets, again, strict=False), 1):
        where = f"sheet {number} of the PDF"
        if here["text"] != there["text"]:
            pairs = enumerate(zip(here["text"], there["text"], strict=False))
            start = max(0, next((at for at, (mine, other) in pairs if mine != other), 0) - 20)
            had, own = (sheet["text"][start : start + 60] for sheet in (here, there))
            yield Failure(had, "", f"{where}: the edition has {own!r}")
        elif here["picture"] != there["picture"]:
            yield Failure(where, "", "its picture is not that of the edition")
        for link in [link for link in here["links"] if link not in there["links"]]:
            yield Failure(link, "", f"{where}: no link of the edition")
        if len(here["links"]) < len(there["links"]):
            yield Failure(where, "", "links of the edition are missing")


def _unprinted(saved: record.Record, *, text: str) -> Iterator[Failure]:
    """Yield the words of the edition that are missing from the text of its PDF."""
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

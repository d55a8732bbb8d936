"""Inputs to a page, a page to its proof, and a preview of a theme, without a store."""

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from jinja2 import TemplateError, TemplateSyntaxError

from briefing.app.make import PrintedEdition, make
from briefing.app.workers import analyze_now
from briefing.core import record
from briefing.core.edition import Prepared, Watch
from briefing.core.errors import BriefingError, InputError, UsageError, reading
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import Document, Edition, Material, Scale, recent
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Heights
from briefing.core.proof import Proof, prove
from briefing.core.text.dates import dated
from briefing.press.html import forget_templates
from briefing.press.measure import Press
from briefing.press.readback import page_pictures
from briefing.press.seal import check_seal, public_keys
from briefing.press.theme import Theme, load
from briefing.settings import Settings
from briefing.setup.attached import attached_edition, is_pdf_file, verify_pdf
from briefing.setup.clock import now
from briefing.setup.parts import check_page, press, recipe, theme, written
from briefing.sources.files import Visit, is_address, read
from briefing.sources.records import Outcome, Reading, to_line


def read_inputs(
    paths: Sequence[str], *, stdin: BinaryIO | None = None, settings: Settings | None = None
) -> Reading:
    """Read documents from files, folders, standard input and, with settings, web addresses.

    Raises InputError if not a single document could be read.
    """
    addresses = tuple(dict.fromkeys(filter(is_address, paths)))
    visit = _visiting(addresses, settings) if settings else None
    reading = read(paths, stdin=stdin, visit=visit)
    if reading.documents:
        return reading
    if not reading.failed:
        raise InputError(
            "no documents in the input; give text, HTML, .jsonl files or folders of them"
        )
    (where, reason), others = reading.failed[0], len(reading.failed) - 1
    more = f"; and {counted(others, 'more input')} failed" if others else ""
    raise InputError(f"{where}: {reason}{more}")


def _visiting(addresses: Collection[str], settings: Settings) -> Visit:
    """Return a function that reads one of the addresses; its first call fetches all of them."""

    @cache
    def visited() -> Mapping[str, Sequence[Outcome]]:
        # Imported late, since it loads the fetching of web pages: a quarter of the work of a page.
        from briefing.setup.news import visit_once  # noqa: PLC0415

        return visit_once(addresses, settings=settings)

    return lambda address: visited()[address]


def read_edition(path: Path) -> record.Record:
    """Read an edition from its JSON or PDF; raise InputError if it cannot be read."""
    if is_pdf_file(path):
        return attached_edition(path)
    try:
        with reading(path):
            return record.read(path.read_text(encoding="utf-8"), name=str(path))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not an edition (not UTF-8)") from error


def day_of(documents: Sequence[Document], given: date | None) -> date:
    """Return the given day, otherwise that of the latest document, otherwise today in local time.

    An undated document counts by the day in its own text. A date after tomorrow is wrong and
    is ignored; tomorrow has already begun in some zones.
    """
    today = now().astimezone().date()
    dates = (text.published.date() for text in dated(documents, by=today) if text.published)
    possible = [day for day in dates if day <= today + timedelta(days=1)]
    return given or max(possible, default=today)


def material_of(reading: Reading, *, day: date | None, before: Sequence[Edition]) -> Material:
    """Return what an edition is made of; without a day, it is that of the latest news.

    Raises UsageError if an earlier edition is not before the day, or two are of the same day.
    """
    day = day_of(reading.documents, day)
    days = [edition.day for edition in before]
    if late := [earlier for earlier in days if earlier >= day]:
        raise UsageError(
            f"the previous edition is of {late[0]}, this one of {day}; "
            "give an earlier --previous or a later --date"
        )
    if twice := [earlier for earlier in days if days.count(earlier) > 1]:
        raise UsageError(f"two editions of {twice[0]} are given; give one --previous a day")
    return Material(reading.documents, day, recent(before, day=day), failed=reading.failed)


def make_page(
    paths: Sequence[str],
    *,
    settings: Settings,
    day: date | None,
    before: Sequence[Edition],
    watch: Watch,
) -> tuple[PrintedEdition, tuple[tuple[str, str], ...]]:
    """Read inputs and make their page; without a day, it is that of the latest news.

    Returns the edition, and what could not be read, with reasons.

    Earlier editions may be in any order; those of the last seven days count. ``watch`` is called
    with each step as it begins. Raises BriefingError if reading, making or printing failed.
    """
    check_page(settings)
    watch("read")
    reading = read_inputs(paths, stdin=getattr(sys.stdin, "buffer", None), settings=settings)
    printed = make(
        material_of(reading, day=day, before=before),
        recipe=recipe(settings, reading.documents),
        press=press(settings),
        known=Prepared(analyze_now(reading.documents, language=settings.language)),
        watch=watch,
    )
    return printed, reading.failed


def contents(printed: PrintedEdition, *, kind: str, settings: Settings) -> bytes:
    """Return an edition in a format, or for "sources" the texts that it cites."""
    if kind == "pdf":
        return printed.pdf
    edition = printed.edition
    if kind == "json":
        return press(settings).write(edition).encode()
    if kind == "sources":
        return "".join(map(to_line, edition.documents.values())).encode()
    return written(edition, kind, settings=settings, links=False)


def read_keys(where: str, *, settings: Settings) -> frozenset[str]:
    """Return the public keys in a file or at a web address.

    Raises UsageError if it cannot be read, or contains no key.
    """
    if is_address(where):
        from briefing.setup.news import fetch_once  # noqa: PLC0415  as in visit_once above

        text = fetch_once(where, settings=settings).decode("utf-8", "replace")
    else:
        if Path(where).is_dir():
            raise UsageError(f"{where!r} is a folder; give a file")
        with reading(where, kind=UsageError):
            text = Path(where).read_text(encoding="utf-8", errors="replace")
    keys = public_keys(text)
    if not keys:
        raise UsageError(f"{where}: no public key; a line of it is ed25519 and 64 digits")
    return keys


def verify(
    edition: Path, sources: Path | None = None, *, keys: Collection[str] | None = None
) -> tuple[str, Proof]:
    """Prove an edition from its source texts; return its id and the proof.

    The edition is a JSON file, or a PDF with the edition attached, and with its texts if no
    ``sources`` are given. ``keys`` are the public keys of the desk; None if not given. Raises
    UsageError if the source texts of a JSON file are not given; and InputError if a file cannot be
    read, or nothing is attached to the PDF.
    """
    reading = None if not sources else read_inputs([str(sources)])
    texts = None if reading is None else {text.id: text for text in reading.documents}
    if is_pdf_file(edition):
        return verify_pdf(edition, texts, keys=keys)
    if texts is None:
        raise UsageError(
            f"{edition}: --sources is missing; give the texts that `make --save-sources` wrote, "
            "the PDF instead, or the date of an edition in the store, such as 2026-01-04"
        )
    saved = read_edition(edition)
    proof = prove(saved.edition, sources=texts, intact=saved.intact)
    return saved.edition.id, check_seal(proof, saved, keys=keys)


@frozen
class PreviewPage:
    """A page in a theme: pictures of the sheets, or why there are none."""

    pictures: tuple[bytes, ...] = ()
    #: One line; empty if there is none.
    error: str = ""


class _Noting(Press):
    """A press that keeps the draft, which does not depend on the theme."""

    draft: Draft | None = None

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        self.draft = draft
        return super().probe(draft, scales)


class ThemePreview:
    """The page of some inputs, or of an edition, in a theme with its files as they are now."""

    def __init__(
        self,
        paths: Sequence[str],
        *,
        settings: Settings,
        day: date | None,
        previous: Sequence[Path],
    ) -> None:
        """Read what is to be printed; a theme given as a folder is not read yet.

        Raises UnknownNameError if there is no theme of that name, or it has no such paper.
        """
        self._settings = settings
        if not self._is_folder:
            theme(settings).paper(settings.page.paper)
        self._draft: Draft | None = None
        self._edition: Edition | None = None
        self._material: Material | None = None
        self._made: tuple[str, PreviewPage] = ("", PreviewPage())
        self._alone = Lock()
        if len(paths) == 1 and paths[0].endswith(".json"):
            self._edition = read_edition(Path(paths[0])).edition
            return
        reading = read_inputs(paths, settings=settings)
        before = [read_edition(path).edition for path in previous]
        self._material = material_of(reading, day=day, before=before)

    def state(self) -> str:
        """Return a digest of the theme's files, which changes whenever one of them does."""
        try:
            folders = self._theme().folders
        except BriefingError:
            folders = (Path(self._settings.page.theme),)
        stats = sorted({state for folder in folders for state in _states(folder)})
        return sha256(repr(stats).encode()).hexdigest()[:16]

    def page(self) -> PreviewPage:
        """Return the page in the current state of the theme."""
        with self._alone:
            state = self.state()
            if self._made[0] != state:
                self._made = (state, self._make())
            return self._made[1]

    @property
    def _is_folder(self) -> bool:
        return (Path(self._settings.page.theme) / "theme.toml").is_file()

    def _theme(self) -> Theme:
        chosen = self._settings.page.theme
        return load(Path(chosen)) if self._is_folder else theme(self._settings)

    def _make(self) -> PreviewPage:
        forget_templates()
        try:
            chosen = self._theme()
            press = _Noting(chosen, chosen.paper(self._settings.page.paper))
            return PreviewPage(page_pictures(self._print(press)))
        except TemplateSyntaxError as error:
            return PreviewPage(error=f"{error.filename}:{error.lineno}: {error.message}")
        except TemplateError as error:
            return PreviewPage(error=f"a template cannot be rendered: {error.message}")
        except KeyError as error:
            return PreviewPage(error=f"the page has no element with the id {error}")
        except (BriefingError, OSError) as error:
            return PreviewPage(error=" ".join(str(error).split()))

    def _print(self, press: _Noting) -> bytes:
        """Lay out the edition with its own settings, or fit the news again."""
        if self._edition is not None:
            return press.print(self._edition)
        if self._draft is not None:
            return press.print(fit(self._draft, press).edition)
        assert self._material is not None  # noqa: S101  read at the start, as there is no edition
        printed = make(
            self._material, recipe=recipe(self._settings, self._material.documents), press=press
        )
        self._draft = press.draft
        return printed.pdf


def _states(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, time and size of each file in a folder.

    A file deleted meanwhile, such as an editor's temporary file, is skipped.
    """
    for name, _, files in os.walk(folder):
        for file in files:
            path = Path(name, file)
            with suppress(OSError):
                state = path.stat()
                yield str(path), state.st_mtime_ns, state.st_size

"""Makes one edition and its files from documents; stores nothing."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from briefing.core.edition import Prepared, Watch, make_edition
from briefing.core.errors import LayoutError, OutputError, writing
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import Edition, Material, Sentence
from briefing.core.own_page import DayStories, lay_out_own
from briefing.core.page.fit import refit, stands
from briefing.core.ports import Fit, Measure, Recipe


class Printer(Measure, Protocol):
    """The press: measures, prints, and reads back what it has printed."""

    def print(self, edition: Edition) -> bytes:
        """Return the PDF of an edition."""
        ...

    def write(self, edition: Edition) -> str:
        """Return the record of an edition, signed if there is a key."""
        ...

    def missing(self, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
        """Return the passages of the edition that are missing from the PDF's own text."""
        ...


@frozen
class PrintedEdition:
    """An edition with its page."""

    edition: Edition
    pdf: bytes
    fit: Fit
    #: Number of layouts, including the probe.
    layouts: int
    #: Probability of each section, by the id of a story's most central report.
    topics: Mapping[str, Mapping[str, float]]
    #: What own pages are made from; None for a week in review and an edition made ahead.
    stories: DayStories | None = None


def make(
    material: Material,
    *,
    recipe: Recipe,
    press: Printer,
    known: Prepared | None = None,
    watch: Watch = lambda _: None,
) -> PrintedEdition:
    """Make an edition, print it, and prove that the page has all of it.

    ``known`` has results of earlier work, which are not computed again.

    ChoiceError: editors' choices cannot all be met; InputError: nothing is left to print;
    LayoutError: no page fits, or a sentence is missing from the printed page.
    """
    made = make_edition(material, recipe=recipe, measure=press, known=known, watch=watch)
    watch("print")
    pdf = print_whole(made.edition, press)
    fitted = made.fitted
    return PrintedEdition(made.edition, pdf, fitted.fit, fitted.layouts, made.topics, made.stories)


def print_ahead(edition: Edition, press: Printer) -> PrintedEdition | None:
    """Print an edition that was made ahead; None: its page is not valid here.

    LayoutError: a sentence is missing from the printed page.
    """
    fit = press.lay_out(edition)
    if not stands(fit):
        return None
    return PrintedEdition(edition, print_whole(edition, press), fit, 1, {})


def make_own(
    stories: DayStories, key: str, *, general: Edition, press: Printer
) -> tuple[Edition, bytes]:
    """Make the own page of a choice, print it, and prove that it has all of it.

    BriefingError: as for :func:`briefing.core.own_page.lay_out_own`, or a sentence is missing from
    the printed page.
    """
    edition = lay_out_own(stories, key, general=general, measure=press)
    return edition, print_whole(edition, press)


def reprint(edition: Edition, press: Printer) -> bytes:
    """Print an edition on another paper, with the same passages, and prove that it has all of them.

    LayoutError: there is no room for all of it, or a sentence is missing from the page.
    """
    return print_whole(refit(edition, press), press)


def print_whole(edition: Edition, press: Printer) -> bytes:
    """Print an edition, and prove that the page has all of it.

    LayoutError: a sentence is missing from the page.
    """
    pdf = press.print(edition)
    lost = press.missing(edition, pdf)
    if lost:
        raise LayoutError(
            f"{counted(len(lost), 'sentence')} missing from the printed page: {lost[0].text!r}"
        )
    return pdf


def save(files: Mapping[Path, bytes]) -> None:
    """Write files, all of them or none: to temporary names first, then moved into place.

    OutputError: a folder or a file cannot be written; earlier content is unchanged.
    """
    with ExitStack() as undo:
        staged: list[tuple[Path, Path]] = []
        for path, content in files.items():
            with _told(path):
                # Write to the target of a link, so that the link itself stays.
                place = Path(os.path.realpath(path))
                above = [
                    parent
                    for parent in (place.parent, *place.parent.parents)
                    if not parent.exists()
                ]
                for parent in reversed(above):
                    parent.mkdir(exist_ok=True)
                    undo.callback(_remove_empty, parent)
                draft = _stage(place, content)
            undo.callback(draft.unlink, missing_ok=True)
            staged.append((draft, place))
        for path, (draft, place) in zip(files, staged, strict=True):
            with _told(path):
                draft.replace(place)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say which file cannot be written; refuse a device, which a move would replace."""
    with writing(path):
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is a folder or a device; name a file")
        yield


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _stage(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft

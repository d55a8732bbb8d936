"""A page that is made again whenever a file of its theme changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from threading import Lock

from jinja2 import TemplateError, TemplateSyntaxError

from briefing.app.make import make
from briefing.core.errors import BriefingError
from briefing.core.model import Edition, Material, Scale, recent
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Heights
from briefing.press.html import forget_templates
from briefing.press.measure import Press
from briefing.press.picture import page_pictures
from briefing.press.theme import Theme, load
from briefing.setup.pages import check_previous, day_of, read_edition, read_inputs
from briefing.setup.parts import recipe, theme
from briefing.setup.settings import Settings


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """What a theme makes of the news: pictures of the sheets, or why there is none."""

    pictures: tuple[bytes, ...] = ()
    #: One line; empty if there is none.
    error: str = ""


class _Noting(Press):
    """A press that keeps the draft, which no theme changes."""

    draft: Draft | None = None

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        self.draft = draft
        return super().probe(draft, scales)


class ThemePreview:
    """The page of some inputs, or of an edition, in the theme as its files are now."""

    def __init__(
        self,
        paths: Sequence[str],
        *,
        settings: Settings,
        day: date | None,
        previous: Sequence[Path],
    ) -> None:
        """Read what is to be printed; a theme that is a folder is not looked at yet.

        Raises:
            UnknownNameError: there is no theme of that name, or it has no such paper.
            BriefingError: what is to be printed cannot be read.
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
        on = day_of(reading.documents, day)
        check_previous(before, day=on)
        self._material = Material(
            reading.documents, on, recent(before, day=on), failed=reading.failed
        )

    def state(self) -> str:
        """Return a digest of the theme's files, which changes when one of them does."""
        try:
            folders = self._theme().folders
        except BriefingError:
            folders = (Path(self._settings.page.theme),)
        stats = sorted({state for folder in folders for state in _states(folder)})
        return sha256(repr(stats).encode()).hexdigest()[:16]

    def page(self) -> PreviewPage:
        """Return the page in the theme as it is now."""
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
        """Lay out the edition as it is set, or fit the news again."""
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

    What is gone before it is looked at, as the temporary file of an editor, counts as not there.
    """
    for name, _, files in os.walk(folder):
        for file in files:
            path = Path(name, file)
            with suppress(OSError):
                found = path.stat()
                yield str(path), found.st_mtime_ns, found.st_size

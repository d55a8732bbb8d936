"""Themes: a folder with templates, style sheets and marks, and its geometry in theme.toml."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro

from briefing.core.errors import SettingsError, UnknownNameError
from briefing.core.frozen import frozen
from briefing.core.model import Letterhead, Scale
from briefing.core.model.letterhead import lightened

#: Folders of themes: inside the wheel, or next to the package in a checkout.
_FOLDERS = (Path(__file__).parents[1] / "templates", Path(__file__).parents[2] / "templates")
#: The scales of a sheet with two columns; a single column has one size of type.
_TWO_COLUMNS = (Scale.THIN, Scale.ROOMY, Scale.NORMAL, Scale.HEAVY)
#: Papers that settings may name with any theme; one of them is the default.
_SHEETS = frozenset({"a4", "letter"})
#: Most themes based on one another.
_DEEPEST = 4
_COLOR = re.compile("#[0-9a-f]{6}")
#: Millimeters per point.
_MM = 25.4 / 72


@frozen
class Paper:
    """A paper size in millimeters; ``size`` and ``margin`` are CSS values."""

    #: Width and height of the sheet, each in mm.
    size: str
    #: Width and height within the margins.
    wide: float
    high: float
    margin: str = "10mm 13mm 10mm 14mm"
    #: Columns of briefs, one or two.
    columns: int = 2
    #: Most sheets, or screens, of an edition.
    pages: int = 1

    @property
    def points(self) -> list[float]:
        """Width and height of the sheet in points, to a tenth."""
        return [round(float(side.removesuffix("mm")) / _MM, 1) for side in self.size.split()]

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales at which it can be set."""
        return _TWO_COLUMNS if self.columns > 1 else (Scale.COLUMN,)


@frozen
class ScaleGeometry:
    """The range of a scale, in points."""

    #: Smallest and largest line height of body text.
    lead: tuple[float, float]
    #: Sizes of the top headline, largest first.
    headline: tuple[float, ...]


@frozen
class Theme:
    """Everything that determines the look of a page."""

    name: str
    folder: Path
    papers: Mapping[str, Paper]
    scales: Mapping[Scale, ScaleGeometry]
    #: The theme whose files are used where this one has none.
    base: Theme | None = None
    #: The accent color on paper, and on a dark screen; lowercase hexadecimal digits.
    accent: str = "#9c1c1f"
    night_accent: str = "#f0857c"

    @property
    def digest(self) -> str:
        """Digest of what makes a page: templates, style sheets, marks, geometry."""
        files = (
            file.read_bytes()
            for folder in self.folders
            for file in sorted((*folder.glob("*.*"), *folder.glob("marks/*")))
        )
        return hashlib.sha256(b"\0".join(files)).hexdigest()

    def paper(self, name: str) -> Paper:
        """Return a paper by name, ignoring case.

        A theme for screens returns its first paper for "A4" and "Letter".

        Raises:
            UnknownNameError: the theme does not support it.
        """
        papers = {key.casefold(): paper for key, paper in self.papers.items()}
        if name.casefold() in _SHEETS and not _SHEETS & papers.keys():
            return next(iter(papers.values()))
        if name.casefold() not in papers:
            raise UnknownNameError("paper", name, self.papers)
        return papers[name.casefold()]

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of its files, its own first.

        The last is the parent folder of the base theme, so that a theme's own "page.html" can
        include parts of "classic/page.html".
        """
        own = (self.folder,)
        return (*own, *self.base.folders, self.base.folder.parent) if self.base else own

    def asset(self, name: str) -> Path | None:
        """Return the file of an asset that a template may load; None for any other name."""
        return assets(self.folders).get(name)

    def style(self, name: str, letterhead: Letterhead) -> str:
        """Return a style sheet in the accent color of a letterhead."""
        file = self.asset(name)
        if file is None:
            raise SettingsError(f"{self.folder}: no {name}; copy that of the theme classic")
        return self.recolored(file.read_text(encoding="utf-8"), letterhead)

    def recolored(self, text: str, letterhead: Letterhead) -> str:
        """Return a style sheet or a mark in the accent color of a letterhead."""
        accent = letterhead.accent or self.accent
        night = lightened(accent) if letterhead.accent else self.night_accent
        theme: Theme | None = self
        while theme:  # the file may come from a base theme
            text = text.replace(theme.night_accent, night).replace(theme.accent, accent)
            theme = theme.base
        return text


@cache
def assets(folders: tuple[Path, ...]) -> Mapping[str, Path]:
    """Return the files that templates may load, by name, from folders and the packages of fonts."""
    own = {
        str(path.relative_to(folder)): path
        for folder in reversed(folders)
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".css", ".ico", ".js", ".svg"}
    }
    fonts = {
        f"fonts/{path.name}": path
        for package in (font_source_sans_pro, font_source_serif_pro)
        for path in sorted(Path(package.font_directory).glob("*.ttf"))
    }
    return own | fonts


def load(folder: Path, *, deep: int = 0) -> Theme:
    """Read a theme's folder; ``deep`` counts the themes already based on it.

    Raises:
        SettingsError: theme.toml is missing or not valid.
    """
    file = folder / "theme.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        name = str(content["name"])
        papers = {paper: Paper(**size) for paper, size in content["papers"].items()}
        scales = {
            Scale(scale): ScaleGeometry(tuple(sizes["lead"]), tuple(sizes["headline"]))
            for scale, sizes in content["scales"].items()
        }
        colors = {key: content[key] for key in ("accent", "night_accent") if key in content}
        base = str(content.get("base", ""))
        _check(papers, scales, colors.values(), base=base, deep=deep)
        below = load(_shipped() / base, deep=deep + 1) if base else None
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{file}: not a theme ({error})") from error
    return Theme(name, folder, papers, scales, below, **colors)


def _check(
    papers: Mapping[str, Paper],
    scales: Mapping[Scale, ScaleGeometry],
    colors: Iterable[object],
    *,
    base: str,
    deep: int,
) -> None:
    """Raise ValueError if a paper has no scale, or a paper, color or base is not valid."""
    if base and (deep == _DEEPEST or not base.isidentifier()):
        raise ValueError(f"base = {base!r} is not the name of a theme that is shipped")
    for value in colors:
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            raise ValueError(f"{value!r} is not a color such as '#9c1c1f'")
    for name, paper in papers.items():
        if paper.columns not in {1, 2} or paper.pages < 1:
            raise ValueError(f"paper {name} needs one or two columns and at least one page")
        if paper.columns > 1 and paper.pages > 1:
            raise ValueError(f"paper {name} has two columns, so it has one page")
        lacking = set(paper.scales).isdisjoint(scales)
        if lacking:
            raise ValueError(f"paper {name} needs a scale of {', '.join(paper.scales)}")


def _shipped() -> Path:
    return next(folder for folder in _FOLDERS if folder.is_dir())


def classic() -> Theme:
    """Return the built-in theme."""
    return load(_shipped() / "classic")


def memo() -> Theme:
    """Return the theme of numbered paragraphs, in one column."""
    return load(_shipped() / "memo")


def large() -> Theme:
    """Return the theme in large type, on two sheets."""
    return load(_shipped() / "large")


def reader() -> Theme:
    """Return the theme for e-readers."""
    return load(_shipped() / "reader")

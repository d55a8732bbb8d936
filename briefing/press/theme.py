"""Themes: a folder with templates, style sheets and marks, and the geometry in theme.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro

from briefing.core.errors import SettingsError, UnknownNameError
from briefing.core.model import Scale

#: Folders of themes: inside the wheel, or next to the package in a checkout.
_FOLDERS = (
    Path(__file__).parents[1] / "templates",
    Path(__file__).parents[2] / "templates",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper size, in millimeters; ``size`` is CSS."""

    size: str
    wide: float
    high: float


@dataclass(frozen=True, slots=True)
class ScaleGeometry:
    """The range of one scale, in points."""

    #: Smallest and largest line height of body text.
    lead: tuple[float, float]
    #: Sizes of the top headline, largest first.
    headline: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything that determines the look of a page."""

    name: str
    folder: Path
    papers: Mapping[str, Paper]
    scales: Mapping[Scale, ScaleGeometry]

    def paper(self, name: str) -> Paper:
        """Return a paper by name, ignoring case.

        Raises:
            UnknownNameError: the theme does not support it.
        """
        papers = {key.casefold(): paper for key, paper in self.papers.items()}
        if name.casefold() not in papers:
            raise UnknownNameError("paper", name, self.papers)
        return papers[name.casefold()]

    def asset(self, name: str) -> Path | None:
        """Return the file of an asset that a template may load, None for any other name."""
        return _assets(self.folder).get(name)


@cache
def _assets(folder: Path) -> Mapping[str, Path]:
    own = {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".css", ".ico", ".svg"}
    }
    fonts = {
        f"fonts/{path.name}": path
        for package in (font_source_sans_pro, font_source_serif_pro)
        for path in sorted(Path(package.font_directory).glob("*.ttf"))
    }
    return own | fonts


def load(folder: Path) -> Theme:
    """Read a theme's folder.

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
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{file}: not a theme ({error})") from error
    return Theme(name, folder, papers, scales)


def classic() -> Theme:
    """Return the built-in theme."""
    return load(next(folder for folder in _FOLDERS if folder.is_dir()) / "classic")

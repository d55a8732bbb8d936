"""Renders the HTML of a page with the Jinja2 templates of the theme, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from briefing.core.model import Edition, Scale
from briefing.press.theme import Paper, Theme, forget_files
from briefing.press.tie import unbroken
from briefing.press.view import DraftView, view


def environment(theme: Theme) -> Environment:
    """Return the theme's templates; HTML is escaped, an unknown name is an error."""
    return _environment(theme.folders)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    # Once for each theme: to compile its templates takes a fifth of the time of a page.
    templates = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(("html", "css", "svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["unbroken"] = unbroken
    return templates


def forget_templates() -> None:
    """Read the files of all themes again: one is being edited."""
    _environment.cache_clear()
    forget_files()


def page_html(edition: Edition, *, theme: Theme, paper: Paper) -> str:
    """Return the HTML that the press lays out on one sheet."""
    setting = edition.setting
    return (
        environment(theme)
        .get_template("page.html")
        .render(
            page=view(edition),
            day=edition.day.isoformat(),
            paper=paper,
            scale=setting.scale.value,
            lead=round(setting.lead, 4),
            headline=setting.headline,
            side_gap=round(setting.side_gap, 3),
            accent=edition.letterhead.accent or theme.accent,
            sheets=_sheets(theme),
        )
    )


def _sheets(theme: Theme) -> list[str]:
    """Return the style sheets of a page; a theme changes its base in a "theme.css" of its own."""
    return [name for name in ("page.css", "column.css", "theme.css") if theme.asset(name)]


def probe_html(draft: DraftView, *, theme: Theme, paper: Paper, scales: Sequence[Scale]) -> str:
    """Return the HTML that shows every block of a draft once at each scale."""
    return (
        environment(theme)
        .get_template("probe.html")
        .render(
            page=draft.page,
            panel=draft.page.panel,
            top=draft.top,
            briefs=draft.briefs,
            heads=tuple(draft.heads),
            corrected=draft.page.corrected,
            sources=draft.page.sources,
            paper=paper,
            accent=theme.accent,
            sheets=_sheets(theme),
            scales=[
                {
                    "name": scale.value,
                    "lead": theme.scales[scale].lead[0],
                    "headlines": theme.scales[scale].headline,
                }
                for scale in scales
            ],
        )
    )

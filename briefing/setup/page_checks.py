"""Checks before a page is made; they load nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from briefing.app.doctor import (
    Finding,
    Level,
    Use,
    blockers,
    examine,
    good,
    line,
    machine,
)
from briefing.core.errors import PreflightError
from briefing.setup.parts import classifier, letterhead, ranker, theme
from briefing.setup.settings import Settings

Checks = dict[str, Callable[[], Finding]]


def page_checks(settings: Settings) -> Checks:
    """Return the checks of all parts that a page is made with, none of which sets one."""
    return {
        "ranker": lambda: _ranker(settings.ranker),
        "classifier": lambda: _classifier(settings),
        "theme": lambda: _theme(settings),
        "fonts": lambda: _fonts(settings),
        **library_checks(),
    }


def library_checks() -> Checks:
    """Return the checks of the libraries that no settings change."""
    return {"pango": machine.pango, "harfbuzz": machine.harfbuzz}


def check_page(settings: Settings) -> None:
    """Check the parts that a page is made with.

    Raises:
        PreflightError: one is broken; with the exit code of the first.
    """
    broken = blockers(once(examine(page_checks(settings))), use=Use.MAKE)
    if broken:
        raise PreflightError([line(finding) for finding in broken], exit_code=broken[0].code)


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each that is broken for another reason: one key stops signing, links and alerts."""
    reported: set[str] = set()
    for finding in findings:
        if finding.mark is not Level.BROKEN or finding.words not in reported:
            reported.add(finding.words)
            yield finding


def _ranker(name: str) -> Finding:
    ranker(name)
    return good(name)


def _classifier(settings: Settings) -> Finding:
    for stories in (False, True):
        classifier(settings, stories=stories)
    sections = ", ".join(section.name for section in settings.sections)
    return good(f"{settings.classifier}, for {sections}")


def _theme(settings: Settings) -> Finding:
    chosen = theme(settings)
    paper = chosen.paper(settings.page.paper)
    letterhead(settings)
    name = next(name for name, one in chosen.papers.items() if one == paper)
    return good(f"{chosen.name}, on {name}")


def _fonts(settings: Settings) -> Finding:
    chosen = theme(settings)
    return machine.fonts(chosen.asset("page.css") or chosen.folder / "page.css", asset=chosen.asset)

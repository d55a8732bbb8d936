from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from briefing.core.model import Edition
from briefing.core.page.fit import Fitted, fit
from briefing.press.measure import Press
from briefing.press.theme import Theme, classic
from tests.fakes import document, draft, naming

#: Reports of stories that are only named.
UNTOLD = (
    document(31, title="Fishing crews of Sarn end their strike", publisher="Sarn Mail"),
    document(32, title="Fog closes the airport of Sund for a second day", publisher="Sund Post"),
    document(36, title="Dredgers return to the silted mouth of the Orm", publisher="Orm Gazette"),
    document(37, title="Teachers of Ostra vote on a longer school year", publisher="Sund Post"),
    document(38, title="Light ship of Varn goes to the breakers", publisher="Varn Echo"),
)


@dataclass(frozen=True)
class Page:
    """One edition that was fitted and printed for real."""

    press: Press
    fitted: Fitted
    pdf: bytes

    @property
    def edition(self) -> Edition:
        return self.fitted.edition


@pytest.fixture(scope="session")
def theme() -> Theme:
    return classic()


@pytest.fixture(scope="session")
def page_of(theme: Theme) -> Callable[[int, str], Page]:
    """Fit and print a number of briefs on a paper, each pair once a session."""

    @cache
    def make(briefs: int, paper: str) -> Page:
        press = Press(theme, theme.paper(paper))
        fitted = fit(naming(draft(briefs), *UNTOLD), press)
        return Page(press, fitted, press.print(fitted.edition))

    return make


@pytest.fixture(scope="session")
def page(page_of: Callable[[int, str], Page]) -> Page:
    return page_of(12, "A4")


@pytest.fixture(scope="session")
def edition(page: Page) -> Edition:
    return page.edition

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from briefing.core.model import Section
from briefing.press.letter import letter_parts
from briefing.press.theme import classic
from tests.browser.house import findings
from tests.browser.windows import window
from tests.fakes import brief, document, draft, naming

pytestmark = pytest.mark.slow
WEB = "https://desk.example/2026-03-12"
#: Words and addresses without a place to break, as outside text may have them.
_ENDLESS = "Donaudampfschifffahrtsgesellschaft" * 6
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def mail(*, web: str = WEB) -> str:
    """Return the HTML of a mail with all its blocks, one story of it told by twelve reports."""
    sources = [document(number) for number in range(40)]
    sources[3] = replace(sources[3], title=_ENDLESS, publisher="Ostra Evening Courier and Mail")
    told = [brief(source, 2, story=f"s{source.id[1:]}") for source in sources[:8]]
    many = tuple(source.id for source in sources[:1] + sources[20:31])
    top = replace(told[0], publishers=7, sources=many, touches=("security",), top=True)
    edition = naming(draft(0), *sources[31:36]).edition
    return letter_parts(
        replace(
            edition,
            sections=(Section("economy", (top, *told[1:4])), Section("security", tuple(told[4:]))),
            documents={**edition.documents, **{source.id: source for source in sources[1:]}},
        ),
        theme=classic(),
        web=web,
    ).html


def shown(browser: Browser, *, wide: int, colors: str, web: str = WEB) -> Page:
    context = window(
        browser, viewport={"width": wide, "height": 800}, color_scheme=colors, bypass_csp=True
    )
    page = context.new_page()
    page.set_content(mail(web=web))
    return page


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("wide", [320, 360, 700])
def test_no_mail_scrolls_sideways_and_all_is_read(browser: Browser, wide: int, colors: str) -> None:
    page = shown(browser, wide=wide, colors=colors)
    assert page.evaluate(_SIDEWAYS) == 0
    assert findings(page) == []
    ground = page.locator("table.ground").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 20, 15)"}[colors]
    assert page.locator("table.column").bounding_box()["width"] == min(wide, 600)  # type: ignore[index]
    page.context.close()


def test_counts_and_publishers_stay_on_one_line(browser: Browser) -> None:
    page = shown(browser, wide=360, colors="light")
    for kind in ("counts", "from"):
        heights = {round(one.bounding_box()["height"]) for one in page.locator(f".{kind}").all()}  # type: ignore[index]
        assert len(heights) == 1, kind
    page.context.close()


def test_the_contents_lead_to_the_headlines_of_a_mail_without_a_web(browser: Browser) -> None:
    page = shown(browser, wide=360, colors="light", web="")
    link = page.locator(".entry a").nth(5)
    link.click()
    assert page.locator(":target").inner_text().endswith(link.inner_text())
    page.context.close()


def test_outlook_which_knows_no_greatest_width_has_a_table_of_one() -> None:
    html = re.sub(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", r"\1", mail())
    assert re.findall(r'<table [^>]*width="([^"]*)"', html) == ["100%", "600", "600"]
    assert html.count("<table") == html.count("</table>") == 3

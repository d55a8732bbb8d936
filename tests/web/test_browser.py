from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from briefing.core.schedule import Timetable
from tests.browser.windows import launched, window
from tests.newsday import TODAY
from tests.web.served import Served, served

PATHS = (
    "/",
    f"/{TODAY}#c1",
    f"/{TODAY}/source/1",
    f"/{TODAY}/ledger",
    "/archive",
    "/archive?words=frigates",
    "/archive?words=frigates+lighthouse",
    "/archive?from=never",
    "/about",
    "/2026-03-13",
    "/1999-01-01",
    "/nothing",
)


#: Nothing else depends on the color scheme.
CONTRAST = {"runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    table = Timetable(time(6, 30), "Europe/Zurich")
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk", timetable=table) as web:
        web.newsroom.first()
        web.newsroom.second()
        yield web


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser, pages: Served) -> Iterator[Callable[..., Page]]:
    """Return what opens a page in a window of its own, until the test ends."""
    with ExitStack() as windows:

        def open_at(path: str, *, wide: int = 1200, script: bool = False) -> Page:
            context = window(
                browser,
                base_url=str(pages.client.base_url),
                viewport={"width": wide, "height": 860},
                java_script_enabled=script,
            )
            windows.callback(context.close)
            page = context.new_page()
            page.goto(path)
            return page

        yield open_at


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_fault_for_screen_readers(opened: Callable[..., Page], path: str) -> None:
    page = opened(path, script=True)
    page.emulate_media(color_scheme="light")
    faults(page)
    page.emulate_media(color_scheme="dark")
    faults(page, options=CONTRAST)


def faults(page: Page, **told: Any) -> None:  # noqa: ANN401  Axe's own
    found = Axe().run(page, **told).response
    assert found["passes"] or found["inapplicable"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_no_page_is_wider_than_its_window(opened: Callable[..., Page]) -> None:
    page = opened("/", script=True)
    for path in PATHS:
        page.goto(path)
        for wide in (320, 360, 768, 1200):
            page.set_viewport_size({"width": wide, "height": 860})
            assert page.evaluate("document.documentElement.scrollWidth") <= wide, (path, wide)


def test_nothing_is_refused_by_the_policy_of_a_page(opened: Callable[..., Page]) -> None:
    page = opened("/about")
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    for path in ("/", f"/{TODAY}/source/1", "/archive"):
        page.goto(path)
    assert said == []


@pytest.mark.parametrize("wide", [360, 1200])
def test_a_click_shows_a_sentence_in_its_source(opened: Callable[..., Page], wide: int) -> None:
    page = opened("/", wide=wide)
    check = page.locator("#c1 .opened")
    assert not check.is_visible()
    page.locator("#m1").click()
    assert check.is_visible()
    assert check.locator("mark").is_visible()
    assert "Identical, character for character." in check.inner_text()
    sandbox = check.bounding_box()
    assert sandbox
    assert sandbox["height"] <= (0.79 if wide < 1000 else 1) * 860
    check.get_by_text("Close").click()
    assert not check.is_visible()
    assert page.url.endswith("#m1")
    page.go_back()
    assert check.is_visible()
    check.get_by_text("Full stored text").click()
    assert f"/{TODAY}/source/1#printed" in page.url


@pytest.mark.parametrize("wide", [390, 1200])
def test_a_shared_address_opens_at_its_sentence(opened: Callable[..., Page], wide: int) -> None:
    page = opened("/", wide=wide)
    number = page.locator("article .say").last.locator(".check").first.get_attribute("id")
    page.goto(f"/{TODAY}#{number}")
    words = page.locator(f".say:has(> #{number}) > .words")
    place, check = words.bounding_box(), page.locator(f"#{number} .opened").bounding_box()
    assert place
    assert check
    assert place["y"] >= 0
    assert place["y"] + place["height"] <= (check["y"] if wide < 1000 else 860)
    underlined = page.locator(".words").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).textDecorationLine === 'underline').length"
    )
    assert underlined == 1
    color = words.evaluate("one => getComputedStyle(one).textDecorationColor")
    assert color in {"rgb(156, 28, 31)", "rgb(240, 133, 124)"}


def test_the_news_is_first_and_all_opens_by_keys(opened: Callable[..., Page]) -> None:
    page = opened("/")
    page.keyboard.press("Tab")
    assert page.locator(".skip:focus").is_visible()
    page.locator("#m1").focus()
    page.keyboard.press("Enter")
    assert page.locator("#c1 .opened").is_visible()
    page.keyboard.press("Tab")
    assert page.locator("#c1 .close:focus").is_visible()
    first = page.locator("details.behind").first
    assert not first.locator("ul").first.is_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.locator("ul").first.is_visible()
    page = opened("/", wide=320, script=True)
    for one in page.locator("details.behind > summary").all():
        one.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    faults(page)
    page.emulate_media(color_scheme="dark")
    faults(page, options=CONTRAST)


def test_the_archive_is_searched_by_its_form(opened: Callable[..., Page]) -> None:
    page = opened("/archive")
    page.get_by_label("Words").fill("frigates")
    page.get_by_role("button", name="Search").click()
    assert "words=frigates" in page.url
    assert page.locator("mark.found").first.is_visible()


def test_paper_gets_colors_of_paper_and_no_tools(opened: Callable[..., Page]) -> None:
    page = opened("/")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator(".nav").is_visible()
    assert page.locator(".paper").is_visible()

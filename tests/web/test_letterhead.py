import base64
import re
import struct
import urllib.robotparser
from collections.abc import Iterator
from dataclasses import replace

import lxml.etree
import pytest

from briefing.app.publish import publish
from briefing.core.model import Letterhead
from briefing.core.model.letterhead import LEAST_CONTRAST, NIGHT, PAPER, contrast
from briefing.press.logo import embed
from briefing.web.edition import style_policy
from tests.desk import RECIPE
from tests.newsday import TODAY
from tests.publishing import SECOND, at, publish_plan
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, served

SHAPE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
LOGO = embed(SHAPE.encode())
HOUSE = Letterhead("internal <use>", "Ministry of Trade & Co", "#1d4f91", LOGO)
#: Every kind of public page.
PAGES = ("/", f"/{TODAY}", f"/{TODAY}/source/1", f"/{TODAY}/ledger", "/archive", "/about")
FORMS = tuple(("/subscribe /preferences /none /2026-01-01 /confirm/none /admin/sign-in").split())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("house")
    with served(folder, name="Ostra Desk", letterhead=HOUSE) as web:
        Newsroom(web.store).first()
        Newsroom(web.store).second()
        yield web


@pytest.mark.parametrize("path", [*PAGES, *FORMS])
def test_stands_on_every_page(house: Served, path: str) -> None:
    page = house.get(path).text
    lines = [line for line in page.splitlines() if 'class="marking"' in line]
    assert [re.sub("<[^>]*>", "", line) for line in lines] == ["internal &lt;use&gt;"] * 2
    assert page.index(lines[0]) < page.index("<nav") < page.rindex(lines[1])
    assert page.rindex(lines[1]) > page.index("<footer")
    assert '<p class="house">Ministry of Trade &amp; Co</p>' in page
    assert page.count('<img class="logo" src="/logo" alt="">') == 1
    assert "(internal &lt;use&gt;)</title>" in page
    assert "data:" not in page


def test_without_one_nothing_is_added(web: Served) -> None:
    for path in ("/", "/subscribe"):
        assert not re.search('class="(?:marking|house|logo)"|/logo', web.get(path).text)
    assert web.get("/logo").status_code == 404


def test_the_marking_of_an_edition_is_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("secret")
    with served(folder, name="Ostra Desk", letterhead=HOUSE) as web:
        recipe = replace(RECIPE, letterhead=Letterhead(marking="secret"))
        Newsroom(web.store).keep(*SECOND, when=at(TODAY, 18))
        publish(web.store, publish_plan(recipe=lambda _: recipe), day=TODAY, now=at(TODAY, 20))
        for path in PAGES:
            expected = "secret" if (path not in {"/archive", "/about"}) else "internal &lt;use&gt;"
            assert web.get(path).text.count(f'class="marking">{expected}</p>') == 2


def test_the_logo_is_a_file_that_runs_nothing_and_stands_on_white_at_night(house: Served) -> None:
    answer = house.get("/logo")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content == base64.b64decode(LOGO.partition(",")[2])
    assert "style-src 'none'" in answer.headers["content-security-policy"]
    assert house.get("/logo", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert "img-src 'self'" in house.get("/").headers["content-security-policy"]
    night = "@media (prefers-color-scheme: dark) { .logo { background: #fff"
    for style in (house.get("/site.css").text, house.desk.theme.style("screen.css", HOUSE)):
        assert night in style
    # The version for the screen may show the one that is in it.
    assert "img-src data:;" in style_policy(f'<img class="logo" src="{LOGO}" alt="">'.encode())
    assert "img-src" not in style_policy(b"<p>no picture</p>")


def test_the_accent_replaces_the_color_of_the_theme_by_day_and_at_night(house: Served) -> None:
    for path in ("/site.css", "/favicon.svg"):
        style = house.get(path).text
        assert "#9c1c1f" not in style
        assert "#f0857c" not in style
        assert "#1d4f91" in style
    colors = re.findall("--paper: (#[0-9a-f]+);.*?--red: (#[0-9a-f]+)", house.get("/site.css").text)
    assert {ground for ground, _ in colors} == {PAPER, NIGHT, "#fff"}
    for ground, accent in colors:
        assert contrast(accent, ground.replace("#fff", "#ffffff")) >= LEAST_CONTRAST
    # The sign may use its own styles.
    answer = house.get("/favicon.svg")
    (style,) = re.findall("<style>(.*?)</style>", answer.text)
    assert "#1d4f91" in style
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]


def test_the_sign_is_drawn_and_browsers_that_guess_its_address_find_it(web: Served) -> None:
    drawn, pixels = web.get("/favicon.svg"), web.get("/favicon.ico?v=1")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert lxml.etree.fromstring(drawn.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert "style-src 'sha256-" in drawn.headers["content-security-policy"]
    assert (pixels.status_code, pixels.headers["content-type"]) == (200, "image/x-icon")
    assert struct.unpack("<HHH", pixels.content[:6]) == (0, 1, 1)
    assert 'href="/favicon.svg"' in web.get("/subscribe").text
    known = {"If-None-Match": drawn.headers["etag"]}
    assert web.get("/favicon.svg", headers=known).status_code == 304


def test_machines_may_read_what_is_printed_and_nothing_that_is_somebodys(web: Served) -> None:
    answer = web.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(answer.text.splitlines())
    for path in "/ /archive /2026-03-12 /2026-03-12.pdf /about /feed".split():
        assert rules.can_fetch("any", path)
    for path in ("/admin", "/api/v1/editions", "/confirm/x", "/preferences", "/unsubscribe/x"):
        assert not rules.can_fetch("any", path)

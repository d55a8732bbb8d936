"""What leaves the desk as a file or a mail, when every word of the news is an attack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree as ET

import lxml.html
import pytest
from pypdf import PdfReader

from briefing.app.publish import publish
from briefing.core.model import Edition
from briefing.press.letter import PERSONAL, letter_parts
from briefing.setup.parts import theme
from briefing.setup.settings import Settings
from briefing.store import editions
from tests.newsday import TODAY
from tests.publishing import edition_of, publish_plan
from tests.web.hostile import (
    EVIL,
    HOSTILE_RECIPE,
    LISTED,
    NEXT,
    Target,
    target,
)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

#: Elements that run, load or send by themselves.
LIVE = {"script", "iframe", "object", "embed", "base", "form", "link", "video", "audio", "img"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("desk")) as made:
        yield made


def edition(one: Target) -> Edition:
    with one.web.store.read() as tx:
        stored = editions.on(tx, one.web.desk.briefing, TODAY)
    assert stored
    return edition_of(stored)


def check_dead(html: str) -> None:
    """Check that nothing in a page runs or loads anything, and that its links are of the web."""
    root = lxml.html.fromstring(html)
    for element in root.iter(lxml.etree.Element):
        assert element.tag not in LIVE, lxml.html.tostring(element)
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name not in {"src", "srcset", "background", "action", "formaction"}
            if name in {"href", "xlink:href"}:
                assert re.match("https?://|#|mailto:", value), value
                assert EVIL not in value
    for style in root.iter("style"):
        assert not re.search(r"@import|url\(", style.text_content())


@pytest.mark.parametrize("web", ["", LISTED])
def test_nothing_in_a_mail_runs_or_loads_anything(still: Target, web: str) -> None:
    usual = theme(Settings())
    parts = letter_parts(edition(still), theme=usual, web=web)
    assert parts.html.count("&lt;script&gt;") > 2
    # Blanks that are filled with the links of each reader.
    blank = rf'"(?:{"|".join(PERSONAL)})-[0-9a-f]+"'
    check_dead(re.sub(blank, f'"{LISTED}/"', parts.html))
    assert "\n" not in parts.headline


def test_nothing_in_the_page_that_is_kept_for_the_screen_runs_or_loads_anything(
    still: Target,
) -> None:
    answer = still.web.get(f"/{TODAY}.html")
    assert answer.text.count("&lt;script&gt;") > 2
    check_dead(answer.text)


def test_the_feed_holds_words_and_addresses_of_ours(still: Target) -> None:
    root = ET.fromstring(still.web.get("/feed").content)  # noqa: S314  our own
    assert "<script>__ran=1</script>" in "".join(root.itertext())
    for element in root.iter():
        assert element.tag.startswith(ATOM)
        assert set(element.attrib) <= {
            *("rel", "type", "href", "length", "{http://www.w3.org/XML/1998/namespace}lang"),
        }
        assert element.get("href", LISTED).startswith(LISTED)
        # Readers of feeds take what is marked as HTML for HTML.
        is_content = element.tag == f"{ATOM}content"
        assert (element.get("type") == "html") == is_content
        assert element.get("type") != "xhtml"
        if is_content:
            _holds_words_and_links_alone(element.text or "")


def _holds_words_and_links_alone(html: str) -> None:
    for element in lxml.html.fromstring(f"<div>{html}</div>").iter():
        assert element.tag in {
            *("div", "p", "h2", "h3", "ul", "ol", "li", "a", "b", "i", "blockquote"),
        }
        assert set(element.attrib) <= {"href"}
        assert element.get("href", LISTED).startswith(("http://", "https://"))


def test_nothing_in_a_printed_page_runs_and_its_links_are_of_the_web(still: Target) -> None:
    done = publish(
        still.web.store,
        publish_plan(recipe=lambda _: HOSTILE_RECIPE),
        day=NEXT,
        now=still.web.clock(),
    )
    assert done
    with still.web.store.read() as tx:
        stored = editions.on(tx, still.web.desk.briefing, NEXT)
    assert stored
    pdf = stored.files["pdf"]
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    assert "__ran=1" in reader.pages[0].extract_text()
    assert not {"/OpenAction", "/AA", "/AcroForm"} & reader.root_object.keys()
    assert set(reader.attachments) == {"edition.json", "sources.jsonl"}  # for `verify`
    for link in reader.pages[0].get("/Annots") or ():
        action = link.get_object().get("/A", {})
        assert action.get("/S", "/URI") in {"/URI", "/GoTo"}
        assert re.match("https?://|$", str(action.get("/URI", "")))
        assert EVIL not in str(action.get("/URI", ""))
    check_dead(stored.files["html"].decode())

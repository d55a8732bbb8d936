import re
import zipfile
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.core.model import Edition, Letterhead
from briefing.press.epub import page_epub
from briefing.press.formats import Rendition
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.press.shown import from_outside

WEB = "https://desk.example/2026-03-12"
HTML, OPF, DC = (
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.idpf.org/2007/opf}",
    "{http://purl.org/dc/elements/1.1/}",
)
TYPE = "{http://www.idpf.org/2007/ops}type"


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def tree(content: bytes, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(parts(content)[f"EPUB/{name}"])  # noqa: S314  our own


def links(content: bytes, name: str = "page.xhtml") -> list[str]:
    return [one.get("href", "") for one in tree(content, name).iter(f"{HTML}a")]


def ids(content: bytes) -> list[str]:
    return [one for each in tree(content, "page.xhtml").iter() if (one := each.get("id"))]


@pytest.fixture(scope="module")
def book(edition: Edition, theme: Theme) -> bytes:
    return page_epub(edition, Rendition(theme))


def test_it_is_a_book_with_a_cover_and_a_color(edition: Edition, book: bytes, theme: Theme) -> None:
    words = [one.text for one in tree(book, "cover.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert words[:-1] == edition.name.split()
    with zipfile.ZipFile(BytesIO(book)) as file:
        assert file.testzip() is None
    # where a reader of files looks for it without opening the archive
    assert book[30:58] == b"mimetypeapplication/epub+zip"
    held = parts(book)
    container = ElementTree.fromstring(held["META-INF/container.xml"])  # noqa: S314  our own
    (root,) = container.iter("{urn:oasis:names:tc:opendocument:xmlns:container}rootfile")
    assert root.get("full-path") == "EPUB/package.opf"
    package = tree(book, "package.opf")
    assert package.get("version") == "3.0"
    items = {one.get("id"): one for one in package.iter(f"{OPF}item")}
    files = {f"EPUB/{one.get('href')}" for one in items.values()}
    assert files == {*held} - {"mimetype", "META-INF/container.xml", "EPUB/package.opf"}
    properties = {one.get("href"): one.get("properties") for one in items.values()}
    assert (properties["nav.xhtml"], properties["cover.svg"]) == ("nav", "cover-image")
    assert [one.get("idref") for one in package.iter(f"{OPF}itemref")] == ["page"]
    for name, said in (
        ("identifier", edition.id),
        ("title", f"{edition.name}, {view(edition).date}"),
        ("language", "en"),
        ("date", str(edition.day)),
    ):
        assert package.findtext(f".//{DC}{name}") == said
    modified = [
        one.text for one in package.iter(f"{OPF}meta") if one.get("property") == "dcterms:modified"
    ]
    assert modified == [f"{edition.day}T00:00:00Z"]
    own = Letterhead(accent="#123456")
    made = page_epub(replace(edition, letterhead=own), Rendition(theme))
    assert b"#123456" in parts(made)["EPUB/style.css"]


def test_contents_lead_to_briefs_and_marks_to_sources(
    edition: Edition, book: bytes, theme: Theme
) -> None:
    (nav,) = tree(book, "nav.xhtml").iter(f"{HTML}nav")
    assert nav.get(TYPE) == "toc"
    targets = [one.partition("#")[2] for one in links(book, "nav.xhtml")]
    assert set(filter(None, targets)) <= set(ids(book))
    assert sum(one.startswith("story") for one in targets) == len(list(edition.briefs()))
    assert "sources" in targets
    own = [one for one in links(book) if one.startswith("#")]
    assert own
    assert {one[1:] for one in own} <= set(ids(book))
    assert len(ids(book)) == len(set(ids(book)))
    linked = links(page_epub(edition, Rendition(theme, web=WEB)))
    assert [one for one in linked if one.startswith(f"{WEB}#")] == [
        f"{WEB}#c{number}" for number in range(1, len(own) + 1)
    ]


@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(text=st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_outside_text_is_only_text(edition: Edition, theme: Theme, text: str) -> None:
    hostile = f"{text}]]></p><script>x</script>&nope;"
    forged = from_outside(edition, hostile, url=f"javascript:{text}")
    made = page_epub(forged, Rendition(theme))
    for name in ("page.xhtml", "nav.xhtml", "package.opf"):
        assert not re.search(b"<script", parts(made)[f"EPUB/{name}"])
        tree(made, name)
    assert not any(one.startswith("javascript") for one in links(made))

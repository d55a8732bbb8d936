from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from briefing.core.errors import LayoutError
from briefing.core.model import PLAIN, Edition
from briefing.press.pdf import Placement, Typesetter, _Assets, _box
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.press.conftest import Page

HTML = "<!doctype html><html lang=en><title>Test</title><style>{css}</style><body>{body}"


@pytest.fixture(scope="module")
def typesetter(theme: Theme) -> Typesetter:
    return Typesetter(theme)


@pytest.fixture(scope="module")
def reader(page: Page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf))


def resolved(value: Any) -> Any:  # noqa: ANN401  PDF objects are of any kind
    return value.get_object() if isinstance(value, IndirectObject) else value


def elements(node: Any) -> Iterator[DictionaryObject]:  # noqa: ANN401
    """Yield the structure elements of a tagged PDF in reading order."""
    node = resolved(node)
    if isinstance(node, ArrayObject):
        for child in node:
            yield from elements(child)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def tags(reader: PdfReader) -> list[str]:
    root = resolved(reader.trailer["/Root"])["/StructTreeRoot"]
    return [str(element["/S"]) for element in elements(root)]


class TestTheFetcher:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org/",
            "https://theme.invalid/../../../etc/passwd",
            "https://theme.invalid/theme.toml",
            "https://theme.invalid/page.html",
            "https://theme.invalid//etc/passwd",
            "https://theme.invalid/fonts/../page.css",
            "https://theme.invalid.example.org/page.css",
            "http://theme.invalid/page.css",
            "file:///etc/passwd",
            "file:page.css",
            "data:text/css,body{color:red}",
            "ftp://theme.invalid/page.css",
            "",
        ],
    )
    def test_refuses_all_but_assets_of_the_theme(self, theme: Theme, url: str) -> None:
        with pytest.raises(ValueError, match="not an asset of the theme"):
            _Assets(theme, PLAIN).fetch(url)

    @pytest.mark.parametrize(
        "name", ["page.css", "marks/new.svg", "fonts/SourceSerifPro-Regular.ttf"]
    )
    def test_serves_assets_of_the_theme(self, theme: Theme, name: str) -> None:
        path = theme.asset(name)
        assert path is not None
        assert (
            _Assets(theme, PLAIN).fetch(f"https://theme.invalid/{name}").read() == path.read_bytes()
        )


class TestAWarningIsAnError:
    @pytest.mark.parametrize(
        ("css", "body"),
        [
            ("body { shrink-to-fit: yes }", "text"),
            ("", "<img src=https://example.org/a.png alt=picture>"),
            ("", "<img src=file:///etc/hostname alt=picture>"),
            ("", "<link rel=stylesheet href=file:///etc/passwd>"),
            ("", "<link rel=stylesheet href=missing.css>"),
            ("@import url(https://example.org/a.css);", "text"),
            ("body { background: url(data:image/png;base64,AAAA) }", "text"),
        ],
    )
    def test_when_laying_out(self, typesetter: Typesetter, css: str, body: str) -> None:
        with pytest.raises(LayoutError, match="cannot be laid out"):
            typesetter.set(HTML.format(css=css, body=body))

    @pytest.mark.parametrize(
        "body",
        [
            "<link rel=attachment href=file:///etc/passwd>",
            "<a rel=attachment href=file:///etc/passwd>here</a>",
            "<a href=#nowhere>here</a>",
            "a letter that no font holds: \U0001f6a2\U00012000",
        ],
    )
    def test_when_writing(self, typesetter: Typesetter, body: str) -> None:
        with pytest.raises(LayoutError, match="cannot be laid out"):
            typesetter.set(HTML.format(css="", body=body)).pdf(identifier=b"test")

    def test_and_leaves_the_logger_as_it_was(self, typesetter: Typesetter) -> None:
        with pytest.raises(LayoutError):
            typesetter.set(HTML.format(css="body { shrink: 1 }", body="text"))
        assert typesetter.set(HTML.format(css="", body="text")).pages == 1


def test_a_box_reads_four_numbers_or_two_points() -> None:
    expected = Placement(0.75, 1.5, 2.25, 3.0)
    assert _box((1, 2, 3, 4)) == _box(((1, 2), (3, 4))) == expected


class TestThePdf:
    def test_has_title_and_language(self, reader: PdfReader) -> None:
        assert reader.metadata is not None
        assert reader.metadata.title == "Ostra Desk, Thursday 12 March 2026"
        assert resolved(reader.trailer["/Root"])["/Lang"] == "en"

    def test_names_no_time_and_no_machine(self, reader: PdfReader) -> None:
        assert reader.metadata is not None
        assert "/CreationDate" not in reader.metadata
        assert "/ModDate" not in reader.metadata

    def test_is_tagged_and_shows_its_title(self, reader: PdfReader) -> None:
        root = resolved(reader.trailer["/Root"])
        assert resolved(root["/MarkInfo"])["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b"pdfuaid" in resolved(root["/Metadata"]).get_data()

    def test_has_one_first_heading_and_skips_no_level(
        self, reader: PdfReader, edition: Edition
    ) -> None:
        levels = [int(tag[2]) for tag in tags(reader) if tag in {"/H1", "/H2", "/H3"}]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert levels.count(3) == len(list(edition.briefs())) - 1

    def test_lists_its_sources(self, reader: PdfReader, edition: Edition) -> None:
        assert tags(reader).count("/LI") >= len(view(edition).sources)

    def test_says_new_and_the_chart_in_words(self, reader: PdfReader) -> None:
        root = resolved(reader.trailer["/Root"])["/StructTreeRoot"]
        alternatives = [str(element["/Alt"]) for element in elements(root) if "/Alt" in element]
        assert {"New: ", "Developing: ", "Continuing: "} <= {
            f"{item.strip()} " for item in alternatives
        }
        assert any(item.startswith("Stories a day by section") for item in alternatives)

    def test_reads_the_sections_before_the_panel_and_the_panel_before_the_sources(
        self, page: Page
    ) -> None:
        html = page.press._last[0][0] if page.press._last else ""
        order = [html.index(part) for part in ('id="top"', 'id="news"', 'id="side"', 'id="foot"')]
        assert order == sorted(order)

    def test_embeds_no_file(self, reader: PdfReader) -> None:
        root = resolved(reader.trailer["/Root"])
        assert not reader.attachments
        assert "/EmbeddedFiles" not in resolved(root.get("/Names", DictionaryObject()))
        assert "/OpenAction" not in root
        assert "/AF" not in root

    def test_links_marks_to_entries_and_entries_to_reports(
        self, reader: PdfReader, edition: Edition
    ) -> None:
        links = [resolved(item) for item in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
        uris = {str(link["/A"]["/URI"]) for link in links if "/A" in link}
        places = {str(link["/Dest"]) for link in links if "/Dest" in link}
        sources = view(edition).sources
        panel = view(edition).panel
        assert panel is not None
        named = {one.url for one in panel.also}
        assert uris == {source.url for source in sources} | named
        assert places == {f"s{source.number}" for source in sources}
        assert places <= set(reader.named_destinations)

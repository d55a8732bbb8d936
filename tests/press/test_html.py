from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from briefing.core.model import Correction, Document, Edition, Panel, Sentence
from briefing.press.formats import Rendition
from briefing.press.html import Checks, screen_html
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.fakes import brief, document, edition_with, slice_of

#: Elements that have no end tag.
VOID = {"meta", "br", "use", "rect", "path"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)


class Tree(HTMLParser):
    """All elements of a page in order, each with the text it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.all.append(element)
        if self._open:
            self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def of(self, tag: str, kind: str = "") -> list[Element]:
        return [
            element
            for element in self.all
            if element.tag == tag and (not kind or kind in element.attributes.get("class", ""))
        ]


@pytest.fixture(scope="module")
def html(edition: Edition, theme: Theme) -> str:
    return screen_html(edition, Rendition(theme))


@pytest.fixture(scope="module")
def tree(html: str) -> Tree:
    return Tree(html)


def checked_page(theme: Theme, *, sentence: Sentence, source: Document) -> Tree:
    """Show an edition of one sentence."""
    only = replace(
        brief(document(0), 1, story="s0"), sentences=(sentence,), sources=(sentence.document,)
    )
    return Tree(screen_html(edition_with(only, sources=[source]), Rendition(theme)))


class TestThePage:
    def test_loads_and_runs_nothing(self, tree: Tree, html: str) -> None:
        assert not {"script", "link", "img", "iframe", "object"} & {node.tag for node in tree.all}
        assert not any("src" in node.attributes for node in tree.all)
        assert "url(" not in html
        assert "@import" not in html
        policy = next(
            node.attributes["content"]
            for node in tree.of("meta")
            if node.attributes.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

    def test_links_to_itself_and_reports_alone(self, tree: Tree, edition: Edition) -> None:
        reports = {source.url for source in edition.documents.values()}
        ids = {node.attributes["id"] for node in tree.all if "id" in node.attributes}
        for link in (node for node in tree.all if "href" in node.attributes):
            href = link.attributes["href"]
            assert href in reports or href.removeprefix("#") in ids
        for link in tree.of("a"):
            if link.attributes["href"].startswith("http"):
                assert link.attributes["rel"] == "noreferrer"
        assert any(node.attributes.get("content") == "no-referrer" for node in tree.of("meta"))

    def test_is_built_as_programs_that_read_aloud_need_it(self, tree: Tree) -> None:
        assert tree.of("html")[0].attributes["lang"] == "en"
        assert tree.of("title")[0].text == "Ostra Desk, Thursday 12 March 2026"
        levels = [int(node.tag[1]) for node in tree.all if re.fullmatch("h[1-6]", node.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = [node.attributes["id"] for node in tree.all if "id" in node.attributes]
        assert len(ids) == len(set(ids))
        marks = [node.tag for node in tree.all if node.tag in {"main", "aside", "footer"}]
        assert marks == ["main", "aside", "footer"]
        assert tree.of("a", "skip")[0].attributes["href"] == "#main"

    def test_says_the_status_of_each_brief(self, tree: Tree, edition: Edition) -> None:
        nodes = [
            node.attributes["aria-label"]
            for node in tree.of("svg", "status")
            if "aria-label" in node.attributes
        ]
        statuses = [told.status for told in edition.briefs()]
        statuses += [named.status for named in edition.panel.also]
        assert sorted(nodes) == sorted(f"{status.value.capitalize()}:" for status in statuses)

    def test_without_panel_has_no_aside(self, edition: Edition, theme: Theme) -> None:
        tree = Tree(screen_html(replace(edition, panel=Panel()), Rendition(theme)))
        assert not tree.of("aside")
        assert tree.of("div", "alone")


#: A report of the day before, one of whose printed sentences is gone.
CORRECTION = Correction(
    document="d9",
    title="Council leases two berths",
    publisher="Ostra Courier",
    url="https://courier.example/9",
    what="changed",
    noticed=datetime(2026, 3, 12, 5, tzinfo=UTC),
    edition="ostra-desk/2026-03-11",
    lost=1,
)


def corrected(edition: Edition, theme: Theme, *, correction: Correction = CORRECTION) -> Tree:
    """Show an edition whose ledger holds one correction."""
    ledger = replace(edition.ledger, corrections=(correction,))
    return Tree(screen_html(replace(edition, ledger=ledger), Rendition(theme)))


class TestCorrections:
    def test_stand_behind_it_each_with_its_source(self, edition: Edition, theme: Theme) -> None:
        foot = corrected(edition, theme).of("footer")[0]
        assert foot.children[-2].attributes["class"] == "ledger"
        assert "1 printed source changed since" in foot.children[-2].text
        (node,) = foot.children[-1].children[1].children
        assert node.text == (
            "Ostra Courier Council leases two berths. Changed since it was printed in "
            "ostra-desk/2026-03-11, seen Thursday 12 March 2026; "
            "1 printed sentence no longer stands there."
        )
        assert node.children[1].attributes["href"] == "https://courier.example/9"

    def test_are_not_spoken_of_when_there_are_none(self, tree: Tree) -> None:
        assert tree.of("section", "corrections") == []

    def test_are_words_and_never_markup_nor_nameless(self, edition: Edition, theme: Theme) -> None:
        evil = "<script>alert(1)</script>"
        url = f'https://a.example/"{evil}'
        forged = replace(CORRECTION, title=evil, publisher=evil, url=url, edition=evil)
        tree = corrected(edition, theme, correction=forged)
        assert tree.of("script") == []
        nodes = tree.of("section", "corrections")[0].children[1].children[0]
        assert nodes.text.count(evil) == 3
        assert nodes.children[1].attributes["href"] == url
        for title in ("", "\u202eevil"):
            bare = replace(CORRECTION, title=title, publisher="", url="javascript:alert(1)")
            tree = corrected(edition, theme, correction=replace(bare, what="vanished", lost=2))
            nodes = tree.of("section", "corrections")[0].children[1].children[0]
            assert nodes.text.startswith("d9. Vanished since it was printed in")
            assert nodes.text.endswith("; 2 printed sentences no longer stand there.")
            assert nodes.children == []


class TestTheCheck:
    def test_stands_behind_each_mark_and_leads_back(self, tree: Tree) -> None:
        marks, checks = tree.of("a", "mark"), tree.of("section", "check")
        numbers = range(1, len(checks) + 1)
        assert [node.attributes["href"] for node in marks] == [f"#c{number}" for number in numbers]
        assert [node.attributes["id"] for node in marks] == [f"m{number}" for number in numbers]
        assert [node.attributes["id"] for node in checks] == [f"c{number}" for number in numbers]
        for number, (mark, check) in enumerate(zip(marks, checks, strict=True), 1):
            back = check.children[0].children[1]
            assert (back.text, back.attributes["href"]) == ("Close", f"#m{number}")
            assert mark.attributes["aria-label"] == check.attributes["aria-label"]
            assert re.fullmatch(r"source \d+, .+", mark.attributes["aria-label"])

    def test_sets_brackets_around_exactly_the_sentence(self, tree: Tree, edition: Edition) -> None:
        checks = list(Checks(view(edition), edition))
        assert [node.text for node in tree.of("mark")] == [check.sentence.text for check in checks]
        for check, context in zip(checks, tree.of("p", "context"), strict=True):
            if check.titled:
                assert context.text == edition.documents[check.sentence.document].title
                continue
            assert context.text in edition.documents[check.sentence.document].text
            assert context.text == f"{check.before}{check.sentence.text}{check.after}"

    def test_says_where_the_sentence_stands(self, tree: Tree, edition: Edition) -> None:
        for check, proof in zip(Checks(view(edition), edition), tree.of("p", "proof"), strict=True):
            sentence = check.sentence
            assert f"Characters {sentence.start} to {sentence.end}" in proof.text
            assert sentence.sha256[:4] in proof.text
            assert "Identical, character for character." in proof.text

    def test_shows_the_paragraph_of_the_sentence_whole(self, theme: Theme) -> None:
        for text, context in (
            ("One. A first.\n\nTwo. The sentence. Three.\n\nFour. A last.", "Two. {} Three."),
            (f"{'Long. ' * 300}The sentence. {'More. ' * 300}", "{}"),
        ):
            source = document(0, text=text)
            tree = checked_page(theme, sentence=slice_of(source, "The sentence."), source=source)
            assert tree.of("mark")[0].text == "The sentence."
            assert tree.of("p", "context")[0].text == context.format("The sentence.")

    def test_says_when_a_further_source_has_other_words(self, theme: Theme) -> None:
        first, second = document(0), document(1)
        both = replace(brief(first, 2, story="s0"), sources=("d0", "d1"))
        edition = edition_with(both, sources=[first, second])
        checks = Tree(screen_html(edition, Rendition(theme))).of("section", "check")
        words = [check.text for check in checks]
        same = ["Identical, character for character" in text for text in words]
        assert same == ["Also reports it, in its own words." not in text for text in words]
        assert same == [True, False, True]

    def test_does_without_what_is_not_known(self, theme: Theme) -> None:
        source = replace(
            document(0), publisher="", title="", url="javascript:alert(1)", published=None
        )
        sentence = slice_of(source, source.text.split(". ")[0])
        check = checked_page(theme, sentence=sentence, source=source).of("section", "check")[0]
        assert "Published" not in check.text
        assert "Report on the publisher’s site" not in check.text
        assert check.children[0].children[0].text == "[1] no publisher named"

    def test_is_none_for_a_line_of_another_page(self, edition: Edition) -> None:
        checks = Checks(view(edition), edition)
        assert checks.of(view(edition).bands[0].columns[0][0].lines[0]) == []

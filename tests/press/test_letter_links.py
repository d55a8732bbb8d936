import re
from dataclasses import replace
from html import unescape

import pytest

from briefing.core.model import Edition
from briefing.press.html import Checks
from briefing.press.letter import LetterParts, letter_parts
from briefing.press.text import COLUMNS
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.press.lettering import (
    WEB,
    cited_by_many,
    contents,
    filled_page,
    joined,
    number_of,
    numbers_of_sources,
    stories,
    visible,
)
from tests.press.test_html import Tree


@pytest.fixture(scope="module")
def parts(edition: Edition, theme: Theme) -> LetterParts:
    return letter_parts(edition, theme=theme, web=WEB)


@pytest.fixture(scope="module")
def tree(parts: LetterParts) -> Tree:
    return Tree(parts.html)


def test_a_mark_is_bound_to_its_sentence_and_opens_its_check(
    edition: Edition, tree: Tree, parts: LetterParts
) -> None:
    marks = [
        (mark.attributes["href"], number_of(mark), mark.attributes["aria-label"])
        for mark in tree.of("a", "mark")
    ]
    assert marks == [
        (f"{WEB}#c{check.number}", check.mark.number, check.mark.label)
        for check in Checks(view(edition), edition)
    ]
    source = unescape(parts.html)
    for sentence in edition.sentences():
        assert re.search(re.escape(sentence.text) + "\u202f<a", source)


def test_the_number_that_holds_the_words_is_bold_and_the_others_follow_a_plus(theme: Theme) -> None:
    letter = letter_parts(cited_by_many(3), theme=theme, web=WEB)
    tree = Tree(letter.html)
    assert [mark.text for mark in tree.of("a", "mark")] == ["[1", "+2", "+3]", "[1]"]
    assert [mark.text for mark in tree.of("a", "mark") if mark.children] == ["[1", "[1]"]
    assert all(
        [child.tag for child in mark.children] == ["b"]
        for mark in tree.of("a", "mark")
        if mark.children
    )
    assert visible(letter.html).count("Bold: source quoted. +: also reported by.") == 1
    text = joined(letter.text)
    assert ".[1+2+3] " in text
    assert text.count("First number: source quoted. +: also reported by.") == 1


def test_counts_are_not_broken_and_none_leave_nothing(
    edition: Edition, theme: Theme, parts: LetterParts, tree: Tree
) -> None:
    several = cited_by_many(3, publishers=5)
    counts = view(several).top.counts  # type: ignore[union-attr]
    letter = letter_parts(several, theme=theme)
    assert counts
    assert f"({counts})".replace(" ", "\u00a0") in letter.text
    (shown,) = Tree(letter.html).of("span", "counts")
    assert shown.text == counts
    assert "display:inline-block" in shown.attributes["style"].replace(": ", ":")
    assert "()" not in parts.text
    assert all(item.text for item in tree.of("span", "counts"))


def test_without_a_web_address_a_mark_leads_to_the_source_if_anywhere(
    edition: Edition, theme: Theme
) -> None:
    tree = Tree(letter_parts(edition, theme=theme).html)
    assert {mark.attributes["href"] for mark in tree.of("a", "mark")} <= {
        source.url for source in edition.documents.values()
    }
    assert not any("On the web" in link.text for link in tree.of("a"))
    for url in ("", "javascript:alert(1)", "https://courier.example/" + "long-" * 400):
        documents = {name: replace(source, url=url) for name, source in edition.documents.items()}
        tree = Tree(letter_parts(replace(edition, documents=documents), theme=theme).html)
        assert not tree.of("a", "mark")
        assert tree.of("span", "s mark")[0].text == "[1]"
    letter = letter_parts(edition, theme=theme, web="javascript:alert(1)")
    assert "javascript" not in letter.html + letter.text + letter.link


@pytest.mark.parametrize("web", ["", WEB])
@pytest.mark.parametrize("letters", [0, 60, 250, 1900])
def test_the_fullest_page_stays_under_what_gmail_cuts(theme: Theme, web: str, letters: int) -> None:
    url = f"https://courier.example/{'x' * letters}/"
    letter = letter_parts(filled_page(url=url), theme=theme, web=web)
    tree = Tree(letter.html)
    assert len(letter.html.encode()) <= 100_000
    linked, plain = numbers_of_sources(tree, "a"), numbers_of_sources(tree, "span")
    assert (len(linked), len(plain)) == ((102, 0) if web or letters <= 60 else (0, 102))


def test_a_long_address_stays_where_there_is_room(theme: Theme) -> None:
    long = "https://courier.example/" + "very-long-" * 29
    letter = letter_parts(cited_by_many(2, url=long), theme=theme)
    assert letter.html.count(long) == 5, "behind each mark and in the list"
    long = "https://courier.example/" + "very-long-" * 290
    tree = Tree(letter_parts(cited_by_many(2, url=long), theme=theme, web=WEB).html)
    links = [link.attributes["href"] for link in numbers_of_sources(tree)]
    assert links == [f"{WEB}#c1", f"{WEB}#c2"]


@pytest.mark.parametrize("web", ["", WEB])
def test_sources_are_grouped_by_publisher_as_in_the_foot_of_the_page(
    edition: Edition, theme: Theme, web: str
) -> None:
    publishers, letter = view(edition).publishers, letter_parts(edition, theme=theme, web=web)
    tree = Tree(letter.html)
    assert max(len(publisher.sources) for publisher in publishers) > 1
    assert [item.text for item in tree.of("li", "source")] == [
        " ".join((publisher.name, *(str(source.number) for source in publisher.sources)))
        for publisher in publishers
    ]
    sources = [source for publisher in publishers for source in publisher.sources]
    assert [link.attributes["href"] for link in numbers_of_sources(tree)] == [
        s.url for s in sources
    ]
    assert [link.attributes["title"] for link in numbers_of_sources(tree)] == [
        source.title for source in sources
    ]
    block = letter.text.partition("SOURCES")[2]
    for publisher in publishers:
        numbers = [f"[{source.number}]" for source in publisher.sources]
        if web:
            assert " ".join((publisher.name, *numbers)) in joined(block)
        else:
            links = (f"  [{source.number}] {source.url}" for source in publisher.sources)
            assert "\n".join(("", publisher.name, *links, "")) in block


class TestContents:
    def test_it_names_every_headline_by_section_and_leads_to_its_story(
        self, edition: Edition, tree: Tree
    ) -> None:
        page = view(edition)
        assert page.top is not None
        listed = [
            element
            for element in tree.all
            if element.attributes.get("class") in {"s part", "i entry"}
        ]
        expected = [page.top.title]
        for band in page.bands:
            expected += [band.name.capitalize(), *(item.title for item in band.briefs)]
        assert [element.text for element in listed] == expected
        checks = Checks(page, edition)
        assert [link.attributes["href"] for link in contents(tree)] == [
            f"{WEB}#{checks.anchor(item)}" for item in stories(page)
        ]

    def test_without_the_web_each_leads_to_its_headline_in_the_mail(
        self, edition: Edition, theme: Theme
    ) -> None:
        tree = Tree(letter_parts(edition, theme=theme).html)
        headings = {
            "#" + element.attributes["id"]: element.text
            for element in tree.all
            if "id" in element.attributes
        }
        links = contents(tree)
        assert [link.attributes["href"] for link in links] == list(headings)
        assert len(links) == len(list(edition.briefs()))
        for link in links:
            assert headings[link.attributes["href"]].endswith(link.text)

    def test_plain_text_names_the_same_without_links(
        self, edition: Edition, parts: LetterParts
    ) -> None:
        head = parts.text.partition("-" * COLUMNS)[0]
        assert head.count("://") == 1, "the address of the edition"
        names = [item.headline for item in edition.briefs()]
        places = [joined(head).index(name) for name in names]
        assert places == sorted(places)
        assert "\nSecurity\n  Council" in head

    def test_a_mail_of_few_stories_has_none(self, theme: Theme) -> None:
        few = letter_parts(cited_by_many(), theme=theme, web=WEB)
        assert "Contents" not in few.html
        assert few.text.count("Council number 0") == 1, "as headline"


def test_plain_text_links_checks_and_no_sources(edition: Edition, parts: LetterParts) -> None:
    page = view(edition)
    checks = Checks(page, edition)
    firsts = (checks.of(item.lines[0])[0].number for item in stories(page))
    addresses = re.findall(r"\S+://\S+", parts.text)
    assert addresses == [WEB, *(f"{WEB}#c{number}" for number in firsts)]

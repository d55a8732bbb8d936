import re
from dataclasses import replace
from html import unescape

import pytest

from briefing.core.model import Edition
from briefing.press.html import Checks
from briefing.press.letter import PERSONAL, LetterParts, letter_parts
from briefing.press.text import COLUMNS
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.fakes import brief, document, edition_with
from tests.present import present
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

HOSTILE = (
    "</style></p><h1>taken over</h1><!-- ",
    "<script>alert(1)</script> says \"yes\" & 'no'",
    "{{ 7*7 }} {% raw %} {{ blank.address }} {# gone #}",
    "{name} {address} %s %(address)s",
    "@import url(https://example.org/a.css); a{color:red}",
    "ze\u200bro wi\u200ddth \u2028 and \u0085 and \x00 and \r\nBcc: x@example.org",
)


@pytest.fixture(scope="module")
def parts(edition: Edition, theme: Theme) -> LetterParts:
    return letter_parts(edition, theme=theme, web=WEB)


@pytest.fixture(scope="module")
def tree(parts: LetterParts) -> Tree:
    return Tree(parts.html)


def saying(text: str, *, theme: Theme, web: str = WEB) -> LetterParts:
    """Write a letter whose every word from outside is ``text``."""
    source = replace(document(0, text=f"{text}.", title=text, publisher=text), url="")
    story = replace(brief(source, 1, story="s1"), headline=text, top=True)
    letter = edition_with(story, sources=[source], name=text, dateline=text)
    return letter_parts(letter, theme=theme, web=web)


def test_subject_and_preview_are_titles(edition: Edition, parts: LetterParts, tree: Tree) -> None:
    assert parts.headline == present(edition.top).headline
    following = [item.title for band in view(edition).bands for item in band.briefs][:3]
    assert tree.of("div")[0].text == " · ".join(following)
    assert "display:none" in tree.of("div")[0].attributes["style"]
    line = view(edition).day_line
    (folio,) = tree.of("p", "folio")
    assert folio.text.endswith(line.words)
    whole = [item.text for item in folio.children if "whole" in item.attributes.get("class", "")]
    counts = [f"{count.number} {count.words}" for count in line.counts]
    assert [words.rstrip(",") for words in whole[-len(counts) :]] == counts


def test_what_is_not_known_is_said_to_be_missing(theme: Theme) -> None:
    nameless = cited_by_many(1)
    documents = {name: replace(source, publisher="") for name, source in nameless.documents.items()}
    letter = letter_parts(replace(nameless, documents=documents), theme=theme)
    assert "no publisher named 1 Ledger" in visible(letter.html)
    assert "no publisher named\n  [1] https://courier.example/0\n" in letter.text
    source = replace(document(0), url="", publisher="", title="")
    first = replace(brief(source, 1, story="s1"), headline="", top=True)
    second = replace(first, story="s2", top=False)
    bare = edition_with(first, second, sources=[source], dateline="")
    parts = letter_parts(bare, theme=theme)
    assert "NEW" not in parts.text
    assert "NEW" not in parts.html
    assert "no publisher named [1]\n" in parts.text
    assert "no publisher named 1 Ledger" in visible(parts.html)
    assert joined(next(bare.sentences()).text) in visible(parts.html)
    assert "Thursday 12 March 2026 · Edition 3" in parts.text


def test_styles_are_at_their_elements_and_nothing_is_loaded(parts: LetterParts, tree: Tree) -> None:
    assert [table.attributes["role"] for table in tree.of("table")] == ["presentation"] * 2
    assert all(
        "style" in element.attributes
        for tag in ("h1", "h2", "h3", "p", "li")
        for element in tree.of(tag)
    )
    (style,) = tree.of("style")
    assert style.text.count("@media") == 2
    assert "prefers-color-scheme: dark" in style.text
    assert "max-width: 480px" in style.text
    assert not re.search(r"<(?:img|link|script|svg|iframe)\b|url\(|@import|@font-face", parts.html)
    assert tree.of("table")[1].attributes["width"] == "600"


def test_name_and_statuses_are_live_text_and_read_aloud(tree: Tree, parts: LetterParts) -> None:
    assert tree.of("h1")[0].text == "[Ostra Desk]"
    assert parts.text.startswith(
        "[Ostra Desk]\nThursday 12 March 2026 · Ostra, 06:30 · Edition 3\n"
    )
    assert {status.text for status in tree.of("span", "status")} == {
        "NEW",
        "DEVELOPING",
        "CONTINUING",
    }
    named = len(tree.of("li", "named"))
    assert parts.html.count("</span><br>Council") == len(tree.of("span", "status")) - named
    (whole,) = [item for item in tree.of("div") if item.attributes.get("role") == "article"]
    assert whole.attributes["lang"] == tree.of("html")[0].attributes["lang"] == "en"
    assert {item.attributes["role"] for item in tree.of("ul")} == {"list"}


def test_it_ends_with_sources_ledger_reason_and_ways_out(parts: LetterParts, tree: Tree) -> None:
    for text in (visible(parts.html), joined(parts.text)):
        places = [
            text.index(label)
            for label in (
                "Ostra Courier",
                "Ledger",
                "sha256",
                "You receive this because",
                "Change time",
                "Unsubscribe",
            )
        ]
        assert places == sorted(places)
    links = {link.text: link.attributes["href"] for link in tree.of("a")}
    assert links["Change time or sections"] == parts.blanks["preferences"]
    assert links["Unsubscribe"] == parts.blanks["leave"]


def test_a_link_has_three_headlines(edition: Edition, parts: LetterParts, theme: Theme) -> None:
    page = view(edition)
    first = [present(page.top), *page.bands[0].briefs][:3]
    assert [line for line in parts.link.splitlines() if re.match("[A-Z]+: ", line)] == [
        f"{item.status.upper()}: {item.title}" for item in first
    ]
    assert WEB in parts.link.splitlines()
    assert all(blank in parts.link for blank in parts.blanks.values())
    letter = letter_parts(edition, theme=theme)
    assert "://" not in letter.link
    assert letter.blanks["leave"] in letter.link
    assert letter.blanks["preferences"] not in letter.link + letter.text + letter.html
    checks = Checks(page, edition)
    firsts = (checks.of(item.lines[0])[0].number for item in stories(page))
    addresses = re.findall(r"\S+://\S+", parts.text)
    assert addresses == [WEB, *(f"{WEB}#c{number}" for number in firsts)]


def counted(parts: LetterParts, words: str) -> list[int]:
    """Return how often words stand in each form of a mail."""
    return [form.count(words) for form in (parts.html, parts.text, parts.link)]


class TestBlanks:
    def test_each_stands_where_it_is_replaced_the_same_each_time(
        self, parts: LetterParts, edition: Edition, theme: Theme
    ) -> None:
        assert tuple(parts.blanks) == PERSONAL
        for blank in parts.blanks.values():
            assert counted(parts, blank) == [1, 1, 1]
            assert re.fullmatch("[a-z]+-[0-9a-f]{24}", blank)
        assert letter_parts(edition, theme=theme, web=WEB) == parts

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_no_news_can_hold_or_forge_them(self, theme: Theme, text: str) -> None:
        innocent = saying(text, theme=theme)
        # the news has learned the blanks of the letter as it would have been, and writes them
        learned = " ".join((text, *innocent.blanks.values(), "address-{key}"))
        letter = saying(learned, theme=theme)
        for name, blank in letter.blanks.items():
            assert innocent.blanks[name] != blank
            assert counted(letter, blank) == [1, 1, 1]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_words(theme: Theme, text: str) -> None:
    letter = saying(text, theme=theme)
    tree = Tree(letter.html)
    assert len(tree.of("h1")) == 1
    assert {element.tag for element in tree.all} <= frozenset(
        (
            "html head meta title style body div table tbody tr td h1 h2 h3 p ul li a b br span"
        ).split()
    )
    assert "49" not in tree.of("h1")[0].text
    assert all(
        link.attributes["href"].startswith((WEB, *letter.blanks.values())) for link in tree.of("a")
    )


def test_a_mark_opens_its_check_in_place(edition: Edition, tree: Tree, parts: LetterParts) -> None:
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


def test_counts_stay_whole(edition: Edition, theme: Theme, parts: LetterParts, tree: Tree) -> None:
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


def test_without_the_web_a_mark_leads_to_the_source(edition: Edition, theme: Theme) -> None:
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
def test_sources_are_grouped_by_publisher(edition: Edition, theme: Theme, web: str) -> None:
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
    def test_it_leads_to_every_story_by_section(self, edition: Edition, tree: Tree) -> None:
        page = view(edition)
        expected = [present(page.top).title]
        for band in page.bands:
            expected += [band.name.capitalize(), *(item.title for item in band.briefs)]
        kinds = {"s part", "i entry"}
        listed = [own.text for own in tree.all if own.attributes.get("class") in kinds]
        assert listed == expected
        checks = Checks(page, edition)
        assert [link.attributes["href"] for link in contents(tree)] == [
            f"{WEB}#{checks.anchor(item)}" for item in stories(page)
        ]

    def test_without_the_web_each_leads_down_the_mail(self, edition: Edition, theme: Theme) -> None:
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

    def test_plain_text_has_no_links(self, edition: Edition, parts: LetterParts) -> None:
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


def test_a_page_for_readers_has_a_link_of_their_own(edition: Edition, theme: Theme) -> None:
    letter = letter_parts(edition, theme=theme, web=WEB, closed="2026-03-12")
    own = f"{letter.blanks['preferences']}?read=2026-03-12"
    assert counted(letter, own) == [1, 1, 1]
    assert not re.search(rf"{re.escape(WEB)}(?!#)\b", letter.text + letter.link)

import json
from pathlib import Path

import pytest

from briefing.core.errors import InputError
from briefing.sources.sandbox.links import is_report, site_of
from briefing.sources.sandbox.links import read as links_read
from briefing.sources.sandbox.markup import absolute, in_lines, parsed_page, title_of, to_plain
from briefing.sources.sandbox.pages import look, read
from briefing.sources.sandbox.pool import Sandbox
from tests.examples import examples
from tests.sources.sandbox import live_pages
from tests.sources.sandbox.invented import DAY, PAGE, STAMP
from tests.sources.sandbox.live_pages import ARTICLE, LIVE, OTHERS, html


def ld(*nodes: object) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )


def marks(head: str) -> list[str]:
    result: list[str] = look(PAGE.format(head=head))["marks"]
    return result


def test_a_page_gives_its_article_and_what_is_known_of_it() -> None:
    result = look(PAGE.format(head=STAMP + '<meta name="author" content="Ann Clerk">'))
    assert result.pop("text").split("\n")[-2:] == [
        "The port of Northwick opened again on Monday after three weeks of repairs to its quay.",
        "Twelve ships waited outside the harbor, and the first came in before noon, it said.",
    ]
    assert result == {
        "title": "Port opens again",
        "site": "Harbor Post",
        "url": "https://news.example/port",
        "published": "2026-01-04T08:30:00+02:00",
        "language": "en-GB",
        "author": "Ann Clerk",
        "marks": [],
        "canonical": "https://news.example/port",
    }


def test_a_page_that_names_no_time_language_or_address_has_none() -> None:
    assert look(PAGE.format(head="").replace(' lang="en-GB"', ""))["language"] == ""
    page = PAGE.format(head='<link rel="icon" href="/i.png">').replace("canonical", "license")
    assert look(page)["canonical"] == ""
    for head, published in [(DAY, "2026-01-04"), ("", "")]:
        assert look(PAGE.format(head=head))["published"] == published
    for href in ["/port", "", "javascript:x"]:
        assert (
            look(PAGE.format(head="").replace("https://news.example/port", href))["canonical"] == ""
        )


def test_a_page_without_text_gives_nothing_and_a_guess_is_noted(sandbox: Sandbox) -> None:
    assert read(b"<html><body></body></html>", about={}) == {"notes": []}
    assert sandbox("page", b"<html><body></body></html>") == {"notes": []}
    page = PAGE.format(head="").replace("Northwick", "Nörtwick").encode("cp1252")
    assert sandbox("page", page)["notes"] == ["not UTF-8, read as Windows-1252"]


@examples("head, expected", head=lambda head: head if isinstance(head, str) else ld(*head))
def test_marks_are_what_the_page_says_of_its_own_report(head: str, expected: list[str]) -> None:
    assert marks(head) == expected


def test_only_the_first_report_counts_and_no_card_or_hidden_post() -> None:
    live = {"@type": "LiveBlogPosting"}
    assert marks(ld({"@type": "NewsArticle"}, live)) == []
    assert marks(ld({"@graph": [{"@type": "Thing"}] * 300 + [live]})) == []
    card = '<div itemscope itemtype="https://schema.org/LiveBlogPosting"><a href="/live">Flood</a>'
    assert look(html(f"{live_pages.article()}{card}</div>"))["marks"] == []
    blocks = live_pages.by_blocks().replace("<article>", "<article hidden>")
    result = look(blocks.replace("<main>", f"<main>{live_pages.article()}"))
    assert result["marks"] == []
    for updates in (7, None, ["x", {"articleBody": 3}, {}], {"articleBody": "Water rises."}):
        report = json.dumps({"@type": "LiveBlogPosting", "liveBlogUpdate": updates})
        head = f'<script type="application/ld+json">{report}</script>'
        assert look(html(live_pages.article(), head=head))["marks"] == ["live"]


def test_a_live_page_is_told_from_one_that_only_has_times_on_it() -> None:
    for markup, page in LIVE.items():
        assert look(page())["marks"] == ["live"], markup
    for markup, page in OTHERS.items():
        assert look(page())["marks"] == [], markup
    for name in ["article-comments", "Discussion", "related-stories", "replies"]:
        few = live_pages.article(ARTICLE[:1])
        blocks = live_pages.by_blocks().partition("<main>")[2].partition("</main>")[0]
        assert look(html(f'{few}<section id="{name}">{blocks}</section>'))["marks"] == []
        assert look(html(f'{few}<section id="stream">{blocks}</section>'))["marks"] == ["live"]


@examples("markup, text")
def test_markup_becomes_plain_lines(markup: str, text: str) -> None:
    assert to_plain(markup) == text


def test_lines_are_paragraphs_and_pages_of_nothing_and_too_much_end_in_time() -> None:
    assert in_lines("one\ntwo\r\n three ") == "one\ntwo\nthree"
    assert parsed_page("") is None
    assert len(to_plain("<div>" * 50_000 + "Deep down.")) < 20
    assert site_of("https://news.bbc.co.uk/1") == "bbc.co.uk"
    assert site_of("http://www.intranet:8080/") == "intranet"
    assert site_of("http://[::1") == ""


@examples("title, plain, read")
def test_a_title_is_one_plain_line(title: str, *, plain: bool, read: str) -> None:
    assert title_of(title, plain=plain) == read


@examples("url, whole")
def test_addresses_are_made_whole_or_dropped(url: str, whole: str) -> None:
    assert absolute(url, base="https://news.example/x/y") == whole


URL = "https://www.harbor-post.co.uk/world/"
FRONT = Path(__file__).with_name("front.html").read_text(encoding="utf-8").rstrip("\n")


def test_a_section_page_gives_its_feeds_and_reports_in_order(sandbox: Sandbox) -> None:
    result = links_read(FRONT.encode(), about={"url": URL})
    assert sandbox("links", FRONT.encode(), about={"url": URL}) == result
    assert result == {
        "title": "World | Harbor Post",
        "site": "Harbor Post",
        "feeds": [
            {"url": "https://www.harbor-post.co.uk/world/rss", "title": "World"},
            {"url": "https://www.harbor-post.co.uk/all.atom", "title": ""},
            {"url": "https://www.harbor-post.co.uk/all.json", "title": ""},
        ],
        "links": [
            {
                "url": "https://www.harbor-post.co.uk/world/2026/jan/04/port-of-northwick-opens",
                "title": "Port of Northwick opens",
            },
            {"url": "https://news.harbor-post.co.uk/a/123456", "title": "Strait: ferry sails"},
            {
                "url": "https://www.harbor-post.co.uk/world/live-from-the-quay",
                "title": "Live from the quay today",
            },
            {
                "url": "https://www.harbor-post.co.uk/world/story?id=77",
                "title": "Crews and owners meet once more",
            },
        ],
    }


def test_a_base_element_and_allowed_hosts_count_and_what_is_no_page_is_refused() -> None:
    page = (
        '<base href="https://harbor-post.com/x/"><a href="port-of-northwick-opens">Port</a>'
        '<base href="/y/"><a href="/">Home of all the best news</a>'
    )
    result = links_read(page.encode(), about={})
    assert result["links"] == [
        {"url": "https://harbor-post.com/x/port-of-northwick-opens", "title": "Port"}
    ]
    assert result["site"] == result["title"] == ""
    about = {"url": "http://intranet/news", "hosts": "Wiki 10.0.0.0/8"}
    result = links_read(SECTION.encode(), about=about)
    assert [link["title"] for link in result["links"]] == ["Port opens", "Strike ends"]
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(30)
    )
    links = "".join(f'<a href="/{n}-ships-come-in-today">{n}</a>' for n in range(400))
    result = links_read(f"<html>{feeds}{links}</html>".encode(), about={"url": URL})
    assert (len(result["feeds"]), len(result["links"])) == (20, 300)
    for body in [b"", b"Hello", b"<!-- -->"]:
        with pytest.raises(InputError, match="not an HTML page; give the address"):
            links_read(body, about={})


SECTION = (
    '<main><a href="/2026/01/04/port-opens">Port opens</a>'
    '<a href="http://wiki/2026/01/05/strike-ends">Strike ends</a>'
    '<a href="http://far.example/2026/01/05/fog-at-sea">Fog at sea</a></main>'
)


@pytest.mark.parametrize(
    "site",
    ["http://intranet", "http://intranet:8080", "http://10.1.2.3", "http://[fd00::1]:81", URL[:31]],
)
def test_a_section_page_of_any_host_gives_its_reports(site: str) -> None:
    result = links_read(SECTION.encode(), about={"url": f"{site}/news"})
    assert [link["title"] for link in result["links"]] == ["Port opens"]


@examples("url, title, expected")
def test_a_report_is_told_by_address_and_headline(url: str, *, title: str, expected: bool) -> None:
    assert is_report(url, title=title) is expected

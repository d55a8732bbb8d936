from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Source, Validators
from briefing.core.ports import Answer, SourceKind, SourceListing
from briefing.sources.kinds import feed, folder, page, pages
from tests.sources.outside import REPORT, SITE, WHOLE, Outside, item, rss, run
from tests.sources.outside import page as html
from tests.sources.test_extract import PDF

FEED = f"{SITE}/feed"
LINKS = "".join(
    f'<a href="/2026/01/04/report-{at}">Report number {at} of today</a>' for at in "123456"
)
SECTION = Answer(
    "",
    200,
    (
        "<!doctype html><html><head><title>World</title></head><body>"
        f'<a href="/">Home</a>{LINKS}<a href="/2026/01/04/report-1">Report</a></body></html>'
    ).encode(),
    "text/html",
)


def listing(ask: SourceKind, answer: Answer | FetchError, *, url: str = FEED) -> SourceListing:
    return run(ask(Source(url), gateway=Outside({url: answer}).gateway))


def test_a_feed_gives_what_it_lists_in_its_order_also_served_as_html() -> None:
    answer = rss(item(text=WHOLE), item("/2026/b", title="Two &lt;b&gt;left&lt;/b&gt;"))
    result = listing(feed.ask, answer)
    assert [(entry.url, entry.title) for entry in result.entries] == [
        (REPORT, "Port opens"),
        (f"{SITE}/2026/b", "Two left"),
    ]
    assert result.title == "Harbor Post"
    assert result.answer is not None
    assert result.answer.url == FEED
    answer = replace(rss(item(text=WHOLE)), content_type="text/html")
    assert len(listing(feed.ask, answer).entries) == 1


@pytest.mark.parametrize("ask", [feed.ask, page.ask, pages.ask])
def test_a_source_that_has_not_changed_lists_nothing(ask: SourceKind) -> None:
    world = Outside({FEED: Answer("", 304)})
    asked = Validators(etag='"1"')
    result = run(ask(Source(FEED), gateway=world.gateway, validators=asked))
    assert result.entries == ()
    assert result.answer is not None
    assert result.answer.unchanged
    assert world.asked == [(FEED, asked)]


@pytest.mark.parametrize("ask", [feed.ask, page.ask, pages.ask])
def test_a_source_that_does_not_answer_is_told(ask: SourceKind) -> None:
    with pytest.raises(FetchError, match="down"):
        listing(ask, FetchError("down"))


@pytest.mark.parametrize(
    ("ask", "answer", "reason"),
    [
        (feed.ask, html(), "not a feed but a web page; `briefing sources add` finds the feed"),
        (feed.ask, Answer("", 200, b" \n"), "empty response"),
        (feed.ask, Answer("", 200, b"plain words"), "not a feed"),
        (pages.ask, rss(item()), "not a web page; if it is a feed"),
        (pages.ask, html(), "no links to reports"),
        (page.ask, Answer("", 200, b"GIF89a", "image/gif"), "neither a web page nor a PDF"),
    ],
)
def test_an_answer_of_another_kind_is_told(ask: SourceKind, answer: Answer, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        listing(ask, answer)


def selected(links: str) -> SourceListing:
    text = (
        b"<!doctype html><html><body><!-- news --><ul class='news'><li><a href='/a'>A vote</a></li>"
        b"<li><a href='https://other.example/b'>B</a></li><li>no link</li></ul>"
        b"<a href='/2026/01/04/report-1'>A report of today</a></body></html>"
    )
    answer = Answer("", 200, text, "text/html")
    source = Source(FEED, kind="pages", links=links)
    return run(pages.ask(source, gateway=Outside({FEED: answer}).gateway))


def test_a_selector_names_the_links_whatever_their_form_and_site_or_is_told() -> None:
    for links in [".news a", ".news li", "ul.news, nav"]:
        urls = [entry.url for entry in selected(links).entries]
        assert urls == [f"{SITE}/a", "https://other.example/b"]
    with pytest.raises(InputError, match=r"no link in the page matches the selector '\.old a'"):
        selected(".old a")


def test_a_link_takes_its_words_from_the_first_anchor_and_counts_once() -> None:
    result = listing(pages.ask, SECTION, url=f"{SITE}/world")
    assert [entry.url for entry in result.entries] == [
        f"{SITE}/2026/01/04/report-{at}" for at in "123456"
    ]
    assert {entry.text for entry in result.entries} == {""}
    assert result.title == "World"
    links = [
        {"url": REPORT, "title": ""},
        {"url": REPORT + "#photo", "title": "Port opens"},
        {"url": REPORT, "title": "More"},
        {"url": f"{SITE}/world/", "title": "World"},
        {"url": f"{SITE}/", "title": "Home"},
        {"url": "mailto:a", "title": "Mail"},
    ]
    (entry,) = pages.reports(links, page=f"{SITE}/world")
    assert (entry.url, entry.title) == (REPORT, "Port opens")


def test_a_page_is_one_entry_with_its_whole_text() -> None:
    (entry,) = listing(page.ask, html(), url=REPORT).entries
    assert entry.text.endswith(WHOLE)
    assert (entry.url, entry.title, entry.language) == (
        REPORT,
        "Port of Northwick opens again",
        "en",
    )


@pytest.fixture
def ask_folder() -> Callable[[Path], SourceListing]:
    gateway = Outside({}).gateway
    return lambda path: run(folder.ask(Source(str(path), kind="folder"), gateway=gateway))


def test_a_folder_gives_all_that_is_in_it(
    tmp_path: Path, ask_folder: Callable[[Path], SourceListing]
) -> None:
    assert ask_folder(tmp_path).entries == ()
    (tmp_path / "a.txt").write_text(f"Port opens\n\n{WHOLE}")
    (tmp_path / "b.pdf").write_bytes(PDF)
    (tmp_path / "c.txt").write_text("")
    result = ask_folder(tmp_path)
    assert [entry.title for entry in result.entries] == ["Port opens", "Port report"]
    assert result.entries[0].text == WHOLE
    assert result.entries[0].guid.startswith("d")
    assert result.notes == (f"{tmp_path / 'c.txt'}: the file is empty",)
    assert result.answer is None
    assert ask_folder(tmp_path / "a.txt").entries == result.entries[:1]


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "cannot be opened"), ("empty.txt", "the file is empty")]
)
def test_a_folder_of_which_nothing_can_be_read_is_told(
    name: str, reason: str, tmp_path: Path, ask_folder: Callable[[Path], SourceListing]
) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(InputError, match=reason):
        ask_folder(tmp_path / name)

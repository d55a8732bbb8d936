from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.core.model import FetchRecord, Outcome, Source, TextFrom, Validators
from briefing.core.ports import Answer, Gateway, SourceListing
from briefing.setup.news import kind
from briefing.sources.discover import Health, advice_after, check, discover
from tests.examples import examples
from tests.sources.kinds.test_kinds import SECTION
from tests.sources.outside import NOW, REPORT, SITE, WHOLE, Outside, item, page, rss, run

FEED = f"{SITE}/feed"
NAMED = '<meta property="og:site_name" content="Harbor Post">'
GONE = FetchError("gone", status=404)


def link(href: str, title: str = "") -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{title}">'


def discovered(
    answers: dict[str, Answer | FetchError], *, url: str = f"{SITE}/"
) -> tuple[Source, ...]:
    return run(discover(url, gateway=Outside(answers).gateway))


def test_a_feed_is_found_where_it_is_now() -> None:
    assert discovered({FEED: rss(item())}, url=FEED) == (Source(FEED, name="Harbor Post"),)
    assert discovered({FEED: rss()}, url="post.example/feed") == (Source(FEED, name="Harbor Post"),)
    moved = replace(rss(item()), url=f"{SITE}/rss", moved_to=f"{SITE}/rss")
    assert discovered({FEED: moved}, url=FEED) == (Source(f"{SITE}/rss", name="Harbor Post"),)


def test_feeds_that_a_page_links_to_are_found_without_comments_and_doubles() -> None:
    links = (
        link("/comments/feed")
        + link("/talk.xml", "Harbor Post » Comments")
        + link("/world.xml")
        + link("/world.atom")
        + link("/dead.xml")
        + link("/not.xml")
        + link("/trade.xml")
        + link("/empty.xml")
    )
    assert discovered(
        {
            f"{SITE}/": page(head=NAMED + links),
            f"{SITE}/comments/feed": rss(item()),
            f"{SITE}/talk.xml": rss(item()),
            f"{SITE}/world.xml": rss(item(), item(f"{SITE}/b")),
            f"{SITE}/world.atom": rss(item(REPORT + "?utm_source=atom")),
            f"{SITE}/not.xml": page(),
            f"{SITE}/trade.xml": rss(item(f"{SITE}/c")),
            f"{SITE}/empty.xml": rss(),
        }
    ) == (
        Source(f"{SITE}/world.xml", name="Harbor Post"),
        Source(f"{SITE}/trade.xml", name="Harbor Post"),
    )


def test_common_places_and_pages_are_tried_and_told() -> None:
    world = Outside(
        {f"{SITE}/world": page(), f"{SITE}/rss": rss(item()), f"{SITE}/rss.xml": rss(item())}
    )
    here = Source(f"{SITE}/rss", name="Harbor Post")
    assert run(discover(f"{SITE}/world", gateway=world.gateway)) == (here,)
    assert [url for url, _ in world.asked] == [f"{SITE}/world", FEED, f"{SITE}/rss"]
    assert discovered({f"{SITE}/": SECTION}) == (Source(f"{SITE}/", kind="pages"),)
    bare = Answer("", 200, b"<p>World</p>" + SECTION.body, "text/html")
    assert discovered({f"{SITE}/": bare})[0].kind == "pages"
    with pytest.raises(InputError, match=r"links to 1, none .* /feed .* only 0 links") as caught:
        discovered({f"{SITE}/": page(head=link("/dead.xml")), f"{SITE}/dead.xml": GONE})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("", 200, b"GIF89a", "image/gif"), "neither a feed nor a web page but image/gif"),
        (Answer("", 200, WHOLE.encode(), "\x1b"), "an unknown type"),
        (GONE, "gone"),
    ],
)
def test_an_address_of_something_else_is_told(answer: Answer | FetchError, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        discovered({f"{SITE}/": answer})


@pytest.mark.parametrize("url", ["", "ftp://post.example/", "two words", "x" * 5_000, "a\0b"])
def test_what_is_no_address_is_not_asked(url: str) -> None:
    world = Outside({})
    with pytest.raises(InputError, match="not a web address"):
        run(discover(url, gateway=world.gateway))
    assert world.asked == []


def test_a_path_that_exists_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    assert discovered({}, url="inbox") == (Source(str(tmp_path / "inbox"), kind="folder"),)


SOURCE = Source(FEED)
TODAY = "<pubDate>Sun, 04 Jan 2026 08:00:00 GMT</pubDate>"
OLD = "<pubDate>Mon, 01 Dec 2025 08:00:00 GMT</pubDate>"
AHEAD = "<pubDate>Mon, 01 Dec 2031 08:00:00 GMT</pubDate>"
ROBOTS = FetchError(
    "robots.txt of post.example does not allow it; ask the publisher for permission"
)


def health(answers: dict[str, Answer | FetchError], *, source: Source = SOURCE) -> Health:
    return run(check(source, gateway=Outside(answers).gateway, now=NOW, kind=kind))


def test_feeds_of_whole_reports_and_blurbs_are_told_apart_with_what_to_do() -> None:
    result = health({FEED: rss(item(text=WHOLE, more=TODAY), item(text=WHOLE, more=AHEAD))})
    assert result == Health(
        SOURCE,
        reachable=True,
        kind="feed",
        items=2,
        newest=datetime(2026, 1, 4, 8, tzinfo=UTC),
        texts="full text",
        robots="allowed",
    )
    result = health({FEED: rss(item()), REPORT: page()})
    assert (result.texts, result.robots, result.reason, result.advice) == (
        "blurbs only",
        "allowed",
        "",
        "",
    )
    result = health({FEED: rss(item()), REPORT: ROBOTS})
    assert (result.reachable, result.robots) == (True, "refused")
    assert result.reason.startswith("its newest page: robots.txt")
    assert "set its text to feed" in result.advice
    assert health({FEED: rss(item(), item(text=WHOLE)), REPORT: page()}).texts == "mixed"
    result = health({FEED: rss(item())}, source=replace(SOURCE, text=TextFrom.FEED))
    assert "set its text to auto" in result.advice


@pytest.mark.parametrize(
    ("answer", "robots", "advice"),
    [
        (FetchError("gone", status=410), "", "it is gone"),
        (FetchError("down", passing=True), "", "check again later"),
        (FetchError("TLS"), "", "in a browser"),
        (ROBOTS, "refused", "ignore_robots"),
        (FetchError("robots.txt of a cannot be read", passing=True), "", "check again later"),
        (FetchError("robots.txt of a cannot be read"), "", "in a browser"),
    ],
)
def test_a_source_without_answer_is_told(answer: FetchError, robots: str, advice: str) -> None:
    result = health({FEED: answer})
    assert (result.reachable, result.robots, result.reason) == (False, robots, str(answer))
    assert advice in result.advice


@pytest.mark.parametrize(
    ("answers", "advice"),
    [
        (
            {FEED: replace(rss(item(text=WHOLE)), moved_to=f"{SITE}/rss")},
            f"moved for good: use {SITE}/rss",
        ),
        ({FEED: rss()}, "it lists nothing now; check again later"),
        ({FEED: rss(item(text=WHOLE, more=OLD))}, "silent since 2025-12-01: check whether"),
        ({FEED: rss(item())}, "its pages cannot be read: open one in a browser"),
        ({FEED: rss(item()), REPORT: FetchError("down", passing=True)}, ""),
    ],
)
def test_what_is_to_be_done_is_said(answers: dict[str, Answer | FetchError], advice: str) -> None:
    result = health(answers).advice
    assert result.startswith(advice)
    assert bool(result) is bool(advice)


def test_a_page_in_place_of_a_feed_leads_to_its_feed() -> None:
    link = f'<link rel="alternate" type="application/rss+xml" href="{FEED}">'
    source = Source(f"{SITE}/")
    result = health({f"{SITE}/": page(head=link), FEED: rss(item())}, source=source)
    assert (result.reachable, result.kind) == (True, "page")
    assert result.advice == f"feed found: use {FEED}"
    result = health({f"{SITE}/": SECTION}, source=source)
    assert (result.kind, result.advice) == ("pages", "set its kind to pages")
    result = health({f"{SITE}/": page()}, source=source)
    assert result.advice.startswith("give the address of a feed")


def test_nothing_to_read_in_a_page_or_folder_is_told_without_robots(tmp_path: Path) -> None:
    picture = Answer("", 200, b"GIF89a", "image/gif")
    result = health({REPORT: picture}, source=Source(REPORT, kind="page"))
    assert (result.reachable, result.kind) == (True, "")
    assert "neither" in result.reason
    result = health({}, source=Source(str(tmp_path / "missing"), kind="folder"))
    assert not result.reachable
    (tmp_path / "a.txt").write_text(WHOLE)
    result = health({}, source=Source(str(tmp_path), kind="folder"))
    assert (result.items, result.robots, result.texts) == (1, "", "full text")


def test_a_kind_of_a_plug_in_is_asked_through_what_reads_it() -> None:
    async def ask(
        source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        await gateway.fetch(f"https://{source.url}.example/", validators=validators)
        return SourceListing(())

    source = Source("x", kind="wire")
    result = run(
        check(
            source,
            gateway=Outside({"https://x.example/": rss()}).gateway,
            now=NOW,
            kind=lambda _: ask,
        )
    )
    assert (result.kind, result.texts) == ("wire", "")
    unknown = health({}, source=source)
    assert "wire" in unknown.reason
    assert "feed, folder, mailbox, page, pages" in unknown.reason
    assert unknown.advice == "set another kind, or install the plug-in"


@examples("status, reason, advice")
def test_what_to_do_is_told_from_what_was_recorded(status: int, reason: str, advice: str) -> None:
    failed = FetchRecord(FEED, NOW, Outcome.FAILED, reason=reason, status=status)
    assert advice in advice_after(failed)
    assert advice_after(replace(failed, outcome=Outcome.READ)) == ""
    assert advice_after(replace(failed, outcome=Outcome.WAITING)) == ""

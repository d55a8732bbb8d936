from dataclasses import replace
from pathlib import Path

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Source
from briefing.core.ports import Answer
from briefing.sources.discover import discover
from tests.sources.kinds.test_kinds import SECTION
from tests.sources.outside import REPORT, SITE, WHOLE, Outside, item, page, rss, run

FEED = f"{SITE}/feed"
NAMED = '<meta property="og:site_name" content="Harbor Post">'
GONE = FetchError("gone", status=404)


def link(href: str, title: str = "") -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{title}">'


def discovered(
    answers: dict[str, Answer | FetchError], *, url: str = f"{SITE}/"
) -> tuple[Source, ...]:
    return run(discover(url, gateway=Outside(answers).gateway))


def test_a_feed_is_found_where_it_is() -> None:
    assert discovered({FEED: rss(item())}, url=FEED) == (Source(FEED, name="Harbor Post"),)
    assert discovered({FEED: rss()}, url="post.example/feed") == (Source(FEED, name="Harbor Post"),)


def test_a_feed_that_has_moved_for_good_is_found_where_it_is_now() -> None:
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


def test_common_places_are_tried_until_one_has_a_feed() -> None:
    world = Outside(
        {f"{SITE}/world": page(), f"{SITE}/rss": rss(item()), f"{SITE}/rss.xml": rss(item())}
    )
    here = Source(f"{SITE}/rss", name="Harbor Post")
    assert run(discover(f"{SITE}/world", gateway=world.gateway)) == (here,)
    assert [url for url, _ in world.asked] == [f"{SITE}/world", FEED, f"{SITE}/rss"]


def test_a_page_that_lists_reports_is_a_source_itself() -> None:
    assert discovered({f"{SITE}/": SECTION}) == (Source(f"{SITE}/", kind="pages"),)


def test_a_page_without_a_beginning_is_read_as_one() -> None:
    bare = Answer("", 200, b"<p>World</p>" + SECTION.body, "text/html")
    assert discovered({f"{SITE}/": bare})[0].kind == "pages"


def test_what_was_tried_is_told() -> None:
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

"""A page of many time-stamped posts is told, whole; what only looks like one is not."""

from __future__ import annotations

import json

import pytest

from briefing.sources.sandbox.pages import look
from tests.sources.sandbox import live_pages
from tests.sources.sandbox.live_pages import ARTICLE, COUNT, LIVE, OTHERS, html, posts


@pytest.mark.parametrize("markup", LIVE)
def test_a_live_page_is_told_and_all_of_its_posts_are_kept_in_order(markup: str) -> None:
    result = look(LIVE[markup]())
    assert result["marks"] == ["live"]
    places = [result["text"].find(text) for _, _, text in posts()]
    assert -1 not in places
    assert places == sorted(places)
    assert result["text"].count("Nobody was hurt") == COUNT


@pytest.mark.parametrize("markup", OTHERS)
def test_a_page_that_only_has_times_on_it_is_no_live_page(markup: str) -> None:
    assert look(OTHERS[markup]())["marks"] == []


def test_what_stands_above_the_posts_is_kept() -> None:
    assert ARTICLE[0] in look(live_pages.with_introduction())["text"]


@pytest.mark.parametrize("name", ["article-comments", "Discussion", "related-stories", "replies"])
def test_what_is_named_aside_is_no_part_of_a_live_page(name: str) -> None:
    few = live_pages.article(ARTICLE[:1])
    blocks = live_pages.by_blocks().partition("<main>")[2].partition("</main>")[0]
    assert look(html(f'{few}<section id="{name}">{blocks}</section>'))["marks"] == []
    assert look(html(f'{few}<section id="stream">{blocks}</section>'))["marks"] == ["live"]


def test_the_updates_of_json_ld_are_kept_where_the_page_shows_none() -> None:
    head = live_pages.by_json_ld().partition("<title>")[2].partition("<body")[0]
    result = look(html(live_pages.article(ARTICLE[:1]), head=f"<title>{head}"))
    assert result["marks"] == ["live"]
    assert result["text"].startswith(ARTICLE[0])
    assert all(text in result["text"] for _, _, text in posts())


def test_a_card_that_leads_to_a_live_page_does_not_make_one() -> None:
    card = '<div itemscope itemtype="https://schema.org/LiveBlogPosting"><a href="/live">Flood</a>'
    assert look(html(f"{live_pages.article()}{card}</div>"))["marks"] == []


def test_what_nobody_sees_is_no_post() -> None:
    blocks = live_pages.by_blocks().replace("<article>", "<article hidden>")
    result = look(blocks.replace("<main>", f"<main>{live_pages.article()}"))
    assert result["marks"] == []


def test_json_ld_of_any_shape_is_read() -> None:
    for updates in (7, None, ["x", {"articleBody": 3}, {}], {"articleBody": "Water rises."}):
        report = json.dumps({"@type": "LiveBlogPosting", "liveBlogUpdate": updates})
        head = f'<script type="application/ld+json">{report}</script>'
        assert look(html(live_pages.article(), head=head))["marks"] == ["live"]

"""Live pages from a real news server to the ledger of an edition, by the real commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from briefing.cli import DONE, run
from tests.newsserver import News, NewsServer, give, page, rss
from tests.small_day import DAY
from tests.sources.sandbox import live_pages

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])
KINDS = {
    "jsonld": live_pages.by_json_ld,
    "microdata": live_pages.by_microdata,
    "blocks": lambda: live_pages.by_blocks("section"),
    "comments": live_pages.with_comments,
    "section": live_pages.section,
    "updated": live_pages.updated,
}


@pytest.mark.slow
def test_live_pages_are_dropped_with_their_reason_and_the_ledger_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with NewsServer() as news:
        items = []
        for line in DAY:
            news.at(f"/{line['id']}", give(page(line["title"], line["text"].split("\n\n"))))
            items.append(News(line["title"], news.url(f"/{line['id']}"), "Read more…"))
        for name, make in KINDS.items():
            markup = make().replace("Flood reaches Northwick", f"Flood seen from pier {name}")
            items.append(News(f"Flood {name}", news.at(f"/{name}", give(markup)), "Read more…"))
        feed = news.at("/feed", give(rss(items), "application/rss+xml"))
        (tmp_path / "briefing.toml").write_text(
            f'[collect]\nallow_hosts = ["127.0.0.1"]\nallow_ports = [{news.port}]\ndelay = 0\n'
            "[publish]\noldest_hours = 0\n"
        )
        assert run(("sources", "add", feed, "--kind", "feed")) == DONE
        assert run(("collect",)) == DONE
        assert run(("publish", "--date", "2026-03-12", "--json", "page.json")) == DONE
    capsys.readouterr()
    ledger = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))["ledger"]
    assert ledger["dropped_documents"]["live blog"] == 3

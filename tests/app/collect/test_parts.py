"""Parts of one run, each done by a worker of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from briefing.app.collect import CollectPart, collect
from briefing.setup import parts
from briefing.setup.settings import Settings
from briefing.store import analyses
from briefing.store.tables import ANALYSIS, VERSION
from tests.app.collect.newsroom import Newsroom, article, blurbs, report
from tests.newsserver import RSS, News, give, refuse, rss

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

RULE = parts.rule(Settings())


def feed(name: str, *, more: str = "") -> str:
    text = f"{report(name)} {more}"
    return rss([News(f"Port of {name} opens", f"/{name}", text, guid=name)])


def missing(room: Newsroom) -> set[str]:
    """Return the titles of the reports without an analysis."""
    with room.store.read() as tx:
        ids = tx.scalars(select(VERSION.c.id)).all()
        return {one.title for one in analyses.missing(tx, ids, rule=RULE.digest)}


def do(room: Newsroom, *urls: str, owed: bool = False, dies: bool = False) -> None:
    """Do a part; a worker that dies does not come to analyze."""
    plan = replace(room.plan, rule=None if dies else RULE)
    part = CollectPart(frozenset(urls), owed=owed)
    collect(
        room.store,
        outside=room.outside,
        kind=room.kind,
        plan=plan,
        clock=room.clock,
        part=part,
    )


def test_a_worker_analyzes_what_it_has_brought_and_nothing_else(room: Newsroom) -> None:
    mine = room.add(give(feed("Overby"), RSS), "/mine")
    other = room.add(give(feed("Elmstad"), RSS), "/other")
    do(room, other, dies=True)
    do(room, mine)
    assert missing(room) == {"Port of Elmstad opens"}
    # A new text of a known report is brought by whoever reads it.
    room.news.at("/other", give(feed("Elmstad", more="The first ship came at noon."), RSS))
    do(room, other)
    assert missing(room) == set()


def test_a_page_that_was_owed_is_analyzed_by_whoever_reads_it(room: Newsroom) -> None:
    source = room.add(blurbs("/a"), "/blurbs")
    room.news.at("/a", refuse(503))
    do(room, source, dies=True)
    room.clock.later(hours=2)
    room.news.at("/a", article("Alder"))
    do(room, owed=True)
    assert missing(room) == set()
    with room.store.read() as tx:
        assert len(tx.execute(select(ANALYSIS.c.version)).all()) == 1

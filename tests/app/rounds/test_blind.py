"""An outage at the time of an edition: the real commands, real news that fails, a real relay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from briefing.core.model import Ending, FetchRecord, Outcome, Run, Source, Step
from briefing.store import runs, sources
from tests.app.rounds.rehearsed import time_of
from tests.app.rounds.test_three_days import FIRST, READERS, Days, begin
from tests.mail.relays import real
from tests.newsserver import RSS, Act, Exchange, NewsServer, give, refuse, rss

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

OPERATOR = "operator@desk.example"
MORE = f"""
[alerts]
mail = "{OPERATOR}"
"""
NOTES = ("[schedule]\n", '[schedule]\nempty = "note"\n')
WEB = ("[mail]\n", '[web]\naddress = "https://news.desk.example"\n[mail]\n')


def at(text: str, *, day: date = FIRST) -> datetime:
    return datetime.fromisoformat(f"{day} {text}:00+00:00")


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as news:
        yield news


@pytest.fixture
def days(tmp_path: Path, news: NewsServer) -> Iterator[Days]:
    """A desk that alerts its operator, and sends notes on a day with nothing to print."""
    with real() as (relay, taken):
        begin(tmp_path, news, relay)
        path = tmp_path / "briefing.toml"
        path.write_text(path.read_text().replace(*NOTES).replace(*WEB) + MORE)
        (tmp_path / "time").write_text(at("04:50").isoformat())
        yield Days(tmp_path, taken)


def down(days: Days, news: NewsServer, *, until: datetime) -> None:
    """Let the feed not answer before a time of the rehearsal."""
    works: Act = news.act_at("/feed")

    def answer(exchange: Exchange) -> None:
        (works if time_of(days.folder) >= until else refuse(503))(exchange)

    news.at("/feed", answer)


def published(days: Days) -> list[Run]:
    with days.store() as store, store.read() as tx:
        done = runs.since(tx, "ostra-desk", at("04:00"))
    return [run for run in done if run.step is Step.PUBLISH]


def alerts(days: Days) -> list[tuple[str, str]]:
    """Return when, by the clock of the rehearsal, and what the operator was told."""
    mails = [
        message_from_bytes(one.message, policy=default)
        for one in days.taken
        if one.recipient == OPERATOR
    ]
    return [(f"{mail['Date'].datetime:%H:%M}", " ".join(mail["Subject"].split())) for mail in mails]


def readers(days: Days) -> list[str]:
    return [one.recipient for one in days.taken if one.recipient != OPERATOR]


def test_an_outage_at_the_time_of_an_edition_costs_no_edition(days: Days, news: NewsServer) -> None:
    """The feed does not answer before 5:55; the edition is due at 5:30."""
    down(days, news, until=at("05:55"))
    assert days.live(at("07:30"), "-", "serve") == 0
    blind, *again, made = published(days)
    assert (blind.began, blind.ending) == (at("05:30"), Ending.BLIND)
    assert blind.words.startswith("the sources could not be read since 04:50 UTC: ")
    assert blind.words.endswith("answers 503 (Service Unavailable)")
    assert {run.ending for run in again} == {Ending.BLIND}
    assert made.ending is Ending.DONE
    # within a pause from when the feed is back, whatever the feed's own pause would be
    assert at("05:55") <= made.began <= at("06:05")
    assert sorted(readers(days)) == sorted(list(READERS)[:2])
    told = alerts(days)
    day = "[Ostra Desk] edition of 2026-03-10: not made yet: the sources could not be read since"
    assert [when for when, words in told if words.startswith(day)] == ["05:30"]
    assert "edition of 2026-03-10: was due at 05:30 UTC, begun at" in told[-1][1]


@pytest.mark.slow
def test_an_outage_that_outlasts_the_grace_is_told_and_readers_are_told_nothing_false(
    days: Days, news: NewsServer
) -> None:
    path = days.folder / "briefing.toml"
    path.write_text(path.read_text().replace("[schedule]\n", "[schedule]\ngrace_hours = 1\n"))
    down(days, news, until=at("23:00"))
    assert days.live(at("07:00"), "-", "serve") == 0
    assert {run.ending for run in published(days)} == {Ending.BLIND}
    assert published(days)[-1].began <= at("06:30")
    assert readers(days) == []
    told = alerts(days)
    day = "[Ostra Desk] edition of 2026-03-10: not made"
    assert [when for when, words in told if words.startswith(day)] == ["05:30", "06:30"]
    assert told[-1][1].startswith(f"{day}: the sources could not be read since 04:50 UTC: http")


@pytest.mark.slow
def test_a_day_on_which_the_sources_were_read_and_had_nothing_is_empty(
    days: Days, news: NewsServer
) -> None:
    news.at("/feed", give(rss([]), RSS))
    assert days.live(at("07:00"), "-", "serve") == 0
    assert [run.ending for run in published(days)] == [Ending.PART, Ending.EMPTY]
    with days.store() as store, store.read() as tx:
        done = runs.since(tx, "ostra-desk", at("05:30"))
    # read again after the time of the edition, before it is called empty
    assert [run.step for run in done[:3]] == [Step.PUBLISH, Step.COLLECT, Step.PUBLISH]
    assert sorted(readers(days)) == sorted(READERS)
    assert [(when, words) for when, words in alerts(days) if "nothing to print" in words] == [
        ("05:30", alerts(days)[0][1])
    ]


@pytest.mark.slow
def test_a_source_that_has_failed_for_a_week_makes_no_quiet_day_blind(
    days: Days, news: NewsServer
) -> None:
    news.at("/feed", give(rss([]), RSS))
    with days.store() as store, store.write() as tx:
        for number in range(3):
            gone = Source(news.url(f"/gone{number}"))
            sources.add(tx, gone, at=at("00:00"))
            long_ago = at("04:00") - timedelta(days=8)
            sources.record(tx, FetchRecord(gone.url, long_ago, Outcome.FAILED, reason="refused"))
    assert days.live(at("05:40"), "-", "serve") == 0
    today = [run.ending for run in published(days)]
    assert today == [Ending.PART, Ending.EMPTY]


@pytest.mark.slow
def test_a_collecting_that_hangs_holds_up_no_edition_for_long(days: Days, news: NewsServer) -> None:
    """The feed takes the request of 5:25 and says nothing until 5:45."""
    path = days.folder / "briefing.toml"
    path.write_text(path.read_text().replace("delay = 0.0\n", "delay = 0.0\ndeadline = 300\n"))
    assert days.live(at("05:00"), "-", "serve") == 0
    works = news.act_at("/feed")

    def hang(exchange: Exchange) -> None:
        if time_of(days.folder) < at("05:45"):
            (days.folder / "hangs").touch()
        while time_of(days.folder) < at("05:45"):
            pause.wait(0.05)
        (days.folder / "hangs").unlink(missing_ok=True)
        works(exchange)

    pause = threading.Event()
    news.at("/feed", hang)
    assert days.live(at("06:00"), "-", "serve") == 0
    (made,) = published(days)
    assert (made.began, made.ending) == (at("05:35"), Ending.DONE)
    day = "[Ostra Desk] edition of 2026-03-10: was due at 05:30 UTC and has not been made yet"
    assert day in [words for when, words in alerts(days) if when == "05:34"]
    # the next one waits until 6:00
    assert readers(days) == list(READERS)[:1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "code", "last"),
    [
        ("05:20", 1, "Ostra Desk: collect: failed; 1 sources"),
        ("05:30", 1, "Ostra Desk: publish: blind; the sources could not be read since 05:"),
        ("11:29", 1, "Ostra Desk: publish: blind; the sources could not be read since 05:30"),
        ("11:31", 1, "Ostra Desk: collect: failed; 1 sources"),
    ],
)
def test_a_timer_that_cannot_read_the_sources_is_told_so(
    days: Days, news: NewsServer, when: str, code: int, last: str
) -> None:
    down(days, news, until=at("23:00"))
    assert days.live(at(when), "-", "run", "--due") == code
    assert days.said.splitlines()[-1].startswith(last)
    assert readers(days) == []
    assert [words.split(":")[0] for _, words in alerts(days)][:1] == [
        "[Ostra Desk] edition of 2026-03-10"
        if "publish" in last
        else "[Ostra Desk] collecting fails"
    ]


@pytest.mark.slow
def test_a_timer_makes_the_edition_once_the_sources_answer_again(
    days: Days, news: NewsServer
) -> None:
    down(days, news, until=at("06:00"))
    assert days.live(at("05:30"), "-", "run", "--due") == 1
    assert days.live(at("06:00"), "-", "run", "--due") == 0
    assert [run.ending for run in published(days)] == [Ending.BLIND, Ending.DONE]
    assert days.live(at("06:10"), "-", "run", "--due") == 0
    assert sorted(readers(days)) == sorted(list(READERS)[:2])
    _, *_, (when, words) = alerts(days)
    assert when == "06:00"
    assert "begun at 06:00" in words


@pytest.mark.slow
def test_publishing_by_hand_says_that_the_sources_fail(days: Days, news: NewsServer) -> None:
    down(days, news, until=at("23:00"))
    assert days.live(at("05:30"), "-", "collect") == 1
    assert days.live(at("05:31"), "-", "publish") == 1
    assert "nothing to publish: no new report since" in days.complained
    assert "; the sources could not be read since 05:30 UTC: http" in days.complained

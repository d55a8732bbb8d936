import json
import math
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks import (
    collecting,
    delivering,
    desk_day,
    paging,
    performance,
    pipeline,
    ranking,
    rendering,
)
from benchmarks.__main__ import BENCHES, main
from benchmarks.grow import Costs, Load, Means, bench, costs, ends, plan, simulate
from benchmarks.news import make_day, make_documents
from benchmarks.performance import Machine, page_of
from briefing.core.edition import STEPS
from briefing.core.text.copies import find_copies
from tests.small_day import Said


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ARTICLES", 30)
    monkeypatch.setattr(ranking, "SENTENCES", 40)
    monkeypatch.setattr(ranking, "PROCESSES", 1)
    monkeypatch.setattr(rendering, "ARTICLES", 20)
    monkeypatch.setattr(rendering, "ROUNDS", 1)
    monkeypatch.setattr(paging, "DAYS", 3)
    monkeypatch.setattr(paging, "MOST", 60)


def test_many_documents_come_out_of_few_the_same_every_time() -> None:
    documents = make_documents(60)
    assert documents == make_documents(60)
    assert documents[:12] == make_documents(12)
    assert len({document.id for document in documents}) == 60
    assert all(document.title and document.text.count("\n\n") >= 3 for document in documents)
    assert make_documents(0) == ()
    # Hardly a document but the second reports is a copy.
    copies = [int(name.removeprefix("b")) for name in find_copies(make_documents(60))]
    assert sum(number % 12 != 11 for number in copies) <= 1


def test_a_day_has_articles_and_short_reports_and_few_large_stories() -> None:
    day = make_day(300)
    assert day == make_day(300)
    assert len({document.id for document in day}) == 300
    words = [len(document.text.split()) for document in day]
    assert sum(count >= 600 for count in words) == 200
    assert sum(60 <= count < 500 for count in words) == 100
    reports = Counter(Counter(document.title for document in day).values())
    assert reports[1] > reports[2] > reports[3] > 0
    assert 5 <= max(reports) <= 20
    assert make_day(0) == ()
    assert {document.language for document in make_day(60, ("en", "de", "fr"))} == {
        "en",
        "de",
        "fr",
    }


@pytest.mark.slow
def test_publishing_is_measured_by_a_render_and_analyzing_by_the_floor(capsys: Said) -> None:
    assert main(["edition", "12", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [row["case"] for row in rows] == [
        "analyze 12 / floor",
        "publish 12 / render",
        "own page of 12 / render",
        "publish 12, unprepared / render",
        "prepare 12 / render",
    ]
    assert min(row["ratio"] for row in rows) > 0
    assert rows[1]["peak_mb"] > 50


def test_numbers_stand_behind_a_benchmark_that_takes_them_and_known_ones_are_listed(
    capsys: Said,
) -> None:
    for words in (["speed"], ["7"], ["ranking", "7"], ["edition", "0"], ["edition", "-3"]):
        assert main(words) == 2
        known = f"known: {', '.join(BENCHES)}\n"
        assert capsys.readouterr().err == f"unknown benchmark {words[-1]!r}; {known}"
    assert {"collecting", "killing", "pipeline", "ranking"} <= set(BENCHES)


def test_the_pipeline_is_measured_step_by_step(capsys: Said) -> None:
    assert main(["pipeline", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["bench"] == "pipeline"
    steps = printed["results"]
    assert [row["case"] for row in steps] == [*STEPS, "json", "30 articles"]
    shares = [row["ratio"] for row in steps]
    assert sum(shares[:-1]) == pytest.approx(1, abs=0.01)
    assert shares[-1] == 1
    assert all(row["seconds"] >= 0 for row in printed["results"])


def test_a_page_is_measured_against_a_plain_render(capsys: Said) -> None:
    assert main(["rendering", "--json"]) == 0
    page, again = json.loads(capsys.readouterr().out)["results"]
    assert page["case"] == "page / render"
    assert again["case"] == "draft after one choice / render"
    assert page["ratio"] > max(1, again["ratio"])
    assert page["layouts"] >= 2


def test_pages_of_days_of_any_size_are_whole_and_full(capsys: Said) -> None:
    assert main(["paging", "--json"]) == 0
    *scales, every = json.loads(capsys.readouterr().out)["results"]
    assert every["case"] == "3 days"
    assert every["days"] == every["one_page"] == sum(row["days"] for row in scales) == 3
    faults = "missing unverified told_twice stubs broken_words"
    assert [every[fault] for fault in faults.split()] == [0] * 5
    assert every["fill_min"] > 0.8
    assert every["layouts_mean"] <= 5


@pytest.mark.slow
def test_rankers_are_measured_in_one_run(capsys: Said) -> None:
    assert main(["ranking", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["bench"] == "ranking"
    assert [row["case"] for row in printed["results"]] == [
        "rank 40 cold / lexrank",
        "rank 40 warm / lexrank",
    ]
    assert all(row["ratio"] > 1 for row in printed["results"])


@pytest.mark.slow
def test_delivering_is_measured_against_a_bare_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "SUBSCRIBERS", 60)
    monkeypatch.setattr(delivering, "SIZES", (2_000, 4_000))
    monkeypatch.setattr(delivering, "POOL", 3)
    monkeypatch.setattr(delivering, "ROUNDS", 1)
    monkeypatch.setattr(delivering, "SECONDS", 0.4)
    rows = delivering.bench()
    assert [row["case"] for row in rows] == [
        "deliver 2kB x1 / smtplib",
        "deliver 2kB x3 / smtplib",
        "deliver 4kB x1 / smtplib",
        "deliver 4kB x3 / smtplib",
        "deliver 2kB x3 / smtplib, busy",
        "memory",
        "100/s over all",
        "30/s by connection",
        "5/s by domain",
    ]
    assert all(row["ratio"] > 0 for row in rows)


@pytest.mark.slow
def test_collecting_is_measured_against_a_bare_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "FEEDS", 6)
    monkeypatch.setattr(collecting, "FIRST", 3)
    *collected, memory = collecting.bench()
    assert [row["case"] for row in collected] == ["collect / loop", "collect and analyze / loop"]
    assert min(row["ratio"] for row in collected) > 0
    assert memory["case"] == "memory, 3 to 6 feeds"


@pytest.mark.slow
def test_a_day_is_measured_step_by_step_and_its_store_by_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_day, "FEEDS", 4)
    monkeypatch.setattr(desk_day, "ITEMS", 5)
    monkeypatch.setattr(desk_day, "ROUNDS", 4)
    monkeypatch.setattr(desk_day, "READERS", 7)
    rows = desk_day.bench()
    *steps, day = [row for row in rows if "ratio" in row]
    assert [row["case"] for row in steps] == ["16 reports", "1 edition", "7 mails"]
    assert day["seconds"] == pytest.approx(sum(row["seconds"] for row in steps), abs=0.02)
    *tables, every = [row for row in rows if "ratio" not in row]
    assert {"report: version", "edition: file"} <= {row["case"] for row in tables}
    assert every["case"] == "all tables"
    assert every["megabytes_a_year"] > 0


MACHINE = Machine(date(2026, 3, 12), 2, 24, "3.11.7")
COST = Costs(
    visit_seconds=0,
    report_seconds=0,
    edition_seconds=0,
    edition_report_seconds=0,
    mail_seconds=0.01,
    mail_store_seconds=0.001,
    mail_commits=2,
    commit_seconds=0.002,
    report_store_seconds=0,
    report_bytes=1_000,
    edition_bytes=1_000,
    delivery_bytes=100,
    subscriber_bytes=100,
)
#: A quarter of the readers of one core and one relay have their morning in the same zone.
LOAD = Load(subscribers=168_000, reports=1_000, briefings=10, relay_rate=100)


def test_the_page_says_of_each_aim_what_was_measured_and_whether_it_is_met() -> None:
    rank = {"case": "rank 1400 cold / lexrank", "ratio": 312.4, "seconds": 0.1}
    page = {"case": "page / render", "ratio": 4.21}
    text = page_of({"ranking": [rank], "rendering": [page]}, machine=MACHINE)
    assert "Measured on 12 March 2026 with 2 cores, 24 GB of memory and Python 3.11.7." in text
    assert "| rank 1400 cold / lexrank | ratio | 312.4 | at least 300 | yes |" in text
    assert "| page / render | ratio | 4.21 | at most 2 | **no** |" in text
    assert "| collect and analyze / loop | ratio | not measured | at least 0.5 | no |" in text
    assert "| case | ratio | seconds |\n| --- | --- | --- |\n| rank 1400" in text


def test_a_failure_has_its_last_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(performance, "RUNS", (performance.Run("nothing of the kind"),))
    monkeypatch.setattr(performance, "FIGURES", tmp_path / "out" / "performance.json")
    monkeypatch.setattr(performance, "PAGE", tmp_path / "performance.md")
    (row,) = performance.bench()
    assert row["failed"].startswith("not measured, exit code 2: unknown benchmark")
    assert "Not measured." in (tmp_path / "performance.md").read_text("utf-8")


def test_a_day_takes_as_long_as_its_largest_zone() -> None:
    # 24 % of 168,000 readers; .7 of a core sends 4,200 mails a minute, the relay takes 6,000
    day = simulate(LOAD, Means(cores=1, relays=1), COST)
    assert day.latest == math.ceil(0.24 * 168_000 / 4_200)
    assert day.most_mails == pytest.approx(4_200)
    assert day.delivering == pytest.approx(168_000 * 0.01)
    by_relay = simulate(LOAD, Means(cores=100, relays=1), COST)
    assert by_relay.latest == math.ceil(0.24 * 168_000 / 6_000)
    assert simulate(replace(LOAD, subscribers=10**9), Means(1, 1), COST).latest == math.inf


def test_a_plan_is_the_least_that_is_in_time() -> None:
    load = replace(LOAD, subscribers=5_000_000)
    made = plan(load, COST)
    assert made.day.latest <= load.within
    fewer = [
        replace(made.means, cores=made.means.cores - 1),
        replace(made.means, relays=made.means.relays - 1),
    ]
    assert all(simulate(load, means, COST).latest > load.within for means in fewer)
    small, large = (plan(replace(LOAD, subscribers=n), COST) for n in (10**6, 2 * 10**6))
    assert large.means.cores >= small.means.cores
    assert large.gigabytes > small.gigabytes


def test_each_part_ends_at_what_it_can_send_in_time() -> None:
    parts = ends(LOAD, COST)
    assert parts["one relay"] == 100 * 1_800
    assert parts["one database, which has one writer"] == pytest.approx(1_800 / 0.005)
    assert all(row["readers"] > 0 for row in bench())
    assert all(getattr(costs(), name) > 0 for name in Costs.__slots__)

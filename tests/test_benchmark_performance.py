import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks import performance
from benchmarks.grow import Costs, Load, Means, bench, costs, ends, plan, simulate
from benchmarks.performance import Machine, page_of

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

import json
from collections import Counter

import pytest

from benchmarks import paging, pipeline, ranking, rendering
from benchmarks.__main__ import BENCHES, main
from benchmarks.news import make_day, make_documents
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


def test_hardly_a_document_but_the_second_reports_is_a_copy() -> None:
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


def test_numbers_stand_behind_a_benchmark_that_takes_them(capsys: Said) -> None:
    for words in (["7"], ["ranking", "7"], ["edition", "0"], ["edition", "-3"]):
        assert main(words) == 2
        assert capsys.readouterr().err.startswith(f"unknown benchmark {words[-1]!r}; known: ")


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


def test_rankers_are_measured_in_one_run(capsys: Said) -> None:
    assert main(["ranking", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["bench"] == "ranking"
    assert [row["case"] for row in printed["results"]] == [
        "rank 40 cold / lexrank",
        "rank 40 warm / lexrank",
    ]
    assert all(row["ratio"] > 1 for row in printed["results"])


def test_an_unknown_benchmark_lists_the_known(capsys: Said) -> None:
    assert main(["speed"]) == 2
    known = ", ".join(BENCHES)
    assert capsys.readouterr().err == f"unknown benchmark 'speed'; known: {known}\n"
    assert {"collecting", "killing", "pipeline", "ranking"} <= set(BENCHES)

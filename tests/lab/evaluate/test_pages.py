from __future__ import annotations

from dataclasses import replace

from briefing.core.model import Sentence
from briefing.lab.evaluate.pages import PageFacts, count_dangling, measure_pages

GOOD = PageFacts(
    name="monday.jsonl",
    pages=1,
    most_pages=1,
    passages=30,
    missing=0,
    unverified=0,
    fill=0.98765,
    hole=12.34,
    scale="normal",
    smallest_type=8.5,
    layouts=3,
    sentences=20,
    dangling=1,
    seconds=0.714,
)


def test_one_good_page_is_told_as_it_is() -> None:
    assert measure_pages([GOOD]) == {
        "editions": 1,
        "one_page": 1,
        "missing_sentences": 0,
        "unverified_sentences": 0,
        "fill_mean": 0.9877,
        "fill_min": 0.9877,
        "hole_max": 12.3,
        "smallest_type": 8.5,
        "layouts_mean": 3,
        "dangling": 0.05,
        "seconds_mean": 0.71,
        "days": [
            {
                "name": "monday.jsonl",
                "scale": "normal",
                "fill": 0.9877,
                "hole": 12.3,
                "layouts": 3,
                "sentences": 20,
                "passages": 30,
                "seconds": 0.71,
            }
        ],
    }


def test_a_page_of_a_theme_may_have_as_many_sheets_as_the_theme_says() -> None:
    large = replace(GOOD, most_pages=2)
    pages = [replace(large, pages=count) for count in (0, 1, 2, 3)]
    assert measure_pages(pages)["one_page"] == 2


def test_faults_add_up_and_the_worst_page_shows() -> None:
    bad = replace(
        GOOD,
        name="tuesday.jsonl",
        pages=2,
        missing=3,
        unverified=2,
        fill=0.5,
        hole=40,
        smallest_type=6.96,
        layouts=4,
        sentences=60,
        dangling=3,
        seconds=2,
    )
    told = measure_pages([GOOD, bad])
    assert told["editions"] == 2
    assert told["one_page"] == 1
    assert told["missing_sentences"] == 3
    assert told["unverified_sentences"] == 2
    assert told["fill_min"] == 0.5
    assert told["hole_max"] == 40
    assert told["fill_mean"] == 0.7438
    assert told["smallest_type"] == 6.96
    assert told["layouts_mean"] == 3.5
    assert told["seconds_mean"] == 1.36
    assert [day["name"] for day in told["days"]] == ["monday.jsonl", "tuesday.jsonl"]


def test_dangling_is_a_share_of_all_sentences_not_a_mean_of_pages() -> None:
    long = replace(GOOD, sentences=80, dangling=0)
    assert measure_pages([GOOD, long])["dangling"] == 0.01


def test_pages_without_sentences_have_none_that_dangle() -> None:
    assert measure_pages([replace(GOOD, sentences=0, dangling=0)])["dangling"] == 0


def test_an_opening_that_points_back_dangles_unless_its_sentence_stands_right_above() -> None:
    def at(index: int, text: str, document: str = "d1") -> Sentence:
        return Sentence(document, 10 * index, 10 * index + len(text), text, index=index)

    lead, he, but = at(0, "Lind spoke."), at(1, "“He left,” she said."), at(3, "But, it held.")
    assert count_dangling([lead, he]) == 0
    assert count_dangling([he]) == 1
    assert count_dangling([lead, but, at(4, "Ships sailed."), at(5, "")]) == 1
    assert count_dangling([lead, at(1, "They met.", document="d2")]) == 1
    assert count_dangling([]) == 0

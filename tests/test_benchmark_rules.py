from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.foreign import assess_foreign, measure_foreign
from benchmarks.rounds import halves
from benchmarks.rules import assess_datelines, assess_dates, assess_kinds, assess_robots, bench
from benchmarks.sagas import FollowedStory, assess_sagas, measure_changes, measure_sagas
from briefing.core.errors import InputError
from briefing.core.ports import Vector
from tests.newsday import NICKEL, ORCHIDS, STRAIT, STRAIT_NEXT
from tests.small_day import DAY, write_lines


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_rule_without_data_is_named_and_the_others_are_measured(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    line = {"text": "TARN (AP) - A bridge fell.", "body_start": 12, "style": "ap"}
    write_lines(tmp_path / "kinds" / "datelines.jsonl.gz", [line])
    rows = {row["case"]: row for row in bench(tmp_path)}
    assert rows["datelines"]["exact"] == 1
    assert rows["robots"] == {
        "case": "robots",
        "failed": [str(tmp_path / "robots" / "robots.tar.gz")],
    }


def test_kinds_are_measured_with_the_labels_beside_the_days() -> None:
    folder = Path("days")
    folder.mkdir()
    write_lines(folder / "2026-03-11.jsonl", DAY)
    rows = ["file id story section kind importance", "2026-03-11 rate rate economy wire 3"]
    rows += ["2026-03-11 patrol mines security opinion 0"]
    text = "\n".join(row.replace(" ", "\t") for row in rows)
    (folder / "labels.tsv").write_text(text, encoding="utf-8")
    told = assess_kinds([folder])
    assert (told["reports"], told["right"]["mean"]) == (2, 0.5)
    assert told["gated"]["opinion"] == {"mean": 0, "ci95": [0, 0], "of": 1}
    assert told["gated_important"]["wire"]["of"] == 1
    assert told["series"]["2026"]["of"] == 2
    assert told["confusion"] == {"opinion": {"wire": 1}, "wire": {"wire": 1}}
    (folder / "labels.tsv").write_text("file\tid\n", encoding="utf-8")
    with pytest.raises(InputError, match="no labels for any of the days given"):
        assess_kinds([folder])


def weeks() -> list[dict[str, Any]]:
    """Return stories of four days, each as two tell it; those of the first two on one matter."""
    news = {"strait": STRAIT, "convoy": STRAIT_NEXT, "orchids": ORCHIDS, "nickel": NICKEL}
    return [
        {"id": f"{name}-{n}", "story": name, "title": title, "text": text, "published": day}
        for (name, (title, text)), day in zip(
            news.items(), ("2026-03-02", "2026-03-09", "2026-03-10", "2026-03-11"), strict=True
        )
        for n in range(2)
    ]


def test_sagas_are_measured_on_stories_of_weeks() -> None:
    labels = Path("sagas.tsv")
    labels.write_text("story\tsaga\nstrait\tsea/strait\nconvoy\tsea/strait\norchids\t\nnickel\t\n")
    file = write_lines(Path("weeks.jsonl"), weeks())
    told = assess_sagas([file], labels=labels)
    assert list(told) == ["learned", "held_out", "learned weeks", "held_out weeks"]
    learned, held = told["learned"], told["held_out"]
    assert learned["links_right"]["value"] == learned["links_found"]["value"] == 1
    assert learned["links_found"]["of"] == 1
    assert (held["stories"], held["links_right"]["of"]) == (2, 0)
    for table, words in (
        ("story\tsaga\nother\t\n", "none of its stories"),
        ("name\tsaga\nstrait\t\n", "no table of story and saga"),
        ("story\tsaga\n\udcff\t\n", "no table of story and saga"),
    ):
        Path("sagas.tsv").write_bytes(table.encode("utf-8", "surrogateescape"))
        with pytest.raises(InputError, match=words):
            assess_sagas([file], labels=labels)


def test_datelines_are_measured_by_what_is_left_and_what_is_lost() -> None:
    news = "Engineers closed the bridge at Tarn Ferry on Monday."
    openings = (
        ("TARN (AP) - ", "", "ap"),
        ("", "EXCLUSIVE: ", "trap"),  # cut, and so lost
        ("On watch: ", "", "odd"),  # left
        ("", "", "none"),
    )
    lines = [
        {"text": before + body + news, "body_start": len(before), "style": style}
        for before, body, style in openings
    ]
    found = assess_datelines([write_lines(Path("datelines.jsonl"), lines)])
    assert found == {"openings": 4, "styles": 4, "exact": 0.5, "ci95": (0.0, 1.0), "lost": 1}
    found = assess_datelines([write_lines(Path("datelines.jsonl"), [])])
    assert found == {"openings": 0, "styles": 0, "exact": 0.0, "ci95": None, "lost": 0}
    for broken in ({"text": news}, {**lines[0], "body_start": "x"}):
        file = write_lines(Path("datelines.jsonl"), [broken])
        with pytest.raises(InputError, match=r"datelines\.jsonl:1: no opening of a report"):
            assess_datelines([file])


def test_dates_are_measured_by_half_against_the_days_that_were_meant() -> None:
    def line(name: str, words: str, meant: str | None, *, future: bool = True) -> dict[str, Any]:
        sentence = f"The ministers of Norland will meet in Lund {words}."
        day = {"published": "2026-03-12", "expression": words, "resolved": meant}
        return {"id": name, "sentence": sentence, "future": future, **day}

    lines = [  # the last is of the other half
        line("a", "on 19 and 20 March", "2026-03-19/2026-03-20"),
        line("b", "on Monday", "2026-03-09", future=False),
        line("c", "on Monday or Tuesday", "2026-03-16/2026-03-17"),
        line("d", "through 2 April", "2026-04-02"),
        line("h", "next year", None),
        line("e", "tomorrow", "2026-03-13"),
    ]
    halves = assess_dates([write_lines(Path("dates.jsonl"), lines)])
    figures = tuple("sentences kept right precision announcements recall".split())
    assert halves == {
        "learned": dict(zip(figures, (5, 2, 1, 0.5, 2, 0.5), strict=True)),
        "held_out": dict(zip(figures, (1, 1, 1, 1.0, 1, 1.0), strict=True)),
    }
    halves = assess_dates([write_lines(Path("dates.jsonl"), lines[4:5])])
    assert (halves["learned"]["precision"], halves["learned"]["recall"]) == (None, None)
    for broken in ({"id": "a"}, {**lines[0], "published": "yesterday"}):
        file = write_lines(Path("dates.jsonl"), [broken])
        with pytest.raises(InputError, match=r"dates\.jsonl:1: no sentence with a date"):
            assess_dates([file])


def test_robots_are_measured_by_host(tmp_path: Path) -> None:
    (tmp_path / "ostra.example.txt").write_text("User-agent: *\nDisallow: /\nCrawl-delay: 5\n")
    (tmp_path / "kalvik.example.txt").write_text("User-agent: *\nDisallow: /search\n")
    found = assess_robots([tmp_path])
    assert 0 <= found.pop("slowest_seconds") < 60
    assert found == {"files": 2, "crashes": 0, "allowed_root": 1, "delays": 1, "failed": []}


def test_links_and_pairs_are_of_thirty_days_and_one_saga() -> None:
    report = measure_sagas(
        [FollowedStory(1, "a/x", "1"), FollowedStory(2, "a/y", "2"), FollowedStory(3, "a/x", "1")]
    )
    for share in (report["links_right"], report["links_found"], report["pair_recall"]):
        assert (share["value"], share["of"]) == (1.0, 1)
    assert (report["stories"], report["pair_precision"]["value"]) == (3, 1.0)
    report = measure_sagas(
        [FollowedStory(1, "a/x", "1"), FollowedStory(2, "a/y", "1"), FollowedStory(3, "b/x", "1")]
    )
    assert report["links_right"]["value"] == 0.0
    assert (report["links_near"]["value"], report["links_near"]["of"]) == (0.5, 2)
    assert report["pair_near"]["value"] == pytest.approx(1 / 3)
    assert report["pair_near"]["of"] == 3
    report = measure_sagas(
        [FollowedStory(1, "a/x", "1"), FollowedStory(31, "a/x", "2"), FollowedStory(62, "a/x", "2")]
    )
    assert (report["links_found"]["value"], report["links_found"]["of"]) == (0.0, 1)
    assert (report["pair_recall"]["value"], report["pair_recall"]["of"]) == (0.0, 1)
    assert report["links_right"]["of"] == 0
    # a story of the same day is no link but a pair
    report = measure_sagas([FollowedStory(1, "a/x", "1"), FollowedStory(1, "a/x", "1")])
    assert (report["links_right"]["of"], report["pair_precision"]["of"]) == (0, 1)


def test_what_editions_show_is_right_where_all_are_of_one_saga_or_theme() -> None:
    merges = [("a/x", "a/x", "a/x"), ("a/x", "a/x", "a/y"), ("a/x", "a/x", "b/x")]
    report = measure_changes(merges, [("a/x", "a/x"), ("a/x", "b/x")])
    assert report["merges_right"]["value"] == pytest.approx(1 / 3)
    assert report["merges_near"]["value"] == pytest.approx(2 / 3)
    assert (report["strands_right"]["value"], report["strands_near"]["value"]) == (0.5, 0.5)
    assert measure_changes([], [])["merges_right"]["of"] == 0


def test_stories_are_measured_by_rounds_every_second_of_which_may_teach() -> None:
    later = [{**line, "published": "2026-04-20"} for line in weeks()[:2]]
    told = halves([write_lines(Path("weeks.jsonl"), [*weeks()[2:], *later])])
    assert (told["learned"]["clusters"], told["held_out"]["clusters"]) == (3, 1)
    undated = [{**line, "published": None} for line in weeks()]
    assert list(halves([write_lines(Path("weeks.jsonl"), undated)])) == ["learned"]


def test_reports_in_other_languages_are_measured_with_their_story_and_without() -> None:
    told = {
        "en": {
            "strait": "Ostra closed the Tarn strait.",
            "fair": "Velmark opened the Quorin fair.",
        },
        "de": {
            "strait": "Ostra sperrte die Tarn.",
            "fair": "Quorin schließt, und Tarn, Ostra auch.",
        },
    }

    def embed(text: str) -> Vector:
        names = [name in text for name in ("Ostra", "Tarn", "Velmark", "Quorin")]
        row: Vector = np.asarray(names, dtype=np.float32) / max(1.0, sum(names) ** 0.5)
        return row

    pages = measure_foreign(told, pages=["en"], embed=embed)
    assert pages["en"]["de"] == pages["en"]["days"]
    assert pages["en"]["de"] | {"ci95": None} == {
        "reports": 2,
        "joined": 2,
        "right": 1,
        "recall": 0.5,
        "without": 1,
        "precision": 1 / 3,
        "ci95": None,
    }
    file = write_lines(Path("pud.jsonl"), [{"lang": "en", "id": 1}])
    with pytest.raises(InputError, match="no sentence in a language"):
        assess_foreign([file])

"""What is measured in other languages, on texts without the development data."""

import gzip
import json
from pathlib import Path

from benchmarks.languages import EVENTS, boundaries, dutch, stories


def test_boundaries_are_counted_within_paragraphs_of_six_sentences() -> None:
    short = [f"Der Rat tagte am {day}." for day in "Montag Dienstag Mittwoch".split()] * 2
    assert boundaries(short, language="de")["f1"] == 1.0
    # Two of the seven are one for whoever cuts them, and a paragraph ends behind the sixth.
    measured = boundaries(["Er traf Dr.", "Lind.", *short[:5]], language="de")
    assert measured["sentences"] == 7
    assert measured["f1"] == 2 * 4 / (5 + 4)


def test_dutch_sentences_have_their_sections(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    with gzip.open(tmp_path / "text/ud_sentences_nl.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(f"Zin {number}." for number in range(1, 1_601)))
    rows = list(dutch(tmp_path))
    assert len({row["id"] for row in rows}) == len(rows) == 186
    assert {row["section"] for row in rows} == {"economy", "security", "diplomacy", "other"}
    assert all(row["text"] == f"Zin {row['id'].rpartition('-')[2]}." for row in rows)
    assert all(row["section"] not in row["also"] and row["lang"] == "nl" for row in rows)


def test_stories_are_measured_by_language_with_the_invented_days(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    with gzip.open(tmp_path / "text/wikinews_fr.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, text in ((44502, "Le CERN annoncera le boson."), (1, "Le Tour est fini.")):
            row = {"id": str(number), "title": text, "text": text, "language": "fr"}
            file.write(json.dumps(row) + "\n")
    measured = stories(tmp_path, tmp_path)
    assert measured["wikinews fr"]["b3_f1"] == 1.0
    for language in ("de", "es"):
        assert measured[f"invented {language}"]["b3_precision"] > 0.9
    with gzip.open(EVENTS, "rt", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    assert len({(row["lang"], row["id"]) for row in events}) == len(events) == 144
    assert len({(row["lang"], row["story"]) for row in events}) == 60

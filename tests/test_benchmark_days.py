import csv
import gzip
import json
from pathlib import Path

from benchmarks.days import FOLDERS, HELD, LABELS, LEARN, write_days
from briefing.lab.assess.pages import read_labels


def rows() -> list[dict[str, str]]:
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_no_day_and_no_report_is_both_learned_from_and_held() -> None:
    parts = {part: [row for row in rows() if row["part"] == part] for part in (LEARN, HELD)}
    assert sum(map(len, parts.values())) == len(rows())
    for column in ("file", "id"):
        learned, held = ({row[column] for row in of_part} for of_part in parts.values())
        assert learned.isdisjoint(held)
    assert len({row["file"] for row in parts[HELD]}) == 120


def test_days_are_written_with_texts_and_labels(tmp_path: Path) -> None:
    for name, folder in FOLDERS.items():
        (tmp_path / folder).mkdir(exist_ok=True)
        lines = [
            {"id": row["id"], "source": "x", "title": "T", "date": "2019-01-01", "text": "A b."}
            for row in rows()
            if row["set"] == name
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    written = write_days(tmp_path, tmp_path / "out", HELD)
    labels = read_labels(written / "labels.tsv")
    files = {file.stem: file.read_text(encoding="utf-8") for file in written.glob("*.jsonl")}
    assert {*labels} == {*files}
    assert all(len(labels[name]) == text.count("\n") for name, text in files.items())

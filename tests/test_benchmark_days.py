import csv
import gzip
import json
from pathlib import Path

import pytest

from benchmarks.days import FOLDERS, FRESH, HELD, LABELS, LEARN, write_days
from briefing.lab.assess.pages import read_labels


def rows() -> list[dict[str, str]]:
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_no_day_and_no_report_is_in_two_parts() -> None:
    names = (LEARN, HELD, FRESH)
    parts = {part: [row for row in rows() if row["part"] == part] for part in names}
    assert sum(map(len, parts.values())) == len(rows())
    for column in ("file", "id"):
        values = [{row[column] for row in of_part} for of_part in parts.values()]
        assert sum(map(len, values)) == len(set().union(*values))
    assert [len({row["file"] for row in parts[part]}) for part in (HELD, FRESH)] == [120, 66]


#: Dates of lines that are not in ISO form.
DATES = {"reuters_economy": "26-FEB-1987 15:51:51.24"}


@pytest.mark.parametrize(
    ("part", "dates"), [(LEARN, {"2019-01-01", "1987-02-26"}), (FRESH, {"2019-01-01"})]
)
def test_days_are_written_with_texts_and_labels(tmp_path: Path, part: str, dates: set[str]) -> None:
    for name, folder in FOLDERS.items():
        (tmp_path / folder).mkdir(exist_ok=True)
        lines = [
            {
                "id": row["id"],
                "source": "x",
                "title": "T",
                "date": DATES.get(name, "2019-01-01"),
                "text": "A b.",
            }
            for row in rows()
            if row["set"] == name
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    written = write_days(tmp_path, tmp_path / "out", part)
    labels = read_labels(written / "labels.tsv")
    files = {file.stem: file.read_text(encoding="utf-8") for file in written.glob("*.jsonl")}
    assert {*labels} == {*files}
    assert all(len(labels[name]) == text.count("\n") for name, text in files.items())
    lines = [json.loads(line) for text in files.values() for line in text.splitlines()]
    assert {line["published"] for line in lines} == dates

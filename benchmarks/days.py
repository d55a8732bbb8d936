"""Labeled days of many outlets, as folders for ``briefing evaluate choice`` and ``weights``.

``python -m benchmarks.days DATA OUT`` takes the texts from the development data; the labels, made
by reading to its LABELS.md, stand beside this module. OUT/learn holds the days from which the words
and weights of importance are learned, OUT/held and OUT/fresh those that are only measured.
"""

import csv
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from briefing.lab.assess.lines import read_lines

LABELS = Path(__file__).with_name("days.tsv.gz")
#: Where the data have the reports of each set.
FOLDERS = {
    "roundups": "stories",
    "teasers": "stories",
    "articles": "sections",
    "reuters_economy": "sections",
    "1987-03-26": "days",
    "1987-04-07": "days",
}
#: Days from which words and weights are learned, and days that are only measured: those known since
#: the first labels, and those labeled after all rules stood.
LEARN, HELD, FRESH = "learn", "held", "fresh"
_COLUMNS = ("file", "id", "kind", "section", "also", "importance", "story", "crisis", "top")


def write_days(data: Path, out: Path, part: str) -> Path:
    """Write the days of a part with their labels; return the folder."""
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["part"] == part]
    texts = {
        (name, line["id"]): line
        for name, folder in FOLDERS.items()
        for line in read_lines(data / folder / f"{name}.jsonl.gz")
    }
    days: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        line = texts[row["set"], row["id"]]
        days[row["file"]].append({
            "id": row["id"],
            "url": f"https://example.org/{row['id']}",
            "source": line.get("source") or "Reuters",
            "title": line["title"],
            "published": _day(line),
            "text": line["text"],
        })  # fmt: skip
    folder = out / part
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in days.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    table = io.StringIO()
    labels = csv.DictWriter(table, _COLUMNS, extrasaction="ignore", delimiter="\t")
    labels.writeheader()
    labels.writerows(rows)
    (folder / "labels.tsv").write_text(table.getvalue(), encoding="utf-8")
    return folder


def _day(line: Mapping[str, Any]) -> str:
    """Return the date of a line, which the wire of 1987 writes like 26-FEB-1987."""
    day: str = (line.get("published") or line["date"]).split()[0][:11]
    if day[-4:].isdigit():
        return datetime.strptime(day, "%d-%b-%Y").replace(tzinfo=UTC).date().isoformat()
    return day[:10]


if __name__ == "__main__":
    for each in (LEARN, HELD, FRESH):
        sys.stdout.write(f"{write_days(Path(sys.argv[1]), Path(sys.argv[2]), each)}\n")

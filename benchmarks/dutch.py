"""Labeled Dutch sentences, as JSON lines for ``briefing evaluate sections``.

``python -m benchmarks.dutch DATA OUT`` takes the sentences of an encyclopedia (UD LassySmall) from
the development data; the labels, made by reading, stand beside this module.
"""

import gzip
import json
import sys
from pathlib import Path

LABELS = Path(__file__).with_suffix(".tsv")
#: Where the data have the sentences.
TEXTS = Path("languages") / "text" / "ud_sentences_nl.txt.gz"


def write_sentences(data: Path, out: Path) -> int:
    """Write the labeled sentences; return their number."""
    with gzip.open(data / TEXTS, "rt", encoding="utf-8") as file:
        texts = file.read().split("\n")
    rows = [row.split("\t") for row in LABELS.read_text("utf-8").splitlines() if row[0] != "#"]
    lines = [
        {
            "id": f"{part}-{number}",
            "text": texts[int(number) - 1],
            "section": section,
            "also": " ".join(also).split(),
            "lang": "nl",
        }
        for part, number, section, *also in rows
    ]
    out.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    print(write_sentences(Path(sys.argv[1]), Path(sys.argv[2])))

"""What is measured in other languages than English: ``python -m benchmarks.languages DATA``.

Sections, boundaries of sentences and stories, on the development data and on labels that stand
beside this module. ``python -m benchmarks rules DATA`` measures reports that join a story.
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from briefing.core.text.segment import split
from briefing.lab.assess.inputs import measured_texts
from briefing.lab.assess.lines import Line
from briefing.lab.assess.stories import assess_stories
from briefing.lab.evaluate.figures import in_words, ratio_ci95
from briefing.lab.evaluate.sections import plain
from briefing.settings import Settings
from briefing.setup.parts import classifier

#: Labels of Dutch sentences by their line, made by reading before anything was predicted.
DUTCH = Path(__file__).with_name("dutch.tsv")
#: Invented reports of one day, by language, with the event that each tells.
EVENTS = Path(__file__).with_name("events.jsonl.gz")
#: The only events that several of the French articles tell, by their ids; read once.
FRENCH = ("44499 44507 44536 44550", "44502 44520", "44337 44355", "44959 44960")
#: Languages measured, those with a table.
_TABLES = ("de", "fr", "es", "pt", "it", "nl", "ru")
#: Figures of stories that are shown.
_B3 = ("b3_f1", "b3_precision", "b3_recall", "ci95")
#: Sentences of a paragraph in which boundaries are to be recognized.
_PARAGRAPH = 6
#: What a sentence of running text ends with; a heading does not.
_ENDS = (".", "!", "?", "…", '."', '?"', '!"', ".”", ".»", ". »", "?»", "!»")


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from file.read().rstrip("\n").split("\n")


def dutch(data: Path) -> Iterator[Line]:
    """Yield the labeled sentences of an encyclopedia (UD LassySmall)."""
    texts = list(_lines(data / "text" / "ud_sentences_nl.txt.gz"))
    rows = [row.split("\t") for row in DUTCH.read_text("utf-8").splitlines() if row[0] != "#"]
    for part, number, section, *also in rows:
        yield {
            "id": f"{part}-{number}",
            "text": texts[int(number) - 1],
            "section": section,
            "also": " ".join(also).split(),
            "lang": "nl",
        }


def sections(data: Path, scratch: Path) -> dict[str, Any]:
    """Return lenient accuracy by file and language, by the encoder and by words alone."""
    (scratch / "dutch.jsonl").write_text("".join(json.dumps(row) + "\n" for row in dutch(data)))
    files = [*sorted((data / "sections").glob("*.jsonl.gz")), scratch / "dutch.jsonl"]
    measured: dict[str, Any] = {}
    for file in files:
        texts = [text for text in measured_texts([file]) if text.language in _TABLES]
        for code in sorted({text.language for text in texts}):
            own = [text for text in texts if text.language == code]
            for name in ("encoder", "keywords"):
                settings = Settings(language=code, classifier=name)
                of = plain(own, classify=classifier(settings))
                measured[f"{file.name.partition('.')[0]} {code} {name}"] = {
                    "items": of["items"],
                    "lenient_accuracy": of["lenient_accuracy"],
                    "ci95": of["ci95"]["lenient_accuracy"],
                }
    return measured


def boundaries(sentences: list[str], *, language: str) -> dict[str, Any]:
    """Return precision, recall and F1 of the boundaries within paragraphs of six sentences."""
    pairs = []
    for first in range(0, len(sentences), _PARAGRAPH):
        group = sentences[first : first + _PARAGRAPH]
        starts = set(accumulate(len(each) + 1 for each in group[:-1]))
        cut = {start for start, _ in split(" ".join(group), language=language)} - {0}
        pairs.append((2.0 * len(starts & cut), float(len(starts) + len(cut))))
    f1 = sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs)
    return {"sentences": len(sentences), "f1": f1, "ci95": ratio_ci95(pairs)}


def splitting(data: Path) -> dict[str, Any]:
    """Return figures on boundaries by corpus and language, without headings and with them."""
    texts = {
        f"ud {path.name[13:15]}": list(_lines(path))
        for path in sorted((data / "text").glob("ud_sentences_*.txt.gz"))
    }
    for line in map(json.loads, _lines(data / "sections" / "pud_news.jsonl.gz")):
        if line["lang"] in _TABLES:
            texts.setdefault(f"pud {line['lang']}", []).append(line["text"])
    measured = {}
    for name, own in texts.items():
        running = [text for text in own if text.endswith(_ENDS) and not text[0].islower()]
        measured[name] = boundaries(running, language=name[-2:])
        measured[f"{name} with headings"] = boundaries(own, language=name[-2:])
    return measured


def stories(data: Path, scratch: Path) -> dict[str, Any]:
    """Return figures on stories of French articles, and of invented days by language."""
    told = {name: event for event in FRENCH for name in event.split()}
    of_files: dict[str, list[Mapping[str, Any]]] = {}
    for line in map(json.loads, _lines(data / "text" / "wikinews_fr.jsonl.gz")):
        row = line | {"lang": "fr", "story": told.get(line["id"], line["id"])}
        of_files.setdefault("wikinews fr", []).append(row)
    for line in map(json.loads, _lines(EVENTS)):
        of_files.setdefault(f"invented {line['lang']}", []).append(line)
    measured = {}
    for name, rows in of_files.items():
        (scratch / "stories.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        of = assess_stories([scratch / "stories.jsonl"], watch=lambda _number, _of: None)
        measured[name] = {"reports": len(rows), **{key: of[key] for key in _B3}}
    return measured


def bench(data: Path) -> dict[str, Any]:
    """Return all of it, from the folder ``languages`` of the development data."""
    own = data / "languages"
    with tempfile.TemporaryDirectory() as name:
        return {
            "sections": sections(own, Path(name)),
            "boundaries": splitting(own),
            "stories": stories(own, Path(name)),
        }


if __name__ == "__main__":
    for part, figures in bench(Path(sys.argv[1])).items():
        print(f"{part}\n{in_words(figures)}")
